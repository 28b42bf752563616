#!/usr/bin/env python3
"""run.py [FAULTS [SEED]]: an installation of three nodes under load, and one fault after another (200); the checker's
verdict, and docs/faults.md. Exit 1 when there is a problem. As root."""

import collections
import http.client
import os
import pathlib
import random
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lab"), str(HERE.parent / "e2e")]

import checker  # noqa: E402
import crowd  # noqa: E402
import faults  # noqa: E402
import laboratory  # noqa: E402
import network  # noqa: E402
from artifacts import wheel, wheel_name  # noqa: E402
from history import Event, History, now  # noqa: E402

REPOSITORY, BASE = "python", 40
DISK_MEGABYTES = 256


class Run:
    def __init__(self, lab, seed, history_path=None):
        self.lab, self.seed, self.history = lab, seed, History(history_path)
        self.probes = 0
        node = lab.nodes["a"]
        node.cli("create", "source", "--name", REPOSITORY, "--type", "local-python")
        node.cli("create", "repo", "--name", REPOSITORY, "--type", "python")
        node.cli("subscribe", "--repo", REPOSITORY, "--source", REPOSITORY)
        self.token = node.cli("create", "token", "--description", "chaos", "--scope", "sources:write", "--expires", "1d", "-q").strip()
        self.base = []
        client = self.client("lb")
        for number in range(BASE):
            project, filename = f"base{number}", wheel_name(f"base{number}", "1.0")
            status, _, answer = crowd.upload(client, REPOSITORY, filename, wheel(project, "1.0"), self.token)
            assert status == 200, answer
            self.base.append((project, filename))
        self.crowd = crowd.Crowd(self.history, *self.address("lb"), REPOSITORY, self.token, self.base, seed)

    @staticmethod
    def address(machine):
        return network.address(machine), 4242

    def client(self, machine):
        return crowd.Http(*self.address(machine))

    def one(self, name, chance, seconds):
        """A fault, until every node works again."""
        event = Event("fault", name, now())
        event.details = {"where": faults.FAULTS[name](self.lab, chance, seconds), "recovered": None}
        undone = now()
        event.details["recovered"] = self.recovery(undone)
        event.end = now()
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

    def views(self):
        """What every node shows of every file that was ever sent."""
        views = {}
        for machine in self.lab.nodes:
            client, files = self.client(machine), {}
            for event in self.history.of("upload"):
                try:
                    files[event.what] = crowd.look(client, REPOSITORY, event.details["project"], event.what)
                except crowd.Failed as error:
                    files[event.what] = ("failed", str(error))
            views[machine] = files
        return views

    def snapshots(self, pages=None):
        """Bodies of pages at numbered snapshots, from every node, added to what was seen before."""
        pages = pages if pages is not None else collections.defaultdict(list)
        for machine in self.lab.nodes:
            client = self.client(machine)
            for number in (1, BASE // 2, BASE):
                path = f"/{REPOSITORY}/{number}/simple/"
                status, _, body = client.get(path, crowd.JSON)
                pages[path].append(body if status == 200 else f"{status}".encode())
        return pages

    def faults(self, count, usual, long=True, say=print):
        chance = random.Random(self.seed)
        pages = self.snapshots()
        self.crowd.start()
        time.sleep(1)
        for number, name in enumerate(faults.plan(count, chance), 1):
            seconds = faults.LONG.get(name, usual) if long else usual
            event = self.one(name, chance, seconds)
            say(f"{number}/{count} {name} {event.details['where'] or ''}: recovered in {event.details['recovered']} s", flush=True)
            time.sleep(0.5)
        time.sleep(1)
        self.crowd.stop()
        return self.snapshots(pages)

    def problems(self, pages):
        found = checker.check(self.history, self.views(), pages)
        verify = self.lab.nodes["a"].cli("verify")
        return found, verify


def table(run, problems, count, seed, seconds):
    history = run.history
    installs, uploads = history.of("install"), history.of("upload")
    retried = [e for e in installs if e.attempts > 2]
    by = collections.defaultdict(list)
    for event in history.of("fault"):
        by[event.what].append(event.details["recovered"])
    lines = ["# Faults", "",
             "`make chaos FAULTS=200` makes this page: the laboratory of [operating-cluster.md](operating-cluster.md) under clients that install and",
             "upload, while one fault after another is done to it, each several seconds long. The checker reads what the clients saw: no install fails",
             "within the attempts of pip (5 more, with growing pauses), no acknowledged upload is lost (page and bytes, on every node), nothing is",
             "half visible, no numbered snapshot changes. A fault is over for a node when what is uploaded through it can be had from all.", "",
             f"Seed {seed}: {count} faults in {seconds / 60:.0f} minutes, {len(installs):,} installs ({len(retried):,} with another attempt, "
             f"{sum(not e.ok and e.details['seen'] == 'failed' for e in installs)} failed), {sum(e.ok for e in uploads):,} acknowledged uploads "
             f"({sum(not e.ok for e in uploads)} given up by the client). Problems: {len(problems)}.", "",
             "| Fault | times | recovered after, median s | longest s |", "|---|--:|--:|--:|"]
    for name in faults.FAULTS:
        if times := by.get(name):
            known = [t for t in times if t is not None] or [float("nan")]
            longest = "never" if None in times else f"{max(times):.2f}"
            lines.append(f"| {name} | {len(times)} | {statistics.median(known):.2f} | {longest} |")
    return "\n".join(lines) + "\n"


def main(count="200", seed="1", usual="3"):
    laboratory.exit_on_signals()
    path = pathlib.Path(os.environ.get("CHAOS_HISTORY", f"/tmp/granary-chaos{network.INSTANCE}.jsonl"))
    path.unlink(missing_ok=True)
    began = now()
    with laboratory.Laboratory(faulty=True, disk_megabytes=DISK_MEGABYTES, fsync=False) as lab:
        run = Run(lab, int(seed), path)
        pages = run.faults(int(count), float(usual))
        problems, verify = run.problems(pages)
    for problem in problems:
        print(problem)
    print(verify)
    print(f"{len(problems)} problems; the history: {path}")
    if int(count) >= 200:
        (HERE.parents[1] / "docs/faults.md").write_text(table(run, problems, int(count), int(seed), now() - began))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
