"""Exact nucleolus of a submodular cost game made of pieces, for hundreds of players.

Where joining a larger group never costs more, the nucleolus is the one allocation that balances
every pair: the strongest complaint of a coalition with i but not j equals that of a coalition
with j but not i (the prekernel). The complaints are linear in the allocation as long as the
coalitions that attain them stay the same, so Newton steps on all pairs at once, damped so that
the imbalance always falls, end at the exact solution after a few rounds. Balance of all pairs is
then the certificate. Like players pay the same, so only one of each type is followed.

Sources: M. Maschler, B. Peleg and L. S. Shapley (1972): in a convex game the kernel is the
nucleolus; H. I. Meinhardt (2014): the prekernel by piecewise quadratic minimisation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.methods.games.coalitions import GameError, Vector
from analysis.methods.games.core import Oracle
from analysis.methods.games.pieces import CostGame
from analysis.methods.games.structured import shapley

ROUNDS = 200
BALANCED = 1e-10  # of the largest share: what counts as rounding
MAX_LOOKUP = 1_000_000


def nucleolus(game: CostGame) -> Vector:
    """Nucleolus of a submodular cost game; shape (n,), unit of the costs.

    It lies in the core, which is not empty. Raises GameError when a price list is not concave
    (the game is not submodular), ArithmeticError when the balance is not reached.
    """
    if game.n == 1:
        return np.array([game.total])
    oracle = Oracle(game)
    if not oracle.concave:
        raise GameError(
            "a price list is not concave, so the game is not submodular; the nucleolus of such a "
            "game is found from its 2^n costs only: pass game.vector() of a small game"
        )
    pairs = _Pairs(oracle)
    if len(pairs.count) == 1:
        return np.full(game.n, game.total / game.n)
    x = shapley(game)[pairs.first]
    x += (game.total - x @ pairs.count) / game.n
    limit = BALANCED * float(np.abs(x).max()) + float(np.finfo(np.float64).tiny)
    state = pairs.surplus(x)
    for _ in range(ROUNDS):
        if state.imbalance <= limit:
            return x[pairs.type_of]
        step = pairs.newton(state)
        length = 1.0
        while True:
            attempt = pairs.surplus(x + length * step)
            if attempt.size < state.size * (1 - 1e-4 * length):
                break
            length /= 2
            if length < 1e-9:
                raise ArithmeticError(
                    f"the nucleolus stalls with pairs out of balance by {state.imbalance:g}"
                )
        x, state = x + length * step, attempt
    raise ArithmeticError(f"the nucleolus needs more than {ROUNDS} rounds")


@dataclass
class _State:
    """The strongest complaint of a coalition with type a and not b, for every pair (a, b)."""

    complaint: Vector
    prefix: NDArray[np.intp]  # how many types, in `order`, that coalition takes
    level: NDArray[np.intp]  # how far up the requirements it may reach
    place: NDArray[np.intp]  # of each type in the order

    def __post_init__(self) -> None:
        self.gap = self.complaint - self.complaint.T
        self.imbalance = float(np.abs(self.gap).max())
        self.size = float((self.gap**2).sum())


class _Pairs:
    """Players grouped by type (same users, own cost and requirements)."""

    def __init__(self, oracle: Oracle) -> None:
        traits = np.column_stack([oracle.users, oracle.own, oracle.allowed.T])
        _, first, type_of, count = np.unique(
            traits, axis=0, return_index=True, return_inverse=True, return_counts=True
        )
        self.first, self.type_of, self.count = first, type_of.ravel(), count
        self.users, self.own = oracle.users[first], oracle.own[first]
        self.allowed, self.base = oracle.allowed[:, first], oracle.base
        self.total = float(oracle.users.sum())
        whole = bool(np.all(oracle.users == oracle.users.round()))
        self.table = None
        if whole and self.total <= MAX_LOOKUP:
            self.table = oracle.price(np.arange(self.total + 1.0))
        self.oracle = oracle

    def price(self, total: Vector) -> Vector:
        """Price of a total number of users, looked up where the totals are whole."""
        if self.table is None:
            return self.oracle.price(np.maximum(total, 0.0))
        return self.table[total.astype(np.intp)]

    def surplus(self, x: Vector) -> _State:
        """Strongest complaint for every pair of types, by the prefix argument of `core`."""
        d = x.size
        gain = x - self.own
        per_user = np.where(gain > 0, np.inf, -np.inf)
        np.divide(gain, self.users, out=per_user, where=self.users > 0)
        order = np.argsort(-per_user, kind="stable")
        place = np.argsort(order)
        ends = np.arange(d + 1)
        complaint = np.full((d, d), -np.inf)
        prefix, level = np.zeros((d, d), np.intp), np.zeros((d, d), np.intp)
        inside = ends > place[:, None]
        for k, (base, allowed) in enumerate(zip(self.base, self.allowed, strict=True)):
            members = (allowed * self.count)[order]
            gains = np.append(0.0, (members * gain[order]).cumsum())
            users = np.append(0.0, (members * self.users[order]).cumsum())
            leaves = inside & allowed[:, None]  # b is taken out of the prefixes that hold it
            gain_out, users_out = leaves * gain[:, None], leaves * self.users[:, None]
            for a in np.flatnonzero(allowed):
                joins = ~inside[a]  # a is added to the prefixes that do not hold it
                worth = (gains + joins * gain[a]) - gain_out
                worth -= self.price((users + joins * self.users[a]) - users_out)
                end = worth.argmax(axis=1)
                best = worth[np.arange(d), end] - base
                better = best > complaint[a] + 1e-12 * abs(base)
                complaint[a, better] = best[better]
                prefix[a, better], level[a, better] = end[better], k
        np.fill_diagonal(complaint, 0.0)
        return _State(complaint, prefix, level, place)

    def newton(self, state: _State) -> Vector:
        """Least-squares step that would balance all pairs if their coalitions did not change."""
        d = self.count.size
        a, b = np.triu_indices(d, 1)
        rows = self._coalitions(state, a, b) - self._coalitions(state, b, a)
        normal = np.zeros((d + 1, d + 1))
        normal[:d, :d] = rows.T @ rows
        normal[d, :d] = normal[:d, d] = self.count  # the total stays
        right = np.append(-rows.T @ state.gap[a, b], 0.0)
        step: Vector = np.linalg.lstsq(normal, right, rcond=1e-12)[0][:d]
        return step

    def _coalitions(self, state: _State, a: NDArray[np.intp], b: NDArray[np.intp]) -> Vector:
        """Members of each type in the coalitions with a and not b."""
        taken = (state.place < state.prefix[a, b][:, None]) & self.allowed[state.level[a, b]]
        rows = np.where(taken, self.count, 0).astype(np.float64)
        each = np.arange(a.size)
        rows[each, a] += ~taken[each, a]
        rows[each, b] -= taken[each, b]
        return rows
