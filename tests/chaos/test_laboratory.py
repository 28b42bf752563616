"""make cluster and make cluster-down: what it prints works, and nothing is left of it."""

import os
import pathlib
import re
import subprocess
import sys

import network
import pytest
import services
from record import started
from server import BINARY

# Beside the laboratory of the other tests.
NUMBER = str((int(network.INSTANCE or 0) + 49) % 99 + 1)
PREFIX = f"granary{NUMBER}-"
LAB = pathlib.Path(network.__file__).parent


def lab(word):
    return subprocess.run([sys.executable, LAB, word], capture_output=True, text=True, timeout=120,
                          env={key: value for key, value in os.environ.items() if key != "LAB_KMS"} | {"GRANARY_LAB": NUMBER})


def listed(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def up():
    try:
        network.check()
    except network.NoNamespaces as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason), pytrace=False)
        pytest.skip(str(reason))
    lab("down")
    done = lab("up")
    yield done
    lab("down")


def test_what_make_cluster_prints_works_and_make_cluster_down_leaves_nothing(up):
    assert up.returncode == 0, up.stderr
    told = dict(re.findall(r"^([\w ]+):\s+(.+)$", up.stdout, re.M))
    assert lab("status").stdout == up.stdout
    again = lab("up")
    assert again.returncode == 1 and "make cluster-down ends it" in again.stderr, again.stderr

    assert services.http_status(told["packages"] + "/__ping__") == 200
    assert [services.http_status(told[f"node {zone}"] + "/__ping__") for zone in "abc"] == [200] * 3
    assert services.http_status(told["S3"] + "/") == 403, "it asks who is there"
    assert services.http_status(told["KMS"] + "/") == 200
    for address in re.findall(r"([\d.]+):5432", told["PostgreSQL"]):
        assert services.accepts(5432, address)
    folder = pathlib.Path(told["folder"].split()[0])
    listing = subprocess.run([BINARY, "cluster", "nodes", "-c", folder / "a.gcfg"], capture_output=True, text=True)
    assert all(re.search(rf"^{zone} +online", listing.stdout, re.M) for zone in "abc"), listing.stdout + listing.stderr
    processes = {int(pid): started(int(pid)) for pid in re.findall(r"^ +(\d+)  ", up.stdout, re.M)}
    assert len(processes) >= 8 and all(processes.values()), up.stdout  # a balancer, five services, three nodes
    assert f"make cluster-down GRANARY_LAB={NUMBER}" in up.stdout

    down = lab("down")
    assert (down.returncode, down.stdout) == (0, "ended\n"), down.stderr
    assert not [pid for pid, began in processes.items() if started(pid) == began]
    assert PREFIX not in listed("ip", "netns", "list")
    services.wait_until(lambda: PREFIX not in listed("ip", "link", "show"), "the end of the cables, which the kernel removes")
    assert not folder.exists() and str(folder) not in pathlib.Path("/proc/mounts").read_text()
    assert lab("down").stdout == "no laboratory is running\n" == lab("status").stdout
