#!/usr/bin/env python3
"""run.py [SCENARIO...]: the load of docs/load.md: day (one node, SQLite and a folder), cluster (a day on three nodes), rate
(half of what the cluster can, for minutes), scale (one, two and three nodes with the same share of a processor each),
join (how soon a new node serves at its full rate), soak (memory over an hour). All but day are run in the laboratory, as
root; soak only when it is named.

LOAD_INSTALLS (1000000) is a day, LOAD_SECONDS (600) the length of rate, LOAD_SOAK_SECONDS (3600) that of soak and
LOAD_SOAK_RATE (100) its installs per second, LOAD_PACKAGES (500) the packages of each kind.
Each scenario replaces its own part of bench/results/load.json; docs/load.md is written from that."""

import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("bench/load", "bench", "tests/lab", "tests/e2e")]

import laboratory  # noqa: E402
import plan  # noqa: E402
import scale  # noqa: E402
import table  # noqa: E402
from server import Granary  # noqa: E402
from watch import Watch  # noqa: E402

INSTALLS = int(os.environ.get("LOAD_INSTALLS", "1000000"))
SECONDS = int(os.environ.get("LOAD_SECONDS", "600"))
SOAK_SECONDS = int(os.environ.get("LOAD_SOAK_SECONDS", "3600"))
SOAK_RATE = int(os.environ.get("LOAD_SOAK_RATE", "100"))
PACKAGES = int(os.environ.get("LOAD_PACKAGES", "500"))
CONNECTIONS, SEED = 64, 1


def say(text):
    print(text, flush=True)


class Generator:
    def __init__(self, folder):
        self.program, self.folder, self.runs = folder / "load", folder, 0
        sources = [ROOT / "bench/load" / name for name in ("load.cc", "clients.cc", "plan.cc")]
        subprocess.run(["c++", "-std=c++20", "-O2", "-o", self.program, *sources], check=True)

    def plan(self, target, token, installs):
        """A new plan: its uploads and its old days are asked for once."""
        self.runs += 1
        path = self.folder / f"plan{self.runs}"
        plan.write(path, target, PACKAGES, installs // 1500 + 10, installs // 400 + 10, token, self.runs, f"fresh{self.runs}x")
        return path

    def run(self, path, servers, *how, connections=CONNECTIONS):
        command = [self.program, path, ",".join(servers), connections, SEED, *how]
        done = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True)
        return json.loads(done.stdout)


def ready(target, token):
    plan.publish(target, PACKAGES, SEED)
    return token()


def day(folder, generator):
    with Granary(folder / "node", {"Logging": {"SystemLogLevel": "warn"}}).start() as server:
        target = plan.Target(server.url, server.cli, folder / "node")
        token = ready(target, server.token)
        path = generator.plan(target, token, INSTALLS)
        with Watch({"node": (server.process.pid, server.resident_bytes)}) as watch:
            result = generator.run(path, [target.host], "installs", INSTALLS)
    return result | {"cpu": watch.cpu, "memory": {"node": watch.growth("node")}}


