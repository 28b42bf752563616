"""CRAN at full size: synchronising it, its indexes on any day, and a large file that nobody has asked for before."""

import datetime
import hashlib
import http.client
import os
import pathlib
import sqlite3
import statistics
import time

import cache
import full_cran
import measure as meter
import nginx
import peers
from server import Granary, eventually

ROUNDS = int(os.environ.get("MIRROR_ROUNDS", "3"))
SECONDS = float(os.environ.get("MIRROR_SECONDS", "3"))
SCALE = float(os.environ.get("MIRROR_SCALE", "1"))
FILE_BYTES = 50_000_000
LINE = 125_000_000  # bytes per second: a line of 1 Gbit/s
CONTRIB = "/src/contrib/"

CPU = "of which of a processor, the server's"

ROWS = {
    "sync": ("CRAN: synchronising", "", [
        ("packages", "packages of the upstream", "{:,.0f}", ""),
        ("versions", "versions of the upstream, with those in Archive", "{:,.0f}", ""),
        ("first_s", "first synchronisation, from PACKAGES and Meta", "{:.2f} s", "< 10 s"),
        ("first_cpu_s", CPU, "{:.2f} s", ""),
        ("first_peak_mb", "peak of resident memory by then", "{:.0f} MB", "< 400 MB"),
        ("daily_s", "a day later, 60 packages changed", "{:.2f} s", "< 1 s"),
        ("daily_cpu_s", CPU, "{:.2f} s", ""),
        ("daily_rows", "rows that this wrote", "{:.0f}", "60"),
        ("again_s", "again, nothing changed", "{:.2f} s", ""),
    ]),
    "indexes": ("CRAN: indexes", "\"Never asked for\": another day each time, of a server that has answered before.", [
        ("rds_cold_ms", "`PACKAGES.rds` of a day never asked for", "{:.0f} ms", "< 250 ms"),
        ("rds_cold_cpu_ms", CPU, "{:.0f} ms", ""),
        ("text_cold_ms", "`PACKAGES.gz` of a day never asked for", "{:.0f} ms", ""),
        ("latest_after_sync_ms", "`PACKAGES.rds` of latest, first request after a synchronisation", "{:.1f} ms", ""),
        ("rds_warm_per_s", "the same again, 64 connections", "{:,.0f} /s", ""),
        ("rds_nginx_per_s", "that file from nginx", "{:,.0f} /s", ""),
        ("rds_ratio", "ratio", "{:.2f}", "≥ 1.0"),
        ("archive_after_sync_ms", "`Meta/archive.rds` of latest, first request after a synchronisation", "{:.1f} ms", "< 1 s"),
        ("archive_cold_ms", "`Meta/archive.rds` of a day never asked for", "{:.0f} ms", ""),
        ("restart_ms", "first `PACKAGES.rds` of a server that has just been started, from its start on", "{:.0f} ms", ""),
        ("resident_mb", "resident memory in the end", "{:.0f} MB", "< 600 MB, with PyPI"),
    ]),
    "describe": ("CRAN: reading what old versions needed", "A tenth of the upstream, its tarballs made by a little Python server on the "
                 "same cores; without the limit of 20 requests a second that a server has unless it is told otherwise.", [
        ("versions", "old versions", "{:,.0f}", ""),
        ("per_s", "read per second", "{:,.0f}", ""),
        ("peak_mb", "peak of resident memory", "{:.0f} MB", ""),
        ("cold_ms", "then `PACKAGES.rds` of a day in 2015, never asked for", "{:.1f} ms", ""),
    ]),
    "file": ("A file of 50 MB that is not held yet", "Through us and straight from the upstream, over a line of 1 Gbit/s.", [
        ("direct_mb_s", "straight from the upstream", "{:.0f} MB/s", ""),
        ("through_mb_s", "through Granary", "{:.0f} MB/s", ""),
        ("ratio", "ratio", "{:.2f}", "≥ 0.9"),
        ("first_byte_ms", "the first byte comes later by", "{:.1f} ms", "< 5 ms"),
        ("loopback_ratio", "ratio without the limit of a line: against sendfile of nginx over the loopback", "{:.2f}", ""),
    ]),
}


def upstream():
    """The folder with today and tomorrow, and what was written."""
    sizes = {"packages": round(24_000 * SCALE), "versions": round(150_000 * SCALE)}
    recipe = pathlib.Path(full_cran.__file__).read_text() + str(sizes)

    def make(folder):
        cran = full_cran.FullCran(**sizes)
        counts = cran.write(folder / "today", cran.days)
        cran.write(folder / "tomorrow", cran.days + 1)
        (folder / "counts").write_text(f"{counts['packages']} {counts['versions']}")
    folder = cache.made_once(f"full-cran-{sizes['packages']}", recipe, make)
    return folder, *map(int, (folder / "counts").read_text().split())


def show(link, day):
    """What the upstream has is one or the other, with no moment in between."""
    fresh = link.with_name("fresh")
    fresh.symlink_to(day)
    os.replace(fresh, link)


