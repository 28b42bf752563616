"""What the nodes do by themselves and by order while they are hurt: jobs, one after the other; a mirror that is brought up to
date at each step of its upstream; and somebody who looks at the mirror's pages all the time."""

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass

import crowd
from history import Event, now
from server import basic
from small_cran import versions
from work_rules import OVER

MIRROR, LEASE = "mirror", 5
LONGEST_JOB = 150  # seconds that a job may take with all of its attempts
INDEX = "/src/contrib/PACKAGES"


@dataclass
class Turn:
    job: int
    number: int
    watcher: threading.Thread
    taken_over: float | None = None  # seconds until another turn began


class Work:
    """Threads, from start() to stop(). `addresses`: (host, port) by machine, the balancer's name is "lb"."""

    def __init__(self, history, addresses, token, upstream, seed):
        self.history, self.addresses, self.upstream, self.seed = history, addresses, upstream, seed
        self.headers = basic("__token__", token)
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.guarded, args=(work,), daemon=True)
                        for work in (self.submit, self.publish, self.watch)]
        self.failures = []

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(LONGEST_JOB + 60)
            assert not thread.is_alive(), "a job or a synchronisation does not end"
        assert not self.failures, self.failures

    def guarded(self, work):
        try:
            work()
        except Exception as error:  # noqa: BLE001: told by stop(), in the thread of the test
            self.failures.append(f"{work.__name__}: {error!r}")

    def ask(self, client, method, path, body=None):
        """JSON, with the attempts of a client. Raises Failed."""
        headers = self.headers | ({"Content-Type": "application/json"} if body is not None else {})
        for _ in range(3):
            status, _, content = client.request(method, path, headers, json.dumps(body) if body is not None else None)
            if status == 200 or status == 202:
                return json.loads(content)
            if status != 409:  # somebody is at it already
                break
            self.ended.wait(0.5)
        raise crowd.Failed(f"{method} {path}: {status} {content[:200]!r}")

    def client(self, machine="lb"):
        return crowd.Http(*self.addresses[machine])

    def running(self, but=None):
        """A job that runs now; None when there is none, or nobody says so at once. One is ordered, so that there soon is."""
        for machine in self.addresses:
            if machine in ("lb", but):
                continue
            client = self.client(machine)
            try:
                client.once("POST", "/__api__/jobs", self.headers | {"Content-Type": "application/json"}, '{"kind": "verify"}', 2)
                status, _, content = client.once("GET", "/__api__/jobs?state=running", self.headers, timeout=2)
                if status == 200:
                    return next((job for job in json.loads(content) if job["node"] != but), None)
            except (OSError, http.client.HTTPException):
                continue
            finally:
                client.close()
        return None

    def look(self, job, but):
        """The job as another node than `but` sees it; None when none answers."""
        for machine in self.addresses:
            if machine in ("lb", but):
                continue
            client = self.client(machine)
            try:
                status, _, content = client.once("GET", f"/__api__/jobs/{job}", self.headers, timeout=2)
                if status == 200:
                    return json.loads(content)
            except (OSError, http.client.HTTPException):
                continue
            finally:
                client.close()
        return None

    def watched(self, job, but, limit=60):
        """The turn that a struck node holds, and how long the job stays with it."""
        turn = Turn(job["id"], job["turn"], threading.Thread(target=lambda: self.wait_for_next(turn, but, limit), daemon=True))
        turn.watcher.start()
        return turn

    def wait_for_next(self, turn, but, limit):
        begin = now()
        while now() - begin < limit:
            row = self.look(turn.job, but)
            if row and (row["turn"] > turn.number or row["state"] in OVER):
                turn.taken_over = now() - begin
                return
            time.sleep(0.2)

    def submit(self):
        """One job after the other, each until it is over; what is seen of it on the way is kept."""
        client = self.client()
        while not self.ended.wait(0.3):
            event, client.attempts = Event("job", "", now()), 0
            try:
                job = self.ask(client, "POST", "/__api__/jobs", {"kind": "verify"})
            except crowd.Failed:
                continue  # not accepted
            event.what, seen = str(job["id"]), []
            while now() - event.begin < LONGEST_JOB:
                try:
                    job = self.ask(client, "GET", f"/__api__/jobs/{event.what}")
                except crowd.Failed as error:
                    event.why = str(error)
                    continue
                if not seen or seen[-1] != (turn := turn_of(job)):
                    seen.append(turn_of(job))
                if job["state"] in OVER:
                    break
                time.sleep(0.2)
            event.end, event.ok, event.attempts = now(), job["state"] == "succeeded", client.attempts
            event.why, event.details = job["error"], {"kind": job["kind"], "seen": seen}
            self.history.add(event)

    def publish(self):
        """The upstream's next step, and the mirror after it."""
        client = self.client()
        while not self.ended.wait(1.0):
            event, client.attempts, client.requests = Event("sync", str(self.upstream.publish()), now()), 0, 0
            try:
                job = self.synchronised(client)
                event.details = job["result"] or {}
                event.why = job["error"] if job["state"] != "succeeded" else event.details["problem"]
                event.ok = job["state"] == "succeeded" and not event.why
            except crowd.Failed as error:
                event.why = str(error)
            event.end, event.attempts = now(), client.attempts - client.requests + 1
            self.history.add(event)

    def synchronised(self, client):
        """The job, once it is over or its attempt has failed. Raises Failed."""
        path = f"/__api__/sources/{MIRROR}/sync"
        job = self.ask(client, "POST", path, {})
        if job["state"] == "running":  # it began before this step, and may not have it
            self.settled(client, job)
            job = self.ask(client, "POST", path, {})
        return self.settled(client, job)

    def settled(self, client, job):
        begin, failed = now(), job["attempt"] if job["retrying"] else None
        while not self.ended.is_set() and now() - begin < LONGEST_JOB:
            if job["state"] in OVER or (job["retrying"] and job["attempt"] != failed):
                return job
            time.sleep(0.1)
            job = self.ask(client, "GET", f"/__api__/jobs/{job['id']}?brief=true")
        raise crowd.Failed(f"job {job['id']} is not over")

    def watch(self):
        """The page of all packages, as R reads it: of one step, whole."""
        client, chance = self.client(), random.Random(self.seed)
        while not self.ended.wait(chance.uniform(0.02, 0.1)):
            event, client.attempts = Event("look", f"/{MIRROR}/latest{INDEX}", now()), 0
            try:
                status, _, body = client.get(event.what)
                event.ok, event.details = status == 200, {"status": status, "versions": sorted(versions(body))}
            except crowd.Failed as error:
                event.why, event.details = str(error), {"status": 0, "versions": []}
            event.end, event.attempts = now(), client.attempts
            self.history.add(event)


def turn_of(job):
    """What may not change any more once the job is over."""
    return [job["state"], job["turn"], job["node"], job["finished"], job["attempt"]]
