"""Synchronising is work of the cluster: ordered by hand, by the clock or by a new source, done once, taken over, waited for."""

import concurrent.futures
import json
import signal
import subprocess

import faulty as faults
import pytest

from server import BINARY, basic, eventually

PACKAGES = "/src/contrib/PACKAGES"


def mirror(server, name, url, kind="cran"):
    server.cli("create", "source", "--name", name, "--type", kind, "--url", url)
    server.cli("create", "repo", "--name", name, "--type", "python" if kind == "pypi" else "r")
    server.cli("subscribe", "--repo", name, "--source", name)


def syncs(server, name):
    return server.cli_json("list", "jobs", "--kind", "sync", "--source", name)


def test_a_new_mirror_is_synchronised_by_itself_and_says_how_it_is(make_granary, cran_upstream, pypi_upstream):
    server = make_granary(settings={"CRAN": {"SyncSchedule": "30 3 * * *"}, "PyPI": {"SyncSchedule": ""}}).start()
    mirror(server, "cran", cran_upstream.url)
    mirror(server, "pypi", f"{pypi_upstream.url}/simple", "pypi")
    eventually(lambda: b"Package: R6\n" in server.get(f"/cran/latest{PACKAGES}").body, 60)
    eventually(lambda: server.cli_json("info", "--source", "pypi")["synced_at"], 60)
    told = server.cli("info", "--source", "cran")
    assert cran_upstream.url in told and "T03:30:00" in told and "never" not in told, told
    assert "not by itself" in server.cli("info", "--source", "pypi")
    server.cli("delete", "repo", "--name", "pypi")
    server.cli("delete", "source", "--name", "pypi")
    assert server.run("sync", "--source", "pypi").returncode == 1

    # The forms of the command.
    assert "up to date" in server.cli("sync", "--type", "cran")
    assert "up to date" in server.cli("sync", "--wait")
    assert server.cli("sync", "--source", "cran", "--quiet") == ""
    [job] = server.cli_json("sync", "--type", "cran")
    assert job["state"] == "succeeded" and job["result"]["packages"] == 0
    ordered = server.cli("sync", "--source", "cran", "--no-wait")
    assert f"granary info job --id {syncs(server, 'cran')[0]['id']}" in ordered
    for words in (["--type", "nonsense"], ["--type", "bioconductor"], ["--source", "cran", "--type", "cran"]):
        assert server.run("sync", *words).returncode == 1
    server.cli("create", "source", "--name", "team")
    assert "no upstream" in server.run("sync", "--source", "team").stderr

    # The API: at once, or when it is done.
    admin = basic("__token__", server.token("global:admin"))
    answer = server.request("POST", "/__api__/sources/cran/sync", admin)
    assert answer.status == 202 and answer.json["kind"] == "sync"
    answer = server.request("POST", "/__api__/sources/cran/sync?wait=true", admin)
    assert answer.status == 200 and answer.json["state"] == "succeeded" and answer.json["result"]["removed"] == 0


def test_the_command_fails_with_the_words_of_the_job_and_the_server_goes_on_trying(make_granary, cran_upstream, faulty):
    upstream = faulty(cran_upstream.url)
    upstream.fail(PACKAGES + "*", faults.status(503))
    server = make_granary().start()
    mirror(server, "cran", upstream.url)
    refused = server.run("sync", "--source", "cran")
    assert refused.returncode == 1 and "503" in refused.stderr and "tries again" in refused.stderr, refused.stderr
    [job] = syncs(server, "cran")
    assert job["state"] == "waiting" and job["retrying"] and job["max_attempts"] > 10
    told = server.cli("info", "--source", "cran")
    assert "never" in told and "503" in told and "again at" in told, told
    assert "was not synchronised yet" in server.get("/").text
    admin = basic("__token__", server.token("global:admin"))
    assert server.request("POST", "/__api__/sources/cran/sync?wait=true", admin).status == 503
    upstream.heal()
    assert "up to date" in server.cli("sync", "--source", "cran")
    assert server.cli_json("info", "--source", "cran")["problem"] == ""
    assert 'class="note"' not in server.get("/").text


def test_a_command_that_is_interrupted_leaves_the_job_running(make_granary, cran_upstream, faulty):
    upstream = faulty(cran_upstream.url)
    upstream.fail(PACKAGES + "*", faults.hang())
    server = make_granary().start()
    mirror(server, "cran", upstream.url)
    waiting = subprocess.Popen([BINARY, "sync", "--source", "cran", "-c", server.config], stderr=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, env=server.environment)
    first = waiting.stderr.readline()  # not on a terminal: lines
    assert first.strip(), "it says what is done"
    waiting.send_signal(signal.SIGINT)
    _, said = waiting.communicate(timeout=60)
    [job] = syncs(server, "cran")
    assert waiting.returncode == 130 and f"job {job['id']} goes on" in said, said
    assert job["state"] in ("running", "waiting") and not job["cancel_requested"]
    server.cli("cancel", "job", "--id", job["id"])
    eventually(lambda: syncs(server, "cran")[0]["state"] == "cancelled", 20)


