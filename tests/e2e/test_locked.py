"""A locked identifier gives the same bytes for ever, whatever upstream and we do later."""

import itertools

import cran
import pypi
import pytest

from artifacts import r_name, r_package, wheel, wheel_name
from nginx import Nginx
from server import Granary

SIMPLE = "application/vnd.pypi.simple.v1+json"
CONTRIB = "/src/contrib/"


def answers(server, paths):
    found = {}
    for path in paths:
        for accept in ((SIMPLE, "text/html") if "/simple/" in path else ("*/*",)):
            answer = server.get(path, Accept=accept)
            found[path, accept] = (answer.status, answer.body)
    return found


def files_of_page(server, page):
    return [page.rsplit("/simple/", 1)[0] + "/" + file["url"][len("../../"):] for file in server.get(page, Accept=SIMPLE).json["files"]]


@pytest.fixture
def upstreams(tmp_path, cran_upstream, pypi_upstream):
    """Copies that may be written to."""
    index = pypi.Pypi(pypi_upstream.root).copy(tmp_path / "pypi")
    archive = cran.made().copy(tmp_path / "cran")
    servers = index.serve(tmp_path / "nginx1"), Nginx(tmp_path / "nginx2", archive.root)
    yield index, archive, *servers
    for server in servers:
        server.close()


def test_locked_identifiers_never_change(tmp_path, upstreams):
    index, archive, index_server, archive_server = upstreams
    with Granary(tmp_path / "server", {"CRAN": {"RequestsPerSecond": 0}, "PyPI": {"Staleness": "1s"}}) as server:
        server.cli("create", "source", "--name", "cran", "--type", "cran", "--url", archive_server.url)
        server.cli("create", "source", "--name", "pypi", "--type", "pypi", "--url", f"{index_server.url}/simple")
        server.source("r", name="team")
        server.source("python", name="team-python")
        server.repository("r", "team", "cran", name="all")
        server.repository("python", "team-python", "pypi", name="py")
        for source in ("cran", "pypi"):
            server.cli("sync", "--source", source, seconds=300)
        server.added("team", {r_name("ours", "1.0"): r_package("ours", "1.0")})
        server.added("team-python", {wheel_name("tool", "1.0"): wheel("tool", "1.0")})
        for project in ("idna", "six", "requests"):
            assert server.json_page("py", project).status == 200
        paths = []
        for repository, more in itertools.product(("all", "py"), ([], ["--no-alias"], ["--date", "2024-01-01"])):
            made = server.cli_json("url", "create", "--repo", repository, "--lock", *more)
            base = f"/{repository}/{made['snapshot']}"
            if repository == "all":
                paths += [base + CONTRIB + name for name in ("PACKAGES", "PACKAGES.gz", "PACKAGES.rds", "Meta/archive.rds",
                                                             "R6_2.6.1.tar.gz", "praise_1.0.0.tar.gz", "ours_1.0.tar.gz")]
                continue
            for project in ("idna", "six", "requests", "tool"):
                page = f"{base}/simple/{project}/"
                paths.append(page)
                if server.get(page).status == 200:
                    paths += [file for file in files_of_page(server, page)][:4]
        before = answers(server, paths)
        good = [key for key, (status, _) in before.items() if status == 200]
        assert len(good) > 60
        # We: names of ours that were public until now, yanks, removals, other sources first.
        server.added("team", {r_name("R6", "9.0"): r_package("R6", "9.0"), r_name("ours", "2.0"): r_package("ours", "2.0")})
        server.added("team-python", {wheel_name("idna", "99.0"): wheel("idna", "99.0"), wheel_name("tool", "2.0"): wheel("tool", "2.0")})
        server.cli("yank", "--source", "team-python", "--name", "tool@1.0", "--reason", "bad")
        server.cli("remove", "package", "--source", "team", "--name", "ours@1.0")
        server.cli("archive", "--source", "team", "--name", "ours")
        server.cli("reorder", "--repo", "all", "--sources", "cran,team")
        # Upstream: a new file, a yank, a file and a whole project that vanish.
        index.upload("six-99.0-py3-none-any.whl", wheel("six", "99.0"), "2026-01-01T00:00:00Z")
        index.yank([entry["filename"] for entry in index.of("requests")][0], "broken")
        index.delete([entry["filename"] for entry in index.of("idna")][0])
        for entry in list(index.of("six")):
            index.delete(entry["filename"])
        index.write()
        archive.publish(cran.rewritten(archive.current("praise"), "2.0.0", "2025-12-01"), "2025-12-01")
        archive.remove("R6", "2025-12-02")
        archive.index()
        for source in ("cran", "pypi"):
            server.cli("sync", "--source", source, seconds=300)
        for project in ("idna", "six", "requests"):
            server.json_page("py", project)
        for source in ("cran", "pypi"):
            server.cli("evict", "--source", source)
        server.cli("gc")
        assert server.json_page("py", "six").status == 404
        assert b"Version: 9.0" not in server.get("/all/latest" + CONTRIB + "PACKAGES").body
        after = answers(server, paths)
        changed = [key for key in before if before[key] != after[key]]
        assert not changed, [(key, before[key][0], after[key][0]) for key in changed]
        server.stop()
        server.start()
        again = answers(server, paths)
        assert [key for key in before if before[key] != again[key]] == []
