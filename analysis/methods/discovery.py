"""Which option holds up in which worlds: regret, domains, and boxes where an option fails."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods._checks import finite, labels, number, whole

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
#: Differences of payoffs below this part of their size count as ties.
_TIE = 1e-12


@dataclass(frozen=True, eq=False)
class Regret:
    """What each option loses against the option that is best in hindsight.

    Attributes
    ----------
    names : of the options.
    regret : (scenarios, options), in the unit of the payoffs, never below 0.
    worst, mean : (options,), the largest and the weighted average regret.
    domain : (options,), weight of the scenarios in which the option is best; ties are shared out,
        so the sum is 1 (Starr 1962, Product Design and Decision Theory).
    """

    names: tuple[str, ...]
    regret: Floats
    worst: Floats
    mean: Floats
    domain: Floats

    @property
    def minimax(self) -> int:
        """Option with the smallest worst regret (Savage 1951); the first of those that tie."""
        return int(np.argmin(self.worst))

    @property
    def robust(self) -> int:
        """Option that is best in the largest domain; the first of those that tie."""
        return int(np.argmax(self.domain))


def regret(
    payoffs: ArrayLike, weights: ArrayLike | None = None, names: Sequence[str] | None = None
) -> Regret:
    """Regret of every option in every scenario.

    Parameters
    ----------
    payoffs : (scenarios, options), more is better; a cost must be given with a minus sign.
    weights : (scenarios,), at least 0, of any sum; all alike unless given.
    names : of the options; ``option0`` … unless given.

    Raises ValueError for fewer than 2 options, NaN or infinity, or weights that do not fit.
    """
    table = _payoffs(payoffs)
    share = _weights(weights, len(table))
    best = table.max(axis=1, keepdims=True)
    lost = best - table
    ties = lost <= _TIE * np.abs(table).max(axis=1, keepdims=True)
    lost[ties] = 0.0
    domain = share @ (ties / ties.sum(axis=1, keepdims=True))
    met = lost[share > 0.0]
    options = labels("names", names, table.shape[1], "option")
    return Regret(options, lost, met.max(axis=0), share @ lost, domain)


def domain(payoffs: ArrayLike, threshold: float, weights: ArrayLike | None = None) -> Floats:
    """Weight of the scenarios in which each option reaches ``threshold``; shape (options,).

    Starr's domain criterion with a level of satisfaction: the larger the domain, the less a choice
    depends on which scenario comes true. Arguments and errors as in :func:`regret`.
    """
    table = _payoffs(payoffs)
    level = number("threshold", threshold)
    return np.asarray(_weights(weights, len(table)) @ (table >= level))


@dataclass(frozen=True)
class Limit:
    """Range of one input in a box; infinite where it is open.

    ``quasi_p`` is the chance of seeing the box's density, or more, if this limit did nothing: a
    large one says that the limit may be noise (Bryant and Lempert 2010, Technol. Forecast. Soc.
    Change 77:34).
    """

    name: str
    low: float
    high: float
    quasi_p: float


@dataclass(frozen=True)
class Box:
    """Set of worlds, described by a few limits, in which failures are dense.

    Attributes
    ----------
    limits : one per input that is limited; the others may be anything.
    coverage : share of all failures that lie in the box.
    density : share of the worlds in the box that are failures.
    mass : share of all worlds that lie in the box.
    """

    limits: tuple[Limit, ...]
    coverage: float
    density: float
    mass: float

    def __str__(self) -> str:
        parts = []
        for limit in self.limits:
            low = f"{limit.low:.6g} <= " if np.isfinite(limit.low) else ""
            high = f" <= {limit.high:.6g}" if np.isfinite(limit.high) else ""
            parts.append(f"{low}{limit.name}{high}")
        return " and ".join(parts)


def prim(
    x: pd.DataFrame | ArrayLike,
    failed: ArrayLike,
    *,
    density: float = 0.8,
    boxes: int = 1,
    mass: float = 0.05,
    peel: float = 0.05,
    names: Sequence[str] | None = None,
) -> tuple[Box, ...]:
    """Find boxes of worlds in which an option fails (patient rule induction).

    From each search the box is taken that holds most failures among those with the wanted density;
    the next search looks at the worlds outside. None is returned where no box is dense enough.

    Parameters
    ----------
    x : (worlds, inputs), a table of numbers; its column names are used where it has any.
    failed : (worlds,), true where the option fails.
    density : wanted share of failures in a box, in (0, 1].
    boxes : most boxes to return.
    mass : least share of the worlds in a box, in (0, 1].
    peel : share of the worlds that is cut off at a time, in (0, 0.5].
    names : of the inputs, in place of the column names or ``x0`` ….

    Raises ValueError for shapes that do not fit, NaN, or no difference in ``failed``; ImportError
    with a hint when ema_workbench is not installed.

    Source: Friedman and Fisher (1999, Stat. Comput. 9:123), as in ema_workbench (Kwakkel 2017,
    Environ. Model. Softw. 96:239), with its lenient objective.
    """
    for name, value, most in (("density", density, 1.0), ("mass", mass, 1.0), ("peel", peel, 0.5)):
        if not 0.0 < value <= most:
            raise ValueError(f"{name} = {value}: must be above 0 and at most {most}")
    whole("boxes", boxes, 1)
    given = names if names is not None else getattr(x, "columns", None)
    table = finite("x", np.asarray(x), "worlds", "inputs")
    titles = labels("names", given, table.shape[1], "x")
    fails = _failures(failed, len(table))
    search = _search(table, fails, titles, mass, peel)
    whole_box = search.box_init

    found: list[Box] = []
    while len(found) < boxes:
        box = search.find_box()
        if box is None:
            break
        path = box.peeling_trajectory
        dense = path.index[(path["density"] >= density) & (path["res_dim"] > 0)]
        if len(dense) == 0:
            break
        chosen = int(path.loc[dense, "coverage"].idxmax())
        box.select(chosen)
        found.append(_box(path.loc[chosen], box.box_lims[chosen], box.qp[chosen], whole_box))
    return tuple(found)


def _search(
    table: Floats, fails: NDArray[np.int64], titles: tuple[str, ...], mass: float, peel: float
) -> Any:
    try:
        with warnings.catch_warnings():  # it names its own optional parts that are not installed
            warnings.simplefilter("ignore", UserWarning)
            from ema_workbench.analysis.prim import Prim
    except ImportError as error:
        raise ImportError(
            "prim needs the package ema_workbench: install it with 'pip install ema_workbench'"
        ) from error
    import pandas as pd

    worlds = pd.DataFrame(table, columns=list(titles))
    with warnings.catch_warnings():  # of pandas, about how the package itself uses it
        warnings.simplefilter("ignore", DeprecationWarning)
        # The threshold only tells failures, which are 1, from the rest; density comes later.
        return Prim(worlds, fails, threshold=1e-9, peel_alpha=peel, mass_min=mass)


def _box(stats: Any, limits: Any, quasi_p: dict[str, list[float]], whole_box: Any) -> Box:
    out = []
    for name, chances in quasi_p.items():
        low, high = (float(v) for v in limits[name])
        start, end = (float(v) for v in whole_box[name])
        out.append(
            Limit(
                str(name),
                low if low > start else -np.inf,
                high if high < end else np.inf,
                max(float(p) for p in chances),
            )
        )
    out.sort(key=lambda limit: (limit.quasi_p, limit.name))
    return Box(tuple(out), float(stats["coverage"]), float(stats["density"]), float(stats["mass"]))


def _failures(failed: ArrayLike, worlds: int) -> NDArray[np.int64]:
    given = finite("failed", np.asarray(failed), "worlds")
    if len(given) != worlds:
        raise ValueError(f"failed has {len(given)} entries: must have {worlds}, one per world")
    odd = (given != 0.0) & (given != 1.0)
    if odd.any():
        raise ValueError(f"failed[{int(np.argmax(odd))}] = {given[odd][0]}: must be true or false")
    if given.min() == given.max():
        what = "every" if given[0] else "no"
        raise ValueError(f"failed says that {what} world fails: there is nothing to tell apart")
    return given.astype(np.int64)


def _payoffs(payoffs: ArrayLike) -> Floats:
    table = finite("payoffs", payoffs, "scenarios", "options")
    if table.shape[1] < 2:
        raise ValueError(f"payoffs has {table.shape[1]} option: must have at least 2 to compare")
    return table


def _weights(weights: ArrayLike | None, scenarios: int) -> Floats:
    if weights is None:
        return np.full(scenarios, 1.0 / scenarios)
    share = finite("weights", weights, "scenarios")
    if len(share) != scenarios:
        raise ValueError(f"weights has {len(share)} entries: must have {scenarios}")
    if share.min() < 0.0 or not share.sum() > 0.0:
        raise ValueError(f"weights = {share.tolist()}: must be at least 0, and not all 0")
    return np.asarray(share / share.sum())
