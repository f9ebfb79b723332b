"""Tests that an allocation has to survive: efficiency, stand-alone, incremental, core, nucleolus.

Each names who fails and by how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linprog

from analysis.methods.games.coalitions import (
    GameError,
    Kind,
    Vector,
    check_allocation,
    check_game,
    check_kind,
    check_numbers,
    indicators,
    members,
    sizes,
    subset_sums,
)
from analysis.methods.games.core import Oracle
from analysis.methods.games.pieces import CostGame
from analysis.methods.games.rules import Game, check_cost_kind, summarise

TOLERANCE = 1e-9  # of the largest amount: smaller failures count as rounding
MOST_NAMED = 6


class CoreViolation(float):
    """How far an allocation is from the core: a number, 0 inside, that also says who objects.

    The number is the largest of: the most aggrieved coalition's complaint, the gap between what
    is shared and the total, and 0.
    complaint: what the most aggrieved proper coalition would gain by leaving (cost: x(S) - c(S);
      value: v(S) - x(S)); negative if every coalition loses by leaving.
    coalition: its players, ascending; empty for a game with one player.
    gap: x(N) minus the total; 0 when efficient up to rounding.
    """

    complaint: float
    coalition: tuple[int, ...]
    gap: float

    def __new__(cls, complaint: float, coalition: Iterable[int], gap: float) -> CoreViolation:
        """Build from the largest complaint, who holds it, and the efficiency gap."""
        self = super().__new__(cls, max(complaint, abs(gap), 0.0))
        self.complaint = float(complaint)
        self.coalition = tuple(int(i) for i in coalition)
        self.gap = float(gap)
        return self

    def __getnewargs__(self) -> tuple[float, tuple[int, ...], float]:  # type: ignore[override]
        return self.complaint, self.coalition, self.gap

    def __repr__(self) -> str:
        return (
            f"CoreViolation({float(self):g}, complaint={self.complaint:g}, "
            f"coalition={self.coalition}, gap={self.gap:g})"
        )

    __str__ = __repr__


def core_violation(game: Game, x: ArrayLike, *, kind: Kind = "cost") -> CoreViolation:
    """Distance of an allocation from the core, with the most aggrieved coalition.

    game: 2^n values in bitmask order, or a CostGame (exact over all coalitions for hundreds of
    players; for many allocations of one game keep an `Oracle`). x: shape (n,).
    Raises GameError for a bad game or allocation.
    """
    check_kind(kind)
    if isinstance(game, CostGame):
        check_cost_kind(kind)
        return _violation(game, check_allocation(x, game.n), Oracle(game) if game.n > 1 else None)
    v, n = check_game(game)
    share = check_allocation(x, n)
    gap = _gap(share, float(v[-1]))
    if n == 1:
        return CoreViolation(0.0, (), gap)
    complaint = subset_sums(share)
    complaint -= v
    if kind == "value":
        np.negative(complaint, out=complaint)
    mask = 1 + int(complaint[1:-1].argmax())
    return CoreViolation(float(complaint[mask]), members(mask), gap)


def _violation(game: CostGame, share: Vector, oracle: Oracle | None) -> CoreViolation:
    gap = _gap(share, game.total)
    if oracle is None:
        return CoreViolation(0.0, (), gap)
    found = oracle.worst(share)
    return CoreViolation(found.complaint, np.flatnonzero(found.coalition), gap)


def _gap(share: Vector, total: float) -> float:
    gap = float(share.sum()) - total
    return 0.0 if abs(gap) <= 1e-12 * (abs(total) + float(np.abs(share).sum())) else gap


@dataclass(frozen=True)
class Certificate:
    """The tests of one allocation. Amounts are failures: positive where the test fails.

    efficiency: x(N) minus the total.
    individual: per player, what the outside option is better by (own stand-alone if none given).
    stand_alone: per player, cost above (value below) what it would have alone.
    incremental: per player, cost below (value above) what it adds to the others: a subsidy.
    core: the most aggrieved coalition of all.
    """

    players: tuple[str, ...]
    efficiency: float
    individual: Vector
    stand_alone: Vector
    incremental: Vector
    core: CoreViolation
    tolerance: float

    @property
    def efficient(self) -> bool:
        """The allocation shares the total, no more and no less."""
        return abs(self.efficiency) <= self.tolerance

    @property
    def individually_rational(self) -> bool:
        """Nobody does better with the outside option."""
        return bool(np.all(self.individual <= self.tolerance))

    @property
    def passes_stand_alone(self) -> bool:
        """Nobody does better alone."""
        return bool(np.all(self.stand_alone <= self.tolerance))

    @property
    def passes_incremental(self) -> bool:
        """Nobody is subsidised by all the others."""
        return bool(np.all(self.incremental <= self.tolerance))

    @property
    def in_core(self) -> bool:
        """No coalition does better alone."""
        return float(self.core) <= self.tolerance

    def __str__(self) -> str:
        def line(name: str, passed: bool, fault: str) -> str:
            return f"{name}: {'holds' if passed else 'fails, ' + fault}"

        def worst(failure: Vector) -> str:
            who = [i for i in np.argsort(-failure, kind="stable") if failure[i] > self.tolerance]
            return self._names(who) + (f", most by {failure[who[0]]:g}" if who else "")

        return "\n".join(
            [
                line("efficiency", self.efficient, f"off by {self.efficiency:g}"),
                line("outside option", self.individually_rational, worst(self.individual)),
                line("stand-alone", self.passes_stand_alone, worst(self.stand_alone)),
                line("incremental", self.passes_incremental, worst(self.incremental)),
                line(
                    "core",
                    self.in_core,
                    f"{self._names(self.core.coalition)} would gain {self.core.complaint:g}",
                ),
            ]
        )

    def _names(self, who: Sequence[int]) -> str:
        names = ", ".join(self.players[i] for i in who[:MOST_NAMED])
        return names + (f" and {len(who) - MOST_NAMED} more" if len(who) > MOST_NAMED else "")


def certify(
    game: Game,
    x: ArrayLike,
    *,
    kind: Kind = "cost",
    outside: ArrayLike | None = None,
    players: Sequence[str] | None = None,
) -> Certificate:
    """Put an allocation to all tests at once.

    outside: what each player could have elsewhere (cost: a price; value: a payoff), shape (n,);
      by default what it would have alone. players: names for the report.
    Raises GameError for a bad game, allocation, outside option or number of names.
    """
    facts = summarise(game, kind)
    share = check_allocation(x, facts.n)
    option = facts.alone if outside is None else check_numbers("outside", outside, facts.n)
    if players is None:
        default = game.players if isinstance(game, CostGame) else map(str, range(facts.n))
        players = tuple(default)
    if len(players) != facts.n:
        raise GameError(f"players has {len(players)} names; allowed is {facts.n}")
    sign = 1.0 if kind == "cost" else -1.0
    scale = max(abs(facts.total), float(np.abs(facts.alone).max()), float(np.abs(share).max()))
    return Certificate(
        players=tuple(players),
        efficiency=_gap(share, facts.total),
        individual=sign * (share - option),
        stand_alone=sign * (share - facts.alone),
        incremental=sign * (facts.incremental - share),
        core=core_violation(game, share, kind=kind),
        tolerance=TOLERANCE * scale,
    )


def is_nucleolus(
    v: ArrayLike,
    x: ArrayLike,
    *,
    kind: Kind = "cost",
    per_capita: bool = False,
    imputations: bool = True,
) -> bool:
    """Kohlberg's test, independent of how x was found: is it the (per-capita) nucleolus?

    For every level, take the coalitions with a complaint of at least that level. No transfer may
    help one of them without harming another. Once these coalitions fix x, no level is left to
    test. imputations=False tests the prenucleolus.
    Source: E. Kohlberg (1971); A. I. Sobolev (1975) for the prenucleolus.
    """
    check_kind(kind)
    game, n = check_game(v)
    share = check_allocation(x, n)
    if n == 1:
        return bool(np.isclose(share[0], game[1]))
    sign = 1.0 if kind == "value" else -1.0
    excess = sign * (subset_sums(share) - game)[1:-1]
    singles = excess[(1 << np.arange(n)) - 1]
    if per_capita:
        excess = excess / sizes(n)[1:-1]
    near = 1e-7 * (float(np.abs(game).max()) or 1.0)
    if abs(share.sum() - game[-1]) > near or (imputations and np.any(singles < -near)):
        return False
    floor = np.where(imputations & (singles <= near), 0.0, -1.0)  # who cannot give anything up
    order = np.argsort(excess, kind="stable")
    levels = np.split(order, np.flatnonzero(np.diff(excess[order]) > near) + 1)
    tight = np.empty((0, n))
    for level in levels:
        tight = np.concatenate([tight, indicators(level + 1, n)])
        gain = linprog(
            c=-tight.sum(axis=0),
            A_ub=-tight,
            b_ub=np.zeros(len(tight)),
            A_eq=np.ones((1, n)),
            b_eq=[0.0],
            bounds=[(low, 1.0) for low in floor],
        )
        if gain.fun is None:
            raise ArithmeticError(f"the Kohlberg programme failed: {gain.message}")
        if gain.fun < -1e-7:
            return False
        if np.linalg.matrix_rank(np.vstack([tight, np.ones(n)])) == n:
            return True
    return True
