"""Cost risk: the distribution of a sum of uncertain, correlated cost items.

The whole S-curve is computed without drawing anything. Given the common factors the items are
independent, so the sum is a convolution (fast Fourier transform); the factors are then integrated
out by Gauss–Hermite quadrature. :func:`monte_carlo` reaches the same curve by an unrelated route
and serves as a check.

Correlation is that of the normal scores in a Gaussian copula, and it is an assumption: show
:func:`envelope` beside any single curve. Terms: P50 is the median, P85 the value not exceeded with
probability 0.85. Items are frozen ``scipy.stats`` distributions or the laws of
:mod:`analysis.methods.distributions`, discrete risks among them, all in one unit.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft
from scipy.special import ndtr

from analysis.methods._convolution import (
    Grid,
    moment,
    own_parts,
    spectrum_of,
    variance,
    with_own_parts,
)
from analysis.methods.distributions import Distribution, QuantileTable, quantile_table
from analysis.methods.sampling import Copula, Plan, one_factor, to_marginals

Floats = NDArray[np.float64]

BINS = 2048
_NEAR_ONE = 0.98
_COUNTS = 1 << 15
#: Blocks of draws in a piece of work, when there are many.
_PIECE = 32
#: P10 lies at least so many steps up; else the grid is split there, into so many bins, so often.
_LEAST_STEPS, _FINER, _REFINED = 64.0, 1 << 15, 4


class SCurve(ABC):
    """Distribution of the total cost. Made by :func:`s_curve`."""

    def __init__(self, items: Sequence[Distribution]) -> None:
        self.items = tuple(items)

    @overload
    def quantile(self, p: float) -> float: ...
    @overload
    def quantile(self, p: Floats) -> Floats: ...
    def quantile(self, p: float | Floats) -> float | Floats:
        """Total cost not exceeded with probability ``p``; a float for a float, else an array.

        Raises ValueError outside [0, 1], NaN included, or in a tail that the curve leaves out.
        """
        asked = np.asarray(p, dtype=np.float64)
        if not np.all((asked >= 0.0) & (asked <= 1.0)):
            raise ValueError(f"p = {p}: must be in [0, 1]")
        found = self._quantile(asked)
        return float(found) if asked.ndim == 0 else found

    @overload
    def cdf(self, x: float) -> float: ...
    @overload
    def cdf(self, x: Floats) -> Floats: ...
    def cdf(self, x: float | Floats) -> float | Floats:
        """Probability that the total does not exceed ``x``; a float for a float, else an array."""
        asked = np.asarray(x, dtype=np.float64)
        if np.isnan(asked).any():
            raise ValueError(f"x = {x}: must be a number")
        found = self._cdf(asked)
        return float(found) if asked.ndim == 0 else found

    @property
    def mean(self) -> float:
        """Expected total: the sum of the items' means, exact and the same for any correlation.

        Raises ValueError when an item has no finite mean.
        """
        return math.fsum(moment(item.mean(), "mean", i) for i, item in enumerate(self.items))

    @cached_property
    def std(self) -> float:
        """Standard deviation of the total. Raises ValueError when an item has none."""
        own = math.fsum(
            moment(item.std(), "standard deviation", i) ** 2 for i, item in enumerate(self.items)
        )
        return math.sqrt(max(own + self._covariance(), 0.0))

    def percentile_of(self, frame: float) -> float:
        """Probability (0 to 1) that the total stays within ``frame``: which P-value it is."""
        return self.cdf(float(frame))

    def contingency(self, p: float = 0.85, base: float | None = None) -> float:
        """Reserve that lifts ``base`` (the median unless stated) to the quantile of ``p``.

        Negative when the base already exceeds that quantile.
        """
        return self.quantile(p) - (self.quantile(0.5) if base is None else base)

    @abstractmethod
    def _quantile(self, p: Floats) -> Floats: ...

    @abstractmethod
    def _cdf(self, x: Floats) -> Floats: ...

    @abstractmethod
    def _covariance(self) -> float:
        """Sum of the covariances between different items."""


def s_curve(
    items: Sequence[Distribution], correlation: float | Copula = 0.0, bins: int = BINS
) -> SCurve:
    """Compute the distribution of the sum of ``items``.

    Parameters
    ----------
    items : cost items and discrete risks, all in one unit.
    correlation : one number in [0, 1], the score correlation between every two items; or a copula
        of common factors (:func:`analysis.methods.sampling.factor_copula`), one row per item.
        0 is independence. 1 is full dependence, where quantiles add up; it is exact.
    bins : steps over the range of the total; more where heavy tails stretch that range.

    Accuracy: quantiles from P10 to P99 to 0.01 % or better, down to P1 for items no more skewed
    than a lognormal with sigma 0.5. With lognormal items of sigma 1 to 3 the error stays within
    0.03 % from P5 to P99 and 0.1 % at P1 (measured against quadrature for one and two items with
    correlations up to 0.6). Where a long tail makes the steps too wide for the low end of the
    curve, that end is computed again with finer ones; such a curve takes 0.02 to 0.5 seconds. The
    range of an item with infinite support ends where a mass of 1e-8 (loosened for very heavy tails
    to at most 1e-4) lies beyond. The curve below that range does not feel the cut; quantiles in the
    cut tail are refused, such as those above P99.9 with ten items of sigma 2 (see ``tail``). Jumps
    of the total, possible when all items are discrete, are drawn as slopes two steps wide. Items
    with hardly any variation of their own (loadings with a sum of squares above 0.9991) are given
    a share of 0.0009, which moves quantiles by less than 1e-4.

    Raises
    ------
    ValueError : no items, an item without finite quantiles, a correlation outside [0, 1], a copula
        of another size or without factors, fewer than 64 bins.
    """
    _check(items)
    if bins < 64:
        raise ValueError(f"bins = {bins}: must be at least 64")
    copula = _copula(len(items), correlation)
    if copula.unique is None:
        raise ValueError(
            "correlation: the S-curve needs common factors; a full matrix has none, use monte_carlo"
        )
    if copula.loadings.shape[1] == 1 and np.all(copula.loadings > 1.0 - 1e-12):
        return _Comonotone(items)
    if not isinstance(correlation, Copula) and correlation > _NEAR_ONE:
        return _NearlyComonotone(items, float(correlation), bins)
    return _Convolution(items, copula, bins)


class _Comonotone(SCurve):
    """Full dependence: all items stand at the same quantile."""

    def _quantile(self, p: Floats) -> Floats:
        return np.asarray(sum(np.asarray(item.ppf(p), dtype=np.float64) for item in self.items))

    def _cdf(self, x: Floats) -> Floats:
        # Largest p whose quantile does not exceed x, by bisection on the normal score.
        low, high = np.full(x.shape, -9.0), np.full(x.shape, 9.0)
        for _ in range(60):
            middle = 0.5 * (low + high)
            within = self._quantile(ndtr(middle)) <= x
            low, high = np.where(within, middle, low), np.where(within, high, middle)
        return np.where(low < -8.9, 0.0, np.where(high > 8.2, 1.0, ndtr(low)))

    def _covariance(self) -> float:
        z = np.linspace(-8.0, 8.0, 8001)
        weight = np.exp(-0.5 * z * z)
        weight /= weight.sum()
        at = np.array([np.asarray(item.ppf(ndtr(z))) for item in self.items])
        at -= (at @ weight)[:, None]
        return float(weight @ (at.sum(axis=0) ** 2 - (at**2).sum(axis=0)))


class _Convolution(SCurve):
    """Conditional independence given the factors."""

    def __init__(self, items: Sequence[Distribution], copula: Copula, bins: int) -> None:
        super().__init__(items)
        grid = self._grid = Grid(items, own_parts(copula), bins)
        mass, spectrum = self._masses(grid, copula)
        # The grid serves for covariances only: its rounding and its cut tails cancel there.
        place = grid.step * np.arange(grid.length)
        self._cross: float = variance(mass[: grid.length], place) - grid.own_variance()
        self._edges, self._levels = _curve(grid, mass, spectrum)
        floor = float(grid.lows.sum())
        for _ in range(_REFINED):
            # A long tail takes most of the grid; steps too wide for the other end are split there.
            low = float(np.interp(0.1, self._levels, self._edges)) - floor
            if grid.tail == 0.0 or low >= _LEAST_STEPS * grid.step:
                break
            reach = 2.0 * _LEAST_STEPS * grid.step
            grid = grid.below(reach, _FINER)
            edges, levels = _curve(grid, *self._masses(grid, copula))
            inside = int(np.searchsorted(edges, floor + reach - 2.0 * grid.step))
            beyond = self._edges > edges[inside - 1]
            self._edges = np.concatenate([edges[:inside], self._edges[beyond]])
            self._levels = np.concatenate([levels[:inside], self._levels[beyond]])
            np.maximum.accumulate(self._levels, out=self._levels)

    @staticmethod
    def _masses(grid: Grid, copula: Copula) -> tuple[Floats, NDArray[np.complex128]]:
        """Mass of the total in every bin, and its Fourier transform."""
        size = len(grid.items)
        factors = list(range(copula.loadings.shape[1]))
        spectrum = spectrum_of(
            grid, with_own_parts(copula), list(range(size)), factors, np.zeros((1, size))
        )[0]
        return np.asarray(fft.irfft(spectrum, n=grid.transform)), spectrum

    @property
    def step(self) -> float:
        """Width of a grid step, in the unit of the items."""
        return self._grid.step

    @property
    def tail(self) -> float:
        """Upper bound of the probability cut off at either end."""
        return self._grid.tail

    def _quantile(self, p: Floats) -> Floats:
        cut = self._grid.tail
        if np.any(((p < cut) & (p > 0.0)) | ((p > 1.0 - cut) & (p < 1.0))):
            raise ValueError(f"p = {p}: must be in [{cut:g}, 1 - {cut:g}], or 0 or 1")
        found = np.interp(p, self._levels, self._edges)
        if np.any((p == 0.0) | (p == 1.0)):
            ends = [item.support() for item in self.items]
            found = np.where(p == 0.0, sum(float(low) for low, _ in ends), found)
            found = np.where(p == 1.0, sum(float(high) for _, high in ends), found)
        return np.asarray(found, dtype=np.float64)

    def _cdf(self, x: Floats) -> Floats:
        return np.asarray(np.interp(x, self._edges, self._levels, left=0.0, right=1.0))

    def _covariance(self) -> float:
        return self._cross


def _curve(grid: Grid, mass: Floats, spectrum: NDArray[np.complex128]) -> tuple[Floats, Floats]:
    """Edges of the bins of the total and the probabilities below them."""
    if np.abs(spectrum[-len(spectrum) // 8 :]).max() < 1e-8:
        # Where the total is smooth, take the variance that rounding added out again.
        spectrum = spectrum * (1.0 + 0.5 * grid.rounding * grid.wave**2)
        mass = fft.irfft(spectrum, n=grid.transform)
    # Rounding leaves masses of -1e-18 here and there; the curve must not fall.
    below = float(mass[grid.length :].sum()) if grid.stretched else 0.0
    rising = np.maximum.accumulate(below + np.cumsum(mass[: grid.length - 1]))
    levels: Floats = np.concatenate([[0.0], np.clip(rising, 0.0, 1.0), [1.0]])
    edges = grid.origin + grid.step * np.arange(grid.length + 1)
    return np.asarray(edges, dtype=np.float64), levels


class _NearlyComonotone(_Convolution):
    """One correlation just below 1, where the conditional curves become too steep to integrate.

    Quantiles are smooth in the correlation, also at 1: the straight line from 0.98 to the exact
    result at 1 is within about 1e-6 of the total.
    """

    def __init__(self, items: Sequence[Distribution], rho: float, bins: int) -> None:
        super().__init__(items, one_factor(len(items), _NEAR_ONE), bins)
        share = (rho - _NEAR_ONE) / (1.0 - _NEAR_ONE)
        full = _Comonotone(items)
        inside = (self._levels > self.tail) & (self._levels < 1.0 - self.tail)
        levels, first = np.unique(self._levels[inside], return_index=True)
        self._edges = (1.0 - share) * self._edges[inside][first] + share * full._quantile(levels)
        self._levels = levels
        self._cross = (1.0 - share) * self._cross + share * full._covariance()


def _check(items: Sequence[Distribution]) -> None:
    if len(items) == 0:
        raise ValueError("items: at least one is needed")
    for i, item in enumerate(items):
        if not hasattr(item, "ppf"):
            raise ValueError(
                f"items[{i}] = {item!r}: must be a distribution;"
                " a fixed amount is DiscreteRisk(1.0, amount)"
            )


def _copula(size: int, correlation: float | Copula) -> Copula:
    if not isinstance(correlation, Copula):
        return one_factor(size, float(correlation))
    if correlation.size != size:
        raise ValueError(f"copula of {correlation.size} variables for {size} items: must agree")
    return correlation


def envelope(
    items: Sequence[Distribution], base: float = 0.3, bins: int = BINS
) -> dict[float, SCurve]:
    """S-curves under independence, the ``base`` correlation and full dependence, by correlation."""
    if not 0.0 < base < 1.0:
        raise ValueError(f"base = {base}: must be between 0 and 1, which are shown anyway")
    return {rho: s_curve(items, rho, bins) for rho in (0.0, base, 1.0)}


@dataclass(frozen=True)
class Assumptions:
    """A named set of assumptions about one cost estimate."""

    items: Sequence[Distribution]
    correlation: float | Copula


@dataclass(frozen=True)
class Reading:
    """What one set of assumptions says of a frame. Amounts in the unit of the items."""

    mean: float
    std: float
    p10: float
    p50: float
    p85: float
    p90: float
    frame_percentile: float
    contingency: float


def fan(sets: Mapping[str, Assumptions], frame: float, bins: int = BINS) -> dict[str, Reading]:
    """Read ``frame`` under every set of assumptions.

    ``frame_percentile`` is the probability of staying within the frame. ``contingency`` is what
    must be added to the frame to reach P85; negative if the frame is already above.
    """
    if not math.isfinite(frame):
        raise ValueError(f"frame = {frame}: must be a finite amount")
    out = {}
    for name, assumed in sets.items():
        curve = s_curve(assumed.items, assumed.correlation, bins)
        p10, p50, p85, p90 = (curve.quantile(p) for p in (0.10, 0.50, 0.85, 0.90))
        out[name] = Reading(
            curve.mean, curve.std, p10, p50, p85, p90, curve.percentile_of(frame), p85 - frame
        )
    return out


@dataclass(frozen=True, eq=False)
class MonteCarlo:
    """Simulated distribution of the total.

    ``quantiles`` and ``quantile_errors`` belong to ``probabilities``; errors are standard errors.
    """

    probabilities: Floats
    quantiles: Floats
    quantile_errors: Floats
    mean: float
    mean_error: float
    std: float
    draws: int
    _edges: Floats
    _levels: Floats

    def quantile(self, p: ArrayLike) -> Floats:
        """Quantiles of the simulated totals. Raises ValueError where there are too few draws."""
        return _read(np.asarray(p, dtype=np.float64), self._levels, self._edges, self.draws)

    def cdf(self, x: ArrayLike) -> Floats:
        """Share of the totals not above ``x``."""
        x = np.asarray(x, dtype=np.float64)
        return np.asarray(np.interp(x, self._edges, self._levels[1:-1], left=0.0, right=1.0))


def monte_carlo(
    items: Sequence[Distribution],
    correlation: float | Copula = 0.0,
    draws: int = 1_000_000,
    seed: int = 1,
    *,
    probabilities: Sequence[float] = (0.10, 0.50, 0.85, 0.90),
    executor: Executor | None = None,
    workers: int = 2,
    progress: bool = True,
) -> MonteCarlo:
    """Simulate the sum of ``items`` with pseudo-random draws.

    Totals are counted into bins as they come, so memory does not grow with ``draws``. A bin is
    1/19,000 of the range of the first 16,384 totals: for moderate tails about 4e-4 standard
    deviations, far below the standard error. A very heavy tail stretches that range, so that low
    quantiles fall into the first bins and are rough; use :func:`s_curve` there. Standard errors are
    those of order statistics: half the distance between the quantiles at ``p`` plus and minus
    ``sqrt(p (1 - p) / draws)``.
    ``executor`` may be any ``concurrent.futures.Executor``; without one, ``workers`` threads are
    used. The result depends on neither. A progress bar shows once the work has taken two seconds,
    unless ``progress`` is False.

    Raises ValueError for no items, fewer than 100 draws, a bad correlation (as :func:`s_curve`, but
    any copula will do), or probabilities too far out for the number of draws.
    """
    _check(items)
    if draws < 100:
        raise ValueError(f"draws = {draws}: must be at least 100")
    plan = Plan(_copula(len(items), correlation), draws, seed, "random")
    laws = [_tabulated(item) for item in items]
    pilot = _totals(laws, plan.scores(0))
    low, high = float(pilot.min()), float(pilot.max())
    if not math.isfinite(high - low):
        raise ValueError(f"totals reach from {low} to {high}: items must have finite quantiles")
    # Rarer totals than the first block holds are counted in two open bins at the ends.
    reach = (high - low) or 1.0
    edges = np.linspace(low - 0.25 * reach, high + 0.5 * reach, _COUNTS + 1)
    counts, sums, squares = _simulated(plan, laws, edges, executor, workers, progress)
    levels = np.concatenate([[0.0], np.cumsum(counts) / draws])
    excess = math.fsum(sums) / draws
    mean_square = math.fsum(squares) / draws
    std = math.sqrt(max(mean_square - excess**2, 0.0))
    p = np.asarray(probabilities, dtype=np.float64)
    error = np.sqrt(p * (1.0 - p) / draws)
    above, below = (_read(p + d, levels, edges, draws) for d in (error, -error))
    return MonteCarlo(
        p,
        _read(p, levels, edges, draws),
        0.5 * (above - below),
        float(edges[0]) + excess,
        std / math.sqrt(draws),
        std,
        draws,
        edges,
        levels,
    )


def _tabulated(item: Distribution) -> QuantileTable | Distribution:
    several_jumps = len(getattr(item, "jumps", ())) > 1 or hasattr(item, "pmf")
    return item if several_jumps else quantile_table(item)


def _totals(laws: Sequence[QuantileTable | Distribution], scores: Floats) -> Floats:
    total = np.zeros(len(scores))
    for law, column in zip(laws, scores.T, strict=True):
        if isinstance(law, QuantileTable):
            total += law(column)
        else:
            total += to_marginals([law], column[:, None])[:, 0]
    return total


def _count(
    plan: Plan, laws: Sequence[QuantileTable | Distribution], edges: Floats, blocks: range
) -> tuple[NDArray[np.int64], list[float], list[float]]:
    """Counts per bin, with an open bin at either end; sums and sums of squares, per block."""
    counts = np.zeros(_COUNTS + 2, dtype=np.int64)
    sums, squares = [], []
    per_unit = _COUNTS / (edges[-1] - edges[0])
    for scores in plan.blocks(blocks):
        excess = _totals(laws, scores) - edges[0]
        sums.append(float(excess.sum()))
        squares.append(float(np.square(excess).sum()))  # a dot product would wake BLAS threads
        excess *= per_unit
        excess += 1.0
        np.clip(excess, 0.0, _COUNTS + 1.0, out=excess)
        counts += np.bincount(excess.astype(np.int64), minlength=_COUNTS + 2)
    return counts, sums, squares


def _simulated(
    plan: Plan,
    laws: Sequence[QuantileTable | Distribution],
    edges: Floats,
    executor: Executor | None,
    workers: int,
    progress: bool,
) -> tuple[NDArray[np.int64], list[float], list[float]]:
    """Counts per bin, and the sums and sums of squares of all blocks, by many workers."""
    from tqdm.auto import tqdm

    # Few pieces, as each is sent to a worker; but more for many draws, so that the bar moves.
    pieces = min(len(plan), max(8, len(plan) // _PIECE))
    counts = np.zeros(_COUNTS + 2, dtype=np.int64)
    sums, squares = [], []
    quiet = {} if progress else {"disable": True}  # else the environment decides (TQDM_DISABLE)
    with ExitStack() as stack:
        pool = executor
        if pool is None:
            pool = stack.enter_context(ThreadPoolExecutor(max(1, workers)))
        bar = stack.enter_context(tqdm(total=plan.draws, desc="draws", delay=2.0, **quiet))
        jobs = [
            pool.submit(_count, plan, laws, edges, range(first, len(plan), pieces))
            for first in range(pieces)
        ]
        stack.callback(lambda: [job.cancel() for job in jobs])
        for first, job in enumerate(jobs):
            found, excess, square = job.result()
            counts += found
            sums += excess
            squares += square
            bar.update(sum(plan.rows(k) for k in range(first, len(plan), pieces)))
    return counts, sums, squares


def _read(p: Floats, levels: Floats, edges: Floats, draws: int) -> Floats:
    inside = (p >= levels[1]) & (p <= levels[-2]) & (p >= 5.0 / draws) & (p <= 1.0 - 5.0 / draws)
    if not np.all(inside):
        raise ValueError(
            f"p = {np.atleast_1d(p)[~np.atleast_1d(inside)][0]:.6g}: too few of {draws} draws lie"
            " beyond this quantile; ask for a probability nearer to 0.5 or more draws"
        )
    return np.asarray(np.interp(p, levels[1:-1], edges))
