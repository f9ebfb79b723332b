"""What the platform costs, by year and by the actor on whose table the bill lands first.

Costs enter the flows as negative numbers, in kroner of the price year.
"""

from analysis.model.adoption import (
    joining,
)
from analysis.model.layout import (
    DIP,
    DOWNTIME,
    EXIT,
    FIRST_YEAR,
    FUNCTION,
    GP_DIP,
    GP_DOWNTIME,
    GP_FUNCTION,
    GP_MIGRATION,
    GP_PARALLEL,
    GP_SALARIED,
    GPS,
    HOSPITAL,
    INTRODUCTION,
    INVESTMENT,
    LIVE,
    MUNICIPAL,
    MUNICIPALITIES,
    OLD_SYSTEMS,
    OPERATIONS,
    PARALLEL,
    PRICE_INDEX,
    REGION,
    RUNNING_GROWTH,
    SALARIED,
    STAFF_DIP,
    STAFF_DOWNTIME,
    STAFF_FUNCTION,
    STATE,
    USERS,
    WAGE_GROWTH,
    YEARS,
    Vector,
    cell,
    seat,
)
from analysis.model.parameters import (
    COST_FRAME_ARTICLE,
    FINANCING_GRANT,
    FINANCING_SHARE_RHF,
    GP_EHR_COST_NOW,
    GP_EXIT_COST,
    MODEL_HOSPITAL_START,
    MODEL_INTRO_HOSPITAL,
    MODEL_INTRO_MUNICIPALITY,
    MODEL_INTRO_SITE,
    MODEL_INVESTMENT_END,
    MODEL_MUNICIPAL_INVESTMENT_SHARE,
    MODEL_MUNICIPAL_START,
    MODEL_OLD_SYSTEMS_USER,
    MODEL_OPERATIONS_FIXED,
    MODEL_OPERATIONS_SITE,
    MODEL_OPERATIONS_USER,
    MODEL_OVERRUN,
    MODEL_PARALLEL_MONTHS,
    MODEL_STATE_SHARE,
    MUNICIPALITIES_COUNT,
)
from analysis.model.timing import (
    elapsed,
)


def spent_by(time: float, duration: float) -> float:
    """Share of an investment spent ``time`` years after its start: a smooth S from 0 to 1."""
    x = min(1.0, max(0.0, time / duration))
    return x * x * (3.0 - 2.0 * x)


def investment_of(p: Vector, year: int) -> float:
    """Investment of a year."""
    duration = p[MODEL_INVESTMENT_END] - FIRST_YEAR
    total = p[COST_FRAME_ARTICLE] * (1.0 + p[MODEL_OVERRUN])
    return total * (spent_by(year + 1.0, duration) - spent_by(year, duration))


def charge_owners(p: Vector, out: Vector, flow: int, year: int, amount: float) -> None:
    """Charge the owners of the company, health region and municipalities, by their shares."""
    region = p[FINANCING_SHARE_RHF]
    out[cell(flow, REGION, year)] -= region * amount
    out[cell(flow, MUNICIPALITIES, year)] -= (1.0 - region) * amount


def add_investment(p: Vector, out: Vector) -> None:
    """Hospital part to the region; the joint part to the state's grant, then to the owners.

    The grant is a fixed sum of nominal money and covers the part of municipalities and GPs until
    it is used up.
    """
    left = p[FINANCING_GRANT] * (1.0 - p[MODEL_STATE_SHARE])
    for year in range(YEARS):
        amount = investment_of(p, year)
        joint = amount * p[MODEL_MUNICIPAL_INVESTMENT_SHARE]
        index = out[PRICE_INDEX + year]
        granted = min(joint, left / index)
        left = max(0.0, left - granted * index)
        out[cell(INVESTMENT, STATE, year)] -= granted
        out[cell(INVESTMENT, REGION, year)] -= amount - joint
        charge_owners(p, out, INVESTMENT, year, joint - granted)


def add_running(p: Vector, out: Vector) -> None:
    """Running costs: fixed by ownership, the rest where the users are; GP users at the owners'."""
    start = min(p[MODEL_HOSPITAL_START], p[MODEL_MUNICIPAL_START])
    for year in range(YEARS):
        growth = out[RUNNING_GROWTH + year]
        per_user = p[MODEL_OPERATIONS_USER] * growth
        municipal = out[seat(LIVE, MUNICIPAL, year)]
        gp_users = 0.0
        for kind in range(3):
            segment = GP_SALARIED + kind
            gp_users += out[USERS + segment] * out[seat(LIVE, segment, year)]
        out[cell(OPERATIONS, REGION, year)] -= (
            per_user * out[USERS + HOSPITAL] * out[seat(LIVE, HOSPITAL, year)]
        )
        out[cell(OPERATIONS, MUNICIPALITIES, year)] -= municipal * (
            per_user * out[USERS + MUNICIPAL]
            + p[MODEL_OPERATIONS_SITE] * p[MUNICIPALITIES_COUNT] * growth
        )
        fixed = p[MODEL_OPERATIONS_FIXED] * growth * elapsed(year, start)
        charge_owners(p, out, OPERATIONS, year, fixed + per_user * gp_users)


def add_staff_changeover(p: Vector, out: Vector) -> None:
    """Entry, dip, stops and function of hospital and municipal staff, less the systems replaced."""
    for segment in range(2):
        actor = segment + 1
        users = out[USERS + segment]
        entry = p[MODEL_INTRO_HOSPITAL] * users
        if segment == MUNICIPAL:
            entry = (
                p[MODEL_INTRO_MUNICIPALITY] * users + p[MODEL_INTRO_SITE] * p[MUNICIPALITIES_COUNT]
            )
        for year in range(YEARS):
            new = joining(out, segment, year)
            live = out[seat(LIVE, segment, year)]
            wage = out[WAGE_GROWTH + year]
            old = p[MODEL_OLD_SYSTEMS_USER] * users
            out[cell(INTRODUCTION, actor, year)] -= new * entry
            out[cell(DIP, actor, year)] -= new * users * out[STAFF_DIP] * wage
            out[cell(PARALLEL, actor, year)] -= new * old * p[MODEL_PARALLEL_MONTHS]
            out[cell(DOWNTIME, actor, year)] -= live * users * out[STAFF_DOWNTIME] * wage
            out[cell(FUNCTION, actor, year)] -= live * users * out[STAFF_FUNCTION] * wage
            out[cell(OLD_SYSTEMS, actor, year)] += live * old


def add_gp_changeover(p: Vector, out: Vector) -> None:
    """The same for GP offices, and the cost of leaving again."""
    for kind in range(3):
        segment = GP_SALARIED + kind
        actor = SALARIED + kind
        gps = out[GPS + kind]
        for year in range(YEARS):
            change = joining(out, segment, year)
            new = gps * max(0.0, change)
            live = gps * out[seat(LIVE, segment, year)]
            wage = out[WAGE_GROWTH + year]
            out[cell(INTRODUCTION, actor, year)] -= new * out[GP_MIGRATION]
            out[cell(DIP, actor, year)] -= new * out[GP_DIP] * wage
            out[cell(PARALLEL, actor, year)] -= new * out[GP_PARALLEL]
            out[cell(DOWNTIME, actor, year)] -= live * out[GP_DOWNTIME] * wage
            out[cell(FUNCTION, actor, year)] -= live * out[GP_FUNCTION] * wage
            out[cell(EXIT, actor, year)] -= gps * max(0.0, -change) * p[GP_EXIT_COST]
            out[cell(OLD_SYSTEMS, actor, year)] += live * p[GP_EHR_COST_NOW]
