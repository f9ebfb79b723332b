"""Nucleolus, its relatives and the least core, exactly, from 2^n coalition values.

All of them make the worst-off coalition as well off as possible; the nucleolus then does the
same for the next worst, and so on. Each step is a linear programme with one row per coalition.
It is solved through its dual by a simplex method that prices all coalitions at once. Coalitions
with a positive multiplier are settled: their payoff is the same in every solution. So is the
payoff of every coalition in their linear span; these leave the programme. Each step raises the
rank of the span, so at most n - 1 steps are needed and ties cannot settle a coalition wrongly.

Sources: D. Schmeidler (1969), the nucleolus; J. Grotte (1970), per capita; Maschler, Peleg and
Shapley (1979), the sequence of programmes; Potters, Reijnierse and Ansing (1996), one prolonged
simplex run; Guajardo and Jornsten (2015), the wrong answers that come of settling all tight rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.methods.games.coalitions import (
    EmptyImputationSet,
    Kind,
    Vector,
    check_game,
    check_kind,
    indicators,
    members,
    sizes,
    subset_sums,
)

TOLERANCE = 1e-11  # on a game scaled so that its largest synergy is 1
# A basic multiplier that is not zero is at least one over a determinant of a 0/1 matrix of order
# n + 1, so above 3e-9 for n <= 20 (Hadamard); the same holds for distances from a span.
RANK_TOLERANCE = 1e-9


def nucleolus(v: ArrayLike, *, kind: Kind = "cost") -> Vector:
    """Nucleolus: the imputation with the lexicographically smallest complaints; shape (n,).

    An imputation is efficient and gives no single player a reason to leave (cost: pays at most
    c(i); value: gets at least v(i)). Raises EmptyImputationSet when there is none; the
    prenucleolus exists even then. Raises GameError for a vector that is no game.
    """
    return _lexicographic(v, kind, per_capita=False, imputations=True)


def prenucleolus(v: ArrayLike, *, kind: Kind = "cost") -> Vector:
    """Prenucleolus: as the nucleolus, but over all efficient allocations; shape (n,).

    It may charge a player more than going alone would. If the core is not empty it is the
    nucleolus. Raises GameError for a vector that is no game.
    """
    return _lexicographic(v, kind, per_capita=False, imputations=False)


def per_capita_nucleolus(v: ArrayLike, *, kind: Kind = "cost") -> Vector:
    """Nucleolus with each coalition's complaint divided by its number of players; shape (n,).

    Raises EmptyImputationSet or GameError as `nucleolus`.
    """
    return _lexicographic(v, kind, per_capita=True, imputations=True)


def per_capita_prenucleolus(v: ArrayLike, *, kind: Kind = "cost") -> Vector:
    """Per-capita nucleolus over all efficient allocations; shape (n,)."""
    return _lexicographic(v, kind, per_capita=True, imputations=False)


@dataclass(frozen=True)
class LeastCore:
    """The smallest epsilon that leaves no coalition with a complaint above it.

    epsilon: unit of the game; above zero means that the core is empty, and that every
      coalition would stay if leaving cost it epsilon.
    allocation: one allocation with no complaint above epsilon.
    coalitions, weights: a balanced collection that proves that no smaller epsilon exists: every
      player is in coalitions of total weight 1 and, with an empty core, the coalitions' weighted
      value exceeds (cost: undercuts) that of everybody (Bondareva 1963, Shapley 1967).
    """

    epsilon: float
    allocation: Vector
    coalitions: tuple[tuple[int, ...], ...]
    weights: tuple[float, ...]
    core_is_empty: bool

    def __str__(self) -> str:
        if not self.core_is_empty:
            return (
                "the core is not empty: an allocation leaves every coalition at least "
                f"{max(-self.epsilon, 0.0):g} better off than on its own"
            )
        proof = ", ".join(
            f"{weight:g} x {list(coalition)}"
            for coalition, weight in zip(self.coalitions, self.weights, strict=True)
        )
        return (
            f"the core is empty: some coalition always complains of {self.epsilon:g} or more; "
            f"balanced collection {proof}"
        )


def least_core(v: ArrayLike, *, kind: Kind = "cost") -> LeastCore:
    """Least core of a game, with the proof that it cannot be made smaller.

    Proper coalitions only; a game with one player has epsilon 0. Raises GameError.
    Source: M. Maschler, B. Peleg and L. S. Shapley (1979).
    """
    check_kind(kind)
    game, n = check_game(v)
    sign = 1.0 if kind == "value" else -1.0
    if n == 1:
        return LeastCore(0.0, game[1:].copy(), (), (), core_is_empty=False)
    program = _Program(sign * game, n, per_capita=False, imputations=False)
    level, settled = program.solve()
    holding: dict[int, float] = {}
    for mask, weight in settled:
        holding[mask] = holding.get(mask, 0.0) + weight
    masks = sorted(holding)
    per_player = sum(weight for mask, weight in holding.items() if mask & 1)
    epsilon = -level * program.scale + 0.0
    rounding = max(RANK_TOLERANCE * program.scale, 1e-13 * float(np.abs(game).max()))
    return LeastCore(
        epsilon=epsilon,
        allocation=sign * program.allocation(),
        coalitions=tuple(members(mask) for mask in masks),
        weights=tuple(holding[mask] / per_player for mask in masks),
        core_is_empty=epsilon > rounding,
    )


def _lexicographic(v: ArrayLike, kind: str, *, per_capita: bool, imputations: bool) -> Vector:
    check_kind(kind)
    game, n = check_game(v)
    sign = 1.0 if kind == "value" else -1.0
    program = _Program(sign * game, n, per_capita=per_capita, imputations=imputations)
    if imputations:
        alone, total = float(program.alone.sum()), float(sign * game[-1])
        slack = total - alone
        noise = 1e-12 * max(abs(total), float(np.abs(program.alone).sum()))
        if slack < -noise:
            raise EmptyImputationSet(
                f"the players alone {'pay' if kind == 'cost' else 'get'} {sign * alone:g}, together"
                f" {sign * total:g}: no allocation suits every player, so there is no nucleolus; "
                "the prenucleolus exists"
            )
        if slack <= noise:  # one imputation only
            only: Vector = sign * (program.alone + slack / n)
            return only
    while program.free.shape[1]:
        program.settle(program.solve()[1])
    return sign * program.allocation()


@dataclass(frozen=True)
class _Column:
    """One dual variable: the row sum_i a_i x_i - level * counts >= value of the programme."""

    row: Vector
    counts: float
    value: float
    masks: tuple[int, ...]


class _Program:
    """max level subject to (x(S) - v(S)) / t(S) >= level for every coalition not yet settled.

    The game is taken as gains over going alone, scaled to 1, so that one tolerance fits all.
    `free` is an orthonormal basis of the directions in which x may still move.
    """

    def __init__(self, v: Vector, n: int, *, per_capita: bool, imputations: bool) -> None:
        self.n = n
        self._bits = np.arange(n)
        self.imputations = imputations
        self.alone = v[1 << np.arange(n)]
        gains = v - subset_sums(self.alone)
        gains[1 << np.arange(n)] = 0.0  # not the rounding of the subtraction
        self.scale = float(np.abs(gains).max()) or 1.0
        self.value = gains / self.scale
        self.share = 1.0 / np.maximum(sizes(n), 1) if per_capita else None
        if self.share is not None:
            self.value *= self.share
        self.x = np.full(n, gains[-1] / self.scale / n)
        self.free = np.linalg.qr(np.ones((n, 1)), mode="complete").Q[:, 1:]
        self.open = self.value.copy()
        self.idle: list[_Column] = []
        self._excess = np.empty(v.size)
        self._close_span()

    def allocation(self) -> Vector:
        """The present point, in the units of the game."""
        point: Vector = self.alone + self.scale * self.x
        return point

    def solve(self) -> tuple[float, list[tuple[int, float]]]:
        """Best level, and the coalitions that hold it there with their multipliers (sum 1)."""
        basis = self._start()
        matrix = np.array([[*(c.row @ self.free), c.counts] for c in basis]).T
        rest = np.array([c.value - c.row @ self.x for c in basis])
        first = matrix.copy()
        for _ in range(200 * (self.n + 2)):
            inverse = np.linalg.inv(matrix)
            prices = rest @ inverse
            x, level = self.x + self.free @ prices[:-1], -float(prices[-1])
            entering = self._worst(x, level)
            if entering is None:
                self.x = x
                self.idle = [
                    column
                    for column, weight in zip(basis, inverse[:, -1], strict=True)
                    if weight <= RANK_TOLERANCE and len(column.masks) == 1
                ]
                return level, [
                    (mask, float(weight) / len(column.masks))
                    for column, weight in zip(basis, inverse[:, -1], strict=True)
                    if weight > RANK_TOLERANCE
                    for mask in column.masks
                ]
            new = np.append(entering.row @ self.free, entering.counts)
            k = self._leaving(inverse @ new, inverse, first)
            basis[k] = entering
            matrix[:, k] = new
            rest[k] = entering.value - entering.row @ self.x
        raise ArithmeticError("the nucleolus programme did not converge; are the values noisy?")

    def settle(self, settled: list[tuple[int, float]]) -> None:
        """Fix the payoff of the given coalitions and of all coalitions in their span."""
        rows = indicators([mask for mask, _ in settled], self.n) @ self.free
        left, stretch, _ = np.linalg.svd(rows.T)
        rank = int(np.sum(stretch > RANK_TOLERANCE))
        self.free = self.free @ left[:, rank:]
        self._close_span()

    def _close_span(self) -> None:
        """Drop the coalitions whose payoff can no longer move."""
        if not self.free.shape[1]:
            return
        mix = self.free @ np.sqrt(np.arange(2.0, 2.0 + self.free.shape[1]))
        fixed = np.flatnonzero(np.abs(subset_sums(mix)) < RANK_TOLERANCE)
        moves = np.abs(indicators(fixed, self.n) @ self.free).max(axis=1)
        self.open[fixed[moves < RANK_TOLERANCE]] = -np.inf

    def _column(self, mask: int) -> _Column:
        row = (mask >> self._bits & 1).astype(np.float64)
        if self.share is not None:
            row *= self.share[mask]
        return _Column(row, 1.0, float(self.value[mask]), (mask,))

    def _start(self) -> list[_Column]:
        """A basis with all multipliers positive: independent columns, and one that averages the
        columns of their complements (which pull the other way).

        The columns left idle by the last programme serve if there are enough of them (they are
        independent of what it settled); otherwise single players do."""
        dimension = self.free.shape[1]
        everybody = (1 << self.n) - 1
        chosen = self.idle
        if len(chosen) != dimension:
            chosen = [self._column(1 << i) for i in _independent_rows(self.free, dimension)]
        others = [self._column(everybody ^ column.masks[0]) for column in chosen]
        average = _Column(
            np.mean([c.row for c in others], axis=0),
            1.0,
            float(np.mean([c.value for c in others])),
            tuple(c.masks[0] for c in others),
        )
        return [*chosen, average]

    def _worst(self, x: Vector, level: float) -> _Column | None:
        """The row that `x` and `level` break most, if any."""
        excess = subset_sums(x, self._excess)
        if self.share is not None:
            excess *= self.share
        excess -= self.open
        mask = int(excess.argmin())
        breach = level - float(excess[mask])
        if self.imputations:
            player = int(x.argmin())  # gains over going alone: the bound is zero
            if -float(x[player]) > max(breach, TOLERANCE):
                return _Column(np.eye(self.n)[player], 0.0, 0.0, (1 << player,))
        return self._column(mask) if breach > TOLERANCE else None

    @staticmethod
    def _leaving(direction: Vector, inverse: Vector, first: Vector) -> int:
        """Ratio test; ties go to the lexicographic rule, so that the method cannot cycle."""
        rows = np.flatnonzero(direction > RANK_TOLERANCE)
        if not rows.size:
            raise ArithmeticError("the nucleolus programme has no solution; are the values noisy?")
        steps = inverse[rows, -1] / direction[rows]
        tied = rows[steps < steps.min() + RANK_TOLERANCE]
        column = 0
        while tied.size > 1 and column < len(first):
            steps = inverse[tied] @ first[:, column] / direction[tied]
            tied = tied[steps < steps.min() + RANK_TOLERANCE]
            column += 1
        return int(tied[0])


def _independent_rows(matrix: Vector, count: int) -> list[int]:
    """Indices of `count` independent rows, largest remaining part first."""
    rest = matrix.copy()
    chosen: list[int] = []
    for _ in range(count):
        lengths = np.einsum("ij,ij->i", rest, rest)
        i = int(lengths.argmax())
        chosen.append(i)
        unit = rest[i] / np.sqrt(lengths[i])
        rest -= np.outer(rest @ unit, unit)
    return chosen
