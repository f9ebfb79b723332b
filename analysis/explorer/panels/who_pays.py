"""Who pays: ten rules, every municipality, and the bills of the GPs by contract."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analysis.explorer.declare import (
    Bars,
    Chart,
    Choice,
    Control,
    Dots,
    Explorer,
    Headline,
    Mark,
    Output,
    Preset,
)
from analysis.methods.games import structured
from analysis.methods.games.pieces import CostGame
from analysis.model import who_pays as kernel
from analysis.registry import Registry
from analysis.studies import allocation
from analysis.studies.players import GROUPS, Players, players

Floats = NDArray[np.float64]

RULES = (
    "recorded",
    "equal",
    "per_inhabitant",
    "per_user",
    "stand_alone",
    "scrb",
    "aumann_shapley",
    "shapley",
    "weighted_shapley",
    "owen",
)
SHORT = (
    "As in 2019",
    "Equal",
    "Per inhabitant",
    "Per user",
    "Stand-alone cost",
    "Separable costs",
    "Aumann–Shapley",
    "Shapley",
    "Shapley by users",
    "Owen",
)
BY_PIECE: dict[str, Callable[[CostGame, Players], Floats]] = {
    "aumann_shapley": lambda game, among: structured.aumann_shapley(game, among.users),
    "shapley": lambda game, among: structured.shapley(game),
    "weighted_shapley": lambda game, among: structured.weighted_shapley(game, among.users),
    "owen": lambda game, among: structured.owen(game, among.unions),
}
STARTING_RULE = "per_user"
STARTING_TOWN = "5007"


def _payers(values: Floats, among: Players) -> list[float]:
    """Add up the GP offices of each contract; the region and the municipalities stay single."""
    single = values[among.where("region")].tolist() + values[among.where("municipality")].tolist()
    return [*single, *(float(values[among.where(group)].sum()) for group in GROUPS[2:])]


def _vectors(reg: Registry) -> dict[str, list[float]]:
    """The parts of the payers: by rule, by piece, alone and added, each piece scaled to one."""
    among = players(reg.scenario("base"))
    names = among.table["name"].tolist()
    flat = [p for id in RULES[:4] for p in _payers(allocation.RULES[id].share(among), among)]
    total = among.game.total
    by_piece: list[float] = []
    games = [CostGame(names, [piece]) for piece in among.game.pieces]
    for rule in RULES[6:]:
        for game in games:
            by_piece += _payers(BY_PIECE[rule](game, among) / game.total, among)
    alone = [p for game in games for p in _payers(game.alone / game.total, among)]
    added = [p for game in games for p in _payers(game.incremental / game.total, among)]
    table = among.table
    people = table.loc[among.where("municipality"), "inhabitants"].tolist()
    codes = table.loc[among.where("municipality"), "code"]
    local: list[float] = []
    gps: list[float] = []
    for group in GROUPS[2:]:
        rows = table.loc[among.where(group)]
        by_town = rows.groupby("code")["gps"].sum().reindex(codes, fill_value=0.0)
        gps.append(float(by_town.sum()))
        local += (by_town / by_town.sum()).tolist()
    vectors = {
        "flat": [x / total for x in flat],
        "by_piece": by_piece,
        "alone": alone,
        "added": added,
        "local": local,
    }
    short = {name: [float(f"{x:.7g}") for x in vector] for name, vector in vectors.items()}
    sums = {
        f"{name}_sums": _added_up(short[name]) for name in ("flat", "by_piece", "alone", "added")
    }
    return {**short, **sums, "people": people, "gps": gps}


def _added_up(vectors: list[float]) -> list[float]:
    """Add up the municipalities in every vector over the payers."""
    found: list[float] = []
    for start in range(0, len(vectors), kernel.PAYERS):
        towns = slice(start + 1, start + 1 + kernel.TOWNS)
        gps = slice(start + 1 + kernel.TOWNS, start + kernel.PAYERS)
        found += [vectors[start], sum(vectors[towns]), *vectors[gps]]
    return found


def _towns(reg: Registry) -> tuple[tuple[str, str, float], ...]:
    names = reg.municipalities["name"]
    return tuple((str(code), str(name), float(i)) for i, (code, name) in enumerate(names.items()))


def _town_names(reg: Registry) -> tuple[str, ...]:
    return tuple(reg.municipalities["name"])


who_pays = Explorer(
    id="who_pays",
    title="Who pays? Pick a rule, a municipality and what happens to the GPs' bills",
    lead=(
        "The same sum, shared by ten rules between the health region, 66 municipalities and the GP "
        "offices. No rule is neutral. What the sum is made of is an assumption; move it and see."
    ),
    kernel=kernel.who_pays,
    inputs=(
        "@rule",
        "@gp_bills",
        "@municipality",
        "cost.frame_article",
        "allocation.fixed_share",
        "allocation.volume_share",
        "allocation.site_share",
        "allocation.years",
        "gp.ehr_cost_now",
        "#flat",
        "#by_piece",
        "#alone",
        "#added",
        "#people",
        "#local",
        "#gps",
        "#flat_sums",
        "#by_piece_sums",
        "#alone_sums",
        "#added_sums",
    ),
    size=kernel.SIZE,
    data=_vectors,
    controls=(
        Choice(
            "rule",
            "Rule",
            tuple((id, allocation.RULES[id].label, float(i)) for i, id in enumerate(RULES)),
            default=STARTING_RULE,
        ),
        Choice("municipality", "Municipality", _towns, default=STARTING_TOWN),
        Choice(
            "gp_bills",
            "Who pays the GPs' part",
            (
                ("contract", "As their contract says", float(kernel.BY_CONTRACT)),
                ("gps", "All GPs pay themselves", float(kernel.GPS_THEMSELVES)),
                (
                    "municipalities",
                    "The municipality pays for all",
                    float(kernel.MUNICIPALITIES_ALL),
                ),
                ("state", "The state pays for all", float(kernel.STATE_ALL)),
            ),
        ),
        Control("cost.frame_article", "Sum to share"),
        Control("allocation.fixed_share", "Part paid once, whoever joins"),
        Control("allocation.volume_share", "Part that grows with users"),
        Control("allocation.site_share", "Part that is each site's own"),
        Control("allocation.years", "Years that a GP's part is spread over", more=True),
        Control("gp.ehr_cost_now", "What the present record costs a GP", more=True),
    ),
    outputs=(
        Output("own", kernel.OWN, "mNOK"),
        Output("per_head", kernel.OWN_PER_HEAD, "NOK_per_inhabitant"),
        Output("mean_per_head", kernel.MEAN_PER_HEAD, "NOK_per_inhabitant"),
        Output("against_mean", kernel.OWN_AGAINST_MEAN, "share", digits=2),
        Output("excess", kernel.EXCESS, "share", digits=2, drawn=False),
        Output("gp_gap", kernel.GP_GAP, "NOK_per_gp_per_year"),
        Output("gp_yearly", kernel.GP_YEARLY + 2, "NOK_per_gp_per_year"),
        Output("region", kernel.BORNE, "mNOK"),
        Output("towns", kernel.BORNE + 1, "mNOK"),
        Output("gps_self", kernel.BORNE + 4, "mNOK"),
        *(
            Output(name, kernel.BY_RULE + i * kernel.RULES, "mNOK", kernel.RULES)
            for i, name in enumerate(
                (
                    "rules_region",
                    "rules_towns",
                    "rules_salaried",
                    "rules_deal",
                    "rules_self",
                    "rules_state",
                )
            )
        ),
        Output("people", kernel.PEOPLE, "inhabitants", kernel.TOWNS),
        Output("per_heads", kernel.PER_HEAD, "NOK_per_inhabitant", kernel.TOWNS),
        Output("own_people", kernel.OWN_PEOPLE, "inhabitants"),
    ),
    uncertain=("allocation.fixed_share", "allocation.volume_share", "allocation.site_share"),
    headlines=(
        Headline(
            "own",
            above="{@municipality} carries {own}, or {per_head}.",
            zero="{@municipality} carries nothing.",
        ),
        Headline(
            "against_mean",
            above="That is {x} more per head than the municipalities' mean of {mean_per_head}.",
            below="That is {x} less per head than the municipalities' mean of {mean_per_head}.",
            zero="That is the municipalities' mean per head.",
        ),
        Headline(
            "gp_gap",
            above=(
                "The part of a GP who pays everything is {gp_yearly}: {x} more than the present "
                "record costs."
            ),
            below=(
                "The part of a GP who pays everything is {gp_yearly}: {x} less than the present "
                "record costs."
            ),
            zero="The part of a GP who pays everything is what the present record costs.",
        ),
        Headline(
            "excess",
            above="The parts add up to more than the whole by {x} and are scaled down.",
            zero="",
        ),
    ),
    charts=(
        Chart(
            "rules",
            "The same sum under ten rules",
            "Stacked bars, one for each rule, by who ends up paying. Under the chosen rule the "
            "health region pays {region} and the municipalities {towns}.",
            SHORT,
            (
                Bars("Health region", "rules_region", "blue", band=False),
                Bars("Municipalities", "rules_towns", "orange", band=False),
                Bars("GPs on salary", "rules_salaried", "green", band=False),
                Bars("GPs with a deal", "rules_deal", "gold", band=False),
                Bars("GPs who pay all", "rules_self", "red", band=False),
                Bars("State", "rules_state", "grey", band=False),
            ),
            x_title="Rule",
            y_title="m NOK",
            horizontal=True,
            stacked=True,
            height=460,
        ),
        Chart(
            "towns",
            "What the chosen rule asks of each municipality",
            "Dots for 66 municipalities: inhabitants, on a scale of powers of ten, against kroner "
            "per inhabitant. {@municipality} is marked at {per_head}.",
            "people",
            (Dots("Municipalities", "per_heads", "orange", labels=_town_names),),
            x_title="Inhabitants",
            y_title="NOK per inhabitant",
            x_log=True,
            marks=(Mark("own_people", "per_head", "{@municipality}"),),
        ),
    ),
    presets=(
        Preset("base"),
        Preset(
            "base",
            {"rule": "shapley"},
            "Shapley value",
            "Every organisation counts as one, however small.",
        ),
        Preset(
            "base",
            {"rule": "weighted_shapley", "gp_bills": "municipalities"},
            "Municipalities carry the GPs",
            "Common costs follow users, and the municipality pays for all its GPs.",
        ),
        Preset("pays_fixed", {"rule": "owen"}),
    ),
)
