"""Reads what is there in the end, from every node, for the checker."""

import collections
import concurrent.futures
import hashlib
import json
import time

import crowd
from checker import Final
from history import now
from small_cran import versions
from work import INDEX, MIRROR
from work_rules import OVER, Done


def views(run):
    """What every node shows of every file that was ever sent."""
    def view(machine):
        client, files = run.client(machine), {}
        for event in run.history.of("upload"):
            try:
                files[event.what] = crowd.look(client, run.repository, event.details["project"], event.what)
            except crowd.Failed as error:
                files[event.what] = ("failed", str(error))
        return files

    with concurrent.futures.ThreadPoolExecutor(len(run.lab.nodes)) as pool:
        return dict(zip(run.lab.nodes, pool.map(view, run.lab.nodes)))


def snapshots(run, pages=None, all_of_them=False):
    """What pages at numbered and at locked snapshots are, by their hash, from every node, added to what was seen before. Each
    time the newest snapshot joins them, which is read again with all of them."""
    first = pages is None
    pages = collections.defaultdict(list) if first else pages
    client = run.client("lb")
    newest = run.work.ask(client, "GET", f"/__api__/sources/{run.repository}/transactions?_limit=1")[0]["id"]
    paths = {f"/{run.repository}/{number}/simple/" for number in (*run.numbers, newest)} | set(run.locked)
    paths |= set(pages) if all_of_them else set()
    for machine in run.lab.nodes:
        client = run.client(machine)
        for path in sorted(paths):
            try:
                status, _, body = client.get(path, crowd.JSON)
                pages[path].append(hashlib.sha256(body).hexdigest() if status == 200 else f"{status}")
            except crowd.Failed as error:
                pages[path].append(str(error))
    return pages


def transactions(run, client, source):
    return rows_of(run, client, f"/__api__/sources/{source}/transactions")


def jobs(run, client):
    return rows_of(run, client, "/__api__/jobs")


def jobs_that_are_over(run, client, limit=300):
    """What was ordered last may still run, or wait for its next attempt."""
    ordered = {event.what for event in run.history.of("job")}
    begin = now()
    while True:
        rows = jobs(run, client)
        if now() - begin > limit or all(job["state"] in OVER for job in rows if str(job["id"]) in ordered):
            return rows
        time.sleep(1)


def rows_of(run, client, path):
    rows, before = [], ""
    while some := run.work.ask(client, "GET", f"{path}?_limit=1000{before}"):
        rows += some
        before = f"&before={some[-1]['id']}"
    return rows


def steps_of_mirror(run, client):
    steps = {}
    for transaction in transactions(run, client, MIRROR):
        _, _, body = client.get(f"/{MIRROR}/{transaction['id']}{INDEX}")
        steps[transaction["id"]] = sorted(versions(body))
    return steps


def aftermath(run):
    client = run.client("lb")
    latest = {}
    for machine in run.lab.nodes:
        _, _, body = run.client(machine).get(f"/{MIRROR}/latest{INDEX}")
        latest[machine] = sorted(versions(body))
    acknowledged = [event.what for event in run.history.of("sync") if event.ok]
    done = Done(jobs_that_are_over(run, client), steps_of_mirror(run, client), latest, f"{acknowledged[-1]}.0" if acknowledged else "1.0",
                since=run.since, until=run.until, read=time.time())
    _, headers, _ = client.request("GET", f"/__api__/sources/{run.repository}/packages?_limit=1", run.work.headers)
    return Final(views(run), run.pages, done, len(transactions(run, client, run.repository)), int(headers["X-Total-Count"]))
