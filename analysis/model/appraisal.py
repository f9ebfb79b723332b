"""The whole model in one call, and its bottom lines."""

import math
from collections.abc import Sequence

from analysis.model.adoption import (
    gp_average,
    set_adoption,
)
from analysis.model.benefits import (
    add_benefits,
)
from analysis.model.choices import (
    council_value,
    set_gp_values,
    years_of_use,
)
from analysis.model.costs import (
    add_gp_changeover,
    add_investment,
    add_running,
    add_staff_changeover,
    investment_of,
)
from analysis.model.financing import (
    add_cover,
    add_gp_payments,
    add_grant,
    add_guarantees,
    add_loan,
    add_support,
)
from analysis.model.layout import (
    ACTORS,
    BENEFIT,
    BENEFIT_COST_RATIO,
    BENEFIT_LAST_YEAR,
    COST,
    COST_LAST_YEAR,
    COST_PER_INHABITANT,
    COST_PER_USER,
    COST_TOTAL,
    COST_TOTAL_NOMINAL,
    COUNCIL_NOW,
    COUNCIL_WAIT,
    COUNCIL_YEARS_NOW,
    COUNCIL_YEARS_WAIT,
    CUMULATIVE,
    DIP,
    DISCOUNT,
    DOUBLE_WORK,
    DOWNTIME,
    FIRST_YEAR,
    FLOW,
    FLOWS,
    FUNCTION,
    GP_YEARS,
    GUARANTEE,
    HEADCOUNT_BENEFIT,
    HOURS_LAST_YEAR,
    HOURS_SAVED,
    INVESTMENT_TOTAL,
    LIVE,
    LIVE_GPS,
    LIVE_HOSPITAL,
    LOAN,
    MUNICIPAL,
    MUNICIPALITIES,
    NET,
    NET_STATE,
    NPV,
    NPV_PER_INHABITANT,
    NPV_PER_USER,
    NPV_STATE,
    PAYBACK_YEAR,
    PRICE_INDEX,
    PV_BENEFIT,
    PV_COST,
    PV_GUARANTEE,
    PV_HEADCOUNT_BENEFIT,
    PV_TAX_COST,
    SALARIED,
    SEGMENTS,
    TAX_COST,
    USERS,
    YEARS,
    Vector,
    cell,
    seat,
)
from analysis.model.parameters import (
    CONVENTION_TAX_COST,
    MODEL_COUNCIL_WAIT,
    MODEL_COUNCIL_YEAR,
    MODEL_GP_START,
    REGION_POPULATION_2021,
    USERS_PLANNED,
)
from analysis.model.timing import (
    set_series,
)
from analysis.model.units import (
    set_units,
)


def evaluate(p: Vector, out: Vector) -> None:
    """Evaluate the model for the parameters ``p`` and fill ``out``, whose length is SIZE.

    Nothing is read from ``out`` that was not written in the same call. Parameters that divide must
    not be zero.
    """
    for place in range(FLOW, USERS):
        out[place] = 0.0
    set_units(p, out)
    set_series(p, out)
    set_adoption(p, out)
    add_investment(p, out)
    add_running(p, out)
    add_staff_changeover(p, out)
    add_gp_changeover(p, out)
    add_benefits(p, out)
    add_loan(p, out)
    add_grant(p, out)
    add_gp_payments(p, out)
    add_guarantees(p, out)
    add_cover(p, out)
    add_support(p, out)
    set_totals(p, out)
    set_summary(p, out)


def evaluate_draws(
    base: Vector,
    places: Sequence[int],
    columns: Sequence[Vector],
    wanted: Sequence[int],
    p: Vector,
    out: Vector,
    results: Sequence[Vector],
) -> None:
    """Evaluate draws of some parameters, and keep the ``wanted`` places of ``out``.

    ``columns[j]`` holds the draws of the parameter at ``places[j]``; the others stay at ``base``.
    ``results[k]`` gets the draws of the number at ``wanted[k]``. ``p`` and ``out`` are for work.
    """
    for k in range(len(base)):
        p[k] = base[k]
    for row in range(len(results[0])):
        for j in range(len(places)):
            p[places[j]] = columns[j][row]
        evaluate(p, out)
        for k in range(len(wanted)):
            results[k][row] = out[wanted[k]]


def is_cash(flow: int) -> bool:
    """Whether a flow is money in a public budget, rather than working time."""
    if flow >= DOUBLE_WORK:
        return flow >= LOAN
    return flow != DIP and flow != DOWNTIME and flow != FUNCTION


