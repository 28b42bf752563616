#!/usr/bin/env python3
"""run_tests.py [STAGE...]: everything that is tested, in the order in which it fails soonest; ends with the totals.

Stages: lint, unit (debug build with sanitizers), e2e (release build, all combinations), chaos (faults of a whole
installation; needs root), fuzz, tidy. Each goes on when one before it failed. When all are run, fuzz and tidy run
beside e2e and chaos, which mostly wait, with what these leave of the processors; their output comes at the end.
FUZZ_SECONDS (10; 60 with CI=true) is the time of each fuzz target; with CI=true the inputs are those of one seed, so
that a failure is the change's own. The last line is "N passed, N failed"; exit 1 when something failed or when
nothing ran."""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[1]
REPORTS = ROOT / "build/reports"
CI = os.environ.get("CI") == "true"
FUZZ_SECONDS = os.environ.get("FUZZ_SECONDS", "60" if CI else "10")
JOBS = str(os.cpu_count())


class Totals:
    def __init__(self):
        self.passed, self.failures, self.skipped = 0, [], []

    def add(self, name, ok):
        if ok:
            self.passed += 1
        else:
            self.failures.append(name)

    def add_junit(self, report, fallback, ok):
        """Counts the cases of a JUnit file; a run that broke without one, or beside it, is a failure by itself."""
        failures_before = len(self.failures)
        if report.exists():
            for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
                name = f"{case.get('classname')}.{case.get('name')}"
                if case.find("skipped") is not None or case.get("status") == "notrun":
                    self.skipped.append(name)
                else:
                    self.add(name, case.find("failure") is None and case.find("error") is None)
        if not ok and len(self.failures) == failures_before:
            self.failures.append(fallback)


def run(*command, **options):
    print("+", *command, flush=True)
    return subprocess.run(command, cwd=ROOT, **options).returncode == 0


def build(preset, *arguments):
    return (run("cmake", "--preset", preset, stdout=subprocess.DEVNULL)
            and run("cmake", "--build", f"build/{preset}", "-j", JOBS, *arguments))


def lint(totals):
    totals.add("lint tests", run(sys.executable, "-m", "unittest", "discover", "-q", "-s", "tools/lint", "-p", "*_test.py"))
    sys.path.insert(0, str(ROOT / "tools/lint"))
    import run as lints
    for name in lints.LINTS:
        totals.add(f"lint {name}", lints.main([name]) == 0)
    totals.add("format", run("tools/format.sh", "--check"))


def unit(totals):
    if not build("dev"):
        return totals.add("dev build", False)
    shutil.rmtree(REPORTS / "unit", ignore_errors=True)
    environment = {"GRANARY_VERSITYGW": str(ROOT / ".cache/tools/versitygw"),
                   "GRANARY_MOTO": str(ROOT / ".cache/venv-aws/bin/moto_server")} | os.environ | {
        "GTEST_OUTPUT": f"xml:{REPORTS}/unit/", "GTEST_COLOR": "no"}
    ok = run("ctest", "--test-dir", "build/dev", "--output-on-failure", "--timeout", "600", "-j", JOBS, env=environment)
    for report in sorted((REPORTS / "unit").glob("*.xml")):
        totals.add_junit(report, report.stem, True)
    if not ok and not any((REPORTS / "unit").glob("*.xml")) or not ok and not totals.failures:
        totals.add("ctest", False)


def pytest(totals, name):
    if not build("release", "--target", "granary"):
        return totals.add("release build", False)
    report = REPORTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    ok = run(".cache/venv/bin/pytest", "-q", "--durations=15", f"--junit-xml={report}", f"tests/{name}")
    totals.add_junit(report, "pytest", ok)


def e2e(totals):
    pytest(totals, "e2e")


def chaos(totals):
    pytest(totals, "chaos")


