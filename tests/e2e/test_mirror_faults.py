"""What upstreams do wrong: what is known is served on, the fault is named, wrong bytes are neither kept nor served, and all is
well again when upstream is, without a restart."""

import concurrent.futures
import hashlib
import http.client
import itertools

import cran
import faulty as faults
import pypi
import pytest

from server import Answer, Granary, eventually

CONTRIB = "/src/contrib/"
PAGE = "/pypi/latest/simple/"
DATA = b"no page and no archive " * 50

EVERYWHERE = {
    "500": faults.status(500), "503": faults.status(503, Retry_After="1"), "403": faults.status(403), "404": faults.gone(),
    "304": faults.not_modified(), "silent": faults.silent(), "reset": faults.reset(), "truncated": faults.truncated(),
    "wrong-bytes": faults.wrong_bytes(), "html": faults.html(), "portal": faults.body(
        b'<!DOCTYPE html><html><body><a href="/login/">login</a></body></html>', "text/html"),
    "circle": faults.redirect_loop(), "data": faults.body(DATA), "encoding": faults.encoded("br"),
    "gzip-that-is-none": faults.encoded("gzip"), "empty": faults.body(b"")}


def at_once(work, items):
    with concurrent.futures.ThreadPoolExecutor(len(items)) as pool:
        return dict(zip(items, pool.map(work, items), strict=True))


def problems(server, source, what):
    """granary_mirror_problems_total"""
    name = f'granary_mirror_problems_total{{source="{source}",what="{what}"}} '
    return sum(float(line.removeprefix(name)) for line in server.metrics().splitlines() if line.startswith(name))


def info(server, source):
    return server.cli_json("info", "--source", source)


def fetched(server, path):
    """The answer, or what became of it: a body that breaks off is no answer."""
    try:
        return server.get(path)
    except (http.client.HTTPException, OSError) as error:
        return error


def refused(answer):
    return not isinstance(answer, Answer) or answer.status >= 400


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Granary(tmp_path_factory.mktemp("faults"), {"PyPI": {"Staleness": "1s"}, "CRAN": {"ReadOldVersions": "false"}, "Jobs": {"Workers": "8"}}) as server:
        yield server
        assert not server.cli_json("verify")["problems"]
        assert server.stop() == 0


def mirror(server, name, kind, url):
    server.cli("create", "source", "--name", name, "--type", kind, "--url", url)
    server.cli("create", "repo", "--name", name, "--type", {"cran": "r", "pypi": "python"}[kind])
    server.cli("subscribe", "--repo", name, "--source", name)
    server.cli("sync", "--source", name, seconds=300)


def test_a_synchronisation_of_cran_survives_every_fault_and_names_it(server, cran_upstream, faulty):
    upstreams = {name: faulty(cran_upstream.url) for name in EVERYWHERE}
    index = {name: f"/cran-{name}/latest{CONTRIB}PACKAGES" for name in EVERYWHERE}
    at_once(lambda name: mirror(server, f"cran-{name}", "cran", upstreams[name].url), list(EVERYWHERE))
    before = {name: server.get(index[name]).body for name in EVERYWHERE}
    assert all(body.count(b"Package: ") >= 60 for body in before.values())
    for name, fault in EVERYWHERE.items():
        upstreams[name].conditions = False
        upstreams[name].fail(CONTRIB + "PACKAGES*", fault)
    done = at_once(lambda name: server.run("sync", "--source", f"cran-{name}", seconds=300), list(EVERYWHERE))
    quiet = {"304"}  # an answer to a question that was asked
    for name in EVERYWHERE:
        assert server.get(index[name]).body == before[name], name
        if name in quiet:
            assert done[name].returncode == 0
            continue
        assert done[name].returncode != 0, (name, done[name].stdout)
        assert info(server, f"cran-{name}")["problem"], name
        assert problems(server, f"cran-{name}", "sync") >= 1, name
        assert f'source=cran-{name}' in server.log() or f'"source":"cran-{name}"' in server.log(), name
    for name in EVERYWHERE:
        upstreams[name].heal()
    at_once(lambda name: server.cli("sync", "--source", f"cran-{name}", seconds=300), list(EVERYWHERE))
    assert all(info(server, f"cran-{name}")["problem"] == "" for name in EVERYWHERE)
    assert all(server.get(index[name]).body == before[name] for name in EVERYWHERE)


