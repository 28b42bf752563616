"""How things are measured: wrk for reading, uploads.cc for writing, the kernel's account for CPU and memory."""

import json
import pathlib
import re
import statistics
import subprocess


def processes(root):
    """A process and all below it."""
    found = [root]
    for pid in found:
        for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def cpu_seconds(root):
    total = 0
    for pid in processes(root):
        for task in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
            total += int(task.read_text().split()[0])
    return total / 1e9


def resident_bytes(root):
    total = 0
    for pid in processes(root):
        match = re.search(r"^VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)
        total += int(match[1]) * 1024
    return total


def wrk(url, root, seconds, connections=64, threads=2, headers=(), script=None):
    """Requests per second and CPU microseconds per request of the server whose first process is `root`."""
    before = cpu_seconds(root)
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{max(1, round(seconds))}s", *(part for h in headers for part in ("-H", h)),
               *(("-s", str(script)) if script else ()), url]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    used = cpu_seconds(root) - before
    count = int(re.search(r"(\d+) requests in", output)[1])
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    return {"requests_per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]),
            "cpu_us_per_request": used / max(count, 1) * 1e6, "requests": count, "errors": int(errors[1]) if errors else 0,
            "socket_errors": "Socket errors" in output}


def uploads(program, port, requests, seconds, connections):
    done = subprocess.run([program, "127.0.0.1", str(port), str(connections), str(seconds), requests], check=True,
                          capture_output=True, text=True)
    result = json.loads(done.stdout)
    return result | {"uploads_per_second": result["ok"] / result["seconds"]}


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)
