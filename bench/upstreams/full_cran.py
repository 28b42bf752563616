"""full_cran.py FOLDER: a CRAN at full size, 24,000 packages and 150,000 versions over 20 years, the same for the same seed, in
FOLDER/today and FOLDER/tomorrow.

    cran = FullCran()
    cran.write(folder, cran.days)       the indexes as of the last day but one
    cran.write(folder, cran.days + 1)   a day later, with 60 changes
    with serve(cran): ...               its tarballs, made when they are asked for, with ranges

A tarball is DESCRIPTION and one file of filling, in gzip's stored form: its size is known without making it."""

import datetime
import gzip
import hashlib
import http.server
import io
import pathlib
import random
import re
import struct
import sys
import tarfile
import threading
import zlib
from dataclasses import dataclass

import rds

START = datetime.date(2006, 1, 1)
SYLLABLES = ["ba", "co", "dex", "fi", "gra", "hu", "im", "jo", "ka", "lm", "mo", "net", "os", "plot", "qu", "re", "stat", "tidy", "ur", "viz"]
COLUMNS = ["Package", "Version", "Priority", "Depends", "Imports", "LinkingTo", "Suggests", "Enhances", "License", "License_is_FOSS",
           "License_restricts_use", "OS_type", "Archs", "MD5sum", "NeedsCompilation", "File"]


@dataclass(frozen=True)
class Version:
    package: int
    number: int  # from 0
    day: int


