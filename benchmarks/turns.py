"""Time contestants in turns, in one process, so that a busy machine slows all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

Run = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Seconds: best and median by the clock, and best of processor time of all threads together."""

    best: float
    median: float
    processor: float


def in_turns(runs: dict[str, Run], repeats: int, once: tuple[str, ...] = ()) -> dict[str, Timing]:
    """Time each run ``repeats`` times after one to warm up; those in ``once`` a single time."""
    clock: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for name, run in runs.items():
        if name not in once:
            run()
    for turn in range(repeats):
        for name, run in runs.items():
            if name in once and turn:
                continue
            start, busy = time.perf_counter(), time.process_time()
            run()
            clock[name].append((time.perf_counter() - start, time.process_time() - busy))
    return {
        name: Timing(
            min(t for t, _ in times), median(t for t, _ in times), min(p for _, p in times)
        )
        for name, times in clock.items()
    }


def table(
    title: str,
    times: dict[str, Timing],
    notes: dict[str, str],
    scale: dict[str, float] | None = None,
) -> None:
    """Print best, median, processor time and the ratio to the first row, in milliseconds."""
    scale = scale or {}
    print(f"\n{title}\n{'':40}{'best':>11}{'median':>11}{'processor':>11}{'ratio':>9}  note")
    first = next(iter(times))
    base = times[first].best * scale.get(first, 1.0)
    for name, timing in times.items():
        factor = scale.get(name, 1.0)
        cells = [factor * 1e3 * t for t in (timing.best, timing.median, timing.processor)]
        ratio = timing.best * factor / base
        numbers = "".join(f"{c:>11,.2f}" for c in cells)
        print(f"{name:40}{numbers}{ratio:>8.1f}x  {notes.get(name, '')}", flush=True)


def target(what: str, value: float, limit: float, unit: str = "") -> None:
    """Say whether ``value`` is within its limit."""
    verdict = "met" if value <= limit else "MISSED"
    print(f"target: {what} <= {limit:g}{unit}: {verdict} ({value:.4g}{unit})", flush=True)
