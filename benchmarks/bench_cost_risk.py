"""Time cost risk against plain numpy and OpenTURNS: the S-curve, and a million correlated draws.

Run: python benchmarks/bench_cost_risk.py [--quick]. OpenTURNS (pip install openturns) is left out
if absent. The contestants take turns in one process, so that a busy machine slows all of them
alike; the table gives the best and the median of the repeats, and the best processor time (of all
threads together), which a busy machine disturbs least. Memory is the rise of the peak
resident set in a process of its own, after imports and a small warm-up.

Model: six triangular and four lognormal items, one-factor Gaussian copula with rho 0.3.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable

import numpy as np
from scipy import stats
from scipy.special import ndtr

from analysis.methods import cost_risk

TRIANGULAR = [
    (300, 380, 560), (200, 250, 420), (150, 200, 330), (250, 300, 500), (100, 140, 260),
    (180, 220, 400),
]  # fmt: skip
LOGNORMAL = [(300, 0.25), (250, 0.35), (180, 0.45), (150, 0.5)]
RHO = 0.3
P = np.array([0.01, 0.10, 0.50, 0.85, 0.90, 0.99])


def items() -> list:
    made = [stats.triang((m - a) / (b - a), a, b - a) for a, m, b in TRIANGULAR]
    return made + [stats.lognorm(s, scale=median) for median, s in LOGNORMAL]


def ours(workers: int) -> Callable[[int, int], np.ndarray]:
    made = items()

    def run(draws: int, seed: int) -> np.ndarray:
        return cost_risk.monte_carlo(
            made, RHO, draws, seed, probabilities=(0.5, 0.85), workers=workers
        ).quantiles

    return run


def plain_numpy() -> Callable[[int, int], np.ndarray]:
    """What most people would write: all draws at once, exact inverses."""

    def run(draws: int, seed: int) -> np.ndarray:
        stream = np.random.default_rng(seed)
        common = stream.standard_normal(draws)
        z = np.sqrt(RHO) * common + np.sqrt(1 - RHO) * stream.standard_normal((10, draws))
        total = np.zeros(draws)
        for (a, m, b), score in zip(TRIANGULAR, z[:6], strict=True):
            u = ndtr(score)
            total += np.where(
                u < (m - a) / (b - a),
                a + np.sqrt(u * (b - a) * (m - a)),
                b - np.sqrt((1 - u) * (b - a) * (b - m)),
            )
        for (median, s), score in zip(LOGNORMAL, z[6:], strict=True):
            total += median * np.exp(s * score)
        return np.quantile(total, [0.5, 0.85])

    return run


def openturns() -> Callable[[int, int], np.ndarray]:
    import openturns as ot

    matrix = ot.CorrelationMatrix(10)
    for i in range(10):
        for j in range(i):
            matrix[i, j] = RHO
    laws = [ot.Triangular(*t) for t in TRIANGULAR]
    laws += [ot.LogNormal(float(np.log(median)), s, 0.0) for median, s in LOGNORMAL]
    joint = ot.JointDistribution(laws, ot.NormalCopula(matrix))

    def run(draws: int, seed: int) -> np.ndarray:
        ot.RandomGenerator.SetSeed(seed)
        return np.quantile(np.asarray(joint.getSample(draws)).sum(axis=1), [0.5, 0.85])

    return run


def contestants() -> dict[str, Callable[[], Callable[[int, int], np.ndarray]]]:
    found = {
        "this package, 1 thread": lambda: ours(1),
        "this package, 2 threads": lambda: ours(2),
        "plain numpy": plain_numpy,
    }
    try:
        import openturns as _  # noqa: F401
    except ImportError:
        print("OpenTURNS is not installed: pip install openturns")
        return found
    return {**found, "OpenTURNS": openturns}


def milliseconds(task: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor time."""
    wall, processor = time.perf_counter(), time.process_time()
    task()
    return 1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - processor)


def _status(field: str) -> float:
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024


