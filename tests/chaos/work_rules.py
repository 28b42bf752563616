"""The checker's rules for jobs that were ordered, and for schedules. Jobs of other kinds, which the nodes order for themselves,
are nobody's here. Pure: see test_work_rules.py."""

import datetime
from dataclasses import dataclass, field

from problem import STALE_AFTER_FAULT, Problem, near_fault

# A job of a node that died waits for the end of its lease (5 s), and for somebody who looks for it (every 5 s).
LONGEST_TAKEOVER = 20.0
# A node looks at the schedules every 5 s; the database may be away meanwhile.
LATEST_FIRE = 20.0
OVER = ("succeeded", "failed", "cancelled")


@dataclass
class Done:
    """In the end."""

    jobs: list = field(default_factory=list)  # all rows, as the API shows them
    scheduled: str = "collect"  # the kind that is ordered by the clock alone, every minute
    since: float = 0.0  # the run, as the nodes' clocks should have it
    until: float = 0.0
    read: float = 0.0  # when the rows were, after until


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else None


def check_jobs(history, jobs):
    """A job that was accepted ends once, and well, or with all of its attempts used up by faults; what is over stays as it is;
    one turn is one node's."""
    rows, faults = {str(job["id"]): job for job in jobs}, history.of("fault")
    for event in history.of("job"):
        row, seen = rows.get(event.what), event.details["seen"]
        if row is None:
            yield Problem("a job is lost", f"{event.what} of {event.begin:.1f}")
            continue
        # Each of its turns was struck: it says so, and whoever ordered it orders it again.
        worn_out = row["state"] == "failed" and row["attempt"] >= row["max_attempts"] and near_fault(event, faults, STALE_AFTER_FAULT)
        if row["state"] != "succeeded" and not worn_out:
            yield Problem("a job did not end well", f"{event.what}: {row['state']}, {row['error']}")
        last = [row["state"], row["turn"], row["node"], row["finished"], row["attempt"]]
        for before, after in zip(seen, [*seen[1:], last]):
            if before[0] in OVER and before != after:
                yield Problem("a job ran again after its end", f"{event.what}: {before}, then {after}")
            elif before[0] == after[0] == "running" and before[1] == after[1] and before[2] != after[2]:
                yield Problem("a job was run by two nodes at once", f"{event.what}: {before}, then {after}")
            elif after[1] < before[1] or after[4] < before[4] - 1:  # a turn that is handed back is no attempt
                yield Problem("a job's turns went backwards", f"{event.what}: {before}, then {after}")
        if row["attempt"] > 1 and not near_fault(event, faults, STALE_AFTER_FAULT):
            yield Problem("a job failed without a fault", f"{event.what}: attempt {row['attempt']}")


def check_schedule(jobs, done):
    """Each minute orders the job once, unless the one of an earlier minute was not over yet."""
    rows = [(seconds(job["created"]), seconds(job["finished"])) for job in jobs if job["kind"] == done.scheduled]
    first = minute = done.since - done.since % 60 + 60
    while minute + LATEST_FIRE < done.until:
        fired = sum(minute <= created < minute + 60 for created, _ in rows)
        busy = any(created < minute and (finished is None or finished > minute) for created, finished in rows)
        when = datetime.datetime.fromtimestamp(minute, datetime.timezone.utc).strftime("%H:%M")
        if fired > 1:
            yield Problem("a schedule fired twice", f"{done.scheduled} of {when}: {fired} times")
        elif fired == 0 and not busy:
            yield Problem("a schedule did not fire", f"{done.scheduled} of {when}")
        minute += 60
    if minute == first:
        yield Problem("nothing was tested", f"no minute passed in which a schedule orders {done.scheduled}")
    for created, _ in rows:
        if not done.since - 60 <= created <= done.read + 1:
            yield Problem("a schedule fired at a time that is not", f"{done.scheduled}: {created - done.since:.0f} s after the start")


def check_takeovers(history):
    """What a node held that was struck is another's soon."""
    for fault in history.of("fault"):
        if "job" not in fault.details:
            continue
        took = fault.details["taken_over"]
        if took is None or took > LONGEST_TAKEOVER:
            yield Problem("a job was not taken over", f"{fault.details['job']}, of {fault.what} at {fault.begin:.1f}: {took} s")


def check(history, done):
    return [*check_jobs(history, done.jobs), *check_schedule(done.jobs, done), *check_takeovers(history)]
