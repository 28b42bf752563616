"""The upstreams that the mirrors are tested with are what R, BiocManager, pip and uv take for the real ones, and fail as told."""

import gzip
import hashlib
import json
import sys
import urllib.error
import urllib.request

import cran
import faulty as faults
import pypi
import pytest
from services import ROOT

sys.path.append(str(ROOT / "bench/upstreams"))
import full_cran  # noqa: E402
import full_pypi  # noqa: E402


def test_r_reads_the_indexes_of_the_cran_of_the_tests(r, cran_upstream):
    answer = r(cran_upstream.url).evaluate('''
        known <- available.packages(filters = list())
        archive <- readRDS(gzcon(url(paste0(getOption("repos"), "/src/contrib/Meta/archive.rds"))))
        current <- readRDS(gzcon(url(paste0(getOption("repos"), "/src/contrib/Meta/current.rds"))))
        stopifnot(nrow(known) >= 60, "R6" %in% rownames(known), inherits(archive$R6$mtime, "POSIXct"))
        stopifnot("fitbitScraper" %in% names(archive), !"fitbitScraper" %in% rownames(known))
        stopifnot(any(grepl("4.5.0/Recommended", known[, "Repository"])))
        cat(format(as.Date(current["R6_2.6.1.tar.gz", "mtime"])))''')
    assert answer == "2025-02-15"


def test_a_copy_of_the_cran_goes_on_without_changing_the_first(tmp_path, cran_upstream):
    first = cran.Cran(cran_upstream.root)
    before = (first.contrib / "PACKAGES").read_bytes()
    other = first.copy(tmp_path / "cran")
    other.publish(cran.rewritten(other.current("praise"), "9.0.0", "2025-06-01"), "2025-06-01")
    other.remove("whisker", "2025-06-01")
    other.index()
    after = (other.contrib / "PACKAGES").read_text()
    assert "Package: praise\nVersion: 9.0.0" in after and "Package: whisker\n" not in after
    assert (first.contrib / "PACKAGES").read_bytes() == before
    assert first.current("praise").name == "praise_1.0.0.tar.gz"


def test_biocmanager_installs_from_the_bioconductor_of_the_tests(r, cran_upstream, bioconductor_upstream):
    client = r(cran_upstream.url)
    client.environment["BIOCONDUCTOR_CONFIG_FILE"] = f"{bioconductor_upstream.url}/config.yaml"
    answer = client.evaluate(f'''
        options(BioC_mirror = "{bioconductor_upstream.url}")
        BiocManager::install("org.Hv.eg.db", version = "3.16", update = FALSE, ask = FALSE, quiet = TRUE)
        cat("\\nhas", as.character(packageVersion("BiocVersion")), as.character(packageVersion("org.Hv.eg.db")))''')
    assert "has 3.16.0 3.16.0" in answer


def test_pip_installs_from_the_pypi_of_the_tests_and_uv_as_of_a_date(pypi_upstream, pip, uv):
    index = f"{pypi_upstream.url}/simple/"
    pip.install(index, "requests", "six==1.15.0")
    assert {"requests", "urllib3", "idna", "certifi"} <= {path.name for path in (pip.folder / "site").iterdir()}
    uv.install(index, "idna", options=["--exclude-newer", "2023-12-31T00:00:00Z"])
    assert (uv.folder / "site/idna-3.6.dist-info").is_dir()


def test_the_pypi_of_the_tests_has_pages_metadata_and_redirects_as_pypi(pypi_upstream):
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    status, headers, data = pypi_upstream.request("GET", "/simple/idna/", headers=accept)
    assert (status, headers["Content-Type"]) == (200, accept["Accept"])
    page = json.loads(data)
    assert headers["X-PyPI-Last-Serial"] == str(page["meta"]["_last-serial"])
    wheel = next(file for file in page["files"] if "core-metadata" in file)
    status, _, metadata = pypi_upstream.request("GET", wheel["url"].removeprefix("../..") + ".metadata")
    assert hashlib.sha256(metadata).hexdigest() == wheel["core-metadata"]["sha256"]
    assert pypi_upstream.request("GET", "/simple/idna")[0] == 301
    assert pypi_upstream.request("GET", "/simple/")[1]["Content-Type"] == "text/html"
    assert len(json.loads(pypi_upstream.request("GET", "/simple/", headers=accept)[2])["projects"]) >= 60


