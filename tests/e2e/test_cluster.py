"""Nodes know of each other, are taken out and brought back, and do what their role says."""

import concurrent.futures
import random
import threading
import time

import faulty as faults
import pytest

from artifacts import wheel, wheel_name
from server import basic, eventually


def pair(make_granary, settings=None):
    first = make_granary("postgres-s3", settings={"Server": {"NodeName": "first"}} | (settings or {}))
    second = make_granary(share=first, settings={"Server": {"NodeName": "second"}} | (settings or {}))
    for node in (first, second):
        node.start()
    return first, second


@pytest.fixture
def two(make_granary):
    return pair(make_granary)


def states(node):
    return {one["name"]: one["state"] for one in node.cli_json("cluster", "nodes")}


def ready(node):
    return node.get("/__ping__").status


def test_nodes_list_each_other_with_what_they_are(two):
    first, second = two
    listed = {one["name"]: one for one in second.cli_json("cluster", "nodes")}
    assert set(listed) == {"first", "second"}
    assert listed["first"]["state"] == "online" and listed["first"]["address"].endswith(f":{first.port}")
    assert listed["first"]["version"] == first.cli("version").strip() and listed["first"]["role"] == "all"
    assert "second" in first.cli("cluster", "nodes")


def test_a_node_that_is_offline_answers_the_balancer_503_and_the_rest_as_ever(two):
    first, second = two
    repository = first.repository("python")
    token = first.token()
    assert first.upload(repository, wheel_name("calm", "1.0"), wheel("calm", "1.0"), token).status == 200
    second.cli("cluster", "offline", "--nodes", "first", "--timeout", "20")
    assert states(second) == {"first": "offline", "second": "online"}
    refused = first.get("/__ping__")
    assert refused.status == 503 and "offline" in refused.text and refused.headers["Retry-After"]
    assert first.get("/__live__").status == 200 and ready(second) == 200
    assert first.filenames(repository, "calm") == [wheel_name("calm", "1.0")], "clients that are still there go on"
    # Jobs are begun by the other alone.
    for _ in range(3):
        job = first.cli_json("run", "job", "--kind", "verify")["id"]
        eventually(lambda: first.cli_json("info", "job", "--id", job)["state"] == "succeeded", 20)
        assert first.cli_json("info", "job", "--id", job)["node"] == "second"
    # Offline is of the name, not of the process.
    assert first.stop() == 0
    assert states(second)["first"] == "stopped"
    first.launch()
    eventually(lambda: states(second)["first"] == "offline", 20)
    eventually(lambda: first.get("/__live__").status == 200, 20)
    assert ready(first) == 503
    first.cli("online", "--wait")
    assert ready(first) == 200 and states(second) == {"first": "online", "second": "online"}


def running(node):
    """{job: node} of what runs."""
    return {job["id"]: job["node"] for job in node.cli_json("list", "jobs", "--state", "running")}


def test_a_node_that_runs_a_job_is_offline_when_it_has_finished_it(make_granary, cran_upstream, faulty):
    two = pair(make_granary, {"CRAN": {"ReadOldVersions": "off"}})
    upstream, go_on = faulty(cran_upstream.url), threading.Event()
    upstream.fail("/src/contrib/PACKAGES*", faults.held(go_on))
    two[0].cli("create", "source", "--name", "cran", "--type", "cran", "--url", upstream.url)
    job = two[0].cli_json("sync", "--source", "cran", "--no-wait")["id"]
    eventually(lambda: job in running(two[0]), 20)
    name = running(two[0])[job]
    busy, other = two if name == "first" else reversed(two)

    def listed():
        [one] = [one for one in other.cli_json("cluster", "nodes") if one["name"] == name]
        return one["state"], one["running_jobs"]

    assert [one["state"] for one in other.cli_json("cluster", "offline", "--nodes", name)] == ["draining"]
    eventually(lambda: listed() == ("draining", 1))
    assert busy.get("/__ping__").status == 503 and busy.get("/__live__").status == 200 and ready(other) == 200
    late = other.run("cluster", "offline", "--nodes", name, "--timeout", "1")
    assert late.returncode == 1 and f"not offline yet: {name}" in late.stderr and "list jobs" in late.stderr, late.stderr
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(other.run, "cluster", "offline", "--nodes", name, "--timeout", "60")
        # What comes meanwhile is the other's.
        following = other.cli_json("run", "job", "--kind", "verify")["id"]
        eventually(lambda: other.cli_json("info", "job", "--id", following)["state"] == "succeeded", 20)
        assert other.cli_json("info", "job", "--id", following)["node"] != name
        assert not waiting.done() and running(other) == {job: name} and listed() == ("draining", 1)
        go_on.set()
        told = waiting.result()
    assert told.returncode == 0 and "offline" in told.stdout, told.stderr
    finished = other.cli_json("info", "job", "--id", job)
    assert (finished["state"], finished["node"], finished["attempt"]) == ("succeeded", name, 1), finished
    assert busy.stop() == 0
    busy.launch()
    eventually(lambda: states(other)[name] == "offline", 20)

    other.cli("cluster", "online", "--nodes", name, "--wait")
    assert ready(busy) == 200 and states(other) == {"first": "online", "second": "online"}
    other.cli("offline", "--wait")
    again = other.cli_json("run", "job", "--kind", "verify")["id"]
    eventually(lambda: other.cli_json("info", "job", "--id", again)["state"] == "succeeded", 20)
    assert other.cli_json("info", "job", "--id", again)["node"] == name


