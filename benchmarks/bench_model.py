"""Time the model: compiled draws, distance from the floor, memory, the browser, and the import.

Run: python benchmarks/bench_model.py [--quick]. A busy machine slows wall times; processor times
(of all threads together) stand beside them. Memory is the peak resident set of a process of its
own, after a small warm-up.
"""

from __future__ import annotations

import argparse
import base64
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import analysis
from analysis.explorer.translate import script
from analysis.methods import sampling
from analysis.model import layout as at
from analysis.model.appraisal import evaluate
from analysis.studies import runtime, uncertainty
from analysis.studies.appraisal import OUTCOMES, as_scenario, parameters, place_of


def best(action: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Shortest wall time and shortest processor time, seconds."""
    wall, cpu = [], []
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        action()
        wall.append(time.perf_counter() - start[0])
        cpu.append(time.process_time() - start[1])
    return min(wall), min(cpu)


def line(what: str, value: str, note: str = "") -> None:
    print(f"{what:<58} {value:>14}  {note}".rstrip(), flush=True)


class Counted(float):
    """A float that counts what is done with it."""

    done = 0

    def _made(self, value: float) -> Counted:
        Counted.done += 1
        return Counted(value)

    def __add__(self, other: float) -> Counted:
        return self._made(float.__add__(self, other))

    def __sub__(self, other: float) -> Counted:
        return self._made(float.__sub__(self, other))

    def __mul__(self, other: float) -> Counted:
        return self._made(float.__mul__(self, other))

    def __truediv__(self, other: float) -> Counted:
        return self._made(float.__truediv__(self, other))

    def __radd__(self, other: float) -> Counted:
        return self._made(float.__radd__(self, other))

    def __rsub__(self, other: float) -> Counted:
        return self._made(float.__rsub__(self, other))

    def __rmul__(self, other: float) -> Counted:
        return self._made(float.__rmul__(self, other))

    def __rtruediv__(self, other: float) -> Counted:
        return self._made(float.__rtruediv__(self, other))

    def __neg__(self) -> Counted:
        return self._made(float.__neg__(self))


def count_flops() -> int:
    """Additions, multiplications, divisions and negations of one evaluation of the base scenario.

    Comparisons, minima, maxima and roots are left out.
    """
    p = [Counted(x) for x in parameters(as_scenario(None))]
    out = [Counted(0.0)] * at.SIZE
    Counted.done = 0
    evaluate(p, out)
    return Counted.done


def scalar_flop() -> float:
    """Seconds per operation of plain scalar code: independent additions and products.

    Eight running sums, each step a product and an addition: what one core does at best when numbers
    are not handled several at a time.
    """
    import numba

    @numba.njit
    def loop(n: int, x: float) -> float:
        a = b = c = d = e = f = g = h = x
        for _ in range(n):
            a = a * x + x
            b = b * x + x
            c = c * x + x
            d = d * x + x
            e = e * x + x
            f = f * x + x
            g = g * x + x
            h = h * x + x
        return a + b + c + d + e + f + g + h

    n = 1_000_000
    loop(10, 0.5)
    return best(lambda: loop(n, 0.5), 5)[1] / (16 * n)


def compiled(draws: int, repeats: int) -> None:
    uncertainty.simulate(draws=128, progress=False)  # compile or load
    base = parameters(as_scenario(None))
    prepared = uncertainty.draws_of(as_scenario(None), [place_of(n) for n in OUTCOMES])
    columns = np.tile(base[list(prepared.places)][:, None], 2048)
    wall, cpu = best(lambda: prepared.outcomes(columns), 5 * repeats)
    per = cpu / 2048
    line("kernel alone, one core", f"{per * 1e6:.2f} us", f"{1 / per:,.0f} evaluations a second")
    flops, flop = count_flops(), scalar_flop()
    line("  operations in one evaluation", f"{flops:,}", "+ - * / and negations")
    line("  floor: as many scalar operations on this core", f"{flops * flop * 1e6:.2f} us",
         f"{per / (flops * flop):.1f} times the floor")  # fmt: skip
    parts(prepared, 3 * repeats)
    wall, cpu = best(lambda: uncertainty.simulate(draws=draws, progress=False), repeats)
    line(f"full simulation, {draws:,} draws, one thread", f"{draws / wall:,.0f} /s",
         f"{draws / cpu:,.0f} per second of processor time")  # fmt: skip
    with ThreadPoolExecutor(2) as pool:
        wall, cpu = best(
            lambda: uncertainty.simulate(draws=draws, executor=pool, progress=False), repeats
        )
    line(f"full simulation, {draws:,} draws, two threads", f"{draws / wall:,.0f} /s",
         f"{2 * draws / cpu:,.0f} if both cores were free (target 200,000)")  # fmt: skip
    start = time.perf_counter()
    for _ in range(20):
        analysis.evaluate()
    line("analysis.evaluate(), plain Python", f"{(time.perf_counter() - start) / 20 * 1e3:.1f} ms")


def parts(prepared: uncertainty.Draws, repeats: int) -> None:
    """Where the time of one replicate goes, per draw, in processor time of one core."""
    plan = sampling.Plan(prepared.copula, uncertainty.MOST_ROWS, 1)
    scores = next(iter(plan))
    columns = prepared.columns(scores)
    results = prepared.outcomes(columns)

    def quantiles() -> None:
        ordered = np.sort(results, axis=1)
        np.quantile(ordered, uncertainty.PROBABILITIES, axis=1, overwrite_input=True)

    for what, action in (
        ("points and their normal scores", lambda: next(iter(plan))),
        ("values of the parameters", lambda: prepared.columns(scores)),
        ("the model", lambda: prepared.outcomes(columns)),
        ("quantiles", quantiles),
    ):
        seconds = best(action, repeats)[1] / plan.draws
        line(f"  per draw: {what}", f"{seconds * 1e6:.2f} us")


def memory(draws: int) -> None:
    """Peak memory of a simulation in a process of its own."""
    code = (
        "import sys; sys.path.insert(0, 'benchmarks'); import bench_model; "
        f"bench_model.peak({draws})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    before, after, seconds = (float(x) for x in done.stdout.split())
    line(f"peak memory, {draws:,} draws", f"+{after - before:.1f} MB",
         f"{after:.0f} MB in all, {seconds:.1f} s")  # fmt: skip


def peak(draws: int) -> None:
    with ThreadPoolExecutor(2) as pool:
        uncertainty.simulate(draws=1024, executor=pool, progress=False)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        start = time.perf_counter()
        uncertainty.simulate(draws=draws, executor=pool, progress=False)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(before, after, time.perf_counter() - start)


BROWSER = """
([text, width, size, draws]) => {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const rows = new Float64Array(bytes.buffer);
  const out = new Float64Array(size);
  const one = (k) => HPModel.evaluate(rows.subarray(k * width, (k + 1) * width), out);
  const times = [];
  for (let run = 0; run < 12; run += 1) {
    const start = performance.now();
    for (let k = 0; k < draws; k += 1) one(k);
    times.push(performance.now() - start);
  }
  const first = times[0];
  return [first, Math.min(...times)];
}
"""


def browser(draws: int = 2000) -> None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        line("in Chromium", "-", "playwright is not installed")
        return
    prepared = uncertainty.draws_of(as_scenario(None), [0])
    scores = next(iter(sampling.Plan(prepared.copula, 2048, 1)))[:draws]
    rows = np.tile(prepared.base, (draws, 1))
    rows[:, prepared.places] = prepared.columns(scores).T
    text = base64.b64encode(rows.tobytes()).decode()
    path = os.environ.get("CHROMIUM", shutil.which("chromium"))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = chromium.new_page()
        page.add_script_tag(content=script([evaluate]))
        first, least = page.evaluate(BROWSER, [text, rows.shape[1], at.SIZE, draws])
        chromium.close()
    line("one evaluation in Chromium, warm", f"{least / draws * 1e3:.1f} us", "target 200 us")
    line(f"{draws:,} draws in Chromium, first time", f"{first:.0f} ms", "target 300 ms")
    line(f"{draws:,} draws in Chromium, warm", f"{least:.0f} ms")


def imports(repeats: int) -> None:
    def seconds(code: str) -> float:
        program = f"import time; a = time.process_time(); {code}; print(time.process_time() - a)"
        return min(
            float(subprocess.check_output([sys.executable, "-c", program])) for _ in range(repeats)
        )

    pandas = seconds("import pandas")
    line("import pandas", f"{pandas * 1e3:.0f} ms")
    line("import analysis", f"{seconds('import analysis') * 1e3:.1f} ms")
    both = seconds("import pandas, analysis; analysis.evaluate")
    line("import analysis and its evaluate, pandas included", f"{both * 1e3:.0f} ms",
         f"{both / pandas:.2f} times pandas")  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true", help="fewer repeats, no ten million draws")
    quick = options.parse_args().quick
    if runtime.available():
        compiled(1 << 16 if quick else 1 << 18, 2 if quick else 3)
        for draws in (10_000, 100_000, 1_000_000) + (() if quick else (10_000_000,)):
            memory(draws)
    else:
        line("compiled", "-", "numba is not installed")
    browser()
    imports(3 if quick else 7)


if __name__ == "__main__":
    main()
