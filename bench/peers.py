"""The servers to compare with, each started on a free port in a folder of its own."""

import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from services import accepts, free_port, wait_until  # noqa: E402

VENV = ROOT / ".cache/venv-bench/bin"

NGINX = """
daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/error.log warn; {user}
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 75;
  open_file_cache max=10000 inactive=1h; open_file_cache_valid 1h; open_file_cache_errors on; types {{ }}
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port} reuseport; root {folder}/www; }}
}}
"""


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


class Nginx(Peer):
    def __init__(self, folder, files):
        """files: {path: bytes}"""
        self.folder, self.port = folder, free_port()
        for path, data in files.items():
            target = folder / "www" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        user = "user root;" if os.geteuid() == 0 else ""  # the folder may be readable by its owner only
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=self.port, user=user))
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin")
        self.launch([program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"], "nginx")


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