def test_one_node_synchronises_and_another_takes_over_when_it_is_killed(make_granary, cran_upstream, faulty):
    upstream = faulty(cran_upstream.url)
    upstream.fail(PACKAGES + "*", faults.hang(), times=1)
    first = make_granary("postgres-s3", settings={"Jobs": {"Lease": "3s"}, "Server": {"NodeName": "first"}}).start()
    second = make_granary(share=first, settings={"Jobs": {"Lease": "3s"}, "Server": {"NodeName": "second"}}).start()
    mirror(first, "cran", upstream.url)
    eventually(lambda: upstream.count(PACKAGES + "*") == 1, 20)
    [job] = syncs(first, "cran")
    assert job["state"] == "running"
    assert second.cli_json("sync", "--source", "cran", "--no-wait")["id"] == job["id"], "the one that runs already"
    worker, other = (first, second) if job["node"] == "first" else (second, first)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(other.run, "sync", "--source", "cran")
        worker.kill()
        done = waiting.result(90)
    assert done.returncode == 0 and "up to date" in done.stdout, done.stderr
    [job] = syncs(other, "cran")
    assert job["state"] == "succeeded" and job["attempt"] >= 2 and job["node"] != worker.settings["Server"]["NodeName"]
    assert b"Package: R6\n" in other.get(f"/cran/latest{PACKAGES}").body


def test_three_nodes_that_start_at_once_make_the_repositories_of_the_settings_once(make_granary, cran_upstream, pypi_upstream):
    settings = {"Repos": {"CRAN": "cran", "PyPI": "pypi"}, "CRAN": {"URL": cran_upstream.url},
                "PyPI": {"URL": f"{pypi_upstream.url}/simple"}}
    nodes = [make_granary("postgres-s3", settings=settings)]
    nodes += [make_granary(share=nodes[0], settings=settings) for _ in range(2)]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda node: node.start(), nodes))
    for node in nodes:
        eventually(lambda node=node: b"Package: R6\n" in node.get(f"/cran/latest{PACKAGES}").body, 60)
        eventually(lambda node=node: "six-1.15.0-py2.py3-none-any.whl" in node.filenames("pypi", "six"), 60)
    assert sorted(s["name"] for s in nodes[0].cli_json("list", "sources")) == ["cran", "pypi"]
    assert [len(syncs(nodes[0], name)) for name in ("cran", "pypi")] == [1, 1]
    nodes[1].stop()
    nodes[1].start()  # nothing is made or synchronised again
    assert [len(syncs(nodes[0], name)) for name in ("cran", "pypi")] == [1, 1]


def test_a_server_without_its_upstreams_starts_and_says_what_is_wrong(make_granary):
    settings = {"Repos": {"CRAN": "cran", "Bioconductor": "bioconductor"}, "CRAN": {"URL": "http://127.0.0.1:1"},
                "Bioconductor": {"URL": "http://127.0.0.1:1"}}
    server = make_granary(settings=settings).start()
    for name in ("cran", "bioconductor"):
        eventually(lambda name=name: "again at" in server.cli("info", "--source", name), 30)
    assert server.get("/").text.count("was not synchronised yet: ") == 2
    assert json.loads(server.get("/__api__/status").body)


@pytest.mark.parametrize("settings, words", [({"PyPI": {"SyncSchedule": "each night"}}, "PyPI.SyncSchedule"),
                                             ({"Repos": {"CRAN": "no name"}}, "Repos")])
def test_wrong_settings_of_mirrors_are_refused_at_start(make_granary, settings, words):
    with pytest.raises(RuntimeError, match=words):
        make_granary(settings=settings).start()


def test_a_crawl_knows_every_page_and_survives_its_node(make_granary, pypi_upstream, faulty):
    upstream = faulty(pypi_upstream.url)
    server = make_granary(settings={"Jobs": {"Lease": "3s"}, "CRAN": {"RequestsPerSecond": 0}}).start()
    mirror(server, "pypi", f"{upstream.url}/simple", "pypi")
    server.cli("sync", "--source", "pypi")
    names = len(server.get("/pypi/latest/simple/", Accept="application/vnd.pypi.simple.v1+json").json["projects"])
    slow = "/simple/six/"
    upstream.fail(slow, faults.hang(), times=1)
    server.cli("sync", "--source", "pypi", "--crawl", "--no-wait")
    eventually(lambda: upstream.count(slow) == 1, 30)
    server.kill()
    server.start()
    told = server.cli("sync", "--source", "pypi", "--crawl", seconds=180)
    assert "every page of 'pypi' is known" in told, told
    asked = upstream.counts("/simple/*/")
    assert len(asked) == names, "every project"
    upstream.forget()
    upstream.fail("/simple/*", faults.status(503))  # files of a project that nobody asked for before
    assert "six-1.15.0-py2.py3-none-any.whl" in server.filenames("pypi", "six")
    refused = server.run("sync", "--source", "pypi", "--crawl")
    assert refused.returncode == 1 and "503" in refused.stderr
