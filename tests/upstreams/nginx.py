"""nginx over a folder, on a free port of the loopback."""

import http.client
import os
import pathlib
import shutil
import subprocess

from services import accepts, free_port, wait_until

CONFIGURATION = """
daemon off; worker_processes {workers}; pid {folder}/nginx.pid; error_log {folder}/error.log warn; {user}
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 75;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {http}
  server {{ listen 127.0.0.1:{port} reuseport; root {root}; {server} }}
}}
"""


class Nginx:
    """http, server: more directives of these blocks."""

    def __init__(self, folder, root, http="", server="", workers=1):
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin")
        if program is None:
            raise FileNotFoundError("nginx is not installed: make e2e installs it")
        self.folder, self.root, self.port = pathlib.Path(folder), pathlib.Path(root), free_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        types = "" if "types {" in http else "types { }"
        user = "user root;" if os.geteuid() == 0 else ""  # the folder may be readable by its owner only
        (self.folder / "nginx.conf").write_text(CONFIGURATION.format(
            folder=self.folder, root=self.root, port=self.port, user=user, http=f"{types} {http}", server=server, workers=workers))
        with open(self.folder / "nginx.log", "ab") as log:
            self.process = subprocess.Popen([program, "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log"],
                                            stdout=log, stderr=log, cwd=self.folder)
        wait_until(lambda: accepts(self.port), "nginx", alive=lambda: self.process.poll() is None)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, answer.headers, data

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    close = stop
