"""What happened, in the words of the clients: written while it happens, read by the checker afterwards."""

import json
import threading
import time
from dataclasses import asdict, dataclass, field


@dataclass
class Event:
    kind: str  # "install", "upload", "fault", "job", "sync", "fetch", "commit", "look"
    what: str  # a file name; the name of a fault; the number of a job or of a step; a page
    begin: float
    end: float = 0.0
    ok: bool = False
    attempts: int = 0
    why: str = ""  # of a failure
    details: dict = field(default_factory=dict)


class History:
    def __init__(self, path=None):
        self.events, self.lock, self.path = [], threading.Lock(), path

    def add(self, event):
        with self.lock:
            self.events.append(event)
            if self.path:
                with open(self.path, "a") as out:
                    out.write(json.dumps(asdict(event)) + "\n")

    def of(self, kind):
        with self.lock:
            return [event for event in self.events if event.kind == kind]


def now():
    return time.monotonic()