def test_a_file_of_cran_is_never_wrong_and_is_had_once_upstream_is_well(server, cran_upstream, faulty):
    upstream = faulty(cran_upstream.url)
    mirror(server, "files", "cran", upstream.url)
    names = sorted(path.name for path in cran.Cran(cran_upstream.root).contrib.glob("*.tar.gz") if path.stat().st_size > 2000)
    chosen = dict(zip(EVERYWHERE, names, strict=False))
    assert len(chosen) == len(EVERYWHERE)
    for fault, name in chosen.items():
        upstream.fail(CONTRIB + name, EVERYWHERE[fault])
        upstream.fail(f"{CONTRIB}Archive/*/{name}", EVERYWHERE[fault])
    count = problems(server, "files", "file")
    answers = at_once(lambda fault: fetched(server, f"/files/latest{CONTRIB}{chosen[fault]}"), list(chosen))
    assert all(refused(answer) for answer in answers.values()), {k: str(a)[:80] for k, a in answers.items() if not refused(a)}
    assert answers["404"].status == 404
    eventually(lambda: problems(server, "files", "file") - count >= len(chosen))
    assert info(server, "files")["file_problem"] and info(server, "files")["held_files"] == 0
    upstream.heal()
    right = {fault: cran_upstream.request("GET", CONTRIB + name)[2] for fault, name in chosen.items()}
    answers = at_once(lambda fault: server.get(f"/files/latest{CONTRIB}{chosen[fault]}"), list(chosen))
    assert all(answers[fault].body == right[fault] for fault in chosen)
    eventually(lambda: info(server, "files")["held_files"] == len(chosen))


def test_pages_and_files_of_pypi_are_shown_as_known_under_every_fault(server, pypi_upstream, faulty, tmp_path):
    index = pypi.Pypi(pypi_upstream.root)
    faults_of_pages = EVERYWHERE | {"hang": faults.silent(30), "huge": faults.huge_json(200)}
    names = [name for name, entries in index.projects().items() if len(entries) > 1]
    chosen = dict(zip(faults_of_pages, names, strict=False))
    assert len(chosen) == len(faults_of_pages)
    upstream = faulty(pypi_upstream.url)
    upstream.conditions = False
    mirror(server, "pypi", "pypi", f"{upstream.url}/simple")
    numbers = itertools.count()  # event loops keep an answer, but know it by its target only

    def page(fault):
        return server.get(f"{PAGE}{chosen[fault]}/?{next(numbers)}", Accept="application/vnd.pypi.simple.v1+json")

    before = {fault: page(fault).json["files"] for fault in chosen}
    assert all(before.values())
    for fault, name in chosen.items():
        upstream.fail(f"/simple/{name}/", faults_of_pages[fault])
    count = problems(server, "pypi", "page")
    asked = {name: upstream.count(f"/simple/{name}/") for name in chosen.values()}
    eventually(lambda: at_once(page, list(chosen)) and all(
        upstream.count(f"/simple/{name}/") > count for name, count in asked.items()), 20)
    known = at_once(page, [fault for fault in chosen if fault != "404"])
    assert all(answer.json["files"] == before[fault] for fault, answer in known.items())
    quiet = {"304", "404"}  # it was asked for what is newer; and upstream may well delete a project
    eventually(lambda: problems(server, "pypi", "page") - count >= len(chosen) - len(quiet), 20)
    assert info(server, "pypi")["page_problem"]
    upstream.heal()
    eventually(lambda: page("404").status == 200 and [f["filename"] for f in page("404").json["files"]] ==
               [f["filename"] for f in before["404"]], 20)

    chosen = {fault: before[fault][0] for fault in EVERYWHERE}
    for fault, file in chosen.items():
        upstream.fail(f"*/{file['filename']}", EVERYWHERE[fault])
    path = lambda fault: server.file_url("pypi", names[list(faults_of_pages).index(fault)], chosen[fault]["filename"])  # noqa: E731
    answers = at_once(lambda fault: fetched(server, path(fault)), list(chosen))
    assert all(refused(answer) for answer in answers.values()), {k: str(a)[:80] for k, a in answers.items() if not refused(a)}
    upstream.heal()
    answers = at_once(lambda fault: server.get(path(fault)), list(chosen))
    assert all(hashlib.sha256(answers[fault].body).hexdigest() == chosen[fault]["hashes"]["sha256"] for fault in chosen)


