"""A service that takes connections and answers nobody keeps waiting who needs it, and nobody else, with many more who wait than
there are workers; and they are answered when it is back."""

import concurrent.futures
import contextlib
import itertools
import re
import shutil
import threading

import cran
import faulty as faults
import pypi
import pytest

from artifacts import wheel, wheel_name
from server import eventually
from services import http_status
from test_trouble import on_store, store_of_its_own

WORKERS, CLIENTS, PATIENCE = 8, 40, 8


def waiting(server):
    return int(re.search(r"^granary_http_requests_waiting (\d+)$", server.metrics(), re.M)[1])


def others_are_served(server, page):
    """Who asks in forms that no event loop has kept needs a worker."""
    before = server.get(page).body
    for form in range(20):
        answer = server.request("GET", page, {"Accept": f"text/html;q=0.9, */*, x/{form}"}, timeout=PATIENCE)
        assert (answer.status, answer.body) == (200, before), answer
    assert http_status(f"{server.url}/__ping__", PATIENCE) == 200
    assert http_status(f"{server.url}/__live__", PATIENCE) == 200


def ask_while_silent(server, page, paths, silent, back):
    """`silent` begins before, `back` ends it. The answers."""
    assert len(paths) == CLIENTS
    others_are_served(server, page)
    silent()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        asked = [pool.submit(server.request, "GET", path, timeout=120) for path in paths]
        try:
            eventually(lambda: waiting(server) >= CLIENTS - WORKERS)
            others_are_served(server, page)
            assert not any(one.done() for one in asked)
        finally:
            back()
        return [one.result() for one in asked]


@pytest.fixture
def team(make_granary):
    def begin(made):
        server = made.start()
        name, token = server.repository("python"), server.token()
        assert server.upload(name, wheel_name("oats", "1.0"), wheel("oats", "1.0"), token).status == 200
        return server, name, token, f"/{name}/latest/simple/oats/"
    return begin


def test_pages_of_a_silent_upstream(make_granary, team, pypi_upstream, faulty):
    server, _, _, page = team(make_granary(settings={"Limits": {"Workers": WORKERS}}))
    upstream, go_on = faulty(pypi_upstream.url), threading.Event()
    server.cli("create", "source", "--name", "pypi", "--type", "pypi", "--url", f"{upstream.url}/simple")
    server.cli("create", "repo", "--name", "all", "--type", "python")
    server.cli("subscribe", "--repo", "all", "--source", "pypi")
    names = itertools.islice(pypi.made().projects(), CLIENTS // 2)
    paths = [f"/all/latest/simple/{name}/" for name in names for _ in range(2)]  # the second waits for the first one's answer
    answers = ask_while_silent(server, page, paths, lambda: upstream.fail("/simple/*", faults.held(go_on)), go_on.set)
    assert {answer.status for answer in answers} == {200}, [a.text for a in answers if a.status != 200][:3]


def test_files_of_a_silent_upstream(make_granary, team, cran_upstream, faulty):
    server, _, _, page = team(make_granary(settings={"Limits": {"Workers": WORKERS}}))
    upstream, go_on = faulty(cran_upstream.url), threading.Event()
    server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", upstream.url)
    server.cli("create", "repo", "--name", "all", "--type", "r")
    server.cli("subscribe", "--repo", "all", "--source", "cran")
    server.cli("sync", "--source", "cran")
    names = sorted(path.name for path in cran.Cran(cran_upstream.root).contrib.glob("*.tar.gz"))
    paths = [f"/all/latest/src/contrib/{name}" for name in itertools.islice(itertools.cycle(names), CLIENTS)]
    answers = ask_while_silent(server, page, paths, lambda: upstream.fail("/src/contrib/*.tar.gz", faults.held(go_on)), go_on.set)
    assert {answer.status for answer in answers} == {200}, [a.text for a in answers if a.status != 200][:3]


def test_files_of_a_silent_bucket(make_granary, team):
    store = store_of_its_own()
    with contextlib.closing(store):
        server, name, token, page = team(on_store(make_granary, store, Limits={"Workers": WORKERS}))
        for n in range(CLIENTS):
            assert server.upload(name, wheel_name(f"rye{n}", "1.0"), wheel(f"rye{n}", "1.0"), token).status == 200
        paths = [server.file_url(name, f"rye{n}", wheel_name(f"rye{n}", "1.0")) for n in range(CLIENTS)]
        shutil.rmtree(server.folder / "data/cache")
        answers = ask_while_silent(server, page, paths, store.freeze, store.thaw)
        assert [answer.body for answer in answers] == [wheel(f"rye{n}", "1.0") for n in range(CLIENTS)]
        assert server.stop() == 0
