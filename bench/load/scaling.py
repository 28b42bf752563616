#!/usr/bin/env python3
"""scaling.py: docs/scaling.md, what ten and a hundred times the day of docs/load.md need, worked out from bench/results/load.json
and latest.json. What is assumed and what AWS asks for it stands in the constants below, and on the page."""

import json
import math
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOURS = 730  # of a month
DAYS = HOURS / 24
PEAK = 5  # the busiest hour against the mean of the day
HALF = 0.5  # of the processors of a node are used at the peak
FILE_MB = 1.0  # of an install: the mean of CRAN's tarballs and of the wheels that are installed most
PAGES_KB = 30  # of an install: indexes and metadata, most of them 304
MEASURED_NODES = 3
KEPT_TB = 1.0  # in the bucket, for each factor ten twice as much: mostly the same packages
# us-east-1, on demand, dollars an hour; baseline of the network in Gbit/s (what may be had all the time).
NODES = [("c7g.large", 0.0725, 2, 0.937), ("c7g.xlarge", 0.145, 4, 1.876), ("c7g.2xlarge", 0.29, 8, 3.75)]
DATABASE = ("db.t4g.medium, Multi-AZ", 0.13, 2)
BALANCER_HOUR, CAPACITY_UNIT = 0.0225, 0.008  # a unit: 1 GB an hour
STORED_GB, PUT, GET = 0.023, 0.005 / 1000, 0.0004 / 1000


class Measured:
    def __init__(self, load, reading):
        day = load["cluster"]
        self.installs = day["count"]
        self.nodes = sum(seconds for name, seconds in day["cpu"].items() if name.startswith("node")) / self.installs
        self.database = day["cpu"]["PostgreSQL"] / self.installs
        self.requests = day["all"]["count"] / self.installs
        self.gets, self.puts = (day["asked"].get(method, 0) for method in ("GET", "PUT"))
        self.transactions = day["asked"]["transactions"]
        quiet = load["soak"]
        self.idle = quiet["cpu"]["PostgreSQL"] / quiet["at"]  # of a processor, at a low rate
        self.own_mb = day["bytes"] / 1e6 / self.installs
        self.per_mb = reading["package file 301 KB"]["granary"]["cpu_us_per_request"] / 1e6 / 0.301


def nodes_for(gbits, cores):
    """The cheapest that do it when one of them is down: (name, price, how many)."""
    found = []
    for name, price, cpus, network in NODES:
        others = max(2, math.ceil(gbits / network), math.ceil(cores / (cpus * HALF)))
        found.append((price * (others + 1), name, price, others + 1))
    return min(found)[1:]


def plan(m, times, redirect):
    installs = 1e6 * times
    per_second = installs / 86_400
    through_mb = PAGES_KB / 1000 + (0 if redirect else FILE_MB)
    gbits = per_second * PEAK * through_mb * 8 / 1000
    cores = per_second * PEAK * (m.nodes + (through_mb - m.own_mb) * m.per_mb)
    kind, price, count = nodes_for(gbits, cores)
    gb_an_hour = per_second * 3600 * through_mb / 1000
    gets = installs if redirect else m.gets * 2 ** math.log10(times) * count / MEASURED_NODES
    puts = m.puts * times * 1e6 / m.installs
    cost = {"nodes": count * price * HOURS, "database": DATABASE[1] * HOURS,
            "balancer": (BALANCER_HOUR + gb_an_hour * CAPACITY_UNIT) * HOURS,
            "bucket": KEPT_TB * 1000 * 2 ** math.log10(times) * STORED_GB + (gets * GET + puts * PUT) * DAYS}
    return {"installs": installs, "peak": per_second * PEAK, "cores": cores, "gbits": gbits, "nodes": f"{count} × {kind}",
            "database": m.database * per_second * PEAK + m.idle, "gets": gets, "puts": puts, "cost": cost}


