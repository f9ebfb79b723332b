"""Regression on smooth, ordered bases: what is expected of a result when some inputs are known.

Each input gets functions of its own, orthonormal over its draws and ordered from smooth to rough:
powers up to the cubic, then the modes of a cubic spline (Demmler and Reinsch 1975, Numer. Math.
24:375). Several inputs together get products of these. Generalised cross-validation decides how
many terms are kept. Draws are gathered in fine cells first, so that most of the work does not grow
with their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, eigh, solve_triangular

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
#: Cells of one input alone, and of each of two inputs together. Their width costs about its square.
CELLS, PAIR_CELLS = 256, 128
#: Spline knots per input, and terms in all for several inputs.
KNOTS, TERMS = 14, 110
_FINE = 1 << 13
#: Draws at a time.
_DRAWS = 1 << 14
_MIDDLES = np.arange(_FINE) + 0.5
#: Points at a time, so that all their terms stay in cache; points that leverage is worked out for.
_BLOCK, _JUDGED = 1 << 11, 1 << 12
#: Points up to which the terms are stored, and not worked out again at each use.
_STORED = PAIR_CELLS**2
#: Each term counts as this many in cross-validation, against fitting noise (as mgcv advises).
_PRICE = 1.4


@dataclass(frozen=True, eq=False)
class Axis:
    """One input: the cell of every draw, the value of every cell, and functions of the value.

    ``functions`` has shape (functions, cells). The first is 1; all are orthonormal over the draws.
    """

    cell: Ints
    counts: Floats
    values: Floats
    functions: Floats


def blocks(draws: int) -> Iterator[slice]:
    """Slices of the draws, few enough for a step of the work to stay in cache."""
    return (slice(start, start + _DRAWS) for start in range(0, draws, _DRAWS))


def axis(x: Floats, cells: int = CELLS) -> Axis:
    """Cells of about equal numbers of draws, and functions, of one input with draws ``x``."""
    cell, counts, values = _even_cells(x, cells)
    if counts.max() > len(x) / 64:  # a long tail, a spike, or few distinct values
        cell, counts, values = _sorted_cells(x, cells)
    return Axis(cell, counts, values, _functions(values, counts))


def _even_cells(x: Floats, cells: int) -> tuple[Ints, Floats, Floats]:
    """Cells of equal width, then merged where draws are few. No sorting, so fast."""
    low, high = float(x.min()), float(x.max())
    width = (high - low) / _FINE
    if not width > 0.0:
        return np.zeros(len(x), dtype=np.intp), np.array([float(len(x))]), np.array([low])
    fine = np.empty(len(x), dtype=np.intp)
    for rows in blocks(len(x)):
        place = x[rows] - low
        place *= (1.0 - 1e-12) / width
        fine[rows] = place
    counts = np.bincount(fine, minlength=_FINE)
    before = np.cumsum(counts) - counts
    target = (before * (cells / len(x))).astype(np.intp)
    starts = np.concatenate([[0], np.flatnonzero(target[1:] > target[:-1]) + 1])
    merged = np.add.reduceat(counts, starts).astype(np.float64)
    middle = np.add.reduceat(counts * _MIDDLES, starts) / merged
    group = np.repeat(np.arange(len(starts)), np.diff(starts, append=_FINE))
    for rows in blocks(len(x)):
        fine[rows] = group.take(fine[rows])
    return fine, merged, low + width * middle


def _sorted_cells(x: Floats, cells: int) -> tuple[Ints, Floats, Floats]:
    """Distinct values where they are few, else cells between quantiles; ties stay together."""
    ordered = np.sort(x)
    edges = ordered[np.r_[True, ordered[1:] != ordered[:-1]]]
    if len(edges) > cells:
        edges = np.unique(ordered[:: -(-len(ordered) // cells)])
    cell = np.searchsorted(edges, x, side="right") - 1
    counts = np.bincount(cell, minlength=len(edges)).astype(np.float64)
    return cell, counts, np.bincount(cell, x, len(edges)) / counts


def _functions(values: Floats, counts: Floats) -> Floats:
    """Functions (functions, cells) of the values, orthonormal over the draws, smooth ones first."""
    share = counts / counts.sum()
    x = values - share @ values
    x /= max(float(np.sqrt(share @ x**2)), 1e-300)
    columns = [np.ones_like(x), x, x**2, x * x * x]
    if len(x) > 4:
        # Knots at quantiles, denser towards both ends, where a curve has least to hold on to.
        steps = 0.5 - 0.5 * np.cos(np.pi * np.linspace(0.0, 1.0, min(KNOTS, len(x))))
        middle = np.cumsum(share) - 0.5 * share
        at = np.searchsorted(middle, middle[0] + steps * (middle[-1] - middle[0]) - 1e-12)
        spline, roughness = _cubic_spline(x, x[np.unique(at)])
        gram = (spline.T * share) @ spline
        gram += 1e-12 * np.eye(len(gram))
        _, sides = eigh(roughness, gram, check_finite=False)
        columns += [*(spline @ sides[:, 2:]).T]
    weight = np.sqrt(share)
    table = np.array(columns[: len(x)]) * weight
    sizes = np.sqrt(np.einsum("ij,ij->i", table, table))
    table = table[sizes > 0.0] / sizes[sizes > 0.0, None]
    basis, triangle = np.linalg.qr(table.T)
    new = np.abs(np.diag(triangle)) > 1e-3  # others say almost nothing that is not said already
    functions = np.ascontiguousarray(basis.T[new] / weight)
    functions[0] = 1.0
    return functions


def _cubic_spline(x: Floats, knots: Floats) -> tuple[Floats, Floats]:
    """Natural cubic spline by its values at the knots: basis (points, knots), roughness matrix.

    The roughness of coefficients c is ``c @ matrix @ c``, the integral of the squared second
    derivative (Green and Silverman 1994, Nonparametric Regression and Generalized Linear Models).
    """
    size = len(knots)
    h = np.diff(knots)
    inner = np.arange(size - 2)
    jump = np.zeros((size - 2, size))
    jump[inner, inner] = 1.0 / h[:-1]
    jump[inner, inner + 1] = -1.0 / h[:-1] - 1.0 / h[1:]
    jump[inner, inner + 2] = 1.0 / h[1:]
    band = np.diag((h[:-1] + h[1:]) / 3.0)
    band[inner[:-1], inner[1:]] = band[inner[1:], inner[:-1]] = h[1:-1] / 6.0
    second = np.zeros((size, size))  # second derivatives at the knots, zero at both ends
    second[1:-1] = np.linalg.solve(band, jump)

    # Between knots: the straight line through both values, bent by the second derivatives.
    piece = np.minimum(knots[1:-1].searchsorted(x, side="right"), size - 2)
    step = h[piece]
    right = (x - knots[piece]) / step
    left = 1.0 - right
    bend = step * step / 6.0
    rows = np.arange(len(x))
    line, bent = np.zeros((2, len(x), size))
    line[rows, piece], line[rows, piece + 1] = left, right
    bent[rows, piece] = (left * left * left - left) * bend
    bent[rows, piece + 1] = (right * right * right - right) * bend
    basis = line + bent @ second
    return basis, jump.T @ second[1:-1]


@dataclass(frozen=True, eq=False)
class Basis:
    """Orthonormal terms over the points where draws are, from smooth to rough.

    Attributes
    ----------
    weights : (points,), share of the draws; their sum is 1.
    point : (draws,), the point that each draw belongs to, or None when the points are the draws.
    ends : where each level of terms ends; a fit keeps whole levels.
    turn : matrix (terms, products) that makes the products orthonormal.
    stored : the products at all points, where they are few enough to keep.
    """

    axes: Sequence[Axis]
    cells: Sequence[Ints]
    weights: Floats
    point: Ints | None
    numbers: Sequence[tuple[int, ...]]
    ends: Ints
    turn: Floats
    stored: Floats | None = None

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.axes[0].cell)

    def products(self, points: slice | Ints) -> Floats:
        """Products of the functions at some points, shape (products, some)."""
        if self.stored is not None:
            return self.stored[:, points]
        return _products(self.axes, [c[points] for c in self.cells], self.numbers)

    def means(self, results: Floats) -> Floats:
        """Mean at every point of results (results, draws); shape (results, points)."""
        if self.point is None:
            return results
        size = len(self.weights)
        sums = np.array([np.bincount(self.point, y, size) for y in results])
        return np.asarray(sums / (self.draws * self.weights))

    def coefficients(self, means: Floats) -> Floats:
        """Coefficients (terms, results) of means (results, points)."""
        weighted = means * self.weights
        out = np.zeros((len(self.turn), len(means)))
        for rows in self.blocks():
            out += self.products(rows) @ weighted[:, rows].T
        return np.asarray(self.turn @ out)

    def values(self, coefficients: Floats) -> Floats:
        """Values (results, points) that belong to the coefficients."""
        turned = coefficients.T @ self.turn
        out = np.empty((len(turned), len(self.weights)))
        for rows in self.blocks():
            out[:, rows] = turned @ self.products(rows)
        return out

    def blocks(self) -> Iterator[slice]:
        """Slices of the points, one after the other."""
        size = _BLOCK if self.stored is None else _STORED
        total = len(self.weights)
        return (slice(start, min(start + size, total)) for start in range(0, total, size))


def basis(axes: Sequence[Axis]) -> Basis:
    """Terms for one input, or for several jointly."""
    draws = len(axes[0].cell)
    most = min(TERMS, max(draws // 8, 2))
    cells, point, weights = _points(axes, draws)
    if len(axes) == 1:  # its functions are orthonormal already
        stored = axes[0].functions[:most]
        numbers: list[tuple[int, ...]] = [(k,) for k in range(len(stored))]
        ends = np.arange(1, len(stored) + 1)
        return Basis(axes, cells, weights, point, numbers, ends, np.eye(len(stored)), stored)
    numbers, ends = _numbers(tuple(len(a.functions) for a in axes), most)
    same = np.eye(len(numbers))
    raw = Basis(axes, cells, weights, point, numbers, ends, same)
    if len(weights) <= _STORED:
        raw = replace(raw, stored=raw.products(slice(None)))
    gram = np.zeros_like(same)
    for rows in raw.blocks():
        block = raw.products(rows)
        gram += (block * weights[rows]) @ block.T
    # The triangular factor turns products into orthonormal terms of the same order. A small ridge
    # lets inputs through that determine each other.
    root = cholesky(gram + 1e-10 * same, lower=True)
    return replace(raw, turn=solve_triangular(root, same, lower=True))


def _points(axes: Sequence[Axis], draws: int) -> tuple[list[Ints], Ints | None, Floats]:
    """Cell of every point on every axis, point of every draw, and weight of every point."""
    if len(axes) == 1:
        counts = axes[0].counts
        return [np.arange(len(counts))], axes[0].cell, counts / draws
    shape = tuple(len(a.counts) for a in axes)
    if np.prod(shape, dtype=np.float64) > min(draws, PAIR_CELLS**2):
        return [a.cell for a in axes], None, np.full(draws, 1.0 / draws)
    place = np.ravel_multi_index(tuple(a.cell for a in axes), shape)
    counts = np.bincount(place, minlength=int(np.prod(shape))).astype(np.float64)
    filled = np.flatnonzero(counts)
    point = (np.cumsum(counts > 0.0) - 1)[place]
    return list(np.unravel_index(filled, shape)), point, counts[filled] / draws


@dataclass(frozen=True, eq=False)
class Fit:
    """Fitted values (results, points) of several results, and how many terms each has."""

    basis: Basis
    values: Floats
    kept: Ints

    def smoothed(self, marks: Floats) -> Floats:
        """Project marks (results, points), each on the terms that its result has."""
        return _truncated(self.basis, self.basis.coefficients(marks), self.kept)

    def judged(self) -> tuple[Ints, Floats]:
        """Some of the points, and there the variance of the fitted values.

        The variance (results, judged) is in units of the variance of one draw about the fit.
        """
        points = len(self.basis.weights)
        some = np.arange(0, points, -(-points // _JUDGED) | 1)
        terms = self.basis.turn @ self.basis.products(some)
        np.square(terms, out=terms)
        heights = [terms[:kept].sum(axis=0) for kept in self.kept]
        return some, np.array(heights) / self.basis.draws


def fit(terms: Basis, results: Floats, squares: Floats) -> Fit:
    """Regression of results (results, draws), whose mean squares are ``squares`` (results,)."""
    coefficients = terms.coefficients(terms.means(results))
    kept = _kept(coefficients, squares, terms.ends, terms.draws)
    return Fit(terms, _truncated(terms, coefficients, kept), kept)


def _truncated(terms: Basis, coefficients: Floats, kept: Ints) -> Floats:
    return terms.values(coefficients * (np.arange(len(coefficients))[:, None] < kept))


def _kept(coefficients: Floats, squares: Floats, ends: Ints, draws: int) -> Ints:
    """Terms to keep for each result: the level with the least cross-validation score."""
    left = squares - np.cumsum(coefficients**2, axis=0)[ends - 1]
    usable = _PRICE * ends < 0.5 * draws
    score = np.maximum(left, 0.0) / np.square(1.0 - _PRICE * ends / draws)[:, None]
    return np.asarray(ends[np.argmin(score[usable], axis=0)])


@lru_cache(maxsize=64)
def _numbers(sizes: tuple[int, ...], most: int) -> tuple[list[tuple[int, ...]], Ints]:
    """Products to use, as one function number per input, and where each level of them ends.

    The cost of a product is the 3/4-norm of its function numbers, so that rough functions meet
    smooth ones only (Blatman and Sudret 2011, J. Comput. Phys. 230:2345). A level holds all
    products of one cost.
    """

    def below(limit: float, place: int = 0) -> Iterator[tuple[int, ...]]:
        if place == len(sizes):
            yield ()
            return
        for k in range(sizes[place]):
            rest = limit - k**0.75
            if rest < -1e-9:
                return
            for tail in below(rest, place + 1):
                yield (k, *tail)

    found: list[tuple[float, tuple[int, ...]]] = [(0.0, (0,) * len(sizes))]
    for degree in range(1, max(sizes)):
        wider = [(sum(k**0.75 for k in term), term) for term in below(degree**0.75)]
        if len(wider) > most and degree > 1:
            break
        found = sorted(wider)
    costs = np.array([cost for cost, _ in found])
    ends = np.flatnonzero(np.diff(costs, append=np.inf) > 1e-9) + 1
    return [term for _, term in found], ends


def _products(
    axes: Sequence[Axis], cells: Sequence[Ints], numbers: Sequence[tuple[int, ...]]
) -> Floats:
    """Values of the products (products, points) at points with the given cells."""
    columns = [a.functions.take(c, axis=1) for a, c in zip(axes, cells, strict=True)]
    out = np.empty((len(numbers), len(cells[0])))
    for row, of in zip(out, numbers, strict=True):
        row[:] = columns[0][of[0]]
        for column, k in zip(columns[1:], of[1:], strict=True):
            if k:
                row *= column[k]
    return out
