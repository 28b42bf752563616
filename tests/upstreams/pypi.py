"""A PyPI of real projects as static files: the Simple API (1.4) in JSON and HTML, the files, their .metadata.

Beside what the index says of them: `six` has no .metadata, `idna`'s newest wheel has a provenance, `first` is archived.
Upload times are the real ones; where the index tells none, days counted from 2020 on."""

import datetime
import hashlib
import html
import json
import os
import pathlib
import shutil
import zipfile

import pypi_files
from cache import CACHE, Missing, made_once
from nginx import Nginx

HERE = pathlib.Path(__file__).resolve().parent
WITHOUT_METADATA, WITH_PROVENANCE, ARCHIVED = "six", "idna", "first"
LEAST = 60

HTTP = """
  types {{ application/vnd.pypi.simple.v1+json json; text/html html; application/vnd.pypi.integrity.v1+json provenance; }}
  default_type application/octet-stream; map_hash_bucket_size 256; map_hash_max_size 65536;
  map $http_accept $form {{ default html; ~simple\\.v1\\+json json; }}
  map $uri $serial {{ default ""; include {serials}; }}
"""
SERVER = """
  location /simple {
    rewrite ^(/simple|/simple/[^/]+)$ $1/ permanent;
    set $ending $form;  # before the rewrite: the expression of the map forgets $1
    rewrite ^(/simple|/simple/[^/]+)/$ $1/index.$ending break;
    add_header X-PyPI-Last-Serial $serial; add_header Cache-Control "max-age=600, public"; add_header Vary Accept;
  }
  location /files { add_header Cache-Control "max-age=365000000, immutable, public"; }
"""


