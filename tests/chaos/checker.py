"""Reads what the clients saw and what is there in the end, and says what should not be. Pure: see test_checker.py."""

from dataclasses import dataclass, field

import work_rules
from problem import Problem, near_fault
# A node hears of a change within a second; for so long after a fault it may still show what was before.
STALE_AFTER_FAULT = 5.0
STALE_WITHOUT_FAULT = 1.0
LONGEST_RECOVERY = 15.0
# With all of its attempts; faults that hit everybody last 3 s, and a node that hangs must not make the others wait for it.
LONGEST_UPLOAD = 15.0


@dataclass
class Final:
    """What is there in the end, as the nodes show it."""

    views: dict  # by node, by file name: (what look() saw, digest)
    pages: dict = field(default_factory=dict)  # hashes of pages at numbered snapshots, by path, from every node
    work: work_rules.Done = field(default_factory=work_rules.Done)
    transactions: int = 0  # of the source that is uploaded to
    packages: int = 0  # that it has: each was uploaded by itself


def check_installs(history):
    """Every install succeeds within the attempts of a client, of which R has one; what a page lists can be had."""
    faults, acknowledged = history.of("fault"), {e.what: e.end for e in history.of("upload") if e.ok}
    for event in history.of("install"):
        seen = event.details["seen"]
        if seen == "failed":
            yield Problem("an install failed", f"{event.details['client']}, {event.what} at {event.begin:.1f} after "
                                                 f"{event.attempts} attempts: {event.why}")
        elif seen == "half":
            yield Problem("half visible", f"{event.what} at {event.begin:.1f}: {event.why}")
        elif seen in ("missing", "stale"):
            since = event.begin - acknowledged.get(event.what, 0.0)
            if since > STALE_WITHOUT_FAULT and not near_fault(event, faults, STALE_AFTER_FAULT):
                yield Problem("not visible", f"{event.what} at {event.begin:.1f}, {since:.1f} s after its upload: {seen}")


def check_final(history, views):
    """`views`: by node, by file name, (what look() saw, digest). Every acknowledged upload is there, whole, on every node; and
    what was not acknowledged is there whole or not at all."""
    for event in history.of("upload"):
        for node, files in views.items():
            seen, digest = files[event.what]
            if event.ok and seen != "right":
                yield Problem("an acknowledged upload is lost", f"{event.what} on node {node}: {seen} {digest}")
            elif seen == "half":
                yield Problem("half visible", f"{event.what} on node {node}: {digest}")
            elif seen == "right" and digest != event.details["sha256"]:
                yield Problem("other bytes than were uploaded", f"{event.what} on node {node}")
        seen_by = {node: files[event.what][0] for node, files in views.items()}
        if len(set(seen_by.values())) > 1:
            yield Problem("the nodes differ", f"{event.what}: {seen_by}")


def check_uploads(history):
    """A client that uploads is told something final, or that it may try again; outside of faults it succeeds."""
    faults = history.of("fault")
    for event in history.of("upload"):
        if not event.ok and not near_fault(event, faults, STALE_AFTER_FAULT):
            yield Problem("an upload failed without a fault", f"{event.what} at {event.begin:.1f}: {event.why}")
        if (took := event.end - event.begin) > LONGEST_UPLOAD:
            yield Problem("an upload was held up", f"{event.what} at {event.begin:.1f}: {took:.1f} s")


def check_snapshots(pages):
    """`pages`: the hashes of pages at numbered snapshots, by path: each is for ever the same, on every node."""
    for path, bodies in pages.items():
        if len(set(bodies)) > 1:
            yield Problem("a snapshot changed", path)


def check_recovery(history):
    for fault in history.of("fault"):
        took = fault.details["recovered"]
        if took is None or took > LONGEST_RECOVERY:
            yield Problem("slow recovery", f"{fault.what} at {fault.begin:.1f}: {took} s")


def check_transactions(final):
    """Who uploads the same once more, because the first answer was lost, makes no second snapshot."""
    if final.transactions != final.packages:
        yield Problem("an upload was done twice", f"{final.transactions} transactions, {final.packages} packages")


def check(history, final):
    if not history.of("install") or not any(e.ok for e in history.of("upload")):
        return [Problem("nothing was tested", "no installs, or no upload that was acknowledged")]
    return [*check_installs(history), *check_uploads(history), *check_final(history, final.views),
            *check_snapshots(final.pages), *check_transactions(final), *check_recovery(history),
            *work_rules.check(history, final.work)]
