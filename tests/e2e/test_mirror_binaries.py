"""Binaries of a mirrored CRAN for Windows and macOS as upstream has them, and Linux, which gets the sources."""

import datetime
import gzip

import cran
import pytest
from nginx import Nginx

from artifacts import r_name, r_package
from server import Granary

WINDOWS, MACOS = f"/{cran.WINDOWS}/", f"/{cran.MACOS}/"


def day(back):
    return (datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=back)).isoformat()


@pytest.fixture(scope="module")
def upstream(tmp_path_factory, cran_upstream):
    """A CRAN that these tests may change."""
    folder = tmp_path_factory.mktemp("cran")
    site = cran.Cran(cran_upstream.root).copy(folder / "site")
    server = Nginx(folder / "nginx", site.root)
    server.site = site
    yield server
    server.close()


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory, upstream):
    with Granary(tmp_path_factory.mktemp("binaries")) as server:
        server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", upstream.url)
        server.source("r", name="team")
        for name, sources in (("cran", ["cran"]), ("all", ["team", "cran"])):
            server.cli("create", "repo", "--name", name)
            for source in sources:
                server.cli("subscribe", "--repo", name, "--source", source)
        server.cli("sync", "--source", "cran", seconds=300)
        server.added("team", {r_name("praise", "0.1"): r_package("praise", "0.1")})
        yield server


def packages(text):
    return [line.removeprefix("Package: ") for line in text.splitlines() if line.startswith("Package: ")]


@pytest.mark.parametrize("tree,kind,tag", [(WINDOWS, "win.binary", "4.2-win"), (MACOS, "mac.binary.big-sur-arm64", "4.2-big-sur-arm64")])
def test_r_finds_the_binaries_that_upstream_has(mirrors, upstream, r, tree, kind, tag):
    contrib = f"{mirrors.url}/cran/latest{tree.rstrip('/')}"
    got = r(mirrors.url).evaluate(f'''
        here <- available.packages("{contrib}", filters = list()); there <- available.packages("{upstream.url}{tree.rstrip('/')}", filters = list())
        same <- setdiff(intersect(colnames(here), colnames(there)), "Repository")
        stopifnot(setequal(rownames(here), rownames(there)), nrow(here) == 3, identical(here[rownames(there), same], there[, same]))
        cat(download.packages("brew", tempdir(), here, contriburl = "{contrib}", type = "{kind.split('.big')[0]}", quiet = TRUE)[, 2] |> basename())''')
    answer = mirrors.get(f"/cran/latest{tree}{got}")
    assert answer.body == upstream.request("GET", tree + got)[2]
    assert (answer.headers["X-Package-Type"], answer.headers["X-Package-Binary-Tag"]) == ("binary", tag)
    assert answer.headers["X-Repository-Type"] == "RSPM"
    assert mirrors.get(f"/cran/latest{tree}Archive/brew/{got}").body == answer.body
    assert mirrors.get(f"/cran/{day(1)}{tree}{got}").body == answer.body
    assert gzip.decompress(mirrors.get(f"/cran/latest{tree}PACKAGES.gz").body) == mirrors.get(f"/cran/latest{tree}PACKAGES").body
    assert "\nFile:" not in mirrors.get(f"/cran/latest{tree}PACKAGES").text


@pytest.mark.parametrize("tree", ["bin/windows/contrib/9.9", "bin/macosx/contrib/3.5", "bin/macosx/el-capitan/contrib/3.4"])
def test_an_unknown_version_of_r_gets_an_empty_list_and_compiles(mirrors, r, tree):
    contrib = f"{mirrors.url}/cran/latest/{tree}"
    assert r(mirrors.url).evaluate(f'cat(nrow(available.packages("{contrib}", filters = list())))') == "0"
    answer = mirrors.get(f"/cran/2020-01-01/{tree}/PACKAGES")
    assert answer.status == 200 and "max-age=60" in answer.headers["Cache-Control"]
    assert mirrors.get(f"/cran/latest/{tree}/brew_1.0.zip").status == 404


