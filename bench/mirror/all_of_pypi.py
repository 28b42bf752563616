"""PyPI at full size: synchronising its list of projects, serving it, the past of its largest projects, and names that nobody has."""

import datetime
import itertools
import os
import statistics
import time

import all_of_cran
import measure as meter
import peers
from all_of_cran import idle
from served_pypi import ServedPypi

ROUNDS = int(os.environ.get("MIRROR_ROUNDS", "3"))
SECONDS = float(os.environ.get("MIRROR_SECONDS", "3"))
SCALE = float(os.environ.get("MIRROR_SCALE", "1"))
JSON, HTML = "application/vnd.pypi.simple.v1+json", "text/html"
LISTS = {"json_gzip": (JSON, "gzip"), "json_zstd": (JSON, "zstd"), "html_gzip": (HTML, "gzip")}

ROWS = {
    "list": ("PyPI: the list of all projects", "Fetched gzipped, as from PyPI. A day later 20,000 projects have another serial.", [
        ("projects", "projects", "{:,.0f}", ""),
        ("first_s", "first synchronisation", "{:.2f} s", "< 15 s"),
        ("first_cpu_s", all_of_cran.CPU, "{:.2f} s", ""),
        ("diff_s", "a day later, 20,000 serials changed", "{:.2f} s", "< 2 s"),
        ("diff_cpu_s", all_of_cran.CPU, "{:.2f} s", ""),
        ("peak_mb", "peak of resident memory by then", "{:.0f} MB", ""),
        ("ahead_s", "from the end of that to the new lists rendered ahead, JSON and HTML, gzip and zstd", "{:.1f} s", ""),
        ("after_ms", "list as JSON, gzip, first request after that", "{:.1f} ms", ""),
        *((f"{name}_{side}", f"{what}, {label}", form, goal)
          for name, what in (("json_gzip", "JSON, gzip"), ("json_zstd", "JSON, zstd"), ("html_gzip", "HTML, gzip"))
          for side, label, form, goal in (("per_s", "16 connections", "{:,.0f} /s", ""), ("nginx_per_s", "that file from nginx", "{:,.0f} /s", ""),
                                          ("ratio", "ratio", "{:.2f}", "≥ 1.0"))),
    ]),
    "past": ("PyPI: a project of 6,000 versions on a past day", "22,500 files. Each request another day and another project, so that nothing of "
             "it is in memory, from the last byte asked to the last byte received.", [
        ("zstd_ms", "page as uv asks for it (JSON, zstd)", "{:.0f} ms", "< 30 ms"),
        ("zstd_cpu_ms", all_of_cran.CPU, "{:.0f} ms", ""),
        ("gzip_ms", "page as pip asks for it (JSON, gzip)", "{:.0f} ms", "< 30 ms"),
        ("gzip_cpu_ms", all_of_cran.CPU, "{:.0f} ms", ""),
        ("plain_ms", "page without an encoding (HTML)", "{:.0f} ms", ""),
        ("plain_cpu_ms", all_of_cran.CPU, "{:.0f} ms", ""),
    ]),
    "absent": ("PyPI: names that no source has", "404s, 64 connections; nginx: the same names below a folder that lacks them.", [
        ("one_per_s", "one name again and again", "{:,.0f} /s", ""),
        ("one_nginx_per_s", "from nginx", "{:,.0f} /s", ""),
        ("one_ratio", "ratio", "{:.2f}", "≥ 1.0"),
        ("many_per_s", "100,000 names in turn", "{:,.0f} /s", ""),
        ("many_nginx_per_s", "from nginx", "{:,.0f} /s", ""),
        ("many_ratio", "ratio", "{:.2f}", ""),
    ]),
}


def timed(work):
    begin = time.perf_counter()
    result = work()
    return (time.perf_counter() - begin) * 1e3, result


def start(folder, name, url):
    server = all_of_cran.start(folder, name)
    mirror(server, url)
    return server


def mirror(server, url):
    server.cli("create", "source", "--name", "pypi", "--type", "pypi", "--url", url)
    server.cli("create", "repo", "--name", "pypi", "--type", "python")
    server.cli("subscribe", "--repo", "pypi", "--source", "pypi")


def sync(server):
    return all_of_cran.sync(server, "pypi")


def the_list(server, accept=JSON, encoding="gzip"):
    return timed(lambda: server.get("/pypi/latest/simple/", Accept=accept, Accept_Encoding=encoding))


