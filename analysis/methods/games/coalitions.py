"""Coalitions as bit masks, and the checks that every game and allocation passes first.

A game on n players is a vector of 2^n numbers. Entry `mask` belongs to the coalition that
holds player i exactly when bit i of `mask` is set, so entry 0 is the empty coalition and the
last entry is everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]
Kind = Literal["cost", "value"]

MAX_PLAYERS = 26  # 2^26 numbers are half a gigabyte


class GameError(ValueError):
    """A game, an allocation or a parameter is not usable; the message says which and why."""


class EmptyImputationSet(GameError):
    """No allocation is efficient and acceptable to every single player."""


def check_kind(kind: str) -> None:
    """Raise unless `kind` is "cost" (coalitions pay) or "value" (coalitions receive)."""
    if kind not in ("cost", "value"):
        raise GameError(f'kind is {kind!r}; allowed are "cost" and "value"')


def check_game(v: ArrayLike) -> tuple[Vector, int]:
    """Return the game as float64 and its number of players.

    Raises GameError when the length is not 2^n with 1 <= n <= 26, when v[0] is not zero, or
    when an entry is not a finite real number.
    """
    raw = np.asarray(v)
    if raw.dtype.kind not in "fiub":
        raise GameError(f"the game holds {raw.dtype} values; allowed are real numbers")
    game = np.ascontiguousarray(raw, dtype=np.float64)
    if game.ndim != 1:
        raise GameError(f"the game has {game.ndim} dimensions; allowed is one, of length 2^n")
    n = game.size.bit_length() - 1
    if game.size != 1 << max(n, 0) or not 1 <= n <= MAX_PLAYERS:
        raise GameError(
            f"the game has {game.size} values; allowed is 2^n with n from 1 to {MAX_PLAYERS}"
        )
    if not np.isfinite(game.sum()):  # one fast pass; look for the culprit only if there is one
        bad = np.flatnonzero(~np.isfinite(game))
        if bad.size:
            where = members(int(bad[0]))
            raise GameError(f"v{list(where)} is {game[bad[0]]}; allowed are finite numbers")
    if game[0] != 0:
        raise GameError(f"v[0], the empty coalition, is {game[0]}; allowed is 0")
    return game, n


def check_allocation(x: ArrayLike, n: int) -> Vector:
    """Return the allocation as float64; raise GameError unless it is n finite numbers."""
    return check_numbers("allocation", x, n)


def check_numbers(
    name: str,
    values: ArrayLike,
    n: int | None = None,
    *,
    lowest: float = -np.inf,
    above: float = -np.inf,
) -> Vector:
    """Return `values` as a float64 vector, each >= `lowest` and > `above`; raise GameError."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or (n is not None and array.size != n):
        wanted = "one number per player" if n is None else f"{n} numbers, one per player"
        raise GameError(f"{name} has shape {array.shape}; allowed is {wanted}")
    bad = ~np.isfinite(array) | (array < lowest) | (array <= above)
    if bad.any():
        i = int(np.argmax(bad))
        rule = f"above {above}" if above > -np.inf else f"of at least {lowest}"
        allowed = "finite numbers" + (f" {rule}" if max(above, lowest) > -np.inf else "")
        raise GameError(f"{name}[{i}] is {array[i]}; allowed are {allowed}")
    return array


def check_unions(unions: Iterable[Iterable[int]], n: int) -> list[list[int]]:
    """Return the unions as lists; raise GameError unless they partition players 0..n-1."""
    blocks = [[int(i) for i in block] for block in unions]
    seen: set[int] = set()
    for number, block in enumerate(blocks):
        if not block:
            raise GameError(f"union {number} is empty; each union needs a player")
        for i in block:
            if not 0 <= i < n:
                raise GameError(f"union {number} names player {i}; allowed are 0 to {n - 1}")
            if i in seen:
                raise GameError(f"player {i} is in two unions or twice in one; allowed is once")
            seen.add(i)
    missing = sorted(set(range(n)) - seen)
    if missing:
        raise GameError(f"players {missing} are in no union; the unions must partition all")
    return blocks


def members(mask: int) -> tuple[int, ...]:
    """Players of a coalition, ascending."""
    return tuple(i for i in range(mask.bit_length()) if mask >> i & 1)


def mask_of(players: Iterable[int]) -> int:
    """Bit mask of a set of players."""
    mask = 0
    for i in players:
        mask |= 1 << i
    return mask


def indicators(masks: Sequence[int] | NDArray[np.int64], n: int) -> Vector:
    """Rows of zeros and ones, one per coalition."""
    table = np.asarray(masks, dtype=np.int64)
    return (table[:, None] >> np.arange(n) & 1).astype(np.float64)


def subset_sums(x: Vector, out: Vector | None = None) -> Vector:
    """x(S) for every coalition, in 2^n additions."""
    sums = np.empty(1 << x.size) if out is None else out
    sums[0] = 0.0
    for i, amount in enumerate(x):
        half = 1 << i
        np.add(sums[:half], amount, out=sums[half : 2 * half])
    return sums


def subset_maxima(x: Vector) -> Vector:
    """The largest x[i] over each coalition; 0 for the empty one (x must not be negative)."""
    top = np.zeros(1 << x.size)
    for i, amount in enumerate(x):
        half = 1 << i
        np.maximum(top[:half], amount, out=top[half : 2 * half])
    return top


def sizes(n: int) -> NDArray[np.int64]:
    """Number of players in every coalition."""
    count = np.zeros(1, dtype=np.int64)
    for _ in range(n):
        count = np.concatenate([count, count + 1])
    return count
