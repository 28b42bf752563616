"""A large mirror is deleted: gone at once, its rows in slices, whatever is killed meanwhile."""

import sqlite3

from server import eventually

NAMES = 100_000


def file_of(server):
    [path] = (server.folder / "data").rglob("*.db")
    return path


def rows_of(server):
    """As somebody beside the server sees it."""
    database = sqlite3.connect(f"file:{file_of(server)}?mode=ro", uri=True, timeout=10)
    try:
        return database.execute("SELECT COUNT(*) FROM mirror_names").fetchone()[0]
    finally:
        database.close()


def with_many_names(server):
    """A server that knows of a long list of projects, and asks nobody for it."""
    server.start()
    server.cli("create", "source", "--name", "pypi", "--type", "pypi", "--url", "offline:")
    server.stop()
    database = sqlite3.connect(file_of(server))
    database.execute("INSERT INTO mirror_names (source, name, shown, serial, added_in, gone_in) WITH RECURSIVE n (i) AS "
                     "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT s.id, 'p' || i, 'P' || i, i, 1, ? FROM n, sources s",
                     (NAMES, 2**63 - 1))
    database.commit()
    database.close()
    return server.start()


def test_a_large_mirror_is_gone_at_once_and_a_kill_leaves_nothing_for_ever(make_granary):
    server = with_many_names(make_granary(settings={"Jobs": {"Lease": "2s"}}))  # the job of a killed process comes free
    assert "was deleted" in server.cli("delete", "source", "--name", "pypi")
    assert server.cli_json("list", "sources") == []
    missing = server.run("delete", "source", "--name", "pypi")
    assert missing.returncode != 0 and "no source named 'pypi'" in missing.stderr
    server.cli("create", "source", "--name", "pypi", "--type", "pypi", "--url", "offline:")
    assert "p1" not in server.cli("list", "packages", "--source", "pypi")
    eventually(lambda: rows_of(server) < NAMES - 5_000)
    server.kill()
    assert rows_of(server) > 0, "killed in the middle"
    server.start()
    eventually(lambda: rows_of(server) == 0, 20)
    assert [source["name"] for source in server.cli_json("list", "sources")] == ["pypi"]
    eventually(lambda: server.cli_json("list", "jobs", "--kind", "erase")[0]["state"] == "succeeded")
    assert "erased" in server.cli("list", "jobs", "--kind", "erase")


def test_a_collection_erases_where_no_job_did(make_granary):
    server = make_granary()
    server.settings["Jobs"] = {"Workers": 0}
    with_many_names(server)
    server.cli("delete", "source", "--name", "pypi")
    [job] = server.cli_json("list", "jobs", "--kind", "erase")
    server.cli("cancel", "job", "--id", job["id"])
    server.stop()
    assert rows_of(server) > NAMES / 2
    server.settings["Jobs"] = {"Workers": 1}
    server.start()
    server.cli("gc")
    assert rows_of(server) == 0
