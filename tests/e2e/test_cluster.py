"""Nodes know of each other, are taken out and brought back, and do what their role says."""

import pytest

from artifacts import wheel, wheel_name
from server import eventually


@pytest.fixture
def two(make_granary):
    first = make_granary("postgres-s3", settings={"Server": {"NodeName": "first"}})
    second = make_granary(share=first, settings={"Server": {"NodeName": "second"}})
    for node in (first, second):
        node.start()
    return first, second


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
    worker = make_granary(share=web, settings={"Server": {"NodeName": "worker", "Role": "worker"}}).start()
    repository = web.repository("python")
    assert web.get(f"/{repository}/latest/simple/").status == 200
    assert worker.get(f"/{repository}/latest/simple/").status == 404
    assert worker.get("/__api__/status").status == 200 and worker.metrics()
    job = web.cli_json("run", "job", "--kind", "collect")["id"]
    eventually(lambda: web.cli_json("info", "job", "--id", job)["state"] == "succeeded", 20)
    assert web.cli_json("info", "job", "--id", job)["node"] == "worker"
    assert {one["name"]: one["role"] for one in web.cli_json("cluster", "nodes")} == {"web": "web", "worker": "worker"}
