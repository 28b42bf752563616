"""Clients that install and upload, and try again as real ones do; and one that has no token for what needs one."""

import hashlib
import random

import installs
import uploads
from artifacts import r_name, r_package, wheel, wheel_name
from history import Event, now
from http_client import Failed, Http
from roles import AHEAD, INSTALLERS, MIRROR, PYTHON, R, UPLOADERS, VAULT
from server import basic
from team import Team


class Crowd(Team):
    """At one address. `base`: by source, what can be installed from the start: (project, file name)."""

    def __init__(self, history, address, upstream, tokens, base, seed):
        super().__init__()
        self.history, self.address, self.upstream, self.tokens = history, address, upstream, tokens
        self.wanted = {source: list(files) for source, files in base.items()}
        self.wanted[VAULT] = self.wanted[PYTHON]
        self.fetched = set()  # files of the mirror that somebody has asked for
        for number, installer in enumerate(INSTALLERS):
            self.hire(self.install, random.Random(seed * 100 + number), installer)
        for number, source in enumerate(UPLOADERS, len(INSTALLERS)):
            self.hire(self.upload, random.Random(seed * 100 + number), source, number)
        self.hire(self.intrude, random.Random(seed * 100 + 99))

    def client(self, patience, headers=None):
        return Http(*self.address, patience, headers)

    def install(self, chance, installer):
        client = self.client(installer.patience, basic("__token__", self.tokens["read"]) if installer.repository == VAULT else None)
        pauses = (0.02, 0.08) if installer.repository == PYTHON else (0.05, 0.2)
        while not self.ended.wait(chance.uniform(*pauses)):
            event, client.attempts, client.requests = Event("install", "", now()), 0, 0
            event.details = {"client": installer.name, "once": installer.asks_once, "seen": "failed"}
            try:
                if installer.repository == MIRROR:
                    seen, what = self.mirrored(client, chance, event)
                else:
                    seen, what = self.own(client, chance, event, installer.repository)
                event.ok = seen == "right"
                event.details |= {"seen": seen} | ({"sha256": what} if event.ok else {})
                event.why = "" if event.ok else what
            except Failed as error:
                event.why = str(error)
            event.end, event.attempts = now(), client.attempts - client.requests + 1
            self.history.add(event)
            if event.details["seen"] == "failed":
                self.ended.wait(1)  # nobody starts the installer again at once

    def own(self, client, chance, event, repository):
        # Half of the time what is new: nothing of it is in the memory of a node.
        wanted = self.wanted[repository]
        project, event.what = chance.choice(wanted if chance.random() < 0.5 else wanted[-20:])
        return (installs.of_r if repository == R else installs.of_python)(client, repository, project, event.what)

    def mirrored(self, client, chance, event):
        """A file of the newest step, or one that somebody had before."""
        known = sorted(self.fetched) if chance.random() < 0.3 else []
        index = f"/{MIRROR}/latest{installs.INDEX}"
        if known:
            event.what = chance.choice(known)
            path, expected = f"/{MIRROR}/latest{installs.CONTRIB}{event.what}", self.upstream.md5[event.what]
        else:
            event.what = index
            status, page = client.page(index)
            if status != 200:
                return "missing", f"{index}: {status}"
            found = installs.stanza(page, chance.choice(installs.packages(page)))
            event.what, expected = r_name(found["Package"], found["Version"]), found["MD5sum"]
            path = f"/{MIRROR}/latest{installs.CONTRIB}{event.what}"
            if expected != self.upstream.md5[event.what]:
                return "half", f"{index}: {event.what} is not upstream's"
        event.details["cold"] = event.what not in self.fetched and event.what.split("_")[0] not in AHEAD
        self.fetched.add(event.what)
        return installs.compared(client, path, "md5", expected)

    def upload(self, chance, source, number):
        client, count = self.client("twine"), 0
        make, send = (a_tarball, uploads.to_r) if source == R else (a_wheel, uploads.to_python)
        while not self.ended.wait(chance.uniform(*((0.3, 0.8) if source == R else (0.1, 0.3)))):
            count += 1
            project = f"up{number}x{count}"
            filename, content = make(project, chance.randbytes(chance.randrange(100, 60_000)))
            event, client.attempts = Event("upload", filename, now()), 0
            event.details = {"source": source, "project": project, "sha256": hashlib.sha256(content).hexdigest()}
            try:
                status, _, answer = client.request(*send(source, filename, content, self.tokens["write"]))
                event.ok = status in (200, 201)
                event.why = "" if event.ok else f"{status} {answer[:200]!r}"
            except Failed as error:
                event.why = str(error)
            event.end, event.attempts = now(), client.attempts
            self.history.add(event)
            if event.ok:
                self.wanted[source].append((project, filename))

    def intrude(self, chance):
        """Pages and files of the vault, without a token and with a wrong one."""
        inside, client = self.client("pip", basic("__token__", self.tokens["read"])), self.client("pip")
        while not self.ended.wait(chance.uniform(0.05, 0.2)):
            project, filename = chance.choice(self.wanted[VAULT])
            page = path = f"/{VAULT}/latest/simple/{project}/"
            if chance.random() < 0.5:
                try:
                    path, _ = installs.link(inside, page, filename) or (None, None)
                except Failed:
                    pass  # then the page it is
            client.headers = basic("__token__", "wrong") if chance.random() < 0.3 else {}
            event, client.attempts = Event("intrusion", path or page, now()), 0
            try:
                status, _, body = client.get(event.what)
                event.details = {"status": status, "bytes": len(body)}
            except Failed as error:
                event.why, event.details = str(error), {"status": 0}
            event.end, event.attempts, event.ok = now(), client.attempts, event.details["status"] == 401
            self.history.add(event)


def a_wheel(project, noise):
    return wheel_name(project, "1.0"), wheel(project, "1.0", files=[(f"{project}/noise", noise)])


def a_tarball(package, noise):
    return r_name(package, "1.0"), r_package(package, "1.0", files=[(f"{package}/inst/noise", noise)])
