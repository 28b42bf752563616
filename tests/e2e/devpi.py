"""devpi-server, another index of Python packages: as an upstream of ours, and as a mirror of us."""

import base64
import http.client
import json
import subprocess

from clients import VENV
from server import plain_environment
from services import accepts, free_port, wait_until

PROGRAMS = VENV.parent.parent / "venv-mirrors/bin"
USER, PASSWORD = "root", "a long password"


class Devpi:
    """A server with the user `root`, and without the index that asks PyPI."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True)
        self.port = free_port()
        environment = plain_environment() | {"HOME": str(folder), "NO_PROXY": "*"}
        common = ["--serverdir", folder / "server"]
        subprocess.run([PROGRAMS / "devpi-init", *common, "--root-passwd", PASSWORD, "--no-root-pypi"], check=True, env=environment,
                       capture_output=True, timeout=120)
        with open(folder / "devpi.log", "ab") as log:
            self.process = subprocess.Popen([PROGRAMS / "devpi-server", *common, "--host", "127.0.0.1", "--port", str(self.port)],
                                            env=environment, stdout=log, stderr=log, cwd=folder)
        wait_until(lambda: accepts(self.port), "devpi", 180, lambda: self.process.poll() is None)
        secret = self.call("POST", "/+login", {"user": USER, "password": PASSWORD})["result"]["password"]
        self.token = base64.b64encode(f"{USER}:{secret}".encode()).decode()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def call(self, method, path, body):
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if hasattr(self, "token"):
            headers["X-Devpi-Auth"] = self.token
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status in (200, 201), f"{method} {path}: {answer.status} {text[:500]}"
        return json.loads(text)

    def index(self, name, **settings):
        """A new index of the user: its URL."""
        self.call("PUT", f"/{USER}/{name}", settings)
        return f"{self.url}/{USER}/{name}"

    def log(self):
        return (self.folder / "devpi.log").read_text(errors="replace")

    def close(self):
        self.process.terminate()
        self.process.wait(30)
