"""Time the value of single parameters against heormodel: three options, twelve normal inputs.

Run: python benchmarks/bench_voi.py [--quick]. Times are milliseconds. heormodel (pip install
heormodel) is left out if absent. Errors are against quadrature, the largest of twelve, on average
over five seeds.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable

import numpy as np
from scipy.special import ndtri
from turns import Run, in_turns, table, target

from analysis.methods import _nets, voi

SIZE = 12
ONE = np.array([1, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.05, 0.02, 0])
TWO = np.array([-0.3, 0.9, -0.6, 0.2, 0.5, -0.3, 0.3, 0.2, -0.1, 0.05, -0.02, 0])


def benefit(x: np.ndarray) -> np.ndarray:
    one = 0.2 + x @ ONE + 0.5 * x[:, 0] * x[:, 1] + 0.3 * (x[:, 2] ** 2 - 1)
    one += 0.2 * np.sin(2 * x[:, 3])
    two = 0.1 + x @ TWO + 0.6 * x[:, 1] * x[:, 4] + 0.4 * (x[:, 0] ** 2 - 1)
    two += 0.3 * x[:, 5] * x[:, 6]
    return np.column_stack([np.zeros(len(x)), one, two])


def exact_single() -> np.ndarray:
    z = np.linspace(-9, 9, 200_001)
    weight = np.exp(-z * z / 2)
    weight /= weight.sum()
    out = []
    for i in range(SIZE):
        one = 0.2 + ONE[i] * z + (0.3 * (z**2 - 1) if i == 2 else 0)
        one = one + (0.2 * np.sin(2 * z) if i == 3 else 0)
        two = 0.1 + TWO[i] * z + (0.4 * (z**2 - 1) if i == 0 else 0)
        out.append(weight @ np.maximum(np.maximum(one, two), 0) - 0.2)
    return np.array(out)


def exact_pair() -> float:
    z = np.linspace(-8, 8, 2001)
    weight = np.exp(-z * z / 2)
    weight /= weight.sum()
    x, y = np.meshgrid(z, z, indexing="ij")
    one = 0.2 + ONE[0] * x + ONE[1] * y + 0.5 * x * y
    two = 0.1 + TWO[0] * x + TWO[1] * y + 0.4 * (x**2 - 1)
    return float(weight @ np.maximum(np.maximum(one, two), 0) @ weight - 0.2)


def sobol(n: int, seed: int) -> np.ndarray:
    return ndtri(_nets.scramble(_nets.generators(SIZE, n), np.random.SeedSequence(seed))).T


def pseudo(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, SIZE))


def peer(x: np.ndarray) -> Callable[[list[int]], float] | None:
    try:
        import pandas as pd
        from heormodel.models import Outcomes
        from heormodel.voi import evppi
    except ImportError:
        return None
    names = ["a", "b", "c"]
    index = pd.RangeIndex(len(x), name="iteration")
    draws = pd.DataFrame(x, columns=[f"x{i}" for i in range(SIZE)], index=index)
    effects = pd.DataFrame(benefit(x), columns=names, index=index)
    outcomes = Outcomes.from_wide(0.0 * effects, effects)
    return lambda columns: evppi(outcomes, draws, [f"x{i}" for i in columns], wtp=1.0)


def timed(n: int, repeats: int) -> None:
    x = pseudo(n, 1)
    y = benefit(x)
    other = peer(x) if n <= 100_000 else None
    # Two tables: the products of a pair leave threads of the linear algebra library spinning for a
    # while, which would be counted, and felt, in the turn that follows.
    runs: dict[str, Run] = {
        "ours, 12 single": lambda: voi.evppi_single(y, x),
        "ours, 12 calls of one": lambda: [voi.evppi(y, x[:, i]) for i in range(SIZE)],
    }
    notes = dict.fromkeys(runs, "with standard errors and bias")
    if other is not None:
        runs["heormodel spline, 12 single"] = lambda: [other([i]) for i in range(SIZE)]
    times = in_turns(runs, repeats, once=("heormodel spline, 12 single",))
    table(f"Single EVPPI, {n:,} pseudo-random draws, milliseconds", times, notes)
    if n == 100_000:
        for name in ("ours, 12 single", "ours, 12 calls of one"):
            target(f"{name}, at 1e5", 1e3 * times[name].best, 35, " ms")
    runs = {
        "ours, one pair": lambda: voi.evppi(y, x[:, :2]),
        "ours, three jointly": lambda: voi.evppi(y, x[:, :3]),
    }
    notes = {"ours, one pair": f"{voi.evppi(y, x[:, :2]):.4f}, exact {exact_pair():.4f}"}
    if other is not None:
        runs["heormodel spline, one pair"] = lambda: other([0, 1])
        notes["heormodel spline, one pair"] = f"{other([0, 1]):.4f}, additive"
    times = in_turns(runs, repeats)
    table(f"Joint EVPPI, {n:,} pseudo-random draws, milliseconds", times, notes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="1e4 draws only")
    quick = parser.parse_args().quick
    warnings.simplefilter("ignore")
    for n in (10_000,) if quick else (10_000, 100_000, 1_000_000):
        timed(n, 3 if n > 100_000 else 9)
    exact = exact_single()
    print(f"\n{'error of 12 single values':30}{'Sobol':>10}{'random':>10}")
    for power in (12, 14) if quick else (12, 14, 16, 18):
        errors = []
        for draw in (sobol, pseudo):
            worst = []
            for seed in range(5):
                x = draw(1 << power, seed)
                worst.append(np.abs(np.array(voi.evppi_single(benefit(x), x)) - exact).max())
            errors.append(float(np.mean(worst)))
        print(f"{'2^' + str(power) + ' draws':30}{errors[0]:>10.5f}{errors[1]:>10.5f}")
        if power == 14:
            target("error at 2^14 Sobol draws", errors[0], 1e-3)


if __name__ == "__main__":
    main()
