"""The appraisal of one scenario: who pays what and when, who gains, and what it comes to.

``evaluate(scenario)`` runs the model once, as plain Python, and labels what it returns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import registry
from analysis.model import layout as at
from analysis.model.appraisal import evaluate as run_model
from analysis.model.parameters import NAMES, PARAMETERS
from analysis.registry import Scenario

Floats = NDArray[np.float64]
#: A scenario, the id of a named one, changes to the base by value id, or None for the base.
ScenarioLike = Scenario | str | Mapping[str, Any] | None

MILLION = 1e6
YEARS = range(at.FIRST_YEAR, at.FIRST_YEAR + at.YEARS)
RESOURCE_FLOWS = at.FLOW_NAMES[: at.DOUBLE_WORK]
TIME_FLOWS = at.FLOW_NAMES[at.DOUBLE_WORK : at.LOAN]
TRANSFER_FLOWS = at.FLOW_NAMES[at.LOAN :]

ACTOR_LABELS = {
    "state": "State",
    "region": "Health region",
    "municipalities": "Municipalities",
    "gp_salaried": "GPs on municipal salary",
    "gp_deal": "GPs with a municipal ICT deal",
    "gp_self": "GPs who pay themselves",
}
SEGMENT_LABELS = {
    "hospital": "Hospital staff",
    "municipal": "Municipal staff",
    "gp_salaried": "GPs on municipal salary",
    "gp_deal": "GPs with a municipal ICT deal",
    "gp_self": "GPs who pay themselves",
}
FLOW_LABELS = {
    "investment": "Investment",
    "operations": "Running costs",
    "introduction": "Own introduction work",
    "dip": "Lost production after the start",
    "parallel": "Old systems kept beside the new",
    "downtime": "Stops",
    "function": "Slower or faster work",
    "exit": "Leaving again",
    "old_systems": "Old systems no longer paid for",
    "double_work": "Less double work",
    "searching": "Less asking for information",
    "gp_time": "GPs' time saved",
    "loan": "State loan and its repayment",
    "grant": "State grant paid back",
    "licence": "GPs' licences",
    "cover": "Bills taken over by municipalities",
    "guarantee": "Guarantees to GPs",
    "support": "State refunds",
}
#: What each outcome is, and its unit in data/units.csv. Present values are in 2021 kroner, to 2021.
OUTCOMES: dict[str, tuple[str, str]] = {
    "npv": ("Net present value, tax cost included", "mNOK"),
    **{f"npv_{k}": (f"Net present value: {v}", "mNOK") for k, v in ACTOR_LABELS.items()},
    "pv_cost": ("Present value of costs", "mNOK"),
    "pv_benefit": ("Present value of priced benefits", "mNOK"),
    "pv_tax_cost": ("Present value of the cost of raising taxes", "mNOK"),
    "benefit_cost_ratio": ("Priced benefits per krone of cost", "ratio"),
    "payback_year": ("Year from which gains have paid for all costs (0: not by 2038)", "year"),
    "investment_total": ("Investment in all", "mNOK"),
    "cost_total": ("Costs in all, undiscounted", "mNOK"),
    "cost_total_nominal": ("Costs in all, in kroner of each year", "mNOK"),
    "cost_last_year": ("Costs in the last year", "mNOK_per_year"),
    "benefit_last_year": ("Priced benefits in the last year", "mNOK_per_year"),
    "pv_headcount_benefit": ("Present value of time saved, if counted by heads", "mNOK"),
    "hours_last_year": ("Hours saved in the last year", "hours_per_year"),
    "npv_per_inhabitant": ("Net present value per inhabitant", "NOK_per_inhabitant"),
    "npv_per_user": ("Net present value per planned user", "NOK_per_user"),
    "cost_per_inhabitant": ("Present value of costs per inhabitant", "NOK_per_inhabitant"),
    "cost_per_user": ("Present value of costs per planned user", "NOK_per_user"),
    **{f"live_{k}": (f"Share live in the last year: {v}", "share")
       for k, v in SEGMENT_LABELS.items()},
    "live_gps": ("Share live in the last year: all GPs", "share"),
    "pv_guarantee": ("Present value of guarantees paid to GPs", "mNOK"),
    "council_now": ("One council that joins: net present value", "NOK_per_inhabitant"),
    "council_wait": ("One council that waits, then joins: net present value",
                     "NOK_per_inhabitant"),
    "gp_join": ("One self-paying GP who joins: net present value", "NOK_per_gp"),
    "gp_guaranteed": ("The same with all three guarantees", "NOK_per_gp"),
    "gp_guarantee_cost": ("Present value of the three guarantees to one GP", "NOK_per_gp"),
    "council_years_now": ("One council that joins: years of use, discounted, per inhabitant",
                          "users_per_inhabitant"),
    "council_years_wait": ("One council that waits: years of use, discounted, per inhabitant",
                           "users_per_inhabitant"),
    "gp_years": ("One GP who joins: years of use, discounted", "years"),
}  # fmt: skip

#: Parameters that divide, or that must lie above zero for another reason.
POSITIVE = (
    "region.population_2021", "gp.region_count", "gp.working_days", "gp.hours_per_day",
    "labour.hours_year", "model.hospital_rollout", "model.benefit_lag", "model.council_spread",
    "model.council_horizon", "model.gp_spread", "model.council_inhabitants",
    *(name for name in NAMES if name.startswith("cpi.")),
)  # fmt: skip
#: Pairs of parts that must leave a third part.
PARTS = (
    ("model.mix_hospital_municipality", "model.mix_hospital_gp"),
    ("model.mix_municipality_hospital", "model.mix_municipality_gp"),
    ("model.mix_gp_hospital", "model.mix_gp_municipality"),
)
PLACE = {name: place for place, name in enumerate(NAMES)}


class ModelError(ValueError):
    """Parameters that the model cannot work with; names the field, the value and the rule."""


def as_scenario(scenario: ScenarioLike) -> Scenario:
    """Return a scenario given as such, by id, as changes to the base, or None for the base."""
    if isinstance(scenario, Scenario):
        return scenario
    if scenario is None or isinstance(scenario, str):
        return registry.load().scenario(scenario or "base")
    if isinstance(scenario, Mapping):
        return registry.load().scenario("base").with_changes(scenario)
    raise TypeError(
        f"scenario = {scenario!r}: must be a Scenario, an id, a mapping of changes or None"
    )


def load_scenario(path: str | Path) -> Scenario:
    """Read a scenario file written by ``Scenario.to_json``, by the command line or by the page."""
    return Scenario.from_json(Path(path).read_text(encoding="utf-8"))


def scales(reg: registry.Registry) -> Floats:
    """Factors from the unit of each parameter's record to the base unit that the model takes.

    Raises ModelError when a record is missing or measures something else.
    """
    factors = np.empty(len(PARAMETERS))
    for place, (name, base) in enumerate(PARAMETERS):
        if name not in reg:
            raise ModelError(f"{name}: the model needs this value and the registry has none")
        unit = reg.unit(reg.value(name).unit)
        if unit.base != base:
            raise ModelError(f"{name}: unit is {unit.id}; must convert to {base}")
        factors[place] = unit.scale
    return factors


def parameters(scenario: Scenario) -> Floats:
    """Parameters of the model under a scenario, in base units, checked.

    Raises ModelError for values with which the model would divide by zero or lose its meaning.
    """
    p = np.array(scenario.vector(NAMES)) * scales(scenario.registry)
    check(p[None, :])
    return p


def check(rows: Floats) -> None:
    """Refuse rows of parameters, shape (n, parameters), that the model cannot work with."""

    def refuse(bad: NDArray[np.bool_], name: str, rule: str) -> None:
        if bad.any():
            value = rows[int(np.argmax(bad)), PLACE[name]]
            raise ModelError(f"{name} = {value:g} (in base units): {rule}")

    def column(name: str) -> Floats:
        return rows[:, PLACE[name]]

    for name in NAMES:
        refuse(~np.isfinite(column(name)), name, "must be a finite number")
    for name in POSITIVE:
        refuse(column(name) <= 0.0, name, "must be above 0, since the model divides by it")
    refuse(column("model.benefit_lag") < 1.0, "model.benefit_lag", "must be at least 1")
    office_users = column("gp.region_count") * (1.0 + column("gp.staff_per_gp"))
    refuse(column("users.planned") <= office_users, "users.planned",
           "must be above the number of GPs and their staff, so that others are left")  # fmt: skip
    share = column("model.hospital_user_share")
    refuse((share < 0.0) | (share >= 1.0), "model.hospital_user_share",
           "must be at least 0 and below 1, so that municipal users are left")  # fmt: skip
    refuse(column("model.investment_end") <= at.FIRST_YEAR, "model.investment_end",
           f"must be after {at.FIRST_YEAR}, when spending starts")  # fmt: skip
    for first, second in PARTS:
        refuse(column(first) + column(second) > 1.0 + 1e-12, second,
               f"must leave a part: with {first} at most 1")  # fmt: skip
    last = at.FIRST_YEAR + at.YEARS
    wait = column("model.council_year") + column("model.council_wait")
    for name, year in (("model.council_year", column("model.council_year")),
                       ("model.council_wait", wait),
                       ("model.gp_start", column("model.gp_start"))):  # fmt: skip
        refuse((year < at.FIRST_YEAR) | (year >= last), name,
               f"must fall within {at.FIRST_YEAR} to {last - 1}")  # fmt: skip
    for name in ("convention.discount_first", "convention.discount_middle",
                 "convention.discount_last", "model.operations_growth",
                 "convention.real_growth", "economics.inflation"):  # fmt: skip
        refuse(column(name) <= -1.0, name, "must be above -100 %")


def check_ends(base: Floats, places: Sequence[int], ends: Floats) -> None:
    """Refuse ranges of some parameters, shape (2, len(places)), that the model cannot work with.

    The rules are monotone in each parameter, so the corners decide.
    """
    rows = np.tile(base, (3, 1))
    rows[:2, list(places)] = ends
    # Few users and many GPs is the corner that matters where both move.
    rows[2] = rows[1]
    rows[2, PLACE["users.planned"]] = rows[0, PLACE["users.planned"]]
    check(rows)


@dataclass(frozen=True, eq=False)
class Result:
    """The model under one scenario. Money is in million kroner unless said.

    Flows are seen from the actor's purse: paid or lost is negative, received or saved positive.
    """

    scenario: Scenario
    #: The model's vector, in base units; see :mod:`analysis.model.layout`.
    vector: Floats

    @cached_property
    def flows(self) -> pd.DataFrame:
        """Flows in 2021 prices: years down, (actor, flow) across."""
        cube = self._cube / MILLION
        columns = pd.MultiIndex.from_product(
            [at.ACTOR_NAMES, at.FLOW_NAMES], names=["actor", "flow"]
        )
        values = cube.transpose(2, 1, 0).reshape(at.YEARS, -1)
        return pd.DataFrame(values, index=self._years, columns=columns)

    @cached_property
    def nominal(self) -> pd.DataFrame:
        """The same flows in kroner of each year."""
        return self.flows.mul(self.series["price_index"], axis=0)

    @cached_property
    def long(self) -> pd.DataFrame:
        """Flows as a long table: year, actor, flow, real (2021 prices) and nominal."""
        real = self.flows.stack(["actor", "flow"], future_stack=True)
        nominal = self.nominal.stack(["actor", "flow"], future_stack=True)
        return pd.DataFrame({"real": real, "nominal": nominal}).reset_index()

    @cached_property
    def series(self) -> pd.DataFrame:
        """Yearly series of all actors together: indices, exchange covered, costs and benefits.

        Cost, benefit, tax cost, net, the headcount benefit and net by actor are in million kroner;
        ``grant_per_user`` in kroner, ``hours_saved`` in hours, the rest are plain numbers.
        """
        part = self.vector[at.SERIES : at.SERIES + at.SERIES_COUNT * at.YEARS]
        frame = pd.DataFrame(
            part.reshape(at.SERIES_COUNT, at.YEARS).T,
            index=self._years,
            columns=list(at.SERIES_NAMES),
        )
        money = [n for n in at.SERIES_NAMES if n in _MONEY_SERIES or n.startswith("net_")]
        frame[money] /= MILLION
        return frame

    @cached_property
    def adoption(self) -> pd.DataFrame:
        """Share of each segment that is live, on average over the year."""
        return self._plane(at.LIVE)

    @cached_property
    def joined(self) -> pd.DataFrame:
        """Share of each segment that has joined by the end of the year."""
        return self._plane(at.JOINED)

    @cached_property
    def npv(self) -> pd.Series:
        """Net present value by actor, the tax cost, and their sum for society."""
        by_actor = {name: self.outcome(f"npv_{name}") for name in at.ACTOR_NAMES}
        tax = {"tax_cost": -self.outcome("pv_tax_cost")}
        return pd.Series({**by_actor, **tax, "society": self.outcome("npv")}, name="npv")

    @property
    def benefit_cost_ratio(self) -> float:
        """Present value of priced benefits per krone of cost, without tax cost."""
        return self.outcome("benefit_cost_ratio")

    @property
    def payback_year(self) -> int | None:
        """First year from which undiscounted gains have paid for all costs; None if not by 2038."""
        return int(self.outcome("payback_year")) or None

    @cached_property
    def per_inhabitant(self) -> pd.Series:
        """Net present value by actor and for society, kroner per inhabitant."""
        return self.npv * (MILLION / self.scenario.value("region.population_2021"))

    @cached_property
    def per_user(self) -> pd.Series:
        """Net present value by actor and for society, kroner per planned user."""
        return self.npv * (MILLION / self.scenario.value("users.planned"))

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """All single outcomes: label, value and unit, by name."""
        rows = [(label, self.outcome(name), unit) for name, (label, unit) in OUTCOMES.items()]
        index = pd.Index(list(OUTCOMES), name="outcome")
        return pd.DataFrame(rows, index=index, columns=["label", "value", "unit"])

    def outcome(self, name: str) -> float:
        """One outcome of ``OUTCOMES``, in its unit."""
        return float(self.vector[place_of(name)]) / scale_of(name)

    def totals(self, basis: str = "real") -> pd.DataFrame:
        """Undiscounted sums over all years: flows down, actors and their sum across."""
        if basis not in ("real", "nominal"):
            raise ValueError(f"basis = {basis!r}: must be 'real' or 'nominal'")
        frame = self.flows if basis == "real" else self.nominal
        table = frame.sum().unstack("actor").loc[list(at.FLOW_NAMES), list(at.ACTOR_NAMES)]
        table["all"] = table.sum(axis=1)
        return table

    @property
    def _years(self) -> pd.Index:
        return pd.Index(YEARS, name="year")

    @property
    def _cube(self) -> Floats:
        part = self.vector[at.FLOW : at.USERS]
        return part.reshape(at.FLOWS, at.ACTORS, at.YEARS)

    def _plane(self, plane: int) -> pd.DataFrame:
        part = self.vector[at.ADOPTION : at.FLOW].reshape(at.PLANES, at.SEGMENTS, at.YEARS)
        return pd.DataFrame(part[plane].T, index=self._years, columns=list(at.SEGMENT_NAMES))


_MONEY_SERIES = ("headcount_benefit", "cost", "benefit", "tax_cost", "net", "cumulative")


def place_of(name: str) -> int:
    """Place of an outcome in the model's vector. Raises ValueError naming the known ones."""
    if name not in OUTCOMES:
        raise ValueError(f"outcome = {name!r}: must be one of {', '.join(OUTCOMES)}")
    return at.OUTCOME_NAMES.index(name)


