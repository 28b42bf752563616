"""One, two and three nodes with the same share of a processor each, asked directly.

What is measured is the nodes and what they share (the database, the bucket), so nothing else may differ between one and three:
nodes have one processor, the generator and everything else has the others, and no plan is written and no node meets a file for
the first time during a round. Rounds of one, two and three take turns, since these machines are shared: a ratio is that of one
turn, and each figure is the median of all turns."""

import contextlib
import os
import statistics

import quota

SHARE = 0.25  # of a processor, for each node; with a twentieth most of it went into throttling 64 threads
ROUNDS, CONNECTIONS = 9, 16  # connections for each node


def pin(pid, processors):
    """A process and its threads, and what they start."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread), processors)


def services(lab):
    return [lab.database.primary.pid, lab.database.standby.pid, lab.store.server.pid, lab.balancer.pid]


@contextlib.contextmanager
def placed(cluster):
    """The nodes on one processor with their share of it each, everything else on the others. Says by what."""
    everywhere = os.sched_getaffinity(0)
    one, others = {min(everywhere)}, everywhere - {min(everywhere)}
    if not others:
        raise RuntimeError("scale needs two processors: one for the nodes, one for the load")
    nodes = cluster.lab.nodes.values()
    rest = [os.getpid(), *services(cluster.lab)]
    try:
        for pid in rest:
            pin(pid, others)
        for node in nodes:
            pin(node.pid, one)
            by = quota.limit(cluster.lab.record, f"node-{node.machine}", node.pid, SHARE)
        yield by
    finally:
        for pid in [*rest, *(node.pid for node in nodes)]:
            pin(pid, everywhere)
        for node in nodes:
            quota.limit(cluster.lab.record, f"node-{node.machine}", node.pid, 100)


def measure(cluster, count):
    """`count` installs for each node of a round."""
    addresses = [f"{node.address}:{node.port}" for node in cluster.lab.nodes.values()]

    def installs(path, number, first=0):
        """Through `number` nodes, per second."""
        servers = addresses[first:first + number]
        got = cluster.generator.run(path, servers, "installs", count * number, connections=CONNECTIONS * number)
        assert got["failed"] == 0, got["failures"]
        return count * number / got["seconds"]

    def plan(number):
        return cluster.generator.plan(cluster.target, cluster.token, count * number)

    numbers = range(1, len(addresses) + 1)
    warming = [plan(1) for _ in addresses]
    plans = [[plan(number) for number in numbers] for _ in range(ROUNDS)]
    for first, path in enumerate(warming):  # each node by itself: what it keeps in memory and on its disk
        installs(path, 1, first)
    with placed(cluster) as by:
        rounds = [[installs(path, number) for number, path in zip(numbers, row)] for row in plans]
    ratios = [[rate / turn[0] / number for number, rate in zip(numbers, turn)] for turn in rounds]
    return {"by": by, "share": SHARE, "turns": rounds, "installs_per_second": [statistics.median(rates) for rates in zip(*rounds)],
            "linear": [statistics.median(column) for column in zip(*ratios)]}
