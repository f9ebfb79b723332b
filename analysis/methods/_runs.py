"""Run a model over scrambled nets: quantiles, checked results, replicates and their errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from analysis.methods import _nets
from analysis.methods._checks import number, whole

Floats = NDArray[np.float64]
Model = Callable[[Floats], ArrayLike]
Seed = int | Sequence[int]
_Out = TypeVar("_Out")
#: Rows handed to the model at a time: enough to hide a call, few enough to stay in cache.
CHUNK = 1 << 12


@dataclass(frozen=True, eq=False)
class Replicated:
    """Estimates with their errors from independent replicates.

    ``values`` are the pooled estimates; ``residuals`` (replicates, …) are how far each replicate is
    off them, to first order.
    """

    values: Floats
    residuals: Floats

    @property
    def standard_error(self) -> Floats:
        """Standard error of ``values``; ValueError when there was only one replicate."""
        count = len(self.residuals)
        if count < 2:
            raise ValueError(f"replicates = {count}: must be at least 4 for a standard error")
        return np.asarray(np.sqrt(np.mean(self.residuals**2, axis=0) / (count - 1)))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Student confidence interval with one degree of freedom less than replicates."""
        number("level", level, 0.0, 1.0)
        reach = float(stdtrit(len(self.residuals) - 1, 0.5 + 0.5 * level)) * self.standard_error
        return self.values - reach, self.values + reach


def ratio(numerator: Floats, denominator: Floats) -> Replicated:
    """Ratio of the means over replicates (axis 0), with the residuals of its linear form."""
    below = denominator.mean(axis=0)
    values = numerator.mean(axis=0) / below
    return Replicated(values, (numerator - values * denominator) / below)


def design(n: int, replicates: int) -> tuple[int, int]:
    """Points of one scramble, and how many scrambles: one of n, or several of 4 n in all."""
    whole("n", n, 2, 1 << (_nets.BITS - 2))
    if n & (n - 1):
        near = 1 << round(math.log2(n))
        raise ValueError(f"n = {n}: must be a power of two, such as {near}; Sobol points need it")
    whole("replicates", replicates, 1)
    if replicates == 1:
        return int(n), 1
    if replicates < 4 or replicates & (replicates - 1):
        raise ValueError(f"replicates = {replicates}: must be 1 or a power of two from 4 up")
    if 2 * n < replicates:
        raise ValueError(f"n = {n}: must be at least {replicates // 2} for {replicates} replicates")
    return 4 * int(n) // replicates, int(replicates)


@dataclass(frozen=True)
class Law:
    """Quantile function of one input, checked."""

    index: int
    ppf: Callable[[Floats], ArrayLike]

    def __call__(self, unit: Floats) -> Floats:
        """Quantiles of the probabilities ``unit``."""
        out = np.asarray(self.ppf(unit), dtype=np.float64)
        good = np.isfinite(out)
        if not good.all():
            raise ValueError(
                f"distributions[{self.index}].ppf({unit[~good][0]:.6g}) is not finite:"
                " every quantile must be a number"
            )
        return out


def laws(distributions: Sequence[Any]) -> tuple[Law, ...]:
    """Quantile functions of the distributions; ValueError for none, or one without ``ppf``."""
    given = tuple(distributions)
    if not given:
        raise ValueError("distributions is empty: must hold one distribution per input")
    for i, law in enumerate(given):
        if not callable(getattr(law, "ppf", None)):
            raise ValueError(f"distributions[{i}] = {law!r}: must have a method ppf")
    return tuple(Law(i, _quantile_function(law)) for i, law in enumerate(given))


def _quantile_function(law: Any) -> Callable[[Floats], ArrayLike]:
    if getattr(getattr(law, "dist", None), "name", "") == "uniform":
        # scipy checks the arguments of this one for longer than most models run
        low, high = (float(end) for end in law.support())
        return partial(_between, low, high)
    quantile: Callable[[Floats], ArrayLike] = law.ppf
    return quantile


def _between(low: float, high: float, unit: Floats) -> Floats:
    return low + (high - low) * unit


def quantiles(of: Sequence[Law], unit: Floats) -> Floats:
    """Quantiles of probabilities, both of shape (…, inputs, points)."""
    out = np.empty_like(unit)
    for column, law in enumerate(of):
        out[..., column, :] = law(unit[..., column, :])
    return out


def run(model: Model, rows: Floats) -> Floats:
    """Results of the model as a new array (rows,), checked."""
    rows.flags.writeable = False  # a model that changes its inputs would spoil the design
    result = np.array(model(rows), dtype=np.float64)
    if result.shape != (len(rows),):
        raise ValueError(
            f"model returned shape {result.shape} for {len(rows)} rows: must be ({len(rows)},)"
        )
    if not np.isfinite(result).all():
        row = int(np.argmin(np.isfinite(result)))
        raise ValueError(
            f"model returned {result[row]} for inputs {rows[row].tolist()}: must be finite"
        )
    return result


def results(model: Model, inputs: Floats) -> Floats:
    """Results (points,) for inputs (inputs, points), in chunks."""
    starts = range(0, inputs.shape[1], CHUNK)
    return np.concatenate([run(model, inputs[:, s : s + CHUNK].T) for s in starts])


def check_varies(variance: float, mean: float) -> None:
    """ValueError when the variance of a result is nothing but rounding."""
    if not variance > 1e-24 * (variance + mean**2):
        raise ValueError(f"model always returns {mean:.6g}: it must vary, or no input has a share")


def replicate(
    executor: Executor | None,
    task: Callable[..., _Out],
    seed: Seed,
    count: int,
    *arguments: Sequence[Any],
) -> list[_Out]:
    """Run ``task(seed, *arguments)`` for ``count`` independent seeds, each with its own arguments.

    Shows a progress bar if it takes over two seconds.
    """
    from tqdm.auto import tqdm

    seeds = np.random.SeedSequence(seed).spawn(count)
    over = map if executor is None else executor.map
    done: Iterable[_Out] = over(task, seeds, *arguments)
    return list(tqdm(done, total=count, delay=2.0, leave=False))
