"""A CRAN that changes in steps: at step n all of its packages have the version n, and a page that shows two versions shows
half of a step."""

import collections
import hashlib
import http.server
import random
import threading

from artifacts import r_name, r_package
from history import now
from installs import CONTRIB, INDEX
from roles import AHEAD

PACKAGES = [*(f"step{letter}" for letter in "abcdefgh"), *AHEAD]
NOISE = 30_000  # bytes of each, so that a body can break off


def tarball(package, version):
    """The same bytes each time."""
    return r_package(package, version, files=[(f"{package}/inst/noise", random.Random(f"{package} {version}").randbytes(NOISE))])


class SmallCran:
    """Serves at `host`, on a port of its own, until stop(). `md5`: of all files that there ever were. `asked`: when somebody
    asked for a file, by its name."""

    def __init__(self, host):
        self.index, self.step, self.md5, self.names = b"", 0, {}, {}
        self.asked = collections.defaultdict(list)
        self.publish()
        outer = self

        class Answers(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = outer.body(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body or b"")

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # a node that was killed, or cut off

        self.server = Server((host, 0), Answers)
        self.url = f"http://{host}:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def body(self, path):
        if path == INDEX:
            return self.index
        name = path.removeprefix(CONTRIB)
        known = self.names.get(name) if path.startswith(CONTRIB) else None
        if known:
            self.asked[name].append(now())
        return tarball(*known) if known else None

    def publish(self):
        """The next step, at once: its files, then the page of them."""
        step, lines = self.step + 1, []
        for package in PACKAGES:
            version = f"{step}.0"
            name = r_name(package, version)
            self.md5[name] = hashlib.md5(tarball(package, version)).hexdigest()
            self.names[name] = (package, version)
            lines.append(f"Package: {package}\nVersion: {version}\nLicense: MIT\nMD5sum: {self.md5[name]}\nNeedsCompilation: no\n")
        self.index, self.step = "\n".join(lines).encode(), step
        return step

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
