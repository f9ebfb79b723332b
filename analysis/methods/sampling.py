"""Correlated draws: Gaussian copulas, scrambled Sobol or pseudo-random points, in bounded blocks.

A plan is a value. Any of its blocks can be made on its own, in any process, and is the same
wherever it is made; so results do not depend on the executor. Standard errors of quantiles come
from independent replicates, never from a bootstrap over quasi-random points, which has no theory
behind it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from analysis.methods.distributions import Distribution, Marginal

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Method = Literal["sobol", "random"]
#: Rows of a block: a power of two, small enough to stay in the processor's cache.
BLOCK = 1 << 14
_SOBOL_BITS = 30


@dataclass(frozen=True, eq=False)
class Copula:
    """Gaussian copula of ``size`` variables: scores are ``common @ loadings.T + own * unique``.

    ``loadings`` has shape (size, factors). ``unique`` (size,) is the weight of each variable's own
    part, so that every score has variance 1; it is None when the factors are a full square root of
    the correlation matrix and nothing is left over.
    """

    loadings: Floats
    unique: Floats | None

    @property
    def size(self) -> int:
        """Number of variables."""
        return int(self.loadings.shape[0])

    @property
    def dimension(self) -> int:
        """Independent normals needed for one draw."""
        return int(self.loadings.shape[1]) + (0 if self.unique is None else self.size)

    @property
    def matrix(self) -> Floats:
        """Correlation matrix of the scores, shape (size, size)."""
        out = self.loadings @ self.loadings.T
        if self.unique is not None:
            out[np.diag_indices(self.size)] += self.unique**2
        return out

    def _correlate(self, normals: Floats) -> Floats:
        """Scores (rows, size) from independent normals (dimension, rows), which are used up."""
        factors = self.loadings.shape[1]
        if self.unique is None:
            return (self.loadings @ normals).T
        common, own = normals[:factors], normals[factors:]
        shared, last = np.zeros(0), None
        for weight, loadings, score in zip(self.unique, self.loadings, own, strict=True):
            if weight != 1.0:
                score *= weight
            if not loadings.any():
                continue
            if last is None or not np.array_equal(loadings, last):  # often the same for all
                shared, last = np.einsum("k,kn->n", loadings, common), loadings
            score += shared
        return own.T


def independent(size: int) -> Copula:
    """Copula of ``size`` variables that have nothing in common."""
    return factor_copula(np.zeros((_size(size), 0)))


def one_factor(size: int, rho: float) -> Copula:
    """Give every pair of ``size`` variables the score correlation ``rho`` in [0, 1]: one factor."""
    if not 0.0 <= rho <= 1.0:
        raise ValueError(f"rho = {rho}: must be in [0, 1] for one common factor")
    return factor_copula(np.full((_size(size), 1 if rho > 0.0 else 0), math.sqrt(rho)))


def factor_copula(loadings: ArrayLike) -> Copula:
    """Copula of several common factors, from loadings of shape (size, factors).

    The squared loadings of a variable are the share of its variance that the factors explain, so
    each row must have a sum of squares of at most 1. Raises ValueError naming the row that breaks
    this rule.
    """
    a = np.array(loadings, dtype=np.float64)
    if a.ndim != 2 or a.shape[0] < 1:
        raise ValueError(f"loadings have shape {a.shape}: must be (variables, factors)")
    if not np.isfinite(a).all():
        raise ValueError("loadings hold NaN or infinity: must be finite numbers")
    explained = (a * a).sum(axis=1)
    if (explained > 1.0 + 1e-12).any():
        row = int(np.argmax(explained))
        raise ValueError(
            f"loadings[{row}] have a sum of squares of {explained[row]:.6g}: must be at most 1"
        )
    return Copula(a, np.sqrt(np.maximum(1.0 - explained, 0.0)))


def matrix_copula(matrix: ArrayLike) -> Copula:
    """Copula with the given correlation matrix of the scores, shape (size, size).

    Raises ValueError when it is not square, symmetric, with ones on the diagonal and positive
    semi-definite; the message names the entry or the eigenvalue. Nothing is repaired in silence:
    a repaired matrix is a different assumption.
    """
    r = np.array(matrix, dtype=np.float64)
    if r.ndim != 2 or r.shape[0] != r.shape[1] or r.shape[0] < 1:
        raise ValueError(f"correlation has shape {r.shape}: must be square")
    if not np.isfinite(r).all():
        raise ValueError("correlation holds NaN or infinity: must be finite numbers")
    for rule, broken in (
        ("must be symmetric", np.abs(r - r.T) > 1e-12),
        ("must be in [-1, 1]", np.abs(r) > 1.0 + 1e-12),
        ("must be 1 on the diagonal", (np.abs(r - 1.0) > 1e-12) & np.eye(len(r), dtype=bool)),
    ):
        if broken.any():
            i, j = (int(k) for k in np.argwhere(broken)[0])
            raise ValueError(f"correlation[{i}, {j}] = {r[i, j]:.6g}: {rule}")
    values, vectors = np.linalg.eigh(r)
    if values[0] < -1e-10 * len(r):
        raise ValueError(
            f"correlation matrix has smallest eigenvalue {values[0]:.6g}:"
            " must be positive semi-definite (no eigenvalue below 0);"
            " the pairwise correlations contradict each other"
        )
    if values[0] > 1e-10:
        return Copula(np.linalg.cholesky(r).astype(np.float64), None)
    root: Floats = vectors * np.sqrt(np.maximum(values, 0.0))
    return Copula(root[:, ::-1].copy(), None)  # strongest direction first, where Sobol is best


@dataclass(frozen=True, eq=False)
class Plan:
    """Draws to be made: which copula, how many, which points, which seed.

    Attributes
    ----------
    draws : rows in all; for ``sobol`` a power of two, since only then are the points balanced.
    seed : any integer >= 0 (or several). The same plan gives the same numbers on every machine.
    method : ``sobol`` (scrambled, Owen 1998) or ``random`` (SFC64).
    block : rows per block, a power of two.
    """

    copula: Copula
    draws: int
    seed: int | Sequence[int] = 1
    method: Method = "sobol"
    block: int = BLOCK

    def __post_init__(self) -> None:
        if self.method not in ("sobol", "random"):
            raise ValueError(f"method = {self.method!r}: must be 'sobol' or 'random'")
        if self.draws < 1:
            raise ValueError(f"draws = {self.draws}: must be at least 1")
        if self.block < 1 or self.block & (self.block - 1):
            raise ValueError(f"block = {self.block}: must be a power of two")
        if self.method == "sobol" and (
            self.draws & (self.draws - 1) or self.draws > 1 << _SOBOL_BITS
        ):
            near = 1 << min(max(round(math.log2(self.draws)), 0), _SOBOL_BITS)
            raise ValueError(
                f"draws = {self.draws}: must be a power of two for Sobol points, such as {near}"
            )
        np.random.SeedSequence(self.seed)  # raises on a seed it cannot use

    def __len__(self) -> int:
        """Number of blocks."""
        return -(-self.draws // self.block)

    def rows(self, index: int) -> int:
        """Rows of block ``index``."""
        if not 0 <= index < len(self):
            raise IndexError(f"block {index}: must be in 0..{len(self) - 1}")
        return min(self.block, self.draws - index * self.block)

    def scores(self, index: int) -> Floats:
        """Block ``index`` of correlated normal scores, shape (rows, size), columns contiguous."""
        return next(self.blocks([index]))

    def __iter__(self) -> Iterator[Floats]:
        """All blocks in order."""
        return self.blocks(range(len(self)))

    def blocks(self, indices: Iterable[int]) -> Iterator[Floats]:
        """Blocks with the given, ascending indices; the same numbers as one :meth:`scores` each."""
        return self._random(indices) if self.method == "random" else self._sobol(indices)

    def replicates(self, count: int) -> list[Plan]:
        """``count`` independent plans like this one: other scrambles, or other streams."""
        if count < 2:
            raise ValueError(f"replicates = {count}: must be at least 2 for a standard error")
        own = [self.seed] if isinstance(self.seed, int) else list(self.seed)
        return [
            Plan(self.copula, self.draws, [*own, 1 + r], self.method, self.block)
            for r in range(count)
        ]

    def _random(self, indices: Iterable[int]) -> Iterator[Floats]:
        pairs = -(-self.copula.dimension // 2)
        work = np.empty(3 * pairs * min(self.block, self.draws), dtype=np.float32)
        for index in indices:
            # One child stream per block, as SeedSequence.spawn makes, but each reachable alone.
            child = np.random.SeedSequence(self.seed, spawn_key=(index,))
            stream = np.random.Generator(np.random.SFC64(child))
            normals = _normals(stream, pairs, self.rows(index), work)
            yield self.copula._correlate(normals[: self.copula.dimension])

    def _sobol(self, indices: Iterable[int]) -> Iterator[Floats]:
        from scipy.stats import qmc  # slow to import, and not needed for pseudo-random draws

        stream = np.random.Generator(np.random.PCG64(self.seed))
        engine = qmc.Sobol(self.copula.dimension, scramble=True, bits=_SOBOL_BITS, rng=stream)
        for index in indices:
            rows = self.rows(index)
            if ahead := index * self.block - engine.num_generated:
                engine.fast_forward(ahead)
            u = np.ascontiguousarray(engine.random(rows).T)
            # Half a lattice step up: scrambled points may be exactly 0, whose score is infinite.
            u += 0.5 ** (_SOBOL_BITS + 1)
            yield self.copula._correlate(ndtri(u, out=u))


def _normals(stream: np.random.Generator, pairs: int, rows: int, work: Singles) -> Floats:
    """Independent standard normals, shape (2 * pairs, rows), by the Box–Muller transform.

    Single-precision logarithms and sines run in the vector unit, which makes this two to three
    times faster than numpy's ziggurat. The radius has 32 random bits, so scores stay below 6.77;
    the mass beyond is 1e-11. ``work`` (3 * pairs * rows) is used again from block to block.
    """
    n = pairs * rows
    bits = stream.integers(0, 2**64, size=n, dtype=np.uint64).astype("<u8", copy=False)
    np.copyto(work[: 2 * n], bits.view("<u4"), casting="same_kind")
    radius, angle, cosine = work[:n], work[n : 2 * n], work[2 * n : 3 * n]
    radius += np.float32(0.5)
    radius *= np.float32(0.5**32)
    np.log(radius, out=radius)
    radius *= np.float32(-2.0)
    np.sqrt(radius, out=radius)
    angle *= np.float32(2.0 * math.pi * 0.5**32)
    out = np.empty((2, n))
    np.multiply(radius, np.cos(angle, out=cosine), out=out[0])
    np.multiply(radius, np.sin(angle, out=angle), out=out[1])
    return out.reshape(2 * pairs, rows)


#: A law, or anything that maps normal scores when called, such as a quantile table.
Quantity = Distribution | Callable[[Floats], Floats]


def sample(marginals: Sequence[Quantity], plan: Plan) -> Iterator[Floats]:
    """Blocks of draws of the quantities themselves, shape (rows, size).

    ``marginals`` may be the laws of :mod:`analysis.methods.distributions`, frozen ``scipy.stats``
    laws, or functions of the normal score, such as quantile tables.
    """
    if len(marginals) != plan.copula.size:
        raise ValueError(
            f"{len(marginals)} marginals for a copula of {plan.copula.size} variables: must agree"
        )
    for scores in plan:
        yield to_marginals(marginals, scores)


def to_marginals(marginals: Sequence[Quantity], scores: Floats) -> Floats:
    """Turn normal scores (rows, size) into the quantities, column by column."""
    out = np.empty_like(scores)
    for j, law in enumerate(marginals):
        column = scores[:, j]
        if isinstance(law, Marginal):
            out[:, j] = law.from_normal(column)
        elif (ppf := getattr(law, "ppf", None)) is not None:
            out[:, j] = ppf(ndtr(column))
        else:
            out[:, j] = cast(Callable[[Floats], Floats], law)(column)
    return out


@dataclass(frozen=True, eq=False)
class Summary:
    """Quantiles and mean of an outcome, each with a standard error from the replicates.

    ``quantiles`` and ``quantile_errors`` have the shape (probabilities, outcomes); ``mean`` and
    ``mean_error`` (outcomes,).
    """

    probabilities: Floats
    quantiles: Floats
    quantile_errors: Floats
    mean: Floats
    mean_error: Floats
    draws: int
    replicates: int


def summarise(outcomes: Sequence[Floats], probabilities: Sequence[float]) -> Summary:
    """Combine replicates of an outcome, arrays (draws,) or (draws, outcomes), one per replicate.

    The estimate is the mean over replicates, its standard error their standard deviation divided by
    the root of their number. Valid for scrambled Sobol and for pseudo-random points alike.
    Raises ValueError for fewer than two replicates, none or unequal draws, NaN, or a probability
    outside (0, 1).
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 1 or not np.all((p > 0.0) & (p < 1.0)):
        raise ValueError(f"probabilities = {probabilities}: must each be in (0, 1)")
    if len(outcomes) < 2:
        raise ValueError(f"replicates = {len(outcomes)}: must be at least 2 for a standard error")
    shaped = [np.asarray(y, dtype=np.float64).reshape(len(y), -1) for y in outcomes]
    if len({y.shape for y in shaped}) != 1 or shaped[0].size == 0:
        raise ValueError("replicates must have the same shape and at least one draw")
    if any(np.isnan(y).any() for y in shaped):
        raise ValueError("outcomes hold NaN: the evaluated function must return numbers")
    quantiles = np.array([np.quantile(y, p, axis=0) for y in shaped])
    means = np.array([y.mean(axis=0) for y in shaped])
    root = math.sqrt(len(shaped))
    return Summary(
        p,
        quantiles.mean(axis=0),
        quantiles.std(axis=0, ddof=1) / root,
        means.mean(axis=0),
        means.std(axis=0, ddof=1) / root,
        len(shaped[0]),
        len(shaped),
    )


def replicated(
    evaluate: Callable[[Floats], Floats],
    plan: Plan,
    replicates: int = 8,
    probabilities: Sequence[float] = (0.1, 0.5, 0.85, 0.9),
) -> Summary:
    """Evaluate a function of scores (rows, size) on independent copies of ``plan``."""
    outcomes = [
        np.concatenate([np.asarray(evaluate(scores), dtype=np.float64) for scores in copy])
        for copy in plan.replicates(replicates)
    ]
    return summarise(outcomes, probabilities)


def _size(size: int) -> int:
    if size < 1:
        raise ValueError(f"size = {size}: must be at least 1")
    return size
