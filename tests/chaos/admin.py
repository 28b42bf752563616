"""The API of the nodes, as an administrator's script asks it."""

import json
import time

from http_client import Failed, Http
from server import basic
from work_rules import OVER


class Admin:
    """`addresses`: (host, port) by machine; the balancer's name is "lb"."""

    def __init__(self, addresses, token):
        self.addresses, self.headers = addresses, basic("__token__", token)

    def client(self, machine="lb", patience="pip", headers=None):
        return Http(*self.addresses[machine], patience, headers)

    def nodes(self, but=None):
        return [machine for machine in self.addresses if machine not in ("lb", but)]

    def ask(self, client, method, path, body=None):
        """JSON, with the attempts of a client. Raises Failed."""
        headers = self.headers | ({"Content-Type": "application/json"} if body is not None else {})
        for _ in range(3):
            status, _, content = client.request(method, path, headers, json.dumps(body) if body is not None else None)
            if status in (200, 202):
                return json.loads(content)
            if status != 409:  # somebody is at it already
                break
            time.sleep(0.5)
        raise Failed(f"{method} {path}: {status} {content[:200]!r}")

    def settled(self, client, job, longest):
        """The job, once it is over or its attempt has failed. Raises Failed."""
        begin, failed = time.monotonic(), job["attempt"] if job["retrying"] else None
        while time.monotonic() - begin < longest:
            if job["state"] in OVER or (job["retrying"] and job["attempt"] != failed):
                return job
            time.sleep(0.1)
            job = self.ask(client, "GET", f"/__api__/jobs/{job['id']}?brief=true")
        raise Failed(f"job {job['id']} is not over")

    def rows(self, client, path):
        """All of a listing that comes in pages, the newest first."""
        rows, before = [], ""
        while some := self.ask(client, "GET", f"{path}?_limit=1000{before}"):
            rows += some
            before = f"&before={some[-1]['id']}"
        return rows

    def total(self, client, path):
        _, headers, _ = client.request("GET", f"{path}?_limit=1", self.headers)
        return int(headers["X-Total-Count"])
