"""The GP office calculator: what joining changes a year for one GP, and who bears it."""

from __future__ import annotations

from analysis.explorer.declare import (
    Bars,
    Chart,
    Choice,
    Control,
    Explorer,
    Headline,
    Line,
    Mark,
    Output,
    Preset,
)
from analysis.model import gp_office as kernel
from analysis.registry import Registry

PARTS = ("Record system", "Stops", "Pace of work", "Shared record", "Change, per year")
YEARLY = "NOK_per_gp_per_year"


def _curve(reg: Registry) -> dict[str, list[float]]:
    """Highest price of the price curve: half of what a scenario may set."""
    return {"top": [reg.value("gp.hp_price").limits[1] / 2]}


gp_office = Explorer(
    id="gp_office",
    title="Your GP office: what would joining change?",
    lead=(
        "Set what you know about the office. What you leave alone is drawn from its range, and the "
        "spread of the answer shows how much that matters. Gains are positive, losses negative."
    ),
    kernel=kernel.gp_office,
    inputs=(
        "@contract",
        "office.list_size",
        "gp.list_2021",
        "gp.revenue",
        "gp.income",
        "gp.working_days",
        "gp.hours_per_day",
        "gp.consultations_per_gp",
        "gp.hp_price",
        "gp.ehr_cost_now",
        "gp.hp_price_once",
        "gp.migration_hours",
        "gp.migration_cost_office",
        "office.gps",
        "gp.staff_per_gp",
        "wage.hour_cost",
        "gp.parallel_months",
        "gp.dip_share",
        "gp.dip_months",
        "gp.downtime_hours",
        "gp.downtime_hours_now",
        "gp.downtime_revenue_share",
        "gp.function_minutes",
        "gp.minutes_saved_day",
        "office.partners",
        "office.years",
        "convention.discount_first",
        "#top",
    ),
    size=kernel.SIZE,
    data=_curve,
    controls=(
        Choice(
            "contract",
            "Who pays for the record system",
            (
                ("self", "The GPs pay everything themselves", kernel.PAYS_ALL),
                ("deal", "The municipality buys and runs the ICT", kernel.MUNICIPAL_ICT),
                ("salaried", "The GPs are on municipal salary", kernel.SALARIED),
            ),
        ),
        Control("office.list_size"),
        Control("office.gps"),
        Control("gp.ehr_cost_now", "What the present record costs a GP"),
        Control("gp.hp_price", "What Helseplattformen would cost a GP"),
        Control("gp.downtime_hours", "Stops in Helseplattformen"),
        Control("gp.downtime_hours_now", "Stops in the present record", more=True),
        Control("gp.function_minutes", "Extra time for a consultation", more=True),
        Control("gp.minutes_saved_day", "Time saved if all partners share the record", more=True),
        Control("office.partners", "Exchange with partners who are on it", more=True),
        Control("gp.dip_months", "Time until the old pace is back", more=True),
    ),
    outputs=(
        Output("gp_parts", 0, YEARLY, 5),
        Output("municipal_parts", 5, YEARLY, 5),
        Output("gp_net", 10, YEARLY),
        Output("municipal_net", 11, YEARLY),
        Output("net", 12, YEARLY),
        Output("once", 13, "NOK_per_gp"),
        Output("break_even", 14, YEARLY),
        Output("nothing", 15, YEARLY),
        Output("price", 16, YEARLY, kernel.PRICES),
        Output("gp_curve", 16 + kernel.PRICES, YEARLY, kernel.PRICES),
        Output("curve", 16 + 2 * kernel.PRICES, YEARLY, kernel.PRICES),
    ),
    uncertain=(
        "gp.ehr_cost_now",
        "gp.hp_price",
        "gp.function_minutes",
        "gp.minutes_saved_day",
        "gp.dip_share",
        "gp.dip_months",
        "gp.downtime_hours",
        "gp.downtime_hours_now",
        "gp.downtime_revenue_share",
        "gp.hp_price_once",
        "gp.migration_hours",
        "gp.migration_cost_office",
        "gp.revenue",
        "gp.income",
        "gp.parallel_months",
        "office.partners",
    ),
    headlines=(
        Headline(
            "gp_net",
            above="For the GPs, joining is expected to be worth {x}.",
            below="For the GPs, joining is expected to cost {x}.",
            zero="Joining leaves the GPs' own accounts as they are.",
            tail="Eight of ten draws lie between {low} and {high}.",
        ),
        Headline(
            "municipal_net",
            above="The municipality gains {x}.",
            below="The municipality bears {x}.",
            zero="The municipality bears nothing.",
        ),
        Headline(
            "break_even",
            above="Together they break even at a price of {break_even}.",
            below="No price is low enough to break even: they would have to be paid {x}.",
            zero="They break even only if the system is free.",
        ),
    ),
    charts=(
        Chart(
            "parts",
            "What makes up the difference, per GP and year",
            "Bars with whiskers for five parts of the yearly difference, one colour for the GPs "
            "and one for the municipality. The net is {gp_net} for the GP and {municipal_net} for "
            "the municipality.",
            PARTS,
            (
                Bars("The GPs", "gp_parts", "blue"),
                Bars("The municipality", "municipal_parts", "orange"),
            ),
            x_title="Part",
            y_title="NOK per GP and year",
            horizontal=True,
            note="Whiskers span eight of ten draws.",
        ),
        Chart(
            "price",
            "At what price does joining pay?",
            "Two falling lines with bands over the yearly price: what is left for the GPs, and for "
            "GPs and municipality together. Together they break even at {break_even}.",
            "price",
            (
                Line("GPs and municipality together", "curve", "orange"),
                Line("The GPs", "gp_curve", "blue"),
            ),
            x_title="Price of Helseplattformen, NOK per GP and year",
            y_title="Net, NOK per GP and year",
            marks=(Mark("break_even", "nothing", "Break-even {break_even}"),),
        ),
    ),
    presets=(
        Preset("base"),
        Preset("gp_promise"),
        Preset("gp_fear"),
        Preset("gp_alone"),
    ),
)
