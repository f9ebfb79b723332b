"""Repeatable draws of uncertain parameters: the same in Python and in the reader's browser.

Points of an embedded rank-1 lattice (Cools, Kuo and Nuyens 2006, doi:10.1137/06065074X): any first
2, 4, 8, … of them are evenly spread, so that a band shown after few draws only sharpens with more.
Up to the shift, all arithmetic is exact in doubles.
"""

import math
from collections.abc import MutableSequence, Sequence


def radical_inverse(i: int) -> float:
    """Mirror the binary digits of the whole number ``i`` at the point: 1, 2, 3 → 1/2, 1/4, 3/4."""
    result = 0.0
    weight = 0.5
    rest = i
    while rest > 0:
        half = math.floor(rest / 2)
        if rest > 2 * half:
            result += weight
        weight = weight / 2
        rest = half
    return result


def lattice(place: float, step: float, axis: int) -> float:
    """Coordinate in [0, 1) along an axis with generator ``step``, of the point with that place.

    ``place`` is the radical inverse of the point's number. A shift by the golden ratio keeps the
    first point off the corner of the unit cube.
    """
    x = place * step + (axis + 1) * 0.6180339887498949
    return x - math.floor(x)


def interpolate(table: Sequence[float], start: int, size: int, u: float) -> float:
    """Read a quantile table of ``size`` equal steps from ``table[start]`` at probability ``u``."""
    place = u * (size - 1)
    k = math.floor(place)
    if k > size - 2:
        k = size - 2
    share = place - k
    return table[start + k] * (1 - share) + table[start + k + 1] * share


def draw(
    i: int,
    slots: Sequence[int],
    tables: Sequence[float],
    size: int,
    steps: Sequence[float],
    p: MutableSequence[float],
) -> None:
    """Write draw ``i`` of every uncertain parameter into ``p``.

    ``slots[k]`` is the place in ``p`` of uncertain parameter k, or -1 when it is held; its
    quantiles are the ``size`` numbers of ``tables`` from ``k * size``. Holding one parameter
    leaves the draws of the others alone.
    """
    place = radical_inverse(i)
    for k in range(len(slots)):
        if slots[k] >= 0:
            u = lattice(place, steps[k], k)
            p[slots[k]] = interpolate(tables, k * size, size, u)


def quantile(ordered: Sequence[float], n: int, q: float) -> float:
    """Quantile ``q`` of the first ``n`` numbers of an ascending vector (linear between ranks)."""
    place = q * (n - 1)
    k = math.floor(place)
    if k > n - 2:
        k = n - 2
    if k < 0:
        return ordered[0]
    share = place - k
    return ordered[k] * (1 - share) + ordered[k + 1] * share