def test_a_copy_of_the_pypi_goes_on_without_changing_the_first(tmp_path, pypi_upstream):
    other = pypi.Pypi(pypi_upstream.root).copy(tmp_path / "pypi")
    newest = max(other.of("idna"), key=lambda entry: entry["upload-time"])["filename"]
    other.delete(newest)
    other.yank("six-1.15.0-py2.py3-none-any.whl", "a reason")
    other.write()
    pages = [json.loads((root / "simple/idna/index.json").read_text()) for root in (pypi_upstream.root, other.root)]
    assert [newest in [file["filename"] for file in page["files"]] for page in pages] == [True, False]
    assert pages[1]["meta"]["_last-serial"] > pages[0]["meta"]["_last-serial"]


def test_the_faulty_upstream_counts_fails_as_often_as_told_and_heals(cran_upstream, faulty):
    upstream = faulty(cran_upstream.url)
    index = "/src/contrib/PACKAGES.gz"
    upstream.fail(index, faults.status(503), times=1)
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(upstream.url + index)
    assert urllib.request.urlopen(upstream.url + index).read() == cran_upstream.request("GET", index)[2]
    upstream.fail(index, faults.truncated())
    with pytest.raises(Exception, match="IncompleteRead"):
        urllib.request.urlopen(upstream.url + index).read()
    assert upstream.counts() == {index: 3}


def test_r_reads_the_generated_cran_and_its_tarballs_are_as_long_as_it_says(r, tmp_path):
    made = full_cran.FullCran(packages=60, versions=400, changes=5)
    made.write(tmp_path / "today", made.days)
    made.write(tmp_path / "tomorrow", made.days + 1)
    server = full_cran.serve(made)
    old = made.file(next(versions[0] for versions in made.history if len(versions) > 2))
    answer = r(f"file://{tmp_path}/tomorrow").evaluate(f'''
        known <- available.packages(filters = list())
        archive <- readRDS("{tmp_path}/tomorrow/src/contrib/Meta/archive.rds")
        current <- readRDS("{tmp_path}/tomorrow/src/contrib/Meta/current.rds")
        before <- readRDS("{tmp_path}/today/src/contrib/PACKAGES.rds")
        stopifnot(nrow(known) == 60, nrow(current) == 60, sum(known[, "Version"] != before[, "Version"]) == 5)
        all <- unlist(lapply(archive, function(files) setNames(files$size, basename(rownames(files)))))
        names(all) <- sub("^[^.]*[.]", "", names(all))
        download.file("http://127.0.0.1:{server.server_port}/{old}", "old.tar.gz", quiet = TRUE)
        stopifnot(file.size("old.tar.gz") == all[["{old}"]])
        cat(basename(untar("old.tar.gz", list = TRUE))[1])''')
    server.shutdown()
    server.server_close()
    assert "DESCRIPTION" in answer


def test_the_generated_pypi_counts_keeps_its_hashes_and_has_a_next_day():
    made = full_pypi.FullPypi(projects=300, with_files=100, releases=2_000)
    server = full_pypi.serve(made)
    url = f"http://127.0.0.1:{server.server_port}"
    root = json.loads(gzip.decompress(urllib.request.urlopen(f"{url}/simple/").read()))
    assert len(root["projects"]) == 300
    name = max(root["projects"], key=lambda project: made.releases[made.numbers[project["name"]]])["name"]
    answer = urllib.request.urlopen(f"{url}/simple/{name}/")
    page, tag = json.load(answer), answer.headers["ETag"]
    assert len(page["versions"]) == 100 and len(page["files"]) > 100
    for file in page["files"][:20]:
        data = urllib.request.urlopen(f"{url}/simple/{name}/{file['url']}".replace(f"/simple/{name}/../../", "/")).read()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["size"], file["hashes"]["sha256"])
    with pytest.raises(urllib.error.HTTPError, match="304"):
        urllib.request.urlopen(urllib.request.Request(f"{url}/simple/{name}/", headers={"If-None-Match": tag}))
    made.advance(300)
    after = json.loads(gzip.decompress(urllib.request.urlopen(f"{url}/simple/").read()))
    assert all(new["_last-serial"] > old["_last-serial"] for old, new in zip(root["projects"], after["projects"], strict=True))
    assert server.requests[f"/simple/{name}/"] == 2 and server.requests["/simple/"] == 2
    server.shutdown()
    server.server_close()
