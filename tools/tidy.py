#!/usr/bin/env python3
"""tidy.py: clang-tidy over every source of the program, as build/dev/compile_commands.json compiles it (not over the tests,
which the sanitizers watch while they run: with them it would take longer than all the rest). What passed is
remembered in .cache/tidy by the content of the source and of all that it includes, so a second run reads only what
changed. Exit 1 when a file has problems."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/dev"
CACHE = ROOT / ".cache/tidy"
TIDY = "clang-tidy-19"


def includes():
    """What each object was made from, as the build recorded it."""
    output = subprocess.run(["ninja", "-C", BUILD, "-t", "deps"], check=True, capture_output=True, text=True).stdout
    table, current = {}, None
    for line in output.splitlines():
        if line and not line[0].isspace():
            current = table.setdefault(line.split(":", 1)[0], [])
        elif line.strip():
            current.append(line.strip())
    return table


def fingerprint(paths, hashes):
    total = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for path in sorted(paths):
        if path not in hashes:
            hashes[path] = hashlib.sha256(pathlib.Path(path).read_bytes()).digest()
        total.update(hashes[path])
    return total.hexdigest()


def tidy(source):
    run = subprocess.run([TIDY, "-p", BUILD, "--quiet", source], capture_output=True, text=True)
    return source, run.returncode, run.stdout + ("" if run.returncode == 0 else run.stderr)


def main():
    if not (BUILD / "compile_commands.json").exists():
        sys.exit("build first: make dev")
    CACHE.mkdir(parents=True, exist_ok=True)
    made_from, hashes, wanted = includes(), {}, {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        source = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
        if not source.startswith(f"{ROOT}/src/") or source.endswith("_test.cc") or "/testing/" in source:
            continue
        own = [os.path.normpath(os.path.join(BUILD, p)) for p in made_from.get(entry.get("output", ""), [])]
        own = [p for p in own if p.startswith(str(ROOT))] or [source]
        stamp = CACHE / fingerprint(own, hashes)
        if not stamp.exists():
            wanted[source] = stamp
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, code, output in pool.map(tidy, wanted):
            if code == 0:
                wanted[source].touch()
            else:
                failed += 1
                print(output.strip())
    print(f"clang-tidy: {len(wanted)} files read, {failed} with problems")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