def test_a_node_that_is_said_to_be_offline_runs_nothing_however_near_the_job_came(make_granary, cran_upstream, faulty):
    upstream, go_on = faulty(cran_upstream.url), threading.Event()
    upstream.fail("/src/contrib/PACKAGES*", faults.held(go_on))
    busy = make_granary("postgres-s3", settings={"Server": {"NodeName": "busy"}, "CRAN": {"ReadOldVersions": "off"}}).start()
    other = make_granary(share=busy, settings={"Server": {"NodeName": "other"}, "Jobs": {"Workers": 0}}).start()
    admin = basic("__token__", busy.token("global:admin"))
    busy.cli("create", "source", "--name", "cran", "--type", "cran", "--url", upstream.url)
    chance, met = random.Random(4), set()

    def asked(node, method, path):
        answer = node.request(method, path, admin)
        assert answer.status in (200, 202), answer
        return answer.json

    def state():
        return asked(other, "GET", "/__api__/cluster/nodes?nodes=busy")[0]["state"]

    def told(job):
        return asked(other, "GET", f"/__api__/jobs/{job}")

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        for _ in range(8):
            go_on.clear()
            ordering = pool.submit(asked, busy, "POST", "/__api__/sources/cran/sync")
            time.sleep(chance.uniform(0, 0.02))  # not a wait: the moment is what is tried
            asked(other, "POST", "/__api__/cluster/offline?nodes=busy")
            job = ordering.result()["id"]
            # It has the job, or it is offline without it, and not yet begun may not become begun.
            eventually(lambda: state() == "offline" or told(job)["state"] == "running")
            if state() == "offline":
                assert told(job)["state"] == "waiting"
            go_on.set()
            eventually(lambda: told(job)["state"] in ("waiting", "succeeded"))
            eventually(lambda: state() == "offline", 8)
            before = told(job)["state"]
            assert before in ("waiting", "succeeded")
            met.add(before)
            asked(other, "POST", "/__api__/cluster/online?nodes=busy")
            eventually(lambda job=job: told(job)["state"] == "succeeded", 20)


def test_a_node_takes_itself_out_over_its_socket(two):
    first, second = two
    assert [one["name"] for one in first.cli_json("offline", "--wait")] == ["first"]
    assert ready(first) == 503 and ready(second) == 200
    assert [one["state"] for one in first.cli_json("online")] == ["online"], "what is shown is what the node made of it"
    assert ready(first) == 200


def test_names_that_no_node_has_are_refused(two):
    done = two[0].run("cluster", "offline", "--nodes", "first,nobody")
    assert done.returncode == 1 and "nobody" in done.stderr and "granary cluster nodes" in done.stderr
    assert ready(two[0]) == 200


def test_a_node_of_the_version_before_works_beside_one_that_has_migrated_further(two, postgres):
    first, second = two
    database = first.settings["Postgres"]["URL"].rsplit("/", 1)[1].split("?")[0]
    postgres.sql("ALTER TABLE nodes ADD COLUMN of_the_next_version TEXT NOT NULL DEFAULT ''; "
                 "INSERT INTO schema_migrations (name, applied_at) VALUES ('cluster.9999', 1)", database)
    repository = first.repository("python")
    token = first.token()
    first.kill()
    assert second.upload(repository, wheel_name("old", "1.0"), wheel("old", "1.0"), token).status == 200
    first.start()
    assert first.filenames(repository, "old") == [wheel_name("old", "1.0")]
    assert states(first) == {"first": "online", "second": "online"}


def test_a_worker_runs_jobs_and_serves_no_packages_and_a_web_node_the_reverse(make_granary):
    web = make_granary("postgres-s3", settings={"Server": {"NodeName": "web", "Role": "web"}}).start()
    job = web.cli_json("run", "job", "--kind", "collect")["id"]
    # Nobody is there who would run it, and a node that did would begin at once.
    for _ in range(20):
        assert web.cli_json("info", "job", "--id", job)["state"] == "waiting"
        time.sleep(0.05)
    worker = make_granary(share=web, settings={"Server": {"NodeName": "worker", "Role": "worker"}}).start()
    eventually(lambda: web.cli_json("info", "job", "--id", job)["state"] == "succeeded", 20)
    done = web.cli_json("info", "job", "--id", job)
    assert (done["node"], done["attempt"]) == ("worker", 1), done
    repository = web.repository("python")
    assert web.get(f"/{repository}/latest/simple/").status == 200
    assert worker.get(f"/{repository}/latest/simple/").status == 404
    assert worker.get("/__api__/status").status == 200 and worker.metrics()
    assert ready(worker) == 200 and worker.get("/__live__").status == 200
    assert {one["name"]: one["role"] for one in web.cli_json("cluster", "nodes")} == {"web": "web", "worker": "worker"}