def set_totals(p: Vector, out: Vector) -> None:
    """Fill the yearly totals: cost, benefit, tax cost, net and cumulative, and net by actor.

    Norwegian public appraisal adds a cost of raising taxes to every krone of public money.
    """
    for year in range(YEARS):
        out[COST + year] = 0.0
        out[BENEFIT + year] = 0.0
        out[TAX_COST + year] = 0.0
    row = ACTORS * YEARS
    for actor in range(ACTORS):
        # Years innermost: they stand side by side, so that a compiler adds several at a time.
        for year in range(YEARS):
            place = actor * YEARS + year
            lost = 0.0
            gained = 0.0
            moved = 0.0
            time = 0.0
            for flow in range(LOAN):
                amount = out[FLOW + flow * row + place]
                lost += max(0.0, -amount)
                gained += max(0.0, amount)
                if not is_cash(flow):
                    time += amount
            for flow in range(LOAN, FLOWS):
                moved += out[FLOW + flow * row + place]
            net = gained - lost + moved
            out[NET_STATE + place] = net
            out[COST + year] += lost
            out[BENEFIT + year] += gained
            if actor <= MUNICIPALITIES:
                out[TAX_COST + year] += time - net
    running = 0.0
    for year in range(YEARS):
        gain = out[BENEFIT + year] - out[COST + year]
        running += gain
        out[TAX_COST + year] *= p[CONVENTION_TAX_COST]
        out[NET + year] = gain - out[TAX_COST + year]
        out[CUMULATIVE + year] = running


def present_value(out: Vector, which: int) -> float:
    """Discounted sum of one of the series."""
    value = 0.0
    for year in range(YEARS):
        value += out[which + year] * out[DISCOUNT + year]
    return value


def payback_year(out: Vector) -> float:
    """First year from which the undiscounted sum of all gains and costs stays at or above zero.

    Zero if that does not happen within the horizon. Tax cost is left out, as in the municipality's
    own calculation.
    """
    year = YEARS
    while year > 0 and out[CUMULATIVE + year - 1] >= 0.0:
        year -= 1
    if year == YEARS:
        return 0.0
    return FIRST_YEAR + year + 0.0


def set_summary(p: Vector, out: Vector) -> None:
    """Fill the outcomes from everything before."""
    last = YEARS - 1
    cost = present_value(out, COST)
    benefit = present_value(out, BENEFIT)
    out[NPV] = present_value(out, NET)
    for actor in range(ACTORS):
        out[NPV_STATE + actor] = present_value(out, NET_STATE + actor * YEARS)
    out[PV_COST] = cost
    out[PV_BENEFIT] = benefit
    out[PV_TAX_COST] = present_value(out, TAX_COST)
    out[BENEFIT_COST_RATIO] = 0.0
    if cost > 0.0:
        out[BENEFIT_COST_RATIO] = benefit / cost
    out[PAYBACK_YEAR] = payback_year(out)
    out[INVESTMENT_TOTAL] = 0.0
    out[COST_TOTAL] = 0.0
    out[COST_TOTAL_NOMINAL] = 0.0
    out[PV_GUARANTEE] = 0.0
    for year in range(YEARS):
        total = out[COST + year]
        out[INVESTMENT_TOTAL] += investment_of(p, year)
        out[COST_TOTAL] += total
        out[COST_TOTAL_NOMINAL] += total * out[PRICE_INDEX + year]
        for actor in range(SALARIED, ACTORS):
            out[PV_GUARANTEE] += out[cell(GUARANTEE, actor, year)] * out[DISCOUNT + year]
    out[COST_LAST_YEAR] = out[COST + last]
    out[BENEFIT_LAST_YEAR] = out[BENEFIT + last]
    out[PV_HEADCOUNT_BENEFIT] = present_value(out, HEADCOUNT_BENEFIT)
    out[HOURS_LAST_YEAR] = out[HOURS_SAVED + last]
    out[NPV_PER_INHABITANT] = out[NPV] / p[REGION_POPULATION_2021]
    out[NPV_PER_USER] = out[NPV] / p[USERS_PLANNED]
    out[COST_PER_INHABITANT] = cost / p[REGION_POPULATION_2021]
    out[COST_PER_USER] = cost / p[USERS_PLANNED]
    for segment in range(SEGMENTS):
        out[LIVE_HOSPITAL + segment] = out[seat(LIVE, segment, last)]
    out[LIVE_GPS] = gp_average(
        p, out[LIVE_HOSPITAL + 2], out[LIVE_HOSPITAL + 3], out[LIVE_HOSPITAL + 4]
    )
    now = math.floor(p[MODEL_COUNCIL_YEAR]) - FIRST_YEAR
    later = math.floor(p[MODEL_COUNCIL_YEAR] + p[MODEL_COUNCIL_WAIT]) - FIRST_YEAR
    gp_first = math.floor(p[MODEL_GP_START]) - FIRST_YEAR
    out[COUNCIL_NOW] = council_value(p, out, now)
    out[COUNCIL_WAIT] = council_value(p, out, later)
    set_gp_values(p, out, gp_first)
    # A council counts its users per inhabitant.
    users = out[USERS + MUNICIPAL] / p[REGION_POPULATION_2021]
    out[COUNCIL_YEARS_NOW] = users * years_of_use(out, now)
    out[COUNCIL_YEARS_WAIT] = users * years_of_use(out, later)
    out[GP_YEARS] = years_of_use(out, gp_first)