def timed(work):
    start = time.perf_counter()
    result = work()
    return (time.perf_counter() - start) * 1e3, result


def spent(server, work):
    """Milliseconds, those of a processor among them, and the result."""
    before = meter.cpu_seconds(server.process.pid)
    took, result = timed(work)
    return took, (meter.cpu_seconds(server.process.pid) - before) * 1e3, result


def idle(server):
    """What is made ahead is made: it has used no CPU for a while."""
    def quiet():
        before = meter.cpu_seconds(server.process.pid)
        time.sleep(1)
        return meter.cpu_seconds(server.process.pid) - before < 0.03
    eventually(quiet, 120)


def start(folder, name, old_versions=False):
    """old_versions: they are read in the background."""
    return Granary(folder / name, {"Logging": {"SystemLogLevel": "warn"}, "Jobs": {"Workers": 1},
                                   "CRAN": {"RequestsPerSecond": 0, "ReadOldVersions": str(old_versions).lower()}}).start()


def mirror(server, name, url):
    server.cli("create", "source", "--name", name, "--type", "cran", "--url", url)
    server.cli("create", "repo", "--name", name)
    server.cli("subscribe", "--repo", name, "--source", name)


def first_sync(server, name):
    """Seconds of the one that began by itself."""
    sync(server, name)
    return seconds_of(server.cli_json("list", "jobs", "--kind", "sync", "--source", name)[-1])


def sync(server, name):
    return seconds_of(server.cli_json("sync", "--source", name, seconds=900))


def seconds_of(job):
    started, finished = (datetime.datetime.fromisoformat(job[key].replace("Z", "+00:00")) for key in ("started", "finished"))
    return (finished - started).total_seconds()


def records(server):
    [file] = [path for path in server.folder.glob("data/**/*") if path.is_file() and path.open("rb").read(15) == b"SQLite format 3"]
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        return database.execute("SELECT count(*) FROM mirror_records").fetchone()[0]


def fetched(server, path):
    took, answer = timed(lambda: server.get(path))
    assert answer.status == 200, answer
    return took, answer.body


def cold(server, path, month):
    """Of days that nobody asked for, each request another one, and every row with its dependencies."""
    days = [f"2026-{month:02d}-{1 + number:02d}" for number in range(5 * ROUNDS)]
    found = [spent(server, lambda day=day: fetched(server, f"/cran/{day}{CONTRIB}{path}"))[:2] for day in days]
    return tuple(map(statistics.median, zip(*found, strict=True)))


def indexes(folder, server):
    got = dict(zip(("rds_cold_ms", "rds_cold_cpu_ms"), cold(server, "PACKAGES.rds", 2), strict=True))
    got |= {"text_cold_ms": cold(server, "PACKAGES.gz", 3)[0], "archive_cold_ms": cold(server, "Meta/archive.rds", 4)[0]}
    path = f"/cran/2026-05-05{CONTRIB}PACKAGES.rds"
    rival = peers.Nginx(folder / "rival", {"PACKAGES.rds": fetched(server, path)[1]})
    own, other = [], []
    for _ in range(ROUNDS):
        own.append(meter.wrk(server.url + path, server.process.pid, SECONDS)["requests_per_second"])
        other.append(meter.wrk(rival.url + "/PACKAGES.rds", rival.process.pid, SECONDS)["requests_per_second"])
    rival.close()
    got |= {"rds_warm_per_s": statistics.median(own), "rds_nginx_per_s": statistics.median(other)}
    got["rds_ratio"] = got["rds_warm_per_s"] / got["rds_nginx_per_s"]
    got["resident_mb"] = server.resident_bytes() / 1e6
    restarts = []
    for _ in range(ROUNDS):
        server.stop()
        begin = time.perf_counter()
        server.launch()
        while True:
            try:
                assert server.get(f"/cran/latest{CONTRIB}PACKAGES.rds").status == 200
                break
            except OSError:
                time.sleep(0.001)
        restarts.append((time.perf_counter() - begin) * 1e3)
    return got | {"restart_ms": statistics.median(restarts)}


