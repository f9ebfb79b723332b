"""What to decide: options for the council, the GP office, the health region and the ministry.

For a council and a GP the options are compared given what everybody else does; staying out is
worth zero. For the region and the ministry an option is a scenario, and the same draws go through
each of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from analysis.methods import voi
from analysis.registry import Scenario
from analysis.studies import uncertainty
from analysis.studies.appraisal import (
    OUTCOMES,
    Floats,
    ScenarioLike,
    as_scenario,
    evaluate,
)

GUARANTEES = {
    "model.guarantee_price": "price",
    "model.guarantee_function": "function",
    "model.guarantee_uptime": "uptime",
}
ALL_GUARANTEES = dict.fromkeys(GUARANTEES, 1.0)
READERS = ("council", "gp", "region", "ministry")
UNITS = {"council": "NOK_per_inhabitant", "gp": "NOK_per_gp", "region": "mNOK", "ministry": "mNOK"}
#: What region and ministry choose between: the outcome they look at, and changes by option.
SCENARIOS: dict[str, tuple[str, dict[str, dict[str, float]]]] = {
    "region": (
        "npv_region",
        {
            "as today": {},
            "guarantee to GPs": ALL_GUARANTEES,
            "licence free for GPs": {"gp.hp_price": 0.0},
        },
    ),
    "ministry": (
        "npv",
        {
            "as today": {},
            "owners guarantee to GPs": ALL_GUARANTEES,
            "state refunds a quarter": {"model.state_share": 0.25},
            "municipalities pay for GPs": {"model.cover_self": 1.0},
        },
    ),
}
SCAN = 65


def options(
    reader: str,
    scenario: ScenarioLike = None,
    draws: int = 4096,
    seed: int = 1,
    *,
    valued: bool = False,
    compiled: bool | None = None,
) -> pd.DataFrame:
    """Net benefit of each option of one reader: draws down, options across.

    Kroner per inhabitant for the ``council``, per GP for ``gp``, million kroner for ``region`` (its
    own purse) and ``ministry`` (society). With ``valued`` the council's own view of safety and
    quality counts as well (``model.council_extra_value``); only priced effects count otherwise.
    Raises ValueError for an unknown reader.
    """
    return _options(reader, scenario, draws, seed, valued, compiled)[0]


def _options(
    reader: str,
    scenario: ScenarioLike,
    draws: int,
    seed: int,
    valued: bool,
    compiled: bool | None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Net benefits and the parameters behind them, row by row."""
    if reader not in READERS:
        raise ValueError(f"reader = {reader!r}: must be one of {', '.join(READERS)}")
    chosen = as_scenario(scenario)
    if reader in SCENARIOS:
        outcome, changes = SCENARIOS[reader]
        variants = {k: chosen.with_changes(c) if c else chosen for k, c in changes.items()}
        return uncertainty.paired(variants, outcome, draws, seed, compiled=compiled)
    names = {
        "council": ("council_now", "council_wait", "council_years_now", "council_years_wait"),
        "gp": ("gp_join", "gp_guaranteed"),
    }[reader]
    drawn = uncertainty.sample(chosen, draws, seed, names, compiled=compiled)
    found = drawn.outcomes
    if reader == "gp":
        table = {"join": found["gp_join"], "join with guarantees": found["gp_guaranteed"]}
    else:
        extra: pd.Series | float = 0.0
        if valued:
            id = "model.council_extra_value"
            extra = drawn.parameters.get(id, chosen.value(id))
        table = {
            "join now": found["council_now"] + extra * found["council_years_now"],
            "wait": found["council_wait"] + extra * found["council_years_wait"],
        }
    return pd.DataFrame({**table, "stay out": 0.0}), drawn.parameters


