"""The same lockfile, resolved on two servers that were installed and synchronised at different times, gives the same hashes."""

import re
import tomllib

import cran
import pypi
import pytest

import clients
from artifacts import r_name, r_package, wheel, wheel_name
from nginx import Nginx
from server import Granary

DAY = "2024-06-01"
UV = clients.VENV / "uv"
UV_PROJECT = """[project]
name = "customer"
version = "0.1.0"
requires-python = ">=3.9"
dependencies = ["requests", "team-tool"]
"""
POETRY_PROJECT = """[project]
name = "customer"
version = "0.1.0"
requires-python = ">=3.9"
dependencies = ["requests", "team-tool"]

[tool.poetry]
package-mode = false

[[tool.poetry.source]]
name = "granary"
url = "{index}"
priority = "primary"
"""


def server_of(folder, cran_url, pypi_url):
    server = Granary(folder, {"CRAN": {"RequestsPerSecond": 0}}).start()
    server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", cran_url)
    server.cli("create", "source", "--name", "pypi", "--type", "pypi", "--url", f"{pypi_url}/simple")
    server.source("r", name="team")
    server.source("python", name="team-python")
    server.repository("r", "team", "cran", name="all")
    server.repository("python", "team-python", "pypi", name="py")
    for source in ("cran", "pypi"):
        server.cli("sync", "--source", source, seconds=300)
    server.added("team", {r_name("barley", "1.0"): r_package("barley", "1.0")})
    server.added("team-python", {wheel_name("team-tool", "1.0"): wheel("team-tool", "1.0", requires=["idna"])})
    # The day of the mirrors, with what the team has published since.
    server.day = {repository: server.cli_json("url", "create", "--repo", repository, "--date", DAY, "--snapshot", f"{own}:latest",
                                              *more)["snapshot"]
                  for repository, own, more in (("all", "team", []), ("py", "team-python", ["--lock"]))}
    return server


@pytest.fixture(scope="module")
def servers(tmp_path_factory, cran_upstream, pypi_upstream):
    """One server that saw the upstreams as they are, and one that was made after they went on."""
    index = pypi.Pypi(pypi_upstream.root).copy(tmp_path_factory.mktemp("pypi"))
    for project in ("flask", "requests", "idna"):
        index.upload(wheel_name(project, "99.0"), wheel(project, "99.0"), "2026-02-03T04:05:06.789Z")
    index.write()
    archive = cran.made().copy(tmp_path_factory.mktemp("cran") / "cran")
    for package in ("praise", "R6"):
        archive.publish(cran.rewritten(archive.current(package), "99.0", "2026-02-03"), "2026-02-03")
    archive.index()
    later = index.serve(tmp_path_factory.mktemp("nginx")), Nginx(tmp_path_factory.mktemp("nginx"), archive.root)
    early = server_of(tmp_path_factory.mktemp("early"), cran_upstream.url, pypi_upstream.url)
    late = server_of(tmp_path_factory.mktemp("late"), later[1].url, later[0].url)
    yield early, late
    for one in (early, late, *later):
        one.close()


def index_of(server, snapshot=None):
    return f"{server.url}/py/{snapshot or server.day['py']}/simple/"


def hashes_in(lock):
    """{(name, version): hashes} of a uv.lock or a poetry.lock."""
    found = {}
    for package in tomllib.loads(lock)["package"]:
        files = [*package.get("wheels", []), *package.get("files", []), *([package["sdist"]] if "sdist" in package else [])]
        found[package["name"], package["version"]] = {file["hash"] for file in files}
    return found


def test_the_later_server_has_more_today_and_the_same_on_the_day(servers):
    early, late = servers
    assert "99.0" in late.json_page("py", "flask").json["versions"] and "99.0" not in early.json_page("py", "flask").json["versions"]
    # Upstream tells no MD5 of what is in its Archive: the later server does not know it.
    page = [re.sub("MD5sum: .*\n", "", server.get(f"/all/{DAY}/src/contrib/PACKAGES").text) for server in servers]
    assert page[0] == page[1] and "Package: praise\nVersion: 1.0.0\n" in page[0] and "99.0" not in page[0]


def test_uv_locks_the_same_on_both(servers, tmp_path):
    locks = []
    for number, server in enumerate(servers):
        client = clients.Uv(tmp_path / str(number))
        (client.folder / "pyproject.toml").write_text(UV_PROJECT)
        client.must(UV, "lock", "--default-index", index_of(server))
        locks.append(hashes_in((client.folder / "uv.lock").read_text()))
    assert locks[0] == locks[1]
    assert {"requests", "urllib3", "team-tool"} <= {name for name, _ in locks[0]}
    assert all(hashes for (name, _), hashes in locks[0].items() if name != "customer")


def test_requirements_with_hashes_of_one_server_are_installed_from_the_other(servers, tmp_path):
    early, late = servers
    texts = []
    for number, server in enumerate(servers):
        client = clients.Uv(tmp_path / str(number))
        (client.folder / "requirements.in").write_text("requests\nteam-tool\n")
        client.must(UV, "pip", "compile", "--generate-hashes", "--no-header", "--no-annotate", "--default-index", index_of(server),
                    "requirements.in", "-o", "requirements.txt")
        texts.append(re.sub(r"^--.*\n", "", (client.folder / "requirements.txt").read_text(), flags=re.M))
    assert texts[0] == texts[1] and texts[0].count("--hash=sha256:") > 5
    pip = clients.Pip(tmp_path / "pip")
    (pip.folder / "requirements.txt").write_text(texts[0])
    pip.install(index_of(late, "latest"), "-r", "requirements.txt", options=["--require-hashes", "--no-deps"])
    assert (pip.folder / "site/requests").is_dir() and pip.answer("team_tool") == "1.0"


def test_poetry_locks_the_same_on_both_and_installs_mirrored_and_own_packages(servers, tmp_path):
    locks = []
    for number, server in enumerate(servers):
        client = clients.Client(tmp_path / str(number))
        (client.folder / "pyproject.toml").write_text(POETRY_PROJECT.format(index=index_of(server)))
        client.must("poetry", "lock")
        locks.append(hashes_in((client.folder / "poetry.lock").read_text()))
    assert locks[0] == locks[1] and {"requests", "urllib3", "team-tool"} <= {name for name, _ in locks[0]}
    client.must("poetry", "install")
    assert client.must("poetry", "run", "python", "-c", "import requests, team_tool; print(team_tool.answer)").strip() == "1.0"


def test_r_gets_the_same_bytes_of_a_day_and_of_a_version_from_both(servers, r):
    sums = []
    for server in servers:
        client = r(f"{server.url}/all/{server.day['all']}")
        sums.append(client.evaluate('''dir.create("got")
            files <- download.packages(c("praise", "R6", "barley"), "got", type = "source", quiet = TRUE)[, 2]
            cat(paste(basename(files), tools::md5sum(files), sep = "=", collapse = " "))'''))
        latest = r(f"{server.url}/all/latest")
        latest.evaluate('remotes::install_version("praise", "1.0.0", quiet = TRUE, upgrade = "never")')
        assert latest.evaluate('cat(as.character(packageVersion("praise")))') == "1.0.0"
    assert sums[0] == sums[1] and "praise_1.0.0.tar.gz=" in sums[0]
