"""The database stops, and stays away: whatever a node has in memory or on its disk goes on for as long as it takes, with few
connections to the database and with many, and more clients than connections."""

import concurrent.futures
import itertools
import re
import threading
import time

import pytest

from artifacts import r_name, r_package, wheel, wheel_name
from conftest import running
from server import basic, eventually
from services import Postgres

CLIENTS, SECONDS, PATIENCE = 60, 4, 10


@pytest.fixture
def database():
    yield from running(Postgres)


class Crowd:
    """Clients that ask for what was there before, and for names that never were, in forms that no event loop has kept."""

    def __init__(self, server, number):
        self.server, self.forms, self.trouble, self.slowest, self.denied = server, itertools.count(), [], 0.0, []
        page = "/python/latest/simple/oats/"
        file = server.file_url("python", "oats", wheel_name("oats", "1.0"))
        contrib = "/r/latest/src/contrib"
        self.known = {path: server.get(path).body for path in (
            page, f"/python/{number}/simple/oats/", file, file + ".metadata", f"{contrib}/PACKAGES", f"{contrib}/Meta/archive.rds",
            f"{contrib}/{r_name('barley', '1.0')}")}
        assert all(self.known.values())

    def ask(self, path, *statuses, body=None):
        begin = time.monotonic()
        answer = self.server.get(path, Accept=f"text/html;q=0.9, */*, x/{next(self.forms)}", Accept_Encoding="identity")
        self.slowest = max(self.slowest, time.monotonic() - begin)
        if answer.status not in statuses or (body is not None and answer.body != body):
            self.trouble.append(f"{path}: {answer.status} {answer.text[:200]}")
        return answer.status

    def client(self, until):
        while time.monotonic() < until and not self.trouble:
            for path, body in self.known.items():
                self.ask(path, 200, body=body)
            # One in a thousand is of the shard of an upload that was heard of and cannot be read.
            self.denied.append(self.ask(f"/python/latest/simple/never-{next(self.forms)}/", 404, 503))
            # A file may be new, shown by another node: who cannot ask the database does not deny it.
            self.ask(f"/r/latest/src/contrib/never_{next(self.forms)}.0.tar.gz", 404, 503)

    def come(self, seconds=SECONDS):
        until = time.monotonic() + seconds
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            for done in [pool.submit(self.client, until) for _ in range(CLIENTS)]:
                done.result()
        assert not self.trouble, self.trouble[:5]
        assert self.denied.count(503) <= max(3, len(self.denied) / 100), self.denied  # who come slowly ask less
        assert self.slowest < PATIENCE, f"{self.slowest} s"


def started(make_granary, database, connections, patience="0s", **limits):
    """(server with some packages, a Crowd, upload(version))"""
    pool = {"MaxOpenConnections": connections, "MaxIdleConnections": connections}
    server = make_granary(settings={"Database": {"Provider": "postgres"}, "PostgresPool": pool,
                                    "Postgres": {"URL": database.database(), "OutagePatience": patience}, "Limits": limits})
    server.start()
    server.repository("python", name="python")
    server.repository("r", name="r")
    token = server.token()

    def upload(version):
        return server.upload("python", wheel_name("rye", version), wheel("rye", version), token)

    server.added("r", {r_name("barley", "1.0"): r_package("barley", "1.0")})
    assert server.upload("python", wheel_name("oats", "1.0"), wheel("oats", "1.0"), token).status == 200
    # Transactions are numbered over the whole server.
    return server, Crowd(server, server.cli_json("list", "transactions", "--source", "python")[0]["id"]), upload


def timed(act):
    begin = time.monotonic()
    return act(), time.monotonic() - begin


@pytest.mark.parametrize("connections", [5, 50])
def test_what_is_known_goes_on_without_the_database(make_granary, database, connections):
    server, crowd, upload = started(make_granary, database, connections)
    with server:
        crowd.come(1)
        assert upload("1.0").status == 200  # which makes stale what shows the repository as a whole
        database.stop()
        refused, over = [], threading.Event()

        def publisher():
            while not over.is_set():
                refused.append(upload("1.1"))

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            publishing = [pool.submit(publisher) for _ in range(2)]
            try:
                crowd.come()
            finally:
                over.set()
            for done in publishing:
                done.result()
        assert refused and all(answer.status == 503 and answer.headers["Retry-After"] for answer in refused), refused[:3]

        database.start()
        eventually(lambda: upload("1.1").status == 200)
        eventually(lambda: server.get("/__api__/status").status == 200)
        database.stop()  # again, before anybody has asked for a page: everything may have changed, and nobody can say
        crowd.come(2)
        database.start()
        eventually(lambda: upload("1.2").status == 200)
        eventually(lambda: wheel_name("rye", "1.2") in server.filenames("python", "rye"))
        assert server.stop() == 0