def summary(net_benefit: pd.DataFrame) -> pd.DataFrame:
    """Options down: expected net benefit, P10, P50, P90, chance of a loss, chance of being best.

    A tie for the best counts for the option that comes first.
    """
    values = net_benefit.to_numpy()
    best = np.argmax(values, axis=1)
    table = pd.DataFrame(index=pd.Index(net_benefit.columns, name="option"))
    table["expected"] = values.mean(axis=0)
    for p in (0.10, 0.50, 0.90):
        table[f"P{round(100 * p)}"] = np.quantile(values, p, axis=0)
    table["chance of loss"] = (values < 0.0).mean(axis=0)
    table["chance of being best"] = [(best == k).mean() for k in range(values.shape[1])]
    return table


@dataclass(frozen=True)
class Information:
    """What it is worth to know more before one reader decides, in the unit of the net benefits."""

    choice: str
    perfect: float
    #: By parameter: what learning it exactly is worth, with its standard error.
    single: pd.DataFrame


def information(
    reader: str,
    scenario: ScenarioLike = None,
    draws: int = 16384,
    seed: int = 1,
    *,
    valued: bool = False,
    compiled: bool | None = None,
) -> Information:
    """Value of perfect information, in all and on each uncertain parameter alone."""
    net, drawn = _options(reader, scenario, draws, seed, valued, compiled)
    values = net.to_numpy()
    single = voi.evppi_single(values, drawn.to_numpy())
    reg = as_scenario(scenario).registry
    table = pd.DataFrame(
        {
            "label": [reg.value(name).label for name in drawn.columns],
            "value": [float(e) for e in single],
            "standard error": [e.standard_error for e in single],
        },
        index=pd.Index(drawn.columns, name="parameter"),
    )
    choice = str(net.columns[int(np.argmax(values.mean(axis=0)))])
    ordered = table.sort_values("value", ascending=False, kind="stable")
    return Information(choice, float(voi.evpi(values)), ordered)


def break_even(
    name: str, outcome: str = "npv", scenario: ScenarioLike = None, target: float = 0.0
) -> float | None:
    """Value of one parameter, in its unit, at which an outcome reaches ``target``.

    Everything else stays as in the scenario. Looks within the limits of the parameter (its range
    where a limit is missing) and returns the crossing nearest to the scenario's value, or None if
    there is none. Raises ValueError for a parameter without limits, ScenarioError for one that
    cannot be set.
    """
    chosen = as_scenario(scenario)
    if outcome not in OUTCOMES:
        raise ValueError(f"outcome = {outcome!r}: must be one of {', '.join(OUTCOMES)}")
    record = chosen.registry.value(name)
    lower = record.minimum if record.minimum is not None else record.low
    upper = record.maximum if record.maximum is not None else record.high
    if lower is None or upper is None:
        raise ValueError(f"{name}: has neither limits nor a range to look in")

    def miss(x: float) -> float:
        return evaluate(chosen.with_changes({name: x})).outcome(outcome) - target

    at = np.unique(np.append(np.linspace(lower, upper, SCAN), chosen.value(name)))
    values = np.array([miss(float(x)) for x in at])
    if np.ptp(values) == 0.0:
        return None
    roots = [float(x) for x, v in zip(at, values, strict=True) if v == 0.0]
    for k in np.flatnonzero(values[:-1] * values[1:] < 0.0):
        roots.append(float(brentq(miss, at[k], at[k + 1], xtol=1e-9 * (upper - lower))))
    return min(roots, key=lambda x: abs(x - chosen.value(name)), default=None)


def guarantees(scenario: ScenarioLike = None) -> pd.DataFrame:
    """What each guarantee, and all three, would do: guarantees down.

    ``live_gps``: share of GPs live in the last year. ``cost``: present value paid by the owners, m
    NOK. ``gp_gain``, ``society_gain``: change of the net present value of GPs with a deal or paying
    themselves, and of society, against no guarantee, m NOK.
    """
    chosen = as_scenario(scenario)
    variants: dict[str, Mapping[str, float]] = {"none": dict.fromkeys(GUARANTEES, 0.0)}
    for id, label in GUARANTEES.items():
        variants[label] = {**variants["none"], id: 1.0}
    variants["all three"] = ALL_GUARANTEES
    rows = {label: _under(chosen.with_changes(c)) for label, c in variants.items()}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "guarantee"
    for column in ("gp_gain", "society_gain"):
        table[column] -= rows["none"][column]
    return table


