"""Who pays: allocation rules over region, municipalities and GP offices, and their stability.

Amounts are in million kroner. The sum that is shared is the cost frame unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import registry
from analysis.methods import games
from analysis.methods.games.core import TOLERANCE
from analysis.registry import Scenario
from analysis.studies.findings import finding
from analysis.studies.players import GROUP_LABELS, GROUPS, Players, cost_game, players

Floats = NDArray[np.float64]
MILLION = 1e6


@dataclass(frozen=True)
class Rule:
    """A way to share a cost: ``share`` gives each player's part in m NOK."""

    id: str
    label: str
    words: str
    share: Callable[[Players], Floats]


def _recorded(among: Players) -> Floats:
    part = among.scenario.value("financing.grant_share_2019")
    if not 0 <= part <= 1:
        raise ValueError(f"financing.grant_share_2019 = {part:g}: must be 0 to 1")
    region = (among.table["group"] == "region").to_numpy()
    if region.all() or not region.any():
        return games.per_user(among.game, among.users)
    local = np.where(region, 0.0, among.users)
    weights = part * local / local.sum() + (1 - part) * region / region.sum()
    return games.by_weight(among.game, weights)


def _inhabitants(among: Players) -> Floats:
    return among.table["inhabitants"].to_numpy(np.float64)


RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule("recorded", "As financed in 2019",
             "Municipalities and GPs carry the part that the state grant of 2019 was made for, by "
             "users. The region carries the rest.", _recorded),
        Rule("equal", "Equal", "Every organisation pays the same.",
             lambda among: games.equal(among.game)),
        Rule("per_inhabitant", "Per inhabitant served",
             "Each level serves every inhabitant once, so the three levels pay alike.",
             lambda among: games.per_capita(among.game, _inhabitants(among))),
        Rule("per_user", "Per user", "Every user costs the same.",
             lambda among: games.per_user(among.game, among.users)),
        Rule("stand_alone", "Proportional to stand-alone cost",
             "In proportion to what each would pay for a platform alone.",
             lambda among: games.proportional(among.game)),
        Rule("scrb", "Separable costs, remaining benefits",
             "Each pays what it adds. The rest follows what each saves by not standing alone.",
             lambda among: games.scrb(among.game)),
        Rule("aumann_shapley", "Aumann–Shapley prices",
             "As if every user joined alone: a price per user, and each pays its own site work.",
             lambda among: games.aumann_shapley(among.game, among.users)),
        Rule("shapley", "Shapley value",
             "The average of what an organisation adds, over all orders of joining.",
             lambda among: games.shapley(among.game)),
        Rule("weighted_shapley", "Shapley value, weighted by users",
             "As the Shapley value, but common costs follow the number of users.",
             lambda among: games.weighted_shapley(among.game, among.users)),
        Rule("owen", "Owen value",
             "The Shapley value between region, municipalities and GPs first, then within each.",
             lambda among: games.owen(among.game, [part for part in among.unions if part])),
        Rule("nucleolus", "Nucleolus",
             "The most aggrieved group is as little aggrieved as can be; then the next, and so on.",
             lambda among: games.nucleolus(among.game)),
    )
}  # fmt: skip


@lru_cache(maxsize=16)
def _players(scenario: Scenario) -> Players:
    return players(scenario)


@lru_cache(maxsize=256)
def _share(scenario: Scenario, rule: str) -> Floats:
    shares = RULES[rule].share(_players(scenario))
    shares.flags.writeable = False
    return shares


def _scenario(scenario: Scenario | None) -> Scenario:
    return scenario or registry.load().scenario("base")


def shares(scenario: Scenario | None = None) -> pd.DataFrame:
    """Every player's part, m NOK: the players' table plus one column per rule id."""
    chosen = _scenario(scenario)
    columns = {id: _share(chosen, id) for id in RULES}
    return pd.concat([_players(chosen).table, pd.DataFrame(columns)], axis=1)


