"""Indexes that are not PyPI's own software: bandersnatch and devpi mirror us, and we mirror devpi and plain folders."""

import hashlib
import json
import subprocess

import pytest

import pypi
from artifacts import wheel, wheel_name
from conftest import missing
from devpi import PASSWORD, PROGRAMS, USER, Devpi
from nginx import Nginx
from server import Granary, eventually, plain_environment

PROJECTS = ("idna", "six", "team-tool")
BANDERSNATCH = """
[mirror]
directory = {folder}/mirror
master = {master}
allow-non-https = true
api-method = simple
json = true
timeout = 20
global-timeout = 300
workers = 3
hash-index = false
simple-format = ALL
stop-on-error = true
storage-backend = filesystem
verifiers = 3
[plugins]
enabled = allowlist_project
[allowlist]
packages =
    {packages}
"""


@pytest.fixture(scope="module", autouse=True)
def programs():
    if not (PROGRAMS / "bandersnatch").exists():
        missing("bandersnatch and devpi are not installed: make e2e installs them")


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory, pypi_upstream):
    """A mirror of the PyPI of the tests with a team's own source before it."""
    with Granary(tmp_path_factory.mktemp("mirrored")) as server:
        server.cli("create", "source", "--name", "pypi", "--type", "pypi", "--url", f"{pypi_upstream.url}/simple")
        server.source("python", name="team")
        server.repository("python", "team", "pypi", name="all")
        server.repository("python", "team", "pypi", name="packages-all")  # bandersnatch takes no file that is not below /packages
        server.cli("sync", "--source", "pypi", seconds=300)
        server.added("team", {wheel_name("team-tool", "1.0"): wheel("team-tool", "1.0")})
        yield server


@pytest.fixture(scope="module")
def devpi(tmp_path_factory):
    server = Devpi(tmp_path_factory.mktemp("devpi") / "devpi")
    yield server
    server.close()


def hashes_of(server, project):
    return {file["filename"]: file["hashes"]["sha256"] for file in server.json_page("all", project).json["files"]}


def mirrored(folder):
    """{project: {file name: SHA-256 of the bytes}} of what bandersnatch wrote."""
    found = {}
    for page in (folder / "mirror/web/simple").glob("*/index.v1_json"):
        files = json.loads(page.read_text())["files"]
        found[page.parent.name] = {file["filename"]: hashlib.sha256((page.parent / file["url"]).resolve().read_bytes()).hexdigest()
                                   for file in files}
    return found


def test_bandersnatch_mirrors_us_and_follows(mirrors, tmp_path):
    config = tmp_path / "bandersnatch.conf"
    config.write_text(BANDERSNATCH.format(folder=tmp_path, master=f"{mirrors.url}/packages-all/latest", packages="\n    ".join(PROJECTS)))

    def mirror():
        done = subprocess.run([PROGRAMS / "bandersnatch", "-c", config, "mirror"], capture_output=True, text=True, timeout=300,
                              env=plain_environment() | {"HOME": str(tmp_path)}, cwd=tmp_path)
        said = done.stdout + done.stderr
        assert done.returncode == 0 and "Error syncing" not in said, said[-3000:]
        return said

    mirror()
    assert mirrored(tmp_path) == {project: hashes_of(mirrors, project) for project in PROJECTS}
    serial = int((tmp_path / "mirror/status").read_text())
    mirror()
    assert int((tmp_path / "mirror/status").read_text()) == serial
    mirrors.added("team", {wheel_name("team-tool", "2.0"): wheel("team-tool", "2.0")})
    mirror()
    assert wheel_name("team-tool", "2.0") in mirrored(tmp_path)["team-tool"]
    assert int((tmp_path / "mirror/status").read_text()) > serial


def test_devpi_mirrors_us_and_pip_installs_through_it(mirrors, devpi, pip):
    url = devpi.index("through", type="mirror", mirror_url=f"{mirrors.url}/all/latest/simple/", mirror_cache_expiry="1", volatile="True")
    pip.install(f"{url}/+simple/", "idna", "six==1.15.0", "team-tool")
    assert (pip.folder / "site/idna").is_dir() and (pip.folder / "site/team_tool").is_dir()
    mirrors.added("team", {wheel_name("team-tool", "3.0"): wheel("team-tool", "3.0", answer="three")})
    eventually(lambda: pip.install(f"{url}/+simple/", "team-tool==3.0", check=False).returncode == 0, 30)
    assert pip.answer("team_tool") == "three"
    assert "serial mismatch" not in devpi.log()