def _under(scenario: Scenario) -> dict[str, float]:
    result = evaluate(scenario)
    return {
        "live_gps": result.outcome("live_gps"),
        "cost": result.outcome("pv_guarantee"),
        "gp_gain": result.outcome("npv_gp_deal") + result.outcome("npv_gp_self"),
        "society_gain": result.outcome("npv"),
    }


def required(scenario: ScenarioLike = None) -> dict[str, float]:
    """Closed-form break-evens of one council and one GP, since both are straight lines in them.

    ``council_value``: what safety and quality must be worth to a council that joins now, NOK per
    user and year. ``gp_price``: the yearly price at which a self-paying GP neither gains nor loses,
    NOK; negative if even a free licence would not do.
    """
    chosen = as_scenario(scenario)
    result = evaluate(chosen)
    paid = (1.0 - chosen.value("model.state_share")) * (1.0 - chosen.value("model.cover_self"))
    if paid == 0.0:
        raise ValueError("model.cover_self, model.state_share: the GP pays no part of the price")
    price = chosen.value("gp.hp_price")
    years = result.outcome("gp_years")
    return {
        "council_value": -result.outcome("council_now") / result.outcome("council_years_now"),
        "gp_price": price + result.outcome("gp_join") / (years * paid),
    }


def tornado(
    outcome: str = "npv", scenario: ScenarioLike = None, compiled: bool | None = None
) -> pd.DataFrame:
    """Move each uncertain parameter alone to its P10 and P90: parameters down, largest swing first.

    Columns: ``label``, ``low`` and ``high`` (outcome at P10 and P90 of the parameter), ``swing``.
    """
    from analysis.methods import sensitivity

    chosen = as_scenario(scenario)
    laws = uncertainty.uncertain(chosen)
    names = list(laws)
    ends = np.array([law.ppf(np.array([0.1, 0.9])) for law in laws.values()])
    base: Floats = np.array(chosen.vector(names))
    model = uncertainty.model(chosen, names, outcome, compiled=compiled)
    found = sensitivity.tornado(model, base, ends[:, 0], ends[:, 1], names)
    table = pd.DataFrame(
        {
            "label": [chosen.registry.value(name).label for name in names],
            "low": found.low,
            "high": found.high,
            "swing": found.swing,
        },
        index=pd.Index(names, name="parameter"),
    )
    return table.iloc[found.order]


def sobol(
    outcome: str = "npv",
    scenario: ScenarioLike = None,
    n: int = 256,
    seed: int = 1,
    compiled: bool | None = None,
) -> pd.DataFrame:
    """Share of an outcome's variance that each uncertain parameter explains, the rest independent.

    Columns: ``label``, ``first`` (alone), ``total`` (with all interactions) and their standard
    errors ``first_se`` and ``total_se``; largest total first.
    """
    from analysis.methods import sensitivity

    chosen = as_scenario(scenario)
    laws = uncertainty.uncertain(chosen)
    model = uncertainty.model(chosen, list(laws), outcome, compiled=compiled)
    found = sensitivity.sobol_indices(model, list(laws.values()), n, seed, names=list(laws))
    table = pd.DataFrame(
        {
            "label": [chosen.registry.value(name).label for name in laws],
            "first": found.first,
            "first_se": found.first_se,
            "total": found.total,
            "total_se": found.total_se,
        },
        index=pd.Index(list(laws), name="parameter"),
    )
    return table.sort_values("total", ascending=False, kind="stable")
