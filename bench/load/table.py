"""The results of the load as docs/load.md."""

import datetime
import os

import report

INTRO = """# Load

`make bench-load` makes this page and `bench/results/load.json`: `bench/load/run.py` says which scenarios there are and what can be set.

**The load.** One client is one keep-alive connection that installs packages, one after the other; half are Python packages, half R packages. An install asks for the
index (a project page, or PACKAGES.gz; nine of ten clients have it already and get 304), for metadata (the wheel's METADATA; for R `Meta/archive.rds`, conditionally) and
for the file. Besides, three of ten pages that are asked for are of names that are not there (404), every 2,000th install uploads a wheel into a repository that the others
read, and every 500th asks for a page of an old state (by its number) that nobody has asked for. A tenth of the packages gets half of the installs. A request fails when the status or the
length of the answer is not what it was before the load.

**Sizes.** Files are log-normal, as on CRAN and PyPI, whose medians lie between 60 and 300 KB: median 100 KB, sigma 1.3, so that the mean is 0.2 MB; at most 20 MB. The few
larger ones that double the mean of the real indexes are left out: they would measure how fast this machine copies memory. docs/scaling.md counts with 1 MB.

**Latency** counts from the moment at which a request should have begun, also when all connections were busy then (no coordinated omission), where there is a rate: in "A steady
rate" and in the hour. A day is as many installs as possible, one after the other on each connection, and its latencies count from the sending.

**The cluster** is the laboratory of [operating-cluster.md](operating-cluster.md): three nodes, PostgreSQL with a synchronous standby, S3 and HAProxy, all on these processors.
"""


def circumstances():
    machine = report.machine()
    return {"cpu_model": machine["cpu"], "kernel": machine["kernel"], "when": datetime.date.today().isoformat(),
            "load_average": os.getloadavg()[1]}


def note(result):
    busy = result["load_average"]
    return f"{result['when']}, {result['cpu_model']}, Linux {result['kernel']}; load average over five minutes at the end {busy:.1f}."


def database_share(result):
    nodes = sum(seconds for name, seconds in result["cpu"].items() if name.startswith("node"))
    return result["cpu"].get("PostgreSQL", 0) / nodes


def latency(h):
    return f"{h['p50_ms']:.2f} | {h['p99_ms']:.2f} | {h['p999_ms']:.2f} | {h['max_ms']:.0f}"


def kinds(result):
    lines = ["| request | count | p50 ms | p99 ms | p99.9 ms | max ms |", "|---|--:|--:|--:|--:|--:|"]
    for name, h in (result["kinds"] | {"all": result["all"], "whole installs": result["installs"]}).items():
        lines.append(f"| {name} | {h['count']:,} | {latency(h)} |")
    return lines


def resources(result):
    lines = ["| process | CPU seconds | MB after a third | MB at the end | most MB |", "|---|--:|--:|--:|--:|"]
    for name, seconds in result["cpu"].items():
        m = result["memory"].get(name)
        lines.append(f"| {name} | {seconds:.1f} | " + (f"{m['third_mb']:.0f} | {m['end_mb']:.0f} | {m['most_mb']:.0f} |" if m else "| | |"))
    return lines


def failures(result):
    said = ", ".join(f"{count} × {what}" for what, count in result["failures"].items())
    return f"{result['failed']:,}" + (f" ({said})" if said else "")


def whole(result, goal):
    seconds = result["seconds"] * 1_000_000 / result["count"]
    lines = ["", "| What | Measured | Goal |", "|---|--:|--:|",
             f"| {result['count']:,} installs | {result['seconds']:.0f} s | |",
             f"| a day of 1,000,000, at that speed | {seconds:.0f} s | < {goal} s |",
             f"| requests per second | {result['all']['count'] / result['seconds']:,.0f} | |",
             f"| bodies | {result['bytes'] / 1e9:.1f} GB | |",
             f"| failed requests | {failures(result)} | 0 |"]
    if "PostgreSQL" in result["cpu"]:
        lines.append(f"| CPU of PostgreSQL / of the nodes | {database_share(result):.1%} | < 2 % |")
    return [*lines, *asked(result), "", *kinds(result), "", *resources(result)]


