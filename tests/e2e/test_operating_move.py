"""Backup, restore, and moving a server to another database and other storage."""

import contextlib
import hashlib
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import uuid

import pytest

from artifacts import r_name, r_package, wheel, wheel_name
from server import BINARY, eventually


def filled(server, wheels=40):
    """Two sources with history; what a client sees of them."""
    python, r = server.repository("python"), server.repository("r")
    server.added(python, {wheel_name(f"pot{i}", "1.0"): wheel(f"pot{i}", "1.0") for i in range(wheels)})
    server.added(r, {r_name("kettle", v): r_package("kettle", v) for v in ("1.0", "1.1")})
    server.cli("remove", "package", "--source", python, "--name", "pot0@all")
    return python, r


def seen(server, python, r):
    projects = server.get(f"/{python}/latest/simple/", Accept="application/vnd.pypi.simple.v1+json").json["projects"]
    url = server.file_url(python, "pot1", wheel_name("pot1", "1.0"))
    return {"projects": projects, "file": hashlib.sha256(server.get(url).body).hexdigest(),
            "r": server.get(f"/{r}/latest/src/contrib/PACKAGES").text,
            "r archive": server.get(f"/{r}/latest/src/contrib/Archive/kettle/{r_name('kettle', '1.0')}").status,
            "repositories": sorted(one["name"] for one in server.get("/__api__/repos").json)}


def sound(server):
    out = server.cli("verify")
    assert "all right" in out, out


@pytest.mark.parametrize("pair", ["sqlite-file", "postgres-s3"])
def test_a_backup_of_a_running_server_is_restored_elsewhere(make_granary, tmp_path, pair):
    server = make_granary(pair).start()
    python, r = filled(server)
    token, busy = server.token(), server.repository("python")
    before = seen(server, python, r)
    stopping, uploads = threading.Event(), []

    def upload():
        while not stopping.is_set():
            version = f"1.{len(uploads)}"
            uploads.append(server.upload(busy, wheel_name("busy", version), wheel("busy", version), token).status)

    writer = threading.Thread(target=upload)
    writer.start()
    eventually(lambda: len(uploads) > 2)
    acknowledged = [wheel_name("busy", f"1.{number}") for number in range(len(uploads))]
    out = server.cli("backup", "--to", tmp_path / "monday")
    stopping.set()
    writer.join()
    assert set(uploads) == {200} and "backed up" in out
    assert not (tmp_path / "monday.partial").exists()
    assert (tmp_path / "monday/manifest.json").exists() and (tmp_path / "monday").stat().st_mode & 0o77 == 0
    refused = server.run("backup", "--to", tmp_path / "monday")
    assert refused.returncode == 1 and "is there already" in refused.stderr
    server.stop()

    new = make_granary(pair)
    # Into a new folder; or into the places of its settings, which are a database and a bucket.
    place = ["--data-dir", new.folder / "data"] if pair == "sqlite-file" else []
    assert "every byte verified" in new.cli("restore", "--from", tmp_path / "monday", *place)
    new.start()
    assert seen(new, python, r) == before
    there = new.filenames(busy, "busy")
    assert set(acknowledged) <= set(there) and len(there) <= len(uploads), (acknowledged, there)
    for name in there:
        assert new.get(new.file_url(busy, "busy", name)).status == 200
    sound(new)
    assert new.upload(python, wheel_name("pot0", "2.0"), wheel("pot0", "2.0"), token).status == 200  # rights came along
    again = new.run("restore", "--from", tmp_path / "monday", *place)
    assert again.returncode == 1 and ("not empty" if place else "in use") in again.stderr, again.stderr


