#!/usr/bin/env python3
"""run.py [SECTION...]: the benchmarks of docs/benchmarks.md. Sections: reading, peers, scale. All in one run, side by
side; rounds of the servers alternate, and medians are compared. BENCH_SECONDS (3) is the time of one measurement,
BENCH_ROUNDS (5) their number, BENCH_FILES (100000) the size of the large source, BENCH_DIR where the data goes: not where
many files were deleted in the last minutes, because ext4 makes new ones slowly there."""

import datetime
import http.client
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import data
import measure
import peers
import report
from server import Granary

ROOT = pathlib.Path(__file__).resolve().parents[1]
SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
FILES = int(os.environ.get("BENCH_FILES", "100000"))
CONNECTIONS = 64


def start_granary(folder):
    return Granary(folder, {"Logging": {"SystemLogLevel": "warn"}}).start()


def say(text):
    print(text, flush=True)


def reading(folder):
    """The answers of Granary, and the same bytes from nginx."""
    with start_granary(folder / "granary") as server:
        python, r = server.repository("python", name="python"), server.repository("r", name="r")
        server.added(python, data.page_files())
        server.added(python, data.big_file())
        server.added(r, data.r_packages())
        accept = f"Accept: {data.PIP_ACCEPT}"
        page_path, rds_path = f"/{python}/latest/simple/page/", f"/{r}/latest/src/contrib/PACKAGES.rds"
        page, rds = server.get(page_path, Accept=data.PIP_ACCEPT), server.get(rds_path)
        file_path = server.file_url(python, "freight", data.wheel_name("freight", "1.0"))
        file = server.get(file_path)
        assert page.status == rds.status == file.status == 200
        nginx = peers.Nginx(peer_folder(folder, "nginx"), {"page": page.body, "rds": rds.body, "file": file.body})
        nginx_tag = nginx.request("GET", "/page")[1]["ETag"]
        rows = {
            f"project page {len(page.body)} B, 200": (page_path, "/page", [accept], [accept]),
            "project page, 304": (page_path, "/page", [accept, f"If-None-Match: {page.headers['ETag']}"],
                                  [accept, f"If-None-Match: {nginx_tag}"]),
            "404 of an unknown project": (f"/{python}/latest/simple/nothing/", "/nothing", [accept], [accept]),
            f"PACKAGES.rds {len(rds.body) / 1e6:.2f} MB": (rds_path, "/rds", [], []),
            f"package file {len(file.body) / 1e3:.0f} KB": (file_path, "/file", [], [])}
        results = {}
        for name, (own_path, nginx_path, own_headers, nginx_headers) in rows.items():
            rounds = {"granary": [], "nginx": []}
            for number in range(ROUNDS + 1):  # the first warms up
                for key, url, process, headers in (("granary", server.url + own_path, server.process, own_headers),
                                                   ("nginx", nginx.url + nginx_path, nginx.process, nginx_headers)):
                    result = measure.wrk(url, process.pid, 1 if number == 0 else SECONDS, CONNECTIONS, headers=headers)
                    if number:
                        rounds[key].append(result)
            results[name] = {key: {what: measure.median(r, what) for what in ("requests_per_second", "cpu_us_per_request", "errors")}
                             for key, r in rounds.items()}
            results[name]["rounds"] = rounds
            say(report.reading_row(name, results[name]))
        nginx.close()
    return results


def peer_folder(folder, name):
    path = folder / name
    path.mkdir()
    return path


def against_peers(folder, uploads_program):
    """Pages, files and uploads per second against the Python servers."""
    files = data.page_files() | data.big_file()
    with start_granary(folder / "granary-peers") as server:
        name, token = server.repository("python", name="python"), server.token()
        server.added(name, files)
        pypiserver = peers.Pypiserver(peer_folder(folder, "pypiserver"), files)
        devpi = peers.Devpi(peer_folder(folder, "devpi"), files)
        freight = data.wheel_name("freight", "1.0")
        for filename, content in files.items():
            project, version = filename.split("-")[:2]
            body, kind = data.multipart(filename, content, project, version)
            status, _, answer = devpi.request("POST", devpi.upload_path, body, devpi.headers | {"Content-Type": kind})
            assert status == 200, answer
        accept = f"Accept: {data.PIP_ACCEPT}"
        servers = {
            "granary": (server.url, server.process, f"/{name}/latest/simple/page/", server.file_url(name, "freight", freight),
                        f"/upload/pypi/{name}", data.basic("__token__", token)),
            "pypiserver": (pypiserver.url, pypiserver.process, pypiserver.page.format("page"),
                           pypiserver.file_path("freight", freight), pypiserver.upload_path, pypiserver.headers),
            "devpi": (devpi.url, devpi.process, devpi.page.format("page"), devpi.file_path("freight", freight),
                      devpi.upload_path, devpi.headers)}
        results = {what: {key: [] for key in servers} for what in ("pages", "files", "uploads")}
        first = {key: 0 for key in servers}
        for _ in range(ROUNDS):
            for key, (url, process, page, file, upload, headers) in servers.items():
                for what, path in (("pages", page), ("files", file)):
                    got = measure.wrk(url + path, process.pid, SECONDS, 32, headers=[accept])
                    assert got["errors"] == 0, f"{key} {path}: {got}"
                    results[what][key].append(got["requests_per_second"])
                count = 20_000 if key == "granary" else 400
                requests = folder / "requests"
                data.write_requests(requests, upload, headers, first[key], count)
                first[key] += count
                got = measure.uploads(uploads_program, int(url.rsplit(":", 1)[1]), requests, SECONDS, CONNECTIONS if key == "granary" else 8)
                assert got["failed"] == 0, f"uploads to {key}: {got}"
                results["uploads"][key].append(got["uploads_per_second"])
        pypiserver.close()
        devpi.close()
    medians = {what: {key: statistics.median(rounds) for key, rounds in by.items()} for what, by in results.items()}
    for what, by in medians.items():
        say(f"{what} per second: " + ", ".join(f"{key} {value:,.0f}" for key, value in by.items()))
    return {"medians": medians, "rounds": results}


