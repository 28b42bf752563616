"""The results as docs/benchmarks.md."""

import os
import platform
import re
import shutil
import subprocess

# requests per second and CPU per request, both against nginx: at least, at most.
GOALS = {"project page": (1.2, 0.8), "project page, 304": (1.0, 1.0), "404": (1.2, 0.8), "PACKAGES": (1.0, 1.0), "package": (1.0, 1.0)}


def machine():
    model = re.search(r"model name\s*: (.*)", open("/proc/cpuinfo").read())
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    version = subprocess.run([nginx, "-v"], capture_output=True, text=True).stderr if nginx else ""
    return {"cpu": f"{os.cpu_count()} x {model[1] if model else platform.machine()}", "kernel": platform.release(),
            "nginx": version.strip().rpartition("/")[2]}


def goal_of(name):
    return GOALS[max((key for key in GOALS if name.startswith(key)), key=len)]


def ratios(result):
    own, nginx = result["granary"], result["nginx"]
    return (own["requests_per_second"] / nginx["requests_per_second"], own["cpu_us_per_request"] / nginx["cpu_us_per_request"])


def reading_row(name, result):
    speed, cpu = ratios(result)
    least, most = goal_of(name)
    own, nginx = result["granary"], result["nginx"]
    return (f"| {name} | {own['requests_per_second']:,.0f} | {nginx['requests_per_second']:,.0f} | {speed:.2f} | {least} | "
            f"{own['cpu_us_per_request']:.1f} | {nginx['cpu_us_per_request']:.1f} | {cpu:.2f} | {most} |")


def page(results):
    lines = ["# Benchmarks", "",
             f"`make bench` makes this page and `bench/results/latest.json`; {results['when']}, {results['cpu']}, Linux {results['kernel']},",
             f"nginx {results['nginx']}. Load generators run on the same cores as the servers. Medians of {results['rounds']} rounds of "
             f"{results['seconds']:g} s;", "rounds of the servers alternate.", "",
             "## Reading, against nginx", "",
             "nginx serves the same bytes from files: 2 workers, sendfile, open_file_cache, no access log. wrk: 2 threads, 64 connections.",
             "CPU is user and kernel time of the server alone, in microseconds per request.", "",
             "| Work | Granary /s | nginx /s | ratio | goal ≥ | Granary CPU | nginx CPU | ratio | goal ≤ |",
             "|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    lines += [reading_row(name, result) for name, result in results["reading"].items()]
    lines += ["", "## Against pypiserver and devpi", "",
              "Pages and files by wrk with 32 connections; uploads of wheels of 1 KB, each another file, by bench/uploads.cc over keep-alive",
              "connections (64 for Granary, 8 for the others, where more made them slower). Granary checks a token and commits durably to",
              "SQLite before it answers; pypiserver asks for no password; devpi gets a session token.", "",
              "| per second | Granary | pypiserver | devpi |", "|---|--:|--:|--:|"]
    for what, by in results["peers"]["medians"].items():
        lines.append(f"| {what} | {by['granary']:,.0f} | {by['pypiserver']:,.0f} | {by['devpi']:,.0f} |")
    scale = results["scale"]
    lines += ["", f"## With {scale['files']:,} files", "",
              "| What | Measured | Goal |", "|---|--:|--:|",
              f"| uploads per second, with a token, durable, SQLite | {scale['uploads_per_second']:,.0f} | ≥ 1,000 |",
              f"| 99th percentile of an upload | {scale['upload_p99_ms']:.0f} ms | |",
              f"| first page of a project after a write to it, median | {scale['cold_page_ms']:.2f} ms | < 5 ms |",
              f"| the same, 95th percentile | {scale['cold_page_p95_ms']:.2f} ms | |",
              f"| the same page again | {scale['hot_page_ms']:.2f} ms | |",
              f"| from start to the first answer | {scale['start_ms']:.0f} ms | < 300 ms |",
              f"| resident memory, idle, nothing known | {scale['idle_mb']:.1f} MB | < 40 MB |",
              f"| resident memory after the uploads | {scale['loaded_mb']:.1f} MB | |",
              f"| which is, per file | {scale['bytes_per_file']:.0f} B | |",
              f"| resident memory after a restart | {scale['restarted_mb']:.1f} MB | |",
              f"| and after the list of all projects was asked for | {scale['restarted_and_listed_mb']:.1f} MB | |", ""]
    return "\n".join(lines)
