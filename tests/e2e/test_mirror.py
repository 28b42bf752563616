"""Mirrors of CRAN and PyPI: latest, any past day, files fetched once, one's own packages before public ones."""

import concurrent.futures
import hashlib

import faulty as faults
import pytest

from artifacts import r_name, r_package, wheel, wheel_name
from server import Granary, eventually

CONTRIB = "/src/contrib/"


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory, cran_upstream, pypi_upstream):
    """A server installed now, with mirrors behind it and a team's own packages before them."""
    with Granary(tmp_path_factory.mktemp("mirrors")) as server:
        server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", cran_upstream.url)
        server.cli("create", "source", "--name", "pypi", "--type", "pypi", "--url", f"{pypi_upstream.url}/simple")
        server.source("r", name="team")
        server.source("python", name="team-python")
        for name, kind, sources in (("cran", "r", ["cran"]), ("pypi", "python", ["pypi"]),
                                    ("all", "r", ["team", "cran"]), ("all-python", "python", ["team-python", "pypi"])):
            server.cli("create", "repo", "--name", name, "--type", kind)
            for source in sources:
                server.cli("subscribe", "--repo", name, "--source", source)
        for source in ("cran", "pypi"):
            server.cli("sync", "--source", source, seconds=300)
        yield server


def test_a_second_sync_changes_nothing(mirrors):
    before = mirrors.get("/cran/latest" + CONTRIB + "PACKAGES").headers["ETag"]
    assert "up to date" in mirrors.cli("sync", "--source", "cran")
    assert mirrors.get("/cran/latest" + CONTRIB + "PACKAGES").headers["ETag"] == before


def test_r_installs_the_newest_version_and_one_of_a_past_day(mirrors, r, cran_upstream):
    newest = r(f"{mirrors.url}/cran/latest").evaluate('cat(available.packages()["praise", "Version"])')
    assert newest == "1.0.0"
    seen = r(f"{mirrors.url}/cran/latest").evaluate(
        f'a <- available.packages("{mirrors.url}/cran/1999-01-01/src/contrib"); cat(nrow(a))')
    assert seen == "0"
    client = r(f"{mirrors.url}/cran/latest")
    client.install("praise")
    assert client.evaluate('cat(as.character(packageVersion("praise")))') == "1.0.0"


def test_a_file_of_cran_is_that_of_upstream_and_is_fetched_once(mirrors, tmp_path, cran_upstream, faulty):
    upstream = faulty(cran_upstream.url)
    mirrors.cli("create", "source", "--name", "counted", "--type", "cran", "--url", upstream.url)
    mirrors.cli("create", "repo", "--name", "counted")
    mirrors.cli("subscribe", "--repo", "counted", "--source", "counted")
    mirrors.cli("sync", "--source", "counted", seconds=300)
    path = CONTRIB + "R6_2.6.1.tar.gz"
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: mirrors.get("/counted/latest" + path).body, range(20)))
    expected = cran_upstream.request("GET", path)[2]
    assert all(answer == expected for answer in answers)
    assert upstream.counts()[path] == 1


def test_the_archive_answers_for_old_and_current_versions(mirrors, r):
    listed = r(f"{mirrors.url}/cran/latest").evaluate(
        'u <- gzcon(url(paste0(getOption("repos"), "/src/contrib/Meta/archive.rds"))); cat(rownames(readRDS(u)$R6)[1])')
    assert listed.startswith("R6/R6_")
    assert mirrors.get(f"/cran/latest{CONTRIB}Archive/{listed}").status == 200
    assert mirrors.get(f"/cran/latest{CONTRIB}Archive/R6/R6_2.6.1.tar.gz").status == 200


def test_pip_and_uv_install_from_the_mirror(mirrors, pip, uv):
    index = f"{mirrors.url}/pypi/latest/simple/"
    pip.install(index, "requests", "six==1.15.0")
    assert {"requests", "urllib3", "idna", "certifi"} <= {path.name for path in (pip.folder / "site").iterdir()}
    uv.install(index, "idna", options=["--exclude-newer", "2023-12-31T00:00:00Z"])
    assert (uv.folder / "site/idna-3.6.dist-info").is_dir()


def test_a_past_day_of_pypi_has_no_later_file(mirrors, pip):
    pip.install(f"{mirrors.url}/pypi/2023-12-31/simple/", "idna")
    assert (pip.folder / "site/idna-3.6.dist-info").is_dir()
    files = mirrors.json_page("pypi", "idna", "2023-12-31").json["files"]
    assert files and all(file["upload-time"] < "2024-01-01" for file in files)
    assert len(mirrors.json_page("pypi", "idna").json["files"]) > len(files)