class Cluster:
    """The laboratory with the packages of the load in it."""

    def __init__(self, folder, generator):
        self.lab, self.generator = laboratory.Laboratory().start(), generator
        first = self.lab.nodes["a"]
        self.target = plan.Target(self.lab.url, first.cli, folder / "cluster")
        self.token = ready(self.target, lambda: first.cli(
            "create", "token", "--description", "load", "--scope", "sources:write", "--expires", "1d", "-q").strip())

    def watch(self):
        lab = self.lab
        processes = {f"node {zone}": (node.pid, node.resident_bytes) for zone, node in lab.nodes.items()}
        return Watch(processes | {"PostgreSQL": (lab.database.primary.pid, None), "standby": (lab.database.standby.pid, None),
                                  "S3": (lab.store.server.pid, None), "balancer": (lab.balancer.pid, None)})

    def asked(self):
        """What was asked of the services behind the nodes: requests of the bucket, by method, and transactions of PostgreSQL."""
        counts = collections.Counter()
        for node in self.lab.nodes.values():
            with urllib.request.urlopen(f"http://{node.address}:2112/metrics", timeout=10) as answer:
                for line in answer.read().decode().splitlines():
                    if found := re.match(r'granary_store_requests_total\{.*method="(\w+)".*\} (\d+)', line):
                        counts[found[1]] += int(found[2])
        counts["transactions"] = int(self.lab.database.sql(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"))
        return counts

    def loaded(self, path, *how):
        before = self.asked()
        with self.watch() as watch:
            result = self.generator.run(path, [self.target.host], *how)
        time.sleep(1)  # sessions of PostgreSQL tell what they did a moment later
        return result | {"cpu": watch.cpu, "memory": {name: watch.growth(name) for name in watch.memory},
                         "asked": dict(self.asked() - before)}

    def day(self):
        return self.loaded(self.generator.plan(self.target, self.token, INSTALLS), "installs", INSTALLS)

    def rate(self):
        """Half of what is possible: installs per second, measured first."""
        count, most = max(2000, INSTALLS // 20), 0.0
        for _ in range(2):  # the first fills what the nodes keep in memory
            got = self.generator.run(self.generator.plan(self.target, self.token, count), [self.target.host], "installs", count)
            most = max(most, count / got["seconds"])
        rate = most / 2
        result = self.loaded(self.generator.plan(self.target, self.token, round(rate * SECONDS)), "rate", rate, SECONDS)
        return result | {"rate": rate, "at": SECONDS}

    def scale(self):
        return scale.measure(self, max(2000, INSTALLS // 100))

    def join(self):
        """Slices of load on a node that has just been started with nothing on its disk, until one is as fast as it ever is."""
        node, slice_of = self.lab.nodes["c"], 500
        server = [f"{node.address}:{node.port}"]
        path = self.generator.plan(self.target, self.token, 20 * slice_of)

        def one():
            got = self.generator.run(path, server, "installs", slice_of)
            got["failed"] -= got["failures"].get("upload 400", 0)  # each slice uploads the same
            assert got["failed"] == 0, got["failures"]
            return slice_of / got["seconds"]

        warm = sorted(one() for _ in range(9))[4]
        node.stop()
        shutil.rmtree(node.folder)
        node.folder.mkdir()
        begin = time.monotonic()
        node.start()
        answers, slices = time.monotonic() - begin, []
        while not slices or slices[-1] < 0.9 * warm:
            slices.append(one())
            assert len(slices) < 100, f"never as fast as before: {warm}, {slices}"
        return {"answers_s": answers, "full_rate_s": time.monotonic() - begin, "warm": warm, "slices": slices}

    def soak(self):
        """A moderate rate for long; what matters is memory."""
        path = self.generator.plan(self.target, self.token, SOAK_RATE * SOAK_SECONDS)
        before = self.asked()
        with self.watch() as watch:
            result = self.generator.run(path, [self.target.host], "rate", SOAK_RATE, SOAK_SECONDS)
        return result | {"rate": SOAK_RATE, "asked": dict(self.asked() - before), "at": SOAK_SECONDS, "cpu": watch.cpu,
                         "memory": {name: watch.halves(name) for name in watch.memory}}

    def close(self):
        self.lab.close()


def main(names):
    names = names or ["day", "cluster", "rate", "scale", "join"]
    path = ROOT / "bench/results/load.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    laboratory.exit_on_signals()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="granary-load-", dir=os.environ.get("BENCH_DIR", "/var/tmp")))
    cluster = None

    def keep(name, result):
        results[name] = result | table.circumstances() | {"count": INSTALLS}
        path.write_text(json.dumps(results, indent=1) + "\n")
        say(table.summary(name, results[name]))

    try:
        generator = Generator(folder)
        if "day" in names:
            keep("day", day(folder, generator))
        if others := [name for name in names if name != "day"]:
            cluster = Cluster(folder, generator)
            for name in others:
                keep(name, {"cluster": cluster.day, "rate": cluster.rate, "scale": cluster.scale, "join": cluster.join,
                            "soak": cluster.soak}[name]())
    finally:
        if cluster:
            cluster.close()
        shutil.rmtree(folder, ignore_errors=True)
    (ROOT / "docs/load.md").write_text(table.page(results))
    say("written: docs/load.md, bench/results/load.json")


if __name__ == "__main__":
    main(sys.argv[1:])
