"""Exact core test and least core of a cost game made of pieces, for hundreds of players.

The complaint of a coalition S at an allocation x is x(S) - c(S). Fix how far up each requirement
S may reach; then the rest of its cost is a sum over members plus a price for total users. If the
price is concave, the complaint is convex in the two sums over S, so it is largest at a vertex of
their zonotope, and these vertices are prefixes of the players sorted by complaint per user. All
2^n coalitions are thus covered by n prefixes per level. Without concavity a knapsack over the
number of users is exact too, only slower.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from analysis.methods.games.coalitions import GameError, Vector
from analysis.methods.games.pieces import (
    Additive,
    CostGame,
    Fixed,
    Highest,
    Table,
    Tariff,
    VolumeDiscount,
)
from analysis.methods.games.programs import LeastCore

MAX_LEVELS = 4096
TOLERANCE = 1e-9  # of the largest cost: smaller complaints count as rounding


@dataclass(frozen=True)
class Worst:
    """The proper coalition with the largest complaint x(S) - c(S), as booleans per player."""

    complaint: float
    coalition: Table


class Oracle:
    """Finds the most aggrieved coalition of a cost game, whatever the allocation.

    Prepare it once per game and call `worst` for each allocation. `concave` says whether all
    prices are: the game is then submodular, so its core is not empty. Raises GameError when pieces
    count different kinds of users or combine too many requirement levels.
    """

    def __init__(self, game: CostGame) -> None:
        if game.n < 2:
            raise GameError("the game has 1 player; a core test needs at least 2")
        self.game = game
        self.own = np.zeros(game.n)
        self.users = np.zeros(game.n)
        self.volumes: list[VolumeDiscount | Tariff] = []
        levels = [(0.0, np.ones(game.n, dtype=bool))]
        for piece in game.pieces:
            if isinstance(piece, Additive):
                self.own += piece.amounts
            elif isinstance(piece, VolumeDiscount | Tariff):
                if self.volumes and not np.array_equal(piece.users, self.users):
                    raise GameError(
                        "two pieces count different users; the core test allows one users vector"
                    )
                self.users = piece.users
                self.volumes.append(piece)
            elif isinstance(piece, Fixed | Highest):
                levels = _combine(levels, piece, game.n)
            else:
                raise GameError(f"no core test is known for a piece {type(piece).__name__}")
        self.base = np.array([cost for cost, _ in levels])
        self.allowed = np.array([who for _, who in levels])
        self.concave = all(_is_concave(piece) for piece in self.volumes)
        self._alone, self._rest = game.alone, game.total - game.incremental

    def price(self, total: Vector) -> Vector:
        """What all volume pieces charge a coalition with this many users."""
        return sum((piece.price(total) for piece in self.volumes), np.zeros(np.shape(total)))

    def worst(self, x: Vector) -> Worst:
        """The most aggrieved of all proper coalitions; x has shape (n,)."""
        return max(self.candidates(x), key=lambda found: found.complaint)

    def candidates(self, x: Vector) -> list[Worst]:
        """The most aggrieved coalition per requirement level, single player and complement."""
        n = self.game.n
        alone = x - self._alone
        without = x.sum() - x - self._rest
        i, j = int(alone.argmax()), int(without.argmax())
        eye = np.eye(n, dtype=bool)
        found = [Worst(float(alone[i]), eye[i]), Worst(float(without[j]), ~eye[j])]
        gain = x - self.own
        return found + (self._prefixes(gain) if self.concave else self._knapsacks(gain))

    def _prefixes(self, gain: Vector) -> list[Worst]:
        per_user = np.where(gain > 0, np.inf, -np.inf)
        np.divide(gain, self.users, out=per_user, where=self.users > 0)
        order = np.argsort(-per_user, kind="stable")
        allowed = self.allowed[:, order]
        count = allowed.cumsum(axis=1)
        complaint = (
            (allowed * gain[order]).cumsum(axis=1)
            - self.price((allowed * self.users[order]).cumsum(axis=1))
            - self.base[:, None]
        )
        complaint[(count == 0) | (count == self.game.n)] = -np.inf
        found = []
        for level, end in enumerate(complaint.argmax(axis=1)):
            if complaint[level, end] > -np.inf:
                coalition = np.zeros(self.game.n, dtype=bool)
                coalition[order[: end + 1]] = allowed[level, : end + 1]
                found.append(Worst(float(complaint[level, end]), coalition))
        return found

    def _knapsacks(self, gain: Vector) -> list[Worst]:
        prices = self.price(np.arange(float(self.users.sum()) + 1.0))
        found = []
        for base, allowed in zip(self.base, self.allowed, strict=True):
            best, coalition = _knapsack(gain, self.users.astype(np.int64), prices, allowed)
            if coalition.any():
                found.append(Worst(best - float(base), coalition))
        return found


def _combine(
    levels: list[tuple[float, Table]], piece: Fixed | Highest, n: int
) -> list[tuple[float, Table]]:
    """Split each level by how far up the requirement of one more piece a coalition may reach."""
    needs = piece.amount * piece.group(n) if isinstance(piece, Fixed) else piece.needs
    cheapest: dict[bytes, tuple[float, Table]] = {}
    for cost, who in levels:
        for height in np.unique(needs):
            group = who & (needs <= height)
            key = group.tobytes()
            if key not in cheapest or cost + height < cheapest[key][0]:
                cheapest[key] = (cost + float(height), group)
    if len(cheapest) > MAX_LEVELS:
        raise GameError(
            f"the requirements combine to {len(cheapest)} levels; allowed are {MAX_LEVELS}"
        )
    return [level for level in cheapest.values() if level[1].any()]


def _is_concave(piece: VolumeDiscount | Tariff) -> bool:
    if isinstance(piece, VolumeDiscount):
        return True
    bend = np.diff(piece.prices, 2)
    return bool(np.all(bend <= 1e-12 * np.abs(piece.prices).max(initial=0.0)))


def _knapsack(
    gain: Vector, users: NDArray[np.int64], prices: Vector, allowed: Table
) -> tuple[float, Table]:
    """Largest gain(S) - price(users(S)) over proper, nonempty S among those allowed.

    `best[u]` is the largest gain of a coalition of u users seen so far; the coalition of all
    seen so far is kept apart, because with everybody in it is not proper.
    """
    n = allowed.size
    chosen = np.flatnonzero(allowed)
    best = np.full(prices.size, -np.inf)
    how = np.zeros((chosen.size, prices.size), dtype=np.int8)  # skip, join, alone, all before
    all_users, all_gain = 0, 0.0
    for k, i in enumerate(chosen):
        u, g = int(users[i]), float(gain[i])
        joined = np.full_like(best, -np.inf)
        joined[u:] = best[: best.size - u] + g
        better = joined > best
        how[k, better] = 1
        best[better] = joined[better]
        if k and g > best[u]:
            best[u], how[k, u] = g, 2
        if k and all_gain > best[all_users]:
            best[all_users], how[k, all_users] = all_gain, 3
        all_users, all_gain = all_users + u, all_gain + g
    coalition = np.zeros(n, dtype=bool)
    worth = best - prices
    total = int(worth.argmax())
    value = float(worth[total])
    if chosen.size < n and all_gain - prices[all_users] >= value:
        return all_gain - float(prices[all_users]), allowed.copy()
    if value == -np.inf:
        return value, coalition
    for k in reversed(range(chosen.size)):
        step = how[k, total]
        if step == 3:
            coalition[chosen[:k]] = True
            break
        if step:
            coalition[chosen[k]] = True
            total -= int(users[chosen[k]])
            if step == 2:
                break
    return value, coalition


def least_core(game: CostGame, *, rounds: int = 1000) -> LeastCore:
    """Least core by constraint generation: solve with some coalitions, add the most aggrieved.

    Exact up to a complaint of 1e-9 of the largest cost. Raises ArithmeticError when `rounds` do
    not suffice, GameError for a game that the core test does not know.
    """
    oracle, n = Oracle(game), game.n
    scale = float(np.abs(game.alone).max()) or 1.0
    eye = np.eye(n, dtype=bool)
    rows = np.concatenate([eye, ~eye])
    costs = np.concatenate([game.alone, game.total - game.incremental]) / scale
    for _ in range(rounds):
        solution = linprog(
            c=np.append(np.zeros(n), 1.0),
            A_ub=np.column_stack([rows, -np.ones(len(rows))]),
            b_ub=costs,
            A_eq=np.append(np.ones(n), 0.0)[None],
            b_eq=[game.total / scale],
            bounds=(None, None),
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if solution.x is None:
            raise ArithmeticError(f"the least-core programme failed: {solution.message}")
        x, epsilon = solution.x[:-1] * scale, float(solution.x[-1]) * scale
        found = oracle.candidates(x)
        new = [w for w in found if w.complaint > epsilon + TOLERANCE * scale]
        if not new:
            break
        added = np.array([w.coalition for w in new])
        rows = np.concatenate([rows, added])
        costs = np.concatenate([costs, game.costs(added) / scale])
    else:
        raise ArithmeticError(f"the least core needs more than {rounds} rounds")
    weights = -solution.ineqlin.marginals
    active = np.flatnonzero(weights > 1e-12)
    per_player = float(weights[active] @ rows[active, 0])
    return LeastCore(
        epsilon=epsilon,
        allocation=x,
        coalitions=tuple(tuple(np.flatnonzero(rows[k]).tolist()) for k in active),
        weights=tuple(float(weights[k]) / per_player for k in active),
        core_is_empty=epsilon > TOLERANCE * scale,
    )