def test_a_list_of_projects_under_every_fault_is_the_one_that_is_known(server, pypi_upstream, faulty):
    upstreams = {name: faulty(pypi_upstream.url) for name in EVERYWHERE}
    at_once(lambda name: mirror(server, f"pypi-{name}", "pypi", f"{upstreams[name].url}/simple"), list(EVERYWHERE))
    root = lambda name: server.get(f"/pypi-{name}/latest/simple/", Accept="application/vnd.pypi.simple.v1+json")  # noqa: E731
    before = {name: root(name).json["projects"] for name in EVERYWHERE}
    for name, fault in EVERYWHERE.items():
        upstreams[name].conditions = False
        upstreams[name].fail("/simple/", fault)
    done = at_once(lambda name: server.run("sync", "--source", f"pypi-{name}", seconds=300), list(EVERYWHERE))
    for name in EVERYWHERE:
        assert root(name).json["projects"] == before[name], name
        assert (done[name].returncode == 0) == (name == "304"), (name, done[name].stdout)
        if name != "304":
            assert info(server, f"pypi-{name}")["problem"] and problems(server, f"pypi-{name}", "sync") >= 1, name
        upstreams[name].heal()
    at_once(lambda name: server.cli("sync", "--source", f"pypi-{name}", seconds=300), list(EVERYWHERE))
    assert all(info(server, f"pypi-{name}")["problem"] == "" for name in EVERYWHERE)


def test_indexes_without_end_are_given_up_in_bounded_memory(server, cran_upstream, pypi_upstream, faulty):
    r, python = faulty(cran_upstream.url), faulty(pypi_upstream.url)
    mirror(server, "endless", "cran", r.url)
    mirror(server, "endless-pypi", "pypi", f"{python.url}/simple")
    known = server.get(f"/endless/latest{CONTRIB}PACKAGES").body
    json = b'{"meta":{"api-version":"1.4"},"name":"six","versions":[],"x":"'
    python.fail("/simple/", faults.endless(json, b"x", 250, "application/vnd.pypi.simple.v1+json"))
    python.fail("/simple/six/", faults.endless(json, b"x", 200, "application/vnd.pypi.simple.v1+json"))
    r.fail(CONTRIB + "PACKAGES*", faults.endless(b"", b"Package: aaaa\nVersion: 1.0.000\n\n", 200, "text/plain"))
    before = server.resident_bytes(peak=True)
    for source in ("endless", "endless-pypi"):
        refusal = server.run("sync", "--source", source, seconds=300)
        assert refusal.returncode != 0 and "longer than" in refusal.stderr, refusal
    assert server.json_page("endless-pypi", "six").status in (502, 503)
    assert server.resident_bytes(peak=True) - before < 400_000_000
    assert server.get(f"/endless/latest{CONTRIB}PACKAGES").body == known


def test_a_broken_record_stops_neither_the_others_nor_its_own_package(server, cran_upstream, faulty):
    upstream = faulty(cran_upstream.url)
    mirror(server, "broken", "cran", upstream.url)
    packages = f"/broken/latest{CONTRIB}PACKAGES"
    before = server.get(packages).text
    plain = cran_upstream.request("GET", CONTRIB + "PACKAGES")[2]
    edited = plain.replace(b"Package: praise\nVersion: 1.0.0\n", b"Package: praise\nVersion: none\n")
    assert edited != plain
    upstream.fail(CONTRIB + "PACKAGES.gz", faults.gone())
    upstream.fail(CONTRIB + "PACKAGES", faults.body(edited + b"\nPackage: fresh\nVersion: 1.0\n", "text/plain"))
    assert "praise" in server.cli("sync", "--source", "broken")
    now = server.get(packages).text
    assert "Package: praise\nVersion: 1.0.0\n" in now and "Package: fresh\nVersion: 1.0\n" in now
    assert now.count("Package: ") == before.count("Package: ") + 1
    assert "praise" in info(server, "broken")["problem"] and problems(server, "broken", "sync") >= 1
    upstream.heal()
    server.cli("sync", "--source", "broken")
    assert info(server, "broken")["problem"] == "" and server.get(packages).text == before
