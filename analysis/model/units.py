"""What one hour, user or GP costs or gains, and how many there are: once per evaluation."""

from analysis.model.layout import (
    COUNCIL_BILL,
    DOUBLE_WORK_HOURS,
    GP_DIP,
    GP_DOWNTIME,
    GP_FUNCTION,
    GP_HOUR,
    GP_HOURS,
    GP_MIGRATION,
    GP_PARALLEL,
    GP_SALARIED,
    GP_TYPES,
    GPS,
    HOSPITAL,
    MUNICIPAL,
    PRICE_CUT,
    SEARCHING_HOURS,
    STAFF_DIP,
    STAFF_DOWNTIME,
    STAFF_FUNCTION,
    STAFF_HOUR,
    USERS,
    Vector,
)
from analysis.model.parameters import (
    COST_FRAME_ARTICLE,
    CPI_Y2020,
    CPI_Y2021,
    FINANCING_SHARE_RHF,
    GP_CONSULTATIONS_PER_GP,
    GP_DIP_MONTHS,
    GP_DIP_SHARE,
    GP_DOWNTIME_HOURS,
    GP_DOWNTIME_HOURS_NOW,
    GP_DOWNTIME_REVENUE_SHARE,
    GP_EHR_COST_NOW,
    GP_FUNCTION_MINUTES,
    GP_HOURS_PER_DAY,
    GP_HP_PRICE,
    GP_INCOME,
    GP_MIGRATION_COST_OFFICE,
    GP_MIGRATION_HOURS,
    GP_MINUTES_SAVED_DAY,
    GP_OFFICES,
    GP_PARALLEL_MONTHS,
    GP_REGION_COUNT,
    GP_REVENUE,
    GP_SALARIED_AMONG_OTHERS,
    GP_SHARE_PAY_SELF,
    GP_STAFF_PER_GP,
    GP_WORKING_DAYS,
    LABOUR_HOURS_YEAR,
    LABOUR_ON_COST,
    MODEL_COUNCIL_HORIZON,
    MODEL_DIP_MONTHS,
    MODEL_DIP_SHARE,
    MODEL_DOUBLE_WORK_HOURS,
    MODEL_DOWNTIME_HOURS,
    MODEL_FUNCTION_MINUTES_WEEK,
    MODEL_HOSPITAL_USER_SHARE,
    MODEL_HOURS_REMOVED,
    MODEL_INTRO_MUNICIPALITY,
    MODEL_INTRO_SITE,
    MODEL_MUNICIPAL_INVESTMENT_SHARE,
    MODEL_NONRESPONSE,
    MODEL_OLD_SYSTEMS_USER,
    MODEL_OPERATIONS_FIXED,
    MODEL_OPERATIONS_SITE,
    MODEL_OPERATIONS_USER,
    MODEL_OVERRUN,
    MODEL_PARALLEL_MONTHS,
    MODEL_SEARCHING_HOURS,
    MODEL_TIME_REALISED,
    MODEL_WEEKS,
    MUNICIPALITIES_COUNT,
    SURVEY_DOUBLE_WORK,
    SURVEY_RESPONSE,
    SURVEY_SEARCHING,
    USERS_PLANNED,
    WAGE_KS_MEAN,
)


