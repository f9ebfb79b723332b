"""What to find out first: break-even values, where a choice turns, and a study worth its cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.methods import voi
from analysis.registry import Scenario
from analysis.studies import decision, uncertainty
from analysis.studies.appraisal import ScenarioLike, as_scenario, evaluate
from analysis.studies.findings import finding

Floats = NDArray[np.float64]
MILLION = 1e6
POINTS = 25
DRAWS = 1 << 14
GP_OPTIONS = ("join", "join with guarantees", "stay out")
#: Reader, parameter that is moved, outcome that must reach zero, and changes that hold meanwhile.
QUESTIONS: tuple[tuple[str, str, str, dict[str, float]], ...] = (
    ("A self-paying GP who joins", "gp.hp_price", "gp_join", {}),
    ("A self-paying GP who joins", "gp.function_minutes", "gp_join", {}),
    ("A self-paying GP who joins", "gp.minutes_saved_day", "gp_join", {}),
    ("A self-paying GP with all guarantees", "gp.hp_price_once", "gp_guaranteed", {}),
    ("A self-paying GP with all guarantees", "gp.minutes_saved_day", "gp_guaranteed", {}),
    ("A council that joins now", "model.operations_user", "council_now", {}),
    ("A council that joins now", "model.old_systems_user", "council_now", {}),
    ("Society", "model.operations_fixed", "npv", {}),
    ("Society", "model.double_work_hours", "npv", {}),
    ("Society", "model.hours_removed", "npv", {}),
    ("Society", "model.function_minutes_week", "npv", {}),
)


def break_evens(scenario: ScenarioLike = None) -> pd.DataFrame:
    """Value of one thing at which a reader neither gains nor loses, all else at the scenario.

    Columns: ``reader``, ``what`` (label), ``unit``, ``now``, ``break_even`` (None when
    nothing within the limits of the record reaches zero), ``lower`` and ``upper`` (those limits)
    and ``id``.
    """
    chosen = as_scenario(scenario)
    reg = chosen.registry
    rows = []
    for reader, id, outcome, changes in QUESTIONS:
        record = reg.value(id)
        moved = chosen.with_changes(changes) if changes else chosen
        found = decision.break_even(id, outcome, moved)
        rows.append(
            (reader, record.label, record.unit, chosen.value(id), found,
             record.minimum, record.maximum, id)
        )  # fmt: skip
    columns = ["reader", "what", "unit", "now", "break_even", "lower", "upper", "id"]
    return pd.DataFrame(rows, columns=columns)


def along(id: str, scenario: ScenarioLike = None) -> pd.DataFrame:
    """Net benefit of a GP's options along one parameter: ``value``, ``option``, ``net``.

    The GP pays for the record. NOK per GP over the period, other values at the scenario. The
    parameter runs over its range. Raises ValueError for a parameter without a range.
    """
    chosen = as_scenario(scenario)
    record = chosen.registry.value(id)
    if record.low is None or record.high is None:
        raise ValueError(f"{id}: has no range to run over")
    rows = []
    for value in np.linspace(record.low, record.high, POINTS):
        result = evaluate(chosen.with_changes({id: float(value)}))
        rows.append((float(value), "join", result.outcome("gp_join")))
        rows.append((float(value), "join with guarantees", result.outcome("gp_guaranteed")))
        rows.append((float(value), "stay out", 0.0))
    return pd.DataFrame(rows, columns=["value", "option", "net"])


@dataclass(frozen=True)
class StudyWorth:
    """What a study is worth to those who decide.

    ``per_gp`` and ``perfect`` in NOK per GP: of this study, and of knowing the answer exactly.
    ``total`` in m NOK over all self-paying GPs, ``net`` after the cost of the study.
    """

    per_gp: float
    per_gp_error: float
    perfect: float
    total: float
    net: float
    choice_now: str


def _gp_choice(scenario: Scenario) -> tuple[Floats, Floats]:
    """Net benefit of GP_OPTIONS, (draws, 3) in NOK per GP, and the extra minutes behind them."""
    drawn = uncertainty.sample(scenario, DRAWS, 1, ("gp_join", "gp_guaranteed"))
    joins = (drawn.outcomes["gp_join"], drawn.outcomes["gp_guaranteed"])
    minutes = drawn.parameters["gp.function_minutes"].to_numpy(dtype=np.float64)
    return np.column_stack([*joins, np.zeros(DRAWS)]), minutes


def time_study(scenario: ScenarioLike = None) -> StudyWorth:
    """A time study of consultations in a sample of offices, for GPs who decide whether to join.

    Each office gives its own extra minutes with noise; the study reports their mean. The value is
    found by regression of the net benefits on the simulated mean (Strong and others, 2015).
    """
    chosen = as_scenario(scenario)
    net, minutes = _gp_choice(chosen)
    error = chosen.value("study.noise") / chosen.value("study.offices") ** 0.5

    def study(parameters: Floats, rng: np.random.Generator) -> Floats:
        reported: Floats = parameters[:, 0] + error * rng.standard_normal(len(parameters))
        return reported

    worth = voi.evsi(net, minutes, study, seed=1)
    exact = voi.evppi(net, minutes)
    deciders = chosen.value("gp.region_pay_self")
    cost = chosen.value("study.cost") * MILLION
    gain = voi.enbs(worth, deciders, cost)
    return StudyWorth(
        float(worth), worth.standard_error, float(exact), float(worth) * deciders / MILLION,
        float(gain) / MILLION, GP_OPTIONS[int(np.argmax(net.mean(axis=0)))],
    )  # fmt: skip


def turning_points(scenario: ScenarioLike = None) -> pd.DataFrame:
    """For which extra minutes which option is best for a GP, the rest uncertain.

    Columns: ``low`` and ``high`` (minutes), ``option``, ``probability``, ``gain`` (NOK per GP over
    the choice that is best now).
    """
    found = voi.decision_regions(*_gp_choice(as_scenario(scenario)))
    rows = [(r.low, r.high, GP_OPTIONS[r.option], r.probability, r.gain) for r in found]
    return pd.DataFrame(rows, columns=["low", "high", "option", "probability", "gain"])


_INPUTS = ("gp.function_minutes", "study.offices", "study.noise", "study.cost")


@finding(
    "decision.study_total",
    label="Worth of a time study of consultations to all self-paying GPs",
    unit="mNOK",
    inputs=_INPUTS,
    method="expected value of sample information by regression, times the GPs who decide",
)
def study_total(scenario: Scenario) -> float:
    """Value of the study over all self-paying GPs, m NOK."""
    return time_study(scenario).total


@finding(
    "decision.study_net",
    label="The same after the cost of the study",
    unit="mNOK",
    inputs=_INPUTS,
    method="expected net benefit of sampling",
)
def study_net(scenario: Scenario) -> float:
    """Expected net benefit of the study, m NOK."""
    return time_study(scenario).net


@finding(
    "decision.npv",
    label="Net present value for society of priced effects to 2038",
    unit="bnNOK",
    inputs=("cost.frame_article", "model.operations_fixed", "model.hours_removed"),
    method="simulation of all uncertain parameters; median with P10 and P90",
)
def npv(scenario: Scenario) -> tuple[float, float, float]:
    """Median, P10 and P90 of society's net present value, bn NOK."""
    return _spread(decision.options("ministry", scenario)["as today"], 1000)


