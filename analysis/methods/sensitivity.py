"""Which inputs drive the result: tornado, Sobol indices and Shapley effects, with honest errors.

Standard errors come from independent scrambles of the same net. A bootstrap over the rows of one
quasi-random net would not be valid, since the rows are not independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods import _nets
from analysis.methods._checks import finite, labels
from analysis.methods._runs import (
    CHUNK,
    Law,
    Model,
    Replicated,
    Seed,
    check_varies,
    design,
    laws,
    quantiles,
    ratio,
    replicate,
    run,
)
from analysis.methods._shapley import ShapleyEffects, shapley_effects

__all__ = [
    "Replicated",
    "ShapleyEffects",
    "SobolIndices",
    "Tornado",
    "shapley_effects",
    "sobol_indices",
    "tornado",
]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tornado:
    """Effect of moving one input at a time; arrays have one entry per input, in the order given.

    ``base`` is the result with all inputs at their base. ``low`` and ``high`` are the results with
    one input at its low or high end.
    """

    names: tuple[str, ...]
    base: float
    low: Floats
    high: Floats

    @property
    def swing(self) -> Floats:
        """Distance between the two results, shape (inputs,)."""
        return np.abs(self.high - self.low)

    @property
    def order(self) -> NDArray[np.intp]:
        """Inputs from the largest swing to the smallest; ties keep their order."""
        return np.argsort(-self.swing, kind="stable")


def tornado(
    model: Model,
    base: ArrayLike,
    lows: ArrayLike,
    highs: ArrayLike,
    names: Sequence[str] | None = None,
) -> Tornado:
    """Move each input alone from its low to its high end.

    Parameters
    ----------
    model : takes inputs (rows, inputs) and returns results (rows,). It is called once with
        ``2 * inputs + 1`` rows.
    base, lows, highs : shape (inputs,), in the units of the inputs. Any finite numbers will do: a
        low may lie above its base.
    names : labels; ``x0``, ``x1`` … unless given.

    Raises ValueError for shapes that differ, or numbers that are not finite.
    """
    centre = finite("base", base, "inputs")
    size = len(centre)
    each = np.arange(size)
    rows = np.tile(centre, (2 * size + 1, 1))
    for start, name, end in ((1, "lows", lows), (1 + size, "highs", highs)):
        moved = finite(name, end, "inputs")
        if moved.shape != centre.shape:
            raise ValueError(f"{name} has shape {moved.shape}: must be {centre.shape}, as base")
        rows[start + each, each] = moved
    result = run(model, rows)
    names = labels("names", names, size, "x")
    return Tornado(names, float(result[0]), result[1 : size + 1], result[size + 1 :])


@dataclass(frozen=True, eq=False)
class SobolIndices:
    """Shares of the variance of a model's result that its inputs explain.

    ``mean`` and ``variance`` are those of the result. ``evaluations`` counts the rows the model was
    given. The estimates are also there with their intervals, as ``first_estimate.interval()``.
    """

    names: tuple[str, ...]
    first_estimate: Replicated
    total_estimate: Replicated
    second_estimate: Replicated | None
    mean: float
    variance: float
    replicates: int
    evaluations: int

    @property
    def first(self) -> Floats:
        """What each input explains alone, shape (inputs,)."""
        return self.first_estimate.values

    @property
    def total(self) -> Floats:
        """What each input explains together with all its interactions, shape (inputs,)."""
        return self.total_estimate.values

    @property
    def second(self) -> Floats:
        """What two inputs explain beyond their own first-order shares.

        Shape (inputs, inputs), symmetric with a zero diagonal. ValueError unless it was asked for.
        """
        return self._second.values

    @property
    def first_se(self) -> Floats:
        """Standard errors of ``first``."""
        return self.first_estimate.standard_error

    @property
    def total_se(self) -> Floats:
        """Standard errors of ``total``."""
        return self.total_estimate.standard_error

    @property
    def second_se(self) -> Floats:
        """Standard errors of ``second``."""
        return self._second.standard_error

    @property
    def _second(self) -> Replicated:
        if self.second_estimate is None:
            raise ValueError("second_order = False: must be True for the indices of pairs")
        return self.second_estimate


def sobol_indices(
    model: Model,
    distributions: Sequence[Any],
    n: int,
    seed: Seed = 1,
    *,
    replicates: int = 8,
    second_order: bool = False,
    names: Sequence[str] | None = None,
    executor: Executor | None = None,
) -> SobolIndices:
    """First-order and total Sobol indices of a model with independent inputs.

    Parameters
    ----------
    model : takes inputs (rows, inputs) and returns results (rows,). It is called many times with at
        most 4,096 rows, and must not write into its argument.
    distributions : one per input; anything with ``ppf``, such as a frozen ``scipy.stats`` law.
    n : base sample size, a power of two. With ``replicates=1`` the model is given
        ``n * (inputs + 2)`` rows, as in other software, and there is no standard error. Otherwise
        it is given four times as many, for ``replicates`` independent scrambles of
        ``4 * n / replicates`` points each (unless stated, 8 of n / 2). The indices are then about
        as exact as those of one net of n points, or better, and their errors are known. More
        replicates make the standard errors steadier and the indices slightly less exact.
    seed : an integer >= 0 (or several). The same seed gives the same indices everywhere.
    replicates : 1, or a power of two from 4 to 2 n.
    second_order : also the pairs, for ``2 * inputs + 2`` in place of ``inputs + 2``.
    executor : runs the replicates side by side. The result does not depend on it; with processes
        the model must be picklable.

    Raises
    ------
    ValueError : n or replicates not as above, a distribution without ``ppf`` or with quantiles that
        are not finite, and results of the wrong shape, not finite, or all the same.

    Notes
    -----
    First-order estimator of Saltelli et al. (2010, Comput. Phys. Commun. 181:259), total one of
    Jansen (1999, ibid. 117:35), on results less their common mean (Sobol' and Levitan 1999, ibid.
    117:52). Each is divided by the variance of the very runs that stand in its numerator (Janon
    et al. 2014, ESAIM P&S 18:342), so that much of the noise cancels.
    """
    inputs = laws(distributions)
    size = len(inputs)
    points, replicates = design(n, replicates)
    task = partial(_moments, model, inputs, _nets.generators(2 * size, points), second_order)
    found = replicate(executor, task, seed, replicates)

    mean = float(np.mean([m.shift + 0.5 * (m.a + m.b) for m, _, _ in found]))
    parts = [_centred(m, mean) for m, _, _ in found]
    if second_order:  # the twin has the two samples swapped: a second estimate of the same
        twins = [_centred(twin, mean) for _, twin, _ in found]
        parts = [_Parts(*(0.5 * np.add(x, y))) for x, y in zip(parts, twins, strict=True)]
    all_of = _Parts(*(np.array(part) for part in zip(*parts, strict=True)))
    variance = float(all_of.variance.mean())
    check_varies(variance, mean)
    first = ratio(all_of.alone, all_of.variance_alone)
    total = ratio(all_of.change, all_of.variance_change)
    second = None
    if second_order:
        pairs = np.array([_pairs(m, twin, cross, mean) for m, twin, cross in found])
        second = _interaction(ratio(pairs, all_of.variance[:, :, None]), first)
    return SobolIndices(
        labels("names", names, size, "x"),
        first,
        total,
        second,
        mean,
        variance,
        replicates,
        evaluations=replicates * points * (2 + size * (2 if second_order else 1)),
    )


class _Moments(NamedTuple):
    """Means over the points of one scramble, of results less ``shift``.

    ``a`` and ``b`` are the results of the two samples; ``d`` (inputs,) is the change of ``a`` when
    one input is taken from the other sample. Products are named by their factors.
    """

    shift: float
    a: float
    b: float
    aa: float
    bb: float
    ab: float
    d: Floats
    ad: Floats
    bd: Floats
    dd: Floats


class _Parts(NamedTuple):
    """Numerators and denominators of the indices of one scramble, each of shape (inputs,)."""

    alone: Floats
    variance_alone: Floats
    change: Floats
    variance_change: Floats
    variance: Floats


def _moments(
    model: Model,
    inputs: tuple[Law, ...],
    vectors: NDArray[np.uint32],
    second_order: bool,
    seed: np.random.SeedSequence,
) -> tuple[_Moments, _Moments, Floats]:
    """Moments of one scramble, those with the samples swapped, and products of the two swaps."""
    size = len(inputs)
    samples = quantiles(inputs, _nets.scramble(vectors, seed).reshape(2, size, -1))
    points = samples.shape[2]
    sums, twin, cross = np.zeros((9, size)), np.zeros((9, size)), np.zeros((size, size))
    shift = 0.0
    for start in range(0, points, CHUNK):
        first, other = np.ascontiguousarray(samples[:, :, start : start + CHUNK])
        a, b = run(model, first.T), run(model, other.T)
        change = _change(model, first, other, a)
        back = _change(model, other, first, b) if second_order else None
        if start == 0:
            shift = float(a.mean())
        a -= shift
        b -= shift
        sums += _sums(a, b, change)
        if back is not None:
            twin += _sums(b, a, back)
            cross += (back + b) @ (change + a).T
    return _as_moments(shift, sums / points), _as_moments(shift, twin / points), cross / points


def _as_moments(shift: float, means: Floats) -> _Moments:
    a, b, aa, bb, ab = (float(row[0]) for row in means[:5])
    d, ad, bd, dd = means[5:]
    return _Moments(shift, a, b, aa, bb, ab, d, ad, bd, dd)


def _change(model: Model, base: Floats, other: Floats, at_base: Floats) -> Floats:
    """Change of the result when input i, for each i, is taken from ``other``; (inputs, points)."""
    out = np.empty_like(base)
    mixed = base.copy()
    for i in range(len(base)):
        mixed[i] = other[i]
        out[i] = run(model, mixed.T)
        mixed[i] = base[i]
    out -= at_base
    return out


def _sums(a: Floats, b: Floats, d: Floats) -> Floats:
    out = np.empty((9, len(d)))
    out[:5] = np.array([a.sum(), b.sum(), a @ a, b @ b, a @ b])[:, None]
    out[5:] = d.sum(axis=1), d @ a, d @ b, np.einsum("ij,ij->i", d, d)
    return out


def _centred(m: _Moments, mean: float) -> _Parts:
    """Move the moments from their shift to the mean of all replicates."""
    off = mean - m.shift
    var_a = m.aa - 2.0 * off * m.a + off**2
    var_b = m.bb - 2.0 * off * m.b + off**2
    var_c = var_a + 2.0 * (m.ad - off * m.d) + m.dd
    variance = np.full_like(m.d, 0.5 * (var_a + var_b))
    return _Parts(
        m.bd - off * m.d, 0.5 * (var_b + var_c), 0.5 * m.dd, 0.5 * (var_a + var_c), variance
    )


def _pairs(m: _Moments, twin: _Moments, cross: Floats, mean: float) -> Floats:
    """Covariances of results that share two inputs (Saltelli 2002, ibid. 145:280)."""
    off = mean - m.shift
    swapped = (twin.a + twin.d)[:, None] + (m.a + m.d)[None, :]
    both = cross - off * swapped - (m.ab - off * (m.a + m.b))
    return np.asarray(0.5 * (both + both.T))


def _interaction(pairs: Replicated, first: Replicated) -> Replicated:
    """What a pair explains, less what its two inputs explain alone."""
    apart = 1.0 - np.eye(len(first.values))

    def beyond(both: Floats, alone: Floats) -> Floats:
        return np.asarray((both - alone[..., :, None] - alone[..., None, :]) * apart + 0.0)

    return Replicated(beyond(pairs.values, first.values), beyond(pairs.residuals, first.residuals))