def real_files(pypi_upstream, *projects):
    """Files of real projects: {name: path}"""
    tree = pypi.Pypi(pypi_upstream.root)
    return {entry["filename"]: tree.root / entry["path"] for project in projects for entry in tree.of(project)}


def test_we_mirror_a_devpi_to_which_projects_were_uploaded(make_granary, devpi, twine, pip, uv, pypi_upstream):
    upstream = devpi.index("team", type="stage", bases=[], volatile="False")
    files = real_files(pypi_upstream, "idna", "certifi")
    for path in files.values():
        twine.must(PROGRAMS.parent.parent / "venv/bin/twine", "upload", "--disable-progress-bar", "--repository-url", upstream + "/",
                   "-u", USER, "-p", PASSWORD, path)
    server = make_granary().start()
    server.cli("create", "source", "--name", "devpi", "--type", "pypi", "--url", f"{upstream}/+simple")
    server.repository("python", "devpi", name="all")
    server.cli("sync", "--source", "devpi")
    assert {one["name"] for one in server.get("/all/latest/simple/", Accept="application/vnd.pypi.simple.v1+json").json["projects"]} \
        == {"idna", "certifi"}
    told = {file["filename"]: file for project in ("idna", "certifi") for file in server.json_page("all", project).json["files"]}
    assert {name: file["hashes"]["sha256"] for name, file in told.items()} \
        == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    pip.install(f"{server.url}/all/latest/simple/", "idna", "certifi")
    uv.install(f"{server.url}/all/latest/simple/", "idna")
    assert (pip.folder / "site/certifi").is_dir() and (uv.folder / "site/idna").is_dir()


def folder_of(tmp_path, files):
    """PEP 503 as folders, without a page: {project}/{file}"""
    root = tmp_path / "static/simple"
    for name, path in files.items():
        target = root / pypi.pypi_files.identity(name)[0] / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    return root


@pytest.mark.parametrize("kind", ["file", "autoindex", "html"])
def test_we_mirror_a_folder_without_json(make_granary, tmp_path, pip, uv, pypi_upstream, kind):
    files = real_files(pypi_upstream, "idna", "charset-normalizer")
    root = folder_of(tmp_path, files)
    if kind == "html":
        for folder in root.iterdir():
            links = "".join(f'<a href="{file.name}#sha256={hashlib.sha256(file.read_bytes()).hexdigest()}">{file.name}</a>\n'
                            for file in sorted(folder.iterdir()))
            (folder / "index.html").write_text(f"<!DOCTYPE html><html><body>\n{links}</body></html>")
    server = make_granary().start()
    front = None if kind == "file" else Nginx(tmp_path / "nginx", root.parent, server="autoindex on;", http="types { text/html html; }")
    try:
        url = f"file://{root}" if kind == "file" else f"{front.url}/simple"
        server.cli("create", "source", "--name", "static", "--type", "pypi", "--url", url)
        server.repository("python", "static", name="all")
        server.cli("sync", "--source", "static")
        listed = server.get("/all/latest/simple/", Accept="application/vnd.pypi.simple.v1+json").json["projects"]
        assert {one["name"] for one in listed} == {"idna", "charset-normalizer"}
        told = {file["filename"]: file for project in ("idna", "charset-normalizer")
                for file in server.json_page("all", project).json["files"]}
        assert set(told) == set(files)  # also names that nginx cuts short
        assert all(("sha256" in file["hashes"]) == (kind == "html") for file in told.values())
        assert not any("upload-time" in file or file["core-metadata"] for file in told.values())
        index = f"{server.url}/all/latest/simple/"
        pip.install(index, "idna", "charset-normalizer")
        uv.install(index, "idna")
        assert (pip.folder / "site/charset_normalizer").is_dir() and (uv.folder / "site/idna").is_dir()
        for name, file in told.items():
            body = server.get(server.file_url("all", pypi.pypi_files.identity(name)[0], name)).body
            assert body == files[name].read_bytes(), name
    finally:
        if front:
            front.close()
