"""Who joins and when: what was recorded, what the model says, and how the two compare."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import registry
from analysis.methods import adoption as methods
from analysis.model import adoption as kernel
from analysis.model import parameters as place
from analysis.registry import Scenario
from analysis.studies.appraisal import ScenarioLike, as_scenario, evaluate, parameters
from analysis.studies.findings import finding

Floats = NDArray[np.float64]
#: The rungs from a vote to daily use, and the records that count each of them.
RUNGS = {
    "voted yes": ("adoption.options_2021_05", "adoption.options_possible_2021_06", "councils.yes"),
    "signed": ("adoption.signed_2022",),
    "live": ("adoption.in_use_2023_10", "adoption.live_2023", "adoption.live_2024"),
    "live or decided": ("adoption.decided_2024",),
}
SEGMENTS = {
    "hospital": "Hospital staff",
    "municipal": "Municipal staff",
    "gp_salaried": "GPs on municipal salary",
    "gp_deal": "GPs with a municipal ICT deal",
    "gp_self": "GPs who pay everything themselves",
}
#: Ways to meet the GPs, as changes of the base values.
PACKAGES: dict[str, dict[str, float]] = {
    "As it stands": {},
    "Price guarantee": {"model.guarantee_price": 1.0},
    "All three guarantees": {
        "model.guarantee_price": 1.0,
        "model.guarantee_function": 1.0,
        "model.guarantee_uptime": 1.0,
    },
    "Municipality pays for the GP": {"model.cover_self": 1.0},
    "Guarantees, and the municipality pays": {
        "model.guarantee_price": 1.0,
        "model.guarantee_function": 1.0,
        "model.guarantee_uptime": 1.0,
        "model.cover_self": 1.0,
    },
}
HORIZON = 2030
#: The record of January 2024 is set beside the model's end of the year before.
RECORD_YEAR = 2023


def ladder() -> pd.DataFrame:
    """Municipalities on each rung by date.

    Columns: ``rung``, ``date``, ``count``, ``label``, ``status``, ``id``. A derived count says
    only how many there could have been.
    """
    reg = registry.load()
    rows = []
    for rung, ids in RUNGS.items():
        for id in ids:
            record = reg.value(id)
            date = record.date or "2021-06"
            rows.append((rung, date, reg[id], record.label, record.status, id))
    frame = pd.DataFrame(rows, columns=["rung", "date", "count", "label", "status", "id"])
    return frame.sort_values(["date", "rung"], kind="stable", ignore_index=True)


def users() -> pd.DataFrame:
    """Users live against the plan and the workforce: ``label``, ``users``, ``id``."""
    reg = registry.load()
    ids = ("users.trondheim_live", "users.live_2024", "users.planned", "users.full",
           "users.workforce_most")  # fmt: skip
    rows = [(reg.value(id).label, reg[id], reg.value(id).status, id) for id in ids]
    return pd.DataFrame(rows, columns=["label", "users", "status", "id"])


def trajectories(scenario: ScenarioLike = None) -> pd.DataFrame:
    """Share of each segment that has joined: ``year``, ``segment``, ``share``, one row each."""
    joined = evaluate(scenario).joined
    frame = joined.rename(columns=SEGMENTS).stack().reset_index()
    frame.columns = pd.Index(["year", "segment", "share"])
    return frame


def packages(scenario: ScenarioLike = None) -> pd.DataFrame:
    """Share of self-paying GPs that has joined: ``year``, ``package``, ``share``."""
    base = as_scenario(scenario)
    frames = []
    for name, changes in PACKAGES.items():
        joined = evaluate(base.with_changes(changes)).joined["gp_self"]
        frames.append(pd.DataFrame({"year": joined.index, "package": name, "share": joined.values}))
    return pd.concat(frames, ignore_index=True)


def package_outcomes(scenario: ScenarioLike = None) -> pd.DataFrame:
    """What each package does by HORIZON and over the whole period.

    Columns: ``package``, ``gp_self`` and ``gps`` (share joined by HORIZON), ``benefit`` (m NOK a
    year at HORIZON), ``npv`` (society, m NOK), ``guarantee`` (present value of what the guarantor
    pays, m NOK).
    """
    base = as_scenario(scenario)
    rows = []
    for name, changes in PACKAGES.items():
        result = evaluate(base.with_changes(changes))
        rows.append(
            (
                name,
                _at(result.joined, HORIZON)["gp_self"],
                _all_gps(base, _at(result.joined, HORIZON)),
                _at(result.series, HORIZON)["benefit"],
                result.npv["society"],
                result.outcome("pv_guarantee"),
            )
        )
    columns = ["package", "gp_self", "gps", "benefit", "npv", "guarantee"]
    return pd.DataFrame(rows, columns=columns)


def _at(frame: pd.DataFrame, year: int) -> dict[str, float]:
    """The row of one year as plain numbers by column."""
    return {str(name): float(column.loc[[year]].iloc[0]) for name, column in frame.items()}


def _all_gps(scenario: Scenario, joined: Mapping[str, float]) -> float:
    """Share of all GPs that has joined, from the shares by contract type."""
    paying = scenario.value("gp.share_pay_self")
    salaried = (1 - paying) * scenario.value("gp.salaried_among_others")
    return (
        paying * joined["gp_self"]
        + salaried * joined["gp_salaried"]
        + (1 - paying - salaried) * joined["gp_deal"]
    )


def both_ends(scenario: ScenarioLike = None) -> pd.DataFrame:
    """Value of time saved a year, counted two ways: ``year``, ``both_ends``, ``headcount`` (m NOK).

    Headcount gives every live user the full saving. Both ends counts an exchange only when sender
    and receiver are on the platform.
    """
    result = evaluate(scenario)
    time_flows = ["double_work", "searching", "gp_time"]
    counted = result.flows.T.groupby(level="flow").sum().T[time_flows].sum(axis=1)
    return pd.DataFrame(
        {
            "year": result.series.index,
            "both_ends": counted.to_numpy(),
            "headcount": result.series["headcount_benefit"].to_numpy(),
        }
    )


def gp_share_and_benefit(scenario: ScenarioLike = None, points: int = 21) -> pd.DataFrame:
    """Value of the network by the share of GPs on it: ``gps``, ``both_ends``, ``headcount``.

    Everyone else is on the platform. Values are shares of the saving when all GPs are on it too,
    for hospital, municipal and GP staff together.
    """
    base = as_scenario(scenario)
    value = base.value
    hospital = value("users.planned") * value("model.hospital_user_share")
    gps = value("gp.region_count") * (1 + value("gp.staff_per_gp"))
    municipal = value("users.planned") - hospital - gps
    to_gp = {
        "hospital": value("model.mix_hospital_gp"),
        "municipal": value("model.mix_municipality_gp"),
        "gp": 1 - value("model.mix_gp_hospital") - value("model.mix_gp_municipality"),
    }
    heads = {"hospital": hospital, "municipal": municipal, "gp": gps}
    everyone = sum(heads.values())
    rows = []
    for step in range(points):
        share = step / (points - 1)
        covered = {group: 1 - to_gp[group] * (1 - share) for group in heads}
        counted = sum(
            heads[group] * (share if group == "gp" else 1) * covered[group] for group in heads
        )
        headcount = hospital + municipal + gps * share
        rows.append((share, counted / everyone, headcount / everyone))
    return pd.DataFrame(rows, columns=["gps", "both_ends", "headcount"])


def response(scenario: ScenarioLike = None, points: int = 41) -> pd.DataFrame:
    """Self-paying GPs willing to join, by the part of their exchange they expect to be covered.

    Columns: ``covered``, ``package``, ``willing`` (shares). Read from the model's own kernels.
    """
    base = as_scenario(scenario)
    rows = []
    for name in ("As it stands", "Price guarantee", "All three guarantees"):
        changed = base.with_changes(PACKAGES[name])
        given, out = parameters(changed).tolist(), evaluate(changed).vector.tolist()
        for step in range(points):
            covered = step / (points - 1)
            gain = kernel.gp_gain(given, out, covered, 1.0)
            willing = kernel.share_below(gain / given[place.MODEL_GP_SPREAD])
            rows.append((covered, name, given[place.MODEL_GP_CEILING] * willing))
    return pd.DataFrame(rows, columns=["covered", "package", "willing"])


def equilibria(scenario: ScenarioLike = None) -> pd.DataFrame:
    """Shares of self-paying GPs that confirm themselves when everybody else is on the platform.

    Columns: ``package``, ``share``, ``stable``. Fulfilled expectations, Katz and Shapiro (1985).
    """
    base = as_scenario(scenario)
    rows = []
    for name in ("As it stands", "Price guarantee", "All three guarantees"):
        changed = base.with_changes(PACKAGES[name])
        given, out = parameters(changed).tolist(), evaluate(changed).vector.tolist()
        others = given[place.MODEL_MIX_GP_HOSPITAL] + given[place.MODEL_MIX_GP_MUNICIPALITY]

        def willing(
            share: Floats,
            given: list[float] = given,
            out: list[float] = out,
            others: float = others,
        ) -> Floats:
            return np.array(
                [
                    given[place.MODEL_GP_CEILING]
                    * kernel.share_below(
                        kernel.gp_gain(given, out, others + (1 - others) * s, 1.0)
                        / given[place.MODEL_GP_SPREAD]
                    )
                    for s in np.atleast_1d(share)
                ]
            )

        for point in methods.fixed_points(willing):
            rows.append((name, point.share, point.stable))
    return pd.DataFrame(rows, columns=["package", "share", "stable"])


def hindcast(scenario: ScenarioLike = None) -> pd.DataFrame:
    """What was expected, what the model gives and what was recorded, for early 2024.

    Columns: ``what``, ``expected`` (None where no dated expectation was found), ``model``,
    ``recorded_low``, ``recorded_high``, ``ids``. The model's speed was set with the record of 2024
    in view, so this is a check of consistency, not a test of foresight. Shares of municipal staff
    live are not published: the record is bracketed by the first municipality's part of the
    inhabitants and the part of those live or decided.
    """
    base = as_scenario(scenario)
    value = base.value
    joined = _at(evaluate(base).joined, RECORD_YEAR)
    hospital_users = value("users.planned") * value("model.hospital_user_share")
    stolav = value("trusts.stolav_employees") / hospital_users
    trondheim, decided = value("population.trondheim_share"), value("adoption.inhabitants_2024")
    centres = value("adoption.gp_centres_share")
    rows = [
        ("Municipal staff on the platform", value("councils.yes_share"), joined["municipal"],
         trondheim, decided, "councils.yes;population.trondheim_share;adoption.inhabitants_2024"),
        ("Hospital staff on the platform", None, joined["hospital"], min(stolav, 1.0),
         min(stolav, 1.0), "trusts.stolav_employees;users.planned"),
        ("GPs on the platform", None, _all_gps(base, joined), centres, centres,
         "gp.offices;adoption.gp_centres_2023"),
    ]  # fmt: skip
    columns = ["what", "expected", "model", "recorded_low", "recorded_high", "ids"]
    return pd.DataFrame(rows, columns=columns)


@finding(
    "adoption.gp_self_2030",
    label="Self-paying GPs on the platform by 2030, as it stands",
    unit="share",
    inputs=("gp.hp_price", "model.gp_worry", "model.belief"),
    method="threshold mean field of the model at its base values",
)
def gp_self_2030(scenario: Scenario) -> float:
    """Share of self-paying GPs that has joined by HORIZON."""
    return _at(evaluate(scenario).joined, HORIZON)["gp_self"]


@finding(
    "adoption.gp_self_2030_guaranteed",
    label="Self-paying GPs on the platform by 2030, with all three guarantees",
    unit="share",
    inputs=("gp.hp_price", "model.gp_worry", "model.belief"),
    method="the same with price, function and uptime guaranteed in full",
)
def gp_self_2030_guaranteed(scenario: Scenario) -> float:
    """Share of self-paying GPs that has joined by HORIZON under full guarantees."""
    changed = scenario.with_changes(PACKAGES["All three guarantees"])
    return _at(evaluate(changed).joined, HORIZON)["gp_self"]


@finding(
    "adoption.municipal_2030",
    label="Municipal staff on the platform by 2030, as it stands",
    unit="share",
    inputs=("model.municipal_speed", "model.municipal_ceiling", "model.belief"),
    method="threshold mean field of the model at its base values",
)
def municipal_2030(scenario: Scenario) -> float:
    """Share of municipal users that has joined by HORIZON."""
    return _at(evaluate(scenario).joined, HORIZON)["municipal"]


@finding(
    "adoption.headcount_excess",
    label="Overstatement of the time saved over the period when only heads are counted",
    unit="share",
    inputs=("model.mix_hospital_gp", "model.mix_municipality_gp", "model.hours_removed"),
    method="undiscounted headcount benefit over both-ends benefit, less one",
)
def headcount_excess(scenario: Scenario) -> float:
    """Relative excess of the headcount benefit."""
    frame = both_ends(scenario)
    counted = float(frame["both_ends"].sum())
    if counted == 0:
        raise ValueError("no time is saved in this scenario, so the excess is not defined")
    return float(frame["headcount"].sum()) / counted - 1


@finding(
    "adoption.loss_without_gps",
    label="Part of the time saved that is lost when everyone but the GPs is on the platform",
    unit="share",
    inputs=("model.mix_hospital_gp", "model.mix_municipality_gp", "users.planned"),
    method="both-ends count without GPs against all on the platform",
)
def loss_without_gps(scenario: Scenario) -> float:
    """Part of the network value that hangs on the GPs."""
    return 1 - float(gp_share_and_benefit(scenario)["both_ends"].iloc[0])
