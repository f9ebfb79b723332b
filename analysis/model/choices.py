"""What joining is worth to one council and to one GP, given what everybody else does.

Staying out is the reference, worth zero. All amounts are present values in kroner of the price
year, per inhabitant or per GP; what cannot be priced is left out.
"""

from analysis.model.layout import (
    DISCOUNT,
    DOUBLE_WORK_HOURS,
    EXCHANGE_GP,
    EXCHANGE_MUNICIPAL,
    GP_DIP,
    GP_DOWNTIME,
    GP_FUNCTION,
    GP_GUARANTEE_COST,
    GP_GUARANTEED,
    GP_HOUR,
    GP_HOURS,
    GP_JOIN,
    GP_MIGRATION,
    GP_PARALLEL,
    GRANT_PER_USER,
    INVESTMENT,
    LIVE,
    MUNICIPAL,
    MUNICIPALITIES,
    PRICE_CUT,
    RUNNING_GROWTH,
    SEARCHING_HOURS,
    STAFF_DIP,
    STAFF_DOWNTIME,
    STAFF_FUNCTION,
    STAFF_HOUR,
    STATE,
    USERS,
    WAGE_GROWTH,
    YEARS,
    Vector,
    cell,
    seat,
)
from analysis.model.parameters import (
    FINANCING_SHARE_RHF,
    GP_EHR_COST_NOW,
    GP_HP_PRICE,
    GP_HP_PRICE_ONCE,
    MODEL_BENEFIT_LAG,
    MODEL_COUNCIL_INHABITANTS,
    MODEL_COVER_SELF,
    MODEL_INTRO_MUNICIPALITY,
    MODEL_INTRO_SITE,
    MODEL_OLD_SYSTEMS_USER,
    MODEL_OPERATIONS_FIXED,
    MODEL_OPERATIONS_SITE,
    MODEL_OPERATIONS_USER,
    MODEL_PARALLEL_MONTHS,
    MODEL_STATE_SHARE,
    REGION_POPULATION_2021,
)
from analysis.model.units import (
    joint_users,
)


def council_value(p: Vector, out: Vector, first: int) -> float:
    """Net present value per inhabitant for a council that goes live in year ``first``.

    ``first`` counts from the first year of the analysis. Fixed running costs and an overrun beyond
    the grant fall on the owners who are in, so a council pays more when others stay out. What it
    pays for its GPs is left out.
    """
    people = p[MODEL_COUNCIL_INHABITANTS]
    region = p[REGION_POPULATION_2021]
    users = out[USERS + MUNICIPAL] / region
    own = 1.0 - p[MODEL_STATE_SHARE]
    hours = (out[DOUBLE_WORK_HOURS] + out[SEARCHING_HOURS]) * out[STAFF_HOUR]
    entry = (
        users
        * (
            p[MODEL_INTRO_MUNICIPALITY]
            + out[STAFF_DIP] * out[WAGE_GROWTH + first]
            + p[MODEL_PARALLEL_MONTHS] * p[MODEL_OLD_SYSTEMS_USER]
        )
        + p[MODEL_INTRO_SITE] / people
    )
    debt = users * out[GRANT_PER_USER + first]
    value = -(own * entry + debt) * out[DISCOUNT + first]
    everyone = joint_users(out)
    pace = 1.0 / p[MODEL_BENEFIT_LAG]
    live = 0.5
    mature = 0.0
    for year in range(first, YEARS):
        growth = out[RUNNING_GROWTH + year]
        wage = out[WAGE_GROWTH + year]
        mature = min(live, mature + (live - mature) * pace)
        inside = region * max(out[seat(LIVE, MUNICIPAL, year)], people / region)
        fixed = p[MODEL_OPERATIONS_FIXED] * (1.0 - p[FINANCING_SHARE_RHF]) / inside
        site = p[MODEL_OPERATIONS_SITE] / people
        running = growth * (users * p[MODEL_OPERATIONS_USER] + site + fixed)
        running += users * wage * (out[STAFF_FUNCTION] + out[STAFF_DOWNTIME])
        investment = -out[cell(INVESTMENT, MUNICIPALITIES, year)] / inside
        granted = 0.0
        if year > first:
            granted = -out[cell(INVESTMENT, STATE, year)] / everyone
        gain = live * users * p[MODEL_OLD_SYSTEMS_USER] + (
            mature * users * hours * wage * out[EXCHANGE_MUNICIPAL + year]
        )
        paid = own * (live * running + investment) + users * granted
        value += (gain - paid) * out[DISCOUNT + year]
        live = 1.0
    return value


def years_of_use(out: Vector, first: int) -> float:
    """Present value of one krone a year from ``first`` on, of half a krone in that year itself."""
    value = -0.5 * out[DISCOUNT + first]
    for year in range(first, YEARS):
        value += out[DISCOUNT + year]
    return value


def set_gp_values(p: Vector, out: Vector, first: int) -> None:
    """Fill what joining in year ``first`` is worth to one GP who pays for the record.

    Net present values without any guarantee and with all three in full, and what these pay.
    """
    own = 1.0 - p[MODEL_STATE_SHARE]
    bills = own * (1.0 - p[MODEL_COVER_SELF])
    wage = out[WAGE_GROWTH + first]
    entry = bills * (p[GP_HP_PRICE_ONCE] + out[GP_MIGRATION] + out[GP_PARALLEL])
    promise = gp_promise(p, out, first)
    alone = -(entry + own * out[GP_DIP] * wage) * out[DISCOUNT + first]
    guaranteed = alone + promise
    saved_bill = (1.0 - p[MODEL_COVER_SELF]) * p[GP_EHR_COST_NOW] - bills * p[GP_HP_PRICE]
    lost = own * (out[GP_FUNCTION] + out[GP_DOWNTIME])
    pace = 1.0 / p[MODEL_BENEFIT_LAG]
    live = 0.5
    mature = 0.0
    for year in range(first, YEARS):
        wage = out[WAGE_GROWTH + year]
        mature = min(live, mature + (live - mature) * pace)
        hours = mature * out[GP_HOURS] * out[EXCHANGE_GP + year]
        gain = live * (saved_bill - lost * wage) + hours * out[GP_HOUR] * wage
        alone += gain * out[DISCOUNT + year]
        guaranteed += gain * out[DISCOUNT + year]
        live = 1.0
    out[GP_JOIN] = alone
    out[GP_GUARANTEED] = guaranteed
    out[GP_GUARANTEE_COST] = promise


def gp_promise(p: Vector, out: Vector, first: int) -> float:
    """Present value of what the three guarantees pay to one GP: their cost to the guarantor."""
    own = 1.0 - p[MODEL_STATE_SHARE]
    losses = max(0.0, out[GP_FUNCTION]) + max(0.0, out[GP_DOWNTIME])
    price = out[PRICE_CUT] * (1.0 - p[MODEL_COVER_SELF])
    value = own * price * years_of_use(out, first)
    live = 0.5
    for year in range(first, YEARS):
        value += live * own * losses * out[WAGE_GROWTH + year] * out[DISCOUNT + year]
        live = 1.0
    return value