class Pypi:
    """The projects of a PyPI, which can be uploaded to, yanked and deleted from; write() makes the pages again."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        state = self.root / "state.json"
        self.files = json.loads(state.read_text()) if state.exists() else {}  # {filename: entry}
        self.serial = max((entry["serial"] for entry in self.files.values()), default=1)

    def upload(self, filename, data, when, serial=None, **entry):
        """when: an ISO 8601 time in UTC, which ends in Z."""
        self.serial = max(self.serial + 1, serial or 0)
        digest = hashlib.sha256(data).hexdigest()
        path = f"files/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{filename}"
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        made = {"filename": filename, "path": path, "hashes": {"sha256": digest}, "size": len(data), "upload-time": when,
                "yanked": False, "serial": serial or self.serial} | entry
        project = pypi_files.identity(filename)[0]
        if filename.endswith(".whl") and project != WITHOUT_METADATA:
            metadata = metadata_of(target)
            target.with_name(filename + ".metadata").write_bytes(metadata)
            made["core-metadata"] = made["data-dist-info-metadata"] = {"sha256": hashlib.sha256(metadata).hexdigest()}
        self.files[filename] = made

    def yank(self, filename, reason=True):
        self.serial += 1
        self.files[filename] |= {"yanked": reason, "serial": self.serial}

    def delete(self, filename):
        """The file is gone, and its project too with its last file."""
        self.serial += 1
        entry = self.files.pop(filename)
        (self.root / entry["path"]).unlink()
        for other in self.of(pypi_files.identity(filename)[0]):
            other["serial"] = self.serial

    def of(self, project):
        return [entry for name, entry in self.files.items() if pypi_files.identity(name)[0] == project]

    def projects(self):
        """{name: entries}"""
        found = {}
        for name, entry in sorted(self.files.items()):
            found.setdefault(pypi_files.identity(name)[0], []).append(entry)
        return dict(sorted(found.items()))

    def write(self):
        shutil.rmtree(self.root / "simple", ignore_errors=True)
        projects = self.projects()
        serials = {name: max(entry["serial"] for entry in entries) for name, entries in projects.items()}
        for name, entries in projects.items():
            folder = self.root / "simple" / name
            folder.mkdir(parents=True)
            (folder / "index.json").write_text(json.dumps(page(name, entries, serials[name])))
            (folder / "index.html").write_text(html_page(name, entries, serials[name]))
        (self.root / "simple/index.json").write_text(json.dumps({
            "meta": {"api-version": "1.4", "_last-serial": self.serial},
            "projects": [{"name": name, "_last-serial": serial} for name, serial in serials.items()]}))
        (self.root / "simple/index.html").write_text(html_document("Simple index", "".join(
            f'<a href="/simple/{name}/">{name}</a><br/>\n' for name in projects), self.serial))
        uris = {f"/simple/{name}/": serial for name, serial in serials.items()} | {"/simple/": self.serial}
        (self.root / "serials.map").write_text("".join(f"{uri}index.{form} {serial};\n" for uri, serial in uris.items()
                                                       for form in ("json", "html")))
        (self.root / "state.json").write_text(json.dumps(self.files))

    def copy(self, root):
        shutil.copytree(self.root, root, copy_function=os.link, ignore=shutil.ignore_patterns("simple", "state.json", "serials.map"),
                        dirs_exist_ok=True)
        other = Pypi(root)
        other.files, other.serial = {name: dict(entry) for name, entry in self.files.items()}, self.serial
        other.write()
        return other

    def serve(self, folder):
        """nginx over it. It follows write(), but for the serials in the headers."""
        return Nginx(folder, self.root, http=HTTP.format(serials=self.root / "serials.map"), server=SERVER)


def metadata_of(wheel):
    with zipfile.ZipFile(wheel) as archive:
        [name] = [n for n in archive.namelist() if n.count("/") == 1 and n.endswith(".dist-info/METADATA")]
        return archive.read(name)


def listed(entry):
    """An entry as the JSON page has it: the URL is relative to the page."""
    return {key: value for key, value in entry.items() if key not in ("path", "serial")} | {"url": f"../../{entry['path']}"}


def page(name, entries, serial):
    versions = sorted({pypi_files.identity(entry["filename"])[1] for entry in entries})
    status = {"project-status": {"status": "archived"}} if name == ARCHIVED else {}
    return {"meta": {"api-version": "1.4", "_last-serial": serial}, "name": name, **status, "versions": versions,
            "files": [listed(entry) for entry in entries]}


def html_document(title, body, serial):
    return (f'<!DOCTYPE html>\n<html>\n<head><meta name="pypi:repository-version" content="1.4"><title>{title}</title></head>\n'
            f"<body>\n{body}</body>\n</html>\n<!--SERIAL {serial}-->\n")


def html_page(name, entries, serial):
    lines = []
    for entry in entries:
        attributes = {"data-requires-python": entry.get("requires-python")}
        if entry["yanked"] is not False:
            attributes["data-yanked"] = "" if entry["yanked"] is True else entry["yanked"]
        if "core-metadata" in entry:
            attributes["data-core-metadata"] = f"sha256={entry['core-metadata']['sha256']}"
        text = "".join(f' {key}="{html.escape(value)}"' for key, value in attributes.items() if value is not None)
        lines.append(f'<a href="../../{entry["path"]}#sha256={entry["hashes"]["sha256"]}"{text}>{entry["filename"]}</a><br/>\n')
    return html_document(f"Links for {name}", f"<h1>Links for {name}</h1>\n" + "".join(lines), serial)


def releases():
    return [line for line in (HERE / "pypi-releases.txt").read_text().splitlines() if line and not line.startswith("#")]


def fill(root, entries, folder):
    pypi = Pypi(root)
    for number, (filename, entry) in enumerate(sorted(entries.items(), key=lambda item: item[1].get("upload-time", ""))):
        day = datetime.datetime(2020, 1, 1) + datetime.timedelta(days=number)
        pypi.upload(filename, (folder / filename).read_bytes(), **({"when": day.isoformat() + "Z"} | {
            {"upload-time": "when"}.get(key, key): value for key, value in entry.items()}))
    if len(pypi.projects()) < LEAST:
        raise Missing(f"only {len(pypi.projects())} projects of PyPI could be had, {LEAST} are needed")
    newest = max((entry for entry in pypi.of(WITH_PROVENANCE)), key=lambda entry: entry["upload-time"])
    [name, version, _] = pypi_files.identity(newest["filename"])
    target = root / f"integrity/{name}/{version}/{newest['filename']}/provenance"
    target.parent.mkdir(parents=True)
    target.write_text('{"attestation_bundles":[],"version":1}')
    newest["provenance"] = f"../../{target.relative_to(root)}"
    pypi.write()


def made():
    """The PyPI of the tests, which no test may write to: copy() it."""
    recipe = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in ("pypi.py", "pypi_files.py", "pypi-releases.txt")))
    entries, folder = pypi_files.files(releases())
    return Pypi(made_once("pypi", recipe.hexdigest(), lambda root: fill(root, entries, folder)))


if __name__ == "__main__":
    print(made().root, CACHE)
