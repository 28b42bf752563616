"""A database that is there and lets nobody in: its connections are used up, or the login is refused. What is known goes on,
the log says once which of the two it is, and it is over by itself."""

import concurrent.futures
import itertools
import threading

import pytest

from artifacts import wheel, wheel_name
from conftest import running
from server import basic, eventually
from services import Postgres, accepts


class Guarded(Postgres):
    """One whose keeper tells an ordinary role what it may; who has been let in already is sent away."""

    def __init__(self):
        super().__init__()
        self.rules = self.folder / "data/pg_hba.conf"
        self.usual = self.rules.read_text()
        self.sql("CREATE ROLE keeper LOGIN PASSWORD 'first'")
        self.sql("CREATE DATABASE guarded OWNER keeper")
        self.rule("scram-sha-256")
        self.url = f"postgres://keeper:first@127.0.0.1:{self.port}/guarded?sslmode=disable"

    def rule(self, method):
        self.rules.write_text(f"host all keeper 127.0.0.1/32 {method}\n{self.usual}")
        self.sql("SELECT pg_reload_conf()")

    def send_away(self):
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'keeper'")

    def let_nobody_in(self):
        self.sql("ALTER ROLE keeper CONNECTION LIMIT 0")

    def let_in(self):
        self.sql("ALTER ROLE keeper LOGIN PASSWORD 'first' CONNECTION LIMIT -1")
        self.rule("scram-sha-256")


REFUSALS = {"no connection left": (Guarded.let_nobody_in, "no connection left", "max_connections"),
            "another password": (lambda database: database.sql("ALTER ROLE keeper PASSWORD 'second'"), "refused the login", "password"),
            "no login": (lambda database: database.sql("ALTER ROLE keeper NOLOGIN"), "refused the login", "password"),
            "a rule": (lambda database: database.rule("reject"), "refused the login", "pg_hba")}


@pytest.fixture(scope="module")
def one_for_all():
    yield from running(Guarded)


@pytest.fixture
def guarded(one_for_all):
    yield one_for_all
    one_for_all.let_in()
    one_for_all.sql("DROP DATABASE guarded WITH (FORCE)")
    one_for_all.sql("CREATE DATABASE guarded OWNER keeper")


def server_of(make_granary, guarded):
    return make_granary(settings={"Database": {"Provider": "postgres"}, "Postgres": {"URL": guarded.url, "OutagePatience": "0s"}})


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
def test_who_is_not_let_in_goes_on_with_what_it_knows_and_says_why(make_granary, guarded, refusal):
    refuse, words, advice = refusal
    server, other = server_of(make_granary, guarded).start(), server_of(make_granary, guarded)
    server.repository("python", name="team")
    token = server.token()

    def upload(version):
        return server.upload("team", wheel_name("oats", version), wheel("oats", version), token)

    assert upload("1.0").status == 200
    page = server.json_page("team", "oats")
    before = len(server.log())

    refuse(guarded)
    guarded.send_away()
    eventually(lambda: words in server.log()[before:])
    for _ in range(5):
        refused = upload("1.1")
        assert refused.status == 503 and refused.headers["Retry-After"] and words in refused.text, refused
        known = server.json_page("team", "oats")
        assert (known.status, known.body) == (200, page.body), known
    assert server.get("/__ping__").status == 200 and server.get("/__live__").status == 200, "else no node would be left"
    # A node that starts meanwhile waits, and says for what.
    other.launch()
    eventually(lambda: words in other.log())
    assert advice in next(line for line in other.log().splitlines() if words in line)
    assert not accepts(other.port) and other.process.poll() is None
    [said] = [line for line in server.log()[before:].splitlines() if "[db]" in line and words in line]
    assert advice in said and "first" not in said, said  # which is the password

    guarded.let_in()
    eventually(lambda: upload("1.1").status == 200)
    eventually(lambda: wheel_name("oats", "1.1") in server.filenames("team", "oats"))
    eventually(lambda: "listening for changes again" in server.log()[before:])
    eventually(lambda: accepts(other.port) and other.get("/__ping__").status == 200, 20)
    eventually(lambda: wheel_name("oats", "1.1") in other.filenames("team", "oats"))
    assert (server.stop(), other.stop()) == (0, 0)


def test_who_gets_fewer_connections_than_it_may_open_makes_do_with_those(make_granary, guarded):
    guarded.sql("ALTER ROLE keeper CONNECTION LIMIT 4")  # of ten
    server = server_of(make_granary, guarded).start()
    server.repository("python", name="team")
    token, admin = server.token(), basic("__token__", server.token("global:admin"))
    clients, numbers, over = 12, itertools.count(), threading.Event()

    def ask(number):
        if number % 6 == 0:
            version = f"1.{number}"
            return server.upload("team", wheel_name("oats", version), wheel("oats", version), token)
        return server.request("GET", "/__api__/" + ("jobs", "sources", "repos")[number % 3], admin)

    def go_on():
        while not over.is_set():
            ask(next(numbers))

    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        answers = list(pool.map(ask, itertools.islice(numbers, 600)))
        assert {answer.status for answer in answers} == {200}, next(answer for answer in answers if answer.status != 200)
        # All begin anew at once: readers leave room for the one that writes and the one that listens.
        before = len(server.log())
        busy = [pool.submit(go_on) for _ in range(clients - 1)]
        try:
            guarded.send_away()
            eventually(lambda: ask(6 * next(numbers)).status == 200)
            eventually(lambda: "listening for changes again" in server.log()[before:])
        finally:
            over.set()
        for done in busy:
            done.result()
    assert not server.cli_json("verify")["problems"]
    assert server.stop() == 0