def _peak(name: str, draws: int, out: multiprocessing.Queue) -> None:
    run = contestants()[name]()
    run(20_000, 1)
    with open("/proc/self/clear_refs", "w", encoding="ascii") as reset:
        reset.write("5")  # the peak counts from here
    before = _status("VmRSS")
    run(draws, 1)
    out.put(_status("VmHWM") - before)


def extra_memory(name: str, draws: int) -> float:
    """Rise of the peak resident set in MB, in a fresh process."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    child = context.Process(target=_peak, args=(name, draws, queue))
    child.start()
    found = queue.get(timeout=300)
    child.join()
    return found


def bench_curve(repeats: int) -> None:
    made = items()
    exact = cost_risk.s_curve(made, RHO, bins=1 << 15).quantile(P)
    print(f"S-curve, {len(made)} items, rho {RHO}, {repeats} repeats; times in ms")
    print(
        f"{'bins':>8} {'best':>7} {'median':>7} {'cpu':>6}   error of P1 P10 P50 P85 P90 P99 in %"
    )
    for bins in (1024, 2048, 4096):
        times = [
            milliseconds(lambda b=bins: cost_risk.s_curve(made, RHO, b)) for _ in range(repeats)
        ]
        wall, processor = zip(*times, strict=True)
        error = 100 * (cost_risk.s_curve(made, RHO, bins).quantile(P) / exact - 1)
        shown = " ".join(f"{e:+.5f}" for e in error)
        print(
            f"{bins:>8} {min(wall):>7.2f} {statistics.median(wall):>7.2f} {min(processor):>6.2f}"
            f"   {shown}"
        )
    drawn = cost_risk.monte_carlo(made, RHO, 4_000_000, seed=7, probabilities=P)
    off = (drawn.quantiles - exact) / drawn.quantile_errors
    print("distance to 4e6 draws, in standard errors:", " ".join(f"{o:+.2f}" for o in off), "\n")


def bench_draws(repeats: int, draws: int = 1_000_000) -> None:
    runs = {name: make() for name, make in contestants().items()}
    for run in runs.values():
        run(20_000, 1)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for seed in range(1, repeats + 1):
        for name, run in runs.items():
            times[name].append(milliseconds(lambda r=run, s=seed: r(draws, s)))
    last = list(runs)[-1]
    print(f"{draws:,} draws of 10 correlated items with P50 and P85, {repeats} repeats in turn;")
    print(f"times in ms, ratios to {last} (median of the pairs)")
    print(
        f"{'':<24} {'best':>6} {'median':>7} {'cpu':>6} {'ratio':>7} {'cpu ratio':>10}"
        f" {'extra MB':>9}     P50     P85"
    )
    for name, run in runs.items():
        wall, processor = zip(*times[name], strict=True)
        ratio, cpu_ratio = (
            statistics.median(b[k] / a[k] for a, b in zip(times[name], times[last], strict=True))
            for k in (0, 1)
        )
        p50, p85 = run(draws, 1)
        print(
            f"{name:<24} {min(wall):>6.0f} {statistics.median(wall):>7.0f} {min(processor):>6.0f}"
            f" {ratio:>6.1f}x {cpu_ratio:>9.1f}x {extra_memory(name, draws):>9.0f}"
            f"  {p50:.1f}  {p85:.1f}"
        )
    print()


def bench_growth(most: int) -> None:
    name, run = "this package, 2 threads", ours(2)
    print(f"Growth with the number of draws ({name})")
    print(f"{'draws':>12} {'best ms':>8} {'ns per draw':>12} {'extra MB':>9}")
    draws = 10_000
    while draws <= most:
        spent = min(milliseconds(lambda n=draws: run(n, 1))[0] for _ in range(2))
        print(
            f"{draws:>12,} {spent:>8.0f} {1e6 * spent / draws:>12.1f}"
            f" {extra_memory(name, draws):>9.0f}"
        )
        draws *= 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats and draws")
    quick = parser.parse_args().quick
    bench_curve(5 if quick else 30)
    bench_draws(2 if quick else 7)
    bench_growth(1_000_000 if quick else 10_000_000)


if __name__ == "__main__":
    main()