def by_group(scenario: Scenario | None = None) -> pd.DataFrame:
    """What each group pays under each rule.

    Columns: ``rule`` (label), ``group`` (label), ``share`` of the sum, ``amount`` (m NOK),
    ``per_user`` (NOK), ``per_organisation`` (m NOK). Groups without players have no row.
    """
    table = shares(scenario)
    rows = []
    for rule in RULES.values():
        for group in GROUPS:
            part = table[table["group"] == group]
            if part.empty:
                continue
            amount, users = float(part[rule.id].sum()), float(part["users"].sum())
            rows.append(
                (rule.label, GROUP_LABELS[group], amount / float(table[rule.id].sum()), amount,
                 amount / users * MILLION, amount / len(part))
            )  # fmt: skip
    columns = ["rule", "group", "share", "amount", "per_user", "per_organisation"]
    return pd.DataFrame(rows, columns=columns)


def municipalities(scenario: Scenario | None = None) -> pd.DataFrame:
    """Bills of the municipalities per inhabitant (NOK), one column per rule id; by code.

    Further columns: ``name``, ``inhabitants``, ``tile_row``, ``tile_col``.
    """
    table = shares(scenario)
    rows = table[table["group"] == "municipality"].set_index("code")
    places = registry.load().municipalities
    frame = rows[["name", "inhabitants"]].copy()
    for id in RULES:
        frame[id] = rows[id] / rows["inhabitants"] * MILLION
    return frame.join(places[["tile_row", "tile_col"]])


def change(
    before: str, after: str, scenario: Scenario | None = None, count: int = 10
) -> pd.DataFrame:
    """Who gains and who loses per inhabitant between two rules: the ``count`` ends on each side.

    Columns: ``name``, ``inhabitants``, ``before``, ``after``, ``change`` (NOK per inhabitant;
    negative is a gain). Raises ValueError for an unknown rule or a count that is not 1 to 33.
    """
    check_rules(before=before, after=after)
    frame = municipalities(scenario)
    if not 1 <= count <= len(frame) // 2:
        raise ValueError(f"count = {count}: must be 1 to {len(frame) // 2}")
    out = pd.DataFrame(
        {
            "name": frame["name"],
            "inhabitants": frame["inhabitants"],
            "before": frame[before],
            "after": frame[after],
            "change": frame[after] - frame[before],
        }
    ).sort_values("change", kind="stable", ignore_index=True)
    return pd.concat([out.head(count), out.tail(count)], ignore_index=True)


def check_rules(**fields: str) -> None:
    """Raise ValueError unless every field names a rule; the message lists the rules."""
    for field, rule in fields.items():
        if rule not in RULES:
            raise ValueError(f"{field} = {rule!r}: must be one of {', '.join(RULES)}")


def _describe(among: Players, coalition: NDArray[np.bool_]) -> str:
    """A coalition in words: how many of each group, or the names when it is small."""
    inside = among.table[coalition]
    if len(inside) <= 3:
        return " and ".join(inside["name"])
    counts = inside["group"].value_counts()
    parts = []
    for group in GROUPS:
        here, there = int(counts.get(group, 0)), int((among.table["group"] == group).sum())
        if here:
            label = GROUP_LABELS[group]
            label = label if label.startswith("GP") else label.lower()
            whole = label if there == 1 else f"all {there} {label}"
            parts.append(whole if here == there else f"{here} of {there} {label}")
    return "; ".join(parts)


def stability(scenario: Scenario | None = None) -> pd.DataFrame:
    """Which rules nobody would walk away from, if every group could build its own platform.

    Columns as in ``certificates``, one row per rule.
    """
    chosen = _scenario(scenario)
    return certificates(_players(chosen), {id: _share(chosen, id) for id in RULES})


