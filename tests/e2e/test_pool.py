"""All that a server does at once, with few connections to PostgreSQL and with many: nothing waits for ever or fails for
want of one, and there are never more than were allowed."""

import concurrent.futures
import itertools
import re
import threading

import pytest

from artifacts import wheel, wheel_name
from server import basic, eventually


class Watch:
    """Counts the connections to a database until it is stopped."""

    def __init__(self, postgres, database):
        self.counts, self.over = [], threading.Event()
        self.question = (f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND backend_type = 'client backend'")
        self.thread = threading.Thread(target=self.look, args=(postgres,))
        self.thread.start()

    def look(self, postgres):
        while not self.over.wait(0.02):
            self.counts.append(int(postgres.asked(self.question)))

    def stop(self):
        self.over.set()
        self.thread.join()
        return self.counts


def waits(server):
    return int(re.search(r"^granary_db_pool_waits (\d+)", server.metrics(), re.M)[1])


@pytest.mark.parametrize("connections", [5, 50])
def test_everything_at_once_stays_within_its_connections(make_granary, postgres, cran_upstream, pypi_upstream, connections):
    server = make_granary("postgres-s3", settings={
        "PostgresPool": {"MaxOpenConnections": connections, "MaxIdleConnections": connections},
        "Jobs": {"Workers": 4}, "PyPI": {"SyncSchedule": ""}, "CRAN": {"SyncSchedule": ""}}).start()
    name, token, admin = server.repository("python"), server.token(), basic("__token__", server.token("global:admin"))
    kinds = {"cran": cran_upstream.url, "pypi": f"{pypi_upstream.url}/simple"}
    for kind, url in kinds.items():
        server.cli("create", "source", "--name", kind, "--type", kind, "--url", url)
        server.repository({"cran": "r", "pypi": "python"}[kind], kind, name=kind)
    watch = Watch(postgres, server.settings["Postgres"]["URL"].rsplit("/", 1)[1].split("?")[0])
    uploaded, trouble, over, forms, numbers = [], [], threading.Event(), itertools.count(), itertools.count()

    def ask(path, *statuses, method="GET", headers=None):
        answer = server.request(method, path, {"Accept": f"*/*, x/{next(forms)}"} | (headers or {}))
        if answer.status not in (statuses or (200,)):
            trouble.append(f"{path}: {answer}")
        return answer

    def uploader():
        version = f"1.{next(numbers)}"
        answer = server.upload(name, wheel_name("oats", version), wheel("oats", version), token)
        uploaded.append(wheel_name("oats", version))
        if answer.status != 200:
            trouble.append(f"upload: {answer}")

    def installer():
        for path in (f"/{name}/latest/simple/oats/", "/pypi/latest/simple/", "/cran/latest/src/contrib/PACKAGES"):
            ask(path, 200, 404)  # what nobody has uploaded, or synchronised, yet
        ask(f"/pypi/latest/simple/{('six', 'never-there')[next(forms) % 2]}/", 200, 404)
        ask(f"/cran/latest/src/contrib/never_{next(forms)}.0.tar.gz", 404)

    def keeper():
        for path in ("jobs", "sources", "repos", "cluster/nodes", "status", f"sources/{name}/transactions"):
            ask(f"/__api__/{path}", headers=admin)

    def commander():
        made = server.source("python")
        server.cli("list", "packages", "--source", name)
        server.cli("delete", "source", "--name", made)

    def again_and_again(act):
        while not over.is_set() and not trouble:
            act()

    def finished(kind):
        jobs = server.cli_json("list", "jobs", "--kind", kind)
        return jobs and all(job["state"] == "succeeded" for job in jobs)

    clients = [uploader] * 5 + [installer] * 6 + [keeper] * 12 + [commander]
    with concurrent.futures.ThreadPoolExecutor(len(clients)) as pool:
        busy = [pool.submit(again_and_again, act) for act in clients]
        try:
            for kind in kinds:
                server.cli("sync", "--source", kind, seconds=120)
            server.cli("run", "job", "--kind", "verify")
            eventually(lambda: trouble or (finished("verify") and finished("sync")), 60)
            eventually(lambda: trouble or len(uploaded) > 30, 60)
        finally:
            over.set()
            counts = watch.stop()
        for done in busy:
            done.result()
    assert not trouble, trouble[:5]
    assert max(counts) <= connections, max(counts)
    # Neither is true of the other.
    assert waits(server) > 0 if connections == 5 else max(counts) > 5, (waits(server), max(counts))
    assert set(server.filenames(name, "oats")) == set(uploaded) and not server.cli_json("verify")["problems"]
    assert b"Package: R6\n" in server.get("/cran/latest/src/contrib/PACKAGES").body and server.filenames("pypi", "six")
    assert server.stop() == 0
    print(f"{len(uploaded)} uploads, {next(forms)} questions, connections: {max(counts)}")
