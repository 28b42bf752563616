"""Indexes that take long to render are kept in the store: a new node has them at once."""

import gzip

import pytest

from server import eventually

PACKAGES = 15_000


@pytest.fixture(scope="module")
def large_cran(tmp_path_factory):
    """An index alone: many packages, none of whose files anybody asks for."""
    root = tmp_path_factory.mktemp("large")
    contrib = root / "src/contrib"
    contrib.mkdir(parents=True)
    rows = "\n".join(f"Package: pkg{n}\nVersion: 1.{n % 7}\nDepends: R (>= 3.5)\nImports: pkg{(n * 7) % PACKAGES}, methods\n"
                     f"License: MIT + file LICENSE\nMD5sum: {n:032x}\nNeedsCompilation: no\n" for n in range(PACKAGES))
    with open(contrib / "PACKAGES.gz", "wb") as file:
        file.write(gzip.compress(rows.encode(), mtime=0))
    return f"file://{root}"


def mirror(server, url):
    server.cli("create", "source", "--name", "large", "--type", "cran", "--url", url)
    server.cli("sync", "--source", "large")
    server.cli("create", "repo", "--name", "large", "--type", "r")
    server.cli("subscribe", "--repo", "large", "--source", "large")


def index(server, name="PACKAGES.gz"):
    answer = server.get(f"/large/latest/src/contrib/{name}")
    assert answer.status == 200, answer
    return answer.body


def kept(server, s3):
    return [name for name in s3.objects(server.settings["S3Storage"]["Bucket"]) if "/derived/" in name]


def found(server):
    return server.log().count("a rendered body was in the store")


def test_a_new_node_takes_indexes_from_the_store_and_a_damaged_one_is_rendered_anew(make_granary, large_cran, s3):
    loud = {"Logging": {"SystemLogLevel": "debug"}}
    first = make_granary("postgres-s3", settings=loud).start()
    mirror(first, large_cran)
    bodies = {name: index(first, name) for name in ("PACKAGES.gz", "PACKAGES.rds")}
    assert gzip.decompress(bodies["PACKAGES.gz"]).count(b"Package: ") == PACKAGES
    eventually(lambda: len(kept(first, s3)) >= 2, 30)
    for _ in range(3):  # again when the store took longer to answer than a request waits for it
        with make_granary(share=first, settings=loud) as second:
            assert {name: index(second, name) for name in bodies} == bodies
        if "cannot read a rendered body" not in second.log():
            break
    assert found(second) >= 2 and found(first) == 0, second.log()
    folder = s3.folder / "data" / first.settings["S3Storage"]["Bucket"]
    for name in kept(first, s3):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with make_granary(share=first, settings=loud) as third:
        assert {name: index(third, name) for name in bodies} == bodies
        assert found(third) == 0 and "is damaged" in third.log(), third.log()
    s3.stop()
    try:
        with make_granary(share=first, settings=loud) as fourth:
            assert {name: index(fourth, name) for name in bodies} == bodies
            assert "cannot read a rendered body from the store" in fourth.log()
    finally:
        s3.start()
