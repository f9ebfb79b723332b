"""Who ends up paying: loans, repaid grants, licences, cover, guarantees and state support.

Every line here moves money from one actor to another, so each flow adds up to zero in every year.
Loans and the grant are contracts in nominal kroner; they are kept in nominal money and enter
the flows at the price level of the price year. What is still owed at the end of the last year is
settled then, so that no debt hides behind the horizon.
"""

from analysis.model.adoption import (
    joining,
)
from analysis.model.costs import (
    investment_of,
)
from analysis.model.layout import (
    ACTORS,
    COVER,
    DEAL,
    DIP,
    DOWNTIME,
    EXIT,
    FIRST_YEAR,
    FUNCTION,
    GP_DEAL,
    GP_DOWNTIME,
    GP_FUNCTION,
    GP_SALARIED,
    GP_SELF,
    GP_TYPES,
    GPS,
    GRANT,
    GRANT_PER_USER,
    GUARANTEE,
    INTRODUCTION,
    INVESTMENT,
    LICENCE,
    LIVE,
    LOAN,
    MUNICIPAL,
    MUNICIPALITIES,
    OLD_SYSTEMS,
    PARALLEL,
    PRICE_CUT,
    PRICE_INDEX,
    REGION,
    SALARIED,
    SELF,
    STATE,
    SUPPORT,
    USERS,
    WAGE_GROWTH,
    YEARS,
    Vector,
    cell,
    seat,
)
from analysis.model.parameters import (
    ECONOMICS_LOAN_RATE,
    ECONOMICS_LOAN_YEARS,
    FINANCING_LOAN_SHARE,
    FINANCING_SHARE_RHF,
    GP_HP_PRICE,
    GP_HP_PRICE_ONCE,
    MODEL_COVER_SELF,
    MODEL_GUARANTEE_FUNCTION,
    MODEL_GUARANTEE_PRICE,
    MODEL_GUARANTEE_UPTIME,
    MODEL_INVESTMENT_END,
    MODEL_MUNICIPAL_INVESTMENT_SHARE,
    MODEL_STATE_SHARE,
)
from analysis.model.units import (
    joint_users,
)


def move(out: Vector, flow: int, payer: int, receiver: int, year: int, amount: float) -> None:
    """Move an amount from one actor to another."""
    out[cell(flow, payer, year)] -= amount
    out[cell(flow, receiver, year)] += amount


def pay_owners(p: Vector, out: Vector, flow: int, payer: int, year: int, amount: float) -> None:
    """Move an amount to the owners of the company, by their shares."""
    region = p[FINANCING_SHARE_RHF]
    move(out, flow, payer, REGION, year, region * amount)
    move(out, flow, payer, MUNICIPALITIES, year, (1.0 - region) * amount)


def instalment(debt: float, interest: float, year: int, first: float, years: float) -> float:
    """Payment on a debt in a year: interest, and from ``first`` equal parts over ``years``.

    Years are counted from the first of the analysis; the last one settles the rest.
    """
    if year == YEARS - 1:
        return debt + interest
    if year < first:
        return interest
    return interest + debt / max(1.0, first + years - year)


def add_loan(p: Vector, out: Vector) -> None:
    """State loan for a share of the hospital part of the investment."""
    first = p[MODEL_INVESTMENT_END] - FIRST_YEAR
    part = (
        p[FINANCING_LOAN_SHARE]
        * (1.0 - p[MODEL_MUNICIPAL_INVESTMENT_SHARE])
        * (1.0 - p[MODEL_STATE_SHARE])
    )
    debt = 0.0
    for year in range(YEARS):
        index = out[PRICE_INDEX + year]
        drawn = part * investment_of(p, year) * index
        interest = debt * p[ECONOMICS_LOAN_RATE]
        debt += drawn
        paid = instalment(debt, interest, year, first, p[ECONOMICS_LOAN_YEARS])
        debt += interest - paid
        move(out, LOAN, STATE, REGION, year, (drawn - paid) / index)


