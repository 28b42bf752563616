"""What CRAN had on a past day with that day's dependencies, on a server that was installed today."""

import concurrent.futures
import datetime

import faulty as faults
import pytest

from server import Granary, eventually

CONTRIB = "/src/contrib/"
ROW = "Package: foreach\nVersion: 0.0.0.1\n"


@pytest.fixture
def server(tmp_path):
    server = Granary(tmp_path / "server", {"CRAN": {"RequestsPerSecond": 0}})
    yield server
    server.close()


def mirror(server, url, settled=True):
    """settled: the job that reads old versions is done; else there is none."""
    server.settings["CRAN"]["ReadOldVersions"] = str(settled).lower()
    server.start()
    server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", url)
    server.cli("create", "repo", "--name", "cran")
    server.cli("subscribe", "--repo", "cran", "--source", "cran")
    server.cli("sync", "--source", "cran", seconds=300)
    if settled:
        eventually(lambda: undescribed(server) == 0, 60)


def undescribed(server):
    return server.cli_json("info", "--source", "cran")["undescribed"]


def archived_day(cran_upstream, package):
    """The day on which the oldest version of a package was current."""
    [file] = sorted((cran_upstream.root / f"src/contrib/Archive/{package}").glob(f"{package}_0.0.0.1.tar.gz"))
    return datetime.datetime.fromtimestamp(file.stat().st_mtime, datetime.timezone.utc).date().isoformat()


def test_r_sees_the_dependencies_of_a_past_day_and_installs_an_archived_version(server, r, cran_upstream):
    mirror(server, cran_upstream.url)
    day = archived_day(cran_upstream, "foreach")
    client = r(f"{server.url}/cran/{day}")
    seen = client.evaluate('a <- available.packages(filters = list())["foreach", ]; cat(a["Version"], a["Depends"], a["Imports"], sep = "|")')
    version, depends, imports = seen.split("|")
    assert version == "0.0.0.1" and "R (>=" in depends and "iterators" in imports
    listed = server.get(f"/cran/{day}{CONTRIB}PACKAGES")
    assert "X-Granary-Undescribed" not in listed.headers
    assert ROW in listed.text and "\nTitle:" not in listed.text
    latest = r(f"{server.url}/cran/latest")
    latest.evaluate('remotes::install_version("praise", "0.0.0.1", quiet = TRUE, upgrade = "never")')
    assert latest.evaluate('cat(as.character(packageVersion("praise")))') == "0.0.0.1"


def test_few_missing_dependencies_are_read_while_the_client_waits(server, cran_upstream, faulty):
    upstream = faulty(cran_upstream.url)
    mirror(server, upstream.url, settled=False)
    missing = undescribed(server)
    assert missing > 0
    day = archived_day(cran_upstream, "foreach")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.get(f"/cran/{day}{CONTRIB}PACKAGES"), range(8)))
    row = answers[0].text.split(ROW)[1].split("\n\n")[0]
    assert "Imports: " in row and all(answer.body == answers[0].body for answer in answers)
    assert all("X-Granary-Undescribed" not in answer.headers for answer in answers)
    heads = [path for path in upstream.counts() if path.endswith(".tar.gz")]
    assert 0 < len(heads) <= 50 and all(upstream.counts()[path] == 1 for path in heads)
    assert undescribed(server) == missing - len(heads)


def test_an_upstream_that_cannot_be_asked_leaves_what_is_known(server, cran_upstream, faulty):
    upstream = faulty(cran_upstream.url)
    mirror(server, upstream.url, settled=False)
    day = archived_day(cran_upstream, "foreach")
    upstream.fail(f"{CONTRIB}Archive/foreach/foreach_0.0.0.1.tar.gz", faults.status(503))
    answer = server.get(f"/cran/{day}{CONTRIB}PACKAGES")
    assert answer.status == 200 and ROW in answer.text
    assert int(answer.headers["X-Granary-Undescribed"]) >= 1
    assert answer.headers["Cache-Control"].endswith("max-age=60")


def test_one_old_version_is_described_when_somebody_asks_for_it(server, cran_upstream):
    mirror(server, cran_upstream.url, settled=False)
    found = server.get("/__api__/repos/cran/packages/foreach?version=0.0.0.1").json
    assert "iterators" in str(found["info"]["dependencies"])


def test_numbers_and_locked_urls_stay_as_they_were(server, cran_upstream):
    mirror(server, cran_upstream.url, settled=False)
    day = archived_day(cran_upstream, "foreach")
    locked = server.cli_json("url", "create", "--repo", "cran", "--date", day, "--lock")["snapshot"]
    page = f"/cran/{locked}{CONTRIB}PACKAGES"
    before = server.get(page).body
    assert server.get(f"/cran/{day}{CONTRIB}PACKAGES").body != before
    assert server.get(page).body == before
    server.stop()
    server.settings["CRAN"]["ReadOldVersions"] = "true"
    server.start()
    server.cli("sync", "--source", "cran", seconds=300)
    eventually(lambda: undescribed(server) == 0, 60)
    assert server.get(page).body == before
