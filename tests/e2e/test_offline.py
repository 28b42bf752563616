"""A server without any upstream: what granary export wrote elsewhere, granary import takes in."""

import json
import random
import subprocess
import tarfile
import time

import pytest

from artifacts import r_name, r_package, wheel, wheel_name
from server import BINARY, Granary, eventually

CONTRIB = "/src/contrib/"
DATE = "2024-06-01"


@pytest.fixture(scope="module")
def online(tmp_path_factory, cran_upstream, pypi_upstream):
    with Granary(tmp_path_factory.mktemp("online")) as server:
        server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", cran_upstream.url)
        server.cli("create", "source", "--name", "pypi", "--type", "pypi", "--url", f"{pypi_upstream.url}/simple")
        server.source("r", name="team")
        server.added("team", {r_name("ours", "1.0"): r_package("ours", "1.0", Imports="praise")})
        for source in ("cran", "pypi"):
            server.cli("create", "repo", "--name", source, "--type", {"cran": "r", "pypi": "python"}[source])
            server.cli("subscribe", "--repo", source, "--source", source)
            server.cli("sync", "--source", source, seconds=300)
        yield server


@pytest.fixture
def offline(tmp_path):
    """A server that could not ask anybody if it wanted to."""
    with Granary(tmp_path / "offline", {"CRAN": {"URL": "http://127.0.0.1:9"}, "PyPI": {"URL": "http://127.0.0.1:9"}}) as server:
        yield server
        assert not server.cli_json("verify")["problems"]


def export(server, path, *options):
    return server.cli("export", "--path", path, *options, seconds=300)


def repository(server, name, kind, *sources):
    server.cli("create", "repo", "--name", name, "--type", kind)
    for source in sources:
        server.cli("subscribe", "--repo", name, "--source", source)


def test_r_installs_from_a_bundle_at_latest_and_on_its_date_own_packages_too(online, offline, r, tmp_path):
    bundle = tmp_path / "r.tar"
    assert "packages" in export(online, bundle, "--source", "team,cran", "--package", "ours,R6", "--date", DATE)
    with tarfile.open(bundle) as archive:
        names = archive.getnames()
    assert names[0] == "manifest.json" and names[-1] == "records.jsonl"
    assert any(name.endswith("/praise_1.0.0.tar.gz") for name in names)
    offline.cli("import", "--path", bundle)
    repository(offline, "all", "r", "team", "cran")
    client = r(f"{offline.url}/all/latest")
    client.install("ours", "R6")
    assert client.evaluate('cat(as.character(packageVersion("R6")), as.character(packageVersion("praise")))') == \
        r(f"{online.url}/cran/latest").evaluate('a <- available.packages(filters = list()); cat(a["R6", "Version"], a["praise", "Version"])')
    for snapshot in ("latest", DATE):
        here, there = (json_rows(s, name, snapshot) for s, name in ((offline, "all"), (online, "cran")))
        assert {row: version for row, version in there.items() if row in here} == {r: v for r, v in here.items() if r != "ours"}
        assert "R6" in here
        for package, version in here.items():
            assert offline.get(f"/all/{snapshot}{CONTRIB}{package}_{version}.tar.gz").status in (200, 404)
    old = json_rows(offline, "all", DATE)["R6"]
    assert offline.get(f"/all/{DATE}{CONTRIB}R6_{old}.tar.gz").body == online.get(f"/cran/{DATE}{CONTRIB}R6_{old}.tar.gz").body
    refusal = offline.run("sync", "--source", "cran")
    assert refusal.returncode != 0 and "granary import" in refusal.stderr
    assert "offline:" in offline.cli("info", "--source", "cran")
    assert offline.get(f"/all/latest{CONTRIB}brew_1.0.tar.gz").status == 404


def json_rows(server, repo, snapshot):
    rows, package = {}, None
    for line in server.get(f"/{repo}/{snapshot}{CONTRIB}PACKAGES").text.splitlines():
        if line.startswith("Package: "):
            package = line.removeprefix("Package: ")
        elif line.startswith("Version: "):
            rows[package] = line.removeprefix("Version: ")
    return rows


