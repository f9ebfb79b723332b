"""Cost games as sums of pieces, so that hundreds of players stay exact.

Each piece is a cost function of the set that joins. All accept a table of coalitions (rows of
booleans) and cost 0 for the empty one. The values of the Shapley family are linear, so they
are the sums of the values of the pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods.games.coalitions import (
    GameError,
    Vector,
    check_numbers,
    subset_maxima,
    subset_sums,
)

Table = NDArray[np.bool_]  # one row per coalition, one column per player
MAX_VECTOR = 24


class Piece(Protocol):
    """What every piece of a cost game can do."""

    def costs(self, coalitions: Table) -> Vector:
        """Cost of each row of the table."""

    def vector(self, n: int) -> Vector:
        """Cost of all 2^n coalitions in bitmask order."""

    def only(self, players: list[int]) -> Piece:
        """The piece as the given players meet it, renumbered in that order."""


@dataclass(frozen=True)
class Fixed:
    """A cost paid once as soon as anyone of `among` joins (everybody if None)."""

    amount: float
    among: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        _check_amount("Fixed.amount", self.amount)
        if self.among is not None:
            players = tuple(sorted({int(i) for i in self.among}))
            if not players or players[0] < 0:
                raise GameError(f"Fixed.among is {self.among}; allowed are player indices")
            object.__setattr__(self, "among", players)

    def group(self, n: int) -> Table:
        """Who causes the cost, as n booleans."""
        if self.among is None:
            return np.ones(n, dtype=bool)
        flags = np.zeros(n, dtype=bool)
        flags[list(self.among)] = True
        return flags

    def costs(self, coalitions: Table) -> Vector:
        """Cost of each row of the table."""
        caused = (coalitions & self.group(coalitions.shape[1])).any(axis=1)
        return np.where(caused, float(self.amount), 0.0)

    def vector(self, n: int) -> Vector:
        """Cost of all 2^n coalitions in bitmask order."""
        return self.amount * subset_maxima(self.group(n).astype(np.float64))

    def only(self, players: list[int]) -> Fixed:
        """The piece as the given players meet it, renumbered in that order."""
        if self.among is None:
            return self
        left = tuple(k for k, i in enumerate(players) if i in self.among)
        return Fixed(self.amount, left) if left else Fixed(0.0)


@dataclass(frozen=True, eq=False)
class Additive:
    """A cost of each player's own: per site, or a rate per user times users (`per_user_cost`)."""

    amounts: Vector

    def __post_init__(self) -> None:
        object.__setattr__(self, "amounts", _frozen("Additive.amounts", self.amounts))

    def costs(self, coalitions: Table) -> Vector:
        """Cost of each row of the table."""
        return coalitions @ self.amounts

    def vector(self, n: int) -> Vector:
        """Cost of all 2^n coalitions in bitmask order."""
        return subset_sums(self.amounts)

    def only(self, players: list[int]) -> Additive:
        """The piece as the given players meet it, renumbered in that order."""
        return Additive(self.amounts[players])


def per_user_cost(rate: float, users: ArrayLike) -> Additive:
    """`rate` for every user of every player who joins."""
    _check_amount("rate", rate)
    return Additive(rate * check_numbers("users", users, lowest=0.0))


@dataclass(frozen=True, eq=False)
class Highest:
    """The dearest requirement in the coalition sets the cost: max over members of `needs`."""

    needs: Vector

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs", _frozen("Highest.needs", self.needs, lowest=0.0))

    @cached_property
    def steps(self) -> list[tuple[float, Table]]:
        """The same cost as fixed costs stacked up: (height of the step, who needs it)."""
        heights = np.unique(self.needs[self.needs > 0])
        return [
            (float(height), self.needs >= level)
            for height, level in zip(np.diff(heights, prepend=0.0), heights, strict=True)
        ]

    def costs(self, coalitions: Table) -> Vector:
        """Cost of each row of the table."""
        top: Vector = np.where(coalitions, self.needs, 0.0).max(axis=1, initial=0.0)
        return top

    def vector(self, n: int) -> Vector:
        """Cost of all 2^n coalitions in bitmask order."""
        return subset_maxima(self.needs)

    def only(self, players: list[int]) -> Highest:
        """The piece as the given players meet it, renumbered in that order."""
        return Highest(self.needs[players])


