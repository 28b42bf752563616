"""docs/faults.md and docs/faults-alb.md of a run. Pure."""

import collections
import statistics

import faults
from problem import near_fault
from roles import INSTALLERS
from work import LEASE

# By the kind of the balancer: the page, and how many faults make it.
PAGES = {"repeats": "docs/faults.md", "alb": "docs/faults-alb.md"}
ENOUGH = {"repeats": 200, "alb": 60}

ABOUT = {"repeats": f"""\
# Faults

`make chaos FAULTS={{count}} SEED={{seed}}`, as root, makes this page: the laboratory of [operating-cluster.md](operating-cluster.md) under load, while one
fault after another is done to it, each several seconds long; the next when all nodes work again, that is when what is uploaded
through each can be had from all. After ten faults there is none for five seconds. What a balancer makes of them that gives no
request to a second node is in [faults-alb.md](faults-alb.md).

Installers, each as the real one: `pip` asks again 5 times, and again with a token for a repository that needs one; `uv` 3 times;
`pip --retries 0` and `R` never. `R` reads `PACKAGES` of a source of one's own when it has changed, then a tarball, whose MD5 must
be the one of `PACKAGES` and whose bytes those that were uploaded; `R` and `renv` (curl, which asks again 3 times) do so with a
mirror of a small CRAN, whose files nobody has asked for before (cold), or somebody has (warm). Beside them: uploads of Python and
of R, each sent again as twine does; somebody who asks for the pages and files of the closed repository without a token, or with a
wrong one; jobs that read every byte (`verify`), one after the other, with a lease of {LEASE} s; a schedule that fires each minute
(`collect`); synchronisations of the mirror at each step of its upstream, and orders to fetch some of its packages ahead; readers
of its `PACKAGES`, behind the balancer and at each node; commits to a repository of git, each a version of a package of R that the
nodes build, in sandboxes, every other one ordered and the rest found by looking. What strikes a node at work strikes one that
builds, if there is one. With an odd seed, as 1 is, the nodes encrypt what they store with a key of the key service (moto), which is
struck too; with an even one they do not.

A checker reads what all of them saw, and what every node shows in the end:

- no install fails within the attempts of its client; what a page lists can be had, with its hash; it is what was uploaded, or
  what upstream has;
- no acknowledged upload is lost: page and bytes, on every node; none is done twice: as many transactions as packages;
- nothing is half visible: a step of the mirror changes all of its packages, and a page shows one step; numbered and locked
  snapshots never change;
- who has no token, or a wrong one, is answered 401, always;
- no job is lost, none fails before each of its attempts was struck, none runs again after its end, no turn is two nodes'; the
  job of a node that is struck is another's within 20 s; the schedule fires once a minute;
- each step of the mirror is one transaction, steps follow each other, and what was acknowledged is there; no node shows an older
  step than it has shown, not even during a fault; a synchronisation fails in a fault only, is tried again, and in the end every
  one of them has succeeded and each node shows the last step;
- what was fetched ahead is one whole step, not older than the one that was acknowledged before; upstream is not asked for it again;
  a fetch fails in a fault only, and in the end one succeeds and every node has the files;
- a commit is published once, or overtaken by a later one in a fault; its version has for ever the bytes that it had first, on every
  node; a build fails for good only when faults used up its attempts, and none is left in the end;
- of each kind of work some went well, and during a fault too: a run that did not test something fails.""",
         "alb": """\
# Faults behind a balancer that repeats nothing

`make chaos FAULTS={count} SEED={seed} BALANCER=alb`, as root, makes this page: what [faults.md](faults.md) does and checks, behind a
balancer that does as an application load balancer does. It gives no request to a second node, finds out that one is away after
two checks of 5 s, and leaves what the node had begun with it. Nodes wait for 20 s before they stop (`Limits.DrainDelay`), as
[operating-cluster.md](operating-cluster.md) says.

No install may fail within the attempts of its client when the client has several. Those that ask once (`pip --retries 0`, `R`)
are told 502 or 503 by the balancer for what a node that dies had begun, and for what it is sent until the balancer knows, and
503 by a node without room for a file of the mirror that no node had before: these failures are counted. They are allowed while
a fault lasts, and for two seconds after it."""}
LEGEND = """\
Recovery is counted from the moment at which the fault begins to be undone: a node is started, a standby promoted, a cable put in.
An install waits for a database that is away (`Postgres.OutagePatience`) when what it wants is in no node's memory. An upload,
a synchronisation or a fetch that failed was never acknowledged: the client gave up during the fault, or was told of a file that
could not be had. A build that failed is one that was overtaken. A job that failed had each of its attempts struck by a fault."""


