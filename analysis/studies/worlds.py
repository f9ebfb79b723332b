"""In which worlds joining fails, and which choice one would regret least."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.methods import discovery
from analysis.registry.formatting import format_value
from analysis.studies import decision, uncertainty
from analysis.studies.appraisal import ScenarioLike, as_scenario

DRAWS = 4096
#: Readers whose choice is searched, the outcome that must not be negative, and what to call it.
FAILURES = {
    "gp_guaranteed": "A self-paying GP loses by joining even with all guarantees",
    "npv": "Society loses more than the median of all worlds",
}


def failures(outcome: str, scenario: ScenarioLike = None, boxes: int = 2) -> pd.DataFrame:
    """Boxes of worlds in which an outcome fails, found by PRIM.

    A GP's outcome fails below zero. Society's is below zero in nearly every world, so the worse
    half is searched.

    Columns: ``box``, ``limits`` in words, ``coverage`` (share of all failures in the box),
    ``density`` (share of the box that fails) and ``mass`` (share of all worlds). Raises ValueError
    for an outcome not in FAILURES.
    """
    if outcome not in FAILURES:
        raise ValueError(f"outcome = {outcome!r}: must be one of {', '.join(FAILURES)}")
    chosen = as_scenario(scenario)
    drawn = uncertainty.sample(chosen, DRAWS, 1, (outcome,))
    result = drawn.outcomes[outcome].to_numpy(dtype=np.float64)
    level = float(np.median(result)) if outcome == "npv" else 0.0
    parameters = drawn.parameters
    found = discovery.prim(parameters, result < level, density=0.85, boxes=boxes)
    rows = []
    for number, box in enumerate(found, start=1):
        words = "; ".join(_words(limit, chosen) for limit in box.limits if limit.quasi_p < 0.05)
        rows.append((number, words, box.coverage, box.density, box.mass))
    return pd.DataFrame(rows, columns=["box", "limits", "coverage", "density", "mass"])


def _words(limit: discovery.Limit, scenario: ScenarioLike) -> str:
    record = as_scenario(scenario).registry.value(limit.name)
    ends = []
    if np.isfinite(limit.low):
        ends.append(f"above {format_value(limit.low, record.unit)}")
    if np.isfinite(limit.high):
        ends.append(f"below {format_value(limit.high, record.unit)}")
    return f"{record.label}: {' and '.join(ends)}"


def regrets(reader: str, scenario: ScenarioLike = None) -> pd.DataFrame:
    """Regret of each option of a reader over all worlds, in the unit of its net benefit.

    Columns: ``option``, ``worst`` (largest regret), ``mean``, ``best_in`` (share of worlds in which
    it is best) and ``satisfies`` (share of worlds without a loss: Starr's domain criterion).
    """
    net = decision.options(reader, scenario, DRAWS)
    found = discovery.regret(net.to_numpy(), names=[str(name) for name in net.columns])
    return pd.DataFrame(
        {
            "option": found.names,
            "worst": found.worst,
            "mean": found.mean,
            "best_in": found.domain,
            "satisfies": discovery.domain(net.to_numpy(), 0.0),
        }
    )