@dataclass(frozen=True, eq=False)
class VolumeDiscount:
    """rate x (users of all members)^exponent, 0 < exponent <= 1: cheaper per head when larger."""

    rate: float
    exponent: float
    users: Vector

    def __post_init__(self) -> None:
        _check_amount("VolumeDiscount.rate", self.rate)
        if not 0 < self.exponent <= 1:
            raise GameError(
                f"VolumeDiscount.exponent is {self.exponent}; allowed is above 0, at most 1"
            )
        object.__setattr__(self, "users", _frozen("VolumeDiscount.users", self.users, lowest=0.0))

    def price(self, total: Vector) -> Vector:
        """Cost of a coalition with this many users."""
        cost: Vector = self.rate * total**self.exponent
        return cost

    def costs(self, coalitions: Table) -> Vector:
        """Cost of each row of the table."""
        return self.price(coalitions @ self.users)

    def vector(self, n: int) -> Vector:
        """Cost of all 2^n coalitions in bitmask order."""
        return self.price(subset_sums(self.users))

    def only(self, players: list[int]) -> VolumeDiscount:
        """The piece as the given players meet it, renumbered in that order."""
        return VolumeDiscount(self.rate, self.exponent, self.users[players])


@dataclass(frozen=True, eq=False)
class Tariff:
    """Any price list by total users: `prices[u]` for a coalition with u users, u = 0..total.

    `users` are whole numbers. Build the usual lists with `tariff_steps` and `tariff_brackets`.
    """

    users: Vector
    prices: Vector

    def __post_init__(self) -> None:
        users = _frozen("Tariff.users", self.users, lowest=0.0)
        uneven = np.flatnonzero(users != np.round(users))
        if uneven.size:
            i = int(uneven[0])
            raise GameError(f"Tariff.users[{i}] is {users[i]}; allowed are whole numbers")
        prices = _frozen("Tariff.prices", self.prices)
        if prices.size != int(users.sum()) + 1:
            raise GameError(
                f"Tariff.prices has {prices.size} entries; allowed is {int(users.sum()) + 1}, "
                "one for each total from 0"
            )
        if prices[0] != 0:
            raise GameError(f"Tariff.prices[0] is {prices[0]}; allowed is 0, nobody pays nothing")
        object.__setattr__(self, "users", users)
        object.__setattr__(self, "prices", prices)

    def price(self, total: Vector) -> Vector:
        """Cost of a coalition with this many users."""
        return self.prices[np.asarray(total).round().astype(np.intp)]

    def costs(self, coalitions: Table) -> Vector:
        """Cost of each row of the table."""
        return self.price(coalitions @ self.users)

    def vector(self, n: int) -> Vector:
        """Cost of all 2^n coalitions in bitmask order."""
        return self.price(subset_sums(self.users))

    def only(self, players: list[int]) -> Tariff:
        """The piece as the given players meet it, renumbered in that order."""
        users = self.users[players]
        return Tariff(users, self.prices[: int(users.sum()) + 1])


Volume = VolumeDiscount | Tariff


def tariff_steps(users: ArrayLike, above: ArrayLike, prices: ArrayLike) -> Tariff:
    """A lump price by size class: `prices[k]` once the total exceeds `above[k]` users.

    `above` starts at 0 and increases, one entry per price.
    """
    people, starts = check_numbers("users", users, lowest=0.0), _check_starts(above)
    lumps = check_numbers("prices", prices, starts.size)
    totals = np.arange(int(people.sum()) + 1)
    table = np.concatenate([[0.0], lumps])[np.searchsorted(starts, totals, side="left")]
    return Tariff(people, table)


def tariff_brackets(users: ArrayLike, above: ArrayLike, rates: ArrayLike) -> Tariff:
    """A price per user that changes by bracket: users beyond `above[k]` cost `rates[k]` each,
    up to the next bracket. `above` starts at 0 and increases, one entry per rate.
    """
    people, starts = check_numbers("users", users, lowest=0.0), _check_starts(above)
    marginal = check_numbers("rates", rates, starts.size)
    totals = np.arange(int(people.sum()) + 1, dtype=np.float64)
    ends = np.append(starts[1:], np.inf)
    inside = np.clip(totals[:, None], starts, ends) - starts  # users of each total in each bracket
    return Tariff(people, inside @ marginal)


