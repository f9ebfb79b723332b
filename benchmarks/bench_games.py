"""Speed of the games, measured in turns with named peers: python benchmarks/bench_games.py.

Every row times our code and its peers alternately in the same process on the same game, so that
a busy machine slows all of them. Times are the best and the median of several runs, in
milliseconds. Peers that are not installed are left out.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import platform
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from analysis.methods import games

Run = Callable[[], object]
SHAPLEY_TARGETS = {20: 2.0, 24: 55.0}
NUCLEOLUS_TARGETS = {10: 10.0, 14: 100.0}


def measure(runs: dict[str, Run], repeats: int) -> dict[str, list[float]]:
    """Milliseconds of each run, taken in turns after one run to warm up."""
    for run in runs.values():
        run()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            times[name].append((time.perf_counter() - start) * 1e3)
    return times


def row(label: str, runs: dict[str, Run], repeats: int, target: float | None = None) -> None:
    times = measure(runs, repeats)
    cells = [f"{name} {min(t):9.3f} ({median(t):9.3f})" for name, t in times.items()]
    verdict = ""
    if target is not None:
        met = min(times["ours"]) <= target
        verdict = f"  target {target:g}: {'met' if met else 'MISSED'}"
    print(f"{label:34s} " + "  ".join(cells) + verdict, flush=True)


def optional(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


class Table:
    """A game for shapley-numba, to be compiled: value looked up by bit mask."""

    def __init__(self, values):  # type: ignore[no-untyped-def]
        self.values = values

    def value(self, subset):  # type: ignore[no-untyped-def]
        mask = 0
        for i in range(len(subset)):
            mask |= subset[i] << i
        return self.values[mask]


def random_game(n: int) -> np.ndarray:
    v = np.random.default_rng(n).random(1 << n)
    v[0] = 0
    return v


def location_savings(n: int) -> np.ndarray:
    """Savings from sharing facilities: each coalition opens the cheapest of six sites' subsets."""
    rng = np.random.default_rng(n)
    members = (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(float)
    distance = np.linalg.norm(rng.random((n, 1, 2)) - rng.random((1, 6, 2)), axis=2)
    cost = np.full(1 << n, np.inf)
    for sites in range(1, 1 << 6):
        chosen = [k for k in range(6) if sites >> k & 1]
        cost = np.minimum(cost, 0.3 * len(chosen) + members @ distance[:, chosen].min(axis=1))
    cost[0] = 0
    return members @ cost[1 << np.arange(n)] - cost


def platform_game(n: int, tariff: bool = False) -> tuple[games.CostGame, np.ndarray]:
    """One very large player, a quarter medium, the rest small; about 170 users a player."""
    rng = np.random.default_rng(n)
    medium = n // 4
    small = n - 1 - medium
    users = np.concatenate(
        [[85.0 * n], rng.lognormal(5, 1, medium).round() + 1, rng.integers(3, 25, small)]
    )
    kind = np.repeat([2, 1, 0], [1, medium, small])
    pieces: list[Any] = [
        games.Fixed(1000.0),
        games.Additive(np.array([0.5, 3.0, 50.0])[kind]),
        games.Highest(np.array([25.0, 60.0, 90.0])[kind]),
    ]
    if tariff:
        total = users.sum()
        pieces.append(games.tariff_steps(users, [0, total // 8, total // 2], [900, 2000, 3500]))
    else:
        pieces.append(games.VolumeDiscount(0.6, 0.85, users))
    return games.CostGame(n, pieces), users


def shapley_rows(quick: bool) -> None:
    print("\nShapley value from 2^n coalition values")
    coopgame, numba_peer = optional("coopgame"), optional("shapley_numba.shapley")
    compiled = None
    if numba_peer:
        numba, core = importlib.import_module("numba"), optional("shapley_numba.core")
        compiled = core.numba_game([("values", numba.float64[:])])(Table)
    for n in (10, 15, 20) if quick else (10, 15, 20, 22, 24):
        v = random_game(n)
        runs: dict[str, Run] = {"ours": lambda v=v: games.shapley(v)}
        if coopgame:
            game = coopgame.Game(v[1:])
            runs["coopgame-py"] = lambda game=game: coopgame.shapley(game)
        if compiled and n <= 20:
            table = compiled(v)
            runs["shapley-numba"] = lambda table=table, n=n: numba_peer.shapley(table, n)
        runs["one sum of v"] = lambda v=v: v.sum()
        row(f"n = {n}", runs, 3 if n > 20 else 7, SHAPLEY_TARGETS.get(n))


def nucleolus_rows(quick: bool) -> None:
    print("\nNucleolus of savings from sharing facilities, 2^n coalition values")
    coopgame = optional("coopgame")
    for n in (6, 8, 10, 12) if quick else (6, 8, 10, 12, 14, 16):
        v = location_savings(n)
        runs: dict[str, Run] = {"ours": lambda v=v: games.nucleolus(v, kind="value")}
        if coopgame and n <= 14:
            game = coopgame.Game(v[1:])
            runs["coopgame-py"] = lambda game=game: coopgame.nucleolus(game)
        row(f"n = {n}", runs, 5, NUCLEOLUS_TARGETS.get(n))


def platform_rows(quick: bool) -> None:
    game, users = platform_game(237)
    unions = [[0], range(1, 60), range(60, 237)]
    oracle = games.Oracle(game)
    x = games.shapley(game)
    print("\n237 players: fixed + own site + requirement level + 0.6 users^0.85")
    row("Shapley", {"ours": lambda: games.shapley(game)}, 7, 50.0)
    row("Owen value, three unions", {"ours": lambda: games.owen(game, unions)}, 7)
    row("weighted Shapley by users", {"ours": lambda: games.weighted_shapley(game, users)}, 5)
    row("Aumann-Shapley", {"ours": lambda: games.aumann_shapley(game, users)}, 5)
    row("core test over 2^237 coalitions", {"ours": lambda: oracle.worst(x)}, 20, 1.0)
    row("the same, first use of a game", {"ours": lambda: games.core_violation(fresh(game), x)}, 5)
    row("nucleolus", {"ours": lambda: games.nucleolus(game)}, 1 if quick else 2)
    if not quick:
        tariff, _ = platform_game(237, tariff=True)
        row("Shapley, tariff with steps", {"ours": lambda: games.shapley(tariff)}, 1)
        row("least core with proof", {"ours": lambda: games.least_core(game)}, 1)
    exact = abs(x.sum() - game.total) / game.total
    print(f"Shapley misses the total by {exact:.1e} of it")
    small = game.only([0, *range(50, 61), *range(200, 204)])
    listed = games.shapley(small.vector())
    worst = np.abs(games.shapley(small) / listed - 1).max()
    print(f"on a sub-game of {small.n} it is within {worst:.1e} of full enumeration")
    for count in (1_000, 10_000):
        start = time.perf_counter()
        sampled = sample(game, count)
        spent = (time.perf_counter() - start) * 1e3
        error = np.abs(sampled / x - 1)
        print(
            f"sampling {count} orders takes {spent:.0f} ms, off by {np.median(error):.2%} in the "
            f"median and {error.max():.1%} at most"
        )


def fresh(game: games.CostGame) -> games.CostGame:
    return games.CostGame(game.players, game.pieces)


def sample(game: games.CostGame, count: int) -> np.ndarray:
    """Monte Carlo over orders of arrival, vectorised for this game's pieces."""
    rng = np.random.default_rng(0)
    fixed, sites, levels, volume = game.pieces
    total = np.zeros(game.n)
    for _ in range(count // 500):
        order = rng.random((500, game.n)).argsort(axis=1)
        cost = fixed.amount + sites.amounts[order].cumsum(axis=1)
        cost += np.maximum.accumulate(levels.needs[order], axis=1)
        cost += volume.price(volume.users[order].cumsum(axis=1))
        np.add.at(total, order, np.diff(cost, axis=1, prepend=0.0))
    return total / (count // 500 * 500)


def growth_rows(quick: bool) -> None:
    print("\nGrowth with the number of players, cost game of pieces")
    for n in (30, 60, 120, 237) if quick else (30, 60, 120, 237, 500, 1000, 2000):
        game, _ = platform_game(n)
        oracle = games.Oracle(game)
        x = games.equal(game)
        row(f"n = {n}: Shapley", {"ours": lambda game=game: games.shapley(game)}, 3)
        row(f"n = {n}: core test", {"ours": lambda o=oracle, x=x: o.worst(x)}, 5)
        if n <= 120:
            row(f"n = {n}: nucleolus", {"ours": lambda game=game: games.nucleolus(game)}, 1)


def versions() -> str:
    names = ["numpy", "scipy", "coopgame-py", "shapley-numba"]
    found = []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{name} not installed")
    return f"Python {platform.python_version()}, " + ", ".join(found)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="leave out what takes seconds")
    quick = parser.parse_args(arguments).quick
    print(versions())
    print("milliseconds: best (median)")
    shapley_rows(quick)
    nucleolus_rows(quick)
    platform_rows(quick)
    growth_rows(quick)


if __name__ == "__main__":
    main(sys.argv[1:])