def add_grant(p: Vector, out: Vector) -> None:
    """Municipalities pay their part of the grant back with interest, from when they join.

    A municipality that stays out pays nothing: the state carries that risk. GPs pay theirs through
    the entry price.
    """
    first = p[MODEL_INVESTMENT_END] - FIRST_YEAR
    everyone = joint_users(out)
    part = out[USERS + MUNICIPAL] / everyone
    charged = 0.0
    granted = 0.0
    debt = 0.0
    for year in range(YEARS):
        index = out[PRICE_INDEX + year]
        grant = -out[cell(INVESTMENT, STATE, year)] * index
        change = joining(out, MUNICIPAL, year)
        granted = granted * (1.0 + p[ECONOMICS_LOAN_RATE]) + grant
        due = part * (change * granted + charged * grant)
        charged += change
        interest = debt * p[ECONOMICS_LOAN_RATE]
        debt += due
        paid = instalment(debt, interest, year, first, p[ECONOMICS_LOAN_YEARS])
        debt += interest - paid
        move(out, GRANT, MUNICIPALITIES, STATE, year, paid / index)
        out[GRANT_PER_USER + year] = granted / index / everyone


def add_gp_payments(p: Vector, out: Vector) -> None:
    """Licences and entry price of GPs: licences go to the owners, the entry price to the state."""
    own = 1.0 - p[MODEL_STATE_SHARE]
    for kind in range(GP_TYPES):
        for year in range(YEARS):
            live = out[GPS + kind] * out[seat(LIVE, GP_SALARIED + kind, year)]
            new = out[GPS + kind] * max(0.0, joining(out, GP_SALARIED + kind, year))
            pay_owners(p, out, LICENCE, SALARIED + kind, year, own * live * p[GP_HP_PRICE])
            move(out, GRANT, SALARIED + kind, STATE, year, own * new * p[GP_HP_PRICE_ONCE])


def add_guarantees(p: Vector, out: Vector) -> None:
    """What the owners pay to GPs under the guarantees on price, function and uptime.

    Losses are made good to every GP who bears them, so not to the salaried; the price only to those
    who pay it, for the part that they pay.
    """
    own = 1.0 - p[MODEL_STATE_SHARE]
    losses = p[MODEL_GUARANTEE_FUNCTION] * max(0.0, out[GP_FUNCTION])
    losses += p[MODEL_GUARANTEE_UPTIME] * max(0.0, out[GP_DOWNTIME])
    price = p[MODEL_GUARANTEE_PRICE] * out[PRICE_CUT] * (1.0 - p[MODEL_COVER_SELF])
    for year in range(YEARS):
        wage = out[WAGE_GROWTH + year]
        deal = out[GPS + 1] * out[seat(LIVE, GP_DEAL, year)]
        paying = out[GPS + 2] * out[seat(LIVE, GP_SELF, year)]
        pay_owners(p, out, GUARANTEE, DEAL, year, -own * deal * losses * wage)
        pay_owners(p, out, GUARANTEE, SELF, year, -own * paying * (losses * wage + price))


def add_cover(p: Vector, out: Vector) -> None:
    """What municipalities pay for GPs, less the present systems they no longer pay for.

    All bills and losses of the salaried, all bills of those with a deal, and the agreed share of
    the bills of those who pay for themselves.
    """
    own = 1.0 - p[MODEL_STATE_SHARE]
    for actor in range(SALARIED, ACTORS):
        cover = 1.0
        if actor == SELF:
            cover = p[MODEL_COVER_SELF]
        for year in range(YEARS):
            shared = (
                out[cell(INTRODUCTION, actor, year)]
                + out[cell(PARALLEL, actor, year)]
                + out[cell(EXIT, actor, year)]
            )
            if actor == SALARIED:
                shared += (
                    out[cell(DIP, actor, year)]
                    + out[cell(DOWNTIME, actor, year)]
                    + out[cell(FUNCTION, actor, year)]
                )
            bills = (
                own * shared
                + out[cell(LICENCE, actor, year)]
                + out[cell(GRANT, actor, year)]
                + out[cell(OLD_SYSTEMS, actor, year)]
            )
            move(out, COVER, MUNICIPALITIES, actor, year, -cover * bills)


def add_support(p: Vector, out: Vector) -> None:
    """The state refunds its share of every cost of the others."""
    for actor in range(REGION, ACTORS):
        for year in range(YEARS):
            cost = 0.0
            for flow in range(OLD_SYSTEMS):
                cost -= out[cell(flow, actor, year)]
            move(out, SUPPORT, STATE, actor, year, p[MODEL_STATE_SHARE] * cost)
