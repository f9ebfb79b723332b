"""What joining changes for one GP: money and time a year, and who bears it under each contract.

Amounts are NOK a year per GP, gains positive. Time is valued at what the GP earns in an hour.
"""

from collections.abc import MutableSequence, Sequence

# Contract types, as the explorer's choice hands them over.
SALARIED = 0
MUNICIPAL_ICT = 1
PAYS_ALL = 2

# Places of the results in ``out``.
PARTS = 5
PRICES = 21
SIZE = 2 * PARTS + 6 + 3 * PRICES


def annuity(once: float, rate: float, years: float) -> float:
    """Equal yearly amount over ``years`` with the present value ``once`` at interest ``rate``."""
    if rate == 0:
        return once / years
    growth: float = (1 + rate) ** years
    return once * rate * growth / (growth - 1)


def gp_office(p: Sequence[float], out: MutableSequence[float]) -> None:
    """Fill ``out`` with the yearly effect of joining for the parameters ``p``.

    ``p``: contract, list size, mean list size, revenue and result of a practice with the mean list,
    working days, hours a day, consultations with the mean list, price, present cost, entry price,
    migration hours, bought-in migration per office, GPs per office, staff per GP, cost of a staff
    hour, years of parallel running, revenue share lost in the dip, years of the dip, downtime
    hours, present downtime hours, revenue share lost in a stop, extra hours a consultation, hours
    saved a day when all partners share the record, share of partners on it, years, interest rate,
    highest price of the curve. Rates and sizes must be positive where they divide.

    ``out``: five parts borne by the GPs (record system, stops, pace of work, shared record, change
    spread over the years), the same five borne by the municipality, the net of each, the net of
    both, the change as a single sum, the price at which both together break even, zero; then
    prices, net of the GPs and net of both along a curve from price zero.
    """
    contract, list_size, list_mean = p[0], p[1], p[2]
    scale = list_size / list_mean
    revenue, result = p[3] * scale, p[4] * scale
    hours = p[5] * p[6]
    consultations = p[7] * scale
    price, price_now, price_once = p[8], p[9], p[10]
    hour_value = result / hours

    system = price_now - price
    stops = (p[20] - p[19]) * p[21] * revenue / hours
    pace = -p[22] * consultations * hour_value
    shared = p[23] * p[5] * p[24] * hour_value
    years, rate = p[25], p[26]
    # What the change costs once: bought (entry, help, two systems) and borne (time, lost revenue).
    bought = price_once + p[12] / p[13] + p[16] * price_now
    borne = p[11] * (hour_value + p[14] * p[15]) + p[17] * p[18] * revenue
    bought_yearly = annuity(bought, rate, years)
    borne_yearly = annuity(borne, rate, years)

    # Shares that the GPs bear: of what is bought, and of time and revenue.
    buys = 1.0 if contract == PAYS_ALL else 0.0
    bears = 0.0 if contract == SALARIED else 1.0
    out[0] = buys * system
    out[1] = bears * stops
    out[2] = bears * pace
    out[3] = bears * shared
    out[4] = -(buys * bought_yearly + bears * borne_yearly)
    out[5] = system - out[0]
    out[6] = stops - out[1]
    out[7] = pace - out[2]
    out[8] = shared - out[3]
    out[9] = -(bought_yearly + borne_yearly) - out[4]
    own = out[0] + out[1] + out[2] + out[3] + out[4]
    municipal = out[5] + out[6] + out[7] + out[8] + out[9]
    out[10] = own
    out[11] = municipal
    out[12] = own + municipal
    out[13] = bought + borne
    # The net falls krone for krone with the price.
    out[14] = price + own + municipal
    out[15] = 0.0
    for k in range(PRICES):
        at = p[27] * k / (PRICES - 1)
        out[16 + k] = at
        out[16 + PRICES + k] = own + buys * (price - at)
        out[16 + 2 * PRICES + k] = own + municipal + price - at