def test_pip_installs_from_a_bundle_with_what_its_requirements_need(online, offline, pip, tmp_path):
    bundle = tmp_path / "python.tar"
    export(online, bundle, "--source", "pypi", "--package", "requests,six==1.15.0", "--date", "2023-12-31")
    offline.cli("import", "--path", bundle)
    repository(offline, "pypi", "python", "pypi")
    pip.install(f"{offline.url}/pypi/latest/simple/", "requests", "six==1.15.0")
    assert {"requests", "urllib3", "idna", "certifi"} <= {path.name for path in (pip.folder / "site").iterdir()}
    newest = online.filenames("pypi", "idna")
    assert set(offline.filenames("pypi", "idna")) <= set(newest)
    pip.forget()
    pip.install(f"{offline.url}/pypi/2023-12-31/simple/", "idna")
    assert (pip.folder / "site/idna-3.6.dist-info").is_dir()
    assert offline.get("/pypi/latest/simple/numpy/").status == 404
    wheels = [file for file in offline.json_page("pypi", "idna").json["files"] if file["core-metadata"]]
    assert offline.get(offline.file_url("pypi", "idna", wheels[0]["filename"]) + ".metadata").status == 200


def test_a_second_bundle_adds_to_the_first(online, offline, tmp_path):
    for number, package in enumerate(("praise", "R6")):
        export(online, tmp_path / f"{number}.tar", "--source", "cran", "--package", package)
        offline.cli("import", "--path", tmp_path / f"{number}.tar")
    repository(offline, "cran", "r", "cran")
    assert {"praise", "R6"} <= set(json_rows(offline, "cran", "latest"))
    assert "0 files came" in offline.cli("import", "--path", tmp_path / "1.tar")


def test_a_damaged_bundle_is_refused_by_name_and_nothing_of_it_is_seen(online, offline, tmp_path):
    bundle = tmp_path / "whole.tar"
    export(online, bundle, "--source", "cran", "--package", "praise")
    again = online.run("export", "--path", bundle, "--source", "cran", "--package", "praise")
    assert again.returncode != 0 and "is there already" in again.stderr
    whole = bundle.read_bytes()
    at = whole.index(b"\x1f\x8b") + 100
    later = whole.replace(b'"format":1', b'"format":7', 1)
    for name, data, says in (("flipped", whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:], "praise_1.0.0.tar.gz"),
                             ("cut", whole[:-1000], "copy it again"), ("short", whole[:5000], "no bundle"), ("none", b"no tar" * 1000, "no bundle"),
                             ("empty", b"", "no bundle"), ("later", later, "format")):
        path = tmp_path / f"{name}.tar"
        path.write_bytes(data)
        refused = offline.run("import", "--path", path)
        assert refused.returncode != 0 and says in refused.stderr and refused.stderr.count("\n") <= 2, (name, refused)
    if "cran" in offline.cli("list", "sources"):
        repository(offline, "cran", "r", "cran")
        assert json_rows(offline, "cran", "latest") == {}
    offline.cli("import", "--path", bundle)


def test_an_import_that_is_killed_shows_nothing_and_goes_on(online, offline, tmp_path):
    bundle = tmp_path / "many.tar"
    export(online, bundle, "--source", "cran", "--date", DATE)
    offline.cli("create", "source", "--name", "cran", "--type", "cran", "--url", "offline:")
    repository(offline, "cran", "r", "cran")
    chance = random.Random(4242)
    for _ in range(3):
        importing = subprocess.Popen([BINARY, "import", "--path", bundle, "-c", offline.config],
                                     env=offline.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.05, 0.3))
        importing.kill()
        importing.wait()
        assert len(json_rows(offline, "cran", "latest")) in (0, len(json_rows(online, "cran", "latest")))
        offline.kill()
        offline.start()
        assert not offline.cli_json("verify")["problems"]
    offline.cli("import", "--path", bundle)
    assert json_rows(offline, "cran", "latest") == json_rows(online, "cran", "latest")
    assert json_rows(offline, "cran", DATE) == json_rows(online, "cran", DATE)
    eventually(lambda: all(offline.get(f"/cran/{DATE}{CONTRIB}{package}_{version}.tar.gz").status == 200
                           for package, version in list(json_rows(offline, "cran", DATE).items())[:10]))


def test_own_python_packages_go_along(online, offline, tmp_path):
    online.source("python", name="team-python")
    online.added("team-python", {wheel_name("ourpy", "1.0"): wheel("ourpy", "1.0")})
    export(online, tmp_path / "own.tar", "--source", "team-python")
    offline.cli("import", "--path", tmp_path / "own.tar")
    repository(offline, "own", "python", "team-python")
    assert offline.filenames("own", "ourpy") == [wheel_name("ourpy", "1.0")]
    missing = online.run("export", "--path", tmp_path / "no.tar", "--source", "cran", "--package", "nosuchthing")
    assert missing.returncode != 0 and "nosuchthing" in missing.stderr and not (tmp_path / "no.tar").exists()
    assert json.loads(online.cli("export", "--path", tmp_path / "j.tar", "--source", "team", "--package", "ours", "-o", "json"))["files"] == 1
