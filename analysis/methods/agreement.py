"""Agreement between coders of interviews: Krippendorff's alpha with an interval.

Alpha is 1 under perfect agreement, 0 where coders agree no more than chance would make them, and
negative under systematic disagreement. It allows any number of coders, missing codes and four
levels of measurement.

Source: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, University of Pennsylvania.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Level = Literal["nominal", "ordinal", "interval", "ratio"]
#: One row per coder, one column per unit; None or NaN where a coder gave no code.
Codes = Sequence[Sequence[Hashable]] | NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """Alpha with a percentile interval from resampled units.

    ``undefined`` counts the resamples that held a single value, where alpha does not exist; they
    are left out of the interval, so a large count means that the interval is too narrow.
    """

    alpha: float
    low: float
    high: float
    level: float
    units: int
    resamples: int
    undefined: int


def alpha(codes: Codes, metric: Level = "nominal") -> float:
    """Krippendorff's alpha.

    Parameters
    ----------
    codes : coders by units. Any hashable values for ``nominal``; numbers otherwise. Units coded by
        fewer than two coders carry no information and are left out.
    metric : what a difference between two codes means.

    Raises
    ------
    ValueError : an unknown metric, rows of unequal length, fewer than two coders, no unit with two
        codes, codes that are not numbers where numbers are needed, negative codes for ``ratio``, or
        only one value in all codes (agreement cannot then be told from a lack of choice).
    """
    pairs, values = _coincidences(codes, metric)
    found = float(_alpha(pairs.sum(axis=0)[None], values, metric)[0])
    if math.isnan(found):
        raise ValueError("codes: all are the same value; alpha needs at least two different ones")
    return found


def bootstrap(
    codes: Codes,
    metric: Level = "nominal",
    resamples: int = 5000,
    level: float = 0.95,
    seed: int = 1,
) -> Agreement:
    """Alpha with a percentile bootstrap interval over units.

    Source: Zapf, Castell, Morawietz and Karch (2016), BMC Medical Research Methodology 16:93.

    Raises as :func:`alpha`, and ValueError for fewer than 100 resamples or a level outside (0, 1).
    """
    if resamples < 100:
        raise ValueError(f"resamples = {resamples}: must be at least 100")
    if not 0.0 < level < 1.0:
        raise ValueError(f"level = {level}: must be between 0 and 1")
    centre = alpha(codes, metric)
    pairs, values = _coincidences(codes, metric)
    units = len(pairs)
    stream = np.random.Generator(np.random.PCG64(seed))
    weights = stream.multinomial(units, np.full(units, 1.0 / units), size=resamples)
    drawn = np.tensordot(weights.astype(np.float64), pairs, axes=1)
    found = _alpha(drawn, values, metric)
    known = found[~np.isnan(found)]
    if len(known) == 0:
        raise ValueError("codes: no resample held two different values; too few units")
    low, high = np.quantile(known, [0.5 - 0.5 * level, 0.5 + 0.5 * level])
    return Agreement(
        centre, float(low), float(high), level, units, resamples, resamples - len(known)
    )


def _coincidences(codes: Codes, metric: Level) -> tuple[Floats, Floats]:
    """Pairs of codes per unit, shape (units, values, values), and the sorted values.

    A unit with m codes adds each of its ordered pairs with weight 1 / (m - 1), hence m in all.
    """
    if metric not in get_args(Level):
        raise ValueError(f"metric = {metric!r}: must be one of {', '.join(get_args(Level))}")
    rows = [list(row) for row in codes]
    if len(rows) < 2:
        raise ValueError(f"codes of {len(rows)} coders: at least two are needed")
    if len({len(row) for row in rows}) != 1:
        raise ValueError(f"codes: rows have lengths {[len(r) for r in rows]}; must be equal")
    present = {value for row in rows for value in row if not _missing(value)}
    if metric == "nominal":
        names = sorted(present, key=lambda v: (str(type(v)), str(v)))
        values = np.arange(len(names), dtype=np.float64)
    else:
        for value in present:
            if not isinstance(value, int | float | np.number) or not math.isfinite(float(value)):
                raise ValueError(f"codes hold {value!r}: must be finite numbers for {metric}")
            if metric == "ratio" and float(value) < 0.0:
                raise ValueError(f"codes hold {value!r}: must not be negative for ratio")
        names = sorted(present)
        values = np.array([float(v) for v in names])
    place = {value: i for i, value in enumerate(names)}
    units = []
    for column in zip(*rows, strict=True):
        counts = np.zeros(len(names))
        for value in column:
            if not _missing(value):
                counts[place[value]] += 1.0
        total = counts.sum()
        if total >= 2.0:
            units.append((np.outer(counts, counts) - np.diag(counts)) / (total - 1.0))
    if not units:
        raise ValueError("codes: no unit has codes from two coders")
    return np.array(units), values


def _alpha(pairs: Floats, values: Floats, metric: Level) -> Floats:
    """Alpha for each coincidence matrix (n, values, values); NaN where only one value occurs."""
    totals = pairs.sum(axis=2)
    n = totals.sum(axis=1)
    distance = _distance(values, totals, metric)
    observed = (pairs * distance).sum(axis=(1, 2))
    chance = (totals[:, :, None] * totals[:, None, :] * distance).sum(axis=(1, 2))
    out = np.full(len(pairs), np.nan)
    np.divide((n - 1.0) * observed, chance, out=out, where=chance > 0.0)
    return np.asarray(1.0 - out)


def _distance(values: Floats, totals: Floats, metric: Level) -> Floats:
    """Squared difference between two values, shape (1 or n, values, values)."""
    if metric == "nominal":
        return 1.0 - np.eye(len(values))[None]
    if metric == "interval":
        return (values[:, None] - values[None, :])[None] ** 2
    if metric == "ratio":
        both = values[:, None] + values[None, :]
        gap = values[:, None] - values[None, :]
        return np.divide(gap, both, out=np.zeros_like(gap), where=both > 0.0)[None] ** 2
    # Ordinal: the codes used between two ranks, with half of those at either end.
    middle = np.cumsum(totals, axis=1) - 0.5 * totals
    return np.asarray((middle[:, :, None] - middle[:, None, :]) ** 2)


def _missing(value: Hashable) -> bool:
    return value is None or (isinstance(value, float | np.floating) and bool(np.isnan(value)))
