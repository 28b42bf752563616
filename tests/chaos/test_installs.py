"""Installers of the faults see what is wrong with what a server sends, and ask again as real ones do."""

import hashlib
import http.server
import json
import threading

import pytest

import installs
from http_client import Failed, Http
from small_cran import PACKAGES, SmallCran

FILE = b"the bytes"
PYTHON, CRAN = "/python/latest/simple/a/", "/r/latest/src/contrib/"


class Server:
    """Answers what `answers` has by path, (status, bytes); what it has a list of, one after the other. None: breaks off."""

    def __init__(self, answers):
        self.asked, outer = [], self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append((self.path, self.headers["If-None-Match"]))
                found = answers.get(self.path, (404, b""))
                status, body = (found.pop(0) if len(found) > 1 else found[0]) if isinstance(found, list) else found
                if status is None:
                    return
                tag = f'"{hashlib.md5(body).hexdigest()}"'
                if self.headers["If-None-Match"] == tag:
                    status, body = 304, b""
                self.send_response(status)
                self.send_header("ETag", tag)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def client(self, patience):
        return Http("127.0.0.1", self.server.server_address[1], patience)


@pytest.fixture
def serve():
    servers = []

    def make(answers):
        servers.append(Server(answers))
        return servers[-1]

    yield make
    for one in servers:
        one.server.shutdown()
        one.server.server_close()


def python(names=("a.whl",)):
    files = [{"filename": name, "url": "../../f/" + name, "hashes": {"sha256": hashlib.sha256(FILE).hexdigest()}} for name in names]
    return 200, json.dumps({"files": files}).encode()


def cran(version="1.0"):
    return 200, "\n".join(f"Package: {name}\nVersion: {version}\nMD5sum: {hashlib.md5(FILE).hexdigest()}\n" for name in ("ab", "a", "abc")).encode()


def test_python_files_are_compared_with_their_page(serve):
    where = "/python/latest/f/a.whl"
    for answers, expected in (({PYTHON: python(), where: (200, FILE)}, "right"), ({PYTHON: python(), where: (200, b"others")}, "half"),
                              ({PYTHON: python(), where: (404, b"")}, "half"), ({PYTHON: python(["b.whl"])}, "stale"), ({}, "missing")):
        assert installs.of_python(serve(answers).client("once"), "python", "a", "a.whl")[0] == expected


def test_tarballs_are_compared_with_packages(serve):
    index, where = CRAN + "PACKAGES", CRAN + "a_1.0.tar.gz"
    for answers, expected in (({index: cran(), where: (200, FILE)}, "right"), ({index: cran(), where: (200, b"others")}, "half"),
                              ({index: cran(), where: (404, b"")}, "half"), ({index: cran("2.0")}, "stale"), ({}, "missing")):
        assert installs.of_r(serve(answers).client("once"), "r", "a", "a_1.0.tar.gz")[0] == expected


def test_packages_is_asked_for_once_and_then_whether_it_has_changed(serve):
    server = serve({CRAN + "PACKAGES": [cran("1.0"), cran("1.0"), cran("2.0")], CRAN + "a_1.0.tar.gz": (200, FILE)})
    client = server.client("once")
    assert [installs.of_r(client, "r", "a", "a_1.0.tar.gz")[0] for _ in range(3)] == ["right", "right", "stale"]
    tags = [tag for path, tag in server.asked if path.endswith("PACKAGES")]
    assert tags[0] is None and tags[1] == tags[2] == f'"{hashlib.md5(cran("1.0")[1]).hexdigest()}"'


def test_who_asks_again_asks_as_its_like(serve, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    for patience, trouble, asks in (("pip", 503, 6), ("pip", 504, 1), ("uv", 504, 4), ("twine", 502, 6), ("renv", 502, 4), ("once", 502, 1),
                                    ("pip", None, 6), ("renv", None, 1), ("once", None, 1)):
        server = serve({"/a": (trouble, b"")})
        with pytest.raises(Failed):
            server.client(patience).get("/a")
        assert len(server.asked) == asks, (patience, trouble)


def test_a_small_cran_lists_what_it_sends():
    upstream = SmallCran("127.0.0.1")
    try:
        upstream.publish()
        client = Http("127.0.0.1", upstream.server.server_address[1], "once")
        index = client.get(installs.INDEX)[2]
        assert installs.versions(index) == {"2.0"} and installs.packages(index) == PACKAGES
        for version in ("1.0", "2.0"):
            name = f"stepc_{version}.tar.gz"
            assert installs.compared(client, installs.CONTRIB + name, "md5", upstream.md5[name])[0] == "right"
            assert len(upstream.asked[name]) == 1
        assert installs.stanza(index, "stepc")["MD5sum"] == upstream.md5["stepc_2.0.tar.gz"]
        assert installs.stanza(index, "step") is None
    finally:
        upstream.stop()