@dataclass(frozen=True, eq=False)
class CostGame:
    """A cost game with named players: the cost of a coalition is the sum over the pieces.

    players: their names, or how many there are. Raises GameError when a piece is for another
    number of players.
    """

    players: tuple[str, ...]
    pieces: tuple[Piece, ...]

    def __init__(self, players: int | Sequence[str], pieces: Iterable[Piece]) -> None:
        names = tuple(str(i) for i in range(players)) if isinstance(players, int) else players
        object.__setattr__(self, "players", tuple(names))
        object.__setattr__(self, "pieces", tuple(pieces))
        if not self.players:
            raise GameError("the game has no players; allowed is at least 1")
        for k, piece in enumerate(self.pieces):
            for name in ("amounts", "needs", "users"):
                size = np.size(getattr(piece, name, np.empty(self.n)))
                if size != self.n:
                    raise GameError(
                        f"piece {k} ({type(piece).__name__}.{name}) is for {size} players; "
                        f"allowed is {self.n}"
                    )
            if isinstance(piece, Fixed) and piece.among and piece.among[-1] >= self.n:
                raise GameError(
                    f"piece {k} (Fixed.among) names player {piece.among[-1]}; "
                    f"allowed are 0 to {self.n - 1}"
                )

    @property
    def n(self) -> int:
        """Number of players."""
        return len(self.players)

    def costs(self, coalitions: Table) -> Vector:
        """Cost of each row of a table of booleans, shape (coalitions, players)."""
        total = np.zeros(len(coalitions))
        for piece in self.pieces:
            total += piece.costs(coalitions)
        return total

    def cost(self, coalition: Iterable[int]) -> float:
        """Cost of one coalition, given by its players."""
        row = np.zeros((1, self.n), dtype=bool)
        row[0, list(coalition)] = True
        return float(self.costs(row)[0])

    @cached_property
    def total(self) -> float:
        """Cost of everybody together."""
        return self.cost(range(self.n))

    @cached_property
    def alone(self) -> Vector:
        """Stand-alone cost of each player."""
        return self.costs(np.eye(self.n, dtype=bool))

    @cached_property
    def incremental(self) -> Vector:
        """What each player adds to the cost of all the others."""
        return self.total - self.costs(~np.eye(self.n, dtype=bool))

    def vector(self) -> Vector:
        """All 2^n costs in bitmask order, for at most 24 players."""
        if self.n > MAX_VECTOR:
            raise GameError(
                f"{self.n} players make 2^{self.n} coalitions; a vector is allowed up to "
                f"{MAX_VECTOR} players"
            )
        total = np.zeros(1 << self.n)
        for piece in self.pieces:
            total += piece.vector(self.n)
        return total

    def only(self, players: Sequence[int]) -> CostGame:
        """The sub-game of some of the players, in the given order."""
        chosen = list(players)
        if len(set(chosen)) != len(chosen) or not set(chosen) <= set(range(self.n)):
            raise GameError(
                f"players {chosen} are not a subset; allowed are 0 to {self.n - 1}, each once"
            )
        return CostGame(
            [self.players[i] for i in chosen], [piece.only(chosen) for piece in self.pieces]
        )


def _frozen(name: str, values: ArrayLike, *, lowest: float = -np.inf) -> Vector:
    array = check_numbers(name, values, lowest=lowest).copy()
    array.setflags(write=False)
    return array


def _check_amount(name: str, amount: float) -> None:
    if not np.isfinite(amount) or amount < 0:
        raise GameError(f"{name} is {amount}; allowed are finite numbers from 0")


def _check_starts(above: ArrayLike) -> Vector:
    starts = check_numbers("above", above)
    if starts.size == 0 or starts[0] != 0 or np.any(np.diff(starts) <= 0):
        raise GameError(f"above is {starts.tolist()}; allowed is increasing from 0")
    return starts
