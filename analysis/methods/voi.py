"""What it is worth to find out more before deciding: value of information.

All methods take net benefits of shape (draws, options), in money, one row per draw of the unknowns.
Scrambled Sobol draws make the answers far more exact than the choice of regression does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from analysis.methods._checks import finite, number, whole
from analysis.methods._regression import PAIR_CELLS, Axis, Fit, axis, basis, blocks, fit

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Study = Callable[[Floats, np.random.Generator], ArrayLike]
#: Rows at a time when a table is turned on its side, so that they stay in cache.
_ROWS = 1 << 12


class Estimate(float):
    """A value of information, usable as a number, in the unit of the net benefits.

    Attributes
    ----------
    standard_error : of the value. It holds for independent draws; of quasi-random ones it is too
        large, unless they come in replicates.
    upward_bias : about how much noise in the regression adds to the value.
    decision : the option that is best now, counted from 0.
    change : probability that another option turns out to be better.
    """

    __slots__ = ("change", "decision", "standard_error", "upward_bias")
    standard_error: float
    upward_bias: float
    decision: int
    change: float

    def __new__(
        cls,
        value: float,
        standard_error: float = 0.0,
        upward_bias: float = 0.0,
        decision: int = 0,
        change: float = 0.0,
    ) -> Estimate:
        """Make a number that knows its error."""
        self = super().__new__(cls, value)
        self.standard_error = standard_error
        self.upward_bias = upward_bias
        self.decision = decision
        self.change = change
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:
        return float(self), self.standard_error, self.upward_bias, self.decision, self.change

    def __repr__(self) -> str:
        return (
            f"Estimate({float(self):.6g}, standard_error={self.standard_error:.2g},"
            f" upward_bias={self.upward_bias:.2g}, decision={self.decision},"
            f" change={self.change:.4g})"
        )


def evpi(net_benefit: ArrayLike, *, replicates: int = 1) -> Estimate:
    """Expected value of perfect information: what knowing everything in advance is worth.

    Parameters
    ----------
    net_benefit : shape (draws, options).
    replicates : how many equal blocks of rows, one after the other, are independent scrambles. The
        standard error then comes from the blocks; with 1 the rows count as independent draws.

    Raises ValueError for fewer than 2 draws or 2 options, NaN or infinity.
    """
    problem = _problem(net_benefit, replicates)
    best = _best(problem.gains)
    change = float(np.mean(best > 0.0))
    return Estimate(problem.most, _error(best, replicates), 0.0, problem.options[0], change)


def evppi(net_benefit: ArrayLike, parameters: ArrayLike, *, replicates: int = 1) -> Estimate:
    """Expected value of learning some parameters exactly, all of them together.

    Parameters
    ----------
    net_benefit : shape (draws, options).
    parameters : shape (draws,) or (draws, parameters), the parameters studied jointly.
    replicates : as in :func:`evpi`.

    Raises ValueError for shapes that do not fit, fewer than 2 options or 16 draws, NaN or infinity.

    Notes
    -----
    Regression of the net benefits on the parameters (Strong, Oakley and Brennan 2014, Med. Decis.
    Making 34:311). One parameter: a cubic spline. Several: products of spline functions, about 110
    at most, so that interactions count; with many parameters these are smooth ones only. A result
    that jumps at some value of a parameter is smoothed, so its value is understated. The value is
    at most that of perfect information on the same draws, by :func:`evpi`; where the regression
    gives more, that is noise, and the bound is returned.
    """
    problem = _problem(net_benefit, replicates, least=16)
    axes = _axes(_columns("parameters", parameters, problem.draws))
    return problem.value(axes)


def evppi_single(
    net_benefit: ArrayLike, parameters: ArrayLike, *, replicates: int = 1
) -> tuple[Estimate, ...]:
    """Value of learning each parameter alone; as :func:`evppi` for every column, at less cost."""
    problem = _problem(net_benefit, replicates, least=16)
    columns = _columns("parameters", parameters, problem.draws)
    return tuple(problem.value([axis(column)]) for column in columns)


def evppi_pairs(
    net_benefit: ArrayLike, parameters: ArrayLike, *, replicates: int = 1
) -> dict[tuple[int, int], Estimate]:
    """Value of learning each pair of parameters jointly, by column numbers (i, j) with i < j."""
    problem = _problem(net_benefit, replicates, least=16)
    columns = _columns("parameters", parameters, problem.draws)
    axes = [axis(column, PAIR_CELLS) for column in columns]
    pairs = combinations(range(len(axes)), 2)
    return {(i, j): problem.value([axes[i], axes[j]]) for i, j in pairs}


def evsi(
    net_benefit: ArrayLike,
    parameters: ArrayLike,
    study: Study | ArrayLike,
    *,
    seed: int = 1,
    replicates: int = 1,
) -> Estimate:
    """Expected value of a study: what its imperfect findings are worth before it is made.

    Parameters
    ----------
    net_benefit : shape (draws, options).
    parameters : shape (draws,) or (draws, parameters): what the study sheds light on.
    study : a function ``study(parameters, rng)`` that simulates, for each draw of the parameters
        (draws, parameters), what the study would find, summed up in one or a few numbers: shape
        (draws,) or (draws, findings). Or those findings themselves, one row per draw.
    seed : for ``rng``, a numpy Generator. replicates : as in :func:`evpi`.

    Raises ValueError as :func:`evppi` does.

    Notes
    -----
    Regression of the net benefits on the findings (Strong et al. 2015, Med. Decis. Making 35:570).
    The findings must sum up all that the study says of the parameters, such as a mean or a count.
    """
    problem = _problem(net_benefit, replicates, least=16)
    columns = _columns("parameters", parameters, problem.draws)
    if callable(study):
        found = study(np.stack(columns, axis=1), np.random.default_rng(seed))
    else:
        found = study
    axes = _axes(_columns("study", found, problem.draws))
    return problem.value(axes)


def evsi_normal(mean: float, sd: float, noise: float, n: float) -> float:
    """Value of ``n`` observations of a net benefit that is normal, against 0, in closed form.

    The expected net benefit is uncertain with ``mean`` and ``sd``; an observation of it has the
    standard deviation ``noise``. With n = infinity this is the value of perfect information.

    Source: Raiffa and Schlaifer (1961), Applied Statistical Decision Theory: unit normal loss.
    Raises ValueError for a negative or missing number.
    """
    number("mean", mean)
    number("sd", sd, 0.0)
    number("noise", noise, 0.0)
    if not n >= 0.0:
        raise ValueError(f"n = {n}: must be at least 0")
    if sd == 0.0 or n == 0.0:
        return 0.0
    learnt = sd * math.sqrt(1.0 / (1.0 + (noise / sd) ** 2 / n))
    return float(learnt * _loss(np.asarray(abs(mean) / learnt)))


def enbs(value: float, scale: float, cost: float) -> Estimate:
    """Expected net benefit of a study: ``value * scale - cost``. It pays where this is above 0.

    Parameters
    ----------
    value : of the study per decision (:func:`evsi`).
    scale : how many decisions it informs, see :func:`discounted`.
    cost : of the study, in the unit of ``value``.
    """
    number("value", value)
    number("scale", scale, 0.0)
    number("cost", cost)
    if not isinstance(value, Estimate):
        return Estimate(value * scale - cost)
    return Estimate(
        float(value) * scale - cost,
        value.standard_error * scale,
        value.upward_bias * scale,
        value.decision,
        value.change,
    )


def discounted(per_year: float, years: int, rate: float) -> float:
    """Decisions informed over ``years``, the first at once, discounted at ``rate`` per year."""
    number("per_year", per_year, 0.0)
    whole("years", years, 1)
    if not rate > -1.0:
        raise ValueError(f"rate = {rate}: must be above -1")
    return per_year * math.fsum((1.0 + rate) ** -year for year in range(years))


@dataclass(frozen=True)
class Region:
    """Values of a parameter, from ``low`` to ``high``, for which one option is expected to be best.

    ``probability`` of the parameter lying there; ``gain`` over the option that is best now, on
    average over the region.
    """

    low: float
    high: float
    option: int
    probability: float
    gain: float


def decision_regions(net_benefit: ArrayLike, parameter: ArrayLike) -> tuple[Region, ...]:
    """Say which option is best for which values of one parameter, from the lowest to the highest.

    Where there is one region only, learning the parameter would not change the decision. Raises
    ValueError as :func:`evppi` does.
    """
    problem = _problem(net_benefit, 1, least=16)
    (column,) = _columns("parameter", parameter, problem.draws, most=1)
    x = axis(column)
    fitted = problem.fit([x])
    chosen, gain = _choice(fitted.values)
    values, weights = x.values, fitted.basis.weights
    starts = np.flatnonzero(np.r_[True, chosen[1:] != chosen[:-1]])
    ends = np.r_[starts[1:], len(chosen)]
    between = 0.5 * (values[starts[1:] - 1] + values[starts[1:]])
    cuts = np.r_[column.min(), between, column.max()]
    out = []
    for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
        weight = float(weights[start:end].sum())
        out.append(
            Region(
                float(cuts[k]),
                float(cuts[k + 1]),
                problem.options[int(chosen[start])],
                weight,
                float(weights[start:end] @ gain[start:end]) / weight,
            )
        )
    return tuple(out)


@dataclass(frozen=True, eq=False)
class _Problem:
    """A decision: gains (options - 1, draws) of the other options over the one that is best now.

    ``options`` are the numbers of the options, the best one first. ``squares`` are the mean squares
    of the gains. ``most`` is the value of perfect information.
    """

    gains: Floats
    options: tuple[int, ...]
    replicates: int
    squares: Floats
    most: float

    @property
    def draws(self) -> int:
        return int(self.gains.shape[1])

    def fit(self, axes: Sequence[Axis]) -> Fit:
        """Regression of the gains on some inputs jointly."""
        return fit(basis(axes), self.gains, self.squares)

    def value(self, axes: Sequence[Axis]) -> Estimate:
        """Value of learning some inputs jointly."""
        fitted = self.fit(axes)
        weights, point = fitted.basis.weights, fitted.basis.point
        chosen, gain = _choice(fitted.values)
        bias = _upward_bias(fitted, self.squares - fitted.values**2 @ weights)
        marks = (chosen == np.arange(1, len(self.options))[:, None]).astype(np.float64)
        if not marks.any():  # the decision stands, whatever is learnt
            return Estimate(0.0, 0.0, bias, self.options[0], 0.0)
        # The effect of a draw on the value: through its place, the gain there; and through the fit,
        # its distance from the fit times what is chosen, as far as the terms of the fit can tell.
        smooth = fitted.smoothed(marks)
        rest = gain - (smooth * fitted.values).sum(axis=0)
        used = np.flatnonzero(smooth.any(axis=1))
        effect = np.empty(self.draws)
        for rows in blocks(self.draws):
            part = _at_draws(rest, point, rows)
            for k in used:
                slope = _at_draws(smooth[k], point, rows)
                slope *= self.gains[k, rows]
                part += slope
            effect[rows] = part
        value = min(float(weights @ gain), self.most)
        error = _error(effect, self.replicates)
        return Estimate(value, error, bias, self.options[0], float(weights[chosen != 0].sum()))


def _problem(net_benefit: ArrayLike, replicates: int, least: int = 2) -> _Problem:
    benefit, sums = _table("net_benefit", net_benefit, "options")
    options, draws = benefit.shape
    if options < 2:
        raise ValueError(f"net_benefit has {options} option: must have at least 2 to choose from")
    if draws < least:
        raise ValueError(f"net_benefit has {draws} draws: must have at least {least}")
    whole("replicates", replicates, 1)
    if draws % replicates or replicates == draws:
        raise ValueError(f"replicates = {replicates}: must divide the {draws} draws into blocks")
    best = int(np.argmax(sums))
    others = [j for j in range(options) if j != best]
    # The table becomes the gains in place: memory that is asked for anew is slow at first use.
    base = benefit[best].copy()
    for row, j in reversed(list(enumerate(others, 1))):
        np.subtract(benefit[j], base, out=benefit[row])
    gains = benefit[1:]
    squares = np.einsum("ij,ij->i", gains, gains) / draws
    return _Problem(gains, (best, *others), replicates, squares, float(_best(gains).mean()))


def _error(effect: Floats, replicates: int) -> float:
    """Standard error of the mean of an effect (draws,), by its draws or by its replicates."""
    parts = effect if replicates == 1 else effect.reshape(replicates, -1).mean(axis=1)
    spread = float(np.einsum("i,i", parts, parts)) / len(parts) - float(parts.mean()) ** 2
    return math.sqrt(max(spread, 0.0) / (len(parts) - 1))


def _columns(name: str, values: ArrayLike, draws: int, most: int | None = None) -> list[Floats]:
    shaped = np.asarray(values)
    table, _ = _table(name, shaped[:, None] if shaped.ndim == 1 else shaped, "parameters")
    if table.shape[1] != draws:
        raise ValueError(f"{name} has {table.shape[1]} rows: must have {draws}, one per draw")
    if most is not None and len(table) > most:
        raise ValueError(f"{name} has {len(table)} columns: must have {most}")
    return list(table)


def _table(name: str, values: ArrayLike, columns: str) -> tuple[Floats, Floats]:
    """Transpose (columns, draws) of a table (draws, columns), checked, and the sums of its columns.

    Turned in blocks for the cache.
    """
    given = np.asarray(values)
    if given.ndim != 2 or given.dtype.kind not in "fiub" or 0 in given.shape:
        finite(name, given, "draws", columns)  # says what is wrong, or converts text of numbers
        given = np.asarray(given, dtype=np.float64)
    out = np.empty(given.shape[::-1])
    for start in range(0, len(given), _ROWS):
        out[:, start : start + _ROWS] = given[start : start + _ROWS].T
    sums = out.sum(axis=1)
    if not np.isfinite(sums).all():
        finite(name, given, "draws", columns)
    return out, sums


def _axes(columns: list[Floats]) -> list[Axis]:
    return [axis(c, PAIR_CELLS) if len(columns) > 1 else axis(c) for c in columns]


def _choice(gains: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Best option at each point, 0 being the one that is best now, and its gain over that one."""
    gain = _best(gains)
    return np.where(gain > 0.0, gains.argmax(axis=0) + 1, 0), gain


