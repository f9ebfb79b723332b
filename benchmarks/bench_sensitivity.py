"""Time Sobol indices against scipy, SALib and OpenTURNS: the G function of twelve inputs, N = 2^14.

Run: python benchmarks/bench_sensitivity.py [--quick]. Times are milliseconds and include the model.
Peers that are not installed are left out. The bootstrap of scipy is not run: it takes most of a
minute and several GB on this case. "Error" is the largest error of the total and first-order
indices against the closed form.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy import stats
from turns import Run, in_turns, table, target

from analysis.methods.sensitivity import sobol_indices

A = np.array([0, 1, 4.5, 9] + [99] * 8, dtype=float)
SIZE = len(A)
UNIFORM = [stats.uniform()] * SIZE
Indices = Callable[[], tuple[np.ndarray, np.ndarray]]


def model(x: np.ndarray) -> np.ndarray:
    return np.prod((np.abs(4 * x - 2) + A) / (1 + A), axis=1)


def exact() -> tuple[np.ndarray, np.ndarray]:
    part = 1 / (3 * (1 + A) ** 2)
    variance = np.prod(1 + part) - 1
    return part / variance, part * np.prod(1 + part) / (1 + part) / variance


def contestants(n: int, pool: ThreadPoolExecutor) -> dict[str, Indices]:
    def ours(**more: object) -> Indices:
        def run() -> tuple[np.ndarray, np.ndarray]:
            found = sobol_indices(model, UNIFORM, n, 1, **more)
            return found.first, found.total

        return run

    def scipy_indices() -> tuple[np.ndarray, np.ndarray]:
        found = stats.sobol_indices(
            func=lambda x: model(x.T), n=n, dists=UNIFORM, rng=np.random.default_rng(1)
        )
        return found.first_order, found.total_order

    out: dict[str, Indices] = {
        "ours, with intervals": ours(),
        "ours, with intervals, two threads": ours(executor=pool),
        "ours, indices only": ours(replicates=1),
        "scipy, indices only": scipy_indices,
    }
    try:
        from SALib.analyze import sobol as analyze
        from SALib.sample import sobol as sample
    except ImportError:
        pass
    else:
        problem = {"num_vars": SIZE, "names": [f"x{i}" for i in range(SIZE)]}
        problem["bounds"] = [[0.0, 1.0]] * SIZE

        def salib(resamples: int) -> Indices:
            def run() -> tuple[np.ndarray, np.ndarray]:
                rows = sample.sample(problem, n, calc_second_order=False, seed=1)
                found = analyze.analyze(
                    problem, model(rows), calc_second_order=False, num_resamples=resamples, seed=1
                )
                return np.asarray(found["S1"]), np.asarray(found["ST"])

            return run

        out["SALib, 2 resamples"] = salib(2)
        out["SALib, 100 resamples"] = salib(100)
    try:
        import openturns as ot
    except ImportError:
        pass
    else:

        class Sampled(ot.OpenTURNSPythonFunction):
            def __init__(self) -> None:
                super().__init__(SIZE, 1)

            def _exec_sample(self, x: object) -> np.ndarray:
                return model(np.asarray(x))[:, None]

        function = ot.Function(Sampled())
        law = ot.JointDistribution([ot.Uniform(0, 1)] * SIZE)

        def openturns(intervals: bool) -> Indices:
            def run() -> tuple[np.ndarray, np.ndarray]:
                design = ot.SobolIndicesExperiment(law, n, False).generate()
                found = ot.SaltelliSensitivityAlgorithm(design, function(design), n)
                if intervals:
                    found.setUseAsymptoticDistribution(True)
                    found.getFirstOrderIndicesInterval()
                    found.getTotalOrderIndicesInterval()
                return np.array(found.getFirstOrderIndices()), np.array(
                    found.getTotalOrderIndices()
                )

            return run

        out["OpenTURNS, indices only"] = openturns(False)
        out["OpenTURNS, asymptotic intervals"] = openturns(True)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats and a smaller N")
    quick = parser.parse_args().quick
    n, repeats = (1 << 11, 3) if quick else (1 << 14, 7)
    first, total = exact()
    with ThreadPoolExecutor(2) as pool, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runs = contestants(n, pool)
        notes, errors = {}, {}
        for name, run in runs.items():
            s1, st = run()
            errors[name] = float(np.abs(st - total).max())
            notes[name] = f"error ST {abs(st - total).max():.5f}, S1 {abs(s1 - first).max():.5f}"
        rows = np.random.default_rng(0).random((n * (SIZE + 2), SIZE))
        model_only: dict[str, Run] = {"model alone, n (d + 2) rows at once": lambda: model(rows)}
        times = in_turns({**runs, **model_only}, repeats)
    table(f"Sobol indices, G function, {SIZE} inputs, N = {n}, milliseconds", times, notes)
    if not quick:
        for name, limit in (("ours, indices only", 20.0), ("ours, with intervals", 80.0)):
            target(name, 1e3 * times[name].best, limit, " ms")
        target("total-index error, with intervals", errors["ours, with intervals"], 0.004)
    print(
        "ours with intervals runs the model 4 N (d + 2) times, ours without and all others"
        " N (d + 2) times"
    )


if __name__ == "__main__":
    main()
