"""Jobs that read every byte, ordered one after the other while the nodes are hurt; and which node runs one now."""

import http.client
import json
import threading
import time
from dataclasses import dataclass

from history import Event, now
from http_client import Failed
from team import Team
from work_rules import OVER

KIND, BUILD, LEASE = "verify", "build", 5
LONGEST_JOB = 150  # seconds that a job may take with all of its attempts


@dataclass
class Turn:
    job: int
    number: int
    watcher: threading.Thread
    taken_over: float | None = None  # seconds until another turn began


class Work(Team):
    def __init__(self, history, admin):
        super().__init__(LONGEST_JOB + 60)
        self.history, self.admin, self.headers = history, admin, admin.headers
        self.hire(self.submit)

    def running(self, but=None):
        """A job that runs now, a build if there is one; None when there is none, or nobody says so at once. One is ordered, so that
        there soon is."""
        for machine in self.admin.nodes(but):
            client = self.admin.client(machine)
            try:
                body = json.dumps({"kind": KIND})
                client.once("POST", "/__api__/jobs", self.headers | {"Content-Type": "application/json"}, body, 2)
                jobs = []
                for kind in (BUILD, KIND):
                    status, _, content = client.once("GET", f"/__api__/jobs?state=running&kind={kind}", self.headers, timeout=2)
                    jobs += json.loads(content) if status == 200 else []
                return next((job for job in jobs if job["node"] != but), None)
            except (OSError, http.client.HTTPException):
                continue
            finally:
                client.close()
        return None

    def look(self, job, but):
        """The job as another node than `but` sees it; None when none answers."""
        for machine in self.admin.nodes(but):
            client = self.admin.client(machine)
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
        client = self.admin.client()
        while not self.ended.wait(0.3):
            event, client.attempts = Event("job", "", now()), 0
            try:
                job = self.admin.ask(client, "POST", "/__api__/jobs", {"kind": KIND})
            except Failed:
                continue  # not accepted
            event.what, seen = str(job["id"]), []
            while now() - event.begin < LONGEST_JOB:
                try:
                    job = self.admin.ask(client, "GET", f"/__api__/jobs/{event.what}")
                except Failed as error:
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


def turn_of(job):
    """What may not change any more once the job is over."""
    return [job["state"], job["turn"], job["node"], job["finished"], job["attempt"]]
