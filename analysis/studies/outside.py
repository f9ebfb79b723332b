"""The outside view: how projects like this one ended, and where the outcome so far lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis import registry
from analysis.methods import outside_view
from analysis.methods.outside_view import INDICES, ReferenceClass
from analysis.registry import Scenario
from analysis.studies import cost_risk
from analysis.studies.findings import finding

LEVELS = (0.50, 0.85, 0.90, 0.95)
CURVE_LEVELS = np.concatenate([np.linspace(0.02, 0.8, 40), 1 - np.geomspace(0.19, 0.01, 30)])
_INPUTS = (
    "reference.it2023_tail",
    "outside.body_median",
    "outside.body_sigma",
    "outside.tail_from",
    "cost.original_audit",
)


def _scenario(scenario: Scenario | None) -> Scenario:
    return scenario or registry.load().scenario("base")


def reference(scenario: Scenario | None = None, index: float = 1.5) -> ReferenceClass:
    """Outcome over estimate of large IT projects: an ordinary body and a heavy tail."""
    value = _scenario(scenario).value
    return ReferenceClass(
        median=value("outside.body_median"),
        sigma=value("outside.body_sigma"),
        threshold=value("outside.tail_from"),
        share=value("reference.it2023_tail"),
        index=index,
    )


def first_estimate(scenario: Scenario | None = None) -> float:
    """The first estimate as the audit is quoted, bn NOK."""
    return _scenario(scenario).value("cost.original_audit")


def readings(scenario: Scenario | None = None) -> pd.DataFrame:
    """What the reference class says of a first estimate under each tail index.

    Columns: ``tail_index``, ``p50``, ``p85``, ``p90``, ``p95`` (bn NOK, on the first estimate as
    the audit is quoted), ``mean`` (None where it does not exist) and ``mean_to_cap``.
    """
    chosen = _scenario(scenario)
    first = first_estimate(chosen)
    fan = outside_view.tail_fan(reference(chosen), chosen.value("outside.cap"), LEVELS)
    rows = []
    for read in fan:
        mean = None if read.mean is None else read.mean * first
        amounts = [quantile * first for quantile in read.quantiles]
        rows.append((read.index, *amounts, mean, read.truncated_mean * first))
    columns = ["tail_index", "p50", "p85", "p90", "p95", "mean", "mean_to_cap"]
    return pd.DataFrame(rows, columns=columns)


def curves(scenario: Scenario | None = None) -> pd.DataFrame:
    """Chance of exceeding each multiple of the first estimate: ``view``, ``multiple``, ``beyond``.

    The inside view is the base S-curve over the sum of its items, so that both start from an
    estimate of one.
    """
    chosen = _scenario(scenario)
    frames = []
    for index in INDICES:
        law = replace(reference(chosen), index=index)
        frames.append(
            pd.DataFrame(
                {
                    "view": f"outside, tail index {index:g}",
                    "multiple": law.ppf(CURVE_LEVELS),
                    "beyond": 1 - CURVE_LEVELS,
                }
            )
        )
    inside = cost_risk.base_curve(chosen).quantile(CURVE_LEVELS)
    start = cost_risk.base_estimate(chosen)
    frames.append(
        pd.DataFrame(
            {"view": "inside, base set", "multiple": inside / start, "beyond": 1 - CURVE_LEVELS}
        )
    )
    return pd.concat(frames, ignore_index=True)


def outcome_multiple(scenario: Scenario | None = None) -> float:
    """The total told after the audit over the first estimate, both as the audit is quoted."""
    return 1 + _scenario(scenario).value("cost.growth_total_audit")


@finding(
    "budget.outcome_inside",
    label="Chance that the inside view gave to a growth as large as the one told after the audit",
    unit="probability",
    inputs=("cost.growth_total_audit", "cost_items.vendor", "cost_risk.correlation"),
    method="base S-curve over the sum of its items, read at the growth",
)
def outcome_inside(scenario: Scenario) -> float:
    """Probability of exceeding the recorded growth, inside view."""
    limit = outcome_multiple(scenario) * cost_risk.base_estimate(scenario)
    return 1 - cost_risk.base_curve(scenario).cdf(limit)


@finding(
    "budget.outcome_outside",
    label="Chance of such a growth among IT projects, middle tail index and range over indices",
    unit="probability",
    inputs=_INPUTS,
    method="lognormal body with a Pareto tail, four tail indices",
)
def outcome_outside(scenario: Scenario) -> tuple[float, float, float]:
    """Probability of exceeding the recorded growth: index 1.5, and the range over the indices."""
    multiple = outcome_multiple(scenario)
    chances = [
        1 - float(replace(reference(scenario), index=index).cdf(multiple)) for index in INDICES
    ]
    return chances[INDICES.index(1.5)], min(chances), max(chances)


@finding(
    "budget.tail_index",
    label="Tail index that the published mean of the tail implies",
    unit="number",
    inputs=("reference.it2023_tail_mean", "outside.tail_from"),
    method="Pareto mean solved for the index",
)
def tail_index(scenario: Scenario) -> float:
    """Pareto index implied by the mean overrun in the tail."""
    return outside_view.index_from_tail_mean(
        scenario.value("outside.tail_from"), 1 + scenario.value("reference.it2023_tail_mean")
    )


@finding(
    "budget.widening",
    label="How much wider ranges must be if frames meant as P85 hold as often as recorded",
    unit="factor",
    inputs=("convention.p85", "reference.qa2_within"),
    method="normal scores of stated and kept chance",
)
def widening(scenario: Scenario) -> float:
    """Factor on the spread that calibrates stated P85 frames to the recorded share kept."""
    found = outside_view.calibration(
        scenario.value("convention.p85"), scenario.value("reference.qa2_within")
    )
    return found.widening
