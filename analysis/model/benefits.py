"""Time saved: only an exchange with both ends on the platform counts."""

from analysis.model.layout import (
    DOUBLE_WORK,
    DOUBLE_WORK_HOURS,
    EXCHANGE_GP,
    EXCHANGE_HOSPITAL,
    GP_HOUR,
    GP_HOURS,
    GP_SALARIED,
    GP_TIME,
    GPS,
    HEADCOUNT_BENEFIT,
    HOURS_SAVED,
    MATURE,
    SALARIED,
    SEARCHING,
    SEARCHING_HOURS,
    STAFF_HOUR,
    USERS,
    WAGE_GROWTH,
    YEARS,
    Vector,
    cell,
    seat,
)


def add_benefits(p: Vector, out: Vector) -> None:
    """Value of the hours saved, by group of staff, and the same counted by heads beside it.

    A group's saving is its mature share times the share of its exchange whose other end is there:
    the sum over pairs of groups of ``mix[g, h] * share[g] * share[h]``. The headcount version gives
    every live user the full saving, as if partners did not matter.
    """
    for year in range(YEARS):
        wage = out[WAGE_GROWTH + year]
        staff_hour = out[STAFF_HOUR] * wage
        gp_hour = out[GP_HOUR] * wage
        hours = 0.0
        heads = 0.0
        for segment in range(2):
            users = out[USERS + segment] * out[seat(MATURE, segment, year)]
            reached = users * out[EXCHANGE_HOSPITAL + segment * YEARS + year]
            out[cell(DOUBLE_WORK, segment + 1, year)] += (
                reached * out[DOUBLE_WORK_HOURS] * staff_hour
            )
            out[cell(SEARCHING, segment + 1, year)] += reached * out[SEARCHING_HOURS] * staff_hour
            per_user = out[DOUBLE_WORK_HOURS] + out[SEARCHING_HOURS]
            hours += reached * per_user
            heads += users * per_user * staff_hour
        for kind in range(3):
            gps = out[GPS + kind] * out[seat(MATURE, GP_SALARIED + kind, year)]
            reached = gps * out[EXCHANGE_GP + year]
            out[cell(GP_TIME, SALARIED + kind, year)] += reached * out[GP_HOURS] * gp_hour
            hours += reached * out[GP_HOURS]
            heads += gps * out[GP_HOURS] * gp_hour
        out[HOURS_SAVED + year] = hours
        out[HEADCOUNT_BENEFIT + year] = heads
