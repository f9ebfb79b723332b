"""Shapley value and its relatives, from a vector of 2^n coalition values.

Each is an average of a player's marginal contribution; they differ in the orders in which
the players are assumed to arrive. All are linear in the game.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods.games.coalitions import (
    Kind,
    Vector,
    check_game,
    check_kind,
    check_numbers,
    check_unions,
    mask_of,
    sizes,
    subset_sums,
)

ROW = 12  # rows of 2^12 numbers stay in the first-level cache


def shapley(v: ArrayLike, *, kind: Kind = "cost") -> Vector:
    """Shapley value of each player; shape (n,), unit of `v`. The same for costs and values.

    With m(s) = (s-1)!(n-s-1)!/(n-1)! the value is phi_i = sum_{S with i} m(|S|) v(S) minus a
    constant that efficiency settles. The vector is cut in rows (the high bits of the mask).
    One pass adds rows of equal size and takes a weighted sum of each row, so the work is
    O(2^n) and nothing of length 2^n is stored.

    Raises GameError for a vector that is no game.
    Source: L. S. Shapley, A value for n-person games (1953).
    """
    check_kind(kind)
    game, n = check_game(v)
    return _shapley(game, n)


def _shapley(game: Vector, n: int) -> Vector:
    # s = n belongs to every player alike, so its weight only moves the constant: use 0
    weight = np.zeros(n + 1)
    for s in range(1, n):
        weight[s] = 1.0 / (s * comb(n - 1, s))
    low = min(n, ROW)
    high = n - low
    rows = game.reshape(1 << high, 1 << low)
    row_size = sizes(high).tolist()
    weights = weight[np.arange(high + 1)[:, None] + sizes(low)]
    by_size = np.zeros_like(weights)
    row_sums = np.empty(1 << high)
    for k, (row, s) in enumerate(zip(rows, row_size, strict=True)):
        group = by_size[s]
        group += row
        row_sums[k] = row.dot(weights[s])
    column_sums = np.einsum("ij,ij->j", weights, by_size)
    phi = np.concatenate([_with_player(column_sums), _with_player(row_sums)])
    shares: Vector = phi + (game[-1] - phi.sum()) / n
    return shares


def _with_player(sums: Vector) -> Vector:
    """For each bit, the sum over the masks that have it, folding the vector in half each time."""
    n = sums.size.bit_length() - 1
    out = np.empty(n)
    for i in reversed(range(n)):
        upper = sums[1 << i :]
        out[i] = upper.sum()
        sums = sums[: 1 << i] + upper
    return out


def weighted_shapley(v: ArrayLike, weights: ArrayLike, *, kind: Kind = "cost") -> Vector:
    """Weighted Shapley value; shape (n,), unit of `v`. `weights` are positive, shape (n,).

    Which end of the order the weights act on matters, and depends on what is shared:
    - kind="value": a gain that needs all of T is shared in T by weight (players leave the end
      of the order with chances by weight).
    - kind="cost": a cost that anyone of T causes is shared in T by weight (players enter the
      order with chances by weight). It is the weighted value of the dual game.
    Equal weights give the Shapley value either way.

    Work O(n 2^n). Raises GameError for a bad game or a weight that is not positive.
    Source: E. Kalai and D. Samet, On weighted Shapley values (1987), for both families.
    """
    check_kind(kind)
    game, n = check_game(v)
    w = check_numbers("weights", weights, n, above=0.0)
    if kind == "value":
        game = game[-1] - game[::-1]
    w = w / w.sum()
    waiting = subset_sums(w)[::-1]  # weight of those who have not arrived yet
    size = sizes(n)
    order = np.argsort(size, kind="stable")
    starts = np.concatenate([[0], np.cumsum([comb(n, s) for s in range(n + 1)])])
    chance = np.zeros(game.size)  # that the first |S| arrivals are S
    chance[0] = 1.0
    phi = np.zeros(n)
    for s in range(n):
        level = order[starts[s] : starts[s + 1]]
        rate = chance[level] / waiting[level]
        for i in range(n):
            without = level >> i & 1 == 0
            before = level[without]
            arrives = rate[without] * w[i]
            after = before | 1 << i
            chance[after] += arrives
            phi[i] += arrives @ (game[after] - game[before])
    return phi


def owen(v: ArrayLike, unions: Iterable[Iterable[int]], *, kind: Kind = "cost") -> Vector:
    """Owen value for players organised in unions; shape (n,), unit of `v`.

    Unions arrive in random order and, inside each, its players arrive in random order without
    a break. Averaging over the other unions first leaves a small game inside each union; the
    Owen value is that game's Shapley value. All alone or all together gives Shapley.

    `unions` are lists of player indices that partition 0..n-1 (GameError otherwise).
    Source: G. Owen, Values of games with a priori unions (1977).
    """
    check_kind(kind)
    game, n = check_game(v)
    blocks = check_unions(unions, n)
    m = len(blocks)
    phi = np.empty(n)
    for block in blocks:
        others = _union_masks([mask_of(b) for b in blocks if b is not block])
        inside = _union_masks([1 << i for i in block])
        count = sizes(m - 1)
        chance = np.array([1.0 / (m * comb(m - 1, h)) for h in range(m)])[count]
        reduced = np.zeros(inside.size)
        for mask, share in zip(others.tolist(), chance.tolist(), strict=True):
            reduced += share * (game[inside | mask] - game[mask])
        phi[block] = _shapley(reduced, len(block))
    return phi


def _union_masks(parts: list[int]) -> NDArray[np.int64]:
    """Masks of every union of the given disjoint parts, in bitmask order of the parts."""
    masks = np.zeros(1, dtype=np.int64)
    for part in parts:
        masks = np.concatenate([masks, masks | part])
    return masks
