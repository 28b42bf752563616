#!/usr/bin/env python3
"""prepare.py [NAME...]: makes the upstreams of the tests below .cache/upstreams, from packages that apt and pip fetch.

Done once: quick when all of it is there. What cannot be had is said, and fails with CI=true."""

import os
import sys

import bioconductor
import cran
import pypi
from cache import Missing

UPSTREAMS = {"cran": cran.made, "bioconductor": bioconductor.made, "pypi": pypi.made}


def main(names):
    missing = []
    for name in names or UPSTREAMS:
        try:
            UPSTREAMS[name]()
        except Missing as error:
            missing.append(f"{name}: {error}")
    for line in missing:
        print(f"upstreams: {line}", file=sys.stderr)
    return 1 if missing and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
