"""Files of the mirror that are fetched before anybody asks for them, again and again while the mirror goes on."""

from orders import Orders
from roles import AHEAD, MIRROR

LONGEST_FETCH = 150


class Fetching(Orders):
    def __init__(self, history, admin, mirroring):
        super().__init__(history, admin, LONGEST_FETCH + 60)
        self.mirroring = mirroring
        self.hire(self.fetch)

    def fetch(self):
        while not self.ended.wait(2.0):
            self.order()

    def order(self):
        """What is fetched is of the step that was acknowledged before, or of a later one. True when all of it is held."""
        return self.recorded("fetch", str(self.mirroring.acknowledged), self.fetched)

    def fetched(self, client, event):
        job = self.admin.ask(client, "POST", f"/__api__/sources/{MIRROR}/fetch", {"packages": list(AHEAD), "dependencies": False})
        event.details["job"] = job["id"]
        job = self.admin.settled(client, job, LONGEST_FETCH)
        result = job["result"] or {}
        event.details |= {name: result.get(name) for name in ("fetched", "held", "failed")}
        event.why = job["error"] or "; ".join(result.get("problems", []) + result.get("missing", []))
        # A file that could not be had fails no job: it is named.
        event.ok = job["state"] == "succeeded" and result["fetched"] + result["held"] == len(AHEAD)
