"""How long caches on the way may keep each kind of answer: a past day long once a synchronisation has passed it, latest not."""

import datetime

import cran
import pytest

from server import Granary

SHORT, DAY, EVER, ASK = "public, max-age=60", "public, max-age=86400", "public, max-age=31536000, immutable", "public, no-cache"
R_INDEXES = ("src/contrib/PACKAGES", "src/contrib/PACKAGES.gz", "src/contrib/PACKAGES.rds", "src/contrib/Meta/archive.rds",
             "src/contrib/Meta/current.rds", "src/contrib/", f"{cran.WINDOWS}/PACKAGES", "bin/linux/jammy-x86_64/4.5/src/contrib/PACKAGES")
R_FILES = ("src/contrib/R6_2.6.1.tar.gz", "src/contrib/Archive/R6/R6_2.6.1.tar.gz")


def day(back):
    return (datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=back)).isoformat()


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory, cran_upstream, bioconductor_upstream, pypi_upstream):
    upstreams = {"cran": ("r", cran_upstream.url), "bioconductor": ("bioconductor", bioconductor_upstream.url),
                 "pypi": ("python", f"{pypi_upstream.url}/simple")}
    with Granary(tmp_path_factory.mktemp("caches")) as server:
        for name, (kind, url) in upstreams.items():
            server.cli("create", "source", "--name", name, "--type", name, "--url", url)
            server.cli("create", "repo", "--name", name, "--type", kind)
            server.cli("subscribe", "--repo", name, "--source", name)
            server.cli("sync", "--source", name, seconds=300)
        server.repository("r", name="empty")
        server.cli("create", "repo", "--name", "closed", "--authenticated")
        server.cli("subscribe", "--repo", "closed", "--source", "cran")
        yield server


def kept(server, path, status=200, **headers):
    answer = server.get(path, **headers)
    assert answer.status == status, (path, answer)
    return answer.headers["Cache-Control"]


def pinned(server, repository, *options):
    return server.cli_json("url", "create", "--repo", repository, *options)["snapshot"]


def test_latest_and_days_that_may_still_change_are_kept_for_a_minute(mirrors):
    for snapshot in ("latest", day(0), day(-30), pinned(mirrors, "cran"), pinned(mirrors, "cran", "--snapshot", "cran:latest", "--no-alias")):
        for path in R_INDEXES + R_FILES:
            assert kept(mirrors, f"/cran/{snapshot}/{path}") == SHORT, (snapshot, path)
            if path.startswith("src"):
                assert kept(mirrors, f"/cran/__linux__/noble/{snapshot}/{path}") == SHORT, (snapshot, path)


def test_days_that_are_over_and_what_is_locked_is_kept_long(mirrors):
    number = mirrors.get("/__api__/repos/cran/first-transaction").json["id"]
    for snapshot in (day(1), number, pinned(mirrors, "cran", "--lock"), pinned(mirrors, "cran", "--date", day(2)),
                     pinned(mirrors, "cran", "--date", day(2), "--no-alias")):
        for path in R_INDEXES:
            assert kept(mirrors, f"/cran/{snapshot}/{path}") == DAY, (snapshot, path)
        for path in R_FILES:
            assert kept(mirrors, f"/cran/{snapshot}/{path}") == EVER, (snapshot, path)
        # CRAN builds binaries again under the same name.
        assert kept(mirrors, f"/cran/{snapshot}/{cran.MACOS}/brew_1.0-10.tgz") in (DAY, EVER)


def test_bioconductor_is_kept_like_cran(mirrors):
    tree = "packages/3.16/bioc/src/contrib"
    for snapshot, index, file in (("/latest", SHORT, SHORT), ("", SHORT, SHORT), (f"/{day(1)}", DAY, EVER)):
        assert kept(mirrors, f"/bioconductor{snapshot}/config.yaml") == index
        assert kept(mirrors, f"/bioconductor{snapshot}/{tree}/PACKAGES.gz") == index
        assert kept(mirrors, f"/bioconductor{snapshot}/{tree}/BiocVersion_3.16.0.tar.gz") == file


def test_pages_of_pypi_are_asked_for_again_at_latest_and_kept_on_a_past_day(mirrors):
    for snapshot, page in (("latest", ASK), (day(0), ASK), (day(1), DAY)):
        for path in ("simple/", "simple/idna/", "pypi/idna/json"):
            assert kept(mirrors, f"/pypi/{snapshot}/{path}") == page, (snapshot, path)
        file = mirrors.json_page("pypi", "idna", snapshot).json["files"][0]["filename"]
        url = mirrors.file_url("pypi", "idna", file, snapshot)
        assert "immutable" in kept(mirrors, url)  # its path has the hash


def test_what_is_not_there_may_be_there_soon(mirrors):
    for path in ("/cran/latest/src/contrib/nothing_1.0.tar.gz", f"/cran/{day(1)}/src/contrib/nothing_1.0.tar.gz", f"/pypi/{day(1)}/simple/not-there-at-all/",
                 "/bioconductor/latest/packages/9.9/bioc/src/contrib/PACKAGES"):
        assert kept(mirrors, path, status=404) == "no-cache", path
    assert kept(mirrors, f"/cran/{day(1)}/bin/windows/contrib/9.9/PACKAGES") == SHORT


def test_answers_that_need_a_token_are_not_for_caches_that_others_use(mirrors):
    token = mirrors.token("repos:read")
    for path, age in (("latest/src/contrib/PACKAGES", "max-age=60"), (f"{day(1)}/src/contrib/PACKAGES", "max-age=86400"),
                      (f"{day(1)}/src/contrib/R6_2.6.1.tar.gz", "max-age=31536000, immutable")):
        assert kept(mirrors, f"/closed/{path}", Authorization=f"Bearer {token}") == f"private, {age}"


def test_the_api_is_asked_for_again(mirrors):
    for path in ("status", "repos", "repos/cran", "repos/cran/packages", "repos/cran/packages/R6", "repos/cran/transaction-dates", "sources"):
        assert kept(mirrors, f"/__api__/{path}") == "no-cache", path


def test_a_day_without_a_synchronisation_after_it_is_not_kept_long(make_granary, cran_upstream):
    server = make_granary(settings={"Jobs": {"Workers": 0}}).start()  # nobody synchronises it
    server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", cran_upstream.url)
    server.cli("create", "repo", "--name", "cran")
    server.cli("subscribe", "--repo", "cran", "--source", "cran")
    assert kept(server, f"/cran/{day(1)}/src/contrib/PACKAGES") == SHORT
    assert kept(server, f"/cran/{pinned(server, 'cran', '--date', day(1))}/src/contrib/PACKAGES") == SHORT