def asked(result):
    """Of the services behind the nodes."""
    counts = dict(result.get("asked", {}))
    if not counts:
        return []
    transactions = counts.pop("transactions", 0)
    return [f"| transactions of PostgreSQL, those that only read included | {transactions:,} | |",
            "| requests to the bucket | " + (", ".join(f"{count:,} {method}" for method, count in sorted(counts.items())) or "none") + " | |"]


def rate(result):
    return ["", "| What | Measured | Goal |", "|---|--:|--:|",
            f"| installs per second, half of the {2 * result['rate']:,.0f} that were possible just before | {result['rate']:,.0f} | |", f"| for | {result['at']:,} s | |",
            f"| p99 of a request | {result['all']['p99_ms']:.2f} ms | < 10 ms |",
            f"| p99.9 of a request | {result['all']['p999_ms']:.2f} ms | < 50 ms |",
            f"| failed requests | {failures(result)} | 0 |", "", *kinds(result), "", *resources(result)]


def scale(result):
    lines = ["", f"Each node has {result['share']:.0%} of the same processor ({result['by']}, a period of 100 ms as on Kubernetes); the generator, PostgreSQL and S3 have the other, "
             "and the generator asks the nodes directly.", f"One, two and three nodes took {len(result['turns'])} turns, with plans of their own; the figures are medians, of linear "
             "that of the ratios within a turn: a ratio above 1 is a turn in which the one node alone was disturbed.", "",
             "| nodes | installs per second | of linear | from – to | Goal |", "|--:|--:|--:|--:|--:|"]
    turns = result["turns"]
    for number, (per_second, linear) in enumerate(zip(result["installs_per_second"], result["linear"]), 1):
        ratios = sorted(turn[number - 1] / turn[0] / number for turn in turns)
        lines.append(f"| {number} | {per_second:,.0f} | {linear:.2f} | {ratios[0]:.2f} – {ratios[-1]:.2f} | {'≥ 0.9' if number > 1 else ''} |")
    return lines


def join(result):
    return ["", "A node is stopped, loses its disk, and is started again as a new one; slices of 500 installs show when it is as fast as it was (90 % of the median before).", "",
            "| What | Measured | Goal |", "|---|--:|--:|", f"| from start to the first answer | {result['answers_s']:.2f} s | |",
            f"| from start to a slice at full rate, that slice included | {result['full_rate_s']:.2f} s | < 2 s |",
            f"| installs per second of the slices | {', '.join(f'{s:,.0f}' for s in result['slices'][:8])} | {result['warm']:,.0f} |"]


def soak(result):
    lines = ["", "`bench/load/run.py soak`, with `LOAD_SOAK_SECONDS` and `LOAD_SOAK_RATE`.", "", "| What | Measured | Goal |",
             "|---|--:|--:|", f"| installs per second | {result['rate']:,} | |", f"| for | {result['at']:,} s | |",
             f"| p99 of a request | {result['all']['p99_ms']:.2f} ms | |",
             f"| failed requests | {failures(result)} | 0 |",
             "| CPU seconds | " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in result["cpu"].items()) + " | |",
             *asked(result), "",
             "| process | MB at the start | after half of it | at the end | growth in the second half | Goal |",
             "|---|--:|--:|--:|--:|--:|"]
    for name, memory in result["memory"].items():
        growth = memory["end_mb"] / memory["half_mb"] - 1
        lines.append(f"| {name} | {memory['start_mb']:.1f} | {memory['half_mb']:.1f} | {memory['end_mb']:.1f} "
                     f"| {growth:.1%} | < 5 % |")
    return lines


SECTIONS = {"day": ("A day on one node, SQLite and a folder", lambda r: whole(r, 120)),
            "cluster": ("A day on three nodes", lambda r: whole(r, 300)),
            "rate": ("A steady rate on three nodes", rate),
            "scale": ("One, two and three nodes", scale),
            "join": ("A node joins", join),
            "soak": ("An hour on three nodes", soak)}


def summary(name, result):
    return "\n".join([SECTIONS[name][0], *SECTIONS[name][1](result)])


def page(results):
    lines = [INTRO]
    for name, (title, section) in SECTIONS.items():
        if name in results:
            lines += [f"## {title}", "", note(results[name]), *section(results[name]), ""]
    return "\n".join(lines)
