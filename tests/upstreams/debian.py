"""CRAN's and Bioconductor's own tarballs, out of Debian's source packages (their .orig.tar.gz), through apt.

apt runs with lists, caches and sources of its own below .cache/upstreams: the system's configuration is read (for the
mirror that it uses) and never changed. What was downloaded once is kept; what a mirror does not have is left out."""

import contextlib
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile

from cache import CACHE, Missing

SUITES = ("bookworm", "trixie")


def mirror():
    """The address that the system's apt takes Debian's packages from."""
    lines = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"],
                           capture_output=True, text=True, check=True).stdout.split("\n")
    for line in lines:
        address, _, suite = line.partition(" ")
        if suite == "bookworm":
            return address
    raise Missing("apt knows no Debian mirror: the source packages of Debian are needed")


def configuration():
    """A private configuration of apt, with source packages: the path of its file."""
    folder = CACHE / "apt"
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    address = mirror()
    key = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (folder / "sources.list").write_text("".join(f"deb-src [signed-by={key}] {address} {suite} main\n" for suite in SUITES))
    settings = {"Dir::Etc::sourcelist": folder / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
                "Dir::State::lists": folder / "lists", "Dir::Cache": folder / "cache", "APT::Sandbox::User": "",
                "Acquire::Retries": 2, "Acquire::Languages": "none"}
    (folder / "apt.conf").write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()))
    return folder / "apt.conf"


def description(tarball):
    """The fields of the DESCRIPTION in a source package: a path, or its bytes."""
    opened = {"fileobj": io.BytesIO(tarball)} if isinstance(tarball, bytes) else {"name": tarball}
    with tarfile.open(**opened) as archive:
        for member in archive:
            if member.name.count("/") == 1 and member.name.endswith("/DESCRIPTION"):
                return fields(archive.extractfile(member).read().decode("utf-8", "replace"))
    raise LookupError(f"{tarball}: no DESCRIPTION")


def fields(text):
    found, key = {}, None
    for line in text.splitlines():
        if line[:1] in (" ", "\t") and key:
            found[key] += "\n" + line.strip()
        elif ":" in line:
            key, _, value = line.partition(":")
            found[key] = value.strip()
    return found


def tarballs(kind, wanted):
    """The folder with <Package>_<Version>.tar.gz of the source packages in `wanted` ("package/suite") that the mirror has.

    Asked once for each name: what came, and what the mirror lacks, is noted beside them."""
    folder = CACHE / "tarballs" / kind
    folder.mkdir(parents=True, exist_ok=True)
    noted = folder / "asked.json"
    asked = json.loads(noted.read_text()) if noted.exists() else {}
    if new := [name for name in wanted if name not in asked]:
        for some in download(folder, new):
            asked |= some
            noted.write_text(json.dumps(asked, indent=1, sort_keys=True) + "\n")
    return folder


def download(folder, names):
    """Yields {name: the tarball's name, or None when the mirror lacks it} for some of the names, again and again. What failed
    for another reason is in none of them, and is asked for again by the next run."""
    environment = os.environ | {"APT_CONFIG": str(configuration()), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["apt-get", "-qq", "update"], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"apt cannot list Debian's source packages: {done.stderr[-500:]}")
    incoming = folder / "incoming"
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir()
    for suite in SUITES:
        some = [name for name in names if name.endswith("/" + suite)]
        for first in range(0, len(some), 40):
            print(f"upstreams: source packages of {suite}, {first} of {len(some)}", flush=True)
            chosen = some[first:first + 40]
            # One name that the suite no longer has stops apt before the first file: then each is asked for alone.
            yield fetched(incoming, folder, suite, chosen, environment) or {
                key: value for name in chosen for key, value in fetched(incoming, folder, suite, [name], environment).items()}
    shutil.rmtree(incoming)


def fetched(incoming, folder, suite, names, environment):
    done = subprocess.run(["apt-get", "-qq", "source", "--download-only", "--tar-only", *names], env=environment, cwd=incoming,
                          capture_output=True, text=True, errors="replace")
    lacking = set(re.findall(r"/([^/_ ]+)_\S+\.orig\.tar\.gz +404 ", done.stderr))
    return {name: None for name in names if name.split("/")[0] in lacking} | taken_in(incoming, folder, suite)


def taken_in(incoming, folder, suite):
    """The tarballs of CRAN's form in `incoming` get the names that CRAN gave them: {package/suite: name}."""
    found = {}
    for path in sorted(incoming.glob("*.orig.tar.gz")):
        with contextlib.suppress(LookupError, tarfile.TarError, EOFError):
            about = description(path)
            target = folder / f"{about['Package']}_{about['Version']}.tar.gz"
            found[f"{path.name.split('_')[0]}/{suite}"] = target.name
            os.replace(path, target)
        path.unlink(missing_ok=True)
    return found


def newest_first(paths):
    return sorted(paths, key=lambda path: version_key(pathlib.Path(path).name.rsplit("_", 1)[1].removesuffix(".tar.gz")), reverse=True)


def version_key(version):
    return [int(part) for part in version.replace("-", ".").split(".") if part.isdigit()]
