"""Clients that install and upload, and try again as real ones do."""

import hashlib
import http.client
import json
import random
import threading
import time
import urllib.parse
import uuid

from artifacts import wheel, wheel_name
from history import Event, now
from server import basic

JSON = "application/vnd.pypi.simple.v1+json"
# How often a client asks, and its first pause, which doubles; a Retry-After of a 503 is obeyed. R's download.file never
# asks again.
CLIENTS = {"pip": (6, 0.25), "uv": (4, 1.0), "R": (1, 0.0)}
ATTEMPTS, BACKOFF = CLIENTS["pip"]
TIMEOUT = 15
LONGEST_PAUSE = 5


class Failed(Exception):
    """After all attempts that a client makes."""


class Http:
    """One keep-alive connection to one address, made anew when it broke."""

    def __init__(self, host, port, kind="pip"):
        self.host, self.port, self.connection, self.attempts, self.requests = host, port, None, 0, 0
        self.most, self.backoff = CLIENTS[kind]

    def once(self, method, path, headers, body=None, timeout=TIMEOUT):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            self.connection.request(method, path, body=body, headers=headers)
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if answer.will_close:
            self.close()
        return answer.status, answer.headers, content

    def request(self, method, path, headers, body=None):
        """Status, headers, body; with the client's attempts."""
        why = ""
        self.requests += 1
        for attempt in range(self.most):
            self.attempts += 1
            pause = self.backoff * 2 ** attempt
            try:
                status, answer, content = self.once(method, path, headers, body)
                if status < 500:
                    return status, answer, content
                why = f"{status} {content[:200]!r}"
                if (answer.get("Retry-After") or "").isdigit():
                    pause = max(pause, int(answer["Retry-After"]))
            except (OSError, http.client.HTTPException) as error:
                why = f"{type(error).__name__} {error}"
            if attempt + 1 < self.most:
                time.sleep(min(pause, LONGEST_PAUSE))
        raise Failed(why)

    def get(self, path, accept="*/*"):
        return self.request("GET", path, {"Accept": accept})

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def look(client, repository, project, filename, snapshot="latest"):
    """What an installer sees of one file: "missing", "stale" (the page lacks the file), "half" (the page has it, the bytes are
    wrong or not there), "right". Raises Failed."""
    page = f"/{repository}/{snapshot}/simple/{project}/"
    status, _, body = client.get(page, JSON)
    if status == 404:
        return "missing", ""
    if status != 200:
        raise Failed(f"{page}: {status}")
    links = [f for f in json.loads(body)["files"] if f["filename"] == filename]
    if not links:
        return "stale", ""
    path = urllib.parse.urlsplit(urllib.parse.urljoin(page, links[0]["url"])).path
    status, _, content = client.get(path)
    digest = hashlib.sha256(content).hexdigest()
    if status != 200 or digest != links[0]["hashes"]["sha256"]:
        return "half", f"{path}: {status}, {len(content)} bytes"
    return "right", digest


def multipart(filename, content):
    boundary = uuid.uuid4().hex
    fields = {":action": "file_upload", "protocol_version": "1", "filetype": "bdist_wheel"}
    text = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items())
    text += (f'--{boundary}\r\nContent-Disposition: form-data; name="content"; filename="{filename}"\r\n'
             "Content-Type: application/octet-stream\r\n\r\n")
    return text.encode() + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def upload(client, source, filename, content, token):
    """The status of the last attempt."""
    body, kind = multipart(filename, content)
    headers = basic("__token__", token) | {"Content-Type": kind}
    return client.request("POST", f"/upload/pypi/{source}", headers, body)


class Crowd:
    """Threads of clients at one address, until stop()."""

    def __init__(self, history, host, port, repository, token, base, seed, uploaders=2):
        self.history, self.host, self.port, self.repository, self.token = history, host, port, repository, token
        self.wanted = list(base)  # (project, file name): what can be installed
        self.ended = threading.Event()
        workers = [(self.install, kind) for kind in CLIENTS] + [(self.upload, number) for number in range(uploaders)]
        self.threads = [threading.Thread(target=work, args=(random.Random(seed * 100 + number), what), daemon=True)
                        for number, (work, what) in enumerate(workers)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(120)
            assert not thread.is_alive(), "a client does not end"

    def install(self, chance, kind):
        client = Http(self.host, self.port, kind)
        while not self.ended.wait(chance.uniform(0.01, 0.05)):
            # Half of the time what is new: nothing of it is in the memory of a node.
            among = self.wanted if chance.random() < 0.5 else self.wanted[-20:]
            project, filename = chance.choice(among)
            event, client.attempts = Event("install", filename, now()), 0
            try:
                seen, event.why = look(client, self.repository, project, filename)
                event.ok, event.details = seen == "right", {"seen": seen, "client": kind}
            except Failed as error:
                event.why, event.details = str(error), {"seen": "failed", "client": kind}
            event.end, event.attempts = now(), client.attempts
            self.history.add(event)
            if event.details["seen"] == "failed":
                self.ended.wait(1)  # nobody starts the installer again at once

    def upload(self, chance, number):
        client, count = Http(self.host, self.port), 0
        while not self.ended.wait(chance.uniform(0.1, 0.3)):
            count += 1
            project = f"up{number}x{count}"
            filename = wheel_name(project, "1.0")
            content = wheel(project, "1.0", files=[(f"{project}/noise", chance.randbytes(chance.randrange(100, 60_000)))])
            event, client.attempts = Event("upload", filename, now()), 0
            event.details = {"project": project, "sha256": hashlib.sha256(content).hexdigest()}
            try:
                status, _, answer = upload(client, self.repository, filename, content, self.token)
                event.ok, event.why = status == 200, "" if status == 200 else f"{status} {answer[:200]!r}"
            except Failed as error:
                event.why = str(error)
            event.end, event.attempts = now(), client.attempts
            self.history.add(event)
            if event.ok:
                self.wanted.append((project, filename))
