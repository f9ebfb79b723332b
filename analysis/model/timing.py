"""Calendar of prices and discounting: one number a year."""

from analysis.model.layout import (
    DISCOUNT,
    FIRST_YEAR,
    PRICE_INDEX,
    PRICE_YEAR,
    RUNNING_GROWTH,
    WAGE_GROWTH,
    YEARS,
    Vector,
)
from analysis.model.parameters import (
    CONVENTION_DISCOUNT_FIRST,
    CONVENTION_DISCOUNT_LAST,
    CONVENTION_DISCOUNT_LAST_FROM,
    CONVENTION_DISCOUNT_MIDDLE,
    CONVENTION_DISCOUNT_MIDDLE_FROM,
    CONVENTION_REAL_GROWTH,
    CPI_Y2019,
    CPI_Y2025,
    ECONOMICS_INFLATION,
    MODEL_OPERATIONS_GROWTH,
)


def discount_rate(
    year: int, first: float, second: float, third: float, second_from: float, third_from: float
) -> float:
    """Rate of the year, counted from the start of the analysis: three steps downwards.

    Norwegian circular R-109/14 of the Ministry of Finance has 4, 3 and 2 per cent.
    """
    if year >= third_from:
        return third
    if year >= second_from:
        return second
    return first


def set_series(p: Vector, out: Vector) -> None:
    """Fill price index, discount factors and the two growth paths.

    The index is the observed consumer price index, continued with steady inflation. Factors are 1
    in the price year: earlier money is worth more.
    """
    base = p[CPI_Y2019 + PRICE_YEAR - FIRST_YEAR]
    known = CPI_Y2025 - CPI_Y2019 + 1
    for year in range(YEARS):
        if year < known:
            out[PRICE_INDEX + year] = p[CPI_Y2019 + year] / base
        else:
            out[PRICE_INDEX + year] = out[PRICE_INDEX + year - 1] * (1.0 + p[ECONOMICS_INFLATION])
    discount = 1.0
    running = 1.0
    wage = 1.0
    for year in range(PRICE_YEAR - FIRST_YEAR):
        discount *= 1.0 + rate_of(p, year)
        running /= 1.0 + p[MODEL_OPERATIONS_GROWTH]
        wage /= 1.0 + p[CONVENTION_REAL_GROWTH]
    for year in range(YEARS):
        out[DISCOUNT + year] = discount
        out[RUNNING_GROWTH + year] = running
        out[WAGE_GROWTH + year] = wage
        discount /= 1.0 + rate_of(p, year)
        running *= 1.0 + p[MODEL_OPERATIONS_GROWTH]
        wage *= 1.0 + p[CONVENTION_REAL_GROWTH]


def rate_of(p: Vector, year: int) -> float:
    """Discount rate of a year under the parameters."""
    return discount_rate(
        year,
        p[CONVENTION_DISCOUNT_FIRST],
        p[CONVENTION_DISCOUNT_MIDDLE],
        p[CONVENTION_DISCOUNT_LAST],
        p[CONVENTION_DISCOUNT_MIDDLE_FROM],
        p[CONVENTION_DISCOUNT_LAST_FROM],
    )


def elapsed(year: int, start: float) -> float:
    """Part of a year (counted from the first) that lies after ``start``, a calendar date."""
    return min(1.0, max(0.0, FIRST_YEAR + year + 1.0 - start))