def set_units(p: Vector, out: Vector) -> None:
    """Fill the unit amounts from the parameters.

    The planned users are split into GPs with their staff, hospital staff and municipal staff; GPs
    are split into the three contract types. Time is valued at the cost of an hour to the employer,
    a GP's at what the GP earns in an hour.
    """
    set_people(p, out)
    staff_hour = p[WAGE_KS_MEAN] * p[LABOUR_ON_COST] / p[LABOUR_HOURS_YEAR]
    staff_hour = staff_hour * p[CPI_Y2021] / p[CPI_Y2020]  # pay was recorded at the end of 2020
    gp_hours = p[GP_WORKING_DAYS] * p[GP_HOURS_PER_DAY]
    gp_hour = p[GP_INCOME] / gp_hours
    revenue_hour = p[GP_REVENUE] / gp_hours
    out[STAFF_HOUR] = staff_hour
    out[GP_HOUR] = gp_hour

    # Who did not answer the survey may see less of the problem than who did.
    answers = p[SURVEY_RESPONSE] + (1.0 - p[SURVEY_RESPONSE]) * p[MODEL_NONRESPONSE]
    useful = answers * p[MODEL_HOURS_REMOVED] * p[MODEL_TIME_REALISED] * p[MODEL_WEEKS]
    out[DOUBLE_WORK_HOURS] = p[SURVEY_DOUBLE_WORK] * p[MODEL_DOUBLE_WORK_HOURS] * useful
    out[SEARCHING_HOURS] = p[SURVEY_SEARCHING] * p[MODEL_SEARCHING_HOURS] * useful
    out[GP_HOURS] = p[GP_MINUTES_SAVED_DAY] * p[GP_WORKING_DAYS] * p[MODEL_TIME_REALISED]

    man_year = staff_hour * p[LABOUR_HOURS_YEAR]
    out[STAFF_DIP] = p[MODEL_DIP_SHARE] * p[MODEL_DIP_MONTHS] * man_year
    out[STAFF_FUNCTION] = p[MODEL_FUNCTION_MINUTES_WEEK] * p[MODEL_WEEKS] * staff_hour
    out[STAFF_DOWNTIME] = p[MODEL_DOWNTIME_HOURS] * staff_hour
    out[GP_MIGRATION] = (
        p[GP_MIGRATION_HOURS] * (gp_hour + p[GP_STAFF_PER_GP] * staff_hour)
        + p[GP_MIGRATION_COST_OFFICE] * p[GP_OFFICES] / p[GP_REGION_COUNT]
    )
    out[GP_DIP] = p[GP_DIP_SHARE] * p[GP_DIP_MONTHS] * p[GP_REVENUE]
    out[GP_FUNCTION] = p[GP_FUNCTION_MINUTES] * p[GP_CONSULTATIONS_PER_GP] * gp_hour
    more_hours = p[GP_DOWNTIME_HOURS] - p[GP_DOWNTIME_HOURS_NOW]
    out[GP_DOWNTIME] = more_hours * revenue_hour * p[GP_DOWNTIME_REVENUE_SHARE]
    out[GP_PARALLEL] = p[GP_PARALLEL_MONTHS] * p[GP_EHR_COST_NOW]
    out[PRICE_CUT] = max(0.0, p[GP_HP_PRICE] - p[GP_EHR_COST_NOW])
    out[COUNCIL_BILL] = council_bill(p, out)


def set_people(p: Vector, out: Vector) -> None:
    """Fill the number of users by segment and of GPs by contract."""
    gps = p[GP_REGION_COUNT]
    paying = p[GP_SHARE_PAY_SELF]
    salaried = p[GP_SALARIED_AMONG_OTHERS]
    out[GPS] = gps * (1.0 - paying) * salaried
    out[GPS + 1] = gps * (1.0 - paying) * (1.0 - salaried)
    out[GPS + 2] = gps * paying
    for kind in range(GP_TYPES):
        out[USERS + GP_SALARIED + kind] = out[GPS + kind] * (1.0 + p[GP_STAFF_PER_GP])
    others = p[USERS_PLANNED] - gps * (1.0 + p[GP_STAFF_PER_GP])
    out[USERS + HOSPITAL] = others * p[MODEL_HOSPITAL_USER_SHARE]
    out[USERS + MUNICIPAL] = others * (1.0 - p[MODEL_HOSPITAL_USER_SHARE])


def joint_users(out: Vector) -> float:
    """Users whose part of the investment the state's grant pays: municipalities and GP offices."""
    total = out[USERS + MUNICIPAL]
    for kind in range(GP_TYPES):
        total += out[USERS + GP_SALARIED + kind]
    return total


def council_bill(p: Vector, out: Vector) -> float:
    """Yearly bill per municipal user that a council sees: running, and entry spread out.

    It assumes that everybody joins, which is what the first councils were shown.
    """
    users = out[USERS + MUNICIPAL]
    sites = p[MUNICIPALITIES_COUNT]
    joint = p[COST_FRAME_ARTICLE] * (1.0 + p[MODEL_OVERRUN]) * p[MODEL_MUNICIPAL_INVESTMENT_SHARE]
    shared = p[MODEL_OPERATIONS_FIXED] * (1.0 - p[FINANCING_SHARE_RHF])
    running = p[MODEL_OPERATIONS_USER] + (p[MODEL_OPERATIONS_SITE] * sites + shared) / users
    entry = (
        p[MODEL_INTRO_MUNICIPALITY]
        + p[MODEL_INTRO_SITE] * sites / users
        + out[STAFF_DIP]
        + p[MODEL_PARALLEL_MONTHS] * p[MODEL_OLD_SYSTEMS_USER]
        + joint / joint_users(out)
    )
    losses = out[STAFF_FUNCTION] + out[STAFF_DOWNTIME]
    return running + losses + entry / p[MODEL_COUNCIL_HORIZON]
