"""The parameters of the model: which registry value stands at which place, and in which unit.

Kernels read ``p[COST_FRAME_ARTICLE]``. A constant is the id of its registry value in capitals, and
its number is the place of that id in ``PARAMETERS``; a test keeps the two in step. Every amount
enters in the base unit of its kind, as in the formulas of the registry: kroner, hours, years.
"""

PARAMETERS = (
    # The programme and the region.
    ("cost.frame_article", "NOK"),
    ("model.overrun", "share"),
    ("model.municipal_investment_share", "share"),
    ("model.investment_end", "year"),
    ("users.planned", "users"),
    ("model.hospital_user_share", "share"),
    ("region.population_2021", "inhabitants"),
    ("municipalities.count", "municipalities"),
    # Running costs and entry costs of hospitals and municipalities.
    ("model.operations_fixed", "NOK_per_year"),
    ("model.operations_user", "NOK_per_user_per_year"),
    ("model.operations_site", "NOK_per_municipality_per_year"),
    ("model.operations_growth", "share_per_year"),
    ("model.intro_hospital", "NOK_per_user"),
    ("model.intro_municipality", "NOK_per_user"),
    ("model.intro_site", "NOK_per_municipality"),
    ("model.dip_share", "share"),
    ("model.dip_months", "years"),
    ("model.parallel_months", "years"),
    ("model.old_systems_user", "NOK_per_user_per_year"),
    ("model.downtime_hours", "hours_per_user_per_year"),
    ("model.function_minutes_week", "hours_per_week"),
    # General practice.
    ("gp.region_count", "gps"),
    ("gp.offices", "offices"),
    ("gp.share_pay_self", "share"),
    ("gp.salaried_among_others", "share"),
    ("gp.staff_per_gp", "ratio"),
    ("gp.ehr_cost_now", "NOK_per_gp_per_year"),
    ("gp.hp_price", "NOK_per_gp_per_year"),
    ("gp.hp_price_once", "NOK_per_gp"),
    ("gp.migration_hours", "hours_per_gp"),
    ("gp.migration_cost_office", "NOK_per_office"),
    ("gp.downtime_hours", "hours_per_year"),
    ("gp.downtime_hours_now", "hours_per_year"),
    ("gp.downtime_revenue_share", "share"),
    ("gp.working_days", "working_days_per_year"),
    ("gp.hours_per_day", "hours_per_day"),
    ("gp.revenue", "NOK_per_gp_per_year"),
    ("gp.income", "NOK_per_gp_per_year"),
    ("gp.parallel_months", "years"),
    ("gp.dip_share", "share"),
    ("gp.dip_months", "years"),
    ("gp.function_minutes", "hours"),
    ("gp.consultations_per_gp", "consultations_per_gp"),
    ("gp.minutes_saved_day", "hours_per_day"),
    ("gp.exit_cost", "NOK_per_gp"),
    # Working time and what the platform saves of it.
    ("wage.ks_mean", "NOK_per_man_year"),
    ("labour.on_cost", "ratio"),
    ("labour.hours_year", "hours_per_year"),
    ("survey.double_work", "share"),
    ("survey.searching", "share"),
    ("survey.response", "share"),
    ("model.nonresponse", "ratio"),
    ("model.double_work_hours", "hours_per_user_per_week"),
    ("model.searching_hours", "hours_per_user_per_week"),
    ("model.hours_removed", "share"),
    ("model.time_realised", "share"),
    ("model.weeks", "weeks_per_year"),
    ("model.benefit_lag", "years"),
    ("model.mix_hospital_municipality", "share"),
    ("model.mix_hospital_gp", "share"),
    ("model.mix_municipality_hospital", "share"),
    ("model.mix_municipality_gp", "share"),
    ("model.mix_gp_hospital", "share"),
    ("model.mix_gp_municipality", "share"),
    # Financing.
    ("financing.loan_share", "share"),
    ("financing.grant", "NOK"),
    ("financing.share_rhf", "share"),
    ("economics.loan_rate", "share_per_year"),
    ("economics.loan_years", "years"),
    ("model.state_share", "share"),
    ("model.cover_self", "share"),
    ("model.guarantee_price", "share"),
    ("model.guarantee_function", "share"),
    ("model.guarantee_uptime", "share"),
    # Adoption.
    ("model.hospital_start", "year"),
    ("model.hospital_rollout", "years"),
    ("model.hospital_ceiling", "share"),
    ("model.municipal_start", "year"),
    ("population.trondheim_share", "share"),
    ("model.municipal_speed", "share_per_year"),
    ("model.municipal_ceiling", "share"),
    ("model.council_bill_seen", "share"),
    ("model.council_extra_value", "NOK_per_user_per_year"),
    ("model.council_spread", "NOK_per_user_per_year"),
    ("model.council_horizon", "years"),
    ("model.belief", "share"),
    ("model.gp_start", "year"),
    ("model.gp_speed", "share_per_year"),
    ("model.gp_leaving_speed", "share_per_year"),
    ("model.gp_ceiling", "share"),
    ("model.gp_worry", "NOK_per_gp_per_year"),
    ("model.gp_spread", "NOK_per_gp_per_year"),
    # One council that decides.
    ("model.council_inhabitants", "inhabitants"),
    ("model.council_year", "year"),
    ("model.council_wait", "years"),
    # Appraisal.
    ("convention.discount_first", "share_per_year"),
    ("convention.discount_middle", "share_per_year"),
    ("convention.discount_last", "share_per_year"),
    ("convention.discount_middle_from", "years"),
    ("convention.discount_last_from", "years"),
    ("convention.tax_cost", "NOK_per_NOK"),
    ("convention.real_growth", "share_per_year"),
    ("economics.inflation", "share_per_year"),
    ("cpi.y2019", "index_2015_100"),
    ("cpi.y2020", "index_2015_100"),
    ("cpi.y2021", "index_2015_100"),
    ("cpi.y2022", "index_2015_100"),
    ("cpi.y2023", "index_2015_100"),
    ("cpi.y2024", "index_2015_100"),
    ("cpi.y2025", "index_2015_100"),
)

