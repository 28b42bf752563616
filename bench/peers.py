"""The servers to compare with, each started on a free port in a folder of its own."""

import base64
import http.client
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/upstreams")]

import nginx  # noqa: E402
from services import accepts, free_port, wait_until  # noqa: E402

VENV = ROOT / ".cache/venv-bench/bin"

CACHE_OF_FILES = "open_file_cache max=10000 inactive=1h; open_file_cache_valid 1h; open_file_cache_errors on;"


class Peer:
    def launch(self, command, name, seconds=60):
        self.log = open(self.folder / f"{name}.log", "ab")
        self.process = subprocess.Popen([str(c) for c in command], stdout=self.log, stderr=self.log, cwd=self.folder)
        wait_until(lambda: accepts(self.port), name, seconds, lambda: self.process.poll() is None)

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, answer.headers, data

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"


class Nginx(nginx.Nginx):
    def __init__(self, folder, files):
        """files: {path: bytes}"""
        for path, data in files.items():
            target = folder / "www" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        super().__init__(folder, folder / "www", http=CACHE_OF_FILES, workers=2)


class Pypiserver(Peer):
    upload_path, headers = "/", {}

    def __init__(self, folder, files):
        self.folder, self.port = folder, free_port()
        packages = folder / "packages"
        packages.mkdir()
        for name, data in files.items():
            (packages / name).write_bytes(data)
        self.launch([VENV / "pypi-server", "run", "-i", "127.0.0.1", "-p", self.port, "-P", ".", "-a", ".", packages], "pypiserver")
        self.page = "/simple/{}/"

    def file_path(self, project, filename):
        return f"/packages/{filename}"


class Devpi(Peer):
    upload_path = "/root/bench/"

    def __init__(self, folder, files):
        self.folder, self.port = folder, free_port()
        subprocess.run([VENV / "devpi-init", "--serverdir", folder / "server", "--no-root-pypi"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
        self.launch([VENV / "devpi-server", "--serverdir", folder / "server", "--host", "127.0.0.1", "--port", self.port], "devpi", 120)
        status, _, data = self.request("POST", "/+login", json.dumps({"user": "root", "password": ""}))
        assert status == 200, data
        secret = base64.b64encode(f"root:{json.loads(data)['result']['password']}".encode()).decode()
        self.headers = {"X-Devpi-Auth": secret}
        status, _, data = self.request("PUT", "/root/bench", json.dumps({"type": "stage", "bases": []}),
                                       self.headers | {"Content-Type": "application/json"})
        assert status in (200, 201), data
        self.page = "/root/bench/+simple/{}/"

    def file_path(self, project, filename):
        _, _, page = self.request("GET", self.page.format(project))
        return "/root/bench/" + re.search(rf'href="\.\./\.\./([^"#]*{re.escape(filename)})', page.decode())[1]