def row(name, events, failed):
    longest = max((e.end - e.begin for e in events), default=0.0)
    return f"| {name} | {len(events):,} | {sum(e.attempts > 1 for e in events):,} | {sum(map(failed, events))} | {longest:.1f} |"


def by_client(history):
    for one in INSTALLERS:
        own = [e for e in history.of("install") if e.details["client"] == one.name]
        some = f", {sum(e.details.get('cold', False) for e in own):,} of them cold" if any("cold" in e.details for e in own) else ""
        yield row(f"installs like {one.name}{some}", own, lambda e: e.details["seen"] == "failed")


def what_happened(history):
    jobs = history.of("job")
    ends = {e.what: e.details["seen"][-1] for e in jobs if e.details["seen"]}  # by job: who asks again while it runs gets the same
    return ["| What | how many | with another attempt | failed | longest, s |", "|---|--:|--:|--:|--:|", *by_client(history),
            *(row(name, history.of(kind), lambda e: not e.ok) for name, kind in (
                ("reads of the mirror", "look"), ("requests without a token", "intrusion"), ("uploads", "upload"),
                ("synchronisations", "sync"), ("fetches ahead", "fetch"), ("builds from git", "commit"))),
            f"| jobs | {len(ends):,} | {sum(turn[4] > 1 for turn in ends.values()):,} | "
            f"{sum(turn[0] == 'failed' for turn in ends.values())} | |"]


def by_fault(history):
    events, uploads = history.of("fault"), history.of("upload")
    by, once = collections.defaultdict(list), [e for e in history.of("install") if e.details["once"] and e.details["seen"] == "failed"]
    for event in events:
        by[event.what].append(event)
    yield "| Fault | times | recovered after, median s | longest s | uploads with another attempt | longest upload, s | installs that ask once, failed |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for name in faults.FAULTS | faults.KMS_FAULTS:
        if same := by.get(name):
            times = [e.details["recovered"] for e in same]
            known = [t for t in times if t is not None] or [float("nan")]
            near = [e for e in uploads if near_fault(e, same, 0.0)]
            yield (f"| {name} | {len(times)} | {statistics.median(known):.2f} | {'never' if None in times else f'{max(times):.2f}'} | "
                   f"{sum(e.attempts > 1 for e in near)} | {max((e.end - e.begin for e in near), default=0.0):.1f} | "
                   f"{sum(near_fault(e, same, 0.0) for e in once)} |")


def page(history, problems, seed, seconds, balancer):
    struck, taken = history.of("fault"), [e.details["taken_over"] for e in history.of("fault") if e.details.get("taken_over") is not None]
    lines = [*ABOUT[balancer].replace("{count}", str(len(struck))).replace("{seed}", str(seed)).splitlines(), "",
             f"Seed {seed}: {len(struck)} faults in {seconds / 60:.0f} minutes. Problems that the checker found: {len(problems)}.", "",
             *[f"- {problem}" for problem in problems], *([""] if problems else []), *what_happened(history), "", *LEGEND.splitlines(), ""]
    if taken:
        lines += [f"Jobs whose node was struck while it ran them went to another after {statistics.median(taken):.1f} s (median),",
                  f"{max(taken):.1f} s (longest): the lease of {LEASE} s, and what is left of the 5 s between two looks.", ""]
    return "\n".join([*lines, *by_fault(history)]) + "\n"
