"""The convolution behind an S-curve: a common grid, conditional transforms, quadrature nodes."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.special import ndtr, ndtri, roots_hermitenorm

from analysis.methods.distributions import Distribution
from analysis.methods.sampling import Copula

Floats = NDArray[np.float64]

_TAILS = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4)
_MOST_BINS = 1 << 17
_FINEST = 40.0  # steps per standard deviation of the sum, at least
_STRETCHED = 4.0  # times the bins asked for: from here on, tails are heavy
_NARROW = 8.0  # steps; items narrower than this
_FINE = 96  # get as many bins of their own
_OWN_FLOOR = 0.03
_MOST_NODES = 4096


class Grid:
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
        cuts = len(_TAILS)
        far, below, median, above = quantiles[:, cuts : cuts + 4].T
        spread = 0.5 * (above - below)
        for k in np.flatnonzero(spread == 0.0):  # a rare risk moves only the tail
            spread[k] = moment(items[int(k)].std(), "standard deviation", int(k))
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
        self.items, self.ends = items, ends
        self.tails = np.where((ends == supports).all(axis=1), 0.0, _TAILS[cut])
        self.tail = float(self.tails.sum())
        self.stretched = width > _STRETCHED * bins * finest
        self._lay(ends, self.tails, width / max(bins, min(width / finest, _MOST_BINS)))

    def below(self, reach: float, bins: int) -> Grid:
        """Finer grid, for totals up to ``reach`` above the lowest one.

        An item is cut at that height. The mass beyond lies in its last bin and cannot be part of
        such a total, so that nothing is lost below.
        """
        low, high = self.ends.T
        cut = np.minimum(high, low + reach)
        tails = np.where(cut < high, 1.0, self.tails)
        fine = copy.copy(self)
        fine._lay(np.stack([low, cut], axis=1), tails, float((cut - low).sum()) / bins)
        return fine

    def _lay(self, ends: Floats, tails: Floats, step: float) -> None:
        """Lay bins of width ``step`` over the ranges of the items, beyond which ``tails`` lie."""
        items, self.step = self.items, step
        self.lows = ends[:, 0]
        widths = ends[:, 1] - ends[:, 0]
        self.narrow = widths < _NARROW * self.step
        self.steps = np.where(self.narrow, widths / _FINE, self.step)
        self.scores: list[Floats] = []
        self.atoms: list[list[tuple[int, float]]] = []
        self._masses: list[Floats] = []
        self.length = 1
        for item, low, width, step in zip(items, self.lows, widths, self.steps, strict=True):
            # One bin more than needed, so that an atom at the end can be shared with a neighbour.
            bins_ = math.ceil(width / step + 0.5) + 1 if width > 0.0 else 1
            edges = low + step * (np.arange(bins_ + 1) - 0.5)
            levels = np.array(item.cdf(edges), dtype=np.float64)
            levels[0], levels[-1] = 0.0, 1.0  # the end bins take the tails
            self.scores.append(ndtri(levels))
            self.atoms.append(_atoms(item, edges))
            mass = np.diff(levels)[None, :]
            _settle(mass, self.atoms[-1])
            self._masses.append(mass[0])
            self.length += math.ceil(width / self.step + 0.5) + 1
        # Room for the mass that a narrow item, as three cumulants, puts below its low end.
        room = 16 if self.stretched else 0
        self.transform = int(fft.next_fast_len(self.length + room, real=True))
        self.wave = 2.0 * np.pi / (self.transform * self.step) * np.arange(self.transform // 2 + 1)
        # The lowest sum of bin centres is the sum of the lowest ends; edges lie half a step off.
        self.origin = float(self.lows.sum()) - 0.5 * self.step
        self.rounding = 0.0
        for i, item in enumerate(items):
            self._match(i, item, float(tails[i]), float(widths[i]))

    def _match(self, i: int, item: Distribution, tail: float, width: float) -> None:
        """Note how far an item's mean and variance on the grid are from its own.

        Half-filled end bins and rounding to bin centres shift both by about ``step**2``. The mean
        is put right through the origin; ``rounding`` collects the surplus variance. Where the cut
        tail carries weight, the item's own moments are no guide. Such a density vanishes at its
        ends, so that its mean is right and Sheppard's rule holds for its variance.
        """
        mass, place = self._masses[i], self._place(i)
        if tail * width < 1e-3 * self.step:
            self.origin += float(item.mean()) - self.lows[i] - float((mass * place).sum())
        if tail * width**2 < 1e-2 * self.step**2:
            self.rounding += variance(mass, place) - float(item.std()) ** 2
        elif not self.narrow[i]:
            self.rounding += self.step**2 / 12.0

    def _place(self, i: int) -> Floats:
        return np.asarray(self.steps[i] * np.arange(len(self._masses[i])), dtype=np.float64)

    def transformed(self, item: int, shift: Floats, own: float) -> NDArray[np.complex128]:
        """Fourier transform of an item (rows, frequencies), given its common part (rows,).

        An item narrower than a few steps of the common grid keeps its own finer bins and enters by
        its first three cumulants: the rest of its shape is finer than the total can show.
        """
        mass = np.diff(ndtr((self.scores[item] - shift[:, None]) * (1.0 / own)), axis=1)
        _settle(mass, self.atoms[item])
        if not self.narrow[item]:
            return np.asarray(fft.rfft(mass, n=self.transform, axis=1))
        place = self._place(item)
        mean = (mass * place).sum(axis=1)
        off = place - mean[:, None]
        second = (mass * off**2).sum(axis=1)[:, None]
        third = (mass * off**3).sum(axis=1)[:, None]
        t = self.wave
        if self.stretched:
            # A shift by part of a step makes a curve that is steep for the grid swing. Sharing it
            # between two steps does not, and keeps the mean.
            whole, part = np.divmod(mean[:, None] / self.step, 1.0)
            second = np.maximum(second - part * (1.0 - part) * self.step**2, 0.0)
            moved = np.exp(-1j * whole * self.step * t)
            moved *= 1.0 - part + part * np.exp(-1j * self.step * t)
            return np.asarray(moved * np.exp(-0.5 * second * t**2))
        return np.asarray(
            np.exp(-0.5 * second * t**2 - 1j * (mean[:, None] * t - third * t**3 / 6.0))
        )

    def own_variance(self) -> float:
        """Sum of the items' variances as the grid has them."""
        return math.fsum(variance(m, self._place(i)) for i, m in enumerate(self._masses))


