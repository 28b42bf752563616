"""Every source is built and every test runs: each .cc below src/ is named in its component's CMakeLists.txt,
each fuzz target in fuzz/CMakeLists.txt."""

import pathlib
import re

from tree import Problem, files


def without_hash_comments(text):
    return re.sub(r"#.*", "", text)


def check(root):
    problems = []
    for path in files(root, ".cc", under="src") + files(root, "_fuzz.cc", under="fuzz"):
        parts = pathlib.PurePath(path).parts
        folder = pathlib.PurePath(*parts[:2]) if parts[0] == "src" else pathlib.PurePath("fuzz")
        name = str(pathlib.PurePath(path).relative_to(folder))
        lists = pathlib.Path(root) / folder / "CMakeLists.txt"
        listed = without_hash_comments(lists.read_text()).replace("(", " ").replace(")", " ").split() if lists.exists() else []
        if name not in listed:
            problems.append(Problem(path, 1, f"not named in {folder}/CMakeLists.txt"))
    return problems
