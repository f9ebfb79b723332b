"""When GP offices may leave: which allocation rules hold, and who carries the risk.

Allocation and adoption are solved together. All players start on the platform; the cost is shared;
those for whom another record is cheaper leave; the cost of those left is shared again, until nobody
leaves. Who is left is an equilibrium: each is better off than with its outside option.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import registry
from analysis.methods.distributions import marginal
from analysis.registry import Scenario
from analysis.studies.allocation import RULES, by_group
from analysis.studies.findings import finding
from analysis.studies.players import GROUP_LABELS, Players, players

Floats = NDArray[np.float64]
MILLION = 1e6
GOLDEN = (5**0.5 - 1) / 2
#: Rules that are solved again for those left; the least core is a set, not one split.
SOLVED = ("recorded", "per_user", "per_inhabitant", "equal", "stand_alone", "scrb",
          "aumann_shapley", "weighted_shapley", "shapley", "owen")  # fmt: skip


@dataclass(frozen=True)
class Equilibrium:
    """Who is left under a rule.

    ``stays`` marks the players left, ``bill`` is what each pays (m NOK, zero for those who left),
    ``rounds`` how often the cost was shared.
    """

    stays: NDArray[np.bool_]
    bill: Floats
    rounds: int


def annuity(rate: float, years: float) -> float:
    """Present value of one krone a year for ``years`` years, paid at the end of each."""
    return years if rate == 0 else (1 - (1 + rate) ** -years) / rate


def _spread(id: str, scenario: Scenario, count: int) -> Floats:
    """Values of an uncertain quantity for ``count`` players: its quantiles in a mixed order."""
    record = registry.load().value(id)
    if record.low is None or record.high is None or record.distribution is None:
        raise ValueError(f"{id} has no range and distribution to spread")
    scale = scenario.value(id) / registry.load()[id]
    law = marginal(
        record.distribution, low=record.low, mode=record.mode, high=record.high,
        meaning=record.range_meaning or "",
    )  # fmt: skip
    places = (np.arange(count) * GOLDEN + 0.5) % 1.0
    ranked = (np.argsort(np.argsort(places, kind="stable"), kind="stable") + 0.5) / count
    return np.asarray(law.ppf(ranked), dtype=np.float64) * scale


def willingness(among: Players, guaranteed: bool) -> Floats:
    """The largest bill each player would accept, m NOK over the period; the region never leaves.

    GP: present record saved, plus time saved by the shared record with all partners on it, less
    running cost and, unless ``guaranteed``, what it wants for the risk. Municipality: old systems
    saved, plus what councils see in quality, less running cost. Offices and councils differ: their
    present cost and their view of quality are spread over the ranges of the registry.
    """
    scenario = among.scenario
    value = scenario.value
    years = annuity(value("convention.discount_first"), value("allocation.years"))
    kind = among.table["group"].str.split("_").str[0].to_numpy()
    users, gps = among.users, among.table["gps"].to_numpy(np.float64)
    out = np.full(among.game.n, np.inf)

    gp = kind == "gp"
    saved = _spread("gp.ehr_cost_now", scenario, int(gp.sum()))
    hours = value("gp.minutes_saved_day") / 60 * value("gp.working_days")
    gain = hours * value("gp.revenue_hour")
    risk = 0.0 if guaranteed else value("model.gp_worry")
    yearly = gps[gp] * (saved + gain - risk) - users[gp] * value("model.operations_user")
    out[gp] = yearly * years / MILLION

    council = kind == "municipality"
    quality = _spread("model.council_extra_value", scenario, int(council.sum()))
    per_user = value("model.old_systems_user") + quality - value("model.operations_user")
    site = value("model.operations_site") * MILLION
    out[council] = (users[council] * per_user - site) * years / MILLION
    return out


def equilibrium(
    rule: str, among: Players, *, guaranteed: bool = False, councils_may_leave: bool = False
) -> Equilibrium:
    """Share, let leave, share again, until nobody leaves.

    Raises:
        ValueError: for a rule that is not one of SOLVED.
    """
    if rule not in SOLVED:
        raise ValueError(f"rule = {rule!r}: must be one of {', '.join(SOLVED)}")
    accepts = willingness(among, guaranteed)
    if not councils_may_leave:
        accepts[(among.table["group"] == "municipality").to_numpy()] = np.inf
    stays = np.ones(among.game.n, dtype=bool)
    rounds = 0
    while True:
        rounds += 1
        inside = np.flatnonzero(stays)
        left = Players(
            among.scenario,
            among.table.iloc[inside].reset_index(drop=True),
            among.game.only(inside.tolist()),
        )
        bill = RULES[rule].share(left)
        goes = bill > accepts[inside]
        if not goes.any():
            break
        stays[inside[goes]] = False
    full = np.zeros(among.game.n)
    full[inside] = bill
    return Equilibrium(stays, full, rounds)


def unravelling(scenario: Scenario | None = None) -> pd.DataFrame:
    """Which rules unravel, with and without guarantees to the GPs.

    Columns: ``rule``, ``guaranteed``, ``councils`` (may councils leave too), ``gps_in`` and
    ``councils_in`` (shares of GPs and of municipal users left), ``region_bill`` (m NOK),
    ``region_change`` (against all on board) and ``rounds``.
    """
    chosen = scenario or registry.load().scenario("base")
    among = players(chosen)
    kind = among.table["group"].str.split("_").str[0].to_numpy()
    gps = among.table["gps"].to_numpy(np.float64)
    municipal = np.where(kind == "municipality", among.users, 0.0)
    rows = []
    for councils in (False, True):
        for guaranteed in (False, True):
            for rule in SOLVED:
                found = equilibrium(rule, among, guaranteed=guaranteed, councils_may_leave=councils)
                start = float(RULES[rule].share(among)[0])
                rows.append(
                    (RULES[rule].label, guaranteed, councils,
                     gps[found.stays].sum() / gps.sum(),
                     municipal[found.stays].sum() / municipal.sum(),
                     found.bill[0], found.bill[0] - start, found.rounds)
                )  # fmt: skip
    columns = ["rule", "guaranteed", "councils", "gps_in", "councils_in", "region_bill",
               "region_change", "rounds"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def exposure(scenario: Scenario | None = None, rule: str = "per_user") -> pd.DataFrame:
    """Who carries the risk when others stay out: the gap at prices set for all on board.

    Columns: ``joined`` (municipalities), ``order`` (who joined), ``cost`` of those on board,
    ``paid`` at the prices of full participation, ``gap`` (m NOK) and ``gap_per_inhabitant`` (NOK,
    of the municipalities that joined) if they carry it alone. GP offices are left out, the region is
    in. Which councils had said yes is not known, so each number is shown with the largest and
    with the smallest first.
    """
    chosen = scenario or registry.load().scenario("base")
    among = players(chosen)
    bill = RULES[rule].share(among)
    councils = np.flatnonzero(among.table["group"] == "municipality")
    people = among.table["inhabitants"].to_numpy(np.float64)
    largest = councils[np.argsort(-people[councils], kind="stable")]
    rows = []
    for id in ("adoption.signed_2022", "adoption.decided_2024", "councils.yes"):
        count = round(chosen.value(id))
        for order, ranked in (("largest first", largest), ("smallest first", largest[::-1])):
            inside = [0, *ranked[:count].tolist()]
            rows.append(_gap(among, bill, inside, count, order))
    everyone = [0, *largest.tolist()]
    rows.append(_gap(among, bill, everyone, len(largest), "all"))
    columns = ["joined", "order", "cost", "paid", "gap", "gap_per_inhabitant"]
    return pd.DataFrame(rows, columns=columns)


def _gap(
    among: Players, bill: Floats, inside: list[int], count: int, order: str
) -> tuple[int, str, float, float, float, float]:
    people = float(among.table["inhabitants"].to_numpy(np.float64)[inside[1:]].sum())
    cost = among.game.cost(inside)
    paid = float(bill[inside].sum())
    return count, order, cost, paid, cost - paid, (cost - paid) / people * MILLION


def covered_by_municipalities(scenario: Scenario | None = None) -> pd.DataFrame:
    """The alternative in which municipalities carry the GPs' part, as in the national price model.

    Columns: ``rule``, ``municipalities`` and ``gps`` (m NOK by the rule), ``together``, and
    ``extra_per_inhabitant`` (NOK that the cover adds to the municipalities).
    """
    chosen = scenario or registry.load().scenario("base")
    table = by_group(chosen).pivot(index="rule", columns="group", values="amount")
    order = [rule.label for rule in RULES.values()]
    gps = table[[GROUP_LABELS[g] for g in ("gp_salaried", "gp_deal", "gp_self")]].sum(axis=1)
    councils = table[GROUP_LABELS["municipality"]]
    people = chosen.value("region.population_2021")
    return pd.DataFrame(
        {
            "rule": order,
            "municipalities": councils[order].to_numpy(),
            "gps": gps[order].to_numpy(),
            "together": (councils + gps)[order].to_numpy(),
            "extra_per_inhabitant": (gps[order] / people * MILLION).to_numpy(),
        }
    )


_INPUTS = ("gp.ehr_cost_now", "model.gp_worry", "allocation.fixed_share", "cost.frame_article")


@finding(
    "allocation.rules_gps_stay",
    label="Rules under which most GPs stay when they may leave, with guarantees",
    unit="count",
    inputs=_INPUTS,
    method="best response from all on board; councils stay",
)
def rules_gps_stay(scenario: Scenario) -> float:
    """Number of rules with more than half of the GPs left, under guarantees."""
    frame = unravelling(scenario)
    held = frame[frame["guaranteed"] & ~frame["councils"]]
    return float((held["gps_in"] > 0.5).sum())


@finding(
    "allocation.rules_gps_stay_bare",
    label="Rules under which most GPs stay when they may leave, without guarantees",
    unit="count",
    inputs=_INPUTS,
    method="best response from all on board; councils stay",
)
def rules_gps_stay_bare(scenario: Scenario) -> float:
    """Number of rules with more than half of the GPs left, without guarantees."""
    frame = unravelling(scenario)
    held = frame[~frame["guaranteed"] & ~frame["councils"]]
    return float((held["gps_in"] > 0.5).sum())
