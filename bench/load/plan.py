"""The packages of the load, and the file of requests that the program `load` draws installs from.

Half are Python packages, half R packages; the sizes of their files are log-normal, as on CRAN and PyPI, where the medians
lie between 60 and 300 KB."""

import http.client
import json
import random
import urllib.parse
import uuid

import data

MEDIAN_BYTES, SIGMA, MOST_BYTES = 100_000, 1.3, 20_000_000
PYTHON, R, TEAM = "python", "r", "team"


class Target:
    """Where the packages go and the requests are learned: a URL and a way to run the command line."""

    def __init__(self, url, cli, folder):
        self.url, self.cli, self.folder = url, cli, folder
        parts = urllib.parse.urlsplit(url)
        self.host = f"{parts.hostname}:{parts.port}"
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)

    def get(self, path, headers):
        for last in (False, True):
            try:
                self.connection.request("GET", path, headers=headers)
                answer = self.connection.getresponse()
                return answer.status, answer.headers, answer.read()
            except (http.client.RemoteDisconnected, ConnectionError):  # idle for longer than the balancer allows
                self.connection.close()
                if last:
                    raise

    def add(self, source, files):
        folder = self.folder / f"add-{uuid.uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        self.cli("add", "--source", source, "--path", ",".join(str(folder / name) for name in files))


def publish(target, count, seed):
    """`count` packages of each kind; repository python also shows what the team uploads during the load."""
    chance = random.Random(seed)

    def noise():
        return chance.randbytes(min(MOST_BYTES, round(MEDIAN_BYTES * chance.lognormvariate(0, SIGMA))))

    for source, kind in ((PYTHON, "local-python"), (TEAM, "local-python"), (R, "local")):
        target.cli("create", "source", "--name", source, "--type", kind)
    for repository, kind, sources in ((PYTHON, "python", (PYTHON, TEAM)), (R, "r", (R,))):
        target.cli("create", "repo", "--name", repository, "--type", kind)
        for source in sources:
            target.cli("subscribe", "--repo", repository, "--source", source)
    for first in range(0, count, 100):
        numbers = range(first, min(first + 100, count))
        target.add(PYTHON, {data.wheel_name(f"load{n}", "1.0"): data.wheel(f"load{n}", "1.0", files=[(f"load{n}/noise", noise())])
                            for n in numbers})
        target.add(R, {data.r_name(f"load{n}", "1.0"): data.r_package(f"load{n}", "1.0", files=[(f"load{n}/inst/noise", noise())])
                       for n in numbers})


class Writer:
    def __init__(self, path, target):
        self.out, self.target = open(path, "wb"), target

    def write(self, kind, statuses, size, method, path, headers, body=b""):
        head = {"Host": self.target.host} | headers | ({"Content-Length": len(body)} if body else {})
        request = (f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in head.items()) + "\r\n").encode() + body
        first, last = statuses[0], statuses[-1]
        self.out.write(f"{kind} {first} {last} {size} {len(request)}\n".encode() + request)

    def learned(self, kind, path, headers, conditional_kind=None):
        """A request whose answer is known, and the same with the ETag that the client would have from before."""
        status, answer, body = self.target.get(path, headers)
        assert status == 200, f"{path}: {status} {body[:200]}"
        if conditional_kind:
            self.write(conditional_kind, (304, 200), -1, "GET", path, headers | {"If-None-Match": answer["ETag"]})
        if kind:
            self.write(kind, (200,), len(body), "GET", path, headers)
        return body


PIP = {"User-Agent": "pip/25.3", "Accept": data.PIP_ACCEPT, "Accept-Encoding": "gzip, deflate", "Connection": "keep-alive"}
FILES = {"User-Agent": "pip/25.3", "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "keep-alive"}
R_CLIENT = {"User-Agent": "R (4.6.0 x86_64-pc-linux-gnu x86_64 linux-gnu)", "Accept": "*/*", "Connection": "keep-alive"}


def write(path, target, count, uploads, cold, token, seed, name="fresh"):
    """`name` begins the names of what is uploaded, so that a second plan uploads others."""
    chance, out = random.Random(seed), Writer(path, target)
    numbers = list(range(count))
    chance.shuffle(numbers)
    for n in numbers:
        wheel = data.wheel_name(f"load{n}", "1.0")
        page = f"/{PYTHON}/latest/simple/load{n}/"
        link = urllib.parse.urljoin(page, file_url(target, page, wheel))
        out.learned("index", page, PIP, "conditional")
        out.learned("metadata", link + ".metadata", FILES)
        out.learned("file", link, FILES)
        contrib = f"/{R}/latest/src/contrib"
        out.learned("index", f"{contrib}/PACKAGES.gz", R_CLIENT, "conditional")
        out.learned(None, f"{contrib}/Meta/archive.rds", R_CLIENT, "metadata")
        out.learned("file", f"{contrib}/{data.r_name(f'load{n}', '1.0')}", R_CLIENT)
    for n in range(5000):
        out.write("unknown", (404,), -1, "GET", f"/{PYTHON}/latest/simple/internal-{chance.randrange(10**9)}/", PIP)
    for n in range(uploads):
        body, kind = data.multipart(data.wheel_name(f"{name}{n}", "1.0"), data.wheel(f"{name}{n}", "1.0"), f"{name}{n}", "1.0")
        out.write("upload", (200,), -1, "POST", f"/upload/pypi/{TEAM}", data.basic("__token__", token) | {"Content-Type": kind}, body)
    for n in range(cold):  # an old day may be before the package
        day = 1 + chance.randrange(2 * count)
        out.write("cold", (200, 404), -1, "GET", f"/{PYTHON}/{day}/simple/load{chance.randrange(count)}/", PIP)
    out.out.close()


def file_url(target, page, filename):
    status, _, body = target.get(page, {"Accept": "application/vnd.pypi.simple.v1+json"})
    assert status == 200, f"{page}: {status}"
    return next(f["url"] for f in json.loads(body)["files"] if f["filename"] == filename).partition("#")[0]