def certificates(among: Players, bills: Mapping[str, Floats]) -> pd.DataFrame:
    """The tests of some splits: ``bills`` gives what each player pays (m NOK) by rule id.

    Columns: ``rule``, ``complaint`` (m NOK by which the most aggrieved group overpays; at most zero
    in the core), ``in_core``, ``aggrieved`` (who that is), ``above_alone`` (players who pay more
    than a platform of their own), ``below_added`` (players who pay less than they add, so that
    others subsidise them). Every group counts, not only those that could act: the test is exact.
    """
    oracle = games.Oracle(among.game)
    slack = TOLERANCE * among.game.total
    rows = []
    for id, bill in bills.items():
        worst = oracle.worst(bill)
        rows.append(
            (
                RULES[id].label,
                worst.complaint if abs(worst.complaint) > slack else 0.0,
                worst.complaint <= slack,
                _describe(among, worst.coalition) if worst.complaint > slack else "nobody",
                int((bill > among.game.alone + slack).sum()),
                int((bill < among.game.incremental - slack).sum()),
            )
        )
    columns = ["rule", "complaint", "in_core", "aggrieved", "above_alone", "below_added"]
    return pd.DataFrame(rows, columns=columns)


def gp_offices(scenario: Scenario | None = None) -> pd.DataFrame:
    """What GP offices would pay by contract type: ``rule``, ``group``, ``per_gp`` (NOK)."""
    table = shares(scenario)
    rows = []
    for rule in RULES.values():
        for group in GROUPS[2:]:
            part = table[table["group"] == group]
            if part.empty:
                continue
            per_gp = float(part[rule.id].sum() / part["gps"].sum()) * MILLION
            rows.append((rule.label, GROUP_LABELS[group], per_gp))
    return pd.DataFrame(rows, columns=["rule", "group", "per_gp"])


def splitting(scenario: Scenario | None = None) -> pd.DataFrame:
    """What a GP office pays when it counts as two halves: who counts as a player matters.

    Columns: ``rule``, ``before`` and ``after`` (m NOK, both halves together). The largest office is
    split; its users and its site work are halved, so that nothing but the count changes.
    """
    chosen = _scenario(scenario)
    whole = _players(chosen)
    index = int(whole.table["gps"].to_numpy(np.float64).argmax())
    parts = whole.table.loc[[index, index]].copy()
    parts[["users", "gps", "inhabitants", "sites"]] /= 2
    table = pd.concat([whole.table.drop(index), parts], ignore_index=True)
    halves = Players(chosen, table, cost_game(chosen, table, whole.game.total))
    rows = []
    for id in ("per_user", "shapley", "weighted_shapley", "owen", "aumann_shapley"):
        after = RULES[id].share(halves)[-2:].sum()
        rows.append((RULES[id].label, float(_share(chosen, id)[index]), float(after)))
    return pd.DataFrame(rows, columns=["rule", "before", "after"])


def sensitivity(scenario: Scenario | None = None) -> pd.DataFrame:
    """How the parts move when one assumption on the cost structure goes to an end of its range.

    Columns: ``assumption``, ``end`` (low or high), ``setting``, ``rule``, and ``region``,
    ``municipality`` and ``gp`` as shares of the sum.
    """
    chosen = _scenario(scenario)
    reg = registry.load()
    rows = []
    for id in SENSITIVE:
        record = reg.value(id)
        for end, setting in (("low", record.low), ("high", record.high)):
            if setting is None:
                continue
            moved = chosen.with_changes({id: setting})
            among = _players(moved)
            kind = among.table["group"].str.split("_").str[0]
            for rule in ("owen", "weighted_shapley", "shapley", "scrb"):
                part = pd.Series(_share(moved, rule)).groupby(kind).sum() / among.game.total
                rows.append(
                    (record.label, end, setting, RULES[rule].label,
                     part["region"], part["municipality"], part["gp"])
                )  # fmt: skip
    columns = ["assumption", "end", "setting", "rule", "region", "municipality", "gp"]
    return pd.DataFrame(rows, columns=columns)


SENSITIVE = (
    "allocation.fixed_share",
    "allocation.volume_share",
    "allocation.site_share",
    "allocation.volume_exponent",
    "allocation.site_weight_municipality",
    "allocation.site_weight_trust",
    "allocation.level_municipality",
    "allocation.level_gp",
)

