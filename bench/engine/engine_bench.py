#!/usr/bin/env python3
"""The engine beside nginx: same bytes, same client (wrk), interleaved rounds.

    cmake --preset release -DGRANARY_BENCH=ON && cmake --build build/release --target engine_bench
    bench/engine/engine_bench.py --engine build/release/bench/engine/engine_bench

Prints a table of medians: requests/s and CPU time per request of the server (all its threads and processes), and
the median over the rounds of the ratio to nginx in the same round, so that a machine that changes its pace does not
count; --json writes everything. Needs nginx and wrk.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

CASES = {
    "page 2 KB, 200": ("/page.html", [], 1.2, 0.8),
    "page, 304": ("/page.html", ["If-None-Match: {etag}"], 1.0, 1.0),
    "404": ("/missing/unknown", [], 1.2, 0.8),
    "index 1 MB, memory": ("/index.rds", [], 1.0, 1.0),
    "file 300 KB": ("/package.tar.gz", [], 1.0, 1.0),
}

NGINX = """
worker_processes {workers};
pid {root}/nginx.pid;
error_log {root}/error.log;
daemon off;
events {{ worker_connections 1024; }}
http {{
  types {{ text/html html; application/gzip gz; }}
  default_type application/octet-stream;
  access_log off;
  log_not_found off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  open_file_cache max=1000 inactive=60s;
  open_file_cache_errors on;
  client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
  uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
  server {{
    listen 127.0.0.1:{port} reuseport;
    root {root}/www;
    add_header Cache-Control "max-age=600" always;
    add_header Vary "Accept-Encoding" always;
  }}
}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")


def descendants(pid):
    out = [pid]
    for child in open(f"/proc/{pid}/task/{pid}/children").read().split():
        out += descendants(int(child))
    return out


def cpu_seconds(pid):
    """Time on a CPU of all threads of a process and its children; finer than clock ticks."""
    total = 0
    for process in descendants(pid):
        for task in os.listdir(f"/proc/{process}/task"):
            try:
                total += int(open(f"/proc/{process}/task/{task}/schedstat").read().split()[0])
            except FileNotFoundError:
                pass
    return total / 1e9


def etag_of(port, path):
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(f"HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        text = b""
        while chunk := s.recv(4096):
            text += chunk
    found = re.search(rb"ETag: (\S+)", text, re.I)
    return found.group(1).decode() if found else ""


def wrk(port, path, headers, seconds, threads, connections):
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", f"http://127.0.0.1:{port}{path}"]
    for header in headers:
        command += ["-H", header]
    text = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    if re.search(r"Socket errors", text):
        raise SystemExit(f"wrk saw errors on {port}{path}: {text}")
    return requests, rate


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", required=True, help="path of the engine_bench program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2, help="of each server, and of wrk")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--only", help="cases whose name contains this")
    parser.add_argument("--json", help="file for all numbers")
    args = parser.parse_args()

    root = tempfile.mkdtemp(prefix="engine_bench.")
    os.chmod(root, 0o755)
    os.mkdir(f"{root}/www")
    page = "<!DOCTYPE html>\n" + "".join(f'<a href="p-{i}.whl">p-{i}.whl</a>\n' for i in range(100))
    open(f"{root}/www/page.html", "w").write(page[:2048])
    open(f"{root}/www/index.rds", "wb").write(os.urandom(1 << 20))
    open(f"{root}/www/package.tar.gz", "wb").write(os.urandom(300 * 1024))
    port = free_port()
    open(f"{root}/nginx.conf", "w").write(NGINX.format(root=root, port=port, workers=args.threads))
    nginx = subprocess.Popen(["nginx", "-p", root, "-c", f"{root}/nginx.conf", "-e", f"{root}/error.log"])
    wait_for(port)
    engine = subprocess.Popen([args.engine, "127.0.0.1:0", f"{root}/www", str(args.threads)], stdout=subprocess.PIPE, text=True)
    servers = {"nginx": (nginx.pid, port), "granary": (engine.pid, int(engine.stdout.readline()))}
    results = {case: {name: [] for name in servers} for case in CASES if not args.only or args.only in case}
    try:
        for round_number in range(args.rounds):
            for case in results:
                path, headers, _, _ = CASES[case]
                order = list(servers) if round_number % 2 == 0 else list(servers)[::-1]
                for name in order:
                    pid, at = servers[name]
                    filled = [h.format(etag=etag_of(at, path)) for h in headers]
                    before = cpu_seconds(pid)
                    requests, rate = wrk(at, path, filled, args.seconds, args.threads, args.connections)
                    cpu = (cpu_seconds(pid) - before) / requests * 1e6
                    results[case][name].append({"requests_per_second": rate, "cpu_us_per_request": cpu})
    finally:
        for process in (nginx, engine):
            process.send_signal(signal.SIGTERM)
            process.wait()
        sys.stderr.write(open(f"{root}/error.log").read())
        shutil.rmtree(root)

    def median(case, name, key):
        return statistics.median(r[key] for r in results[case][name])

    def ratio(case, key):
        pairs = zip(results[case]["granary"], results[case]["nginx"])
        return statistics.median(ours[key] / theirs[key] for ours, theirs in pairs)

    print("| work | granary rps | nginx rps | rps ratio (goal) | granary us CPU | nginx us CPU | CPU ratio (goal) |")
    print("|---|---|---|---|---|---|---|")
    for case in results:
        _, _, rps_goal, cpu_goal = CASES[case]
        ours, theirs = (median(case, n, "requests_per_second") for n in ("granary", "nginx"))
        our_cpu, their_cpu = (median(case, n, "cpu_us_per_request") for n in ("granary", "nginx"))
        print(f"| {case} | {ours:.0f} | {theirs:.0f} | {ratio(case, 'requests_per_second'):.2f} (>= {rps_goal}) | {our_cpu:.2f} | "
              f"{their_cpu:.2f} | {ratio(case, 'cpu_us_per_request'):.2f} (<= {cpu_goal}) |")
    if args.json:
        with open(args.json, "w") as out:
            json.dump(results, out, indent=1)


if __name__ == "__main__":
    main()
