#!/usr/bin/env python3
"""run.py [NAME...]: the lints of this folder over the tree; one line per problem; exit 1 when there is any."""

import importlib
import pathlib
import sys

LINTS = ["layers", "file_length", "log_style", "words", "registered", "coroutines"]


def main(names):
    root = pathlib.Path(__file__).resolve().parents[2]
    failed = 0
    for name in names or LINTS:
        problems = importlib.import_module(name).check(root)
        for problem in problems:
            print(f"{problem} [{name}]")
        failed += bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
