"""A CRAN that changes in steps: at step n all of its packages have the version n, and a page that shows two versions shows
half of a step."""

import http.server
import threading

from artifacts import r_name, r_package

PACKAGES = [f"step{letter}" for letter in "abcdefgh"]
CONTRIB = "/src/contrib/"


def versions(page):
    """Those of a PACKAGES file, each once."""
    return {line.split(b":")[1].strip().decode() for line in page.splitlines() if line.startswith(b"Version:")}


class SmallCran:
    """Serves at `host`, on a port of its own, until stop()."""

    def __init__(self, host):
        self.files, self.step = {}, 0
        self.publish()
        outer = self

        class Answers(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = outer.files.get(self.path)
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

    def publish(self):
        """The next step, at once."""
        step = self.step + 1
        added = {f"{CONTRIB}{r_name(name, f'{step}.0')}": r_package(name, f"{step}.0") for name in PACKAGES}
        index = "\n".join(f"Package: {name}\nVersion: {step}.0\nLicense: MIT\nNeedsCompilation: no\n" for name in PACKAGES)
        self.files = self.files | added | {CONTRIB + "PACKAGES": index.encode()}
        self.step = step
        return step

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