_INPUTS = (
    "cost.frame_article",
    "financing.grant_share_2019",
    "gp.offices",
    "gp.share_pay_self",
    "users.planned",
    *SENSITIVE,
)


def _labels(group: str) -> list[str]:
    """Labels of the groups whose id starts with ``group``."""
    return [label for id, label in GROUP_LABELS.items() if id.startswith(group)]


@finding(
    "allocation.region_share",
    label="Health region's part, weighted Shapley value, and the range over all rules",
    unit="share",
    inputs=_INPUTS,
    method="eleven rules over the same cost structure",
)
def region_share(scenario: Scenario) -> tuple[float, float, float]:
    """Region's part: weighted Shapley, least and greatest over the rules."""
    return _range_over_rules(scenario, "region")


@finding(
    "allocation.gp_share",
    label="GP offices' part, weighted Shapley value, and the range over all rules",
    unit="share",
    inputs=_INPUTS,
    method="eleven rules over the same cost structure",
)
def gp_share(scenario: Scenario) -> tuple[float, float, float]:
    """GP offices' part: weighted Shapley, least and greatest over the rules."""
    return _range_over_rules(scenario, "gp")


def _range_over_rules(scenario: Scenario, group: str) -> tuple[float, float, float]:
    table = by_group(scenario)
    part = table[table["group"].isin(_labels(group))].groupby("rule")["share"].sum()
    return float(part[RULES["weighted_shapley"].label]), float(part.min()), float(part.max())


@finding(
    "allocation.payers",
    label="Organisations that share the sum: the health region, municipalities and GP offices",
    unit="count",
    inputs=("municipalities.count", "gp.offices"),
    method="one region, every municipality, every GP office",
)
def payers(scenario: Scenario) -> float:
    """Number of players."""
    return float(_players(scenario).game.n)


@finding(
    "allocation.rules_in_core",
    label="Rules that leave no group with a reason to build its own platform",
    unit="count",
    inputs=_INPUTS,
    method="exact core test over all coalitions of all payers",
)
def rules_in_core(scenario: Scenario) -> float:
    """Number of rules in the core."""
    return float(stability(scenario)["in_core"].sum())


@finding(
    "allocation.split_factor",
    label="What a GP office pays as two halves, over what it pays as one, Shapley value",
    unit="factor",
    inputs=_INPUTS,
    method="the largest office split; users and site work halved",
)
def split_factor(scenario: Scenario) -> float:
    """Factor by which splitting an office changes its Shapley value."""
    frame = splitting(scenario).set_index("rule").loc[[RULES["shapley"].label]]
    return float((frame["after"] / frame["before"]).iloc[0])


@finding(
    "allocation.gp_per_user",
    label="What one GP would pay of the frame per user, once",
    unit="NOK_per_gp",
    inputs=("cost.frame_article", "users.planned", "gp.staff_per_gp"),
    method="frame per user times the users of one GP",
)
def gp_per_user(scenario: Scenario) -> float:
    """Part of one GP under the per-user rule, NOK."""
    frame = gp_offices(scenario)
    rule = frame[frame["rule"] == RULES["per_user"].label]
    return float(rule["per_gp"].iloc[0])


@finding(
    "allocation.gp_owen",
    label="What a self-paying GP would pay of the frame under the Owen value, once",
    unit="NOK_per_gp",
    inputs=_INPUTS,
    method="Owen value with the unions region, municipalities and GP offices",
)
def gp_owen(scenario: Scenario) -> float:
    """Part of a self-paying GP under the Owen value, NOK.

    Raises ValueError when no office pays everything itself.
    """
    frame = gp_offices(scenario)
    row = frame[
        (frame["rule"] == RULES["owen"].label) & (frame["group"] == GROUP_LABELS["gp_self"])
    ]
    if row.empty:
        paying = scenario.value("gp.share_pay_self")
        raise ValueError(f"gp.share_pay_self = {paying:g}: must leave an office that pays all")
    return float(row["per_gp"].iloc[0])
