"""Every state that a repository ever had can be named: by date, by transaction number, as latest."""

import datetime
import pathlib
import shutil
import urllib.parse

import pytest

from artifacts import r_name, r_package, wheel, wheel_name
from conftest import missing
from server import Granary


def day(ago):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=ago)).strftime("%Y-%m-%d")


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """A server that lived on three days: versions 1.0 ten days ago, 1.1 five days ago, 2.0 now. Only read it."""
    if not shutil.which("faketime"):
        missing("faketime is not installed: make e2e installs it")
    server = Granary(tmp_path_factory.mktemp("history"))
    [library] = pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    try:
        for ago, version in ((10, "1.0"), (5, "1.1"), (0, "2.0")):
            clock = {"LD_PRELOAD": str(library), "FAKETIME": f"-{ago}d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"} if ago else {}
            server.start(extra_environment=clock)
            if ago == 10:
                server.repository("r", name="r")
                server.repository("python", name="python")
            server.added("r", {r_name("field", version): r_package("field", version)})
            server.added("python", {wheel_name("field", version): wheel("field", version)})
            if ago:
                server.stop()
        yield server
    finally:
        server.close()


def test_r_sees_and_installs_the_state_of_a_day(history, r):
    wanted = {day(10): "1.0", day(7): "1.0", day(5): "1.1", day(1): "1.1", day(0): "2.0", "latest": "2.0"}
    client = r(f"{history.url}/r/{day(6)}")
    seen = client.evaluate(
        f'for (when in c({", ".join(f"{when!r}" for when in wanted)})) '
        f'cat(available.packages(paste0("{history.url}/r/", when, "/src/contrib"))["field", "Version"], "")')
    assert seen.split() == list(wanted.values())
    client.install("field")
    assert client.answer("field") == "1.0"


def test_a_day_has_its_own_archive(history, r):
    def served(when):  # Archive/ answers for the current version too, as clients of the incumbent expect
        return [version for version in ("1.0", "1.1", "2.0")
                if history.get(f"/r/{when}/src/contrib/Archive/field/field_{version}.tar.gz").status == 200]
    assert [served(day(ago)) for ago in (11, 7, 4, 0)] == [[], ["1.0"], ["1.0", "1.1"], ["1.0", "1.1", "2.0"]]
    listed = r(f"{history.url}/r/{day(4)}").evaluate(
        'u <- gzcon(url(paste0(getOption("repos"), "/src/contrib/Meta/archive.rds"))); cat(rownames(readRDS(u)$field))')
    assert listed == "field/field_1.0.tar.gz"


def test_pip_installs_the_state_of_a_day(history, pip):
    for when, version in ((day(6), "1.0"), (day(5), "1.1"), ("latest", "2.0")):
        pip.forget()
        pip.install(f"{history.url}/python/{when}/simple/", "field")
        assert pip.answer("field") == version, when


def test_before_the_first_day_there_is_nothing(history):
    assert history.filenames("python", "field", day(11)) == []
    answer = history.get(f"/r/{day(11)}/src/contrib/PACKAGES")
    assert answer.status == 404 or answer.body == b""


def test_a_transaction_number_is_a_state_too(history):
    sizes = {}
    for number in range(1, 50):
        answer = history.json_page("python", "field", str(number))
        if answer.status == 200:
            sizes[number] = len(answer.json["files"])
    assert sorted(set(sizes.values())) == [1, 2, 3]
    assert list(sizes.values()) == sorted(sizes.values())


@pytest.mark.parametrize("when", ["2024-13-01", "2024-02-30", "yesterday", "-1", "99999999999999999999", "2024-1-1", "%2e%2e"])
def test_what_is_no_snapshot_is_404(history, when):
    assert history.get(f"/python/{when}/simple/").status in (400, 404)
    assert history.get("/__ping__").status == 200


def test_an_answer_of_the_past_never_changes(granary):
    name = granary.repository("python")
    granary.added(name, {wheel_name("crop", "1.0"): wheel("crop", "1.0")})
    latest = granary.json_page(name, "crop")
    number = latest.headers["X-PyPI-Last-Serial"]
    old = granary.json_page(name, "crop", number)
    assert [f["filename"] for f in old.json["files"]] == [wheel_name("crop", "1.0")]
    granary.added(name, {wheel_name("crop", "1.1"): wheel("crop", "1.1")})
    assert granary.json_page(name, "crop", number).body == old.body
    assert granary.json_page(name, "crop", number).headers["ETag"] == old.headers["ETag"]
    assert granary.json_page(name, "crop").headers["ETag"] != latest.headers["ETag"]
    granary.cli("remove", "package", "--source", name, "--name", "crop@all")
    assert granary.filenames(name, "crop") == []
    url = granary.file_url(name, "crop", wheel_name("crop", "1.0"), number)
    assert granary.get(urllib.parse.urlsplit(url).path).status == 200
