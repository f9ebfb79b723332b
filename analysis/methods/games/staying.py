"""Who stays when some players may leave for an outside option, and their exit moves the bills."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.methods.games.coalitions import GameError, Vector, check_allocation, check_numbers
from analysis.methods.games.pieces import CostGame

Rule = Callable[[CostGame, list[int]], Vector]
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Stay:
    """The coalition that is left when nobody wants to leave any more.

    members: who stays, ascending. bills: their shares, shape (len(members),). rounds: who left in
    each round; empty when the rule holds everybody.
    """

    members: tuple[int, ...]
    bills: Vector
    rounds: tuple[tuple[int, ...], ...]

    @property
    def unravels(self) -> bool:
        """Somebody leaves."""
        return bool(self.rounds)


def who_stays(
    game: CostGame, rule: Rule, outside: ArrayLike, *, free: Iterable[int] | None = None
) -> Stay:
    """Let everybody join, then let those leave who pay more than outside, until nobody does.

    rule: bills of a sub-game, given the sub-game and its players' numbers in the full game.
    outside: price of the outside option, shape (n,). free: who may leave (everybody by default).

    If the bill of those who stay never falls when somebody leaves (Shapley and equal split of a
    submodular cost do so), the result is the largest coalition in which all want to stay, and
    saying what one would pay at most is honest. With other rules it is what this process leaves.
    Raises GameError for a bad outside option or player.
    Source: H. Moulin and S. Shenker (2001).
    """
    option = check_numbers("outside", outside, game.n)
    movable = np.zeros(game.n, dtype=bool)
    for i in range(game.n) if free is None else free:
        if not 0 <= i < game.n:
            raise GameError(f"free names player {i}; allowed are 0 to {game.n - 1}")
        movable[i] = True
    staying = list(range(game.n))
    rounds: list[tuple[int, ...]] = []
    while staying:
        bills = check_allocation(rule(game.only(staying), list(staying)), len(staying))
        slack = TOLERANCE * float(np.abs(bills).max())
        leaving = movable[staying] & (bills > option[staying] + slack)
        if not leaving.any():
            return Stay(tuple(staying), bills, tuple(rounds))
        rounds.append(tuple(i for i, goes in zip(staying, leaving, strict=True) if goes))
        staying = [i for i, goes in zip(staying, leaving, strict=True) if not goes]
    return Stay((), np.empty(0), tuple(rounds))
