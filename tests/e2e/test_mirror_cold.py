"""A file that nobody has asked for yet: one request upstream, however many ask, and each gets it as it arrives."""

import concurrent.futures
import hashlib
import http.client
import json
import random
import threading
import time

import cran
import faulty as faults
import pytest

from server import eventually

CONTRIB = "/src/contrib/"
SECONDS = 3.0


def large_file(upstream):
    """(name, bytes) of one that is longer than what is waited for whole."""
    path = max(cran.Cran(upstream.root).contrib.glob("*.tar.gz"), key=lambda one: one.stat().st_size)
    assert path.stat().st_size > 600_000
    return path.name, path.read_bytes()


def mirror(server, url):
    server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", url)
    server.cli("create", "repo", "--name", "cran")
    server.cli("subscribe", "--repo", "cran", "--source", "cran")
    server.cli("sync", "--source", "cran", seconds=300)


def fetch(server, name, leave=False):
    """(seconds until the first bytes, seconds until the last, hash); with leave, goes away after the first."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request("GET", f"/cran/latest{CONTRIB}{name}")
        answer = connection.getresponse()
        assert answer.status == 200
        data = answer.read(1000)
        first = time.monotonic() - began
        if leave:
            return first, None, None
        data += answer.read()
        return first, time.monotonic() - began, hashlib.sha256(data).hexdigest()
    finally:
        connection.close()


def test_a_hundred_clients_cause_one_request_and_each_gets_it_as_it_arrives(make_granary, cran_upstream, faulty):
    upstream, server = faulty(cran_upstream.url), make_granary().start()
    mirror(server, upstream.url)
    name, data = large_file(cran_upstream)
    upstream.fail(CONTRIB + name, faults.slow(SECONDS, pieces=30))
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        got = list(pool.map(lambda _: fetch(server, name), range(100)))
    assert {digest for _, _, digest in got} == {hashlib.sha256(data).hexdigest()}
    assert upstream.count(CONTRIB + name) == 1
    # Had it been kept until it was whole, the first bytes would come with the last.
    took = sorted(last - first for first, last, _ in got)
    assert took[len(took) // 2] > SECONDS / 4, took  # who comes late has less to wait for


def test_the_first_client_may_go_away_in_the_middle(make_granary, cran_upstream, faulty):
    upstream, server = faulty(cran_upstream.url), make_granary().start()
    mirror(server, upstream.url)
    name, data = large_file(cran_upstream)
    upstream.fail(CONTRIB + name, faults.slow(SECONDS, pieces=30))
    with concurrent.futures.ThreadPoolExecutor(11) as pool:
        gone = pool.submit(fetch, server, name, True)
        eventually(lambda: upstream.count(CONTRIB + name) == 1)
        others = [pool.submit(fetch, server, name) for _ in range(10)]
        gone.result()
        assert {one.result()[2] for one in others} == {hashlib.sha256(data).hexdigest()}
    assert upstream.count(CONTRIB + name) == 1
    eventually(lambda: server.cli_json("info", "--source", "cran")["held_files"] == 1)
    assert not server.cli_json("verify")["problems"]


def test_two_nodes_cause_one_request_each_at_most(make_granary, cran_upstream, faulty):
    upstream = faulty(cran_upstream.url)
    one = make_granary("postgres-s3", {"Server": {"NodeName": "one"}}).start()
    two = make_granary("postgres-s3", {"Server": {"NodeName": "two"}}, share=one).start()
    mirror(one, upstream.url)
    name, data = large_file(cran_upstream)
    eventually(lambda: two.get(f"/cran/latest{CONTRIB}PACKAGES").status == 200)
    upstream.fail(CONTRIB + name, faults.slow(1, pieces=10))
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        got = list(pool.map(lambda i: fetch((one, two)[i % 2], name), range(40)))
    assert {digest for _, _, digest in got} == {hashlib.sha256(data).hexdigest()}
    assert upstream.count(CONTRIB + name) <= 2
    eventually(lambda: one.cli_json("info", "--source", "cran")["held_files"] == 1)
    before = upstream.count(CONTRIB + name)
    assert fetch(two, name)[2] == hashlib.sha256(data).hexdigest() and upstream.count(CONTRIB + name) == before
    assert not two.cli_json("verify")["problems"]


def test_clearing_makes_every_node_forget(make_granary, cran_upstream, faulty):
    upstream = faulty(cran_upstream.url)
    one = make_granary("postgres-s3", {"Server": {"NodeName": "one"}}).start()
    two = make_granary("postgres-s3", {"Server": {"NodeName": "two"}}, share=one).start()
    mirror(one, upstream.url)
    tree = f"/cran/latest/{cran.WINDOWS}/PACKAGES"
    source = f"/cran/latest{CONTRIB}PACKAGES"
    known = {server: (server.get(tree).text, server.get(source).text) for server in (one, two)}
    assert known[one] == known[two] and "Package: praise" in known[one][0]
    one.cli("clear", "--source", "cran", "--confirm")
    eventually(lambda: all("Package: " not in server.get(source).text for server in (one, two)))
    assert all(server.get(tree).text == known[one][0] for server in (two, one))  # asked for, and fetched, again
    one.cli("sync", "--source", "cran", seconds=300)
    eventually(lambda: all(server.get(source).text == known[one][1] for server in (one, two)))


@pytest.mark.parametrize("pair", ["sqlite-file", "postgres-s3"])
def test_a_synchronisation_that_is_killed_anywhere_resumes_and_nothing_is_half_there(make_granary, cran_upstream, pypi_upstream, pair):
    server, chance = make_granary(pair, {"Jobs": {"Lease": "3s"}}).start(), random.Random(4242)
    for name, kind, url in (("cran", "cran", cran_upstream.url), ("pypi", "pypi", f"{pypi_upstream.url}/simple")):
        server.cli("create", "source", "--name", name, "--type", kind, "--url", url)
        server.cli("create", "repo", "--name", name, "--type", {"cran": "r", "pypi": "python"}[kind])
        server.cli("subscribe", "--repo", name, "--source", name)
    tarballs = [path.name for path in cran.Cran(cran_upstream.root).contrib.glob("*.tar.gz")]
    projects = sorted({path.name for path in (pypi_upstream.root / "simple").iterdir() if path.is_dir()})

    def work(stop):
        while not stop.is_set():
            try:
                for source in ("cran", "pypi"):
                    server.run("sync", "--source", source, "--no-wait")  # who waits outlives the server
                server.get(f"/cran/latest{CONTRIB}{chance.choice(tarballs)}")
                page = server.json_page("pypi", chance.choice(projects))
                server.run("clear", "--source", chance.choice(["cran", "pypi"]), "--confirm")
                if page.status == 200:
                    server.get(server.file_url("pypi", page.json["name"], page.json["files"][0]["filename"]))
            except (OSError, ValueError, KeyError, http.client.HTTPException):
                pass  # killed, or cleared in between

    for _ in range(6):
        stop = threading.Event()
        workers = [threading.Thread(target=work, args=(stop,)) for _ in range(3)]
        for worker in workers:
            worker.start()
        time.sleep(chance.uniform(0.1, 1.0))
        server.kill()
        stop.set()
        for worker in workers:
            worker.join()
        server.start()
        report = server.cli_json("verify")
        assert not report["problems"], report["problems"][:3]
        listed = server.get(f"/cran/latest{CONTRIB}PACKAGES").text.count("Package: ")
        assert listed == 0 or listed >= 60
    for source in ("cran", "pypi"):
        server.cli("sync", "--source", source, seconds=300)
        assert server.cli_json("info", "--source", source)["problem"] == ""
    assert server.get(f"/cran/latest{CONTRIB}PACKAGES").text.count("Package: ") >= 60
    for name in chance.sample(tarballs, 5):
        answer = server.get(f"/cran/latest{CONTRIB}{name}")
        assert answer.status == 404 or answer.body == cran_upstream.request("GET", CONTRIB + name)[2]
    server.cli("gc", "--grace", "0s")
    assert not server.cli_json("verify")["problems"]


def test_verify_finds_a_held_file_that_is_damaged_or_lost_and_it_is_fetched_again(make_granary, cran_upstream):
    server = make_granary().start()
    mirror(server, cran_upstream.url)
    name, data = large_file(cran_upstream)
    fetch(server, name)
    eventually(lambda: server.cli_json("info", "--source", "cran")["held_files"] == 1)
    assert not server.cli_json("verify")["problems"]
    [blob] = [path for path in (server.folder / "data").rglob("*") if path.is_file() and path.stat().st_size == len(data)]
    blob.chmod(0o600)
    blob.write_bytes(data[:-1] + b"x")
    [problem] = json.loads(server.run("verify", "-o", "json").stdout)["problems"]
    assert name in str(problem) and "damaged" in str(problem)
    blob.unlink()
    [problem] = json.loads(server.run("verify", "-o", "json").stdout)["problems"]
    assert name in str(problem) and "missing" in str(problem)
    server.stop()
    server.start()  # no event loop has the file open any more
    assert fetch(server, name)[2] == hashlib.sha256(data).hexdigest()
    eventually(lambda: not json.loads(server.run("verify", "-o", "json").stdout)["problems"])