NAMES = tuple(name for name, _ in PARAMETERS)

# The programme and the region.
COST_FRAME_ARTICLE = 0
MODEL_OVERRUN = 1
MODEL_MUNICIPAL_INVESTMENT_SHARE = 2
MODEL_INVESTMENT_END = 3
USERS_PLANNED = 4
MODEL_HOSPITAL_USER_SHARE = 5
REGION_POPULATION_2021 = 6
MUNICIPALITIES_COUNT = 7
# Running costs and entry costs of hospitals and municipalities.
MODEL_OPERATIONS_FIXED = 8
MODEL_OPERATIONS_USER = 9
MODEL_OPERATIONS_SITE = 10
MODEL_OPERATIONS_GROWTH = 11
MODEL_INTRO_HOSPITAL = 12
MODEL_INTRO_MUNICIPALITY = 13
MODEL_INTRO_SITE = 14
MODEL_DIP_SHARE = 15
MODEL_DIP_MONTHS = 16
MODEL_PARALLEL_MONTHS = 17
MODEL_OLD_SYSTEMS_USER = 18
MODEL_DOWNTIME_HOURS = 19
MODEL_FUNCTION_MINUTES_WEEK = 20
# General practice.
GP_REGION_COUNT = 21
GP_OFFICES = 22
GP_SHARE_PAY_SELF = 23
GP_SALARIED_AMONG_OTHERS = 24
GP_STAFF_PER_GP = 25
GP_EHR_COST_NOW = 26
GP_HP_PRICE = 27
GP_HP_PRICE_ONCE = 28
GP_MIGRATION_HOURS = 29
GP_MIGRATION_COST_OFFICE = 30
GP_DOWNTIME_HOURS = 31
GP_DOWNTIME_HOURS_NOW = 32
GP_DOWNTIME_REVENUE_SHARE = 33
GP_WORKING_DAYS = 34
GP_HOURS_PER_DAY = 35
GP_REVENUE = 36
GP_INCOME = 37
GP_PARALLEL_MONTHS = 38
GP_DIP_SHARE = 39
GP_DIP_MONTHS = 40
GP_FUNCTION_MINUTES = 41
GP_CONSULTATIONS_PER_GP = 42
GP_MINUTES_SAVED_DAY = 43
GP_EXIT_COST = 44
# Working time and what the platform saves of it.
WAGE_KS_MEAN = 45
LABOUR_ON_COST = 46
LABOUR_HOURS_YEAR = 47
SURVEY_DOUBLE_WORK = 48
SURVEY_SEARCHING = 49
SURVEY_RESPONSE = 50
MODEL_NONRESPONSE = 51
MODEL_DOUBLE_WORK_HOURS = 52
MODEL_SEARCHING_HOURS = 53
MODEL_HOURS_REMOVED = 54
MODEL_TIME_REALISED = 55
MODEL_WEEKS = 56
MODEL_BENEFIT_LAG = 57
MODEL_MIX_HOSPITAL_MUNICIPALITY = 58
MODEL_MIX_HOSPITAL_GP = 59
MODEL_MIX_MUNICIPALITY_HOSPITAL = 60
MODEL_MIX_MUNICIPALITY_GP = 61
MODEL_MIX_GP_HOSPITAL = 62
MODEL_MIX_GP_MUNICIPALITY = 63
# Financing.
FINANCING_LOAN_SHARE = 64
FINANCING_GRANT = 65
FINANCING_SHARE_RHF = 66
ECONOMICS_LOAN_RATE = 67
ECONOMICS_LOAN_YEARS = 68
MODEL_STATE_SHARE = 69
MODEL_COVER_SELF = 70
MODEL_GUARANTEE_PRICE = 71
MODEL_GUARANTEE_FUNCTION = 72
MODEL_GUARANTEE_UPTIME = 73
# Adoption.
MODEL_HOSPITAL_START = 74
MODEL_HOSPITAL_ROLLOUT = 75
MODEL_HOSPITAL_CEILING = 76
MODEL_MUNICIPAL_START = 77
POPULATION_TRONDHEIM_SHARE = 78
MODEL_MUNICIPAL_SPEED = 79
MODEL_MUNICIPAL_CEILING = 80
MODEL_COUNCIL_BILL_SEEN = 81
MODEL_COUNCIL_EXTRA_VALUE = 82
MODEL_COUNCIL_SPREAD = 83
MODEL_COUNCIL_HORIZON = 84
MODEL_BELIEF = 85
MODEL_GP_START = 86
MODEL_GP_SPEED = 87
MODEL_GP_LEAVING_SPEED = 88
MODEL_GP_CEILING = 89
MODEL_GP_WORRY = 90
MODEL_GP_SPREAD = 91
# One council that decides.
MODEL_COUNCIL_INHABITANTS = 92
MODEL_COUNCIL_YEAR = 93
MODEL_COUNCIL_WAIT = 94
# Appraisal.
CONVENTION_DISCOUNT_FIRST = 95
CONVENTION_DISCOUNT_MIDDLE = 96
CONVENTION_DISCOUNT_LAST = 97
CONVENTION_DISCOUNT_MIDDLE_FROM = 98
CONVENTION_DISCOUNT_LAST_FROM = 99
CONVENTION_TAX_COST = 100
CONVENTION_REAL_GROWTH = 101
ECONOMICS_INFLATION = 102
CPI_Y2019 = 103
CPI_Y2020 = 104
CPI_Y2021 = 105
CPI_Y2022 = 106
CPI_Y2023 = 107
CPI_Y2024 = 108
CPI_Y2025 = 109
PARAMETER_COUNT = 110
