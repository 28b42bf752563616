"""Which sieve keeps a grain: sieves are numbered by the phi of their mesh."""

import math
import sys

from grainsack import phi


def sieve(diameter):
    """The coarsest sieve of whole phi that keeps a grain of this diameter in millimetres."""
    return math.ceil(phi(diameter))


def main():
    for argument in sys.argv[1:]:
        print(f"{argument} mm: sieve {sieve(float(argument))}")
