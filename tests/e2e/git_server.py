"""Git repositories made on the spot, and served as real servers do: over HTTP by git's own backend, with a password if
asked, or as plain files."""

import base64
import getpass
import http.server
import os
import pathlib
import subprocess
import threading

from server import plain_environment
from services import accepts, free_port, wait_until

IDENTITY = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.org", "GIT_COMMITTER_NAME": "t",
            "GIT_COMMITTER_EMAIL": "t@example.org", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}


def git(*arguments, cwd=None):
    done = subprocess.run(["git", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, env=plain_environment() | IDENTITY)
    assert done.returncode == 0, f"git {arguments}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


class Repository:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True)
        git("init", "-q", "-b", "main", cwd=self.path)
        git("config", "http.uploadpack", "true", cwd=self.path)

    @property
    def url(self):
        return f"file://{self.path}"

    def commit(self, files, message="x", tag=None):
        """files: {path: text}: the commit."""
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git("add", "--all", cwd=self.path)
        git("commit", "-q", "--allow-empty", "-m", message, cwd=self.path)
        if tag:
            git("tag", "-a", "-m", tag, tag, cwd=self.path)
        return git("rev-parse", "HEAD", cwd=self.path)


def r_files(name, version, answer=None):
    return {"DESCRIPTION": f"Package: {name}\nVersion: {version}\nTitle: Made by a Test\nDescription: Made by a test.\n"
                           "Author: A Test\nMaintainer: A Test <test@example.org>\nLicense: MIT\n",
            "NAMESPACE": "export(answer)\n", "R/answer.R": f'answer <- function() "{answer or version}"\n'}


def python_files(name, version, setup=""):
    return {"pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
            "setup.py": f'{setup}\nfrom setuptools import setup\nsetup(name="{name}", version="{version}", '
                        f'py_modules=["{name}"])\n',
            f"{name}.py": f'answer = "{version}"\n'}


class GitHttp:
    """The folder over HTTP. `password`: of the user bot; None: open to all. `dumb`: only the files, as of any web server."""

    def __init__(self, folder, password=None, dumb=False, host="127.0.0.1"):
        outer = self
        self.folder, self.password, self.dumb, self.host = pathlib.Path(folder), password, dumb, host
        backend = pathlib.Path(git("--exec-path")) / "git-http-backend"

        class Handler(http.server.BaseHTTPRequestHandler):
            # As of a real server: a client that finds the connection closed asks again on another one.
            protocol_version = "HTTP/1.1"

            def log_request(self, *_):
                pass

            def reply(self, status, headers, content=b""):
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(content))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def allowed(self):
                wanted = base64.b64encode(f"bot:{outer.password}".encode()).decode()
                return outer.password is None or self.headers.get("Authorization") == "Basic " + wanted

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if not self.allowed():
                    return self.reply(401, {"WWW-Authenticate": 'Basic realm="git"'})
                path, _, query = self.path.partition("?")
                if outer.dumb:
                    file = outer.folder / path.lstrip("/")
                    return self.reply(200, {}, file.read_bytes()) if file.is_file() else self.reply(404, {})
                environment = plain_environment() | IDENTITY | {
                    "GIT_PROJECT_ROOT": str(outer.folder), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query,
                    "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                    "CONTENT_LENGTH": str(len(body)), "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol", "")}
                said = subprocess.run([backend], input=body, capture_output=True, env=environment).stdout
                head, _, rest = said.partition(b"\r\n\r\n")
                headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
                self.reply(int(headers.pop("Status", "200").split()[0]), headers, rest)

            do_GET = do_POST = answer

        self.server = http.server.ThreadingHTTPServer((host, 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, repository):
        return f"http://{self.host}:{self.server.server_port}/{repository.path.relative_to(self.folder)}/.git"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class GitSsh:
    """sshd for this user, who may enter with the key `folder`/id, whose passphrase is `passphrase`."""

    program = "/usr/sbin/sshd"

    def __init__(self, folder, passphrase=""):
        if not pathlib.Path(self.program).exists():
            raise FileNotFoundError(f"{self.program} is not there: make e2e installs it")
        self.key, self.port = folder / "id", free_port()
        folder.mkdir(mode=0o700)
        for path, secret in ((self.key, passphrase), (folder / "host", "")):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", secret, "-f", path], check=True)
        config = folder / "config"
        config.write_text(f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {folder / 'host'}\nPidFile none\n"
                          f"AuthorizedKeysFile {self.key}.pub\nStrictModes no\nPasswordAuthentication no\n"
                          "KbdInteractiveAuthentication no\nUsePAM no\nPermitRootLogin prohibit-password\n")
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen([self.program, "-D", "-e", "-f", config], stderr=self.log, stdout=self.log)
        wait_until(lambda: accepts(self.port), "sshd", alive=lambda: self.process.poll() is None)

    def url(self, repository):
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{repository.path}"

    def close(self):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()


def processes_with(text):
    """Those of this machine that have the text in their command line."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if text in command and int(entry.name) != os.getpid():
            found.append(command)
    return found
