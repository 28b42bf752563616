"""The checker's rules for a mirror and its synchronisations. Pure: see test_mirror_rules.py."""

import bisect
from dataclasses import dataclass, field

from job_rules import check_ordered
from problem import STALE_AFTER_FAULT, STALE_WITHOUT_FAULT, Problem, near_fault


@dataclass
class Mirror:
    """In the end."""

    steps: dict = field(default_factory=dict)  # the versions on the page, by the number of the transaction
    latest: dict = field(default_factory=dict)  # the versions on the page, by node
    jobs: list = field(default_factory=list)  # all synchronisations there ever were, whoever ordered them


def one_step(versions):
    """The step that a page shows; None when it is not one, whole."""
    return float(versions[0]) if len(versions) == 1 else None


def check_synchronisations(history, jobs):
    """One that was accepted ends well: what a fault made fail is tried again, by the queue or by who asks, until it did, which
    is after the last fault at the latest. Without a fault none fails."""
    return check_ordered(history, "sync", "synchronisation", jobs)


def check_pages(history):
    """Behind the balancer: a page is of one step, whole, and not of an older one than was acknowledged."""
    faults, acknowledged = history.of("fault"), sorted((e.end, float(e.what)) for e in history.of("sync") if e.ok)
    for event in history.of("look"):
        step = one_step(event.details["versions"])
        if not event.details["status"]:
            yield Problem("an install failed", f"{event.what} at {event.begin:.1f}: {event.why}")
        elif event.details["status"] != 200 or step is None:
            yield Problem("half visible", f"{event.what} at {event.begin:.1f}: {event.details}")
        elif before := bisect.bisect(acknowledged, (event.begin - STALE_WITHOUT_FAULT, float("inf"))):
            if step < acknowledged[before - 1][1] and not near_fault(event, faults, STALE_AFTER_FAULT):
                yield Problem("not visible", f"step {acknowledged[before - 1][1]} at {event.begin:.1f}: {step} is shown")


def check_nodes(history):
    """A node shows one step, whole, and never again an older one than it has shown, whatever is done to it."""
    newest = {}
    for event in history.of("look at a node"):
        step = one_step(event.details["versions"])
        if step is None:
            yield Problem("half visible", f"the mirror on node {event.what} at {event.begin:.1f}: {event.details}")
            continue
        if step < newest.get(event.what, 0.0):
            yield Problem("the mirror went backward", f"node {event.what} at {event.begin:.1f}: {step} after {newest[event.what]}")
        newest[event.what] = max(step, newest.get(event.what, 0.0))


def check_steps(history, mirror):
    """A step is one transaction, and a later one is of a later step; what was acknowledged is there."""
    made, newest = {}, 0.0
    for number, versions in sorted(mirror.steps.items()):
        step = one_step(versions)
        if step is None:
            yield Problem("half visible", f"the mirror at {number}: {versions}")
        elif step in made:
            yield Problem("a step was done twice", f"{step}: transactions {made[step]} and {number}")
        elif step < newest:
            yield Problem("the mirror went backward", f"{step} at {number}, after {newest}")
        else:
            made[step], newest = number, step
    acknowledged = max((float(event.what) for event in history.of("sync") if event.ok), default=0.0)
    for node, versions in mirror.latest.items():
        # A later one may have been made without its client's hearing of it.
        if (one_step(versions) or 0.0) < acknowledged:
            yield Problem("an acknowledged step is lost", f"{acknowledged} on node {node}: {versions}")


def check(history, mirror):
    return [*check_synchronisations(history, mirror.jobs), *check_pages(history), *check_nodes(history), *check_steps(history, mirror)]
