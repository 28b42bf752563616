"""Reads what is there in the end, from every node, for the checker."""

import collections
import concurrent.futures
import hashlib
import io
import tarfile
import time

import installs
from artifacts import r_name
from build_rules import Built, published
from building import PACKAGE, content
from checker import Final
from fetch_rules import Ahead
from history import now
from http_client import Failed
from mirror_rules import Mirror
from roles import AHEAD, BUILT, MIRROR, PYTHON, R, SOURCES
from work_rules import OVER, Done

NEWEST = 30  # files of those that were fetched ahead, which are read from every node
PAGES = {PYTHON: "/simple/", R: installs.INDEX, MIRROR: installs.INDEX, BUILT: installs.INDEX}  # of all packages of a snapshot


def views(run):
    """What every node shows of every file that was ever sent."""
    def view(machine):
        client, files = run.client(machine), {}
        for event in run.history.of("upload"):
            source = event.details["source"]
            try:
                files[event.what] = (installs.of_r if source == R else installs.of_python)(client, source, event.details["project"], event.what)
            except Failed as error:
                files[event.what] = ("failed", str(error))
        return files

    with concurrent.futures.ThreadPoolExecutor(len(run.lab.nodes)) as pool:
        return dict(zip(run.lab.nodes, pool.map(view, run.lab.nodes)))


def snapshots(run, pages=None, all_of_them=False):
    """What pages at numbered and at locked snapshots are, by their hash, from every node, added to what was seen before. Each
    time the newest snapshots join them, which are read again with all of them."""
    first = pages is None
    pages = collections.defaultdict(list) if first else pages
    client = run.client("lb")
    paths = {f"/{PYTHON}/{number}{PAGES[PYTHON]}" for number in run.numbers} | set(run.locked)
    for source, page in PAGES.items():
        newest = run.admin.ask(client, "GET", f"/__api__/sources/{source}/transactions?_limit=1")[0]["id"]
        paths.add(f"/{source}/{newest}{page}")
    paths |= set(pages) if all_of_them else set()
    for machine in run.lab.nodes:
        client = run.client(machine)
        for path in sorted(paths):
            try:
                status, _, body = client.get(path, installs.JSON)
                pages[path].append(hashlib.sha256(body).hexdigest() if status == 200 else f"{status}")
            except Failed as error:
                pages[path].append(str(error))
    return pages


def transactions(run, client, source):
    return run.admin.rows(client, f"/__api__/sources/{source}/transactions")


def jobs(run, client):
    return run.admin.rows(client, "/__api__/jobs")


def jobs_that_are_over(run, client, limit=300):
    """What was ordered last may still run, or wait for its next attempt."""
    ordered = {event.what for event in run.history.of("job")}
    begin = now()
    while True:
        rows = jobs(run, client)
        if now() - begin > limit or all(job["state"] in OVER for job in rows if str(job["id"]) in ordered or job["kind"] in ("fetch", "build")):
            return rows
        time.sleep(1)


def mirror(run, client, rows):
    steps, latest = {}, {}
    for transaction in transactions(run, client, MIRROR):
        _, _, body = client.get(f"/{MIRROR}/{transaction['id']}{installs.INDEX}")
        steps[transaction["id"]] = sorted(installs.versions(body))
    for machine in run.lab.nodes:
        _, _, body = run.client(machine).get(f"/{MIRROR}/latest{installs.INDEX}")
        latest[machine] = sorted(installs.versions(body))
    return Mirror(steps, latest, [job for job in rows if job["kind"] == "sync"])


def seen_of(client, path, md5):
    try:
        return installs.compared(client, path, "md5", md5)[0]
    except Failed as error:
        return str(error)


def ahead(run, rows):
    """Whoever reads a file is given what is held: upstream is not asked for it."""
    upstream, views = run.upstream, {}
    files = {step: [r_name(package, f"{step}.0") for package in AHEAD] for step in range(1, upstream.step + 1)}
    newest = [name for names in files.values() for name in names if name in upstream.asked][-NEWEST:]
    for machine in run.lab.nodes:
        views[machine] = {name: seen_of(run.client(machine), f"/{MIRROR}/latest{installs.CONTRIB}{name}", upstream.md5[name])
                          for name in newest}
    return Ahead([job for job in rows if job["kind"] == "fetch"], files, dict(upstream.asked), views)


def built(run, client, rows):
    made, views = transactions(run, client, BUILT), {}
    versions = [event.what for event in run.history.of("commit") if published(event, made)]
    for machine in run.lab.nodes:
        views[machine] = {version: built_version(run.client(machine), version) for version in versions}
    builds, page = [], 1
    while some := run.admin.ask(client, "GET", f"/__api__/git-builds?source={BUILT}&_limit=1000&_page={page}"):
        builds, page = builds + some, page + 1
    return Built(builds, [job for job in rows if job["kind"] == "build"], made, views)


def built_version(client, version):
    """A tarball, with what its commit had in it."""
    path = f"/{BUILT}/latest{installs.CONTRIB}{r_name(PACKAGE, version)}"
    try:
        status, _, body = client.get(path)
    except Failed as error:
        return "failed", str(error)
    if status != 200:
        return "missing", f"{path}: {status}"
    with tarfile.open(fileobj=io.BytesIO(body)) as tarball:
        code = tarball.extractfile(f"{PACKAGE}/R/answer.R").read().decode()
    return ("right", hashlib.sha256(body).hexdigest()) if content(version) in code else ("other", code)


def aftermath(run):
    client = run.client("lb")
    rows = jobs_that_are_over(run, client)
    made = {source: (len(transactions(run, client, source)), run.admin.total(client, f"/__api__/sources/{source}/packages"))
            for source in SOURCES}
    done = Done(rows, since=run.since, until=run.until, read=time.time())
    return Final(views(run), run.pages, done, mirror(run, client, rows), ahead(run, rows), built(run, client, rows), made, run.lab.balancer.repeats)
