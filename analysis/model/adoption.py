"""Who joins when: a deterministic mean field of thresholds, segment by segment.

Hospitals are told to join. A council or a GP joins when its own gain passes its own threshold;
the gain grows with the share of partners already on the platform, so that joining feeds on itself
(Granovetter 1978, American Journal of Sociology 83). Thresholds spread around zero.
"""

import math

from analysis.model.layout import (
    COUNCIL_BILL,
    DOUBLE_WORK_HOURS,
    EXCHANGE_GP,
    EXCHANGE_HOSPITAL,
    EXCHANGE_MUNICIPAL,
    FIRST_YEAR,
    GP_DEAL,
    GP_DIP,
    GP_DOWNTIME,
    GP_FUNCTION,
    GP_HOUR,
    GP_HOURS,
    GP_MIGRATION,
    GP_PARALLEL,
    GP_SALARIED,
    GP_SELF,
    HOSPITAL,
    JOINED,
    LIVE,
    MATURE,
    MUNICIPAL,
    PRICE_CUT,
    SEARCHING_HOURS,
    SEGMENTS,
    STAFF_HOUR,
    YEARS,
    Vector,
    seat,
)
from analysis.model.parameters import (
    GP_EHR_COST_NOW,
    GP_HP_PRICE,
    GP_HP_PRICE_ONCE,
    GP_SALARIED_AMONG_OTHERS,
    GP_SHARE_PAY_SELF,
    MODEL_BELIEF,
    MODEL_BENEFIT_LAG,
    MODEL_COUNCIL_BILL_SEEN,
    MODEL_COUNCIL_EXTRA_VALUE,
    MODEL_COUNCIL_HORIZON,
    MODEL_COUNCIL_SPREAD,
    MODEL_COVER_SELF,
    MODEL_GP_CEILING,
    MODEL_GP_LEAVING_SPEED,
    MODEL_GP_SPEED,
    MODEL_GP_SPREAD,
    MODEL_GP_START,
    MODEL_GP_WORRY,
    MODEL_GUARANTEE_FUNCTION,
    MODEL_GUARANTEE_PRICE,
    MODEL_GUARANTEE_UPTIME,
    MODEL_HOSPITAL_CEILING,
    MODEL_HOSPITAL_ROLLOUT,
    MODEL_HOSPITAL_START,
    MODEL_MIX_GP_HOSPITAL,
    MODEL_MIX_GP_MUNICIPALITY,
    MODEL_MIX_HOSPITAL_GP,
    MODEL_MIX_HOSPITAL_MUNICIPALITY,
    MODEL_MIX_MUNICIPALITY_GP,
    MODEL_MIX_MUNICIPALITY_HOSPITAL,
    MODEL_MUNICIPAL_CEILING,
    MODEL_MUNICIPAL_SPEED,
    MODEL_MUNICIPAL_START,
    MODEL_OLD_SYSTEMS_USER,
    MODEL_STATE_SHARE,
    POPULATION_TRONDHEIM_SHARE,
)
from analysis.model.timing import (
    elapsed,
)


def share_below(x: float) -> float:
    """Share of a population whose threshold lies below ``x`` spreads.

    The distribution function of Student's t with two degrees of freedom: heavy tails, so that a few
    join early and a few never do, and nothing but a square root, so that every runtime gets the
    same bits.
    """
    return 0.5 + 0.5 * x / math.sqrt(2.0 + x * x)


def believed(p: Vector, present: float, ceiling: float) -> float:
    """Share of partners that a decision maker counts on: between the present and the plan."""
    return present + p[MODEL_BELIEF] * max(0.0, ceiling - present)


def council_gain(p: Vector, out: Vector, exchange: float) -> float:
    """Yearly gain per municipal user as a council sees it, NOK."""
    hours = out[DOUBLE_WORK_HOURS] + out[SEARCHING_HOURS]
    return (
        hours * out[STAFF_HOUR] * exchange
        + p[MODEL_OLD_SYSTEMS_USER]
        + p[MODEL_COUNCIL_EXTRA_VALUE]
        - (1.0 - p[MODEL_STATE_SHARE]) * p[MODEL_COUNCIL_BILL_SEEN] * out[COUNCIL_BILL]
    )