def get_on(connection, path):
    start = time.perf_counter()
    connection.request("GET", path, headers={"Accept": data.PIP_ACCEPT})
    answer = connection.getresponse()
    answer.read()
    return answer.status, (time.perf_counter() - start) * 1e3


def scale(folder, uploads_program):
    """What a large source costs: memory, start, and the first page after a write."""
    result = {}
    with start_granary(folder / "granary-scale") as server:
        time.sleep(1)
        result["idle_mb"] = server.resident_bytes() / 1e6
        name, token = server.repository("python", name="python"), server.token()
        requests = folder / "requests"
        data.write_requests(requests, f"/upload/pypi/{name}", data.basic("__token__", token), 0, FILES)
        got = measure.uploads(uploads_program, server.port, requests, 3600, CONNECTIONS)
        assert got["failed"] == 0, got
        result |= {"files": FILES, "uploads_per_second": got["uploads_per_second"], "upload_p99_ms": got["p99_ms"]}
        server.get(f"/{name}/latest/simple/")
        result["loaded_mb"] = server.resident_bytes() / 1e6
        cold, hot = [], []
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        for number in range(100):
            project = f"small{number * 7 % (FILES // data.VERSIONS)}"
            path = f"/{name}/latest/simple/{project}/"
            filename = data.wheel_name(project, f"2.{number}")
            assert server.upload(name, filename, data.wheel(project, f"2.{number}"), token).status == 200
            status, took = get_on(connection, path)
            assert status == 200
            cold.append(took)
            hot.append(get_on(connection, path)[1])
        result |= {"cold_page_ms": statistics.median(cold), "cold_page_p95_ms": sorted(cold)[94], "hot_page_ms": statistics.median(hot)}
        starts = []
        for _ in range(ROUNDS):
            server.stop()
            begin = time.perf_counter()
            server.launch()
            while True:
                try:
                    probe = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
                    status, _ = get_on(probe, f"/{name}/latest/simple/small7/")
                    assert status == 200, status
                    break
                except OSError:
                    time.sleep(0.001)
            starts.append((time.perf_counter() - begin) * 1e3)
        result["start_ms"] = statistics.median(starts)
        time.sleep(1)
        result["restarted_mb"] = server.resident_bytes() / 1e6
        server.get(f"/{name}/latest/simple/")
        result["restarted_and_listed_mb"] = server.resident_bytes() / 1e6
        result["bytes_per_file"] = (result["loaded_mb"] - result["idle_mb"]) * 1e6 / FILES
    for key, value in result.items():
        say(f"{key}: {value:,.1f}")
    return result


def main(sections):
    sections = sections or ["reading", "peers", "scale"]
    folder = pathlib.Path(tempfile.mkdtemp(prefix="granary-bench-", dir=os.environ.get("BENCH_DIR", "/var/tmp")))
    uploads_program = folder / "uploads"
    subprocess.run(["c++", "-std=c++20", "-O2", "-o", uploads_program, ROOT / "bench/uploads.cc"], check=True)
    results = report.machine() | {"seconds": SECONDS, "rounds": ROUNDS, "when": datetime.date.today().isoformat()}
    try:
        if "reading" in sections:
            results["reading"] = reading(folder)
        if "peers" in sections:
            results["peers"] = against_peers(folder, uploads_program)
        if "scale" in sections:
            results["scale"] = scale(folder, uploads_program)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    target = ROOT / "bench/results"
    target.mkdir(exist_ok=True)
    (target / "latest.json").write_text(json.dumps(results, indent=1) + "\n")
    if sections == ["reading", "peers", "scale"]:
        (ROOT / "docs/benchmarks.md").write_text(report.page(results))
        say("written: docs/benchmarks.md, bench/results/latest.json")


if __name__ == "__main__":
    main(sys.argv[1:])
