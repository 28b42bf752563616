"""What Granary stands on fails: a full disk, a database that is locked or gone, a store that is down or busy. Each time
a clear answer, nothing half stored, and the same request succeeds once the cause is gone."""

import concurrent.futures
import contextlib
import http.server
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
import zipfile

import pytest

from artifacts import wheel, wheel_name
from conftest import missing
from server import eventually
from services import S3, Postgres


def big_wheel(version, size):
    return wheel("oats", version, files=[("oats/noise", os.urandom(size))], compression=zipfile.ZIP_STORED)


@contextlib.contextmanager
def small_disk(megabytes):
    """A folder on a file system of its own. Needs the right to mount."""
    folder = tempfile.mkdtemp(prefix="granary-disk-")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        os.rmdir(folder)
        missing(f"a small disk needs the right to mount: {mounted.stderr.strip()}")
    try:
        yield pathlib.Path(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        os.rmdir(folder)


def test_a_full_disk(make_granary):
    with small_disk(24) as disk:
        server = make_granary(settings={"Server": {"DataDir": disk / "data"}}).start()
        name, token = server.repository("python"), server.token()
        stored, refused = [], None
        for number in range(12):
            data, filename = big_wheel(f"1.{number}", 3_000_000), wheel_name("oats", f"1.{number}")
            answer = server.upload(name, filename, data, token)
            if answer.status != 200:
                refused = (filename, data, answer)
                break
            stored.append(filename)
        assert refused and stored, "the disk was never full"
        filename, data, answer = refused
        assert answer.status in (503, 507) and "space" in answer.text + answer.reason, answer
        assert sorted(server.filenames(name, "oats")) == sorted(stored)
        for kept in stored:
            assert server.get(server.file_url(name, "oats", kept)).status == 200
        filler = disk / "filler"
        with contextlib.suppress(OSError), open(filler, "wb") as file:
            while True:
                file.write(bytes(4096))
                file.flush()
        small = server.upload(name, wheel_name("tiny", "1.0"), wheel("tiny", "1.0"), token)
        assert small.status in (503, 507), small
        filler.unlink()
        assert server.upload(name, wheel_name("tiny", "1.0"), wheel("tiny", "1.0"), token).status == 200
        server.cli("remove", "package", "--source", name, "--name", f"oats@{stored[0]}")
        assert not server.cli_json("verify")["problems"]
        assert server.stop() == 0


def test_a_locked_database(make_granary):
    with make_granary() as server:
        name, token = server.repository("python"), server.token()
        assert server.upload(name, wheel_name("oats", "1.0"), wheel("oats", "1.0"), token).status == 200
        [path] = (server.folder / "data/db").glob("*.*db") or (server.folder / "data/db").glob("*.sqlite*")
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = server.upload(name, wheel_name("oats", "1.1"), wheel("oats", "1.1"), token, timeout=90)
        assert answer.status == 503 and answer.headers["Retry-After"], answer
        assert server.filenames(name, "oats") == [wheel_name("oats", "1.0")], "reading goes on"
        other.execute("ROLLBACK")
        other.close()
        assert server.upload(name, wheel_name("oats", "1.1"), wheel("oats", "1.1"), token).status == 200


def test_a_table_that_is_locked(make_granary, postgres):
    with make_granary("postgres-file", settings={"Limits": {"RequestTimeout": "3s"}}) as server:
        name, token = server.repository("python"), server.token()
        assert server.upload(name, wheel_name("oats", "1.0"), wheel("oats", "1.0"), token).status == 200
        database = server.settings["Postgres"]["URL"]
        lock = "BEGIN; SELECT format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', tablename) FROM pg_tables WHERE schemaname = 'public' \\gexec\n"
        other = subprocess.Popen([postgres.bin / "psql", "-q", "-d", database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        other.stdin.write(lock + "\\echo locked\n")
        other.stdin.flush()
        assert "locked" in other.stdout.readline()
        answer = server.upload(name, wheel_name("oats", "1.1"), wheel("oats", "1.1"), token, timeout=12)
        assert answer.status in (503, 504), answer
        assert server.get("/__ping__").status == 200
        other.communicate("ROLLBACK;\n", timeout=20)
        assert server.upload(name, wheel_name("oats", "1.1"), wheel("oats", "1.1"), token).status == 200
        assert not server.cli_json("verify")["problems"]


def test_a_database_that_is_gone_for_a_while(make_granary):
    try:
        database = Postgres()
    except FileNotFoundError as error:
        missing(str(error))
    try:
        with make_granary(settings={"Database": {"Provider": "postgres"}, "Postgres": {"URL": database.database()}}) as server:
            name, token = server.repository("python"), server.token()
            filename = wheel_name("oats", "1.0")
            assert server.upload(name, filename, wheel("oats", "1.0"), token).status == 200
            assert server.upload(name, wheel_name("rye", "1.0"), wheel("rye", "1.0"), token).status == 200
            other = make_granary(share=server).start()
            assert other.filenames(name, "oats") == [filename]
            url = server.file_url(name, "oats", filename)
            before, data = server.json_page(name, "oats").body, server.get(url).body
            database.stop()
            answer = server.upload(name, wheel_name("oats", "1.1"), wheel("oats", "1.1"), token, timeout=90)
            assert answer.status == 503 and answer.headers["Retry-After"], answer
            assert server.json_page(name, "oats").body == before, "what is in memory is still served"
            assert server.get(url).body == data
            unseen = server.json_page(name, "rye")
            assert unseen.status == 503 and unseen.headers["Retry-After"], "not asked for before, and not said to be missing"
            done = server.run("list", "tokens")
            assert done.returncode not in (0, 134, 139) and done.stderr.strip()
            database.start()
            eventually(lambda: server.upload(name, wheel_name("oats", "1.1"), wheel("oats", "1.1"), token).status == 200)
            eventually(lambda: len(server.filenames(name, "oats")) == 2)
            # The other node hears of changes again, also of those that come after it found the database.
            eventually(lambda: len(other.filenames(name, "oats")) == 2)
            assert server.upload(name, wheel_name("oats", "1.2"), wheel("oats", "1.2"), token).status == 200
            eventually(lambda: len(other.filenames(name, "oats")) == 3)
            assert other.stop() == 0
            assert server.stop() == 0
    finally:
        database.close()


class Busy(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def answering_503(port):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Busy)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def away(store):
    store.stop()
    try:
        yield
    finally:
        store.start()


def store_of_its_own():
    try:
        return S3()
    except FileNotFoundError as error:
        missing(str(error))


def on_store(make_granary, store, **settings):
    s3 = {"Bucket": store.bucket(), "Endpoint": store.endpoint, "Region": store.region, "S3ForcePathStyle": "true"}
    settings = {"Storage": {"Default": "s3"}, **settings, "S3Storage": s3 | settings.get("S3Storage", {})}
    return make_granary(settings=settings, environment={"AWS_ACCESS_KEY_ID": store.access, "AWS_SECRET_ACCESS_KEY": store.secret})


@pytest.mark.parametrize("trouble", ["stopped", "503", "hanging"])
def test_a_store_that_is_down_or_busy(make_granary, trouble):
    store = store_of_its_own()
    try:
        server = on_store(make_granary, store, Limits={"RequestTimeout": "5s"}).start()
        name, token = server.repository("python"), server.token()
        data, filename = wheel("oats", "1.0"), wheel_name("oats", "1.0")
        assert server.upload(name, wheel_name("rye", "1.0"), wheel("rye", "1.0"), token).status == 200
        stored = server.file_url(name, "rye", wheel_name("rye", "1.0"))
        with contextlib.ExitStack() as meanwhile:
            if trouble == "hanging":
                store.process.send_signal(19)
                meanwhile.callback(lambda: store.process.send_signal(18))
            else:
                store.stop()
                if trouble == "503":
                    meanwhile.enter_context(answering_503(store.port))
            answer = server.upload(name, filename, data, token, timeout=15)
            assert answer.status in (503, 504), answer
            assert server.filenames(name, "oats") == []
            reading = server.get(stored)
            assert (reading.status == 200 and reading.body == wheel("rye", "1.0")) or reading.status in (503, 504), reading
            # Maintenance has hours: it waits for a store that hangs as long as the store's client does, minutes.
            for command in ("verify", "gc") if trouble != "hanging" else ():
                done = server.run(command, "-o", "json", seconds=30)
                assert done.returncode not in (0, 134, 139) and not done.stdout.strip(), done
                assert len(done.stderr.strip().splitlines()) <= 8, done.stderr
            assert server.get("/__ping__").status == 200
        if trouble != "hanging":
            store.start()
        eventually(lambda: server.upload(name, filename, data, token).status == 200, 20)
        assert server.get(server.file_url(name, "oats", filename)).body == data
        assert server.get(stored).body == wheel("rye", "1.0")
        assert not server.cli_json("verify")["problems"]
        assert server.stop() == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            store.process.send_signal(18)
        store.close()


def test_an_installer_that_asks_once_waits_for_a_store_that_is_away_for_a_moment(make_granary):
    store = store_of_its_own()
    try:
        server = on_store(make_granary, store, S3Storage={"OutagePatience": "60s"}).start()
        name, token = server.repository("python"), server.token()
        urls = {}
        for project in ("oats", "rye"):
            filename, data = wheel_name(project, "1.0"), wheel(project, "1.0")
            assert server.upload(name, filename, data, token).status == 200
            urls[server.file_url(name, project, filename)] = data
        assert server.stop() == 0
        shutil.rmtree(server.folder / "data/cache")
        server.start()
        (soon, data), (late, other) = urls.items()

        def ask(url):
            begin = time.monotonic()
            return server.get(url), time.monotonic() - begin

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            with away(store):
                waiting = pool.submit(ask, soon)
                time.sleep(2.2)  # more than the attempts of the client of S3 last
                assert not waiting.done()
            answer, _ = waiting.result(60)
            assert answer.status == 200 and answer.body == data, answer
        assert server.stop() == 0
        server.settings["S3Storage"]["OutagePatience"] = "6s"
        server.start()
        with away(store):
            answer, took = ask(late)
            assert answer.status == 503 and answer.headers["Retry-After"] and took > 5, (answer, took)
            answer, took = ask(late)
            assert answer.status == 503 and took < 5, "the patience is that of the outage"
        assert server.get(late).body == other
    finally:
        store.close()
