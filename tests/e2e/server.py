"""One Granary server under test: its settings, its process, its command line, and plain HTTP to it."""

import http.client
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time
import urllib.parse
import uuid
from dataclasses import dataclass

from services import ROOT, accepts, free_port, wait_until

BINARY = pathlib.Path(os.environ.get("GRANARY_BINARY", ROOT / "build/release/src/app/granary"))


@dataclass
class Answer:
    status: int
    reason: str
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.status} {self.reason}: {self.text[:500]}"


def gcfg(sections):
    lines = []
    for section, keys in sections.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {value}" for key, value in keys.items() if value is not None]
    return "\n".join(lines) + "\n"


def plain_environment():
    """Of this process only what a program needs: no client is to find its settings by accident."""
    kept = ("PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
    return {key: os.environ[key] for key in kept if key in os.environ} | {"LC_ALL": "C.UTF-8"}


class Granary:
    def __init__(self, folder, settings=None, environment=None):
        """settings: {section: {key: value}}, over the ones that every server of the tests has."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        # A path of a unix socket holds 107 bytes: the folders of the tests may be longer.
        self.socket_folder = pathlib.Path(f"/tmp/granary-{uuid.uuid4().hex[:12]}")
        self.socket_folder.mkdir(mode=0o700)
        self.port, self.metrics_port = free_port(), free_port()
        self.settings = {"Server": {"DataDir": self.folder / "data", "SockFileDir": self.socket_folder,
                                    "Address": f"http://127.0.0.1:{self.port}"},
                         "HTTP": {"Listen": f"127.0.0.1:{self.port}"},
                         "Metrics": {"Listen": f"127.0.0.1:{self.metrics_port}"}}
        for section, keys in (settings or {}).items():
            self.settings.setdefault(section, {}).update(keys)
        self.environment = plain_environment() | {"HOME": str(self.folder)} | (environment or {})
        self.config = self.folder / "granary.gcfg"
        self.log_path = self.folder / "server.log"
        self.config_text = None  # instead of the settings
        self.process = None

    # the process

    def launch(self, extra_environment=None, arguments=()):
        self.write_config()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([BINARY, "serve", "-c", self.config, *arguments], stdout=log, stderr=log,
                                            env=self.environment | (extra_environment or {}), cwd=self.folder)
        return self

    def write_config(self):
        self.config.write_text(self.config_text or gcfg(self.settings))

    def start(self, seconds=20, extra_environment=None, arguments=()):
        self.launch(extra_environment, arguments)
        try:
            wait_until(lambda: accepts(self.port) and self.get("/__ping__").status == 200, "the server", seconds,
                       lambda: self.process.poll() is None)
        except Exception as error:
            raise RuntimeError(f"{error}\n{self.log()[-3000:]}") from error
        return self

    def stop(self, seconds=20):
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def close(self):
        if self.process and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.socket_folder, ignore_errors=True)

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, *_):
        self.close()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def resident_bytes(self, peak=False):
        key = "VmHWM" if peak else "VmRSS"
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
        raise LookupError(key)

    # the command line

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments, token=None, remote=False, environment=None, seconds=120):
        """The finished process. Over the unix socket; over HTTP with a token or with remote=True."""
        environment = self.environment | (environment or {})
        if not self.config.exists():
            self.write_config()
        if token or remote:
            environment = environment | {"GRANARY_ADDRESS": self.url, "GRANARY_TOKEN": token or ""}
            settings = []
        else:
            settings = ["-c", str(self.config)]
        words = [str(a) for a in arguments]
        return subprocess.run([BINARY, *words, *settings], capture_output=True, text=True, env=environment, cwd=self.folder,
                              timeout=seconds)

    def cli(self, *arguments, **options):
        done = self.run(*arguments, **options)
        assert done.returncode == 0, f"granary {' '.join(map(str, arguments))}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def cli_json(self, *arguments, **options):
        return json.loads(self.cli(*arguments, "-o", "json", **options))

    def token(self, scope="sources:write", **options):
        return self.cli("create", "token", "--description", f"test {scope}", "--scope", scope, "--expires", "1d", "-q",
                        **options).strip()

    def repository(self, kind, *sources, name=None, authenticated=False):
        """A new repository of "r" or "python" over the sources, or over one new source of the same name: the name."""
        name = name or f"{kind}-{uuid.uuid4().hex[:8]}"
        self.cli("create", "repo", "--name", name, "--type", kind, *(["--authenticated"] if authenticated else []))
        for source in sources or [self.source(kind, name)]:
            self.cli("subscribe", "--repo", name, "--source", source)
        return name

    def source(self, kind, name=None):
        name = name or f"{kind}-{uuid.uuid4().hex[:8]}"
        self.cli("create", "source", "--name", name, "--type", {"r": "local", "python": "local-python"}[kind])
        return name

    def add(self, source, files, *options):
        """files: {name: bytes}"""
        folder = self.folder / f"add-{uuid.uuid4().hex[:8]}"
        folder.mkdir()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        done = self.run("add", "--source", source, "--path", ",".join(str(folder / name) for name in files), *options)
        shutil.rmtree(folder)
        return done

    def added(self, source, files, *options):
        done = self.add(source, files, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    # plain HTTP

    def request(self, method, path, headers=None, body=None, timeout=60, connection=None, port=None):
        own = connection or http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            own.request(method, path, body=body, headers=headers or {})
            answer = own.getresponse()
            return Answer(answer.status, answer.reason, answer.headers, answer.read())
        finally:
            if connection is None:
                own.close()

    def get(self, path, **headers):
        return self.request("GET", path, {key.replace("_", "-"): value for key, value in headers.items()})

    def metrics(self):
        return self.request("GET", "/metrics", port=self.metrics_port).text

    def upload(self, source, filename, data, token, fields=None, connection=None, timeout=60, headers=None):
        """As twine does it: POST multipart/form-data to the upload URL of a source."""
        kind = "sdist" if filename.endswith((".tar.gz", ".zip")) else "bdist_wheel"
        form = {":action": "file_upload", "protocol_version": "1", "filetype": kind} | (fields or {})
        boundary = uuid.uuid4().hex
        body = io.BytesIO()
        for key, value in form.items():
            body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode())
        body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="content"; filename="{filename}"\r\n'
                   f"Content-Type: application/octet-stream\r\n\r\n".encode() + data + f"\r\n--{boundary}--\r\n".encode())
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"} | (headers or {})
        if token:
            headers |= basic("__token__", token)
        return self.request("POST", f"/upload/pypi/{source}", headers, body.getvalue(), timeout, connection)

    def json_page(self, repository, project, snapshot="latest"):
        return self.get(f"/{repository}/{snapshot}/simple/{project}/", Accept="application/vnd.pypi.simple.v1+json")

    def filenames(self, repository, project, snapshot="latest"):
        page = self.json_page(repository, project, snapshot)
        assert page.status in (200, 404), page
        return [f["filename"] for f in page.json["files"]] if page.status == 200 else []

    def file_url(self, repository, project, filename, snapshot="latest"):
        page = self.json_page(repository, project, snapshot)
        [url] = [f["url"] for f in page.json["files"] if f["filename"] == filename]
        return urllib.parse.urlsplit(urllib.parse.urljoin(f"{self.url}/{repository}/{snapshot}/simple/{project}/", url)).path


def basic(user, password):
    import base64
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def eventually(holds, seconds=20):
    """Within a time that only what is broken reaches, on however busy a machine."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