def gp_gain(p: Vector, out: Vector, exchange: float, pays_self: float) -> float:
    """Yearly gain per GP as the doctor sees it, NOK.

    ``pays_self`` is 1 for a GP who pays for the record, 0 for one whose municipality does. Such a
    GP still loses income while the record stops or is slow. Guarantees take their part of these
    losses and of the premium that a GP wants for the risk.
    """
    own = 1.0 - p[MODEL_STATE_SHARE]
    function = out[GP_FUNCTION] - p[MODEL_GUARANTEE_FUNCTION] * max(0.0, out[GP_FUNCTION])
    downtime = out[GP_DOWNTIME] - p[MODEL_GUARANTEE_UPTIME] * max(0.0, out[GP_DOWNTIME])
    promised = (
        p[MODEL_GUARANTEE_PRICE] + p[MODEL_GUARANTEE_FUNCTION] + p[MODEL_GUARANTEE_UPTIME]
    ) / 3.0
    licence = p[GP_HP_PRICE] - p[MODEL_GUARANTEE_PRICE] * out[PRICE_CUT]
    entry = p[GP_HP_PRICE_ONCE] + out[GP_MIGRATION] + out[GP_PARALLEL]
    bills = own * (licence + entry / p[MODEL_COUNCIL_HORIZON]) - p[GP_EHR_COST_NOW]
    lost = own * (function + downtime + out[GP_DIP] / p[MODEL_COUNCIL_HORIZON])
    return (
        out[GP_HOURS] * out[GP_HOUR] * exchange
        - pays_self * (1.0 - p[MODEL_COVER_SELF]) * bills
        - lost
        - p[MODEL_GP_WORRY] * (1.0 - promised)
    )


def exchange_share(
    hospital: float, municipal: float, gp: float, to_hospital: float, to_municipal: float
) -> float:
    """Share of a group's exchange whose other end is on the platform; the rest goes to GPs."""
    return (
        to_hospital * hospital + to_municipal * municipal + (1.0 - to_hospital - to_municipal) * gp
    )


def gp_average(p: Vector, salaried: float, deal: float, paying: float) -> float:
    """Average over all GPs of a share by contract type."""
    share = p[GP_SHARE_PAY_SELF]
    split = p[GP_SALARIED_AMONG_OTHERS]
    return share * paying + (1.0 - share) * (split * salaried + (1.0 - split) * deal)


def hospital_joined(p: Vector, year: int) -> float:
    """Share of hospital staff that has gone live by the end of a year: a straight line."""
    done = (FIRST_YEAR + year + 1.0 - p[MODEL_HOSPITAL_START]) / p[MODEL_HOSPITAL_ROLLOUT]
    return p[MODEL_HOSPITAL_CEILING] * min(1.0, max(0.0, done))


def municipal_joined(p: Vector, year: int, before: float, gain: float) -> float:
    """Share of municipal users that has joined by the end of a year; none leaves.

    The first mover joins at the start; a fixed share of those willing and not yet in follows every
    year. ``gain`` is counted in spreads of the thresholds.
    """
    first = min(p[POPULATION_TRONDHEIM_SHARE], p[MODEL_MUNICIPAL_CEILING])
    willing = p[MODEL_MUNICIPAL_CEILING] * share_below(gain)
    follow = p[MODEL_MUNICIPAL_SPEED] * elapsed(year - 1, p[MODEL_MUNICIPAL_START])
    after = max(before, first * elapsed(year, p[MODEL_MUNICIPAL_START]))
    return after + follow * max(0.0, willing - after)


def gp_joined(p: Vector, year: int, before: float, willing: float) -> float:
    """Share of a type of GP that has joined by the end of a year; GPs may leave again."""
    speed = p[MODEL_GP_SPEED]
    if willing < before:
        speed = p[MODEL_GP_LEAVING_SPEED]
    return before + speed * elapsed(year, p[MODEL_GP_START]) * (willing - before)


