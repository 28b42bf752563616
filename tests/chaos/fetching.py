"""Files of the mirror that are fetched before anybody asks for them, again and again while the mirror goes on."""

from history import Event, now
from http_client import Failed
from roles import AHEAD, MIRROR
from team import Team

LONGEST_FETCH = 150


class Fetching(Team):
    def __init__(self, history, admin, mirroring):
        super().__init__(LONGEST_FETCH + 60)
        self.history, self.admin, self.mirroring = history, admin, mirroring
        self.hire(self.fetch)

    def fetch(self):
        while not self.ended.wait(2.0):
            self.order()

    def order(self):
        """What is fetched is of the step that was acknowledged before, or of a later one. True when all of it is held."""
        client = self.admin.client()
        event = Event("fetch", str(self.mirroring.acknowledged), now())
        try:
            job = self.admin.ask(client, "POST", f"/__api__/sources/{MIRROR}/fetch", {"packages": list(AHEAD), "dependencies": False})
            event.details["job"] = job["id"]
            job = self.admin.settled(client, job, LONGEST_FETCH)
            result = job["result"] or {}
            event.details |= {name: result.get(name) for name in ("fetched", "held", "failed")}
            event.why = job["error"] or "; ".join(result.get("problems", []) + result.get("missing", []))
            # A file that could not be had fails no job: it is named.
            event.ok = job["state"] == "succeeded" and result["fetched"] + result["held"] == len(AHEAD)
        except Failed as error:
            event.why = str(error)
        event.end, event.attempts = now(), client.attempts - client.requests + 1
        client.close()
        self.history.add(event)
        return event.ok

    def settle(self, attempts=3):
        return any(self.order() for _ in range(attempts))
