"""The servers that Granary leans on, started privately for the tests: PostgreSQL, an S3 server over a folder, and what
stands for the services of AWS around it."""

import contextlib
import datetime
import hashlib
import hmac
import http.client
import itertools
import json
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]


def own_ports():
    """From below those that the kernel gives to whoever asks for any, and to each connection that goes out: what is free
    stays so until its server listens, and while that is stopped for a while."""
    first, given_out = 12_000, int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    end = max(given_out, first + 1_000)  # a machine that gives out nearly all has none that stay free
    start = random.randrange(first, end)  # other runs of the tests begin elsewhere
    return itertools.cycle([*range(start, end), *range(first, start)])


PORTS = own_ports()


def free_port():
    """Given to nobody else."""
    while True:
        port = next(PORTS)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(ready, what, seconds=30, alive=lambda: True):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return
        if not alive():
            raise RuntimeError(f"{what}: it ended at once")
        time.sleep(0.02)
    raise TimeoutError(f"{what}: not within {seconds} s")


def accepts(port, host="127.0.0.1"):
    with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
        return True
    return False


def http_status(url, seconds=2):
    """0 when there was no answer."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=seconds)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


class Postgres:
    """A cluster of its own, by an unprivileged user, on a free port; nothing of it is kept."""

    def __init__(self):
        binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        if not binaries:
            raise FileNotFoundError("PostgreSQL is not installed: make e2e installs it")
        self.bin = binaries[-1]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="granary-pg-"))
        self.user = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            self.user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self.port = free_port()
        self.process = None
        self.databases = 0
        self.run("initdb", "-D", self.folder / "data", "-U", "granary", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()

    def run(self, program, *arguments):
        subprocess.run([self.bin / program, *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/", **self.user)

    def start(self):
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
                    "fsync": "off", "max_connections": 200, "shared_buffers": "64MB", "log_destination": "stderr"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with open(self.folder.with_suffix(".log"), "ab") as log:
            self.process = subprocess.Popen([self.bin / "postgres", "-D", self.folder / "data", *options], cwd="/",
                                            stdout=log, stderr=log, **self.user)
        self.wait_ready()

    def wait_ready(self):
        def ready():
            return subprocess.run([self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode == 0
        wait_until(ready, "PostgreSQL", alive=lambda: self.process.poll() is None)

    def stop(self):
        self.process.send_signal(2)  # fast shutdown
        self.process.wait(30)

    def everyone(self):
        """The server and its children, which answer on the connections."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [self.process.pid, *(int(child) for task in tasks for child in task.read_text().split())]

    def freeze(self):
        """It takes connections, and answers nobody."""
        for pid in self.everyone():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in self.everyone():
            os.kill(pid, signal.SIGCONT)

    def sql(self, statement, database="postgres"):
        self.run("psql", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-U", "granary", "-d", database, "-c", statement)

    def asked(self, question, database="postgres"):
        """The answer as text, a row a line."""
        done = subprocess.run([self.bin / "psql", "-qAt", "-h", "127.0.0.1", "-p", str(self.port), "-U", "granary", "-d", database,
                               "-c", question], check=True, stdout=subprocess.PIPE, text=True, cwd="/", **self.user)
        return done.stdout.strip()

    @contextlib.contextmanager
    def held(self, statement, database="postgres"):
        """What the statement locks is locked meanwhile."""
        holder = subprocess.Popen([self.bin / "psql", "-qAt", "-h", "127.0.0.1", "-p", str(self.port), "-U", "granary", "-d", database],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/", **self.user)
        try:
            holder.stdin.write(statement + ";\nSELECT 'held';\n")
            holder.stdin.flush()
            while holder.stdout.readline() not in ("held\n", ""):
                pass
            yield
        finally:
            holder.communicate(timeout=30)

    def database(self):
        """A new, empty database: its URL."""
        self.databases += 1
        self.sql(f"CREATE DATABASE test{self.databases}")
        return f"postgres://granary@127.0.0.1:{self.port}/test{self.databases}?sslmode=disable"

    def close(self):
        self.process.send_signal(signal.SIGQUIT)  # without a last checkpoint: all of it goes
        self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.with_suffix(".log").unlink(missing_ok=True)


def versitygw():
    program = os.environ.get("GRANARY_VERSITYGW", ROOT / ".cache/tools/versitygw")
    if not pathlib.Path(program).exists():
        raise FileNotFoundError(f"{program} is not there: make e2e builds it")
    return program


class S3:
    """versitygw over a folder: a real server that verifies signatures."""

    region, access, secret, host = "us-east-1", "granary-test", "granary-test-secret", "127.0.0.1"

    def __init__(self):
        self.program = versitygw()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="granary-s3-"))
        self.port = free_port()
        self.buckets = 0
        for name in ("data", "sidecar"):
            (self.folder / name).mkdir()
        self.start()

    @property
    def endpoint(self):
        return f"http://{self.host}:{self.port}"

    def command(self):
        return [self.program, "--access", self.access, "--secret", self.secret, "--region", self.region, "--quiet",
                "--port", f"{self.host}:{self.port}", "posix", "--sidecar", self.folder / "sidecar", self.folder / "data"]

    def start(self):
        self.process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: accepts(self.port), "the S3 server", alive=lambda: self.process.poll() is None)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def bucket(self):
        self.buckets += 1
        name = f"bucket{self.buckets}"
        status, _ = self.request("PUT", f"/{name}")
        assert status == 200, f"creating {name}: {status}"
        return name

    def uploads(self, bucket):
        """The keys of uploads in parts that nobody has ended."""
        status, document = self.request("GET", f"/{bucket}", "uploads=")
        assert status == 200, document
        return re.findall("<Key>([^<]*)</Key>", document)

    def request(self, method, path, query=""):
        """One signed request without a body (AWS Signature Version 4): its status and its answer."""
        now = datetime.datetime.now(datetime.timezone.utc)
        stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        empty, host = hashlib.sha256(b"").hexdigest(), f"{self.host}:{self.port}"
        signed = "host;x-amz-content-sha256;x-amz-date"
        canonical = f"{method}\n{path}\n{query}\nhost:{host}\nx-amz-content-sha256:{empty}\nx-amz-date:{stamp}\n\n{signed}\n{empty}"
        scope = f"{day}/{self.region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = f"AWS4{self.secret}".encode()
        for part in (day, self.region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        connection.request(method, f"{path}?{query}" if query else path, headers={
            "Host": host, "x-amz-date": stamp, "x-amz-content-sha256": empty,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={self.access}/{scope}, SignedHeaders={signed}, Signature={signature}"})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, text

    def freeze(self):
        """It takes connections, and answers nobody."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def objects(self, bucket):
        return sorted(str(p.relative_to(self.folder / "data" / bucket))
                      for p in (self.folder / "data" / bucket).rglob("*") if p.is_file())

    def close(self):
        self.process.kill()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


def moto():
    program = pathlib.Path(os.environ.get("GRANARY_MOTO", ROOT / ".cache/venv-aws/bin/moto_server"))
    if not program.exists():
        raise FileNotFoundError(f"{program} is not there: make e2e installs it")
    return program


class Keys:
    """The keys of a KMS at `host` and `port`, as their administrator sees them."""

    region, host = "us-east-1", "127.0.0.1"

    def call(self, action, **body):
        credential = f"AWS4-HMAC-SHA256 Credential=test/20240501/{self.region}/kms/aws4_request"
        connection = http.client.HTTPConnection(self.host, self.port, timeout=10)
        connection.request("POST", "/", json.dumps(body), {"X-Amz-Target": f"TrentService.{action}", "Authorization": credential,
                                                           "Content-Type": "application/x-amz-json-1.1"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status == 200, text
        return json.loads(text or b"{}")

    def create_key(self, alias=None):
        """Its ARN."""
        made = self.call("CreateKey")["KeyMetadata"]
        if alias:
            self.call("CreateAlias", AliasName=alias, TargetKeyId=made["KeyId"])
        return made["Arn"]


class Aws(Keys):
    """moto: KMS, STS, instance metadata, and an S3 that checks no signature. Not ours, and not a mock inside a test."""

    def __init__(self):
        self.program = moto()
        self.port = free_port()
        self.buckets = 0
        self.process = subprocess.Popen([self.program, "-H", "127.0.0.1", "-p", str(self.port)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_until(lambda: accepts(self.port), "moto", alive=lambda: self.process.poll() is None)

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def bucket(self):
        self.buckets += 1
        name = f"bucket{self.buckets}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("PUT", f"/{name}")
        assert connection.getresponse().status == 200
        connection.close()
        return name

    def objects(self, bucket):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", f"/{bucket}?list-type=2")
        names = re.findall("<Key>([^<]*)</Key>", connection.getresponse().read().decode())
        connection.close()
        return names

    def head(self, bucket, name):
        """The headers of an object."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("HEAD", f"/{bucket}/{name}",
                           headers={"Authorization": f"AWS4-HMAC-SHA256 Credential=test/20240501/{self.region}/s3/aws4_request"})
        headers = connection.getresponse().headers
        connection.close()
        return headers

    def close(self):
        self.process.kill()
        self.process.wait(20)
