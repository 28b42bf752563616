"""The checker's rules for files of a mirror that are fetched ahead. Pure: see test_fetch_rules.py."""

from dataclasses import dataclass, field

from job_rules import check_ordered
from problem import STALE_AFTER_FAULT, STALE_WITHOUT_FAULT, Problem


@dataclass
class Ahead:
    """In the end."""

    jobs: list = field(default_factory=list)  # all that fetched, whoever ordered them
    files: dict = field(default_factory=dict)  # by step: the names that were to be fetched
    asked: dict = field(default_factory=dict)  # when upstream was asked for a file, by its name
    views: dict = field(default_factory=dict)  # by node, by file name: what an installer sees of it


def check_fetches(history, jobs):
    """One that was accepted succeeds: what keeps it from that goes by, or is a node's own (a full disk), and another node has the
    job. A single file that a fault kept from it is named, and fetched by who asks again, after the last fault at the latest."""
    return check_ordered(history, "fetch", "fetch", jobs)


def asked_again(times, end, faults):
    """Upstream was asked after what it gave is held, and not by a node that was struck before it knew that."""
    return [at for at in times if at > end + STALE_WITHOUT_FAULT and
            not any(fault.begin <= at <= fault.end + STALE_AFTER_FAULT for fault in faults)]


def check_held(history, ahead):
    """A fetch that said so holds all files of one step, not older than the one before it: nobody asks upstream for them again."""
    faults = history.of("fault")
    for event in history.of("fetch"):
        if not event.ok:
            continue
        held = [step for step, names in ahead.files.items() if step >= int(event.what) and all(
            any(at <= event.end for at in ahead.asked.get(name, [])) and not asked_again(ahead.asked[name], event.end, faults)
            for name in names)]
        if not held:
            yield Problem("what was fetched ahead is not held", f"step {event.what} at {event.begin:.1f}: {event.details}")


def check_views(views):
    """It is there in the end, on every node, as upstream has it."""
    for node, files in views.items():
        for name, seen in files.items():
            if seen != "right":
                yield Problem("what was fetched ahead is not held", f"{name} on node {node}: {seen}")


def check(history, ahead):
    return [*check_fetches(history, ahead.jobs), *check_held(history, ahead), *check_views(ahead.views)]
