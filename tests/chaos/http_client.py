"""One client's connection to one address, and its patience: what it asks again, and how often, as the real ones do."""

import http.client
import time
from dataclasses import dataclass, field

LONGEST_PAUSE = 5


@dataclass(frozen=True)
class Patience:
    """A Retry-After of a 503 is obeyed. What is not in `again` is final."""

    attempts: int = 1
    pause: float = 0.0  # before the second; it doubles
    again: frozenset = field(default_factory=frozenset)  # statuses
    timeout: float = 60.0  # of what says nothing; R's option of that name
    broken: bool = True  # connections that broke are asked again; without it only those that were silent too long


PATIENCE = {
    "pip": Patience(6, 0.25, frozenset({500, 502, 503, 520, 527}), 15.0),
    "uv": Patience(4, 1.0, frozenset({408, 429, 500, 502, 503, 504}), 30.0),
    "twine": Patience(6, 0.25, frozenset({500, 501, 502, 503})),
    "renv": Patience(4, 1.0, frozenset({408, 429, 500, 502, 503, 504}), broken=False),  # curl --retry 3
    "once": Patience(),  # R's download.file
}


class Failed(Exception):
    """After all attempts that a client makes."""


class Http:
    """Keep-alive; made anew when the connection broke, and for each request of a client that asks once, as R does."""

    def __init__(self, host, port, patience="pip", headers=None):
        self.host, self.port, self.headers, self.connection, self.attempts, self.requests = host, port, headers or {}, None, 0, 0
        self.patience = PATIENCE[patience]
        self.pages = {}  # by path, of those who ask whether a page has changed: its tag and its bytes

    def once(self, method, path, headers, body=None, timeout=None):
        reused = self.connection is not None
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout or self.patience.timeout)
        try:
            self.connection.request(method, path, body=body, headers=self.headers | headers)
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            # A kept connection may have been closed meanwhile (RFC 9112 9.3.1): libcurl sends what is only read on another one.
            if reused and method == "GET" and isinstance(error, (http.client.RemoteDisconnected, ConnectionResetError)):
                return self.once(method, path, headers, body, timeout)
            raise
        if answer.will_close or self.patience.attempts == 1:
            self.close()
        return answer.status, answer.headers, content

    def request(self, method, path, headers, body=None):
        """Status, headers, body; with the client's attempts. Raises Failed."""
        self.requests += 1
        for attempt in range(1, self.patience.attempts + 1):
            self.attempts += 1
            pause = self.patience.pause * 2 ** (attempt - 1)
            try:
                status, answer, content = self.once(method, path, headers, body)
                if status < 500 and status not in self.patience.again:
                    return status, answer, content
                why, final = f"{status} {content[:200]!r}", status not in self.patience.again
                if (answer.get("Retry-After") or "").isdigit():
                    pause = max(pause, int(answer["Retry-After"]))
            except (OSError, http.client.HTTPException) as error:
                why, final = f"{type(error).__name__} {error}", not (self.patience.broken or isinstance(error, TimeoutError))
            if final or attempt == self.patience.attempts:
                raise Failed(f"{method} {path}: {why}")
            time.sleep(min(pause, LONGEST_PAUSE))
        raise AssertionError("a client has one attempt at least")

    def get(self, path, accept="*/*"):
        return self.request("GET", path, {"Accept": accept})

    def page(self, path):
        """Status and body of a page that may be known already (If-None-Match)."""
        tag, known = self.pages.get(path, (None, b""))
        status, answer, body = self.request("GET", path, {"If-None-Match": tag} if tag else {})
        if status == 304:
            return 200, known
        if status == 200:
            self.pages[path] = (answer["ETag"], body)
        return status, body

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None
