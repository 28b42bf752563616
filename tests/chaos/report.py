"""docs/faults.md of a run. Pure."""

import collections
import statistics

import faults
from problem import near_fault
from work import LEASE

ABOUT = f"""\
# Faults

`make chaos FAULTS=200` makes this page: the laboratory of [operating-cluster.md](operating-cluster.md) under load, while one
fault after another is done to it, each several seconds long; the next when all nodes work again, that is when what is uploaded
through each can be had from all.

Load: installers that try again as pip does (5 times), as uv does (3 times) and as R does (never); uploads, each sent again as
twine does; jobs that read every byte (`verify`), one after the other, with a lease of {LEASE} s; a schedule that fires each
minute (`collect`); a mirror of a small CRAN, synchronised at each step of it; a reader of the mirror's `PACKAGES`. A checker
reads what all of them saw, and what every node shows in the end:

- no install fails within the attempts of its client; what a page lists can be had, with its hash;
- no acknowledged upload is lost: page and bytes, on every node; none is done twice: as many transactions as packages;
- nothing is half visible: a step of the mirror changes all of its packages, and a page shows one step; numbered and locked
  snapshots never change;
- no job is lost, none fails before each of its attempts was struck, none runs again after its end, no turn is two nodes'; the
  job of a node that is struck is another's within 20 s; the schedule fires once a minute; each step of the mirror is one
  transaction, and what was acknowledged is there."""
LEGEND = """\
An install waits for a database that is away (`Postgres.OutagePatience`) when what it wants is in no node's memory. An upload or a synchronisation that failed was never acknowledged: the client gave up during the fault. A job that
failed had each of its attempts struck by a fault."""


def longest(events):
    return f"{max((e.end - e.begin for e in events), default=0.0):.1f}"


def page(history, problems, count, seed, seconds):
    installs, uploads, jobs = history.of("install"), history.of("upload"), history.of("job")
    looks, syncs = history.of("look"), history.of("sync")
    by = collections.defaultdict(list)
    for event in history.of("fault"):
        by[event.what].append(event)
    taken = [e.details["taken_over"] for e in history.of("fault") if e.details.get("taken_over") is not None]
    ends = {e.what: e.details["seen"][-1] for e in jobs}  # by job: who asks again while it runs gets the same
    lines = [*ABOUT.splitlines(), "",
             f"Seed {seed}: {count} faults in {seconds / 60:.0f} minutes. Problems that the checker found: {len(problems)}.", "",
             *[f"- {problem}" for problem in problems], *([""] if problems else []),
             "| What | how many | with another attempt | failed | longest, s |", "|---|--:|--:|--:|--:|"]
    for kind in sorted({e.details["client"] for e in installs}):
        own = [e for e in installs if e.details["client"] == kind]
        lines.append(f"| installs like {kind} | {len(own):,} | {sum(e.attempts > 2 for e in own):,} | "
                     f"{sum(e.details['seen'] == 'failed' for e in own)} | {longest(own)} |")
    lines += [f"| reads of the mirror | {len(looks):,} | {sum(e.attempts > 1 for e in looks):,} | {sum(not e.ok for e in looks)} | {longest(looks)} |",
              f"| uploads | {len(uploads):,} | {sum(e.attempts > 1 for e in uploads):,} | {sum(not e.ok for e in uploads)} | {longest(uploads)} |",
              f"| synchronisations | {len(syncs):,} | {sum(e.attempts > 1 for e in syncs):,} | {sum(not e.ok for e in syncs)} | {longest(syncs)} |",
              f"| jobs | {len(ends):,} | {sum(turn[4] > 1 for turn in ends.values()):,} | "
              f"{sum(turn[0] == 'failed' for turn in ends.values())} | |", "",
             *LEGEND.splitlines(), "",
             *([f"Jobs whose node was struck while it ran them went to another after {statistics.median(taken):.1f} s (median),",
                f"{max(taken):.1f} s (longest): the lease of {LEASE} s, and what is left of the 5 s between two looks.", ""]
               if taken else []),
             "| Fault | times | recovered after, median s | longest s | uploads with another attempt | longest upload, s |",
              "|---|--:|--:|--:|--:|--:|"]
    again = [e for e in uploads if e.attempts > 1]
    for name in faults.FAULTS:
        if events := by.get(name):
            times = [e.details["recovered"] for e in events]
            known = [t for t in times if t is not None] or [float("nan")]
            slowest = "never" if None in times else f"{max(times):.2f}"
            lines.append(f"| {name} | {len(times)} | {statistics.median(known):.2f} | {slowest} | "
                         f"{sum(near_fault(e, events, 0.0) for e in again)} | "
                         f"{max((e.end - e.begin for e in uploads if near_fault(e, events, 0.0)), default=0.0):.1f} |")
    return "\n".join(lines) + "\n"