def scale_of(name: str) -> float:
    """Factor by which an outcome of the model is divided to be in the unit of ``OUTCOMES``."""
    return MILLION if OUTCOMES[name][1].startswith("mNOK") else 1.0


def evaluate(scenario: ScenarioLike = None) -> Result:
    """Evaluate the model once under a scenario.

    Raises ScenarioError for changes that the registry refuses, ModelError for values that the model
    cannot work with. Needs no compiler and takes some milliseconds.
    """
    chosen = as_scenario(scenario)
    p = parameters(chosen)
    out = [0.0] * at.SIZE
    run_model(p.tolist(), out)
    vector = np.array(out)
    if not np.isfinite(vector).all():
        raise ModelError(f"scenario {chosen.label!r}: the model gives numbers that are not finite")
    if vector[at.PV_COST] <= 0.0:
        raise ModelError(
            f"scenario {chosen.label!r}: costs are zero, so a benefit-cost ratio has no meaning"
        )
    return Result(chosen, vector)


def compare(scenarios: Mapping[str, ScenarioLike]) -> pd.DataFrame:
    """Outcomes of several scenarios side by side: outcomes down, scenarios across."""
    frame = pd.DataFrame({key: evaluate(s).outcomes["value"] for key, s in scenarios.items()})
    frame.insert(0, "label", [OUTCOMES[name][0] for name in frame.index])
    frame.insert(1, "unit", [OUTCOMES[name][1] for name in frame.index])
    return frame
