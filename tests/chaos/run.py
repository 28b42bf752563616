#!/usr/bin/env python3
"""run.py [FAULTS [SEED]]: an installation of three nodes under load, and one fault after another (200); the checker's
verdict, and docs/faults.md. Exit 1 when there is a problem. As root."""

import http.client
import os
import pathlib
import random
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lab"), str(HERE.parent / "e2e")]

import checker  # noqa: E402
import crowd  # noqa: E402
import faults  # noqa: E402
import laboratory  # noqa: E402
import network  # noqa: E402
import report  # noqa: E402
from aftermath import aftermath, snapshots  # noqa: E402
from artifacts import wheel, wheel_name  # noqa: E402
from history import Event, History, now  # noqa: E402
from small_cran import SmallCran  # noqa: E402
from work import LEASE, MIRROR, Work  # noqa: E402

REPOSITORY, BASE = "python", 40
# What makes a job last: bytes to be read, so many files of 8 MB.
HEAVY = 6


def make_laboratory():
    """With all that can be done to it."""
    return laboratory.Laboratory(faulty=True, disk_megabytes=256, fsync=False, clocks=True, node_settings={
        "Jobs": {"Lease": f"{LEASE}s", "CollectSchedule": "* * * * *"}})


class Run:
    repository, numbers = REPOSITORY, (1, BASE // 2, BASE)

    def __init__(self, lab, seed, history_path=None):
        self.lab, self.seed, self.history = lab, seed, History(history_path)
        self.probes = 0
        node = lab.nodes["a"]
        self.upstream = SmallCran(network.machine_itself())
        node.cli("create", "source", "--name", REPOSITORY, "--type", "local-python")
        node.cli("create", "source", "--name", MIRROR, "--type", "cran", "--url", self.upstream.url)
        for name, kind in ((REPOSITORY, "python"), (MIRROR, "r")):
            node.cli("create", "repo", "--name", name, "--type", kind)
            node.cli("subscribe", "--repo", name, "--source", name)
        node.cli("sync", "--source", MIRROR)
        self.token, admin = (node.cli("create", "token", "--description", "chaos", "--scope", scope, "--expires", "1d", "-q").strip()
                             for scope in ("sources:write", "global:admin"))
        self.base = []
        client = self.client("lb")
        for number in range(BASE + HEAVY):
            project, filename = f"base{number}", wheel_name(f"base{number}", "1.0")
            files = [(f"{project}/noise", os.urandom(8 << 20))] if number >= BASE else []
            status, _, answer = crowd.upload(client, REPOSITORY, filename, wheel(project, "1.0", files=files), self.token)
            assert status == 200, answer
            if number < BASE:
                self.base.append((project, filename))
        self.crowd = crowd.Crowd(self.history, *self.address("lb"), REPOSITORY, self.token, self.base, seed)
        addresses = {machine: self.address(machine) for machine in ("lb", *lab.nodes)}
        self.work = lab.work = Work(self.history, addresses, admin, self.upstream, seed)
        locked = [node.cli_json("url", "create", "--repo", name, "--snapshot", f"{name}:{at}", "--lock")["snapshot"]
                  for name, at in ((REPOSITORY, "latest"), (MIRROR, "latest"))]
        self.locked = [f"/{REPOSITORY}/{locked[0]}/simple/", f"/{MIRROR}/{locked[1]}/src/contrib/PACKAGES"]
        self.since = self.until = 0.0

    @staticmethod
    def address(machine):
        return network.address(machine), 4242

    def client(self, machine):
        return crowd.Http(*self.address(machine))

    def one(self, name, chance, seconds):
        """A fault, until every node works again."""
        event = Event("fault", name, now())
        done = faults.FAULTS[name](self.lab, chance, seconds)
        where, turn = done if isinstance(done, tuple) else (done, None)
        event.details = {"where": where, "recovered": None}
        undone = now()
        event.details["recovered"] = self.recovery(undone)
        event.end = now()
        if turn:
            turn.watcher.join()
            event.details |= {"job": turn.job, "taken_over": turn.taken_over}
        event.ok = event.details["recovered"] is not None
        self.history.add(event)
        faults.repair(self.lab)
        return event

    def recovery(self, since, limit=60):
        """Seconds until what is uploaded through each node can be had from every node."""
        for machine in self.lab.nodes:
            while not self.works(machine):
                if now() - since > limit:
                    return None
                time.sleep(0.05)
        return now() - since

    def works(self, machine):
        self.probes += 1
        project = f"probe{self.probes}"
        filename = wheel_name(project, "1.0")
        try:
            client = self.client(machine)
            client_body, kind = crowd.multipart(filename, wheel(project, "1.0"))
            headers = crowd.basic("__token__", self.token) | {"Content-Type": kind}
            status, _, _ = client.once("POST", f"/upload/pypi/{REPOSITORY}", headers, client_body, timeout=3)
            client.close()
            if status != 200:
                return False
            end = now() + 2
            others = [self.client(other) for other in self.lab.nodes]
            while others and now() < end:
                seen = self.seen_once(others[0], project, filename)
                others = others[1:] if seen else others
                if not seen:
                    time.sleep(0.02)
            return not others
        except (OSError, http.client.HTTPException):
            return False

    @staticmethod
    def seen_once(client, project, filename):
        status, _, body = client.once("GET", f"/{REPOSITORY}/latest/simple/{project}/", {"Accept": crowd.JSON}, timeout=3)
        return status == 200 and filename.encode() in body

    def faults(self, count, usual, long=True, say=print):
        chance = random.Random(self.seed)
        self.pages = snapshots(self)
        self.since = time.time()
        self.crowd.start()
        self.work.start()
        try:
            self.one_after_the_other(count, usual, long, say, chance)
        finally:
            self.until = time.time()
            self.crowd.stop()
            self.work.stop()
        snapshots(self, self.pages, all_of_them=True)
        return self

    def one_after_the_other(self, count, usual, long, say, chance):
        time.sleep(1)
        for number, name in enumerate(faults.plan(count, chance), 1):
            seconds = faults.LONG.get(name, usual) if long else max(usual, faults.LEAST.get(name, 0.0))
            event = self.one(name, chance, seconds)
            say(f"{number}/{count} {name} {event.details['where'] or ''}: recovered in {event.details['recovered']} s", flush=True)
            snapshots(self, self.pages)
            time.sleep(0.5)
        time.sleep(1)

    def problems(self):
        return checker.check(self.history, aftermath(self))


def main(count="200", seed="1", usual="3"):
    laboratory.exit_on_signals()
    path = pathlib.Path(os.environ.get("CHAOS_HISTORY", f"/tmp/{network.PREFIX}chaos.jsonl"))
    path.unlink(missing_ok=True)
    began = now()
    with make_laboratory() as lab:
        run = Run(lab, int(seed), path).faults(int(count), float(usual))
        problems = run.problems()
        print(lab.nodes["a"].cli("verify"))
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems; the history: {path}")
    text = report.page(run.history, problems, int(count), int(seed), now() - began)
    if int(count) >= 200:
        (HERE.parents[1] / "docs/faults.md").write_text(text)
    else:
        print(text)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
