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
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft
from scipy.special import ndtr, ndtri, roots_hermitenorm

from analysis.methods.distributions import Distribution, QuantileTable, quantile_table
from analysis.methods.sampling import Copula, Plan, one_factor, to_marginals

Floats = NDArray[np.float64]

BINS = 2048
_TAILS = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4)
_MOST_BINS = 1 << 17
_FINEST = 40.0  # steps per standard deviation of the sum, at least
_OWN_FLOOR = 0.03
_NEAR_ONE = 0.98
_MOST_NODES = 4096
_COUNTS = 1 << 16


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
        return math.fsum(_moment(item.mean(), "mean", i) for i, item in enumerate(self.items))

    @cached_property
    def std(self) -> float:
        """Standard deviation of the total. Raises ValueError when an item has none."""
        own = math.fsum(
            _moment(item.std(), "standard deviation", i) ** 2 for i, item in enumerate(self.items)
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
    than a lognormal with sigma 0.5. The range of an item with infinite support ends where a mass of
    1e-8 (loosened for very heavy tails to at most 1e-4) lies beyond. The curve below that range
    does not feel the cut; quantiles in the cut tail are refused (``tail`` bounds its mass). Jumps
    of the total, possible when all items are discrete, are drawn as slopes two steps wide. Items
    with hardly any variation of their own (loadings with a sum of squares above 0.9991) are given
    a share of 0.0009, which moves quantiles by less than 1e-4.

    Raises
    ------
    ValueError : no items, an item without finite quantiles, a correlation outside [0, 1], a copula
        of another size or without factors, fewer than 64 bins.
    """
    if len(items) == 0:
        raise ValueError("items: at least one is needed")
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
        grid = self._grid = _Grid(items, _own(copula), bins)
        factors = list(range(copula.loadings.shape[1]))
        members = list(range(len(items)))
        spectrum = _spectrum(grid, _scaled(copula), members, factors, np.zeros((1, len(items))))[0]
        mass = fft.irfft(spectrum, n=grid.transform)[: grid.length]
        # The grid serves for covariances only: its rounding and its cut tails cancel there.
        place = grid.step * np.arange(grid.length)
        self._cross = _variance(np.asarray(mass), place) - grid.own_variance()
        wave = np.pi * np.arange(len(spectrum)) / grid.transform
        if np.abs(spectrum[-len(spectrum) // 8 :]).max() < 1e-8:
            # A bin's mass sits at its centre, which adds step**2 / 12 to the variance of every
            # continuous item (Sheppard); take it out again where the total is smooth.
            smooth = sum(not atoms for atoms in grid.atoms)
            mass = fft.irfft(spectrum * (1.0 + smooth * wave**2 / 6.0), n=grid.transform)
        # Rounding leaves masses of -1e-18 here and there; the curve must not fall.
        levels = np.maximum.accumulate(np.cumsum(mass[: grid.length - 1]))
        self._levels = np.concatenate([[0.0], np.clip(levels, 0.0, 1.0), [1.0]])
        self._edges = grid.origin + grid.step * np.arange(grid.length + 1)

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


class _Grid:
    """Common step of all items, and the normal score at every bin edge of each."""

    def __init__(self, items: Sequence[Distribution], own: Floats, bins: int) -> None:
        p = np.array([*_TAILS, *ndtr([-2.0, -1.0, 0.0, 1.0]), *(1.0 - t for t in _TAILS[::-1])])
        quantiles = np.array([np.asarray(item.ppf(p), dtype=np.float64) for item in items])
        for i, row in enumerate(quantiles):
            if not np.isfinite(row).all():
                raise ValueError(
                    f"items[{i}] has a quantile of {row[~np.isfinite(row)][0]}:"
                    " must be finite; check its parameters"
                )
        n, cuts = len(items), len(_TAILS)
        far, below, median, above = quantiles[:, cuts : cuts + 4].T
        spread = 0.5 * (above - below)
        for k in np.flatnonzero(spread == 0.0):  # a rare risk moves only the tail
            spread[k] = _moment(items[int(k)].std(), "standard deviation", int(k))
        self.spread = spread
        # In a skewed law the lower side is the narrow one.
        scale = np.where(median > far, np.minimum(spread, 0.5 * (median - far)), spread)
        finest = min(float(np.hypot.reduce(scale)) / _FINEST, float(np.hypot.reduce(scale * own)))
        supports = np.array([item.support() for item in items], dtype=np.float64)
        for cut in range(cuts):
            ends = _ends(supports, quantiles[:, cut], quantiles[:, -1 - cut])
            width = float((ends[:, 1] - ends[:, 0]).sum())
            if width <= finest * _MOST_BINS:
                break
        if not width > 0.0:
            raise ValueError("items: at least one must be uncertain")
        self.step = width / max(bins, min(width / finest, _MOST_BINS))
        self.tail = 0.0 if np.array_equal(ends, supports) else n * _TAILS[cut]
        self.scores: list[Floats] = []
        self.atoms: list[list[tuple[int, float]]] = []
        self._masses: list[Floats] = []
        for item, (low, high) in zip(items, ends, strict=True):
            edges = (
                low
                - 0.5 * self.step
                + self.step * np.arange(math.ceil((high - low) / self.step + 0.5) + 1)
            )
            levels = np.array(item.cdf(edges), dtype=np.float64)
            levels[0], levels[-1] = 0.0, 1.0  # the end bins take the tails
            self.scores.append(ndtri(levels))
            self.atoms.append(_atoms(item, edges))
            self._masses.append(np.diff(levels))
        self.length = sum(len(z) - 1 for z in self.scores) - n + 1
        self.transform = int(fft.next_fast_len(self.length, real=True))
        # The lowest sum of bin centres is the sum of the lowest ends; edges lie half a step off.
        self.origin = float(ends[:, 0].sum()) - 0.5 * self.step

    def masses(self, item: int, shift: Floats, own: float) -> Floats:
        """Bin masses of an item (rows, bins), given its common part ``shift`` (rows,)."""
        levels = ndtr((self.scores[item] - shift[:, None]) * (1.0 / own))
        mass = np.diff(levels, axis=1)
        _settle(mass, self.atoms[item])
        return np.asarray(mass)

    def own_variance(self) -> float:
        """Sum of the items' variances as the grid has them."""
        total = 0.0
        for mass, atoms in zip(self._masses, self.atoms, strict=True):
            row = mass[None, :].copy()
            _settle(row, atoms)
            total += _variance(row[0], self.step * np.arange(len(mass)))
        return total


def _spectrum(
    grid: _Grid, copula: Copula, members: list[int], factors: list[int], shift: Floats
) -> NDArray[np.complex128]:
    """Fourier transform of the sum of ``members``, given shifts (rows, items) of their scores.

    Members with no remaining factor in common are independent and multiply. Each group that shares
    some is averaged over the factor most of them share, and so on down.
    """
    out = np.ones((len(shift), grid.transform // 2 + 1), dtype=np.complex128)
    assert copula.unique is not None
    for group, shared in _groups(copula.loadings, members, factors):
        if not shared:
            for i in group:
                mass = grid.masses(i, shift[:, i], float(copula.unique[i]))
                out *= fft.rfft(mass, n=grid.transform, axis=1)
            continue
        factor = max(shared, key=lambda k: int(np.count_nonzero(copula.loadings[group, k])))
        rest = [k for k in shared if k != factor]
        nodes, weights = _nodes(grid.spread, copula, factor)
        chunk = max(1, (1 << 16) // out.shape[1])
        for row, start in enumerate(shift):
            average = np.zeros(out.shape[1], dtype=np.complex128)
            for begin in range(0, len(nodes), chunk):
                part = slice(begin, begin + chunk)
                moved = start + nodes[part, None] * copula.loadings[:, factor]
                inner = _spectrum(grid, copula, group, rest, moved)
                average += np.einsum("k,kf->f", weights[part], inner)
            out[row] *= average
    return out


def _groups(
    loadings: Floats, members: list[int], factors: list[int]
) -> list[tuple[list[int], list[int]]]:
    """Split the members into groups that share no factor, each with the factors it does use."""
    groups: list[tuple[set[int], set[int]]] = []
    for i in members:
        items, used = {i}, {k for k in factors if loadings[i, k] != 0.0}
        for other in [g for g in groups if g[1] & used]:
            groups.remove(other)
            items, used = items | other[0], used | other[1]
        groups.append((items, used))
    return [(sorted(items), sorted(used)) for items, used in groups]


def _nodes(spread: Floats, copula: Copula, factor: int) -> tuple[Floats, Floats]:
    """Quadrature nodes and weights for one standard normal factor.

    Seen along the factor, the conditional curve is a smooth step about ``own / pull`` wide; nodes
    1.4 such widths apart integrate it to 1e-5.
    """
    assert copula.unique is not None
    own = float(np.hypot.reduce(spread * copula.unique))
    pull = float(np.abs(spread * copula.loadings[:, factor]).sum())
    count = max(12, math.ceil(5.0 * (pull / own) ** 2))
    return _hermite(count) if count <= 128 else _trapezoid(1.4 * own / pull)


@lru_cache(maxsize=64)
def _hermite(count: int) -> tuple[Floats, Floats]:
    nodes, weights = roots_hermitenorm(count)
    weights = weights / weights.sum()
    keep = weights > 1e-17
    return nodes[keep], weights[keep]


def _trapezoid(step: float) -> tuple[Floats, Floats]:
    # For a smooth function under a normal weight equal steps are as good, and cheap to make.
    half = min(math.ceil(8.3 / step), _MOST_NODES // 2)
    nodes = np.linspace(-8.3, 8.3, 2 * half + 1)
    weights = np.exp(-0.5 * nodes * nodes)
    return nodes, weights / weights.sum()


def _copula(size: int, correlation: float | Copula) -> Copula:
    if not isinstance(correlation, Copula):
        return one_factor(size, float(correlation))
    if correlation.size != size:
        raise ValueError(f"copula of {correlation.size} variables for {size} items: must agree")
    return correlation


def _own(copula: Copula) -> Floats:
    assert copula.unique is not None
    return np.maximum(copula.unique, _OWN_FLOOR)


def _scaled(copula: Copula) -> Copula:
    """Leave every item some variation of its own, so that no conditional curve is a bare step.

    At most 0.0009 of the variance of a score is moved.
    """
    assert copula.unique is not None
    own = _own(copula)
    common = np.sqrt((1.0 - own**2) / np.maximum(1.0 - copula.unique**2, 1e-300))
    lifted = np.where(own > copula.unique, common, 1.0)
    return Copula(copula.loadings * lifted[:, None], own)


def _ends(supports: Floats, low: Floats, high: Floats) -> Floats:
    """Ranges to cover (items, 2): an item's own ends where they are not far beyond the cuts."""
    slack = 0.5 * (high - low)
    least, most = supports.T
    return np.stack(
        [np.where(least >= low - slack, least, low), np.where(most <= high + slack, most, high)],
        axis=1,
    )


def _atoms(item: Distribution, edges: Floats) -> list[tuple[int, float]]:
    """Bins that hold a point mass, and its place in steps from the bin's centre."""
    places: Sequence[float] = getattr(item, "atoms", ())
    if hasattr(item, "pmf"):  # a frozen discrete distribution of scipy
        low, high = float(item.ppf(1e-12)), float(item.ppf(1.0 - 1e-12))
        if high - low > 10_000:
            raise ValueError(f"item {item!r}: a discrete law may have at most 10,000 values")
        places = list(np.arange(low, high + 1.0))
    step = edges[1] - edges[0]
    found = []
    for place in places:
        if edges[0] < place <= edges[-1]:
            bin_ = int(np.searchsorted(edges, place, side="left")) - 1
            found.append((bin_, float((place - edges[bin_]) / step - 0.5)))
    return found


def _settle(mass: Floats, atoms: list[tuple[int, float]]) -> None:
    """Share the mass of a bin with an atom between two bin centres, which keeps its mean."""
    held = [mass[:, bin_].copy() for bin_, _ in atoms]
    for (bin_, offset), amount in zip(atoms, held, strict=True):
        neighbour = bin_ + (1 if offset > 0.0 else -1)
        if 0 <= neighbour < mass.shape[1]:
            mass[:, bin_] -= amount * abs(offset)
            mass[:, neighbour] += amount * abs(offset)


def _variance(mass: Floats, place: NDArray[np.floating[Any]]) -> float:
    mean = float(mass @ place)
    return float(mass @ (place - mean) ** 2)


def _moment(value: float, name: str, item: int) -> float:
    if not math.isfinite(value):
        raise ValueError(
            f"items[{item}] has a {name} of {value}: must be finite;"
            " use quantiles, or a truncated law"
        )
    return float(value)


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
) -> MonteCarlo:
    """Simulate the sum of ``items`` with pseudo-random draws.

    Totals are counted into bins as they come, so memory does not grow with ``draws``; a bin is
    about 2e-4 standard deviations wide. Standard errors are those of order statistics: half the
    distance between the quantiles at ``p`` plus and minus ``sqrt(p (1 - p) / draws)``.
    ``executor`` may be any ``concurrent.futures.Executor``; without one, ``workers`` threads are
    used. The result depends on neither.

    Raises ValueError for no items, fewer than 100 draws, a bad correlation (as :func:`s_curve`, but
    any copula will do), or probabilities too far out for the number of draws.
    """
    if len(items) == 0:
        raise ValueError("items: at least one is needed")
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
    tasks = [range(first, len(plan), 16) for first in range(min(16, len(plan)))]
    if executor is None:
        with ThreadPoolExecutor(max(1, workers)) as threads:
            jobs = [threads.submit(_count, plan, laws, edges, task) for task in tasks]
    else:
        jobs = [executor.submit(_count, plan, laws, edges, task) for task in tasks]
    counts, sums, squares = zip(*(job.result() for job in jobs), strict=True)
    levels = np.concatenate([[0.0], np.cumsum(np.sum(counts, axis=0)) / draws])
    excess = math.fsum(s for part in sums for s in part) / draws
    mean_square = math.fsum(s for part in squares for s in part) / draws
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


def _read(p: Floats, levels: Floats, edges: Floats, draws: int) -> Floats:
    inside = (p >= levels[1]) & (p <= levels[-2]) & (p >= 5.0 / draws) & (p <= 1.0 - 5.0 / draws)
    if not np.all(inside):
        raise ValueError(
            f"p = {np.atleast_1d(p)[~np.atleast_1d(inside)][0]:.6g}: too few of {draws} draws lie"
            " beyond this quantile; ask for a probability nearer to 0.5 or more draws"
        )
    return np.asarray(np.interp(p, levels[1:-1], edges))
