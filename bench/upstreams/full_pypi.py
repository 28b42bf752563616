"""A PyPI at full size: 880,000 projects in the root, 200,000 of them with 1,600,000 releases and 6,000,000 files; the same for
the same seed. Pages and files are made when they are asked for.

    pypi = FullPypi()
    server = serve(pypi)        server.server_port, server.requests: {path: times}
    pypi.advance(20_000)        so many projects have a new serial, and a release more

Names and numbers follow a law like that of the real one: a few projects have 6,000 versions, most have a handful. A file is
its own name, over and over: its size and its hash are known, and it is no archive."""

import datetime
import gzip
import hashlib
import http.server
import random
import re
import threading

JSON = "application/vnd.pypi.simple.v1+json"
SYLLABLES = ["aio", "bio", "cli", "data", "easy", "flask", "geo", "http", "io", "json", "kit", "lib", "micro", "net", "open", "py", "quick",
             "rest", "super", "tiny", "utils", "vec", "web", "xml", "yaml", "zen"]
FILES_OF_RELEASE = (1, 2, 2, 10)  # 3.75 on average
PLATFORMS = ("manylinux_2_17_x86_64", "manylinux_2_17_aarch64", "macosx_11_0_arm64", "win_amd64")
START = datetime.datetime(2010, 1, 1)
LARGEST, OF_LARGEST = 5, 6_000


class FullPypi:
    def __init__(self, projects=880_000, with_files=200_000, releases=1_600_000, seed=1):
        chance = random.Random(seed)
        self.names = [f"{chance.choice(SYLLABLES)}-{chance.choice(SYLLABLES)}{number:x}" for number in range(projects)]
        self.numbers = {name: number for number, name in enumerate(self.names)}
        self.serials = [1_000_000 + number * 37 for number in range(projects)]
        self.serial = self.serials[-1]
        weights = [1 / (10 + number) ** 0.8 for number in range(LARGEST, with_files)]
        largest = min(OF_LARGEST, releases // (4 * LARGEST))
        left = releases - LARGEST * largest - (with_files - LARGEST)
        scale = left / sum(weights)
        self.releases = [largest] * LARGEST + [min(largest, 1 + round(weight * scale)) for weight in weights] + [0] * (projects - with_files)
        self.chance = chance
        self.root_cache = (None, None)

    def advance(self, changed):
        """Tomorrow."""
        for number in self.chance.sample(range(len(self.names)), changed):
            self.serial += 1
            self.serials[number] = self.serial
            if self.releases[number]:
                self.releases[number] += 1

    def root(self):
        """The JSON of all names, sorted as PyPI does, gzipped."""
        if self.root_cache[0] != self.serial:
            projects = ",".join(f'{{"_last-serial":{serial},"name":"{name}"}}' for name, serial in sorted(zip(self.names, self.serials, strict=True)))
            text = f'{{"meta":{{"_last-serial":{self.serial},"api-version":"1.4"}},"projects":[{projects}]}}'
            self.root_cache = self.serial, gzip.compress(text.encode(), 1, mtime=0)
        return self.root_cache[1]

    def files_of(self, number, release):
        """The names of a release's files."""
        stem, version = self.names[number].replace("-", "_"), f"{release // 100}.{release // 10 % 10}.{release % 10}"
        count = FILES_OF_RELEASE[(number + release) % len(FILES_OF_RELEASE)]
        if count <= 2:
            return version, [f"{stem}-{version}-py3-none-any.whl", f"{stem}-{version}.tar.gz"][:count]
        wheels = [f"{stem}-{version}-cp3{python}-cp3{python}-{platform}.whl" for python in (11, 12, 13) for platform in PLATFORMS]
        return version, [*wheels[:count - 1], f"{stem}-{version}.tar.gz"]

    @staticmethod
    def content(filename):
        return (filename + "\n").encode() * 40

    @staticmethod
    def metadata(filename):
        name, version, *_ = filename.split("-")
        return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: >=3.8\n".encode()

    def time(self, number, release):
        """Releases are spread from a first day to the end of sixteen years."""
        first = number * 7919 % 4_000
        days = first + (5_840 - first) * release / max(1, self.releases[number])
        return START + datetime.timedelta(days=days, seconds=number % 86_400)

    def page(self, number):
        versions, files = [], []
        for release in range(self.releases[number]):
            version, names = self.files_of(number, release)
            versions.append(f'"{version}"')
            when = self.time(number, release).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            yanked = '"broken"' if release % 97 == 96 else "false"
            for filename in names:
                data, wheel = self.content(filename), filename.endswith(".whl")
                core = f'{{"sha256":"{hashlib.sha256(self.metadata(filename)).hexdigest()}"}}' if wheel else "false"
                files.append(f'{{"core-metadata":{core},"data-dist-info-metadata":{core},"filename":"{filename}","hashes":{{"sha256":'
                             f'"{hashlib.sha256(data).hexdigest()}"}},"provenance":null,"requires-python":">=3.8","size":{len(data)},'
                             f'"upload-time":"{when}","url":"../../files/{filename}","yanked":{yanked}}}')
        return (f'{{"files":[{",".join(files)}],"meta":{{"_last-serial":{self.serials[number]},"api-version":"1.4"}},'
                f'"name":"{self.names[number]}","project-status":{{"status":"active"}},"versions":[{",".join(versions)}]}}').encode()

    def totals(self):
        files = sum(FILES_OF_RELEASE[(number + release) % 4] for number, count in enumerate(self.releases) for release in range(count))
        return {"projects": len(self.names), "with files": sum(map(bool, self.releases)), "releases": sum(self.releases), "files": files}


def serve(pypi):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version, wbufsize = "HTTP/1.1", 65536

        def do_GET(self):
            with self.server.lock:
                self.server.requests[self.path] = self.server.requests.get(self.path, 0) + 1
            if self.path == "/simple/":
                return self.page(pypi.serial, pypi.root, {"Content-Encoding": "gzip"})
            if match := re.fullmatch(r"/simple/([^/]+)/", self.path):
                number = pypi.numbers.get(match[1])
                return self.send_error(404) if number is None else self.page(pypi.serials[number], lambda: pypi.page(number), {})
            if match := re.fullmatch(r"/files/([^/]+?)(\.metadata)?", self.path):
                return self.give((pypi.metadata if match[2] else pypi.content)(match[1]), {"Content-Type": "application/octet-stream"})
            return self.send_error(404)

        def page(self, serial, make, headers):
            tag = f'"{serial}"'
            headers = headers | {"Content-Type": JSON, "ETag": tag, "X-PyPI-Last-Serial": str(serial), "Cache-Control": "max-age=600, public"}
            if self.headers.get("If-None-Match") == tag:
                return self.give(b"", headers, 304)
            return self.give(make(), headers)

        def give(self, data, headers, status=200):
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            if status != 304:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads, request_queue_size = True, 1024

    server = Server(("127.0.0.1", 0), Handler)
    server.requests, server.lock = {}, threading.Lock()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
