"""A CRAN of real packages: CRAN's own tarballs, dated by their Date/Publication, with the indexes that R's tools write.

What is not CRAN's own, so that there is history for every package: of a package that is had in one version only there is
an older one too, the same with another Version (0.0.0.1) and date and without its Suggests. `fitbitScraper` was removed:
its files are in Archive, and PACKAGES.in says when. `class` has a newer version below 4.5.0/Recommended, so that PACKAGES
has a row with a Path. A few packages have files below bin/, which hold a DESCRIPTION and nothing that runs."""

import datetime
import gzip
import hashlib
import io
import os
import pathlib
import shutil
import subprocess
import tarfile
import zipfile

import debian
from cache import CACHE, Missing, locked, made_once

HERE = pathlib.Path(__file__).resolve().parent
REMOVED, REMOVED_ON = "fitbitScraper", "2024-02-20"
RECOMMENDED = "4.5.0/Recommended"
BINARIES = ("brew", "praise", "whisker")
WINDOWS, MACOS = "bin/windows/contrib/4.2", "bin/macosx/big-sur-arm64/contrib/4.2"
LEAST = 60


def published(about):
    """The seconds since 1970 of a Date/Publication."""
    text = about["Date/Publication"].removesuffix(" UTC")
    form = "%Y-%m-%d %H:%M:%S" if ":" in text else "%Y-%m-%d"
    return int(datetime.datetime.strptime(text, form).replace(tzinfo=datetime.timezone.utc).timestamp())


def stamp(day):
    """2024-02-20 → the noon of that day."""
    return int(datetime.datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp())


def rewritten(tarball, version, day, **changes):
    """The bytes of a source package as another version, published on another day, that suggests nothing; `changes` are
    other fields of its DESCRIPTION."""
    packed = io.BytesIO()
    with tarfile.open(tarball) as old, tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as new:
        for member in old:
            data = old.extractfile(member).read() if member.isfile() else b""
            if member.name.count("/") == 1 and member.name.endswith("/DESCRIPTION"):
                data = redescribed(data.decode("utf-8", "replace"), version, day, changes).encode()
                member.size = len(data)
            member.pax_headers = {}
            new.addfile(member, io.BytesIO(data) if member.isfile() else None)
    return gzip.compress(packed.getvalue(), mtime=0)


def redescribed(text, version, day, changes):
    about = debian.fields(text)
    about |= {"Version": version, "Date/Publication": f"{day} 12:00:00 UTC"} | changes
    for gone in ("Suggests", "Date"):
        about.pop(gone, None)
    return "".join(f"{key}: {value}\n".replace("\n", "\n  ").rstrip() + "\n" for key, value in about.items())


class Cran:
    """The files of a CRAN, which can be published to and removed from; index() makes its indexes again."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.contrib = self.root / "src/contrib"
        self.contrib.mkdir(parents=True, exist_ok=True)

    def put(self, path, data, when):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (when, when))

    def current(self, package):
        found = list(self.contrib.glob(f"{package}_*.tar.gz"))
        return found[0] if found else None

    def publish(self, data, day=None):
        """The bytes of a source package become the current version of it, and the one before goes to the Archive."""
        about = debian.description(data)
        if old := self.current(about["Package"]):
            self.archive(old)
        when = stamp(day) if day else published(about)
        self.put(self.contrib / f"{about['Package']}_{about['Version']}.tar.gz",
                 data if isinstance(data, bytes) else data.read_bytes(), when)

    def archive(self, path):
        target = self.contrib / "Archive" / path.name.split("_")[0] / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)

    def remove(self, package, day):
        """The package is archived as a whole."""
        if path := self.current(package):
            self.archive(path)
        with open(self.contrib / "PACKAGES.in", "a") as comments:
            comments.write(f"Package: {package}\nX-CRAN-Comment: Archived on {day} as issues were not corrected in time.\n\n")

    def index(self, meta=True):
        """meta: with Meta/current.rds and Meta/archive.rds, which only CRAN has."""
        for path in [*self.root.rglob("PACKAGES*"), *self.contrib.glob("Meta/*.rds")]:
            if path.suffix != ".in":
                path.unlink()  # not written into: a copy of this tree may hold links to its files
        done = subprocess.run(["Rscript", "--vanilla", HERE / "index.R", self.root, *([] if meta else ["without-meta"])], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"index.R: {done.stdout}{done.stderr}")

    def copy(self, root):
        """Another CRAN with the same files, whose history may go on differently."""
        shutil.copytree(self.root, root, copy_function=os.link, dirs_exist_ok=True)
        if (comments := pathlib.Path(root) / "src/contrib/PACKAGES.in").exists():
            text = comments.read_bytes()
            comments.unlink()
            comments.write_bytes(text)
        return Cran(root)


def source_packages():
    lines = (HERE / "cran-sources.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def binary(kind, about, built):
    text = "".join(f"{key}: {value}\n" for key, value in about.items() if "\n" not in value) + f"Built: {built}\n"
    name, packed = f"{about['Package']}/DESCRIPTION", io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), text)
        return packed.getvalue()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(text.encode())
        archive.addfile(member, io.BytesIO(text.encode()))
    return gzip.compress(packed.getvalue(), mtime=0)


def fill(root, tarballs):
    cran, versions = Cran(root), {}
    for path in sorted(tarballs.glob("*.tar.gz")):
        versions.setdefault(path.name.split("_")[0], []).append(path)
    if len(versions) < LEAST:
        raise Missing(f"only {len(versions)} CRAN packages could be had from Debian's source packages, {LEAST} are needed")
    for package, paths in sorted(versions.items()):
        newest, *older = debian.newest_first(paths)
        when = published(debian.description(newest))
        if not older:
            day = datetime.datetime.fromtimestamp(when - 400 * 86400, datetime.timezone.utc).date().isoformat()
            cran.publish(rewritten(newest, "0.0.0.1", day), day)
        for path in reversed(older):
            cran.publish(path)
        if package == "class":
            cran.put(cran.contrib / RECOMMENDED / newest.name, newest.read_bytes(), when)
        else:
            cran.publish(newest)
    cran.remove(REMOVED, REMOVED_ON)
    for package in BINARIES:
        about = debian.description(cran.current(package))
        when = published(about) + 86400
        for folder, kind, ending in ((WINDOWS, "zip", "zip"), (MACOS, "tgz", "tgz")):
            platform = "x86_64-w64-mingw32; 2024-01-01 00:00:00 UTC; windows" if kind == "zip" else \
                "aarch64-apple-darwin20; 2024-01-01 00:00:00 UTC; unix"
            cran.put(cran.root / folder / f"{package}_{about['Version']}.{ending}", binary(kind, about, f"R 4.2.3; ; {platform}"), when)
    cran.index()


def made():
    """The CRAN of the tests, which no test may write to: copy() it."""
    recipe = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in ("cran.py", "index.R", "cran-sources.txt", "debian.py")))
    with locked("tarballs"):
        tarballs = debian.tarballs("cran", source_packages())
    return Cran(made_once("cran", recipe.hexdigest(), lambda folder: fill(folder, tarballs)))


if __name__ == "__main__":
    print(made().root, CACHE)
