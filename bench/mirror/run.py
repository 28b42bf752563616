#!/usr/bin/env python3
"""run.py [PART...]: the tables of docs/benchmarks-mirror.md. A part is a module beside this one with

    measure(folder) -> {section: {row: figure}}     figures are numbers; what a row is, ROWS says
    ROWS = {section: (title, notes, [(row, what, how it is written, goal)])}

MIRROR_ROUNDS (3) is how often each thing is measured, medians are reported; MIRROR_SECONDS (3) the time of one measurement
under load; MIRROR_SCALE (1) makes the upstreams smaller for a quick trial, whose results are not written to docs/;
BENCH_DIR is where the data goes. Upstreams at full size are made once, into .cache/upstreams."""

import datetime
import importlib
import json
import os
import pathlib
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "bench/upstreams"), str(ROOT / "tests/e2e"), str(ROOT / "tests/upstreams")]

import report  # noqa: E402

PARTS = ["all_of_cran", "all_of_pypi", "search", "many_clients"]
RESULTS = ROOT / "bench/results/mirror.json"


def page(results):
    lines = ["# Mirrors at full size", "",
             f"`make bench-mirror` makes this page and `bench/results/mirror.json`; {results['when']}, {results['cpu']}, "
             f"Linux {results['kernel']},", f"nginx {results['nginx']}. The upstream, the server and whoever asks share these cores. "
             f"Medians of {results['rounds']} rounds.", ""]
    for part in PARTS:
        for section, (title, notes, rows) in importlib.import_module(part).ROWS.items():
            if not (measured := results.get("parts", {}).get(part, {}).get(section)):
                continue
            lines += [f"## {title}", "", *([notes, ""] if notes else []), "| Work | Measured | Goal |", "|---|--:|--:|"]
            lines += [f"| {what} | {form.format(measured[row])} | {goal} |" for row, what, form, goal in rows if row in measured]
            lines.append("")
    return "\n".join(lines)


def main(parts):
    whole = float(os.environ.get("MIRROR_SCALE", "1")) == 1
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() and whole else {"parts": {}}
    results |= report.machine() | {"when": datetime.date.today().isoformat(), "rounds": int(os.environ.get("MIRROR_ROUNDS", "3"))}
    folder = pathlib.Path(tempfile.mkdtemp(prefix="granary-mirror-", dir=os.environ.get("BENCH_DIR", "/var/tmp")))
    try:
        for part in parts or PARTS:
            results["parts"][part] = importlib.import_module(part).measure(folder)
            print(results["parts"][part], flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if whole:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        (ROOT / "docs/benchmarks-mirror.md").write_text(page(results))
        print(f"written: docs/benchmarks-mirror.md, {RESULTS.relative_to(ROOT)}")
    else:
        print(page(results))


if __name__ == "__main__":
    main(sys.argv[1:])
