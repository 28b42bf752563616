"""A mirror of Bioconductor: BiocManager at latest and on a past day, older releases, each with its day of CRAN."""

import datetime

import pytest

from server import Granary

BIOC = "/packages/3.16/bioc/src/contrib/"


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory, cran_upstream, bioconductor_upstream):
    """A server installed now: Bioconductor's release is 3.20, the R of the tests goes with 3.16."""
    with Granary(tmp_path_factory.mktemp("bioconductor")) as server:
        for name, kind, url in (("cran", "r", cran_upstream.url), ("bioconductor", "bioconductor", bioconductor_upstream.url)):
            server.cli("create", "source", "--name", name, "--type", "cran" if kind == "r" else kind, "--url", url)
            server.cli("create", "repo", "--name", name, "--type", kind)
            server.cli("subscribe", "--repo", name, "--source", name)
            server.cli("sync", "--source", name, seconds=300)
        yield server


def installed_by_biocmanager(client, mirror, *packages):
    names = ", ".join(f'"{one}"' for one in packages)
    return client.evaluate(f'''
        options(warn = 1, BioC_mirror = "{mirror}", BIOCONDUCTOR_CONFIG_FILE = "{mirror}/config.yaml")
        stopifnot(all(startsWith(BiocManager::repositories(version = "3.16")[1:5], "{mirror}/packages/3.16/")))
        BiocManager::install(c({names}), version = "3.16", update = FALSE, ask = FALSE, quiet = TRUE)
        cat("\\nhas", sapply(c("BiocVersion", {names}), function(p) as.character(packageVersion(p))))''')


@pytest.mark.parametrize("snapshot", ["/latest", "", "/__linux__/jammy/latest", "/2020-05-01"])
def test_biocmanager_installs_an_older_release_from_the_mirror(mirrors, r, snapshot):
    client = r(f"{mirrors.url}/cran/{snapshot.split('/')[-1] or 'latest'}")
    base = mirrors.url + ("/bioconductor" + snapshot)
    assert "has 3.16.0 3.16.0" in installed_by_biocmanager(client, base, "org.Hv.eg.db")


def test_software_of_bioconductor_comes_with_what_it_needs(mirrors, r):
    client = r(f"{mirrors.url}/cran/latest")
    assert "has 3.16.0 " in installed_by_biocmanager(client, f"{mirrors.url}/bioconductor/latest", "BiocGenerics")


def test_config_yaml_is_upstreams_with_or_without_a_snapshot(mirrors, bioconductor_upstream):
    config = bioconductor_upstream.request("GET", "/config.yaml")[2]
    for where in ("", "/latest", "/2020-05-01", "/__linux__/noble", "/__linux__/noble/latest"):
        answer = mirrors.get(f"/bioconductor{where}/config.yaml")
        assert (answer.status, answer.body) == (200, config), where


def test_every_part_of_a_release_is_there_as_upstream_has_it(mirrors, bioconductor_upstream):
    for part in ("bioc", "data/annotation", "data/experiment", "workflows", "books"):
        for release in ("3.16", "3.20", "release"):
            path = f"/packages/{release}/{part}/src/contrib/PACKAGES"
            answer, upstream = mirrors.get("/bioconductor/latest" + path), bioconductor_upstream.request("GET", path)[2].decode()
            assert answer.status == 200, path
            fields = [{line for text in (one,) for line in text.split("\n") if line.startswith(("Package:", "Version:", "MD5sum:"))}
                      for one in (answer.text, upstream)]
            assert fields[0] == fields[1] and fields[0], path


def test_a_file_of_bioconductor_is_upstreams_from_the_archive_too(mirrors, bioconductor_upstream):
    name = "BiocVersion_3.16.0.tar.gz"
    expected = bioconductor_upstream.request("GET", BIOC + name)[2]
    for path in (name, f"Archive/BiocVersion/{name}"):
        assert mirrors.get("/bioconductor" + BIOC + path).body == expected
    answer = mirrors.get(f"/bioconductor/__linux__/manylinux_2_28{BIOC}{name}")
    assert (answer.status, answer.headers["X-Package-Type"], answer.headers["X-Repository-Type"]) == (200, "source", "RSPM")


def test_the_archive_list_of_a_release_can_be_read(mirrors, r):
    url = f"{mirrors.url}/bioconductor/latest/packages/3.20/bioc/src/contrib/Meta/archive.rds"
    assert r(mirrors.url).evaluate(f'cat(is.list(readRDS(gzcon(url("{url}")))))') == "TRUE"


def test_binaries_that_upstream_has_not_are_an_empty_list(mirrors):
    answer = mirrors.get("/bioconductor/latest/packages/3.16/bioc/bin/windows/contrib/4.2/PACKAGES")
    assert (answer.status, answer.body) == (200, b"")


def test_each_release_is_tied_to_its_r_and_its_day_of_cran(mirrors):
    listed = {one["bioc_version"]: one for one in mirrors.get("/__api__/status").json["bioc_versions"]}
    assert listed["3.16"] == {"bioc_version": "3.16", "r_version": "4.2", "cran_snapshot": "2023-04-12"}
    assert listed["3.20"] == {"bioc_version": "3.20", "r_version": "4.4", "cran_snapshot": "latest"}
    assert list(listed)[0] == "3.21"
    assert mirrors.get(f"/cran/{listed['3.16']['cran_snapshot']}/src/contrib/PACKAGES").status == 200


def test_a_locked_url_of_bioconductor_works_short_and_long(mirrors):
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    for more in ([], ["--no-alias"], ["--lock"], ["--lock", "--no-alias"], ["--snapshot", "bioconductor:latest"]):
        made = mirrors.cli_json("url", "create", "--repo", "bioconductor", "--date", today, *more)
        for path in ("/config.yaml", BIOC + "PACKAGES", "/packages/3.20/bioc/src/contrib/PACKAGES"):
            one, other = (mirrors.get(f"/bioconductor/{snapshot}{path}") for snapshot in (made["snapshot"], "latest"))
            assert one.status == 200 and one.body == other.body, (more, path)


def test_urls_of_the_wrong_kind_of_repository_say_what_to_do(mirrors):
    for path, word in (("/bioconductor/latest/src/contrib/PACKAGES", "BioC_mirror"), ("/cran/latest" + BIOC + "PACKAGES", "options(repos"),
                       ("/cran/config.yaml", "options(repos")):
        answer = mirrors.get(path)
        assert answer.status == 404 and word in answer.text, path
    for path in ("/packages/9.99/bioc/src/contrib/abc_1.0.tar.gz", "/packages/x/bioc/src/contrib/PACKAGES", "/packages/3.16/bioc/VIEWS"):
        assert mirrors.get("/bioconductor/latest" + path).status == 404, path


def test_an_unknown_release_is_404_with_what_to_do(mirrors):
    answer = mirrors.get("/bioconductor/latest/packages/9.99/bioc/src/contrib/PACKAGES")
    assert answer.status == 404 and "config.yaml" in answer.text
