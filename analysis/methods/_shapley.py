"""Shapley effects: a fair split of the variance of a result between inputs that are correlated."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from analysis.methods import _nets
from analysis.methods._checks import finite, labels, whole
from analysis.methods._runs import (
    Law,
    Model,
    Replicated,
    Seed,
    check_varies,
    design,
    laws,
    quantiles,
    replicate,
    results,
)
from analysis.methods.sampling import matrix_copula

Floats = NDArray[np.float64]
#: Above this many inputs the effects come from random orders instead of all subsets.
ALL_SUBSETS = 8


@dataclass(frozen=True, eq=False)
class ShapleyEffects:
    """Shares of the variance of a result; they sum to 1 and are in truth never negative.

    ``variance`` is that of the result, ``evaluations`` the rows the model was given.
    """

    names: tuple[str, ...]
    estimate: Replicated
    variance: float
    evaluations: int

    @property
    def effects(self) -> Floats:
        """Shapley effects, shape (inputs,)."""
        return self.estimate.values

    @property
    def effects_se(self) -> Floats:
        """Standard errors of ``effects``."""
        return self.estimate.standard_error


def shapley_effects(
    model: Model,
    distributions: Sequence[Any],
    correlation: ArrayLike,
    n: int,
    seed: Seed = 1,
    *,
    replicates: int = 8,
    orders: int | None = None,
    names: Sequence[str] | None = None,
    executor: Executor | None = None,
) -> ShapleyEffects:
    """Shapley effects of inputs joined by a Gaussian copula.

    Sobol indices presume independent inputs. Here what inputs explain together, by interaction or
    because they are correlated, is split evenly between them (Owen 2014, SIAM/ASA JUQ 2:245; Song,
    Nelson and Staum 2016, ibid. 4:1060).

    Parameters
    ----------
    model, distributions, n, seed, replicates, names, executor : as in ``sobol_indices``, with at
        least 4 replicates, of ``4 * n / replicates`` points each.
    correlation : matrix (inputs, inputs) of the normal scores of the inputs.
    orders : how many random orders of the inputs each replicate averages over. None means all
        subsets of up to 8 inputs, and 32 orders of more. The model is given ``4 * n`` rows for all
        inputs, and up to as many again for every subset of the inputs that is met.

    Raises ValueError as ``sobol_indices`` does, and for an impossible correlation matrix.
    """
    inputs = laws(distributions)
    size = len(inputs)
    points, replicates = design(n, replicates)
    if replicates < 4:
        raise ValueError(f"replicates = {replicates}: must be at least 4")
    matrix = matrix_copula(finite("correlation", correlation, "inputs", "inputs")).matrix
    if len(matrix) != size:
        raise ValueError(f"correlation has shape {matrix.shape}: must be ({size}, {size})")
    if orders is None and size > ALL_SUBSETS:
        orders = 32
    if orders is not None:
        whole("orders", orders, 1)
    task = partial(_one, model, inputs, matrix, _nets.generators(2 * size, points), orders)
    found = replicate(executor, task, seed, replicates)
    each = np.array([effects for effects, _, _ in found])
    effects = each.mean(axis=0)
    return ShapleyEffects(
        labels("names", names, size, "x"),
        Replicated(effects, each - effects),
        variance=float(np.mean([variance for _, variance, _ in found])),
        evaluations=sum(rows for _, _, rows in found),
    )


def _one(
    model: Model,
    inputs: tuple[Law, ...],
    matrix: Floats,
    vectors: NDArray[np.uint32],
    orders: int | None,
    seed: np.random.SeedSequence,
) -> tuple[Floats, float, int]:
    """Effects, variance and model rows of one replicate."""
    size = len(inputs)
    net_seed, order_seed = seed.spawn(2)
    normal = ndtri(_nets.scramble(vectors, net_seed))
    scores, fresh = _correlated(matrix, normal[:size]), normal[size:]
    values = quantiles(inputs, ndtr(scores))
    result = results(model, values)
    centre = float(result.mean())
    result -= centre
    variance = float(result @ result) / len(result)
    check_varies(variance, centre)
    known = {0: 0.0, (1 << size) - 1: 1.0}

    def explained(subset: int) -> float:
        """Share of the variance that the inputs explain whose bits are set."""
        if subset not in known:
            kept = np.array([bool(subset >> i & 1) for i in range(size)])
            again = [law for law, keep in zip(inputs, kept, strict=True) if not keep]
            mixed = values.copy()
            mixed[~kept] = quantiles(again, ndtr(_redrawn(matrix, scores, fresh, kept)))
            known[subset] = _correlation(result, results(model, mixed) - centre)
        return known[subset]

    if orders is None:
        effects = _over_subsets(explained, size)
    else:
        effects = _over_orders(explained, size, orders, np.random.default_rng(order_seed))
    return effects, variance, len(result) * (len(known) - 1)


def _over_subsets(explained: Callable[[int], float], size: int) -> Floats:
    effects = np.zeros(size)
    for subset in range((1 << size) - 1):
        weight = 1.0 / (size * math.comb(size - 1, subset.bit_count()))
        for i in range(size):
            if not subset >> i & 1:
                effects[i] += weight * (explained(subset | 1 << i) - explained(subset))
    return effects


def _over_orders(
    explained: Callable[[int], float], size: int, orders: int, stream: np.random.Generator
) -> Floats:
    effects = np.zeros(size)
    order = np.arange(size)
    for k in range(orders):
        # Every second order is the one before it reversed, which steadies the average.
        order = stream.permutation(size) if k % 2 == 0 else order[::-1]
        subset = 0
        for i in order:
            grown = subset | 1 << int(i)
            effects[i] += (explained(grown) - explained(subset)) / orders
            subset = grown
    return effects


def _correlation(x: Floats, y: Floats) -> float:
    """Correlation of two samples of one law: the share that their common inputs explain.

    Both samples serve for the mean and the variance (Janon et al. 2014, ESAIM P&S 18:342).
    """
    middle = 0.5 * float(x.mean() + y.mean())
    spread = float(x @ x + y @ y) / (2 * len(x)) - middle**2
    return (float(x @ y) / len(x) - middle**2) / spread


def _redrawn(matrix: Floats, scores: Floats, fresh: Floats, kept: NDArray[np.bool_]) -> Floats:
    """Scores (inputs not kept, points), drawn anew given those that are kept."""
    within, between = matrix[np.ix_(kept, kept)], matrix[np.ix_(kept, ~kept)]
    slope = np.linalg.lstsq(within, between, rcond=None)[0].T
    left = matrix[np.ix_(~kept, ~kept)] - slope @ between
    return np.asarray(slope @ scores[kept] + _correlated(left, fresh[~kept]))


def _correlated(covariance: Floats, normal: Floats) -> Floats:
    values, sides = np.linalg.eigh(covariance)
    return np.asarray((sides * np.sqrt(np.maximum(values, 0.0))) @ normal)
