"""How likely the frame is to hold: line items, discrete risks, common causes, similar projects.

The inside view adds up the items of an estimate with their ranges. The outside view asks how
similar projects ended. Amounts are in million kroner.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from analysis import registry
from analysis.methods import cost_risk
from analysis.methods.distributions import DiscreteRisk, Distribution
from analysis.registry import Scenario
from analysis.studies.findings import finding
from analysis.studies.uncertainty import law_of

ITEMS = "cost_items"
RISKS = ("delay", "repair", "scope")
LEVELS = (0.10, 0.50, 0.85, 0.90)
CURVE_POINTS = 121
_INPUTS = (
    "cost.frame_article",
    "cost_risk.correlation",
    "cost_items.vendor",
    "cost_risks.delay_impact",
)


def _scenario(scenario: Scenario | None) -> Scenario:
    return scenario or registry.load().scenario("base")


def _law(id: str, scenario: Scenario, widen: float = 1.0) -> Distribution:
    """Law of a value; its range moves in proportion when the scenario moves the value.

    ``widen`` raises both ends to that power around the base value (1 leaves them).
    """
    record = registry.load().value(id)
    base, now = registry.load()[id], scenario.value(id)
    if record.low is None or record.high is None or record.distribution is None:
        raise ValueError(f"{id} has no range and distribution to simulate")
    ends = {"low": now * (record.low / base) ** widen, "high": now * (record.high / base) ** widen}
    mode = None if record.mode is None else now * record.mode / base
    return law_of(record.model_copy(update={**ends, "mode": mode, "value": now}))


def item_laws(scenario: Scenario | None = None, widen: float = 1.0) -> dict[str, Distribution]:
    """Laws of the cost items by value id, in m NOK."""
    ids = registry.load().series(ITEMS)["id"]
    return {id: _law(id, _scenario(scenario), widen) for id in ids}


def risk_laws(scenario: Scenario | None = None) -> dict[str, Distribution]:
    """Laws of the discrete risks: each happens with its probability and then costs its impact."""
    chosen = _scenario(scenario)
    laws: dict[str, Distribution] = {}
    for name in RISKS:
        probability = chosen.value(f"cost_risks.{name}_probability")
        if probability > 0:
            id = f"cost_risks.{name}_impact"
            laws[id] = DiscreteRisk(probability, _law(id, chosen))
    return laws


def assumption_sets(scenario: Scenario | None = None) -> dict[str, cost_risk.Assumptions]:
    """The sets of assumptions under which the frame is read, by name, mildest first."""
    chosen = _scenario(scenario)
    items = list(item_laws(chosen).values())
    risks = list(risk_laws(chosen).values())
    wide = list(item_laws(chosen, widen=1.5).values())
    rho = chosen.value("cost_risk.correlation")
    return {
        "Items only, independent": cost_risk.Assumptions(items, 0.0),
        "Items and risks, independent": cost_risk.Assumptions(items + risks, 0.0),
        "Items and risks, base correlation": cost_risk.Assumptions(items + risks, rho),
        "Items and risks, fully dependent": cost_risk.Assumptions(items + risks, 1.0),
        "Wider item ranges, base correlation": cost_risk.Assumptions(wide + risks, rho),
    }


BASE_SET = "Items and risks, base correlation"


@lru_cache(maxsize=64)
def _curves(scenario: Scenario) -> Mapping[str, cost_risk.SCurve]:
    return {
        name: cost_risk.s_curve(assumed.items, assumed.correlation)
        for name, assumed in assumption_sets(scenario).items()
    }


def base_curve(scenario: Scenario | None = None) -> cost_risk.SCurve:
    """S-curve of the base set of assumptions, m NOK."""
    return _curves(_scenario(scenario))[BASE_SET]


def frame_limit(scenario: Scenario | None = None) -> float:
    """The cost frame of the article in m NOK."""
    return _scenario(scenario).value("cost.frame_article") * 1000


def readings(scenario: Scenario | None = None) -> pd.DataFrame:
    """What each set of assumptions says of the frame.

    Columns: ``assumptions``, ``mean``, ``p10``, ``p50``, ``p85``, ``p90`` (m NOK), ``within``
    (chance of staying within the frame) and ``to_p85`` (m NOK to add to the frame to reach P85;
    negative: to spare).
    """
    chosen = _scenario(scenario)
    limit = frame_limit(chosen)
    rows = []
    for name, curve in _curves(chosen).items():
        p10, p50, p85, p90 = (curve.quantile(level) for level in LEVELS)
        rows.append((name, curve.mean, p10, p50, p85, p90, curve.cdf(limit), p85 - limit))
    columns = ["assumptions", "mean", "p10", "p50", "p85", "p90", "within", "to_p85"]
    return pd.DataFrame(rows, columns=columns)


def curves(scenario: Scenario | None = None) -> pd.DataFrame:
    """S-curves of all sets, long form: ``assumptions``, ``cost`` (m NOK), ``probability``."""
    chosen = _scenario(scenario)
    levels = np.concatenate([[0.005], np.linspace(0.01, 0.99, CURVE_POINTS - 2), [0.995]])
    frames = [
        pd.DataFrame({"assumptions": name, "cost": curve.quantile(levels), "probability": levels})
        for name, curve in _curves(chosen).items()
    ]
    return pd.concat(frames, ignore_index=True)


def build_up(scenario: Scenario | None = None) -> pd.DataFrame:
    """Items and risks one by one.

    Columns: ``id``, ``label``, ``base``, ``mean``, ``p10``, ``p90``, ``kind``. Amounts in m NOK;
    the base of a risk is zero, since an estimate leaves it out.
    """
    chosen = _scenario(scenario)
    reg = registry.load()
    rows = []
    for id, law in item_laws(chosen).items():
        ends = (float(law.ppf(0.1)), float(law.ppf(0.9)))
        rows.append((id, reg.value(id).label, chosen.value(id), float(law.mean()), *ends, "item"))
    for id, law in risk_laws(chosen).items():
        ends = (float(law.ppf(0.1)), float(law.ppf(0.9)))
        rows.append((id, reg.value(id).label, 0.0, float(law.mean()), *ends, "risk"))
    return pd.DataFrame(rows, columns=["id", "label", "base", "mean", "p10", "p90", "kind"])


def cross_check(scenario: Scenario | None = None, draws: int = 200_000) -> pd.DataFrame:
    """The base curve by the exact method and by Monte Carlo.

    Columns: ``level``, ``exact``, ``simulated``, ``standard_error`` (m NOK), ``gap`` in standard
    errors.
    """
    chosen = _scenario(scenario)
    assumed = assumption_sets(chosen)[BASE_SET]
    exact = base_curve(chosen).quantile(np.array(LEVELS))
    drawn = cost_risk.monte_carlo(
        assumed.items, assumed.correlation, draws, seed=20210101, probabilities=LEVELS
    )
    return pd.DataFrame(
        {
            "level": [f"P{level * 100:.0f}" for level in LEVELS],
            "exact": exact,
            "simulated": drawn.quantiles,
            "standard_error": drawn.quantile_errors,
            "gap": (drawn.quantiles - exact) / drawn.quantile_errors,
        }
    )


@finding(
    "budget.p50",
    label="P50 of the total cost in the base set of assumptions",
    unit="mNOK",
    inputs=_INPUTS,
    method="median of the sum of items and risks, common factor at the base correlation",
)
def p50(scenario: Scenario) -> float:
    """Median of the base curve, m NOK."""
    return base_curve(scenario).quantile(0.5)


@finding(
    "budget.p85",
    label="P85 of the total cost in the base set of assumptions",
    unit="mNOK",
    inputs=_INPUTS,
    method="85 % quantile of the sum of items and risks, common factor at the base correlation",
)
def p85(scenario: Scenario) -> float:
    """P85 of the base curve, m NOK."""
    return base_curve(scenario).quantile(0.85)


@finding(
    "budget.within",
    label="Chance that the cost stays within the frame, base set and range over all sets",
    unit="probability",
    inputs=_INPUTS,
    method="the S-curve read at the frame; the range spans the sets of assumptions",
)
def within(scenario: Scenario) -> tuple[float, float, float]:
    """Chance of staying within the frame: base, lowest and highest over the sets."""
    chance = readings(scenario).set_index("assumptions")["within"]
    return float(chance[BASE_SET]), float(chance.min()), float(chance.max())


@finding(
    "budget.to_p85",
    label="What must be added to the frame to reach P85, base set",
    unit="mNOK",
    inputs=_INPUTS,
    method="P85 of the base curve less the frame",
)
def to_p85(scenario: Scenario) -> float:
    """Contingency from the frame to P85, m NOK."""
    return p85(scenario) - frame_limit(scenario)


@finding(
    "budget.base_estimate",
    label="Sum of the cost items at their base values",
    unit="mNOK",
    inputs=("cost_items.vendor", "cost_items.municipal_introduction", "cost_items.programme"),
    method="sum of the items, no risks",
)
def base_estimate(scenario: Scenario) -> float:
    """Base estimate, m NOK."""
    return float(build_up(scenario)["base"].sum())
