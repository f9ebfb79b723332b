"""Time the registry against ParamTools on as many parameters: load, change one, read all.

Run: python benchmarks/registry.py. ParamTools (pip install paramtools) is left out if absent.
Each figure is the median of the repeats after one warm-up; the two take turns. ParamTools gets
the same number of parameters with a range check each, but no sources, units, formulas or ranges of
uncertainty, which it does not have.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from analysis.registry import checks, loading, lookup

REPEATS = 15


def load() -> lookup.Registry:
    """Read, check and resolve the project's data, with no cache."""
    contents = loading.read(loading.DATA)
    registry = lookup.Registry(contents)
    assert not checks.check(contents, registry)
    return registry


def milliseconds(task: Callable[[], object]) -> float:
    start = time.perf_counter()
    task()
    return 1e3 * (time.perf_counter() - start)


def peer(count: int) -> dict[str, Callable[[], object]]:
    """The same steps with ParamTools, or nothing if it is not installed."""
    try:
        import paramtools
    except ImportError:
        print("ParamTools is not installed: pip install paramtools")
        return {}
    defaults = {
        f"p{n}": {
            "title": f"p{n}", "description": "-", "type": "float", "value": 3.7,
            "validators": {"range": {"min": 1, "max": 10}},
        }
        for n in range(count)
    }  # fmt: skip

    class Parameters(paramtools.Parameters):
        pass

    Parameters.defaults = defaults
    parameters = Parameters()
    return {
        "load": Parameters,
        "change one value": lambda: parameters.adjust({"p0": 4.2}),
    }


def main() -> None:
    registry = load()
    base = registry.scenario("base")
    change = {"cost.frame_article": 4.2}
    ours: dict[str, Callable[[], object]] = {
        "load": load,
        "change one value": lambda: base.with_changes(change),
        "change and hash": lambda: base.with_changes(change).hash,
        "read all values": lambda: base.vector(registry.values),
    }
    theirs = peer(len(registry.values))
    print(f"{len(registry.values)} values, median of {REPEATS}, in milliseconds")
    print(f"{'':<18}{'registry':>10}{'ParamTools':>12}")
    for name, task in ours.items():
        other = theirs.get(name)
        task()
        times, others = [], []
        for _ in range(REPEATS):
            times.append(milliseconds(task))
            if other:
                others.append(milliseconds(other))
        shown = f"{statistics.median(others):12.2f}" if others else f"{'-':>12}"
        print(f"{name:<18}{statistics.median(times):10.2f}{shown}")


if __name__ == "__main__":
    main()
