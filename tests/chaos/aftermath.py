"""Reads what is there in the end, from every node, for the checker."""

import collections
import json

import crowd
from checker import Final
from small_cran import versions
from work import INDEX, MIRROR
from work_rules import Done


def views(run):
    """What every node shows of every file that was ever sent."""
    views = {}
    for machine in run.lab.nodes:
        client, files = run.client(machine), {}
        for event in run.history.of("upload"):
            try:
                files[event.what] = crowd.look(client, run.repository, event.details["project"], event.what)
            except crowd.Failed as error:
                files[event.what] = ("failed", str(error))
        views[machine] = files
    return views


def snapshots(run, pages=None):
    """Bodies of pages at numbered snapshots and at a locked one, from every node, added to what was seen before. Each time
    the newest snapshot joins them."""
    first = pages is None
    pages = collections.defaultdict(list) if first else pages
    client = run.client("lb")
    newest = transactions(run, client, run.repository, 1)[0]["id"]
    paths = {f"/{run.repository}/{number}/simple/" for number in (*run.numbers, newest)} | set(run.locked) | set(pages)
    for machine in run.lab.nodes:
        client = run.client(machine)
        for path in sorted(paths):
            try:
                status, _, body = client.get(path, crowd.JSON)
                pages[path].append(body if status == 200 else f"{status}".encode())
            except crowd.Failed as error:
                pages[path].append(str(error).encode())
    return pages


def transactions(run, client, source, limit=10_000):
    return run.work.ask(client, "GET", f"/__api__/sources/{source}/transactions?_limit={limit}")


def jobs(run, client):
    rows, before = [], ""
    while some := run.work.ask(client, "GET", f"/__api__/jobs?_limit=1000{before}"):
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
    done = Done(jobs(run, client), steps_of_mirror(run, client), latest, f"{acknowledged[-1]}.0" if acknowledged else "1.0",
                since=run.since, until=run.until)
    _, headers, _ = client.request("GET", f"/__api__/sources/{run.repository}/packages?_limit=1", run.work.headers)
    return Final(views(run), run.pages, done, len(transactions(run, client, run.repository)), int(headers["X-Total-Count"]))
