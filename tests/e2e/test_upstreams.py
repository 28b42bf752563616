"""The upstreams that the mirrors are tested with are what R itself takes for CRAN and Bioconductor, and fail as they are told."""

import urllib.request

import cran
import faulty as faults
import pytest


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