def _best(gains: Floats) -> Floats:
    """Gain of the best option at each point over the one that is best now, 0 where that stays."""
    best: Floats = np.maximum(gains[0], 0.0)
    for gain in gains[1:]:
        np.maximum(best, gain, out=best)
    return best


def _at_draws(values: Floats, point: Ints | None, rows: slice) -> Floats:
    """Values at the points, given to some of the draws: a new array."""
    return np.asarray(values[rows].copy() if point is None else values.take(point[rows]))


def _loss(t: Floats) -> Floats:
    """Unit normal loss: mean of max(Z - t, 0) for a standard normal Z."""
    return np.asarray(np.exp(-0.5 * t * t) / math.sqrt(2.0 * math.pi) - t * ndtr(-t))


def _upward_bias(fitted: Fit, residual: Floats) -> float:
    """Expected gain from mistaking noise for a difference between the two options in front.

    At a point where the fitted gap is g with standard error s, the better of the two looks better
    than it is by s times the unit normal loss of g / s. With three options or more this is an
    approximation, in which the errors of the gains over the best option are unrelated.
    """
    some, leverage = fitted.judged()
    gains = np.zeros((len(residual) + 1, len(some)))  # the option that is best now comes first
    variances = np.zeros_like(gains)
    gains[1:] = fitted.values[:, some]
    variances[1:] = np.maximum(residual, 0.0)[:, None] * leverage
    front = np.argpartition(gains, -2, axis=0)[-2:], np.arange(len(some))
    (one, other), error = gains[front], np.sqrt(variances[front].sum(axis=0))
    unsure = error > 0.0
    gap, error, weights = np.abs(one - other)[unsure], error[unsure], fitted.basis.weights[some]
    return float(weights[unsure] @ (error * _loss(gap / error)) / weights.sum())
