#!/usr/bin/env python3
"""run.py [FAULTS [SEED [SECONDS]]] [--balancer NAME]: an installation of three nodes under load, and one fault after another
(200, seed 1, of 3 s); the checker's verdict, and docs/faults.md. Exit 1 when there is a problem. As root.

--balancer repeats (the default) is HAProxy, which asks another node what one did not answer; alb repeats nothing and finds out
late that a node is away, as an application load balancer does. With an odd seed objects are encrypted with a key of the key
service, which is then struck too; with an even one they lie in the bucket as they are."""

import argparse
import os
import pathlib
import random
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lab"), str(HERE.parent / "e2e")]

import checker  # noqa: E402
import faults  # noqa: E402
import laboratory  # noqa: E402
import network  # noqa: E402
import report  # noqa: E402
import uploads  # noqa: E402
from admin import Admin  # noqa: E402
from aftermath import aftermath, snapshots  # noqa: E402
from balancer import ALB, KINDS, REPEATS  # noqa: E402
from building import PACKAGE, Building  # noqa: E402
from crowd import Crowd, a_tarball, a_wheel  # noqa: E402
from fetching import Fetching  # noqa: E402
from history import Event, History, now  # noqa: E402
from installs import INDEX  # noqa: E402
from mirroring import Mirroring  # noqa: E402
from recovery import Recovery  # noqa: E402
from roles import BUILT, MIRROR, PYTHON, R, VAULT  # noqa: E402
from small_cran import SmallCran  # noqa: E402
from work import LEASE, Work  # noqa: E402

BASE = 40
# What makes a job last: bytes to be read, so many files of 8 MB.
HEAVY = 6
# After so many faults there is none for so long: what rules forbid without a fault has time to happen.
QUIET_AFTER, QUIET = 10, 5.0
# Builds leave 256 MiB of it free.
DISK_MEGABYTES = 640


def node_settings():
    return {"Jobs": {"Lease": f"{LEASE}s", "CollectSchedule": "* * * * *"}, "Git": {"PollInterval": "5s"}}


def make_laboratory(kms=None, balancer=REPEATS):
    """With all that can be done to it."""
    settings = node_settings()
    if balancer == ALB:
        settings["Limits"] = {"DrainDelay": "20s", "DrainTimeout": "30s"}  # as docs/operating-cluster.md says
    return laboratory.Laboratory(faulty=True, disk_megabytes=DISK_MEGABYTES, fsync=False, clocks=True, node_settings=settings, kms=kms,
                                 balancer=balancer)


