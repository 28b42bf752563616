#!/usr/bin/env python3
"""rolling.py OLD_BINARY [SEED]: three nodes of another version under load, updated one after the other as
docs/operating-cluster.md says; the checker's verdict, and how the objects in the bucket are sealed by then. Exit 1 when
there is a problem. As root."""

import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lab"), str(HERE.parent / "e2e")]

import laboratory  # noqa: E402
from history import Event, now  # noqa: E402
from run import Run, node_settings  # noqa: E402
from server import BINARY  # noqa: E402
from services import http_status, wait_until  # noqa: E402


class Update(Run):
    """In place of faults."""

    def one_after_the_other(self, count, usual, long, say, chance):
        time.sleep(usual)
        self.see("before", say)
        for node in self.lab.nodes.values():
            event = Event("fault", "update of a node", now(), details={"where": node.machine})
            node.cli("cluster", "offline", "--nodes", node.machine, "--timeout", "60")
            assert node.stop() == 0, node.log()[-2000:]
            node.binary = BINARY
            node.begin()
            wait_until(lambda: http_status(f"{node.url}/__live__") == 200, f"node {node.machine}", 60, node.alive)
            node.cli("cluster", "online", "--nodes", node.machine)
            event.details["recovered"] = self.recovery.seconds(now())
            event.ok, event.end = event.details["recovered"] is not None, now()
            self.history.add(event)
            time.sleep(usual)
            self.see(f"{node.machine} is updated", say)

    seen = frozenset()

    def see(self, when, say):
        objects = {path: path.read_bytes()[:8] for path in self.lab.store.files() if path.suffix == ".sealed"}
        say(f"{when}: new objects begin with {sorted({head for path, head in objects.items() if path not in self.seen})}", flush=True)
        self.seen = frozenset(objects)


def main(old, seed="1"):
    laboratory.exit_on_signals()
    old = pathlib.Path(old).resolve()
    assert old.exists() and old != BINARY.resolve(), f"{old}: name the binary of the version before"
    with laboratory.Laboratory(fsync=False, kms=True, node_settings=node_settings(), binary=old) as lab:
        run = Update(lab, int(seed)).faults(len(lab.nodes), 20.0)
        problems = run.problems()
        print(lab.nodes["a"].cli("cluster", "nodes"), lab.nodes["a"].cli("verify"))
    for problem in problems:
        print(problem)
    installs, uploads = run.history.of("install"), run.history.of("upload")
    print(f"{len(installs)} installs, {len(uploads)} uploads, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