def synchronised(folder):
    """Rounds with a server of their own each."""
    source, packages, versions = upstream()
    link = folder / "upstream"
    show(link, source / "today")
    web, rounds = nginx.Nginx(folder / "nginx", link), []
    by_row = {}
    for number in range(ROUNDS):
        show(link, source / "today")
        with start(folder, f"cran-{number}") as server:
            mirror(server, "cran", web.url)
            one = {"first_s": first_sync(server, "cran"), "first_cpu_s": meter.cpu_seconds(server.process.pid),
                   "first_peak_mb": server.resident_bytes(peak=True) / 1e6}
            before = records(server)
            fetched(server, f"/cran/latest{CONTRIB}PACKAGES.rds")
            idle(server)
            show(link, source / "tomorrow")
            _, cpu, one["daily_s"] = spent(server, lambda server=server: sync(server, "cran"))
            one |= {"daily_cpu_s": cpu / 1e3, "daily_rows": records(server) - before}
            one["again_s"] = sync(server, "cran")
            idle(server)
            one["latest_after_sync_ms"] = fetched(server, f"/cran/latest{CONTRIB}PACKAGES.rds")[0]
            one["archive_after_sync_ms"] = fetched(server, f"/cran/latest{CONTRIB}Meta/archive.rds")[0]
            rounds.append(one)
            print(one, flush=True)
            if number == ROUNDS - 1:
                by_row = indexes(folder, server)
    web.stop()
    medians = {row: statistics.median(one[row] for one in rounds) for row in rounds[0]}
    after = {row: medians.pop(row) for row in ("latest_after_sync_ms", "archive_after_sync_ms")}
    return {"packages": packages, "versions": versions} | medians, by_row | after


def download(url, path):
    """Milliseconds to the first byte of the body, and bytes per second."""
    connection = http.client.HTTPConnection(*url.removeprefix("http://").split(":"), timeout=120)
    connection.connect()
    begin, count = time.perf_counter(), 0
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    count += len(answer.read(1))
    first = (time.perf_counter() - begin) * 1e3
    room = memoryview(bytearray(1 << 20))
    while got := answer.readinto(room):
        count += got
    assert count == FILE_BYTES, f"{count} bytes"
    connection.close()
    return first, count / (time.perf_counter() - begin)


def cold_file(folder):
    """The same file from both sides, a new one each round."""
    source = folder / "freight"
    contrib = source / "src/contrib"
    contrib.mkdir(parents=True)
    names, lines = [f"freight{number}_1.0.tar.gz" for number in range(2 * ROUNDS)], []
    for number, name in enumerate(names):
        content = full_cran.stored(os.urandom(FILE_BYTES // 2))
        content += os.urandom(FILE_BYTES - len(content))
        (contrib / name).write_bytes(content)
        lines.append(f"Package: freight{number}\nVersion: 1.0\nMD5sum: {hashlib.md5(content).hexdigest()}\n")
    (contrib / "PACKAGES").write_text("\n".join(lines))
    rounds = {"line": [], "loopback": []}
    for number, (kind, server_block) in enumerate((("line", f"limit_rate {LINE};"), ("loopback", ""))):
        web = nginx.Nginx(folder / f"nginx-{kind}", source, server=server_block)
        with start(folder, f"freight-{kind}") as server:
            mirror(server, "freight", web.url)
            sync(server, "freight")
            fetched(server, f"/freight/latest{CONTRIB}PACKAGES")
            for name in names[number * ROUNDS:(number + 1) * ROUNDS]:
                straight = download(web.url, CONTRIB + name)
                through = download(server.url, f"/freight/latest{CONTRIB}{name}")
                rounds[kind].append((straight, through))
        web.stop()
    ratio = {kind: statistics.median(b[1] / a[1] for a, b in pairs) for kind, pairs in rounds.items()}
    return {"direct_mb_s": statistics.median(a[1] for a, _ in rounds["line"]) / 1e6,
            "through_mb_s": statistics.median(b[1] for _, b in rounds["line"]) / 1e6, "ratio": ratio["line"],
            "first_byte_ms": statistics.median(b[0] - a[0] for a, b in rounds["line"]), "loopback_ratio": ratio["loopback"]}


def old_versions(folder):
    """A tenth of CRAN, with its tarballs."""
    cran = full_cran.FullCran(packages=round(2_400 * SCALE), versions=round(15_000 * SCALE), changes=0)
    counts = cran.write(folder / "tenth", cran.days)
    tarballs = full_cran.serve(cran)
    web = nginx.Nginx(folder / "nginx-tenth", folder / "tenth", server=(
        f"location ~ tar.gz$ {{ proxy_pass http://127.0.0.1:{tarballs.server_port}; proxy_http_version 1.1; "
        'proxy_set_header Connection ""; proxy_pass_request_headers on; }'))
    with start(folder, "describe", old_versions=True) as server:
        mirror(server, "cran", web.url)
        took = timed(lambda: (sync(server, "cran"), eventually(lambda: undescribed(server) == 0, 3600)))[0] / 1e3
        versions = counts["versions"] - counts["packages"]
        cold_ms = statistics.median(fetched(server, f"/cran/2015-0{1 + number % 9}-11{CONTRIB}PACKAGES.rds")[0] for number in range(9))
        peak = server.resident_bytes(peak=True) / 1e6
    web.stop()
    tarballs.shutdown()
    return {"versions": versions, "per_s": versions / took, "peak_mb": peak, "cold_ms": cold_ms}


def undescribed(server):
    return server.cli_json("info", "--source", "cran")["undescribed"]


def measure(folder):
    file = cold_file(folder)
    print(file, flush=True)
    one, two = synchronised(folder)
    print(one, two, flush=True)
    return {"sync": one, "indexes": two, "describe": old_versions(folder), "file": file}