def lists(folder, upstream):
    rounds = []
    for number in range(ROUNDS):
        upstream.show("today")
        with start(folder, f"list-{number}", upstream.url) as server:
            one = {"first_s": all_of_cran.first_sync(server, "pypi"), "first_cpu_s": meter.cpu_seconds(server.process.pid)}
            idle(server)
            upstream.show("tomorrow")
            _, cpu, one["diff_s"] = all_of_cran.spent(server, lambda server=server: sync(server))
            one["diff_cpu_s"] = cpu / 1e3
            one["ahead_s"] = timed(lambda server=server: idle(server))[0] / 1e3 - 1
            one["peak_mb"] = server.resident_bytes(peak=True) / 1e6
            one["after_ms"] = the_list(server)[0]
            rounds.append(one)
            print(one, flush=True)
            if number == ROUNDS - 1:
                found = served_lists(folder, server)
    return {"projects": len(upstream.pypi.names)} | {row: statistics.median(one[row] for one in rounds) for row in rounds[0]} | found


def served_lists(folder, server):
    bodies = {name: the_list(server, *how)[1].body for name, how in LISTS.items()}
    rival, found = peers.Nginx(folder / "rival", bodies), {}
    for name, (accept, encoding) in LISTS.items():
        own, other = [], []
        for _ in range(ROUNDS):
            own.append(meter.wrk(f"{server.url}/pypi/latest/simple/", server.process.pid, SECONDS, 16,
                                 headers=(f"Accept: {accept}", f"Accept-Encoding: {encoding}"))["requests_per_second"])
            other.append(meter.wrk(f"{rival.url}/{name}", rival.process.pid, SECONDS, 16)["requests_per_second"])
        found |= {f"{name}_per_s": statistics.median(own), f"{name}_nginx_per_s": statistics.median(other),
                  f"{name}_ratio": statistics.median(a / b for a, b in zip(own, other, strict=True))}
    rival.close()
    return found


def past(server, pypi):
    largest = pypi.names[:5]
    for name in largest:
        assert server.get(f"/pypi/latest/simple/{name}/").status == 200
    days = (datetime.date(2024, 1, 1) + datetime.timedelta(days=number) for number in itertools.count())
    ways = {"zstd": {"Accept": JSON, "Accept_Encoding": "zstd, gzip"}, "gzip": {"Accept": JSON, "Accept_Encoding": "gzip"}, "plain": {}}
    found = {f"{way}_{of}": [] for way in ways for of in ("ms", "cpu_ms")}
    for name in largest * max(2, ROUNDS):
        for way, headers in ways.items():
            took, cpu, answer = all_of_cran.spent(
                server, lambda name=name, headers=headers: server.get(f"/pypi/{next(days)}/simple/{name}/", **headers))
            assert answer.status == 200, answer
            found[f"{way}_ms"].append(took)
            found[f"{way}_cpu_ms"].append(cpu)
    return {row: statistics.median(times) for row, times in found.items()}


MANY = """
local n = 0
request = function()
  n = (n * 1103515245 + 12345) % 2147483648
  return wrk.format("GET", "{path}nobody-has-" .. (n % 100000) .. "/")
end
"""


def absent(folder, server):
    rival, found = peers.Nginx(folder / "rival-404", {"pypi/latest/simple/readme": b"x"}), {}
    path = "/pypi/latest/simple/"
    script = folder / "many.lua"
    script.write_text(MANY.replace("{path}", path))
    for row, options in (("one", {}), ("many", {"script": script})):
        rates = {server: [], rival: []}
        for _ in range(ROUNDS):
            for side, all_of in rates.items():
                all_of.append(meter.wrk(f"{side.url}{path}nobody-has-this/", side.process.pid, SECONDS, **options)["requests_per_second"])
        own, other = rates.values()
        found |= {f"{row}_per_s": statistics.median(own), f"{row}_nginx_per_s": statistics.median(other),
                  f"{row}_ratio": statistics.median(a / b for a, b in zip(own, other, strict=True))}
    rival.close()
    return found


def measure(folder):
    upstream = ServedPypi(folder / "pypi-upstream", SCALE)
    found = {"list": lists(folder, upstream)}
    print(found["list"], flush=True)
    upstream.show("today")
    with start(folder, "pypi", upstream.url) as server:
        sync(server)
        idle(server)
        found["absent"] = absent(folder, server)
        found["past"] = past(server, upstream.pypi)
    upstream.stop()
    return found
