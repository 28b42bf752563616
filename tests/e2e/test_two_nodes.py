"""Several servers over one PostgreSQL and one S3 store are one service."""

import concurrent.futures
import threading
import time

import pytest

from artifacts import r_name, r_package, wheel, wheel_name
from server import basic, eventually


@pytest.fixture
def nodes(make_granary):
    first = make_granary("postgres-s3")
    second = make_granary(share=first)
    # Both migrate the same empty database at once.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda node: node.start(), (first, second)))
    first.repository("python", name="python")
    first.repository("r", name="r")
    return first, second


def test_an_upload_to_one_is_seen_on_the_other_within_a_second(nodes):
    token = nodes[0].token()
    eventually(lambda: nodes[1].get("/python/latest/simple/").status == 200, 1)
    slowest = 0.0
    for number in range(10):
        here, there = nodes[number % 2], nodes[(number + 1) % 2]
        name = wheel_name("twin", f"1.{number}")
        assert there.json_page("python", "twin").status in (200, 404)  # what it says before is cached
        assert here.upload("python", name, wheel("twin", f"1.{number}"), token).status == 200
        assert name in here.filenames("python", "twin"), "the node that took it shows it at once"
        start = time.monotonic()
        eventually(lambda: name in there.filenames("python", "twin"), 1)
        slowest = max(slowest, time.monotonic() - start)
        assert there.get(there.file_url("python", "twin", name)).status == 200
    print(f"slowest: {slowest * 1000:.0f} ms")


def test_r_installs_from_the_other_node(nodes, r):
    nodes[0].added("r", {r_name("twin", "1.0"): r_package("twin", "1.0")})
    eventually(lambda: b"twin" in nodes[1].get("/r/latest/src/contrib/PACKAGES").body, 1)
    client = r(f"{nodes[1].url}/r/latest")
    client.install("twin")
    assert client.answer("twin") == "1.0"


def test_both_write_at_once_and_nothing_is_lost(nodes):
    token = nodes[0].token()

    def put(number):
        node = nodes[number % 2]
        return node.upload("python", wheel_name("herd", f"0.{number}"), wheel("herd", f"0.{number}"), token).status

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert list(pool.map(put, range(60))) == [200] * 60
    for node in nodes:
        eventually(lambda: len(node.filenames("python", "herd")) == 60, 1)


def test_one_name_uploaded_twice_at_once_has_one_content(nodes):
    token = nodes[0].token()
    for round_number in range(5):
        name, barrier = wheel_name("duel", f"1.{round_number}"), threading.Barrier(2)

        def put(node):
            barrier.wait()
            return node.upload("python", name, wheel("duel", f"1.{round_number}", answer=f"from {node.port}"), token).status

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            statuses = sorted(pool.map(put, nodes))
        assert statuses == [200, 400]
        eventually(lambda: nodes[0].json_page("python", "duel").body == nodes[1].json_page("python", "duel").body, 1)
        assert nodes[0].filenames("python", "duel").count(name) == 1


def test_a_token_revoked_on_one_is_refused_on_the_other(nodes):
    name = nodes[0].repository("python", authenticated=True)
    token = nodes[0].token(f"repos:read:{name}")
    allowed = basic("__token__", token)
    eventually(lambda: nodes[1].get(f"/{name}/latest/simple/", **allowed).status == 200, 2)
    nodes[0].cli("revoke", "token", "--token", token)
    eventually(lambda: nodes[1].get(f"/{name}/latest/simple/", **allowed).status == 401, 2)


def test_one_node_dies_and_the_other_goes_on(nodes):
    token = nodes[0].token()
    assert nodes[0].upload("python", wheel_name("heir", "1.0"), wheel("heir", "1.0"), token).status == 200
    nodes[0].kill()
    eventually(lambda: nodes[1].filenames("python", "heir") == [wheel_name("heir", "1.0")], 1)
    assert nodes[1].upload("python", wheel_name("heir", "1.1"), wheel("heir", "1.1"), token).status == 200
