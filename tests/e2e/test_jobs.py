"""Work in the background: submitted, watched, cancelled, by the clock, and taken over from a node that dies."""

import http.client
import json
import threading

import faulty as faults
import pytest

from artifacts import wheel, wheel_name
from server import basic, eventually


def state(server, job):
    return server.cli_json("info", "job", "--id", job)["state"]


def events(server, job, patience=20):
    """(name, data) of the stream of a job, each as it comes; silence for longer than that is a failure."""
    stream = http.client.HTTPConnection("127.0.0.1", server.port, timeout=patience)
    stream.request("GET", f"/__api__/jobs/{job}/events", headers=basic("__token__", server.token("global:admin")))
    answer, fields = stream.getresponse(), {}
    assert answer.status == 200 and answer.headers["Content-Type"] == "text/event-stream"
    while line := answer.readline().decode():
        if line != "\n":
            key, value = line.rstrip("\n").split(": ", 1)
            fields[key] = value
        elif "event" in fields:
            yield fields["event"], json.loads(fields["data"])
            fields = {}
    stream.close()


def test_a_job_runs_with_its_log_and_its_events(granary):
    name = granary.repository("python")
    granary.added(name, {wheel_name("steady", "1.0"): wheel("steady", "1.0")})
    job = granary.cli_json("run", "job", "--kind", "verify")["id"]
    told = list(events(granary, job))  # the stream ends with the job
    assert told[-1][0] == "end" and told[-1][1]["state"] == "succeeded"
    lines = [data["line"] for name, data in told if name == "log"]
    assert any(line.startswith("verified") for line in lines), lines
    shown = granary.cli("info", "job", "--id", job)
    assert "succeeded" in shown and "verified" in shown
    assert str(job) in granary.cli("list", "jobs", "--kind", "verify", "--state", "succeeded")
    assert 'granary_jobs{kind="verify",state="succeeded"}' in granary.metrics()


def test_who_watches_a_job_sees_how_far_it_is_while_it_runs(make_granary, cran_upstream, faulty):
    upstream, go_on = faulty(cran_upstream.url), threading.Event()
    server = make_granary(settings={"CRAN": {"RequestsPerSecond": 0, "ReadOldVersions": "false"}}).start()
    server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", upstream.url)
    server.cli("sync", "--source", "cran", seconds=300)
    upstream.fail("/src/contrib/R6_*", faults.held(go_on))
    job = server.cli_json("fetch", "--source", "cran", "--package", "praise,R6", "--no-wait")["id"]
    stream = events(server, job)
    # One of its two files is there; the other comes when this has been read, and not before.
    half = next(data for name, data in stream if name == "job" and data["state"] == "running" and data["done"] == 1)
    assert half["total"] == 2 and half["message"].startswith("fetching files"), half
    assert state(server, job) == "running" and upstream.count("/src/contrib/R6_*") == 1
    go_on.set()
    *_, (name, last) = stream
    assert (name, last["state"], last["done"], last["total"]) == ("end", "succeeded", 2, 2), last


def test_jobs_are_for_administrators(granary):
    assert granary.get("/__api__/jobs").status == 401
    assert granary.get("/__api__/jobs", **basic("__token__", granary.token("repos:read"))).status == 403
    refused = granary.run("run", "job", "--kind", "nonsense")
    assert refused.returncode != 0 and "collect" in refused.stderr
    assert granary.run("info", "job", "--id", "999999").returncode != 0


def test_a_node_without_workers_keeps_jobs_until_they_are_cancelled(make_granary):
    server = make_granary(settings={"Jobs": {"Workers": 0}}).start()
    job = server.cli_json("run", "job", "--kind", "collect")["id"]
    assert server.cli_json("run", "job", "--kind", "collect")["id"] == job, "the one that waits already"
    assert state(server, job) == "waiting"
    server.cli("cancel", "job", "--id", job)
    assert state(server, job) == "cancelled"
    assert server.run("cancel", "job", "--id", job).returncode != 0


def test_a_wrong_schedule_is_refused_at_start(make_granary):
    server = make_granary(settings={"Jobs": {"CollectSchedule": "each night"}})
    with pytest.raises(RuntimeError, match="Jobs.CollectSchedule"):
        server.start()


def test_the_job_of_a_node_that_is_killed_is_taken_over(make_granary, s3):
    first = make_granary("postgres-s3", settings={"Jobs": {"Lease": "3s"}}).start()
    name = first.repository("python")
    first.added(name, {wheel_name("heavy", "1.0"): wheel("heavy", "1.0")})
    second = make_granary(share=first, settings={"Jobs": {"Lease": "3s"}})
    token = basic("__token__", first.token("global:admin"))
    s3.freeze()  # so that the job does not end before its node
    try:
        job = first.cli_json("run", "job", "--kind", "verify")["id"]
        eventually(lambda: first.get(f"/__api__/jobs/{job}", **token).json["state"] == "running")
        first.kill()
    finally:
        s3.thaw()
    second.start()
    eventually(lambda: state(second, job) == "succeeded", 60)
    assert second.cli_json("info", "job", "--id", job)["attempt"] >= 2


def test_a_schedule_fires_once_on_two_nodes(make_granary):
    jobs = {"Jobs": {"VerifySchedule": "* * * * *"}}
    first = make_granary("postgres-s3", settings=jobs).start()
    second = make_granary(share=first, settings=jobs).start()
    done = lambda: first.cli_json("list", "jobs", "--kind", "verify")
    eventually(lambda: len(done()) >= 1, 75)
    eventually(lambda: all(job["state"] == "succeeded" for job in done()), 20)
    minutes = [job["created"][:16] for job in done()]
    assert len(minutes) == len(set(minutes)), minutes
    eventually(lambda: second.cli_json("list", "jobs", "--kind", "verify") == done())
