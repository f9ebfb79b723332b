"""Budget and overrun: how likely the frame is to hold, from inside and from outside."""

from __future__ import annotations

import math

from analysis.explorer import lattice
from analysis.explorer.declare import (
    Bars,
    Chart,
    Control,
    Explorer,
    Headline,
    Line,
    Mark,
    Output,
    Preset,
)
from analysis.model import budget as kernel
from analysis.registry import Registry
from analysis.studies.cost_risk import RISKS

ITEMS = (
    "cost_items.vendor",
    "cost_items.municipal_introduction",
    "cost_items.hospital_introduction",
    "cost_items.programme",
    "cost_items.integration",
    "cost_items.infrastructure",
)
PARTS = (
    "Vendor contract",
    "Introduction, municipal",
    "Introduction, hospitals",
    "Programme",
    "Interfaces and data",
    "Technical platform",
    "Risk: delay",
    "Risk: repair",
    "Risk: added scope",
)
# Half the width of a P10 to P90 range in standard deviations.
Z90 = 1.2815515655446004


def _laws(reg: Registry) -> dict[str, list[float]]:
    """Median (as a factor on the value) and log spread of each lognormal part, and the draws."""
    medians, spreads = [], []
    for id in (*ITEMS, *(f"cost_risks.{name}_impact" for name in RISKS)):
        value = reg.value(id)
        if value.distribution != "lognormal" or value.range_meaning != "P10/P90":
            raise ValueError(f"{id}: the budget explorer needs a lognormal law with P10/P90")
        assert value.low
        assert value.high
        assert value.value
        medians.append(math.sqrt(value.low * value.high) / value.value)
        spreads.append(math.log(value.high / value.low) / (2 * Z90))
    return {
        "medians": medians,
        "spreads": spreads,
        "steps": [float(step) for step in lattice.steps(1 + kernel.PARTS)],
    }


budget = Explorer(
    id="budget",
    title="Budget and overrun: how likely is the frame to hold?",
    lead=(
        "The inside view adds up the items and risks of an estimate. The outside view asks how "
        "similar projects ended. They disagree; set your own numbers and see by how much."
    ),
    kernel=kernel.budget,
    inputs=(
        "cost.frame_article",
        "cost_risk.correlation",
        *ITEMS,
        *(f"cost_risks.{name}_probability" for name in RISKS),
        *(f"cost_risks.{name}_impact" for name in RISKS),
        "reference.pareto_alpha",
        "reference.it2023_tail",
        "budget.typical_overrun",
        "users.planned",
        "region.population_2021",
        "#medians",
        "#spreads",
        "#steps",
    ),
    size=kernel.SIZE,
    data=_laws,
    controls=(
        Control("cost.frame_article", "Cost frame"),
        Control("cost_risks.delay_probability", "Chance of a half-year delay"),
        Control("cost_risks.repair_probability", "Chance of costly repair"),
        Control("cost_risks.scope_probability", "Chance of added scope"),
        Control("cost_risk.correlation", "How far items go wrong together"),
        Control("reference.pareto_alpha", "Tail of similar projects (low: heavy)"),
        Control("budget.typical_overrun", "Typical overrun of similar projects"),
        Control("cost_items.vendor", "Vendor contract", more=True),
        Control("cost_items.municipal_introduction", "Introduction, municipal", more=True),
        Control("cost_items.hospital_introduction", "Introduction, hospitals", more=True),
        Control("cost_items.programme", "Programme and consultants", more=True),
        Control("cost_items.integration", "Interfaces and data", more=True),
        Control("cost_items.infrastructure", "Technical platform", more=True),
        Control("cost_risks.delay_impact", "Cost of the delay", more=True),
        Control("cost_risks.repair_impact", "Cost of repair", more=True),
        Control("cost_risks.scope_impact", "Cost of added scope", more=True),
        Control("users.planned", "Users", more=True),
    ),
    outputs=(
        Output("within", kernel.WITHIN, "probability", digits=2),
        Output("p10", kernel.P10, "bnNOK"),
        Output("p50", kernel.P50, "bnNOK"),
        Output("p85", kernel.P85, "bnNOK"),
        Output("p90", kernel.P90, "bnNOK"),
        Output("to_p85", kernel.TO_P85, "mNOK", digits=2),
        Output("per_user", kernel.PER_USER, "NOK_per_user"),
        Output("per_inhabitant", kernel.PER_INHABITANT, "NOK_per_inhabitant"),
        Output("outside_within", kernel.OUTSIDE_WITHIN, "probability", digits=2),
        Output("outside_p50", kernel.OUTSIDE_P50, "bnNOK"),
        Output("outside_p85", kernel.OUTSIDE_P85, "bnNOK"),
        Output("frame", kernel.FRAME_OUT, "bnNOK"),
        Output("within_percent", kernel.WITHIN, "percent", digits=2),
        Output("parts", kernel.PART_MEAN, "mNOK", kernel.PARTS),
        Output("parts_low", kernel.PART_LOW, "mNOK", kernel.PARTS),
        Output("parts_high", kernel.PART_HIGH, "mNOK", kernel.PARTS),
        Output("cost", kernel.COST, "bnNOK", kernel.GRID),
        Output("inside", kernel.INSIDE, "percent", kernel.GRID),
        Output("outside", kernel.OUTSIDE, "percent", kernel.GRID),
    ),
    headlines=(
        Headline(
            "within",
            above="Seen from inside, a frame of {frame} holds with a chance of {within}.",
            zero="Seen from inside, a frame of {frame} does not hold in any draw.",
        ),
        Headline(
            "outside_within",
            above=(
                "Similar IT projects would stay within it with a chance of {x}; their P85 is "
                "{outside_p85}."
            ),
            zero="No similar IT project would stay within it.",
        ),
        Headline(
            "to_p85",
            above="To be 85% sure (P85: {p85}), the frame lacks {x}.",
            below="It is {x} above what would be 85% sure (P85: {p85}).",
            zero="It is just what would be 85% sure (P85: {p85}).",
        ),
        Headline(
            "p50",
            above="The middle outcome is {p50}: {per_user} and {per_inhabitant}.",
        ),
    ),
    charts=(
        Chart(
            "curve",
            "Chance that the final cost stays below",
            "Two S-curves over the final cost. From inside, the frame of {frame} holds with a "
            "chance of {within}; from outside with {outside_within}.",
            "cost",
            (
                Line("Inside view: items and risks", "inside", "blue", band=False),
                Line("Outside view: similar projects", "outside", "orange", band=False),
            ),
            x_title="Final cost, bn NOK",
            y_title="Chance, %",
            marks=(Mark("frame", "within_percent", "Frame {frame}", place="bottom right"),),
        ),
        Chart(
            "parts",
            "What the inside view adds up",
            "Bars for six cost items and three risks with whiskers from P10 to P90. A risk counts "
            "with its chance, so its whisker can start at zero.",
            PARTS,
            (Bars("Expected cost", "parts", "blue", low="parts_low", high="parts_high"),),
            x_title="Part",
            y_title="Expected cost, m NOK",
            horizontal=True,
            height=400,
            note="Whiskers run from P10 to P90.",
        ),
    ),
    presets=(
        Preset("base"),
        Preset("budget_calm"),
        Preset("budget_linked"),
        Preset("budget_tail"),
    ),
)