class Run:
    def __init__(self, lab, seed, history_path=None):
        self.lab, self.seed, self.history = lab, seed, History(history_path)
        node = lab.nodes["a"]
        self.upstream = SmallCran(network.machine_itself())
        for name, kind, more in ((PYTHON, "local-python", []), (R, "local", []), (MIRROR, "cran", ["--url", self.upstream.url]),
                                 (BUILT, "git", [])):
            node.cli("create", "source", "--name", name, "--type", kind, *more)
        for name, kind, source in ((PYTHON, "python", PYTHON), (R, "r", R), (MIRROR, "r", MIRROR), (VAULT, "python", PYTHON),
                                   (BUILT, "r", BUILT)):
            node.cli("create", "repo", "--name", name, "--type", kind, *(["--authenticated"] if name == VAULT else []))
            node.cli("subscribe", "--repo", name, "--source", source)
        node.cli("sync", "--source", MIRROR)
        self.tokens = {name: node.cli("create", "token", "--description", "chaos", "--scope", scope, "--expires", "1d", "-q").strip()
                       for name, scope in (("write", "sources:write"), ("read", f"repos:read:{VAULT}"), ("admin", "global:admin"))}
        self.admin = Admin({machine: self.address(machine) for machine in ("lb", *lab.nodes)}, self.tokens["admin"])
        self.recovery = Recovery(self.admin, self.tokens["write"])
        base = self.published()
        made = [row["id"] for row in self.admin.rows(self.client("lb"), f"/__api__/sources/{PYTHON}/transactions")]
        self.numbers = (made[0], made[BASE // 2], made[-1])
        self.crowd = Crowd(self.history, self.address("lb"), self.upstream, self.tokens, base, seed)
        self.work = lab.work = Work(self.history, self.admin)
        self.mirroring = Mirroring(self.history, self.admin, self.upstream, seed)
        self.fetching = Fetching(self.history, self.admin, self.mirroring)
        self.building = Building(self.history, self.admin, lab.folder / "git", network.machine_itself(), random.Random(seed))
        node.cli("create", "git-builder", "--source", BUILT, "--url", self.building.url, "--name", PACKAGE)
        self.locked = []
        for name, page in ((PYTHON, "/simple/"), (MIRROR, INDEX), (R, INDEX), (BUILT, INDEX)):
            snapshot = node.cli_json("url", "create", "--repo", name, "--snapshot", f"{name}:latest", "--lock")["snapshot"]
            self.locked.append(f"/{name}/{snapshot}{page}")
        self.since = self.until = 0.0

    def published(self):
        """What there is from the start; by source, (package, file name). What is heavy is there for jobs alone."""
        client, base = self.client("lb"), {PYTHON: [], R: []}
        for number in range(BASE + HEAVY):
            project, heavy = f"base{number}", number >= BASE
            files = {PYTHON: a_wheel(project, os.urandom(8 << 20 if heavy else 1000))}
            if number < BASE // 4:
                files[R] = a_tarball(project, os.urandom(1000))
            for source, (filename, content) in files.items():
                send = uploads.to_r if source == R else uploads.to_python
                status, _, answer = client.request(*send(source, filename, content, self.tokens["write"]))
                assert status in (200, 201), answer
                if not heavy:
                    base[source].append((project, filename))
        return base

    @staticmethod
    def address(machine):
        return network.address(machine), 4242

    def client(self, machine):
        return self.admin.client(machine)

    def one(self, name, chance, seconds):
        """A fault, until every node works again."""
        event = Event("fault", name, now())
        done = faults.of(self.lab)[name](self.lab, chance, seconds)
        where, turn = done if isinstance(done, tuple) else (done, None)
        event.details = {"where": where, "recovered": None}
        event.details["recovered"] = self.recovery.seconds(self.lab.undone_from)
        event.end = now()
        if turn:
            turn.watcher.join()
            event.details |= {"job": turn.job, "taken_over": turn.taken_over}
        event.ok = event.details["recovered"] is not None
        self.history.add(event)
        faults.repair(self.lab)
        return event

    def faults(self, count, usual, long=True, say=print):
        chance = random.Random(self.seed)
        self.pages = snapshots(self)
        self.since = time.time()
        teams = (self.crowd, self.work, self.mirroring, self.fetching, self.building)
        for team in teams:
            team.start()
        try:
            self.one_after_the_other(count, usual, long, say, chance)
        finally:
            self.until = time.time()
            for team in teams:
                team.stop()
        for team in (self.mirroring, self.fetching, self.building):
            team.settle()
        snapshots(self, self.pages, all_of_them=True)
        return self

    def one_after_the_other(self, count, usual, long, say, chance):
        time.sleep(1)
        for number, name in enumerate(faults.plan(count, chance, faults.of(self.lab)), 1):
            seconds = faults.LONG.get(name, usual) if long else max(usual, faults.LEAST.get(name, 0.0))
            event = self.one(name, chance, seconds)
            say(f"{number}/{count} {name} {event.details['where'] or ''}: recovered in {event.details['recovered']} s", flush=True)
            snapshots(self, self.pages)
            time.sleep(QUIET if number % QUIET_AFTER == 0 or number == count else 0.5)

    def problems(self):
        return checker.check(self.history, aftermath(self))


def main(words):
    arguments = argparse.ArgumentParser(usage=__doc__)
    arguments.add_argument("faults", type=int, nargs="?", default=200)
    arguments.add_argument("seed", type=int, nargs="?", default=1)
    arguments.add_argument("seconds", type=float, nargs="?", default=3)
    arguments.add_argument("--balancer", choices=KINDS, default=REPEATS)
    asked = arguments.parse_args(words)
    laboratory.exit_on_signals()
    path = pathlib.Path(os.environ.get("CHAOS_HISTORY", f"/tmp/{network.PREFIX}chaos.jsonl"))
    path.unlink(missing_ok=True)
    began = now()
    with make_laboratory(kms=asked.seed % 2 == 1, balancer=asked.balancer) as lab:
        run = Run(lab, asked.seed, path).faults(asked.faults, asked.seconds)
        problems = run.problems()
        print(lab.nodes["a"].cli("verify"))
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems; the history: {path}")
    text = report.page(run.history, problems, asked.seed, now() - began, asked.balancer)
    where = report.PAGES.get(asked.balancer) if asked.faults >= report.ENOUGH[asked.balancer] else None
    if where:
        (HERE.parents[1] / where).write_text(text)
    else:
        print(text)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
