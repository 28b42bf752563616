"""Words that do not belong in the tree: work left behind, paths of one machine, addresses of package registries."""

import re

from tree import Problem, files, read

# Spelled so that this file does not find itself.
FORBIDDEN = [
    (re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b"), "finish it, or write an issue"),
    (re.compile(r"(?<![\w.])/(work|root|home/\w+)/(?!\*)"), "a path of one machine"),
    (re.compile(r"\b(files\.pythonhosted|registry\.npmjs|proxy\.go" + r"lang|crates\.io|deb\.debian)\b"),
     "the address of a registry: clients know theirs"),
]
NAMES = re.compile(r"(^|/)(utils?|common|helpers?|misc)(\.\w+)?(/|$)")
BINARY = (".rds", ".gz", ".whl", ".zip", ".tar", ".bin", ".png", ".ico", ".pem")
# Fuzz seeds are bytes of the outside world; the first user of devpi is called root, and so are its URLs.
EXEMPT = ("fuzz/corpus/", "bench/peers.py")


def check(root):
    problems = []
    for path in files(root):
        if match := NAMES.search(path):
            problems.append(Problem(path, 1, f"'{match[2]}' says nothing: name it by its concept"))
        if path.endswith(BINARY) or path.startswith(EXEMPT):
            continue
        for number, line in enumerate(read(root, path).splitlines(), 1):
            for pattern, why in FORBIDDEN:
                if match := pattern.search(line):
                    problems.append(Problem(path, number, f"'{match[0]}': {why}"))
    return problems