def page(m):
    columns = [(1, False), (1, True), (10, False), (10, True), (100, False), (100, True)]
    plans = [plan(m, *column) for column in columns]

    def row(what, value):
        return f"| {what} | " + " | ".join(value(p) for p in plans) + " |"

    head = [f"{times} × {'redirect' if redirect else 'stream'}" for times, redirect in columns]
    return "\n".join([
        "# Ten and a hundred times a million installs a day", "",
        "`bench/load/scaling.py` works this page out from what [load.md](load.md) and [benchmarks.md](benchmarks.md) measured.", "",
        "## Measured", "",
        "| What | |", "|---|--:|",
        f"| requests of an install, unknown names included | {m.requests:.2f} |",
        f"| time of a processor of the nodes, an install with its {m.own_mb:.2f} MB | {m.nodes * 1e6:.0f} µs |",
        f"| the same, a MB of a file from the node's disk | {m.per_mb * 1e6:.0f} µs |",
        f"| time of a processor of PostgreSQL, an install | {m.database * 1e6:.1f} µs |",
        f"| PostgreSQL at 100 installs a second, all day | {m.idle:.2%} of a processor |",
        f"| transactions of PostgreSQL in a day of {m.installs:,} | {m.transactions:,} |",
        f"| requests to the bucket in that day | {m.gets:,} GET, {m.puts:,} PUT |", "",
        "The nodes answer from memory and from copies on their disks, so neither the database nor the bucket sees the installs: each node reads a package once, and an upload is written once.", "",
        "## Assumed", "",
        f"- The busiest hour has {PEAK} times the mean of the day. One node may be down then; the others use half of their processors, and of the network what they may use all the time.",
        f"- An install takes {FILE_MB:g} MB of files and {PAGES_KB} KB of pages. The load's own files are smaller, because its generator and its balancer share the processors with the nodes; the rest is counted as a MB above.",
        f"- {KEPT_TB:g} TB in the bucket, and twice as much for each factor ten. So it is with the different files of a day: each node reads each of them once, and keeps it on its disk "
        "for as long as the day lasts (`S3Storage.CacheSize`).",
        "- Prices of us-east-1, on demand, as they were published in 2026: " +
        ", ".join(f"{name} ${price:g}/h ({network:g} Gbit/s all the time)" for name, price, _, network in NODES) +
        f"; {DATABASE[0]} ${DATABASE[1]:g}/h; a balancer ${BALANCER_HOUR:g}/h and ${CAPACITY_UNIT:g} for each GB an hour; in the bucket ${STORED_GB:g} a GB-month, "
        f"${PUT * 1000:g} for 1,000 PUT, ${GET * 1000:g} for 1,000 GET. Traffic between zones to the clients is not in it: it is the same for any server.", "",
        "## Needed", "",
        "*stream*: files go through the nodes and the balancer. *redirect*: clients fetch them from the bucket ([adr/0020](adr/0020-downloads-by-redirect.md), "
        "`--downloads redirect` of a repository).", "",
        "| | " + " | ".join(head) + " |", "|---|" + "--:|" * len(plans),
        row("installs a day", lambda p: f"{p['installs'] / 1e6:,.0f} M"),
        row("installs a second, at the peak", lambda p: f"{p['peak']:,.0f}"),
        row("processors of all nodes then", lambda p: f"{p['cores']:.2f}"),
        row("Gbit/s through the nodes then", lambda p: f"{p['gbits']:.2f}"),
        row("nodes", lambda p: p["nodes"]),
        row("processors of PostgreSQL then", lambda p: f"{p['database']:.3f}"),
        row("GET of the bucket, a day", lambda p: f"{p['gets']:,.0f}"),
        row("PUT of the bucket, a day", lambda p: f"{p['puts']:,.0f}"),
        *(row(f"{what}, $ a month", lambda p, what=what: f"{p['cost'][what]:,.0f}") for what in plans[0]["cost"]),
        row("**all, $ a month**", lambda p: f"**{sum(p['cost'].values()):,.0f}**"), "",
        "## Which means", "",
        "- Three small nodes and the smallest database that has a standby do a hundred times the day as far as processors go. What grows is the traffic of files, and what the balancer asks for it.",
        "- Redirects take that away at any size: a GET of the bucket costs less than its MB through the balancer. They want clients that reach the bucket.",
        "- The database does not grow with installs. It grows with uploads and with what mirrors learn; see [benchmarks.md](benchmarks.md) for uploads a second.",
        "- `PostgresPool.MaxOpenConnections` may stay small: what waits for a connection is counted (`granary_db_pool_waits`).", ""])


def write():
    load = json.loads((ROOT / "bench/results/load.json").read_text())
    reading = json.loads((ROOT / "bench/results/latest.json").read_text())["reading"]
    (ROOT / "docs/scaling.md").write_text(page(Measured(load, reading)))


if __name__ == "__main__":
    write()