@finding(
    "decision.gp_join",
    label="Net benefit of joining for a self-paying GP over the period",
    unit="NOK_per_gp",
    inputs=("gp.hp_price", "gp.function_minutes", "gp.ehr_cost_now"),
    method="simulation of all uncertain parameters; median with P10 and P90",
)
def gp_join(scenario: Scenario) -> tuple[float, float, float]:
    """Median, P10 and P90 of a GP's gain from joining, NOK."""
    return _spread(decision.options("gp", scenario)["join"], 1)


@finding(
    "decision.gp_loss",
    label="Chance that a self-paying GP loses by joining",
    unit="probability",
    inputs=("gp.hp_price", "gp.function_minutes", "gp.ehr_cost_now"),
    method="share of draws with a negative net benefit",
)
def gp_loss(scenario: Scenario) -> float:
    """Chance of a loss from joining."""
    return float((decision.options("gp", scenario)["join"] < 0).mean())


@finding(
    "decision.gp_loss_guaranteed",
    label="Chance that a self-paying GP loses by joining with all guarantees",
    unit="probability",
    inputs=("gp.hp_price", "gp.function_minutes", "gp.ehr_cost_now"),
    method="share of draws with a negative net benefit",
)
def gp_loss_guaranteed(scenario: Scenario) -> float:
    """Chance of a loss from joining with guarantees."""
    return float((decision.options("gp", scenario)["join with guarantees"] < 0).mean())


@finding(
    "decision.council_value",
    label="What safety and quality must be worth to a council for joining now to pay",
    unit="NOK_per_user_per_year",
    inputs=("model.operations_user", "model.old_systems_user", "model.intro_municipality"),
    method="straight-line break-even at the base values",
)
def council_value(scenario: Scenario) -> float:
    """Break-even worth of unpriced gains for a council, NOK per user and year."""
    return decision.required(scenario)["council_value"]


@finding(
    "decision.guarantee_cost",
    label="What all three guarantees would cost the owners, present value",
    unit="mNOK",
    inputs=("gp.hp_price", "gp.function_minutes", "gp.downtime_hours"),
    method="model with all guarantees at the base values",
)
def guarantee_cost(scenario: Scenario) -> float:
    """Present value of all guarantees to the guarantor, m NOK."""
    return float(decision.guarantees(scenario)["cost"].loc[["all three"]].iloc[0])


@finding(
    "decision.guarantee_gain",
    label="What all three guarantees would gain society in priced effects",
    unit="mNOK",
    inputs=("gp.hp_price", "gp.function_minutes", "gp.downtime_hours"),
    method="model with all guarantees less model without",
)
def guarantee_gain(scenario: Scenario) -> float:
    """Change of society's net present value under all guarantees, m NOK."""
    return float(decision.guarantees(scenario)["society_gain"].loc[["all three"]].iloc[0])


@finding(
    "decision.minute_cost",
    label="What one extra minute in each consultation costs a GP a year",
    unit="NOK_per_gp_per_year",
    inputs=("gp.consultations_per_gp", "gp.revenue_hour"),
    method="consultations of a year times the revenue of a minute",
)
def minute_cost(scenario: Scenario) -> float:
    """Yearly revenue of one minute per consultation, NOK per GP, to the nearest thousand."""
    cost = scenario.value("gp.consultations_per_gp") * scenario.value("gp.revenue_hour") / 60
    return round(cost, -3)


def _spread(draws: pd.Series, scale: float) -> tuple[float, float, float]:
    low, middle, high = np.quantile(draws.to_numpy() / scale, [0.1, 0.5, 0.9])
    return float(middle), float(low), float(high)
