"""Grain sizes of sediment on Krumbein's phi scale."""

import math


def phi(diameter):
    """The phi of a diameter in millimetres: 0 is 1 mm, each step up is half the size."""
    return -math.log2(diameter)


def diameter(phi):
    """The diameter in millimetres of a phi."""
    return 2.0**-phi