def fuzz_one(target):
    name = target.name.removeprefix("fuzz_")
    found, seeds = ROOT / "build/fuzz/found" / name, ROOT / "fuzz/corpus" / name
    found.mkdir(parents=True, exist_ok=True)
    command = [target, f"-max_total_time={FUZZ_SECONDS}", "-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1",
               *(["-seed=1"] if CI else []),
               f"-artifact_prefix={found}/crash-", found, *([seeds] if seeds.is_dir() else [])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
    return name, done.returncode == 0, done.stderr


def fuzz(totals):
    if not (ROOT / "fuzz/CMakeLists.txt").exists():
        return totals.add("fuzz targets", False)
    if not run("cmake", "--preset", "fuzz", stdout=subprocess.DEVNULL):
        return totals.add("fuzz build", False)
    names = re.findall(r"granary_fuzz\(\s*NAME\s+(\w+)", (ROOT / "fuzz/CMakeLists.txt").read_text())
    if not run("cmake", "--build", "build/fuzz", "-j", JOBS, "--target", *(f"fuzz_{name}" for name in names)):
        return totals.add("fuzz build", False)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, ok, output in pool.map(fuzz_one, [ROOT / f"build/fuzz/fuzz/fuzz_{name}" for name in names]):
            runs = re.search(r"number_of_executed_units:\s*(\d+)", output)
            print(f"fuzz {name}: {'ok' if ok else 'FAILED'}, {runs[1] if runs else 'no'} runs", flush=True)
            if not ok:
                print(output[-6000:], flush=True)
            totals.add(f"fuzz {name}", ok)


def tidy(totals):
    totals.add("clang-tidy", build("dev") and run("tools/tidy.py"))


STAGES = {"lint": lint, "unit": unit, "e2e": e2e, "chaos": chaos, "fuzz": fuzz, "tidy": tidy}
FOREGROUND, BESIDE = ("lint", "unit", "e2e", "chaos"), ("fuzz", "tidy")


class Beside:
    """Stages that run at the least priority in a process of their own, until they are waited for."""

    def __init__(self, names):
        self.log, self.report = REPORTS / "beside.log", REPORTS / "beside.json"
        self.report.unlink(missing_ok=True)
        with self.log.open("w") as log:
            self.process = subprocess.Popen(["nice", "-n", "19", sys.executable, __file__, *names], stdout=log,
                                            stderr=subprocess.STDOUT, env=os.environ | {"TESTS_REPORT": str(self.report)})

    def join(self, totals):
        self.process.wait()
        print(self.log.read_text(errors="replace"), flush=True)
        if not self.report.exists():
            return totals.add("the stages beside", False)
        theirs = json.loads(self.report.read_text())
        totals.passed += theirs["passed"]
        totals.failures += theirs["failures"]
        totals.skipped += theirs["skipped"]


def stage(name, totals):
    print(f"\n== {name}", flush=True)
    start = time.monotonic()
    STAGES[name](totals)
    print(f"== {name}: {time.monotonic() - start:.0f} s", flush=True)


def every_stage(totals):
    beside = None
    for name in FOREGROUND:
        stage(name, totals)
        if name == "unit":  # what they build from is built
            beside = Beside(BESIDE)
    beside.join(totals)


def main(names):
    if unknown := [name for name in names if name not in STAGES]:
        sys.exit(f"no stage named {unknown[0]}; there are: {', '.join(STAGES)}")
    REPORTS.mkdir(parents=True, exist_ok=True)
    totals = Totals()
    if names:
        for name in names:
            stage(name, totals)
    else:
        every_stage(totals)
    if report := os.environ.get("TESTS_REPORT"):  # of a process that goes on with the totals
        pathlib.Path(report).write_text(json.dumps(vars(totals)))
        return 0
    print()
    for name in totals.skipped:
        print(f"skipped: {name}")
    for name in totals.failures:
        print(f"FAILED: {name}")
    print(f"{totals.passed} passed, {len(totals.failures)} failed", flush=True)
    return 1 if totals.failures or not totals.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