def test_a_name_of_ones_own_has_no_binary_of_another(mirrors):
    assert packages(mirrors.get(f"/all/latest{WINDOWS}PACKAGES").text) == ["brew", "whisker"]
    assert mirrors.get(f"/cran/latest{WINDOWS}praise_1.0.0.zip").status == 200
    for path in ("praise_1.0.0.zip", "Archive/praise/praise_1.0.0.zip", "praise_0.1.tar.gz"):
        assert mirrors.get(f"/all/latest{WINDOWS}{path}").status == 404, path
    assert mirrors.get(f"/all/latest/src/contrib/praise_0.1.tar.gz").status == 200


@pytest.mark.parametrize("tree", ["bin/linux/jammy-x86_64/4.5/src/contrib", "__linux__/jammy/{}/src/contrib"])
def test_linux_gets_sources_and_never_an_error(mirrors, r, tree):
    contrib = "/cran/" + (tree.format("latest") if "{}" in tree else f"latest/{tree}") + "/"
    sources = "/cran/latest/src/contrib/"
    for name in ("PACKAGES", "PACKAGES.gz", "PACKAGES.rds", "R6_2.6.1.tar.gz", "Archive/R6/R6_2.6.1.tar.gz", "Meta/archive.rds"):
        here, there = mirrors.get(contrib + name), mirrors.get(sources + name)
        assert here.status == 200 and here.body == there.body, name
        assert here.headers["X-Package-Type"] == "source" and "X-Package-Binary-Tag" not in here.headers
    recommended = next(line for line in mirrors.get(sources + "PACKAGES").text.split("\n\n") if "Path: 4.5.0/Recommended" in line)
    version = recommended.split("Version: ")[1].split("\n")[0]
    assert mirrors.get(f"{contrib}4.5.0/Recommended/class_{version}.tar.gz?r_version=4.4&arch=x86_64").status == 200
    client = r(f"{mirrors.url}{contrib.removesuffix('/src/contrib/')}")
    client.install("praise")
    assert client.evaluate('cat(as.character(packageVersion("praise")))') == "1.0.0"


def test_the_form_that_asks_what_is_binary_for_linux_says_nothing_is(mirrors):
    answer = mirrors.get("/cran/latest/bin/linux/4.2-jammy/contrib/4.2/PACKAGES.gz")
    assert (answer.status, gzip.decompress(answer.body)) == (200, b"")
    file = mirrors.get("/cran/latest/bin/linux/4.2-jammy/contrib/4.2/R6_2.6.1.tar.gz")
    assert (file.status, file.headers["X-Package-Type"]) == (200, "source")


def test_linux_on_a_past_day_has_what_cran_had(mirrors):
    for where in ("/cran/2024-01-01", "/cran/__linux__/noble/2024-01-01", "/cran/2024-01-01/bin/linux/noble-x86_64/4.4"):
        assert "Package: fitbitScraper\n" in mirrors.get(f"{where}/src/contrib/PACKAGES").text
    assert "Package: fitbitScraper\n" not in mirrors.get("/cran/__linux__/noble/latest/src/contrib/PACKAGES").text


def test_binaries_are_kept_as_they_were_seen(mirrors, upstream):
    before = mirrors.get(f"/cran/latest{WINDOWS}PACKAGES").body
    held = mirrors.get(f"/cran/latest{WINDOWS}whisker_0.4.1.zip")
    assert held.status == 200
    folder = upstream.site.root / cran.WINDOWS
    about = {"Package": "whisker", "Version": "9.0"}
    upstream.site.put(folder / "whisker_9.0.zip", cran.binary("zip", about, "R 4.2.3; ; x86_64-w64-mingw32; 2024-01-01 00:00:00 UTC; windows"), cran.stamp("2025-06-01"))
    (folder / "whisker_0.4.1.zip").unlink()
    upstream.site.index()
    mirrors.cli("sync", "--source", "cran", seconds=300)
    assert "Version: 9.0\n" in mirrors.get(f"/cran/latest{WINDOWS}PACKAGES").text
    assert mirrors.get(f"/cran/{day(1)}{WINDOWS}PACKAGES").body == before
    for path in (f"/cran/latest{WINDOWS}Archive/whisker/whisker_0.4.1.zip", f"/cran/{day(1)}{WINDOWS}whisker_0.4.1.zip"):
        assert mirrors.get(path).body == held.body, path