def set_adoption(p: Vector, out: Vector) -> None:
    """Fill the three planes of adoption and the exchange that is covered."""
    hospital = 0.0
    municipal = 0.0
    salaried = 0.0
    deal = 0.0
    paying = 0.0
    # Gains, in spreads, are straight lines in the exchange that is covered: two points fix them.
    council_none = council_gain(p, out, 0.0) / p[MODEL_COUNCIL_SPREAD]
    council_all = council_gain(p, out, 1.0) / p[MODEL_COUNCIL_SPREAD]
    deal_none = gp_gain(p, out, 0.0, 0.0) / p[MODEL_GP_SPREAD]
    deal_all = gp_gain(p, out, 1.0, 0.0) / p[MODEL_GP_SPREAD]
    self_none = gp_gain(p, out, 0.0, 1.0) / p[MODEL_GP_SPREAD]
    self_all = gp_gain(p, out, 1.0, 1.0) / p[MODEL_GP_SPREAD]
    for year in range(YEARS):
        hopes_hospital = believed(p, hospital, p[MODEL_HOSPITAL_CEILING])
        hopes_municipal = believed(p, municipal, p[MODEL_MUNICIPAL_CEILING])
        hopes_gp = believed(p, gp_average(p, salaried, deal, paying), p[MODEL_GP_CEILING])
        seen_by_council = exchange_share(
            hopes_hospital,
            hopes_municipal,
            hopes_gp,
            p[MODEL_MIX_MUNICIPALITY_HOSPITAL],
            1.0 - p[MODEL_MIX_MUNICIPALITY_HOSPITAL] - p[MODEL_MIX_MUNICIPALITY_GP],
        )
        seen_by_gp = exchange_share(
            hopes_hospital,
            hopes_municipal,
            hopes_gp,
            p[MODEL_MIX_GP_HOSPITAL],
            p[MODEL_MIX_GP_MUNICIPALITY],
        )
        hospital = hospital_joined(p, year)
        gain = council_none + (council_all - council_none) * seen_by_council
        municipal = municipal_joined(p, year, municipal, gain)
        # A salaried GP goes where the municipality goes; one with a deal has a say as well.
        open_to_gp = p[MODEL_GP_CEILING] * municipal
        gain_deal = deal_none + (deal_all - deal_none) * seen_by_gp
        gain_self = self_none + (self_all - self_none) * seen_by_gp
        willing_deal = share_below(gain_deal)
        willing_self = share_below(gain_self)
        salaried = gp_joined(p, year, salaried, open_to_gp)
        deal = gp_joined(p, year, deal, open_to_gp * willing_deal)
        paying = gp_joined(p, year, paying, p[MODEL_GP_CEILING] * willing_self)
        out[seat(JOINED, HOSPITAL, year)] = hospital
        out[seat(JOINED, MUNICIPAL, year)] = municipal
        out[seat(JOINED, GP_SALARIED, year)] = salaried
        out[seat(JOINED, GP_DEAL, year)] = deal
        out[seat(JOINED, GP_SELF, year)] = paying
        set_live(p, out, year)
    set_exchange(p, out)


def set_live(p: Vector, out: Vector, year: int) -> None:
    """Fill the live and the mature shares of a year from those joined.

    Who joins in a year is live for half of it. Benefits follow the live share with a lag.
    """
    pace = 1.0 / p[MODEL_BENEFIT_LAG]
    for segment in range(SEGMENTS):
        before = 0.0
        mature = 0.0
        if year > 0:
            before = out[seat(JOINED, segment, year - 1)]
            mature = out[seat(MATURE, segment, year - 1)]
        live = 0.5 * (before + out[seat(JOINED, segment, year)])
        out[seat(LIVE, segment, year)] = live
        out[seat(MATURE, segment, year)] = min(live, mature + (live - mature) * pace)


def set_exchange(p: Vector, out: Vector) -> None:
    """Fill the share of each group's exchange whose other end is on the platform."""
    for year in range(YEARS):
        hospital = out[seat(MATURE, HOSPITAL, year)]
        municipal = out[seat(MATURE, MUNICIPAL, year)]
        gp = gp_average(
            p,
            out[seat(MATURE, GP_SALARIED, year)],
            out[seat(MATURE, GP_DEAL, year)],
            out[seat(MATURE, GP_SELF, year)],
        )
        out[EXCHANGE_HOSPITAL + year] = exchange_share(
            hospital,
            municipal,
            gp,
            1.0 - p[MODEL_MIX_HOSPITAL_MUNICIPALITY] - p[MODEL_MIX_HOSPITAL_GP],
            p[MODEL_MIX_HOSPITAL_MUNICIPALITY],
        )
        out[EXCHANGE_MUNICIPAL + year] = exchange_share(
            hospital,
            municipal,
            gp,
            p[MODEL_MIX_MUNICIPALITY_HOSPITAL],
            1.0 - p[MODEL_MIX_MUNICIPALITY_HOSPITAL] - p[MODEL_MIX_MUNICIPALITY_GP],
        )
        out[EXCHANGE_GP + year] = exchange_share(
            hospital, municipal, gp, p[MODEL_MIX_GP_HOSPITAL], p[MODEL_MIX_GP_MUNICIPALITY]
        )


def joining(out: Vector, segment: int, year: int) -> float:
    """Change of the share joined during a year; negative when more leave than join."""
    before = 0.0
    if year > 0:
        before = out[seat(JOINED, segment, year - 1)]
    return out[seat(JOINED, segment, year)] - before
