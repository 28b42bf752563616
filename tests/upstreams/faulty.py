"""An upstream that does as it is told: it stands before a real one, counts what it is asked, and misbehaves by path.

    upstream = Faulty(nginx.url)
    upstream.fail("/src/contrib/PACKAGES.gz", status(503), times=2)
    upstream.count("/src/contrib/brew_1.0.tar.gz")

A fault is a function of the request's handler and of the real answer, an Answer, that sends what it wants."""

import fnmatch
import http.client
import http.server
import socket
import struct
import threading
import urllib.parse
from dataclasses import dataclass, field

PASSED = ("Accept", "Range", "If-None-Match", "If-Modified-Since", "If-Range")
KEPT = ("Content-Type", "ETag", "Last-Modified", "Content-Range", "Accept-Ranges", "Location", "Cache-Control", "X-PyPI-Last-Serial")


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes


@dataclass
class Rule:
    pattern: str
    fault: object
    times: int | None


@dataclass
class Request:
    method: str
    path: str
    headers: dict = field(repr=False)


class Faulty:
    def __init__(self, origin):
        """origin: the URL of the real upstream; may be changed."""
        self.origin = origin
        self.conditions = True  # False: answers as if everything were new
        self.requests, self.rules = [], []
        self.lock, self.ended = threading.Lock(), threading.Event()
        upstream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                upstream.handle(self)

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 512

            def handle_error(self, *_):
                pass  # a client that went away

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    # what the tests say

    def fail(self, pattern, fault, times=None):
        """Requests whose path matches the pattern (fnmatch) get the fault, the first `times` of them when it is given."""
        with self.lock:
            self.rules.insert(0, Rule(pattern, fault, times))

    def heal(self):
        with self.lock:
            self.rules.clear()

    def forget(self):
        with self.lock:
            self.requests.clear()

    def count(self, pattern="*", method="*"):
        with self.lock:
            return sum(fnmatch.fnmatchcase(r.path, pattern) and fnmatch.fnmatchcase(r.method, method) for r in self.requests)

    def counts(self, pattern="*"):
        """{path: requests}"""
        found = {}
        with self.lock:
            for request in self.requests:
                if fnmatch.fnmatchcase(request.path, pattern):
                    found[request.path] = found.get(request.path, 0) + 1
        return found

    def close(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()

    # what it does

    def rule_for(self, path):
        with self.lock:
            for rule in self.rules:
                if fnmatch.fnmatchcase(path, rule.pattern) and rule.times != 0:
                    if rule.times is not None:
                        rule.times -= 1
                    return rule
        return None

    def real(self, handler):
        origin = urllib.parse.urlsplit(self.origin)
        connection = http.client.HTTPConnection(origin.hostname, origin.port, timeout=30)
        try:
            connection.request(handler.command, origin.path + handler.path,
                               headers={key: handler.headers[key] for key in PASSED if key in handler.headers and
                                        (self.conditions or not key.endswith(("-Match", "-Since")))})
            answer = connection.getresponse()
            body = answer.read()
            kept = {key: answer.headers[key] for key in KEPT if key in answer.headers}
            if handler.command == "HEAD":
                kept["Content-Length"] = answer.headers.get("Content-Length", "0")
            return Answer(answer.status, kept, body)
        finally:
            connection.close()

    def handle(self, handler):
        path = urllib.parse.unquote(handler.path)
        with self.lock:
            self.requests.append(Request(handler.command, path, dict(handler.headers)))
        rule = self.rule_for(path)
        fault = rule.fault if rule else send
        handler.upstream = self
        if getattr(fault, "alone", False):
            return fault(handler)
        try:
            answer = self.real(handler)
        except OSError:
            answer = Answer(502, {}, b"")
        return fault(handler, answer)


def head(handler, answer, length=None):
    handler.send_response(answer.status)
    for key, value in answer.headers.items():
        handler.send_header(key, value)
    if answer.status not in (204, 304) and "Content-Length" not in answer.headers:
        handler.send_header("Content-Length", str(len(answer.body) if length is None else length))
    handler.end_headers()


def send(handler, answer):
    head(handler, answer)
    if handler.command != "HEAD":
        handler.wfile.write(answer.body)


def alone(fault):
    """A fault that does not ask the real upstream."""
    fault.alone = True
    return fault


# the faults

def status(code, **headers):
    return alone(lambda handler: send(handler, Answer(code, {k.replace("_", "-"): v for k, v in headers.items()}, b"out of order\n")))


def gone():
    return status(404)


def hang():
    """No answer, until the upstream is closed or the client goes."""
    @alone
    def fault(handler):
        handler.upstream.ended.wait(60)
        handler.close_connection = True
    return fault


def held(event):
    """The real answer, but not before the event (of threading)."""
    def fault(handler, answer):
        while not event.wait(0.05) and not handler.upstream.ended.is_set():
            pass
        send(handler, answer)
    return fault


def body(data, content_type="application/octet-stream", code=200):
    return alone(lambda handler: send(handler, Answer(code, {"Content-Type": content_type}, data)))


def html():
    """What a captive portal gives: a page, with 200."""
    return body(b"<!DOCTYPE html><html><body>Please sign in.</body></html>", "text/html")


def redirect_loop():
    return alone(lambda handler: send(handler, Answer(302, {"Location": handler.path}, b"")))


def truncated(part=0.5):
    """The connection ends within the body."""
    def fault(handler, answer):
        head(handler, answer)
        handler.wfile.write(answer.body[:int(len(answer.body) * part)])
        handler.close_connection = True
    return fault


def wrong_bytes():
    """As many bytes as there should be, but others."""
    return lambda handler, answer: send(handler, Answer(answer.status, answer.headers, bytes(b ^ 0x55 for b in answer.body)))


def edited(edit):
    """The real body after edit(bytes)."""
    return lambda handler, answer: send(handler, Answer(answer.status, answer.headers, edit(answer.body)))


def slow(seconds, pieces=10):
    """The body in pieces, over this time."""
    def fault(handler, answer):
        head(handler, answer)
        size = max(1, -(-len(answer.body) // pieces))
        for first in range(0, len(answer.body), size):
            handler.wfile.write(answer.body[first:first + size])
            handler.wfile.flush()
            handler.upstream.ended.wait(seconds / pieces)
    return fault


def huge_json(megabytes, content_type="application/vnd.pypi.simple.v1+json"):
    """JSON that begins as a page of the Simple API and goes on."""
    @alone
    def fault(handler):
        start = b'{"meta":{"api-version":"1.4"},"name":"huge","versions":["1.0"],"files":[],"x":"'
        piece, end = b"x" * 1_000_000, b'"}'
        head(handler, Answer(200, {"Content-Type": content_type}, b""), len(start) + megabytes * len(piece) + len(end))
        handler.wfile.write(start)
        for _ in range(megabytes):
            handler.wfile.write(piece)
        handler.wfile.write(end)
    return fault


def reset(part=0.5):
    """The connection is reset within the body."""
    def fault(handler, answer):
        head(handler, answer)
        handler.wfile.write(answer.body[:int(len(answer.body) * part)])
        handler.wfile.flush()
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        handler.close_connection = True
    return fault


def silent(seconds=0.0):
    """The connection ends without an answer, after a time."""
    @alone
    def fault(handler):
        handler.upstream.ended.wait(seconds)
        handler.close_connection = True
    return fault


def not_modified():
    """304, whether or not anybody asked for what is newer; with a body, which a 304 has not, so that the next answer on the
    connection begins with rubbish."""
    return status(304)


def encoded(coding):
    """A body that is said to be encoded as nobody asked for, and is not."""
    return alone(lambda handler: send(handler, Answer(200, {"Content-Encoding": coding}, b"as it is\n" * 10)))


def endless(start, piece, megabytes, content_type):
    """A body whose length is not said and that goes on."""
    @alone
    def fault(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        whole = piece * (1_000_000 // len(piece))
        for chunk in filter(None, (start, *([whole] * megabytes))):
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        handler.wfile.write(b"0\r\n\r\n")
    return fault