class FullCran:
    def __init__(self, packages=24_000, versions=150_000, days=20 * 365, changes=60, seed=1):
        """days: of its history; on the day after the last of them there are `changes` new versions."""
        chance = random.Random(seed)
        self.days = days
        self.names = [self.name(number, chance) for number in range(packages)]
        counts = [1] * packages
        weights = [1 / (1 + number % 977) ** 0.7 for number in range(packages)]
        for package in chance.choices(range(packages), weights, k=versions - packages):
            counts[package] += 1
        self.imports = [[self.names[chance.randrange(package)] for _ in range(chance.randrange(6))] if package else []
                        for package in range(packages)]
        self.history = []
        for package, count in enumerate(counts):
            first = chance.randrange(days - 30)
            days_of = sorted(chance.sample(range(first, days + 1), min(count, days + 1 - first)))
            self.history.append([Version(package, number, day) for number, day in enumerate(days_of)])
        for package in chance.sample(range(packages), changes):
            self.history[package].append(Version(package, len(self.history[package]), days + 1))
        self.numbers = {name: number for number, name in enumerate(self.names)}

    @staticmethod
    def name(number, chance):
        return "".join(chance.choices(SYLLABLES, k=2)) + f"{number:x}".translate(str.maketrans("0123456789", "ghijklmnop"))

    def version(self, version):
        return f"{version.number // 10}.{version.number % 10}.{version.package % 7}"

    def file(self, version):
        return f"{self.names[version.package]}_{self.version(version)}.tar.gz"

    @staticmethod
    def time(version):
        day = datetime.datetime.combine(START + datetime.timedelta(days=version.day), datetime.time(12), datetime.timezone.utc)
        return int(day.timestamp()) + version.package % 20_000

    def fields(self, version):
        """What PACKAGES says of a version. What it imports changes with the versions."""
        imports = self.imports[version.package][:1 + version.number]
        return {"Package": self.names[version.package], "Version": self.version(version), "Depends": "R (>= 3.5.0)",
                "Imports": ", ".join(dict.fromkeys(imports)) or None, "Suggests": "testthat, knitr", "License": "GPL (>= 2)",
                "NeedsCompilation": "yes" if version.package % 4 == 0 else "no"}

    def tarball(self, version):
        name = self.names[version.package]
        text = "".join(f"{key}: {value}\n" for key, value in (self.fields(version) | {
            "Title": f"The Package {name}", "Date/Publication": datetime.datetime.fromtimestamp(
                self.time(version), datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")}).items() if value)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for path, data in ((f"{name}/DESCRIPTION", text.encode()), (f"{name}/R/sysdata", b"\0" * self.filling(version))):
                member = tarfile.TarInfo(path)
                member.size, member.mtime = len(data), self.time(version)
                archive.addfile(member, io.BytesIO(data))
        return stored(packed.getvalue())

    @staticmethod
    def filling(version):
        return 2_000 + version.package * 7919 % 60_000

    def size(self, version):
        """Of its tarball; DESCRIPTION is less than 1,024 bytes, and may need one block or two."""
        text = sum(len(key) + len(value) + 3 for key, value in self.fields(version).items() if value)
        text += len("Title: The Package \n") + len(self.names[version.package]) + len("Date/Publication: 2006-01-01 12:00:00 UTC\n")
        content = 512 + -(-text // 512) * 512 + 512 + -(-self.filling(version) // 512) * 512 + 1024
        content = -(-content // tarfile.RECORDSIZE) * tarfile.RECORDSIZE
        return stored_size(content)

    def find(self, file):
        """The version of a file's name, or None."""
        if not (match := re.fullmatch(r"(.+)_(\d+)\.(\d+)\.\d+\.tar\.gz", file)) or match[1] not in self.numbers:
            return None
        versions, number = self.history[self.numbers[match[1]]], int(match[2]) * 10 + int(match[3])
        return versions[number] if number < len(versions) and self.file(versions[number]) == file else None

    def write(self, folder, day):
        """PACKAGES, PACKAGES.gz, PACKAGES.rds, Meta/current.rds and Meta/archive.rds as at the end of a day."""
        contrib = pathlib.Path(folder) / "src/contrib"
        (contrib / "Meta").mkdir(parents=True, exist_ok=True)
        current, archived = [], []
        for versions in self.history:
            if known := [version for version in versions if version.day <= day]:
                current.append(known[-1])
                archived += [known[:-1]] if len(known) > 1 else []
        current.sort(key=lambda version: self.names[version.package])
        archived.sort(key=lambda versions: self.names[versions[0].package])
        rows = [self.fields(version) | {"MD5sum": hashlib.md5(self.tarball(version)).hexdigest()} for version in current]
        lines = "\n".join("".join(f"{key}: {row[key]}\n" for key in COLUMNS if row.get(key)) for row in rows).encode()
        put(contrib / "PACKAGES", lines)
        put(contrib / "PACKAGES.gz", gzip.compress(lines, 6, mtime=0))
        put(contrib / "PACKAGES.rds", gzip.compress(rds.matrix([row["Package"] for row in rows], {
            column: [row.get(column) for row in rows] for column in COLUMNS}), 6, mtime=0))
        put(contrib / "Meta/current.rds", gzip.compress(rds.current(*self.columns(current)), 6, mtime=0))
        put(contrib / "Meta/archive.rds", gzip.compress(rds.archive([
            (name, self.columns(versions, f"{name}/")) for versions in archived for name in [self.names[versions[0].package]]]), 6, mtime=0))
        return {"packages": len(current), "versions": len(current) + sum(map(len, archived))}

    def columns(self, versions, folder=""):
        return [folder + self.file(v) for v in versions], [self.size(v) for v in versions], [self.time(v) for v in versions]


def put(path, data):
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def stored(data):
    """gzip without compression."""
    made = bytearray(b"\x1f\x8b\x08\0\0\0\0\0\0\x03")
    for first in range(0, len(data), 0xFFFF):
        piece = data[first:first + 0xFFFF]
        made += struct.pack("<BHH", first + len(piece) == len(data), len(piece), len(piece) ^ 0xFFFF) + piece
    return bytes(made + struct.pack("<II", zlib.crc32(data), len(data)))


def stored_size(size):
    return 10 + 5 * -(-size // 0xFFFF) + size + 8


def serve(cran):
    """A server of the tarballs, at any path that ends with their name; server_port is its port, shutdown() ends it."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version, wbufsize = "HTTP/1.1", 65536

        def do_GET(self):
            version = cran.find(self.path.rsplit("/", 1)[1])
            if version is None:
                return self.send_error(404)
            data = cran.tarball(version)
            part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            first, last = (int(part[1]), min(int(part[2] or len(data)), len(data) - 1)) if part else (0, len(data) - 1)
            self.send_response(206 if part else 200)
            if part:
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Last-Modified", self.date_time_string(cran.time(version)))
            self.send_header("Content-Length", str(last + 1 - first))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data[first:last + 1])

        do_HEAD = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main(folder):
    cran = FullCran()
    for name, day in (("today", cran.days), ("tomorrow", cran.days + 1)):
        print(name, cran.write(pathlib.Path(folder) / name, day), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
