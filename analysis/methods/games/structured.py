"""Shapley-type values of cost games made of pieces, exact for hundreds of players.

A piece that depends on the total number of users is written as a mixture of exponentials,
    g(U) = sum_k c_k (1 - r_k^U),
with real r_k (volume discount, from the Bernstein form of a power) or complex ones (tariff, from
the discrete Fourier transform). The product game 1 - prod r^(u_j) factorises over players, so
Owen's integral over arrival times needs one product per node instead of 2^n coalitions:
    phi_i = (1 - r^(u_i)) x integral of prod_{j != i} (1 - p_j(t) (1 - r^(u_j))) dF_i(t),
where p_j(t) is the chance that j has arrived by t.

Sources: G. Owen, Multilinear extensions of games (1972), and Values of games with a priori
unions (1977); Littlechild and Owen (1973) for requirement levels; Kalai and Samet (1987) for
weights; Aumann and Shapley (1974), and Mirman, Samet and Tauman (1983), for prices.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, log, sqrt
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gamma, roots_jacobi, roots_legendre

from analysis.methods.games.coalitions import GameError, Vector, check_numbers, check_unions
from analysis.methods.games.pieces import (
    Additive,
    CostGame,
    Fixed,
    Highest,
    Table,
    Tariff,
    VolumeDiscount,
)

Nodes = tuple[Vector, Vector]  # points and weights of a quadrature rule
Gaps = NDArray[Any]  # 1 - r_k^(u_j): real or complex, one row per player type, one column per k
Counts = NDArray[np.int64]  # players of each type

EFFICIENCY = 1e-9
NEGLIGIBLE = 36.0  # exp(-36) is below the rounding of 1
CHUNK = 256  # columns at a time, so that a table of gaps stays in the cache


def shapley(game: CostGame) -> Vector:
    """Shapley value of each player; shape (n,), unit of the costs.

    Exact to rounding. Work: player types x nodes x exponentials. A volume discount needs about
    100 exponentials (milliseconds for hundreds of players), a price list half as many as there
    are users (seconds). Raises ArithmeticError if the shares miss the total by more than 1e-9.
    """
    return _value(game, _Uniform(game.n))


def weighted_shapley(game: CostGame, weights: ArrayLike) -> Vector:
    """Weighted Shapley value; shape (n,), unit of the costs. `weights` are positive.

    A cost that a group causes as soon as one of them joins is shared in the group by weight: the
    cost convention of `values.weighted_shapley`. Raises GameError for a bad weight. With a price
    list and hundreds of players this takes a minute.
    """
    w = check_numbers("weights", weights, game.n, above=0.0)
    return _value(game, _Clocks(w / w.sum()))


def owen(game: CostGame, unions: Iterable[Iterable[int]]) -> Vector:
    """Owen value for players in unions (lists that partition 0..n-1); shape (n,).

    A fixed cost falls equally on the unions that cause it, then equally inside each. Raises
    GameError if the unions do not partition the players.
    """
    return _value(game, _Unions(check_unions(unions, game.n), game.n))


def aumann_shapley(game: CostGame, users: ArrayLike) -> Vector:
    """Cost shares at Aumann-Shapley prices; shape (n,), unit of the costs.

    Every user is a small player of its own, so the share of a player is a price per user times
    its users, and does not change when a player splits. A volume price becomes its average; what
    a group causes is shared in the group by users; a player's own cost stays its own. Divide by
    `users` (positive, shape (n,)) for the price per user of each player.
    """
    people = check_numbers("users", users, game.n, above=0.0)
    phi = np.zeros(game.n)
    for piece in game.pieces:
        if isinstance(piece, VolumeDiscount | Tariff):
            volume = float(piece.users.sum())
            if volume > 0:
                phi += piece.costs(np.ones((1, game.n), dtype=bool)) / volume * piece.users
        else:
            phi += _plain_piece(piece, game.n, _Clocks(people))
    return _checked(game, phi)


class _Scheme(Protocol):
    """How players arrive: decides the share in a group cost and the odds in a product game."""

    labels: Vector  # players of equal label and equal users get the same

    def shares(self, group: Table) -> Vector:
        """Shares of the members of a group in a cost that any one of them causes."""

    def without_each(self, gap: Gaps, labels: Vector, counts: Counts) -> Gaps:
        """Expected product of (1 - gap_j) over those who come before a player of each type."""


def _value(game: CostGame, scheme: _Scheme) -> Vector:
    """Value of the game as the sum of the values of its pieces."""
    phi = np.zeros(game.n)
    for piece in game.pieces:
        if isinstance(piece, VolumeDiscount):
            phi += _discount(piece, scheme)
        elif isinstance(piece, Tariff):
            phi += _tariff(piece, scheme)
        else:
            phi += _plain_piece(piece, game.n, scheme)
    return _checked(game, phi)


def _plain_piece(piece: object, n: int, scheme: _Scheme) -> Vector:
    if isinstance(piece, Additive):
        return piece.amounts
    if isinstance(piece, Fixed):
        return piece.amount * scheme.shares(piece.group(n))
    if isinstance(piece, Highest):
        phi = np.zeros(n)
        for height, group in piece.steps:
            phi += height * scheme.shares(group)
        return phi
    raise GameError(f"no value is known for a piece of type {type(piece).__name__}")


def _checked(game: CostGame, phi: Vector) -> Vector:
    gap = abs(float(phi.sum()) - game.total)
    if not gap <= EFFICIENCY * float(np.abs(phi).sum()) + float(np.finfo(np.float64).tiny):
        raise ArithmeticError(f"the shares miss the total cost {game.total:g} by {gap:g}")
    return phi


# --- pieces that depend on the total number of users -------------------------------------------


def _discount(piece: VolumeDiscount, scheme: _Scheme) -> Vector:
    present = piece.users > 0
    if piece.exponent == 1 or not present.any():
        return piece.rate * piece.users
    people = piece.users[present]
    rates, weights, rest = power_mixture(piece.exponent, people.min(), people.sum())
    users, labels, counts, who = _types(piece.users, scheme.labels)
    gap = -np.expm1(-users[:, None] * rates)  # 1 - exp(-l u), accurate also when it is tiny
    phi = (gap * scheme.without_each(gap, labels, counts)) @ weights
    return piece.rate * (phi[who] + rest * scheme.shares(present))


def power_mixture(exponent: float, lowest: float, highest: float) -> tuple[Vector, Vector, float]:
    """Rates l, weights c and a number b with u^exponent = sum c (1 - exp(-l u)) + b.

    Holds within about 1e-14 for lowest <= u <= highest and 0 < exponent < 1. It is the Bernstein
    form u^a = a / Gamma(1-a) x integral of (1 - exp(-l u)) l^(-1-a) dl. Near l = 0 a Gauss-Jacobi
    rule absorbs the singular weight; then come panels on a log scale; where the exponential has
    gone, the rest of the integral is the number b.
    """
    first, last = 2.0 / highest, NEGLIGIBLE / lowest
    with np.errstate(divide="ignore"):  # next to exponent 1 scipy divides in a branch it discards
        t, w = roots_jacobi(10, 0.0, -exponent)
    start = first * (1 + t) / 2
    x, h = _panels(log(first), log(last), width=2.0, points=12)
    rates = np.concatenate([start, np.exp(x)])
    weights = np.concatenate([w * (first / 2) ** (1 - exponent) / start, h * np.exp(-exponent * x)])
    scale = exponent / float(gamma(1 - exponent))
    return rates, scale * weights, scale / exponent * last**-exponent


def _tariff(piece: Tariff, scheme: _Scheme) -> Vector:
    """The discrete Fourier transform writes any price list as a mixture of exponentials."""
    length = piece.prices.size
    users, labels, counts, who = _types(piece.users, scheme.labels)
    whole = users.astype(np.int64)
    coefficients = -np.fft.rfft(piece.prices) / length
    coefficients[1:] *= 2  # each stands for its mirror image too,
    if length % 2 == 0:
        coefficients[-1] /= 2  # but for the last, which is its own
    circle = np.exp(2j * np.pi * np.arange(length) / length)
    phi = np.zeros(users.size)
    for start in range(1, coefficients.size, CHUNK):
        k = np.arange(start, min(start + CHUNK, coefficients.size))
        gap = 1.0 - circle[np.outer(whole, k) % length]
        expected = scheme.without_each(gap, labels, counts)
        phi += ((gap * expected) @ coefficients[k]).real
    return phi[who]


def _types(users: Vector, labels: Vector) -> tuple[Vector, Vector, Counts, NDArray[np.intp]]:
    """Users, label and number of players of each type, and the type of each player."""
    pairs, who, counts = np.unique(
        np.stack([labels, users]), axis=1, return_inverse=True, return_counts=True
    )
    return pairs[1], pairs[0], counts, who


# --- how players arrive ------------------------------------------------------------------------


@dataclass
class _Uniform:
    """All orders equally likely: independent uniform arrival times."""

    n: int

    def __post_init__(self) -> None:
        self.labels = np.zeros(self.n)

    def shares(self, group: Table) -> Vector:
        share: Vector = group / group.sum()
        return share

    def without_each(self, gap: Gaps, labels: Vector, counts: Counts) -> Gaps:
        return _leave_one_out(gap, counts)


@dataclass
class _Unions:
    """Unions in random order; inside each, its players in random order without a break."""

    blocks: list[list[int]]
    n: int

    def __post_init__(self) -> None:
        self.labels = np.zeros(self.n)
        for k, block in enumerate(self.blocks):
            self.labels[block] = k

    def shares(self, group: Table) -> Vector:
        share = np.zeros(self.n)
        causing = [block for block in self.blocks if group[block].any()]
        for block in causing:
            share[block] = group[block] / group[block].sum() / len(causing)
        return share

    def without_each(self, gap: Gaps, labels: Vector, counts: Counts) -> Gaps:
        inside = [labels == k for k in range(len(self.blocks))]
        all_of = np.stack([_power_product(1.0 - gap[b], counts[b]) for b in inside])
        others = _leave_one_out(1.0 - all_of, np.ones(len(self.blocks), dtype=np.int64))
        result = np.empty_like(gap)
        for k, block in enumerate(inside):
            result[block] = others[k] * _leave_one_out(gap[block], counts[block])
        return result


@dataclass
class _Clocks:
    """Player i arrives at an exponential time of rate w_i: the next one comes by weight."""

    labels: Vector

    def shares(self, group: Table) -> Vector:
        weights = np.where(group, self.labels, 0.0)
        share: Vector = weights / weights.sum()
        return share

    def without_each(self, gap: Gaps, labels: Vector, counts: Counts) -> Gaps:
        n = int(counts.sum())
        total, slowest = float(labels @ counts), float(labels.min())
        # before the first arrivals the integrand is smooth on the scale 1/total, later on a log
        # scale; a price list needs finer panels, for the total moves past its steps
        points = 12 if gap.dtype.kind == "f" else 12 + ceil(2 * sqrt(n))
        x, h = _panels(-log(total), log(NEGLIGIBLE / slowest), width=1.5, points=points)
        early, w = _panels(0.0, 1.0 / total, width=1.0, points=points)
        result = np.zeros_like(gap)
        times = np.concatenate([early, np.exp(x)])
        for time, weight in zip(times, np.concatenate([w, h * np.exp(x)]), strict=True):
            waiting = labels[:, None] * time
            stay = _nonzero(1.0 + np.expm1(-waiting) * gap)
            density = weight * labels[:, None] * np.exp(-waiting)
            result += density * _power_product(stay, counts) * _inverse(stay)
        return result


def _leave_one_out(gap: Gaps, counts: Counts) -> Gaps:
    """Integral over t in (0, 1) of prod (1 - t gap_j) over all players but one of each type.

    Complex gaps must lie on the circle |1 - gap| = 1. Then 1 - (1 - t) gap is (1 - gap) times the
    conjugate of 1 - t gap, so that half of the interval gives the other half.
    """
    n = int(counts.sum())
    if gap.dtype.kind == "f":
        return _half_integral(gap, counts, *_unit_nodes(n, "f"))
    t, weights = _unit_nodes(n, "c")
    lower = _half_integral(gap, counts, t[t < 0.5], weights[t < 0.5])
    turn = 1.0 - gap
    return lower + _power_product(turn, counts) * (turn * lower).conj()


def _half_integral(gap: Gaps, counts: Counts, times: Vector, weights: Vector) -> Gaps:
    size = counts @ gap.real  # |1 - t gap|^2 <= exp(-2 t (1 - t) Re gap) bounds the product
    order = np.argsort(size)
    size, gap = size[order], np.ascontiguousarray(gap[:, order])
    total = np.zeros_like(gap)
    for t, weight in zip(times, weights, strict=True):
        live = int(np.searchsorted(size, 2.0 + NEGLIGIBLE / (t * (1.0 - t))))
        stay = _nonzero(1.0 - t * gap[:, :live])
        total[:, :live] += weight * _power_product(stay, counts) * _inverse(stay)
    result = np.empty_like(total)
    result[:, order] = total
    return result


def _power_product(factors: Gaps, counts: Counts) -> NDArray[Any]:
    """Product over rows of factor^count, by repeated squaring."""
    product = np.ones(factors.shape[1], dtype=factors.dtype)
    while counts.size:
        product *= factors[counts % 2 == 1].prod(axis=0)
        more = counts > 1
        factors, counts = factors[more] ** 2, counts[more] // 2
    return product


def _inverse(factors: Gaps) -> Gaps:
    """1 / factors; for complex ones much faster than the division of numpy."""
    if factors.dtype.kind == "f":
        return 1.0 / factors
    inverse: Gaps = factors.conj() * (1.0 / (factors.real**2 + factors.imag**2))
    return inverse


def _nonzero(factors: Gaps) -> Gaps:
    """Keep a factor of exactly zero from spoiling the division that takes it out again."""
    factors[factors == 0] = 1e-150
    return factors


@lru_cache(maxsize=64)
def _unit_nodes(n: int, kind: str) -> Nodes:
    """Gauss nodes on (0, 1) for products of n - 1 factors linear in t.

    ceil(n/2) nodes are exact. With real gaps the product is a mixture of powers of 1 - t, whose
    Chebyshev coefficients die out after a few sqrt(n). The number is even to keep off t = 1/2,
    where a complex factor can vanish.
    """
    points = ceil(n / 2)
    if kind == "f":
        points = min(points, 8 + ceil(3 * sqrt(n)))
    t, w = roots_legendre(points + points % 2)
    return (1 + t) / 2, w / 2


def _panels(start: float, stop: float, *, width: float, points: int) -> Nodes:
    """Composite Gauss rule on (start, stop)."""
    panels = max(1, ceil((stop - start) / width))
    t, w = roots_legendre(points)
    size = (stop - start) / panels
    x = start + size * (np.arange(panels)[:, None] + (1 + t) / 2)
    return x.ravel(), np.tile(w * size / 2, panels)
