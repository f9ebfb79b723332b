"""Where things stand in the vector ``out`` that the kernels fill.

Kernels know no names, only places. ``out`` holds five parts, one after the other: the outcomes, one
number each; the series, one number a year; the adoption by plane, segment and year; the flows of
money by flow, actor and year; and the unit amounts that the rest is worked out from. Money is in
kroner at the price level of ``PRICE_YEAR``, shares are from 0 to 1. Flows are seen from the actor's
purse: what it pays or loses is negative, what it receives or saves is positive.
"""

from collections.abc import MutableSequence

Vector = MutableSequence[float]

FIRST_YEAR = 2019
PRICE_YEAR = 2021
YEARS = 20

# Actors: who pays and who gains.
STATE = 0
REGION = 1
MUNICIPALITIES = 2
SALARIED = 3
DEAL = 4
SELF = 5
ACTORS = 6
ACTOR_NAMES = ("state", "region", "municipalities", "gp_salaried", "gp_deal", "gp_self")

# Segments of users. Segment s belongs to actor s + 1.
HOSPITAL = 0
MUNICIPAL = 1
GP_SALARIED = 2
GP_DEAL = 3
GP_SELF = 4
SEGMENTS = 5
SEGMENT_NAMES = ("hospital", "municipal", "gp_salaried", "gp_deal", "gp_self")
GP_TYPES = 3

# Planes of adoption: share of the segment that has joined at the end of the year, share that is
# live on average over the year, and share whose benefits have matured.
JOINED = 0
LIVE = 1
MATURE = 2
PLANES = 3
PLANE_NAMES = ("joined", "live", "mature")

# Flows. The first eight use up resources, the next saves some and three save time; the last six
# move money between actors and add up to zero in every year.
INVESTMENT = 0
OPERATIONS = 1
INTRODUCTION = 2
DIP = 3
PARALLEL = 4
DOWNTIME = 5
FUNCTION = 6
EXIT = 7
OLD_SYSTEMS = 8
DOUBLE_WORK = 9
SEARCHING = 10
GP_TIME = 11
LOAN = 12
GRANT = 13
LICENCE = 14
COVER = 15
GUARANTEE = 16
SUPPORT = 17
FLOWS = 18
FLOW_NAMES = (
    "investment",
    "operations",
    "introduction",
    "dip",
    "parallel",
    "downtime",
    "function",
    "exit",
    "old_systems",
    "double_work",
    "searching",
    "gp_time",
    "loan",
    "grant",
    "licence",
    "cover",
    "guarantee",
    "support",
)

# Outcomes: first for everybody, then by actor and segment, then for one council and one GP. Present
# values are in NOK of PRICE_YEAR, discounted to it.
NPV = 0
NPV_STATE = 1  # followed by the other actors, in order
PV_COST = 7
PV_BENEFIT = 8
PV_TAX_COST = 9
BENEFIT_COST_RATIO = 10
PAYBACK_YEAR = 11
INVESTMENT_TOTAL = 12
COST_TOTAL = 13
COST_TOTAL_NOMINAL = 14
COST_LAST_YEAR = 15
BENEFIT_LAST_YEAR = 16
PV_HEADCOUNT_BENEFIT = 17
HOURS_LAST_YEAR = 18
NPV_PER_INHABITANT = 19
NPV_PER_USER = 20
COST_PER_INHABITANT = 21
COST_PER_USER = 22
LIVE_HOSPITAL = 23  # in the last year; followed by the other segments, in order
LIVE_GPS = 28
PV_GUARANTEE = 29
COUNCIL_NOW = 30
COUNCIL_WAIT = 31
GP_JOIN = 32
GP_GUARANTEED = 33
GP_GUARANTEE_COST = 34
COUNCIL_YEARS_NOW = 35
COUNCIL_YEARS_WAIT = 36
GP_YEARS = 37
OUTCOMES = 38
OUTCOME_NAMES = (
    "npv",
    "npv_state",
    "npv_region",
    "npv_municipalities",
    "npv_gp_salaried",
    "npv_gp_deal",
    "npv_gp_self",
    "pv_cost",
    "pv_benefit",
    "pv_tax_cost",
    "benefit_cost_ratio",
    "payback_year",
    "investment_total",
    "cost_total",
    "cost_total_nominal",
    "cost_last_year",
    "benefit_last_year",
    "pv_headcount_benefit",
    "hours_last_year",
    "npv_per_inhabitant",
    "npv_per_user",
    "cost_per_inhabitant",
    "cost_per_user",
    "live_hospital",
    "live_municipal",
    "live_gp_salaried",
    "live_gp_deal",
    "live_gp_self",
    "live_gps",
    "pv_guarantee",
    "council_now",
    "council_wait",
    "gp_join",
    "gp_guaranteed",
    "gp_guarantee_cost",
    "council_years_now",
    "council_years_wait",
    "gp_years",
)

