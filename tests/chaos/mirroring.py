"""A mirror that is brought up to date at each step of its upstream, and readers of its page of all packages: one behind the
balancer, as R reads it, and one at each node."""

import http.client
import random

from history import Event, now
from http_client import Failed
from installs import INDEX, versions
from orders import Orders
from roles import MIRROR

PAGE = f"/{MIRROR}/latest{INDEX}"
LONGEST_SYNC = 150


class Mirroring(Orders):
    def __init__(self, history, admin, upstream, seed):
        super().__init__(history, admin, 2 * LONGEST_SYNC + 60)  # it may wait for one that had begun
        self.upstream = upstream
        self.acknowledged = upstream.step  # the last step of which the mirror's clients were told
        self.hire(self.publish)
        self.hire(self.watch, random.Random(seed))
        for number, machine in enumerate(admin.nodes(), 1):
            self.hire(self.watch_node, random.Random(seed * 10 + number), machine)

    def publish(self):
        while not self.ended.wait(1.0):
            self.order()

    def order(self):
        """The upstream's next step, and the mirror after it. True when it was acknowledged."""
        return self.recorded("sync", str(self.upstream.publish()), self.step)

    def step(self, client, event):
        job = self.synchronised(client, event)
        event.details |= job["result"] or {}
        event.why = job["error"] if job["state"] != "succeeded" else event.details["problem"]
        event.ok = job["state"] == "succeeded" and not event.why
        self.acknowledged = int(event.what) if event.ok else self.acknowledged

    def synchronised(self, client, event):
        """The job, once it is over or its attempt has failed. Raises Failed."""
        path = f"/__api__/sources/{MIRROR}/sync"
        job = self.admin.ask(client, "POST", path, {})
        if job["state"] == "running":  # it began before this step, and may not have it
            self.admin.settled(client, job, LONGEST_SYNC)
            job = self.admin.ask(client, "POST", path, {})
        event.details["job"] = job["id"]
        return self.admin.settled(client, job, LONGEST_SYNC)

    def watch(self, chance):
        client = self.admin.client()
        while not self.ended.wait(chance.uniform(0.02, 0.1)):
            event, client.attempts = Event("look", PAGE, now()), 0
            try:
                status, _, body = client.get(PAGE)
                event.ok, event.details = status == 200, {"status": status, "versions": sorted(versions(body))}
            except Failed as error:
                event.why, event.details = str(error), {"status": 0, "versions": []}
            event.end, event.attempts = now(), client.attempts
            self.history.add(event)

    def watch_node(self, chance, machine):
        """What it answers; that it does not while it is struck is nobody's trouble."""
        client = self.admin.client(machine)
        while not self.ended.wait(chance.uniform(0.1, 0.3)):
            event = Event("look at a node", machine, now(), attempts=1)
            try:
                status, _, body = client.once("GET", PAGE, {}, timeout=5)
            except (OSError, http.client.HTTPException):
                continue
            if status == 200:
                event.ok, event.details = True, {"versions": sorted(versions(body))}
                event.end = now()
                self.history.add(event)