@pytest.mark.parametrize("workers", [64, 8], ids=["a worker for each", "few workers"])
def test_a_database_that_is_silent_holds_up_nobody_for_long(make_granary, database, workers):
    """Stopped, it takes connections and answers nobody: whoever asks it could wait for ever."""
    server, crowd, upload = started(make_granary, database, 5, Workers=workers)
    with server:
        crowd.come(1)
        assert upload("1.0").status == 200
        assert server.get("/python/latest/simple/never-there/").status == 404  # from now on it knows of the upload
        asked = "/python/latest/simple/rye/"  # which nobody has asked for yet

        database.freeze()
        try:
            with concurrent.futures.ThreadPoolExecutor(2) as pool:  # what comes before anybody knows
                writing, reading = pool.submit(timed, lambda: upload("1.1")), pool.submit(timed, crowd.come)
                answer, seconds = writing.result()
                assert (answer.status, bool(answer.headers["Retry-After"])) == (503, True) and seconds < 8, (answer, seconds)
                reading.result()
            assert crowd.slowest < 8
            crowd.slowest = 0
            crowd.come(1)
            assert crowd.slowest < 3, f"{crowd.slowest} s, of {CLIENTS} clients at once"
            times = sorted(timed(lambda path=path, body=body: crowd.ask(path, 200, body))[1] for path, body in [*crowd.known.items()] * 5)
            assert not crowd.trouble and times[len(times) // 2] < 0.5, times
            for act in (lambda: server.get(asked), lambda: upload("1.1")):
                answer, seconds = timed(act)
                assert answer.status == 503 and answer.headers["Retry-After"] and seconds < 3, (answer, seconds)
        finally:
            database.thaw()
        eventually(lambda: upload("1.2").status == 200)
        eventually(lambda: server.get(asked).status == 200)
        eventually(lambda: wheel_name("rye", "1.2") in server.filenames("python", "rye"))
        assert server.stop() == 0


def waiting(server):
    return int(re.search(r"^granary_http_requests_waiting (\d+)$", server.metrics(), re.M)[1])


def test_an_installer_that_asks_once_lives_through_a_failover(make_granary, database, r):
    server, _, upload = started(make_granary, database, 5, "20s")
    with server, concurrent.futures.ThreadPoolExecutor(CLIENTS + 2) as pool:
        for name, stop, start in (("stopped", database.stop, database.start), ("silent", database.freeze, database.thaw)):
            server.repository("r", name=name)  # nobody has asked for anything of it
            server.added(name, {r_name("malt", "1.0"): r_package("malt", "1.0")})
            client = r(f"{server.url}/{name}/latest")
            stop()
            try:
                installing = pool.submit(client.install, "malt")
                pages = [pool.submit(server.get, f"/{name}/latest/src/contrib/PACKAGES?{number}") for number in range(CLIENTS)]
                eventually(lambda: waiting(server) > CLIENTS)
                answer, seconds = timed(lambda: upload("1.0"))
                assert (answer.status, bool(answer.headers["Retry-After"])) == (503, True) and seconds < 5, (answer, seconds)
                assert server.get("/__ping__").status == 200
                assert not installing.done()
            finally:
                start()
            installing.result()
            assert client.answer("malt") == "1.0"
            assert {page.result().status for page in pages} == {200}
            assert waiting(server) == 0
        assert server.stop() == 0


def test_patience_is_counted_from_the_beginning_of_an_outage(make_granary, database):
    server, _, upload = started(make_granary, database, 5, "4s")
    with server:
        assert upload("1.0").status == 200
        database.stop()
        answer, seconds = timed(lambda: server.get("/python/latest/simple/rye/"))
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2") and 1 < seconds < 12, seconds
        answer, seconds = timed(lambda: server.get("/python/latest/simple/rye/"))
        assert answer.status == 503 and seconds < 3, seconds
        database.start()
        eventually(lambda: server.get("/python/latest/simple/rye/").status == 200)
        assert server.stop() == 0


def test_mirrors_and_authenticated_repositories_go_on_too(make_granary, database, cran_upstream, pypi_upstream):
    """Twice in quick succession: who has lost touch may have missed anything, and goes on with what it knew all the same, be a
    page of a mirror as stale as it may."""
    server = make_granary(settings={"Database": {"Provider": "postgres"}, "PyPI": {"Staleness": "1s"},
                                    "Postgres": {"URL": database.database(), "OutagePatience": "0s"}})
    server.start()
    with server:
        server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", cran_upstream.url)
        server.cli("create", "source", "--name", "pypi", "--type", "pypi", "--url", f"{pypi_upstream.url}/simple")
        server.repository("r", "cran", name="cran")
        server.repository("python", "pypi", name="pypi")
        for source in ("cran", "pypi"):
            server.cli("sync", "--source", source, seconds=300)
        server.repository("python", name="team", authenticated=True)
        token = server.token()
        assert server.upload("team", wheel_name("oats", "1.0"), wheel("oats", "1.0"), token).status == 200
        reader = basic("__token__", server.token("repos:read"))
        forms = itertools.count()

        def ask(path, headers):
            # In a form that no event loop has kept.
            return server.get(path, Accept=f"*/*, x/{next(forms)}", **headers)

        [filename, *_] = server.filenames("pypi", "six")
        mirrored = server.file_url("pypi", "six", filename)
        known = {path: {} for path in ("/cran/latest/src/contrib/PACKAGES", "/cran/latest/src/contrib/praise_1.0.0.tar.gz",
                                       "/pypi/latest/simple/six/", mirrored)}
        known["/team/latest/simple/oats/"] = reader
        eventually(lambda: not any(job["finished"] is None for job in server.cli_json("list", "jobs")), 60)  # which describe packages
        before = {path: ask(path, headers) for path, headers in known.items()}
        assert {answer.status for answer in before.values()} == {200}, before
        for source in ("cran", "pypi"):
            eventually(lambda source=source: server.cli_json("info", "--source", source)["held_files"] >= 1)

        for wait in (11, 0):
            database.stop()
            time.sleep(wait)  # a token's verdict is good for ten seconds while the database can be asked
            for path, headers in known.items():
                for _ in range(2):
                    answer, seconds = timed(lambda path=path, headers=headers: ask(path, headers))
                    assert (answer.status, answer.body) == (200, before[path].body) and seconds < 3, (path, answer.status, answer.text[:200], seconds)
            assert ask("/team/latest/simple/oats/", {}).status == 401
            assert ask("/team/latest/simple/oats/", basic("__token__", "guessed")).status == 401
            database.start()
            eventually(lambda: server.upload("team", wheel_name("rye", "1.0"), wheel("rye", "1.0"), token).status == 200)
        assert server.stop() == 0
