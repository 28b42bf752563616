"""The files that the lints read: everything under the root but builds, caches and data."""

import os
import pathlib
from dataclasses import dataclass

SKIPPED_FOLDERS = {".git", "build", ".cache", ".venv", "granary-data", "__pycache__", "node_modules", "results"}


@dataclass(frozen=True)
class Problem:
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


def files(root, *suffixes, under=""):
    """Relative paths, sorted, of the files below root/under whose names end with one of the suffixes (all: none given)."""
    found = []
    for folder, names, entries in os.walk(pathlib.Path(root) / under):
        names[:] = sorted(n for n in names if n not in SKIPPED_FOLDERS)
        for entry in entries:
            if entry not in SKIPPED_FOLDERS and (not suffixes or entry.endswith(suffixes)):
                found.append(os.path.relpath(os.path.join(folder, entry), root))
    return sorted(found)


def read(root, path):
    return (pathlib.Path(root) / path).read_text(encoding="utf-8", errors="replace")


def is_test(path):
    """Test code: what is never linked into the program."""
    parts = pathlib.PurePath(path).parts
    return "testing" in parts or path.endswith(("_test.cc", "_test.py", "_bench.cc")) or parts[0] in ("fuzz", "bench", "tests")


def without_comments(source):
    """C++ with comments blanked, line numbers kept. Strings stay as they are."""
    out, i, n = [], 0, len(source)
    while i < n:
        c = source[i]
        if source.startswith("//", i):
            end = source.find("\n", i)
            i = n if end < 0 else end
        elif source.startswith("/*", i):
            end = source.find("*/", i)
            end = n if end < 0 else end + 2
            out.append("\n" * source.count("\n", i, end))
            i = end
        elif source.startswith('R"', i) and (delimiter := source[i + 2:].split("(", 1)[0]).isidentifier() | (delimiter == ""):
            end = source.find(")" + delimiter + '"', i)
            end = n if end < 0 else end + len(delimiter) + 2
            out.append(source[i:end])
            i = end
        elif c == '"' or (c == "'" and not (i and source[i - 1].isalnum())):
            end = i + 1
            while end < n and source[end] != c and source[end] != "\n":
                end += 2 if source[end] == "\\" else 1
            out.append(source[i:end + 1])
            i = end + 1
        else:
            out.append(c)
            i += 1
    return "".join(out)


def line_of(source, offset):
    return source.count("\n", 0, offset) + 1
