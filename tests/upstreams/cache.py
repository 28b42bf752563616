"""Where the upstreams of the tests are kept: made once, used by every run."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache/upstreams"
sys.path.insert(0, str(ROOT / "tests/e2e"))  # packages made on the spot are made there


class Missing(Exception):
    """What an upstream is made of is not in the cache, and cannot be had."""


@contextlib.contextmanager
def locked(name):
    """One process at a time makes the upstream of this name."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f".{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def made_once(name, recipe, make):
    """The folder `name` of the cache, whole: make(folder) fills a new one when there is none of this recipe, a text that
    changes whenever the folder's contents have to."""
    folder, stamp = CACHE / name, CACHE / f".{name}.recipe"
    with locked(name):
        if folder.exists() and stamp.exists() and stamp.read_text() == recipe:
            return folder
        stamp.unlink(missing_ok=True)
        unfinished = CACHE / f"{name}.new"
        for old in (folder, unfinished):
            shutil.rmtree(old, ignore_errors=True)
        unfinished.mkdir(parents=True)
        make(unfinished)
        os.replace(unfinished, folder)
        stamp.write_text(recipe)
    return folder
