"""What installers see of one file: "missing", "stale" (the page lacks it), "half" (the page has it, the bytes are wrong or not
there), "right"; with the hash of the bytes, or with what is wrong. Each raises Failed."""

import hashlib
import json
import urllib.parse

from http_client import Failed

JSON = "application/vnd.pypi.simple.v1+json"
CONTRIB = "/src/contrib/"
INDEX = CONTRIB + "PACKAGES"


def link(client, page, filename):
    """A file on the page of a project: its path and hash; (None, None) when it is not there; None when the page is not."""
    status, _, body = client.get(page, JSON)
    if status == 404:
        return None
    if status != 200:
        raise Failed(f"{page}: {status}")
    for file in json.loads(body)["files"]:
        if file["filename"] == filename:
            return urllib.parse.urlsplit(urllib.parse.urljoin(page, file["url"])).path, file["hashes"]["sha256"]
    return None, None


def of_python(client, repository, project, filename):
    found = link(client, f"/{repository}/latest/simple/{project}/", filename)
    if found is None:
        return "missing", ""
    path, sha256 = found
    return compared(client, path, "sha256", sha256) if path else ("stale", "")


def of_r(client, repository, package, filename):
    """The index, when it has changed, then the tarball."""
    status, index = client.page(f"/{repository}/latest{INDEX}")
    if status == 404:
        return "missing", ""
    if status != 200:
        raise Failed(f"{repository}: {status}")
    found = stanza(index, package)
    if not found or f"{package}_{found['Version']}.tar.gz" != filename:
        return "stale", ""
    return compared(client, f"/{repository}/latest{CONTRIB}{filename}", "md5", found["MD5sum"])


def compared(client, path, kind, expected):
    status, _, content = client.get(path)
    if status != 200 or hashlib.new(kind, content).hexdigest() != expected:
        return "half", f"{path}: {status}, {len(content)} bytes"
    return "right", hashlib.sha256(content).hexdigest()


def stanza(index, package):
    """Of a package in PACKAGES; None when it is not there."""
    begin = f"Package: {package}\n".encode()
    at = 0 if index.startswith(begin) else index.find(b"\n" + begin) + 1
    if not index.startswith(begin, at):
        return None
    text = index[at:].split(b"\n\n")[0].decode()
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


def packages(index):
    """The names in PACKAGES."""
    return [line.split(": ")[1] for line in index.decode().splitlines() if line.startswith("Package: ")]


def versions(index):
    """Those in PACKAGES, each once."""
    return {line.split(": ")[1].strip() for line in index.decode().splitlines() if line.startswith("Version: ")}
