"""The checker's rules for jobs that are ordered again and again. Pure: see test_fetch_rules.py and test_mirror_rules.py."""

from problem import STALE_AFTER_FAULT, Problem, near_fault


def check_ordered(history, kind, called, jobs):
    """`kind`: of the events, of which each is of a step; `called`: what is told of one; `jobs`: all rows of that kind. None is lost,
    each succeeds in the end, without a fault at once, and the last order too."""
    rows, events, faults = {job["id"]: job for job in jobs}, history.of(kind), history.of("fault")
    for event in events:
        if "job" in event.details and event.details["job"] not in rows:
            yield Problem("a job is lost", f"{event.details['job']}, the {called} of {event.begin:.1f}")
        if not event.ok and not near_fault(event, faults, STALE_AFTER_FAULT):
            yield Problem(f"a {called} failed without a fault", f"step {event.what} at {event.begin:.1f}: {event.why}")
    for job in jobs:
        if job["state"] != "succeeded":
            yield Problem(f"a {called} did not end well", f"{job['id']}: {job['state']}, attempt {job['attempt']}, {job['error']}")
    if events and not events[-1].ok:
        yield Problem(f"a {called} did not end well", f"step {events[-1].what}, the last one: {events[-1].why}")
