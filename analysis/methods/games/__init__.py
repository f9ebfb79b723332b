"""Cost allocation with cooperative games: sharing rules, solutions and certificates.

A game is either a vector of 2^n numbers in bitmask order (`v[0] = 0`; bit i of the index says
whether player i is in) or a `CostGame`, a sum of pieces that stays exact for hundreds of players.
Every function takes both unless its description says otherwise.

`kind` says how to read a vector: "cost" (the default), where players pay and complain of
paying more than a coalition would alone; or "value", where they receive. Shapley, Owen and the
proportional rules do not depend on it; the nucleolus, the core and the certificates do. A
`CostGame` is always a cost.
"""

from __future__ import annotations

from collections.abc import Iterable

from numpy.typing import ArrayLike

from analysis.methods.games import core, kernel, programs, structured, values
from analysis.methods.games.certificates import (
    Certificate,
    CoreViolation,
    certify,
    core_violation,
    is_nucleolus,
)
from analysis.methods.games.coalitions import (
    EmptyImputationSet,
    GameError,
    Kind,
    Vector,
    mask_of,
    members,
    subset_sums,
)
from analysis.methods.games.core import Oracle
from analysis.methods.games.pieces import (
    Additive,
    CostGame,
    Fixed,
    Highest,
    Tariff,
    VolumeDiscount,
    per_user_cost,
    tariff_brackets,
    tariff_steps,
)
from analysis.methods.games.programs import LeastCore
from analysis.methods.games.rules import (
    Game,
    by_weight,
    check_cost_kind,
    equal,
    per_capita,
    per_user,
    proportional,
    scrb,
)
from analysis.methods.games.staying import Stay, who_stays
from analysis.methods.games.structured import aumann_shapley

LISTED = 12  # up to here listing the coalitions of a CostGame is the fastest way to its nucleolus


def shapley(game: Game, *, kind: Kind = "cost") -> Vector:
    """Shapley value, exact; shape (n,). O(2^n) for a vector, see `structured` for a CostGame."""
    if isinstance(game, CostGame):
        check_cost_kind(kind)
        return structured.shapley(game)
    return values.shapley(game, kind=kind)


def weighted_shapley(game: Game, weights: ArrayLike, *, kind: Kind = "cost") -> Vector:
    """Weighted Shapley value, exact; shape (n,). See `values.weighted_shapley` for `kind`."""
    if isinstance(game, CostGame):
        check_cost_kind(kind)
        return structured.weighted_shapley(game, weights)
    return values.weighted_shapley(game, weights, kind=kind)


def owen(game: Game, unions: Iterable[Iterable[int]], *, kind: Kind = "cost") -> Vector:
    """Owen value with unions that partition the players, exact; shape (n,)."""
    if isinstance(game, CostGame):
        check_cost_kind(kind)
        return structured.owen(game, unions)
    return values.owen(game, unions, kind=kind)


def nucleolus(game: Game, *, kind: Kind = "cost") -> Vector:
    """Nucleolus, over allocations that suit every single player; shape (n,).

    A CostGame with more than 12 players must have concave prices (see `kernel`). Raises
    EmptyImputationSet when no allocation suits every player.
    """
    if isinstance(game, CostGame):
        check_cost_kind(kind)
        return programs.nucleolus(game.vector()) if game.n <= LISTED else kernel.nucleolus(game)
    return programs.nucleolus(game, kind=kind)


def prenucleolus(game: Game, *, kind: Kind = "cost") -> Vector:
    """Prenucleolus, over all efficient allocations; shape (n,).

    A CostGame with more than 12 players must have concave prices; it then equals the nucleolus.
    """
    if isinstance(game, CostGame):
        check_cost_kind(kind)
        return programs.prenucleolus(game.vector()) if game.n <= LISTED else kernel.nucleolus(game)
    return programs.prenucleolus(game, kind=kind)


def per_capita_nucleolus(game: Game, *, kind: Kind = "cost") -> Vector:
    """Nucleolus of complaints divided by the number of players; shape (n,). Lists coalitions."""
    return programs.per_capita_nucleolus(_listed(game, kind), kind=kind)


def per_capita_prenucleolus(game: Game, *, kind: Kind = "cost") -> Vector:
    """Per-capita nucleolus over all efficient allocations; shape (n,). Lists coalitions."""
    return programs.per_capita_prenucleolus(_listed(game, kind), kind=kind)


def least_core(game: Game, *, kind: Kind = "cost") -> LeastCore:
    """Least core: the smallest complaint that cannot be avoided, with the proof."""
    if isinstance(game, CostGame) and game.n > LISTED:
        check_cost_kind(kind)
        return core.least_core(game)
    return programs.least_core(_listed(game, kind), kind=kind)


def _listed(game: Game, kind: Kind) -> ArrayLike:
    if isinstance(game, CostGame):
        check_cost_kind(kind)
        return game.vector()
    return game


__all__ = [
    "Additive",
    "Certificate",
    "CoreViolation",
    "CostGame",
    "EmptyImputationSet",
    "Fixed",
    "Game",
    "GameError",
    "Highest",
    "Kind",
    "LeastCore",
    "Oracle",
    "Stay",
    "Tariff",
    "VolumeDiscount",
    "aumann_shapley",
    "by_weight",
    "certify",
    "core_violation",
    "equal",
    "is_nucleolus",
    "least_core",
    "mask_of",
    "members",
    "nucleolus",
    "owen",
    "per_capita",
    "per_capita_nucleolus",
    "per_capita_prenucleolus",
    "per_user",
    "per_user_cost",
    "prenucleolus",
    "proportional",
    "scrb",
    "shapley",
    "subset_sums",
    "tariff_brackets",
    "tariff_steps",
    "weighted_shapley",
    "who_stays",
]
