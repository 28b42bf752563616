"""renv, installed from a mirror, restores lockfiles from it: versions of the archive, the state of a day, one's own packages."""

import json

import pytest

from artifacts import r_name, r_package
from clients import R
from server import Granary


@pytest.fixture(scope="module")
def mirror(tmp_path_factory, cran_upstream):
    """A mirror of CRAN below a team's own packages."""
    with Granary(tmp_path_factory.mktemp("renv")) as server:
        server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", cran_upstream.url)
        server.source("r", name="team")
        for name, sources in (("cran", ["cran"]), ("all", ["team", "cran"])):
            server.cli("create", "repo", "--name", name)
            for source in sources:
                server.cli("subscribe", "--repo", name, "--source", source)
        server.cli("sync", "--source", "cran", seconds=300)
        server.added("team", {r_name("barley", version): r_package("barley", version) for version in ("1.0", "1.1")})
        yield server


@pytest.fixture(scope="module")
def library(mirror, tmp_path_factory):
    """The library with the renv that the mirror gave."""
    client = R(tmp_path_factory.mktemp("renv-library"), f"{mirror.url}/cran/latest")
    client.evaluate('install.packages("renv", quiet = TRUE, INSTALL_opts = c("--no-docs", "--no-byte-compile"))')
    return client.library


@pytest.fixture
def renv(mirror, library, r):
    """renv(repository, code): runs R in a project with renv, whose repository is a URL of the mirror."""
    client = r(f"{mirror.url}/cran/latest")
    client.environment |= {"R_LIBS": str(library), "RENV_PATHS_ROOT": str(client.folder / "renv-root"), "RENV_CONFIG_SANDBOX_ENABLED": "FALSE",
                           "RENV_CONFIG_PPM_ENABLED": "TRUE", "RENV_CONFIG_STARTUP_QUIET": "TRUE", "TZ": "UTC"}
    project = client.folder / "project"
    project.mkdir()

    def run(repository, code):
        return client.evaluate(f'options(repos = c(CRAN = "{mirror.url}{repository}"), warn = 1); {code}', cwd=project, seconds=120)

    run.project, run.mirror = project, mirror
    return run


def lockfile(renv, repository, **packages):
    renv.project.joinpath("renv.lock").write_text(json.dumps({
        "R": {"Version": "4.2.2", "Repositories": [{"Name": "CRAN", "URL": f"{renv.mirror.url}{repository}"}]},
        "Packages": {name: {"Package": name, "Version": version, "Source": "Repository", "Repository": "CRAN"}
                     for name, version in packages.items()}}))


def restored(renv, repository, *packages):
    names = ", ".join(f'"{one}"' for one in packages)
    answer = renv(repository, f'''renv::restore(library = "library", prompt = FALSE, clean = FALSE)
        cat("\\nhas", sapply(c({names}), function(p) as.character(packageVersion(p, lib.loc = "library"))))''')
    return answer.rsplit("\nhas ", 1)[1].split()


def test_a_lockfile_with_old_versions_is_restored_from_the_archive(renv):
    lockfile(renv, "/all/latest", R6="2.5.1", praise="0.0.0.1", barley="1.0")
    assert restored(renv, "/all/latest", "R6", "praise", "barley") == ["2.5.1", "0.0.0.1", "1.0"]


def test_a_lockfile_of_a_day_is_restored_from_that_day(renv):
    listed = renv.mirror.get("/cran/2024-06-01/src/contrib/PACKAGES").text.split("\n\n")
    version = next(one for one in listed if one.startswith("Package: R6\n")).split("Version: ")[1].split("\n")[0]
    lockfile(renv, "/cran/2024-06-01", R6=version)
    assert restored(renv, "/cran/2024-06-01", "R6") == [version]


def test_a_project_is_locked_and_restored_elsewhere_with_the_same_versions(renv):
    renv("/all/latest", 'dir.create("first"); renv::install(c("praise", "barley"), library = "first", prompt = FALSE); '
                        'renv::snapshot(library = "first", packages = c("praise", "barley"), prompt = FALSE, force = TRUE)')
    locked = json.loads(renv.project.joinpath("renv.lock").read_text())
    assert {name: one["Version"] for name, one in locked["Packages"].items() if name != "renv"} == {"praise": "1.0.0", "barley": "1.1"}
    renv.mirror.added("team", {r_name("barley", "2.0"): r_package("barley", "2.0")})
    assert restored(renv, "/all/latest", "praise", "barley") == ["1.0.0", "1.1"]
