"""How long it takes after a fault until all nodes work again."""

import http.client
import time

import uploads
from artifacts import wheel, wheel_name
from history import now
from installs import JSON
from roles import PYTHON


class Recovery:
    def __init__(self, admin, token):
        self.admin, self.token, self.probes = admin, token, 0

    def seconds(self, since, limit=60):
        """Until what is uploaded through each node can be had from every node; None after `limit`."""
        for machine in self.admin.nodes():
            while not self.works(machine):
                if now() - since > limit:
                    return None
                time.sleep(0.05)
        return now() - since

    def works(self, machine):
        self.probes += 1
        project = f"probe{self.probes}"
        filename = wheel_name(project, "1.0")
        method, path, headers, body = uploads.to_python(PYTHON, filename, wheel(project, "1.0"), self.token)
        try:
            client = self.admin.client(machine)
            status, _, _ = client.once(method, path, headers, body, timeout=3)
            client.close()
            if status != 200:
                return False
            end = now() + 2
            others = [self.admin.client(other) for other in self.admin.nodes()]
            while others and now() < end:
                seen = seen_once(others[0], project, filename)
                others = others[1:] if seen else others
                if not seen:
                    time.sleep(0.02)
            return not others
        except (OSError, http.client.HTTPException):
            return False


def seen_once(client, project, filename):
    status, _, body = client.once("GET", f"/{PYTHON}/latest/simple/{project}/", {"Accept": JSON}, timeout=3)
    return status == 200 and filename.encode() in body