def spectrum_of(
    grid: Grid, copula: Copula, members: list[int], factors: list[int], shift: Floats
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
                out *= grid.transformed(i, shift[:, i], float(copula.unique[i]))
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
                inner = spectrum_of(grid, copula, group, rest, moved)
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


def own_parts(copula: Copula) -> Floats:
    """Weight of each score's own part, with a floor."""
    assert copula.unique is not None
    return np.maximum(copula.unique, _OWN_FLOOR)


def with_own_parts(copula: Copula) -> Copula:
    """Leave every item some variation of its own, so that no conditional curve is a bare step.

    At most 0.0009 of the variance of a score is moved.
    """
    assert copula.unique is not None
    own = own_parts(copula)
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
    found: dict[int, list[float]] = {}
    for place in places:
        if edges[0] < place <= edges[-1]:
            bin_ = int(np.searchsorted(edges, place, side="left")) - 1
            weight = float(item.cdf(place)) - float(item.cdf(np.nextafter(place, -np.inf)))
            sums = found.setdefault(bin_, [0.0, 0.0])
            sums[0] += weight
            sums[1] += weight * float((place - edges[bin_]) / step - 0.5)
    return [(bin_, offset / weight) for bin_, (weight, offset) in found.items() if weight > 0.0]


def _settle(mass: Floats, atoms: list[tuple[int, float]]) -> None:
    """Share the mass of a bin with an atom between two bin centres, which keeps its mean."""
    held = [mass[:, bin_].copy() for bin_, _ in atoms]
    for (bin_, offset), amount in zip(atoms, held, strict=True):
        neighbour = bin_ + (1 if offset > 0.0 else -1)
        if 0 <= neighbour < mass.shape[1]:
            mass[:, bin_] -= amount * abs(offset)
            mass[:, neighbour] += amount * abs(offset)


def variance(mass: Floats, place: NDArray[np.floating[Any]]) -> float:
    """Variance of masses at the given places."""
    mean = float((mass * place).sum())
    return float((mass * (place - mean) ** 2).sum())


def moment(value: float, name: str, item: int) -> float:
    """``value`` as a float, or ValueError where it is not finite."""
    if not math.isfinite(value):
        raise ValueError(
            f"items[{item}] has a {name} of {value}: must be finite;"
            " use quantiles, or a truncated law"
        )
    return float(value)
