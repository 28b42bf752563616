"""gc while others publish: what is listed never lacks its bytes, and what nobody names gives its space back."""

import concurrent.futures
import itertools
import os
import time
import uuid

import pytest

from artifacts import wheel, wheel_name
from server import eventually


@pytest.mark.parametrize("pair", ["sqlite-file", "postgres-s3"])
def test_gc_never_takes_the_bytes_of_an_upload(make_granary, pair):
    server = make_granary(pair).start()
    nodes = [server, make_granary(pair, share=server).start()] if pair == "postgres-s3" else [server]
    name, token = server.repository("python"), server.token()
    kept, freed, begun = {}, [], time.monotonic()

    def over():
        spent = time.monotonic() - begun
        return spent > 3 and len(kept) > 5 and len(freed) > 2 or spent > 60

    def publish_what_was_just_deleted(worker):
        for step in itertools.count():
            if over():
                return
            version = f"{worker}.{step}"
            filename, data = wheel_name("chaff", version), wheel("chaff", version, files=[("chaff/noise", os.urandom(5000))])
            passing = server.source("python", f"passing-{uuid.uuid4().hex[:8]}")
            one, other = nodes[step % len(nodes)], nodes[-1 - step % len(nodes)]
            eventually(lambda: one.upload(passing, filename, data, token).status == 200)  # a node hears of a source within a second
            server.cli("delete", "source", "--name", passing)
            if step % 3:
                assert other.upload(name, filename, data, token).status == 200
                kept[filename] = data

    def collect(node):
        while not over():
            freed.append(node.cli_json("gc", "--grace", "0s"))

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        tasks = [pool.submit(publish_what_was_just_deleted, worker) for worker in range(4)] + [pool.submit(collect, node) for node in (nodes[0], nodes[-1])]
        for task in tasks:
            task.result()
    assert len(kept) > 5 and len(freed) > 2
    assert not server.cli_json("verify")["problems"]
    for filename, data in kept.items():
        assert server.get(server.file_url(name, "chaff", filename)).body == data
    last = server.cli_json("gc", "--grace", "0s")
    assert last["kept"] == len(kept), last
    assert sum(run["bytes"] for run in [*freed, last]) > 5000, "some of it came back"
    assert server.cli_json("gc", "--grace", "0s")["blobs"] == 0
    assert server.stop() == 0