def test_metadata_beside_a_wheel_is_upstreams(mirrors):
    wheels = [file for file in mirrors.json_page("pypi", "idna").json["files"] if file["core-metadata"]]
    url = mirrors.file_url("pypi", "idna", wheels[0]["filename"])
    answer = mirrors.get(url + ".metadata")
    assert answer.status == 200, answer
    assert hashlib.sha256(answer.body).hexdigest() == wheels[0]["core-metadata"]["sha256"]


def test_a_name_that_pypi_has_not_is_404_without_asking_it(mirrors, pypi_upstream):
    assert mirrors.get("/pypi/latest/simple/surely-not-there/").status == 404


def test_own_packages_win_whole_over_public_ones_of_the_name(mirrors, pip):
    mirrors.added("team", {r_name("praise", "0.1"): r_package("praise", "0.1")})
    mirrors.added("team-python", {wheel_name("idna", "0.1"): wheel("idna", "0.1")})
    listed = mirrors.get("/all/latest" + CONTRIB + "PACKAGES").text
    assert "Package: praise\nVersion: 0.1\n" in listed and "Package: R6\n" in listed
    assert mirrors.get("/all/latest" + CONTRIB + "praise_1.0.0.tar.gz").status == 404
    assert mirrors.filenames("all-python", "idna") == [wheel_name("idna", "0.1")]
    assert "six-1.15.0-py2.py3-none-any.whl" in mirrors.filenames("all-python", "six")


def test_fetched_files_are_let_go_by_package_age_and_size(mirrors):
    files = ["/cran/latest" + CONTRIB + name for name in ("R6_2.6.1.tar.gz", "praise_1.0.0.tar.gz")]

    def held():
        return mirrors.cli_json("info", "--source", "cran")

    def evict(*words):
        return mirrors.cli_json("evict", "--source", "cran", *words)

    evict("--unused", "0s")  # what others have asked for
    bodies = [mirrors.get(file).body for file in files]
    eventually(lambda: held()["held_files"] == 2)
    before = held()["held_files"]
    assert evict("--package", "praise", "--dryrun")["files"] == 1 and held()["held_files"] == before
    assert evict("--package", "praise")["files"] == 1 and held()["held_files"] == before - 1
    assert evict("--unused", "1d")["files"] == 0
    eventually(lambda: evict("--unused", "1s", "--dryrun")["files"] == before - 1)
    assert evict("--to-size", held()["held_bytes"])["files"] == 0
    assert evict("--to-size", "1KB")["kept_bytes"] <= 1000
    assert [mirrors.get(file).body for file in files] == bodies, "fetched again"
    assert "let go" in mirrors.cli("evict", "--source", "cran", "--unused", "0s")
    assert "all right" in mirrors.cli("verify")


def test_a_locked_url_stays_the_same_bytes(mirrors):
    made = mirrors.cli_json("url", "create", "--repo", "all", "--date", "2025-01-01", "--lock")
    again = mirrors.cli_json("url", "create", "--repo", "all", "--date", "2025-01-01", "--lock", "--no-alias")
    pages = [f"/all/{one['snapshot']}{CONTRIB}PACKAGES" for one in (made, again)]
    before = [mirrors.get(page).body for page in pages]
    assert before[0] == before[1] and b"Package: " in before[0]
    mirrors.added("team", {r_name("late", "1.0"): r_package("late", "1.0")})
    mirrors.cli("sync", "--source", "cran")
    assert [mirrors.get(page).body for page in pages] == before


def test_what_is_known_is_served_while_upstream_is_down(tmp_path, cran_upstream, faulty):
    upstream = faulty(cran_upstream.url)
    with Granary(tmp_path / "server") as server:
        server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", upstream.url)
        server.cli("create", "repo", "--name", "cran")
        server.cli("subscribe", "--repo", "cran", "--source", "cran")
        server.cli("sync", "--source", "cran", seconds=300)
        page, held = f"/cran/latest{CONTRIB}PACKAGES", f"/cran/latest{CONTRIB}R6_2.6.1.tar.gz"
        known, bytes_of_r6 = server.get(page).body, server.get(held).body
        for file in ("PACKAGES", "PACKAGES.gz", "PACKAGES.rds", "praise_1.0.0.tar.gz"):
            upstream.fail(CONTRIB + file, faults.status(503))
        refused = server.run("sync", "--source", "cran", seconds=300)
        assert refused.returncode != 0
        assert server.get(page).body == known and server.get(held).body == bytes_of_r6
        cold = server.get(f"/cran/latest{CONTRIB}praise_1.0.0.tar.gz")
        assert cold.status in (502, 503, 504), cold