# Series: price index and growth (1 in PRICE_YEAR), discount factor, share of the exchange of a
# group of staff that has both ends on the platform, hours saved and what they would be worth
# counted by heads, the grant with interest per user, and the totals of all actors: cost, benefit,
# tax cost, net of the three, net added up before tax cost, and net of each actor. A constant is the
# first place of its series.
SERIES = OUTCOMES
PRICE_INDEX = SERIES + 0 * YEARS
DISCOUNT = SERIES + 1 * YEARS
RUNNING_GROWTH = SERIES + 2 * YEARS
WAGE_GROWTH = SERIES + 3 * YEARS
EXCHANGE_HOSPITAL = SERIES + 4 * YEARS
EXCHANGE_MUNICIPAL = SERIES + 5 * YEARS
EXCHANGE_GP = SERIES + 6 * YEARS
HOURS_SAVED = SERIES + 7 * YEARS
HEADCOUNT_BENEFIT = SERIES + 8 * YEARS
GRANT_PER_USER = SERIES + 9 * YEARS
COST = SERIES + 10 * YEARS
BENEFIT = SERIES + 11 * YEARS
TAX_COST = SERIES + 12 * YEARS
NET = SERIES + 13 * YEARS
CUMULATIVE = SERIES + 14 * YEARS
NET_STATE = SERIES + 15 * YEARS  # followed by the other actors, in order
SERIES_COUNT = 21
SERIES_NAMES = (
    "price_index",
    "discount",
    "running_growth",
    "wage_growth",
    "exchange_hospital",
    "exchange_municipal",
    "exchange_gp",
    "hours_saved",
    "headcount_benefit",
    "grant_per_user",
    "cost",
    "benefit",
    "tax_cost",
    "net",
    "cumulative",
    "net_state",
    "net_region",
    "net_municipalities",
    "net_gp_salaried",
    "net_gp_deal",
    "net_gp_self",
)

ADOPTION = SERIES + SERIES_COUNT * YEARS
FLOW = ADOPTION + PLANES * SEGMENTS * YEARS

# Unit amounts, worked out once per evaluation.
USERS = FLOW + FLOWS * ACTORS * YEARS  # users by segment: five places
GPS = USERS + SEGMENTS  # GPs by contract: salaried, deal, self
STAFF_HOUR = GPS + GP_TYPES  # NOK an hour
GP_HOUR = GPS + GP_TYPES + 1  # NOK an hour
# Hours that a staff user, or a GP, saves a year when every partner is on the platform.
DOUBLE_WORK_HOURS = GPS + GP_TYPES + 2
SEARCHING_HOURS = GPS + GP_TYPES + 3
GP_HOURS = GPS + GP_TYPES + 4
STAFF_DIP = GPS + GP_TYPES + 5  # NOK per user that goes live
STAFF_FUNCTION = GPS + GP_TYPES + 6  # NOK per user and year, a loss if positive
STAFF_DOWNTIME = GPS + GP_TYPES + 7  # NOK per user and year
GP_MIGRATION = GPS + GP_TYPES + 8  # NOK per GP that joins
GP_DIP = GPS + GP_TYPES + 9  # NOK per GP that joins
GP_FUNCTION = GPS + GP_TYPES + 10  # NOK per GP and year, a loss if positive
GP_DOWNTIME = GPS + GP_TYPES + 11  # NOK per GP and year, more than today if positive
GP_PARALLEL = GPS + GP_TYPES + 12  # NOK per GP that joins
PRICE_CUT = GPS + GP_TYPES + 13  # NOK per GP and year off the licence, under a price guarantee
COUNCIL_BILL = GPS + GP_TYPES + 14  # NOK per municipal user and year, as a council sees it
SIZE = GPS + GP_TYPES + 15  # length of the whole vector


def cell(flow: int, actor: int, year: int) -> int:
    """Place of one flow of one actor in one year."""
    return FLOW + (flow * ACTORS + actor) * YEARS + year


def seat(plane: int, segment: int, year: int) -> int:
    """Place of one segment in one year on one plane of adoption."""
    return ADOPTION + (plane * SEGMENTS + segment) * YEARS + year
