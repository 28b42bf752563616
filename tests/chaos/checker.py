"""Reads what the clients saw and what is there in the end, and says what should not be. Pure: see test_checker.py."""

from dataclasses import dataclass, field

import access_rules
import build_rules
import fetch_rules
import mirror_rules
import tested
import work_rules
from problem import STALE_AFTER_FAULT, STALE_WITHOUT_FAULT, Problem, near_fault

LONGEST_RECOVERY = 15.0
# With all of its attempts; faults that hit everybody last 3 s, and a node that hangs (for 20 s) must not make the others wait for
# it. A balancer that leaves with it what it was given lets that wait for it.
LONGEST_UPLOAD, LONGEST_UPLOAD_LEFT = 15.0, 15.0 + 20.0
# What strikes another of its attempts, one fault after the other, adds to that.
MORE_PER_FAULT = 5.0


@dataclass
class Final:
    """What is there in the end, as the nodes show it."""

    views: dict  # by node, by file name: (what look() saw, digest)
    pages: dict = field(default_factory=dict)  # hashes of pages at numbered snapshots, by path, from every node
    work: work_rules.Done = field(default_factory=work_rules.Done)
    mirror: mirror_rules.Mirror = field(default_factory=mirror_rules.Mirror)
    ahead: fetch_rules.Ahead = field(default_factory=fetch_rules.Ahead)
    built: build_rules.Built = field(default_factory=build_rules.Built)
    sources: dict = field(default_factory=dict)  # that are uploaded to: (transactions, packages); each was uploaded by itself
    repeats: bool = True  # the balancer asks another node what one did not answer


def check_installs(history, repeats=True):
    """Every install succeeds within the attempts of a client; what a page lists can be had. Who asks once lives by the balancer:
    one that does not repeat tells it what became of the node, and that is a problem only when nothing became of any."""
    faults, acknowledged = history.of("fault"), {e.what: e.end for e in history.of("upload") if e.ok}
    sent = {e.what: e.details["sha256"] for e in history.of("upload")}
    for event in history.of("install"):
        seen = event.details["seen"]
        if seen == "failed":
            if event.details["once"] and not repeats and near_fault(event, faults, STALE_AFTER_FAULT):
                continue
            yield Problem("an install failed", f"{event.details['client']}, {event.what} at {event.begin:.1f} after "
                                                 f"{event.attempts} attempts: {event.why}")
        elif seen == "half":
            yield Problem("half visible", f"{event.what} at {event.begin:.1f}: {event.why}")
        elif seen in ("missing", "stale"):
            since = event.begin - acknowledged.get(event.what, 0.0)
            if since > STALE_WITHOUT_FAULT and not near_fault(event, faults, STALE_AFTER_FAULT):
                yield Problem("not visible", f"{event.what} at {event.begin:.1f}, {since:.1f} s after its upload: {seen}")
        elif (got := event.details["sha256"]) != sent.get(event.what, got):
            yield Problem("other bytes than were uploaded", f"{event.what} at {event.begin:.1f}")


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


def check_uploads(history, repeats=True):
    """A client that uploads is told something final, or that it may try again; outside of faults it succeeds."""
    faults, longest = history.of("fault"), LONGEST_UPLOAD if repeats else LONGEST_UPLOAD_LEFT
    for event in history.of("upload"):
        if not event.ok and not near_fault(event, faults, STALE_AFTER_FAULT):
            yield Problem("an upload failed without a fault", f"{event.what} at {event.begin:.1f}: {event.why}")
        met = sum(near_fault(event, [fault], 0.0) for fault in faults)
        if (took := event.end - event.begin) > longest + MORE_PER_FAULT * max(0, met - 1):
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


def check_transactions(sources):
    """Who uploads the same once more, because the first answer was lost, makes no second snapshot."""
    for source, (transactions, packages) in sources.items():
        if transactions != packages:
            yield Problem("an upload was done twice", f"{source}: {transactions} transactions, {packages} packages")


def judge(history, final):
    """What was done, against the rules."""
    return [*check_installs(history, final.repeats), *check_uploads(history, final.repeats), *check_final(history, final.views),
            *check_snapshots(final.pages), *check_transactions(final.sources), *check_recovery(history), *access_rules.check(history),
            *mirror_rules.check(history, final.mirror), *fetch_rules.check(history, final.ahead),
            *build_rules.check(history, final.built), *work_rules.check(history, final.work)]


def check(history, final):
    return [*tested.check(history), *judge(history, final)]
