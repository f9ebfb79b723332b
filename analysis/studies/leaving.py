"""When GP offices may leave: which allocation rules hold, and who carries the risk.

Allocation and adoption are solved together. All players start on the platform; the cost is shared;
those for whom today's systems are cheaper leave; the cost of those left is shared again, and what
the platform is worth falls as partners go, until nobody wants to leave. What an hour, a stop or
slower work costs comes from the model of the other chapters; its assumed price is replaced by the
bill of a rule.

Sources: H. Moulin and S. Shenker, Strategyproof sharing of submodular costs, Economic Theory 18
(2001), for sharing until nobody leaves; M. Granovetter, Threshold models of collective behavior,
American Journal of Sociology 83 (1978), for partners who pull each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import registry
from analysis.model import layout as at
from analysis.model.adoption import exchange_share
from analysis.registry import Scenario
from analysis.studies.allocation import RULES, check_rules, shares
from analysis.studies.appraisal import evaluate
from analysis.studies.findings import finding
from analysis.studies.players import Players, players
from analysis.studies.uncertainty import law_of

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MILLION = 1e6
GOLDEN = (5**0.5 - 1) / 2
TOLERANCE = 1e-9
#: Rules that are solved again for those left. The nucleolus is left out: it takes seconds a round.
SOLVED = ("recorded", "per_user", "per_inhabitant", "equal", "stand_alone", "scrb",
          "aumann_shapley", "weighted_shapley", "shapley", "owen")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Worth:
    """What being on the platform is worth to each player, m NOK over the period; see ``worth``.

    ``alone`` is without any partner on it, ``partners`` what all partners together add, and
    ``guarantee`` what the guarantees cost whoever gives them.
    """

    among: Players
    alone: Floats
    partners: Floats
    guarantee: Floats

    def largest_bills(self, stays: Flags) -> Floats:
        """The largest bill that each player would accept with those in ``stays`` on the platform.

        Infinite for the region, which never leaves. An office whose municipality buys its record
        goes where the municipality goes: minus infinity when that one is out.
        """
        among, value = self.among, self.among.scenario.value
        hospital, municipal, gp = (
            float(stays[part] @ among.users[part] / among.users[part].sum()) if part else 0.0
            for part in among.unions
        )
        reached = np.zeros(among.game.n)
        to_hospital, to_gp = (
            value("model.mix_municipality_hospital"),
            value("model.mix_municipality_gp"),
        )
        reached[among.unions[1]] = exchange_share(
            hospital, municipal, gp, to_hospital, 1 - to_hospital - to_gp
        )
        reached[among.unions[2]] = exchange_share(
            hospital, municipal, gp,
            value("model.mix_gp_hospital"), value("model.mix_gp_municipality"),
        )  # fmt: skip
        bills = self.alone + self.partners * reached
        table = among.table
        council = table["group"] == "municipality"
        out = set(table.loc[council & ~stays, "code"])
        bought = table["group"].isin(["gp_salaried", "gp_deal"])
        bills[(bought & table["code"].isin(out)).to_numpy()] = -np.inf
        return bills


def worth(among: Players, guaranteed: bool) -> Worth:
    """What being on the platform is worth to each player.

    A GP office and whoever pays for it decide together. They save today's record and, with partners
    on the platform, time; they pay running cost and lose income in the first months. Unless
    ``guaranteed``, they also bear slower work, more stops, and what a GP wants for the risk.

    A council saves old systems and, with partners, its staff's time; it sees a worth in quality; it
    pays running cost, slower work, stops and the working time lost at first.

    What offices pay today and what councils see in quality are spread over the ranges of the
    registry. Own introduction work is part of the shared sum, so it is not taken off again.
    """
    scenario, unit = among.scenario, evaluate(among.scenario).vector
    value = scenario.value
    years = annuity(value("convention.discount_first"), value("allocation.years"))
    _, councils, offices = among.unions
    users, gps = among.users, among.table["gps"].to_numpy(np.float64)[offices]
    alone, partners = np.full(among.game.n, np.inf), np.zeros(among.game.n)
    guarantee = np.zeros(among.game.n)

    lost = unit[at.GP_FUNCTION] + unit[at.GP_DOWNTIME]
    made_good = max(0.0, unit[at.GP_FUNCTION]) + max(0.0, unit[at.GP_DOWNTIME])
    risk = 0.0 if guaranteed else made_good + value("model.gp_worry")
    saved = _spread("gp.ehr_cost_now", scenario, len(offices))
    yearly = gps * (saved + made_good - lost - risk)
    yearly -= users[offices] * value("model.operations_user")
    alone[offices] = yearly * years - gps * unit[at.GP_DIP]
    partners[offices] = gps * unit[at.GP_HOURS] * unit[at.GP_HOUR] * years
    if guaranteed:
        guarantee[offices] = gps * made_good * years

    hours = unit[at.DOUBLE_WORK_HOURS] + unit[at.SEARCHING_HOURS]
    lost = unit[at.STAFF_FUNCTION] + unit[at.STAFF_DOWNTIME]
    quality = _spread("model.council_extra_value", scenario, len(councils))
    saved = value("model.old_systems_user") + quality - lost - value("model.operations_user")
    yearly = users[councils] * saved - value("model.operations_site") * MILLION
    alone[councils] = yearly * years - users[councils] * unit[at.STAFF_DIP]
    partners[councils] = users[councils] * hours * unit[at.STAFF_HOUR] * years
    return Worth(among, alone / MILLION, partners / MILLION, guarantee / MILLION)


def annuity(rate: float, years: float) -> float:
    """Present value of one krone a year for ``years`` years, paid at the end of each."""
    return years if rate == 0 else (1 - (1 + rate) ** -years) / rate


def _spread(id: str, scenario: Scenario, count: int) -> Floats:
    """Values of an uncertain quantity for ``count`` players: its quantiles in a mixed order."""
    law = law_of(registry.load().value(id))
    scale = scenario.value(id) / registry.load()[id]
    places = (np.arange(count) * GOLDEN + 0.5) % 1.0
    ranked = (np.argsort(np.argsort(places, kind="stable"), kind="stable") + 0.5) / count
    return np.asarray(law.ppf(ranked), dtype=np.float64) * scale


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """Who is left under a rule, when none of those left is better off outside.

    ``stays`` marks the players left, ``bill`` is what each pays (m NOK, zero for those who left),
    ``rounds`` how often the cost was shared, ``guarantee`` what guarantees to those left cost
    (m NOK over the period).
    """

    stays: Flags
    bill: Floats
    rounds: int
    guarantee: float


def equilibrium(
    rule: str, among: Players, *, guaranteed: bool = False, councils_may_leave: bool = False
) -> Equilibrium:
    """Share, let all leave who are better off outside, share again, until nobody leaves.

    If no bill falls when others leave (so it is under the Shapley value of this game), the result
    is the largest group in which all want to stay. Under other rules it is what this process
    leaves: nobody wants to go, but somebody who went might want to come back.

    Raises:
        ValueError: for a rule that is not one of SOLVED.
    """
    if rule not in SOLVED:
        raise ValueError(f"rule = {rule!r}: must be one of {', '.join(SOLVED)}")
    being_in = worth(among, guaranteed)
    councils = (among.table["group"] == "municipality").to_numpy()
    stays = np.ones(among.game.n, dtype=bool)
    rounds = 0
    while True:
        rounds += 1
        bill = bills_of(rule, among, stays)
        largest = being_in.largest_bills(stays)
        if not councils_may_leave:
            largest[councils] = np.inf
        goes = stays & (bill > largest + TOLERANCE)
        if not goes.any():
            return Equilibrium(stays, bill, rounds, float(being_in.guarantee[stays].sum()))
        stays = stays & ~goes


def bills_of(rule: str, among: Players, stays: Flags) -> Floats:
    """What each player pays under a rule when only those in ``stays`` share; m NOK, shape (n,)."""
    check_rules(rule=rule)
    inside = np.flatnonzero(stays)
    bill = np.zeros(among.game.n)
    if inside.size:
        table = among.table.iloc[inside].reset_index(drop=True)
        left = Players(among.scenario, table, among.game.only(inside.tolist()))
        bill[inside] = RULES[rule].share(left)
    return bill


def unravelling(scenario: Scenario | None = None) -> pd.DataFrame:
    """Which rules unravel, with and without guarantees to the GPs.

    Columns: ``rule``, ``guaranteed``, ``councils`` (may councils leave too), ``gps_in`` and
    ``councils_in`` (shares of GPs and of municipal users left), ``region_bill`` (m NOK),
    ``region_change`` (against all on board), ``guarantee`` (m NOK over the period that the
    guarantees cost whoever gives them) and ``rounds``.
    """
    return _unravelling(scenario or registry.load().scenario("base")).copy()


@lru_cache(maxsize=16)
def _unravelling(scenario: Scenario) -> pd.DataFrame:
    among = players(scenario)
    _, councils, offices = among.unions
    gps = among.table["gps"].to_numpy(np.float64)[offices]
    staff = among.users[councils]
    everybody = np.ones(among.game.n, dtype=bool)
    start = {rule: bills_of(rule, among, everybody)[0] for rule in SOLVED}
    rows = []
    for may_leave in (False, True):
        for guaranteed in (False, True):
            for rule in SOLVED:
                found = equilibrium(
                    rule, among, guaranteed=guaranteed, councils_may_leave=may_leave
                )
                rows.append(
                    (RULES[rule].label, guaranteed, may_leave,
                     float(gps @ found.stays[offices] / gps.sum()),
                     float(staff @ found.stays[councils] / staff.sum()),
                     found.bill[0], found.bill[0] - start[rule], found.guarantee, found.rounds)
                )  # fmt: skip
    columns = ["rule", "guaranteed", "councils", "gps_in", "councils_in", "region_bill",
               "region_change", "guarantee", "rounds"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def exposure(scenario: Scenario | None = None, rule: str = "per_user") -> pd.DataFrame:
    """Who carries the risk when others stay out: the gap at prices set for all on board.

    Columns: ``joined`` (municipalities), ``order`` (who joined), ``cost`` of those on board,
    ``paid`` at the prices of full participation, ``gap`` (m NOK) and ``gap_per_inhabitant`` (NOK,
    of the municipalities that joined) if they carry it alone. The region is in; GP offices stay out
    but in the last row, where all are on board. Which councils had said yes is not known, so each
    number is shown with the largest and with the smallest first.

    Raises:
        ValueError: for an unknown rule, or a count of councils that is not 1 to all of them.
    """
    check_rules(rule=rule)
    chosen = scenario or registry.load().scenario("base")
    among = players(chosen)
    bill = RULES[rule].share(among)
    region, councils, offices = (np.array(part) for part in among.unions)
    people = among.table["inhabitants"].to_numpy(np.float64)
    largest = councils[np.argsort(-people[councils], kind="stable")]
    groups = []
    for id in ("adoption.signed_2022", "adoption.decided_2024", "councils.yes"):
        count = round(chosen.value(id))
        if not 1 <= count <= len(councils):
            raise ValueError(f"{id} = {count}: must be 1 to {len(councils)} municipalities")
        groups += [("largest first", largest[:count]), ("smallest first", largest[-count:])]
    rows = []
    for order, joined, others in (
        *((order, joined, region) for order, joined in groups),
        ("all municipalities", councils, region),
        ("all, and GP offices", councils, np.concatenate([region, offices])),
    ):
        inside = [*joined.tolist(), *others.tolist()]
        cost, paid = among.game.cost(inside), float(bill[inside].sum())
        gap = cost - paid if abs(cost - paid) > TOLERANCE * cost else 0.0
        rows.append((len(joined), order, cost, paid, gap, gap / people[joined].sum() * MILLION))
    columns = ["joined", "order", "cost", "paid", "gap", "gap_per_inhabitant"]
    return pd.DataFrame(rows, columns=columns)


def state_money(scenario: Scenario | None = None) -> pd.DataFrame:
    """How far the recorded state money reaches under each rule; m NOK.

    Columns: ``rule``; ``loan`` and ``own``, the parts of the region's bill that the state lends and
    that the region finds itself; ``local``, the bill of municipalities and GP offices; ``grant``,
    how much of it the grant scheme meets until they pay it back as they join; ``beyond``, what it
    does not meet.
    """
    chosen = scenario or registry.load().scenario("base")
    lent, grant = chosen.value("financing.loan_share"), chosen.value("financing.grant")
    cover = chosen.value("financing.grant_cover")
    table = shares(chosen)
    region = table["group"] == "region"
    rows = []
    for rule in RULES.values():
        hospital, local = (
            float(table.loc[region, rule.id].sum()),
            float(table.loc[~region, rule.id].sum()),
        )
        met = min(cover * local, grant)
        rows.append((rule.label, lent * hospital, (1 - lent) * hospital, local, met, local - met))
    return pd.DataFrame(rows, columns=["rule", "loan", "own", "local", "grant", "beyond"])


def covered_by_municipalities(scenario: Scenario | None = None) -> pd.DataFrame:
    """The alternative in which municipalities carry the GPs' part, as in the national price model.

    Columns: ``rule``; ``own``, the part of the municipalities; ``contract``, that of the GP offices
    whose record they buy already; ``self_paying``, that of the offices that pay everything, which
    the cover moves to them; ``together`` (all m NOK); and ``extra_per_inhabitant`` (NOK that the
    cover adds).
    """
    chosen = scenario or registry.load().scenario("base")
    table = shares(chosen)
    group = table["group"]
    people = chosen.value("region.population_2021")
    rows = []
    for rule in RULES.values():
        bill = table[rule.id]
        own = float(bill[group == "municipality"].sum())
        contract = float(bill[group.isin(["gp_salaried", "gp_deal"])].sum())
        paying = float(bill[group == "gp_self"].sum())
        together = own + contract + paying
        rows.append((rule.label, own, contract, paying, together, paying / people * MILLION))
    columns = ["rule", "own", "contract", "self_paying", "together", "extra_per_inhabitant"]
    return pd.DataFrame(rows, columns=columns)


_INPUTS = (
    "cost.frame_article",
    "gp.ehr_cost_now",
    "gp.function_minutes",
    "gp.downtime_hours",
    "gp.dip_share",
    "gp.minutes_saved_day",
    "model.gp_worry",
    "model.operations_user",
    "allocation.years",
    "allocation.fixed_share",
)


def _held(scenario: Scenario, guaranteed: bool) -> float:
    """Rules under which more than half of the GPs stay; councils stay."""
    frame = unravelling(scenario)
    part = frame[(frame["guaranteed"] == guaranteed) & ~frame["councils"]]
    return float((part["gps_in"] > 0.5).sum())


@finding(
    "allocation.rules_gps_stay",
    label="Rules under which most GPs stay when they may leave, with guarantees",
    unit="count",
    inputs=_INPUTS,
    method="best response from all on board; councils stay",
)
def rules_gps_stay(scenario: Scenario) -> float:
    """Number of rules with more than half of the GPs left, under guarantees."""
    return _held(scenario, guaranteed=True)


@finding(
    "allocation.rules_gps_stay_bare",
    label="Rules under which most GPs stay when they may leave, without guarantees",
    unit="count",
    inputs=_INPUTS,
    method="best response from all on board; councils stay",
)
def rules_gps_stay_bare(scenario: Scenario) -> float:
    """Number of rules with more than half of the GPs left, without guarantees."""
    return _held(scenario, guaranteed=False)
