"""Adoption: who joins when, at which price and with which guarantees, on the whole model."""

from __future__ import annotations

from analysis.explorer.declare import (
    Chart,
    Control,
    Explorer,
    Headline,
    Line,
    Output,
    Preset,
)
from analysis.model import appraisal
from analysis.model.layout import (
    BENEFIT,
    COST,
    EXCHANGE_GP,
    EXCHANGE_HOSPITAL,
    EXCHANGE_MUNICIPAL,
    FIRST_YEAR,
    GP_DEAL,
    GP_SALARIED,
    GP_SELF,
    HEADCOUNT_BENEFIT,
    HOSPITAL,
    JOINED,
    LIVE_GPS,
    MUNICIPAL,
    NPV,
    PV_GUARANTEE,
    SIZE,
    YEARS,
    seat,
)
from analysis.model.parameters import NAMES
from analysis.studies import runtime

LAST = YEARS - 1
SEGMENTS = (
    ("hospital", HOSPITAL),
    ("municipal", MUNICIPAL),
    ("salaried", GP_SALARIED),
    ("deal", GP_DEAL),
    ("paying", GP_SELF),
)

adoption = Explorer(
    id="adoption",
    title="Adoption: who joins when, and what does it take?",
    lead=(
        "Hospitals are told to join. Councils and GPs join when it pays as they see it, and the "
        "more partners are on the platform, the more it pays. Set price, guarantees and dates."
    ),
    kernel=appraisal.evaluate,
    batch=runtime.evaluate_draws,
    first=64,
    inputs=NAMES,
    size=SIZE,
    controls=(
        Control("gp.hp_price", "What Helseplattformen would cost a GP"),
        Control("model.guarantee_price", "Guarantee: no dearer than today"),
        Control("model.guarantee_function", "Guarantee: lost time is made good"),
        Control("model.guarantee_uptime", "Guarantee: stops are made good"),
        Control("model.cover_self", "Part of the GPs' bills that municipalities take"),
        Control("gp.share_pay_self", "GPs who pay everything themselves"),
        Control("model.gp_start", "First GP offices can go live"),
        Control("model.municipal_start", "First municipality goes live"),
        Control("model.belief", "How far councils and GPs trust the plan", more=True),
        Control("model.gp_worry", "What a GP wants for the risk", more=True),
        Control("gp.function_minutes", "Extra time for a consultation", more=True),
        Control("gp.minutes_saved_day", "Time saved if all partners share", more=True),
        Control("model.council_bill_seen", "Part of the bill that councils saw", more=True),
        Control("model.hospital_start", "First hospital goes live", more=True),
    ),
    outputs=(
        *(Output(name, seat(JOINED, s, 0), "percent", YEARS) for name, s in SEGMENTS),
        *(Output(f"{name}_last", seat(JOINED, s, LAST), "share", digits=2) for name, s in SEGMENTS),
        Output("gps_last", LIVE_GPS, "share", digits=2),
        Output("exchange_hospital", EXCHANGE_HOSPITAL, "percent", YEARS),
        Output("exchange_municipal", EXCHANGE_MUNICIPAL, "percent", YEARS),
        Output("exchange_gp", EXCHANGE_GP, "percent", YEARS),
        Output("exchange_last", EXCHANGE_MUNICIPAL + LAST, "share", digits=2),
        Output("benefit", BENEFIT, "mNOK_per_year", YEARS),
        Output("headcount", HEADCOUNT_BENEFIT, "mNOK_per_year", YEARS),
        Output("cost", COST, "mNOK_per_year", YEARS),
        Output("benefit_last", BENEFIT + LAST, "mNOK_per_year", digits=2),
        Output("npv", NPV, "bnNOK", digits=2),
        Output("guarantees", PV_GUARANTEE, "mNOK", digits=2),
    ),
    uncertain=(
        "gp.hp_price",
        "gp.ehr_cost_now",
        "gp.function_minutes",
        "gp.minutes_saved_day",
        "gp.dip_share",
        "gp.dip_months",
        "gp.downtime_hours",
        "gp.migration_hours",
        "gp.share_pay_self",
        "model.gp_worry",
        "model.gp_spread",
        "model.gp_speed",
        "model.gp_leaving_speed",
        "model.belief",
        "model.municipal_speed",
        "model.council_bill_seen",
        "model.council_extra_value",
        "model.council_spread",
        "model.operations_user",
        "model.intro_municipality",
        "model.old_systems_user",
        "model.nonresponse",
        "model.double_work_hours",
        "model.searching_hours",
        "model.hours_removed",
        "model.time_realised",
        "model.benefit_lag",
        "model.overrun",
    ),
    headlines=(
        Headline(
            "gps_last",
            above=f"By {FIRST_YEAR + LAST}, {{x}} of the GPs are expected on the platform.",
            zero=f"By {FIRST_YEAR + LAST}, no GP is expected on the platform.",
            tail="Eight of ten draws lie between {low} and {high} per cent.",
        ),
        Headline(
            "paying_last",
            above=("Of those who pay everything {x}; of the municipal staff {municipal_last}."),
            zero="Of those who pay everything none; of the municipal staff {municipal_last}.",
        ),
        Headline(
            "exchange_last",
            above="Then {x} of the municipal staff's exchange has both ends on it.",
            zero="Then no exchange has both ends on it.",
        ),
        Headline(
            "npv",
            above="Over the period society gains {x} in present value ({npv|low} to {npv|high}).",
            below="Over the period society loses {x} in present value ({npv|low} to {npv|high}).",
            zero="Over the period society breaks even ({npv|low} to {npv|high}).",
        ),
    ),
    charts=(
        Chart(
            "joined",
            "Share that has joined",
            "Lines with bands from "
            f"{FIRST_YEAR} to {FIRST_YEAR + LAST} for hospital staff, municipal staff and GPs who "
            "pay themselves. At the end {municipal_last} of municipal staff and {paying_last} of "
            "those GPs have joined.",
            tuple(range(FIRST_YEAR, FIRST_YEAR + YEARS)),
            (
                Line("Hospital staff", "hospital", "grey", band=False),
                Line("Municipal staff", "municipal", "orange"),
                Line("GPs on salary", "salaried", "green", band=False, dash="dash"),
                Line("GPs with a deal", "deal", "gold", band=False, dash="dot"),
                Line("GPs who pay all", "paying", "blue"),
            ),
            x_title="Year",
            y_title="Joined at the end of the year, %",
            height=380,
        ),
        Chart(
            "value",
            "What it costs and what it saves a year",
            "Three lines: yearly cost, yearly benefit counting only exchange with both ends on the "
            "platform, and the benefit if every user counted in full. In the last year the "
            "benefit is {benefit_last}.",
            tuple(range(FIRST_YEAR, FIRST_YEAR + YEARS)),
            (
                Line("Cost", "cost", "red"),
                Line("Benefit, both ends on", "benefit", "blue"),
                Line("Time saved by headcount", "headcount", "grey", band=False, dash="dot"),
            ),
            x_title="Year",
            y_title="m NOK a year, price level 2021",
        ),
    ),
    presets=(
        Preset("base"),
        Preset("adoption_guarantees"),
        Preset("adoption_cover"),
        Preset("adoption_all"),
    ),
)
