"""What an upstream index says of its files is said by us too: attestations, status, yanks, times, metadata."""

import hashlib
import json

import pytest

import faulty as faults
import pypi
from server import Granary

JSON = "application/vnd.pypi.simple.v1+json"
PROVENANCE = "application/vnd.pypi.integrity.v1+json"


@pytest.fixture(scope="module")
def upstream(tmp_path_factory, pypi_upstream):
    """A copy of the PyPI of the tests in which a file of six is yanked."""
    copy = pypi.Pypi(pypi_upstream.root).copy(tmp_path_factory.mktemp("pypi"))
    [yanked, *_] = [entry["filename"] for entry in copy.of("six")]
    copy.yank(yanked, 'broken on <3.9 & "odd"')
    copy.yanked = yanked
    copy.write()
    server = copy.serve(tmp_path_factory.mktemp("nginx"))
    yield copy, server
    server.close()


@pytest.fixture
def mirror(make_granary, upstream, faulty):
    """A server with a mirror named pypi, and the upstream that it asks."""
    def make(settings=None):
        front = faulty(upstream[1].url)
        server = make_granary(settings=settings).start()
        server.cli("create", "source", "--name", "pypi", "--type", "pypi", "--url", f"{front.url}/simple")
        server.repository("python", "pypi", name="pypi")
        server.cli("sync", "--source", "pypi", seconds=300)
        return server, front
    return make


def with_provenance(server, snapshot="latest"):
    [file] = [file for file in server.json_page("pypi", "idna", snapshot).json["files"] if file["provenance"]]
    return file


def path_of(server, file):
    assert file["provenance"].startswith(server.url), "PEP 740 wants an absolute URL"
    return file["provenance"][len(server.url):]


def test_attestations_are_fetched_when_asked_for_checked_and_kept(mirror, upstream):
    server, front = mirror()
    file = with_provenance(server)
    path = path_of(server, file)
    assert path == f"/pypi/latest/integrity/idna/{file['filename'].split('-')[1]}/{file['filename']}/provenance"
    theirs = next(upstream[0].root.glob(f"integrity/idna/*/{file['filename']}/provenance"))
    asked = f"/{theirs.relative_to(upstream[0].root)}"
    assert asked not in front.counts()
    for bad in (faults.html(), faults.body(b'{"version": 1, "attest'),
                faults.body(b"[" * 100_000), faults.status(503)):
        front.fail(asked, bad)
        answer = server.get(path)
        assert answer.status in (502, 503), answer
    front.heal()
    answer = server.get(path)
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, theirs.read_bytes(), PROVENANCE)
    count = front.counts()[asked]
    assert server.get(path).body == answer.body and front.counts()[asked] == count
    assert server.get(path.replace(file["filename"], "idna-0.0-py3-none-any.whl")).status == 404
    assert f'data-provenance="{file["provenance"]}"' in server.get("/pypi/latest/simple/idna/", Accept="text/html").text


def test_attestations_of_a_past_day_are_below_that_day(mirror):
    server, _ = mirror()
    latest, day = with_provenance(server), with_provenance(server)["upload-time"][:10]
    other = with_provenance(server, day)
    assert path_of(server, other) == path_of(server, latest).replace("/latest/", f"/{day}/")
    assert server.get(path_of(server, other)).status == 200


def test_without_an_address_of_its_own_the_url_is_relative_to_the_page(mirror):
    server, _ = mirror({"Server": {"Address": None}})
    file = with_provenance(server)
    assert file["provenance"].startswith("../../integrity/idna/")
    assert server.get("/pypi/latest/" + file["provenance"][len("../../"):]).status == 200


def test_files_are_described_as_upstream_describes_them(mirror, upstream):
    server, _ = mirror()
    for project in ("six", "idna", "requests", "first"):
        page = server.json_page("pypi", project).json
        theirs = json.loads(upstream[1].request("GET", f"/simple/{project}/", headers={"Accept": JSON})[2])
        assert page["versions"] == sorted(page["versions"], key=page["versions"].index) and set(page["versions"]) == set(theirs["versions"])
        assert page["project-status"]["status"] == ("archived" if project == pypi.ARCHIVED else "active")
        told = {file["filename"]: file for file in theirs["files"]}
        assert len(told) == len(page["files"])
        for file in page["files"]:
            other = told[file["filename"]]
            for key in ("hashes", "size", "yanked", "requires-python"):
                assert file.get(key) == other.get(key), (project, key)
            assert file["upload-time"].rstrip("Z")[:19] == other["upload-time"].rstrip("Z")[:19]
            assert (file["core-metadata"] or None) == other.get("core-metadata"), project
            assert file["data-dist-info-metadata"] == file["core-metadata"]


def test_the_reason_of_a_yank_is_in_every_form_of_the_page(mirror, upstream):
    server, _ = mirror()
    reason, name = 'broken on <3.9 & "odd"', upstream[0].yanked
    [file] = [file for file in server.json_page("pypi", "six").json["files"] if file["filename"] == name]
    assert file["yanked"] == reason
    assert 'data-yanked="broken on &lt;3.9 &amp; &quot;odd&quot;"' in server.get("/pypi/latest/simple/six/", Accept="text/html").text
    listed = [one for files in server.get("/pypi/latest/pypi/six/json").json["releases"].values() for one in files]
    [one] = [one for one in listed if one["filename"] == name]
    assert one["yanked"] is True and one["yanked_reason"] == reason


def test_a_yanked_version_is_installed_only_by_its_exact_number(mirror, upstream, pip):
    server, _ = mirror()
    version = upstream[0].yanked.split("-")[1].removesuffix(".tar.gz")
    index = f"{server.url}/pypi/latest/simple/"
    pip.install(index, "six")
    assert not (pip.folder / f"site/six-{version}.dist-info").exists()


def test_metadata_is_the_wheels_own_bytes(mirror):
    server, _ = mirror()
    for project in ("idna", "requests"):
        for file in server.json_page("pypi", project).json["files"]:
            if not file["core-metadata"]:
                continue
            answer = server.get(server.file_url("pypi", project, file["filename"]) + ".metadata")
            assert answer.status == 200 and hashlib.sha256(answer.body).hexdigest() == file["core-metadata"]["sha256"]


def test_the_status_of_a_project_is_in_html_too(mirror):
    server, _ = mirror()
    page = server.get(f"/pypi/latest/simple/{pypi.ARCHIVED}/", Accept="text/html").text
    assert '<meta name="pypi:project-status" content="archived">' in page
