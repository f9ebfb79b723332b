"""Generators of an embedded rank-1 lattice: evenly spread draws, however few are taken.

Method: Cools, Kuo and Nuyens (2006), "Constructing embedded lattice rules for multivariate
integration", SIAM J. Sci. Comput. 28(6), doi:10.1137/06065074X, by plain search.
"""

from __future__ import annotations

import numpy as np

SMALLEST, LARGEST = 64, 2048
# Equal weight of all axes: which parameter matters most is not known beforehand.
WEIGHT = 0.1
# The result of ``construct(32)``; a test builds it anew.
STEPS = (
    1,
    83,
    99,
    117,
    37,
    103,
    279,
    61,
    71,
    209,
    251,
    491,
    333,
    375,
    463,
    481,
    15,
    161,
    311,
    217,
    263,
    319,
    343,
    367,
    253,
    397,
    291,
    403,
    325,
    427,
    437,
    485,
)


def steps(axes: int) -> list[int]:
    """Return one generator per axis; any first 64, 128, … 2048 points are evenly spread.

    Raises:
        ValueError: when ``axes`` is negative or above 32.
    """
    if not 0 <= axes <= len(STEPS):
        raise ValueError(f"axes = {axes}: must be from 0 to {len(STEPS)}")
    return list(STEPS[:axes])


def construct(axes: int) -> tuple[int, ...]:
    """Choose generators one after the other so that the worst error over all sizes is least.

    The error is that of the weighted Korobov space of smoothness 2, relative to the mean over all
    candidates at each size.
    """
    candidates = np.arange(1, LARGEST, 2)
    sizes = [SMALLEST << k for k in range((LARGEST // SMALLEST).bit_length())]
    kernels = {n: _kernel(n) for n in sizes}
    products = {n: np.ones(n) for n in sizes}
    chosen: list[int] = []
    for _ in range(axes):
        worst = np.zeros(len(candidates))
        for n in sizes:
            places = np.outer(np.arange(1, n, 2), np.arange(n)) % n
            errors = (1.0 + WEIGHT * kernels[n][places]) @ products[n] / n - products[n].mean()
            worst = np.maximum(worst, (errors / errors.mean())[(candidates % n) // 2])
        worst[np.isin(candidates, chosen)] = np.inf
        # The first axis is free by symmetry. Rounding makes ties fall to the smallest candidate.
        step = int(candidates[np.argmin(np.round(worst, 9))]) if chosen else 1
        chosen.append(step)
        for n in sizes:
            products[n] *= 1.0 + WEIGHT * kernels[n][(step * np.arange(n)) % n]
    return tuple(chosen)


def _kernel(n: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Second Bernoulli polynomial at 0, 1/n, …, scaled as in the error of smoothness 2."""
    x = np.arange(n) / n
    return np.asarray(2.0 * np.pi**2 * (x * x - x + 1.0 / 6.0))
