"""The files of real projects, by pip from the index that it is set to, and what that index says of them (its JSON page)."""

import contextlib
import json
import os
import re
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

from cache import CACHE, Missing, locked
from packaging.utils import parse_sdist_filename, parse_wheel_filename

JSON = "application/vnd.pypi.simple.v1+json"


def identity(filename):
    """(normalised name, version, is it a wheel)"""
    if filename.endswith(".whl"):
        name, version, *_ = parse_wheel_filename(filename)
        return name, str(version), True
    name, version = parse_sdist_filename(filename)
    return name, str(version), False


def index_of_pip():
    """The index that pip asks: what it is set to, or its own default, which its help names."""
    help_text = subprocess.run([sys.executable, "-m", "pip", "download", "--help"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Base URL of the Python\s+Package\s+Index\s+\(default\s+(\S+?)\)", help_text)
    if not found:
        raise Missing("pip does not say which index it asks")
    return found[1].rstrip("/")


def files(releases):
    """{filename: what the index says of it} of "name==version" (its wheel) and "name==version sdist", and the folder.

    Fetched once. Nothing is asked for when all of it is there."""
    folder = CACHE / "pypi-files"
    with locked("pypi-files"):
        folder.mkdir(parents=True, exist_ok=True)
        have = {identity(path.name) for path in folder.iterdir() if path.suffix in (".whl", ".gz")}
        wanted = []
        for release in releases:
            name, _, version = release.removesuffix(" sdist").partition("==")
            if (name, version, not release.endswith(" sdist")) not in have:
                wanted.append(release)
        if wanted:
            download(folder, wanted)
        noted = folder / "pages.json"
        pages = json.loads(noted.read_text()) if noted.exists() else {}
        names = [path.name for path in sorted(folder.iterdir()) if path.suffix in (".whl", ".gz")]
        if any(name not in pages for name in names):
            pages = described(names, pages)
            noted.write_text(json.dumps(pages, indent=1, sort_keys=True) + "\n")
    return {name: pages[name] for name in names}, folder


def download(folder, wanted):
    """pip takes one version of a project at a time: the second versions come in a second round, and so on."""
    rounds = {}
    for kind in ("wheel", "sdist"):
        seen = {}
        for release in wanted:
            if release.endswith(" sdist") == (kind == "sdist"):
                name = release.partition("==")[0]
                seen[name] = seen.get(name, 0) + 1
                rounds.setdefault((kind, seen[name]), []).append(release.removesuffix(" sdist"))
    for (kind, number), releases in rounds.items():
        print(f"upstreams: {len(releases)} files of PyPI ({kind}s, round {number})", flush=True)
        options = ["--only-binary", ":all:"] if kind == "wheel" else ["--no-binary", ":all:", "--no-build-isolation"]
        done = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "--dest", folder, *options,
                               *releases], capture_output=True, text=True, env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"})
        if done.returncode:
            raise Missing(f"pip cannot download the projects of the tests: {done.stderr[-800:]}")


def described(names, known):
    """The entry of each file in its project's page; of one that the index does not give (or gives without a time), none."""
    index, pages = index_of_pip(), dict(known)
    context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT"))
    for project in sorted({identity(name)[0] for name in names if name not in known}):
        entries, request = {}, urllib.request.Request(f"{index}/{project}/", headers={"Accept": JSON})
        with contextlib.suppress(urllib.error.URLError, ValueError), urllib.request.urlopen(request, timeout=60, context=context) as answer:
            page = json.load(answer)
            entries = {entry["filename"]: entry | {"serial": int(page["meta"].get("_last-serial", 0))} for entry in page["files"]}
        for name in names:
            if identity(name)[0] == project:
                entry = entries.get(name, {})
                pages[name] = {key: entry[key] for key in ("upload-time", "requires-python", "yanked", "serial") if key in entry}
        time.sleep(0.1)
    return pages
