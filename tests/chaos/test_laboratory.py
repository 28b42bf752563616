"""make cluster, the commands of docs/operating-cluster.md, make cluster-down: in this order, on one laboratory."""

import os
import pathlib
import re
import subprocess
import sys

import network
import pytest
import services
from record import started
from server import BINARY, plain_environment

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


def told_by(up):
    assert up.returncode == 0, up.stderr
    told = dict(re.findall(r"^([\w ]+):\s+(.+)$", up.stdout, re.M))
    return told | {"folder": told["folder"].split()[0]}


def typed(text, tmp_path):
    """Both outputs, with the commands between them, of a person's shell in the checkout."""
    library = tmp_path / "library"
    library.mkdir(exist_ok=True)
    done = subprocess.run(["sh", "-exc", text], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                          cwd=services.ROOT, timeout=120, env=plain_environment() | {"HOME": str(tmp_path), "R_LIBS": str(library)})
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_what_make_cluster_prints_works(up, tmp_path):
    told = told_by(up)
    assert lab("status").stdout == up.stdout
    again = lab("up")
    assert again.returncode == 1 and "make cluster-down ends it" in again.stderr, again.stderr

    assert services.http_status(told["packages"] + "/__ping__", 20) == 200
    assert [services.http_status(told[f"node {zone}"] + "/__ping__", 20) for zone in "abc"] == [200] * 3
    assert services.http_status(told["S3"] + "/", 20) == 403, "it asks who is there"
    assert services.http_status(told["KMS"] + "/", 20) == 200
    for address in re.findall(r"([\d.]+):5432", told["PostgreSQL"]):
        assert services.accepts(5432, address)
    assert "no repositories" in typed(f"{told['the program']}\n{told['command line']}", tmp_path)
    nodes = typed(f"{told['the program']}\ngranary cluster nodes -c {told['folder']}/a.gcfg", tmp_path)
    assert all(re.search(rf"^{zone} +online", nodes, re.M) for zone in "abc"), nodes


def test_the_commands_of_the_page_work_as_they_are_written(up, tmp_path):
    told = told_by(up)
    page = (services.ROOT / "docs/operating-cluster.md").read_text()
    [block] = re.findall(r"prints is enough to hurt it and look(?s:.*?)\n\n((?:    .*\n)+)", page)
    [node] = re.findall(r"^ +(\d+)  node c$", up.stdout, re.M)
    [binaries] = pathlib.Path("/usr/lib/postgresql").glob("*/bin")
    # Only what the page says to put in, and what is other in this laboratory.
    for written, here in (("FOLDER", told["folder"]), ("PID", node), ("granary-db", f"{PREFIX}db"), ("http://10.77.77.10:4242", told["packages"]),
                          ("$PWD/build/release/src/app", str(BINARY.resolve().parent)), ("/usr/lib/postgresql/15/bin", str(binaries))):
        assert written in block
        block = block.replace(written, here)
    said = typed(block, tmp_path)
    first, killed, second = (said.index(word) for word in ("* DONE (grainsize)", f"kill -9 {node}", "* DONE (silo)"))
    assert first < killed < second, said
    assert len(re.findall("^[abc] +online", said, re.M)) == 3 and "2 added" in said, said


def test_make_cluster_down_leaves_nothing(up):
    folder = pathlib.Path(told_by(up)["folder"])
    processes = {int(pid): started(int(pid)) for pid in re.findall(r"^ +(\d+)  ", up.stdout, re.M)}
    assert len(processes) >= 8 and sum(map(bool, processes.values())) >= 7, up.stdout  # a balancer, four services, three nodes
    assert f"make cluster-down GRANARY_LAB={NUMBER}" in up.stdout

    down = lab("down")
    assert (down.returncode, down.stdout) == (0, "ended\n"), down.stderr
    assert not [pid for pid, began in processes.items() if began and started(pid) == began]
    assert PREFIX not in listed("ip", "netns", "list")
    assert PREFIX not in listed("ip", "link", "show")
    assert not folder.exists() and str(folder) not in pathlib.Path("/proc/mounts").read_text()
    assert lab("down").stdout == "no laboratory is running\n" == lab("status").stdout
