"""Independent scrambles of a Sobol net, made many times faster than one engine at a time.

A scrambled net is a linear image of the plain one over the field of two elements: each dimension is
multiplied by a random lower-triangular bit matrix and then shifted (Matoušek 1998, J. Complexity
14:527). Only the generating vectors need the matrix; the points follow by exclusive or.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BITS = 30
_MASK = np.uint32((1 << BITS) - 1)


def generators(dimensions: int, points: int) -> NDArray[np.uint32]:
    """Vectors whose combinations are the first ``points`` (a power of two) plain Sobol points.

    Shape (dimensions, log2(points)), from the direction numbers of Joe and Kuo (2008) in scipy.
    """
    from scipy.stats import qmc

    engine = qmc.Sobol(dimensions, scramble=False, bits=BITS)
    rows = np.empty((points.bit_length() - 1, dimensions))
    for k in range(len(rows)):  # point 2**k is the first that needs direction number k
        engine.fast_forward((1 << k) - engine.num_generated)
        rows[k] = engine.random(1)[0]
    return np.ascontiguousarray((rows * 2.0**BITS).astype(np.uint32).T)


def scramble(vectors: NDArray[np.uint32], seed: np.random.SeedSequence) -> Floats:
    """One scrambled net, shape (dimensions, points), in the open unit interval.

    Nets from different seeds are independent, each point of each is uniform, and each is balanced:
    every one of ``points`` equal intervals of every dimension holds one point.
    """
    stream = np.random.default_rng(seed)
    dimensions, doublings = vectors.shape
    bit = np.uint32(1) << np.arange(BITS - 1, -1, -1, dtype=np.uint32)
    above = _MASK & ~(np.uint32(2) * bit - np.uint32(1))  # all bits that weigh more
    rows = stream.integers(1 << BITS, size=(dimensions, BITS), dtype=np.uint32) & above | bit
    parity = np.bitwise_count(rows[:, None, :] & vectors[:, :, None]) & np.uint8(1)
    mixed = (parity * bit).sum(axis=2, dtype=np.uint32)
    points = np.empty((dimensions, 1 << doublings), dtype=np.uint32)
    points[:, 0] = stream.integers(1 << BITS, size=dimensions, dtype=np.uint32)
    for k in range(doublings):
        half = 1 << k
        np.bitwise_xor(points[:, :half], mixed[:, k, None], out=points[:, half : 2 * half])
    return (points + 0.5) * 2.0**-BITS
