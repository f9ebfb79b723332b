"""Simple sharing rules: equal, by heads, by stand-alone cost, separable costs.

They look at a few numbers of a game only. What they miss shows in `certify`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.methods.games.coalitions import (
    GameError,
    Kind,
    Vector,
    check_game,
    check_kind,
    check_numbers,
)
from analysis.methods.games.pieces import CostGame

Game = ArrayLike | CostGame


@dataclass(frozen=True)
class Summary:
    """What a game says about single players: total, stand-alone and incremental amounts."""

    n: int
    total: float
    alone: Vector
    incremental: Vector


def summarise(game: Game, kind: Kind = "cost") -> Summary:
    """Total, stand-alone and incremental amounts of a vector of 2^n values or a CostGame."""
    check_kind(kind)
    if isinstance(game, CostGame):
        check_cost_kind(kind)
        return Summary(game.n, game.total, game.alone, game.incremental)
    v, n = check_game(game)
    single = 1 << np.arange(n)
    return Summary(n, float(v[-1]), v[single], v[-1] - v[v.size - 1 - single])


def check_cost_kind(kind: str) -> None:
    """Raise unless the convention fits a CostGame."""
    if kind != "cost":
        raise GameError(f'kind is {kind!r}; a CostGame allows "cost" only')


def equal(game: Game, *, kind: Kind = "cost") -> Vector:
    """The total in equal parts; shape (n,)."""
    facts = summarise(game, kind)
    return np.full(facts.n, facts.total / facts.n)


def by_weight(
    game: Game, weights: ArrayLike, *, own: ArrayLike | None = None, kind: Kind = "cost"
) -> Vector:
    """The total in proportion to `weights`; shape (n,), weights >= 0 and not all 0.

    own: amounts that each player bears itself first (shape (n,)); only the rest is shared.
    """
    facts = summarise(game, kind)
    w = check_numbers("weights", weights, facts.n, lowest=0.0)
    if not w.any():
        raise GameError("weights are all 0; allowed is at least one above 0")
    first = np.zeros(facts.n) if own is None else check_numbers("own", own, facts.n)
    share: Vector = first + (facts.total - first.sum()) * (w / w.sum())
    return share


def per_capita(game: Game, inhabitants: ArrayLike, *, kind: Kind = "cost") -> Vector:
    """The total by number of inhabitants; shape (n,)."""
    return by_weight(game, inhabitants, kind=kind)


def per_user(
    game: Game, users: ArrayLike, *, own: ArrayLike | None = None, kind: Kind = "cost"
) -> Vector:
    """The total by number of users; shape (n,). With `own`, each bears that first."""
    return by_weight(game, users, own=own, kind=kind)


def proportional(game: Game, *, kind: Kind = "cost") -> Vector:
    """The total in proportion to what each player would have alone; shape (n,).

    Raises GameError when the stand-alone amounts sum to zero.
    """
    facts = summarise(game, kind)
    basis = float(facts.alone.sum())
    if basis == 0:
        raise GameError("the stand-alone amounts sum to 0; nothing to be proportional to")
    return facts.total * (facts.alone / basis)


def scrb(game: Game, *, kind: Kind = "cost") -> Vector:
    """Separable costs, remaining benefits (the alternate cost avoided method); shape (n,).

    Each bears what it adds to the total; the rest follows what each saves against going alone.
    Raises GameError when there is a rest and these savings sum to zero.
    Source: J. S. Ransmeier (1942); P. D. Straffin and J. P. Heaney (1981).
    """
    facts = summarise(game, kind)
    rest = facts.total - float(facts.incremental.sum())
    benefit = facts.alone - facts.incremental
    basis = float(benefit.sum())
    noise = 1e-12 * float(np.abs(facts.alone).sum() + np.abs(facts.incremental).sum())
    if abs(rest) <= noise:
        return facts.incremental + rest / facts.n
    if abs(basis) <= noise:
        raise GameError(
            f"the savings sum to 0, but {rest:g} remains after the separable amounts; "
            "the rule does not say how to share it"
        )
    return facts.incremental + rest * (benefit / basis)
