"""R installs from a Granary repository: current and older versions, sources that compile, all three index formats."""

import pytest

from artifacts import r_name, r_package


@pytest.fixture
def farm(granary):
    """A repository of a package in C with an older version, and one that imports it: its name and bytes."""
    name = granary.repository("r")
    files = {r_name("barley", "1.0.0"): r_package("barley", "1.0.0", c=True),
             r_name("barley", "1.10.0"): r_package("barley", "1.10.0", c=True),
             r_name("barley", "1.9.2"): r_package("barley", "1.9.2", c=True),
             r_name("malt", "0.2-1"): r_package("malt", "0.2-1", Imports="barley (>= 1.1)")}
    granary.added(name, files)
    return name, files


def test_install_packages_compiles_and_brings_what_is_imported(granary, r, farm):
    client = r(f"{granary.url}/{farm[0]}/latest")
    client.install("malt")
    assert client.answer("malt") == "0.2-1"
    assert client.answer("barley") == "1.10.0"


def test_install_packages_verifies_nothing_but_gets_the_uploaded_bytes(granary, farm):
    name, files = farm
    current = granary.get(f"/{name}/latest/src/contrib/barley_1.10.0.tar.gz")
    assert (current.status, current.body) == (200, files["barley_1.10.0.tar.gz"])
    old = granary.get(f"/{name}/latest/src/contrib/Archive/barley/barley_1.9.2.tar.gz")
    assert (old.status, old.body) == (200, files["barley_1.9.2.tar.gz"])


def test_remotes_installs_a_version_from_the_archive(granary, r, farm):
    client = r(f"{granary.url}/{farm[0]}/latest")
    client.evaluate('remotes::install_version("barley", "1.9.2", quiet = TRUE, upgrade = "never")')
    assert client.answer("barley") == "1.9.2"


def test_the_archive_list_is_what_r_expects_of_cran(granary, r, farm):
    client = r(f"{granary.url}/{farm[0]}/latest")
    rows = client.evaluate(
        'u <- gzcon(url(paste0(getOption("repos"), "/src/contrib/Meta/archive.rds"))); a <- readRDS(u); close(u)\n'
        'cat(names(a), rownames(a$barley)[order(rownames(a$barley))], class(a$barley$mtime), a$barley$size > 0)')
    assert rows.split() == ["barley", "barley/barley_1.0.0.tar.gz", "barley/barley_1.9.2.tar.gz", "POSIXct", "POSIXt", "TRUE", "TRUE"]


def test_available_packages_reads_all_three_formats_alike(granary, r, farm):
    contrib = f"{granary.url}/{farm[0]}/latest/src/contrib"
    client = r(f"{granary.url}/{farm[0]}/latest")
    client.evaluate(
        f'a <- available.packages("{contrib}", filters = list())\n'
        f'rds <- readRDS(gzcon(url("{contrib}/PACKAGES.rds")))\n'
        f'plain <- read.dcf(url("{contrib}/PACKAGES"))\n'
        f'con <- gzcon(url("{contrib}/PACKAGES.gz")); gz <- read.dcf(textConnection(readLines(con)))\n'
        'stopifnot(identical(plain, gz), nrow(rds) == 2, setequal(a[, "Package"], c("barley", "malt")))\n'
        'stopifnot(identical(sort(unname(rds[, "Version"])), sort(unname(plain[, "Version"]))))\n'
        'stopifnot(a["malt", "Imports"] == "barley (>= 1.1)", a["barley", "NeedsCompilation"] == "yes")')


def test_the_md5_in_the_index_is_that_of_the_file(granary, r, farm):
    client = r(f"{granary.url}/{farm[0]}/latest")
    client.evaluate('a <- available.packages(filters = list()); f <- download.packages("barley", tempdir(), a, quiet = TRUE)\n'
                    'stopifnot(tools::md5sum(f[1, 2]) == a["barley", "MD5sum"])')


def test_an_archived_package_is_no_longer_installed_by_default(granary, r):
    name = granary.repository("r")
    granary.added(name, {r_name("oat", "1.0"): r_package("oat", "1.0"), r_name("rye", "1.0"): r_package("rye", "1.0")})
    granary.cli("archive", "--source", name, "--name", "oat")
    client = r(f"{granary.url}/{name}/latest")
    assert client.evaluate('cat(rownames(available.packages(filters = list())))').split() == ["rye"]
    client.evaluate('remotes::install_version("oat", "1.0", quiet = TRUE)')
    assert client.answer("oat") == "1.0"


def test_names_and_texts_beyond_ascii_survive(granary, r):
    name = granary.repository("r")
    granary.added(name, {r_name("hafer", "1.0"): r_package("hafer", "1.0", Encoding="UTF-8", License="Grützmühle & Söhne")})
    client = r(f"{granary.url}/{name}/latest")
    assert client.evaluate('cat(available.packages(filters = list())["hafer", "License"])',
                           environment={"LC_ALL": "C.UTF-8"}) == "Grützmühle & Söhne"


def test_an_empty_repository_is_an_empty_list(granary, r):
    client = r(f"{granary.url}/{granary.repository('r')}/latest")
    assert client.evaluate('cat(nrow(available.packages(filters = list())))').strip() == "0"


def test_what_is_not_there_is_404(granary, farm):
    for path in ("src/contrib/nothing_1.0.tar.gz", "src/contrib/Archive/barley/barley_9.9.tar.gz",
                 "src/contrib/barley_1.9.2.zip", "bin/windows/contrib/4.2/barley_1.10.0.zip", "bin/amiga/contrib/4.2/PACKAGES"):
        assert granary.get(f"/{farm[0]}/latest/{path}").status == 404, path


def test_r_that_looks_for_binaries_finds_none_and_takes_the_source(granary, r, farm):
    contrib = f"{granary.url}/{farm[0]}/latest/bin/windows/contrib/4.2"
    assert r(granary.url).evaluate(f'cat(nrow(available.packages("{contrib}", filters = list())))').strip() == "0"