def test_damage_of_a_backup_is_found_when_it_is_restored(make_granary, tmp_path):
    server = make_granary().start()
    filled(server, wheels=2)
    server.cli("backup", "--to", tmp_path / "backup")
    target = tmp_path / "restored"

    def refused(word):
        done = server.run("restore", "--from", tmp_path / "backup", "--data-dir", target)
        assert done.returncode == 1 and word in done.stderr, done.stderr
        assert not target.exists()

    victim = max((p for p in (tmp_path / "backup/packages").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    whole = victim.read_bytes()
    victim.chmod(0o600)
    victim.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    refused("damaged")
    victim.unlink()
    refused("missing")
    victim.write_bytes(whole)
    with contextlib.closing(sqlite3.connect(tmp_path / "backup/db/granary.db")) as database:
        database.execute("UPDATE files SET size = size + 1 WHERE id = 1")
        database.commit()
    refused("")
    refused_folder = server.run("restore", "--from", tmp_path, "--data-dir", target)
    assert "is not a backup" in refused_folder.stderr


def test_a_backup_that_is_killed_midway_leaves_none_and_goes_on(make_granary, tmp_path):
    server = make_granary().start()
    python, r = filled(server)
    before = seen(server, python, r)
    whole, partial = tmp_path / "backup", tmp_path / "backup.partial"

    stored = sum(path.is_file() for path in (server.folder / "data/packages/sha256").rglob("*"))

    def packages():
        return (partial / "packages/sha256").glob("??/*")

    def killed(at):
        """Which packages are there then, and since when; None when it was done before."""
        process = subprocess.Popen([BINARY, "backup", "--to", whole, "-c", server.config], env=server.environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not at() and process.poll() is None:
            time.sleep(0.0005)
        process.send_signal(signal.SIGSTOP)  # so that it is killed where it is seen to be
        midway = partial.exists() and not whole.exists()
        process.kill()
        process.wait()
        if midway:
            return {path: path.stat().st_ino for path in packages()}
        if whole.exists():
            whole.rename(tmp_path / f"whole{time.monotonic()}")
        return None

    def among_the_packages():
        there = killed(lambda: any(packages()))
        if there and len(there) < stored:
            return there
        shutil.rmtree(partial, ignore_errors=True)  # it was too late for that
        return None

    assert any(killed(partial.exists) is not None for _ in range(10)), "among the rows"
    there = next(there for there in (among_the_packages() for _ in range(10)) if there)
    assert partial.exists() and not whole.exists()
    refused = server.run("restore", "--from", partial, "--data-dir", tmp_path / "never")
    assert refused.returncode == 1 and "is not a backup" in refused.stderr and not (tmp_path / "never").exists()
    server.cli("backup", "--to", whole)
    assert not partial.exists()
    kept = {path.relative_to(partial): number for path, number in there.items()}
    assert kept.items() <= {path: (whole / path).stat().st_ino for path in kept}.items(), "what was there was not copied again"
    new = make_granary()
    new.cli("restore", "--from", whole, "--data-dir", new.folder / "data")
    new.start()
    assert seen(new, python, r) == before
    sound(new)


@pytest.mark.parametrize("old_pair, new_pair", [("sqlite-file", "postgres-s3"), ("postgres-s3", "sqlite-file"),
                                                ("sqlite-s3", "postgres-file")])
def test_a_server_moves_while_it_serves_reads(make_granary, old_pair, new_pair):
    old, new = make_granary(old_pair).start(), make_granary(new_pair)
    python, r = filled(old)
    token = old.token()
    before = seen(old, python, r)
    new.write_config()
    environment = new.environment | old.environment
    out = old.cli("migrate", "--from", old.config, "--to", new.config, environment=environment)
    assert "verified" in out and "read-only" in out

    assert seen(old, python, r) == before
    refused = old.upload(python, wheel_name("late", "1.0"), wheel("late", "1.0"), token)
    assert refused.status == 503 and refused.headers["Retry-After"], refused
    assert "read-only" in old.run("create", "source", "--name", "late", "--type", "local").stderr
    old.stop()

    new.start()
    assert seen(new, python, r) == before
    sound(new)
    assert new.upload(python, wheel_name("pot0", "2.0"), wheel("pot0", "2.0"), token).status == 200
    assert new.filenames(python, "pot0") == [wheel_name("pot0", "2.0")]
    new.cli("create", "source", "--name", f"s-{uuid.uuid4().hex[:8]}", "--type", "local")  # ids go on

    again = old.run("migrate", "--from", old.config, "--to", new.config, environment=environment)
    assert again.returncode == 1 and "in use" in again.stderr, again.stderr


def test_a_move_that_is_killed_midway_goes_on_where_it_was_and_reads_go_on_meanwhile(make_granary, postgres, s3):
    old, new = make_granary().start(), make_granary("postgres-s3")
    python, r = filled(old)
    token = old.token()
    before = seen(old, python, r)
    new.write_config()
    environment = new.environment | old.environment
    bucket = new.settings["S3Storage"]["Bucket"]
    packages = sum(path.is_file() for path in (old.folder / "data/packages").rglob("*"))

    def stored():
        """What is in the bucket, and since when."""
        return {path: path.stat().st_ino for path in (s3.folder / "data" / bucket / "granary").rglob("*") if path.is_file()}

    def moving():
        return subprocess.Popen([BINARY, "migrate", "--from", old.config, "--to", new.config], env=environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def old_serves_reads_only():
        assert seen(old, python, r) == before
        refused = old.upload(python, wheel_name("late", "1.0"), wheel("late", "1.0"), token)
        assert refused.status == 503 and refused.headers["Retry-After"] and "read-only" in refused.text, refused
        done = old.run("create", "source", "--name", "late", "--type", "local")
        assert done.returncode == 1 and "being moved" in done.stderr, done.stderr

    def among_the_packages():
        """The store answers no more after the first of them: which are there. None when it was too late for that."""
        process = moving()
        eventually(lambda: stored(), 20)
        s3.freeze()
        try:
            there = stored()
            if len(there) < packages:
                old_serves_reads_only()
                assert process.poll() is None
            process.kill()
            process.wait()
        finally:
            s3.thaw()
        if len(there) < packages:
            return there
        for path in there:
            path.unlink()
        return None

    first = next(there for there in (among_the_packages() for _ in range(5)) if there)

    # Before the tables, then among the rows: somebody else holds what it needs next.
    database = new.settings["Postgres"]["URL"].rsplit("/", 1)[1].split("?")[0]
    for needed in ("SELECT pg_advisory_lock(1735550562, hashtext(current_schema()))",
                   "BEGIN; INSERT INTO unfinished_copy VALUES ('files', 0, 0)"):
        with postgres.held(needed, database):
            process = moving()
            eventually(lambda: postgres.asked("SELECT count(*) FROM pg_locks WHERE NOT granted", database) != "0", 20)
            old_serves_reads_only()
            assert process.poll() is None
            process.kill()
            process.wait()
    assert 0 < int(postgres.asked("SELECT count(*) FROM unfinished_copy WHERE whole = 1", database)), "of some tables"
    second = stored()
    assert first.items() <= second.items(), "what was there was not stored again"
    new.launch()
    assert new.process.wait(30) == 1 and "copy that did not end" in new.log(), new.log()

    assert "verified" in old.cli("migrate", "--from", old.config, "--to", new.config, environment=environment)
    assert second.items() <= stored().items()
    old_serves_reads_only()
    assert old.stop() == 0
    new.start()
    assert seen(new, python, r) == before
    sound(new)


def test_a_server_does_not_start_on_half_a_copy(make_granary):
    server = make_granary()
    (server.folder / "data/db").mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(server.folder / "data/db/granary.db")) as database:
        database.execute("CREATE TABLE unfinished_copy (name TEXT PRIMARY KEY, copied BIGINT, whole BIGINT)")
        database.commit()
    server.launch()
    assert server.process.wait(30) == 1
    assert "copy that did not end" in server.log() and "granary migrate" in server.log()


def test_read_only_is_a_switch(make_granary):
    server = make_granary().start(arguments=["--read-only"])
    create = ("create", "source", "--type", "local", "--name")
    refused = server.run(*create, "one")
    assert refused.returncode == 1 and "read-only" in refused.stderr
    server.cli("read-only", "off")
    server.cli(*create, "one")
    server.cli("read-only", "on")
    assert server.run(*create, "two").returncode == 1
    assert [s["name"] for s in server.get("/__api__/sources").json] == ["one"]
