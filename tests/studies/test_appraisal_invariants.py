"""What must hold for every scenario: conservation, limiting cases, scaling, no hidden numbers."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis import registry
from analysis.model import layout as at
from analysis.model.appraisal import evaluate as run_model
from analysis.model.parameters import NAMES, PARAMETERS
from analysis.studies.appraisal import PLACE, ModelError, check, parameters, scales

REG = registry.load()
FACTORS = scales(REG)
BASE = parameters(REG.scenario("base"))
COSTS = range(at.OLD_SYSTEMS)
TRANSFERS = range(at.LOAN, at.FLOWS)
MONEY = [k for k, (_, unit) in enumerate(PARAMETERS)
         if unit.startswith("NOK") and unit != "NOK_per_NOK"]  # fmt: skip
PROPERTY = settings(
    max_examples=40, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)  # fmt: skip


def limits(name):
    record = REG.value(name)
    if record.formula:
        return REG[name], REG[name]
    lower, upper = record.limits
    base = REG[name]
    if record.minimum is None:
        lower = 0.5 * base
    return lower, upper if math.isfinite(upper) else 1.5 * base


@st.composite
def rows(draw, **held):
    """Parameters in base units: any number of them moved within their limits, some held."""
    p = BASE.copy()
    names = draw(st.lists(st.sampled_from(NAMES), max_size=40, unique=True))
    for name in names:
        lower, upper = limits(name)
        value = draw(st.one_of(st.sampled_from([lower, upper]), st.floats(lower, upper)))
        p[PLACE[name]] = value * FACTORS[PLACE[name]]
    for name, value in held.items():
        p[PLACE[name.replace("__", ".")]] = value
    try:
        check(p[None, :])
    except ModelError:
        # The rules between parameters are tested by themselves.
        from hypothesis import reject

        reject()
    return p


def run(p):
    out = [math.nan] * at.SIZE
    run_model(p.tolist(), out)
    return np.array(out)


def cube(out):
    return out[at.FLOW : at.USERS].reshape(at.FLOWS, at.ACTORS, at.YEARS)


def adoption(out):
    return out[at.ADOPTION : at.FLOW].reshape(at.PLANES, at.SEGMENTS, at.YEARS)


def series(out, first):
    return out[first : first + at.YEARS]


@PROPERTY
@given(rows())
def test_every_place_is_filled_with_a_finite_number(p):
    assert np.isfinite(run(p)).all()


@PROPERTY
@given(rows())
def test_nothing_left_from_an_earlier_run_is_read(p):
    first = run(p)
    out = first.tolist()
    run_model(BASE.tolist(), out)
    run_model(p.tolist(), out)
    assert np.array_equal(first, out)


@PROPERTY
@given(rows())
def test_transfers_add_up_to_zero_and_payers_pay_the_total_cost(p):
    flows = cube(run(p))
    gross = np.abs(flows[list(TRANSFERS)]).sum(axis=1)
    assert (np.abs(flows[list(TRANSFERS)].sum(axis=1)) <= 1e-12 * gross + 1e-6).all()
    total = -flows[list(COSTS)].sum(axis=(0, 1))
    payers = -(flows[list(COSTS)].sum(axis=0) + flows[list(TRANSFERS)].sum(axis=0))
    assert payers.sum(axis=0) == pytest.approx(total, rel=1e-9, abs=1.0)


@PROPERTY
@given(rows())
def test_costs_are_those_of_the_recipe(p):
    """Total costs by year worked out again from parameters and adoption, without the actors."""

    def get(name):
        return p[PLACE[name]]

    out = run(p)
    flows, live, joined = cube(out), adoption(out)[at.LIVE], adoption(out)[at.JOINED]
    users, gps = out[at.USERS : at.USERS + 5], out[at.GPS : at.GPS + 3]
    new = np.diff(joined, axis=1, prepend=0.0)
    assert -flows[at.INVESTMENT].sum() == pytest.approx(
        get("cost.frame_article") * (1.0 + get("model.overrun"))
    )
    assert users.sum() == pytest.approx(get("users.planned"))
    assert gps.sum() == pytest.approx(get("gp.region_count"))
    growth = series(out, at.RUNNING_GROWTH)
    start = min(get("model.hospital_start"), get("model.municipal_start"))
    part = np.clip(np.arange(at.YEARS) + at.FIRST_YEAR + 1 - start, 0.0, 1.0)
    running = growth * (
        get("model.operations_fixed") * part
        + get("model.operations_user") * users @ live
        + get("model.operations_site") * get("municipalities.count") * live[at.MUNICIPAL]
    )
    assert -flows[at.OPERATIONS].sum(axis=0) == pytest.approx(running, rel=1e-9, abs=1.0)
    wage = series(out, at.WAGE_GROWTH)
    month = get("model.dip_share") * get("model.dip_months") * out[at.STAFF_HOUR]
    dip = wage * (
        month * get("labour.hours_year") * users[:2] @ new[:2]
        + get("gp.dip_share")
        * get("gp.dip_months")
        * get("gp.revenue")
        * gps
        @ np.maximum(new[2:], 0.0)
    )
    assert -flows[at.DIP].sum(axis=0) == pytest.approx(dip, rel=1e-9, abs=1.0)


@PROPERTY
@given(rows(model__hospital_ceiling=0.0, model__municipal_ceiling=0.0, model__gp_ceiling=0.0))
def test_without_adoption_there_is_no_benefit(p):
    out = run(p)
    assert not adoption(out).any()
    assert not series(out, at.BENEFIT).any()
    assert not series(out, at.HEADCOUNT_BENEFIT).any()
    assert out[at.NPV] <= 0.0


@PROPERTY
@given(rows())
def test_what_the_grant_leaves_over_is_never_a_gain(p):
    """Deflating and inflating again must not leave a rounding error with the wrong sign."""
    assert (cube(run(p))[at.INVESTMENT] <= 0.0).all()


@PROPERTY
@given(rows(model__municipal_ceiling=0.0, model__gp_ceiling=0.0))
def test_alone_on_the_platform_only_the_own_part_of_the_exchange_counts(p):
    out = run(p)
    own = 1.0 - p[PLACE["model.mix_hospital_municipality"]] - p[PLACE["model.mix_hospital_gp"]]
    mature = adoption(out)[at.MATURE, at.HOSPITAL]
    assert series(out, at.EXCHANGE_HOSPITAL) == pytest.approx(own * mature, abs=1e-12)
    saved = cube(out)[[at.DOUBLE_WORK, at.SEARCHING]].sum(axis=(0, 1))
    assert saved == pytest.approx(own * mature * series(out, at.HEADCOUNT_BENEFIT), abs=1.0)


def test_with_everybody_on_the_platform_the_two_ways_of_counting_agree():
    sure = {"model.council_extra_value": 1e12, "model.gp_worry": -1e12, "model.benefit_lag": 1.0,
            "model.municipal_speed": 1.0, "model.gp_speed": 1.0}  # fmt: skip
    p = BASE.copy()
    for name, value in sure.items():
        p[PLACE[name]] = value
    out = run(p)
    last = at.YEARS - 1
    assert adoption(out)[at.MATURE, :, last] == pytest.approx(1.0)
    time = cube(out)[at.DOUBLE_WORK : at.LOAN, :, last].sum()
    assert time == pytest.approx(series(out, at.HEADCOUNT_BENEFIT)[last])


@PROPERTY
@given(rows())
def test_counting_heads_never_gives_less_than_counting_exchanges(p):
    out = run(p)
    time = cube(out)[at.DOUBLE_WORK : at.LOAN].sum(axis=(0, 1))
    assert (time <= series(out, at.HEADCOUNT_BENEFIT) * (1 + 1e-12) + 1e-6).all()


@PROPERTY
@given(rows(model__state_share=1.0))
def test_one_payer_pays_all(p):
    flows = cube(run(p))
    borne = flows[list(COSTS)].sum(axis=0)
    for transfer in (at.LOAN, at.GRANT, at.LICENCE, at.GUARANTEE, at.SUPPORT):
        borne = borne + flows[transfer]
    total = flows[list(COSTS)].sum(axis=(0, 1))
    assert borne[1:] == pytest.approx(0.0, abs=1e-6 * (1.0 + np.abs(total).max()))
    assert borne[at.STATE] == pytest.approx(total, rel=1e-9, abs=1.0)


@PROPERTY
@given(rows(), st.sampled_from(["model.council_inhabitants", "model.council_year",
                                "model.council_wait"]), st.floats(0.0, 1.0))  # fmt: skip
def test_the_settings_of_one_council_move_nothing_else(p, name, share):
    lower, upper = limits(name)
    moved = p.copy()
    moved[PLACE[name]] = lower + share * (upper - lower)
    try:
        check(moved[None, :])
    except ModelError:
        return
    before, after = run(p), run(moved)
    own = {at.COUNCIL_NOW, at.COUNCIL_WAIT, at.COUNCIL_YEARS_NOW, at.COUNCIL_YEARS_WAIT}
    others = [k for k in range(at.SIZE) if k not in own]
    assert np.array_equal(before[others], after[others])


@PROPERTY
@given(rows(), st.floats(0.25, 4.0))
def test_scaling_all_prices_scales_all_money_and_nothing_else(p, k):
    scaled = p.copy()
    scaled[MONEY] *= k
    before, after = run(p), run(scaled)
    size = np.abs(cube(before)).max()
    assert cube(after) == pytest.approx(k * cube(before), rel=1e-9, abs=1e-9 * k * size)
    assert after[at.NPV] == pytest.approx(k * before[at.NPV], rel=1e-9, abs=1e-7 * k * size)
    assert adoption(after) == pytest.approx(adoption(before), abs=1e-12)


@PROPERTY
@given(rows())
def test_loans_and_repaid_grants_conserve_money_at_their_interest(p):
    out = run(p)
    flows, index = cube(out), series(out, at.PRICE_INDEX)
    rate = p[PLACE["economics.loan_rate"]]
    factor = (1.0 + rate) ** -np.arange(at.YEARS)
    loan = (flows[at.LOAN, at.REGION] * index) @ factor
    assert loan == pytest.approx(0.0, abs=1e-9 * np.abs(flows[at.INVESTMENT]).sum() + 1.0)
    # Municipalities pay back the part of the grant that falls on those who joined.
    granted = -flows[at.INVESTMENT, at.STATE] * index
    users = out[at.USERS : at.USERS + 5]
    part = users[at.MUNICIPAL] / (users.sum() - users[at.HOSPITAL])
    joined = adoption(out)[at.JOINED, at.MUNICIPAL]
    due = part * joined[-1] * granted @ factor
    paid = -(flows[at.GRANT, at.MUNICIPALITIES] * index) @ factor
    assert paid == pytest.approx(due, rel=1e-9, abs=1.0)


@PROPERTY
@given(rows())
def test_the_grant_never_exceeds_its_sum(p):
    out = run(p)
    granted = -(cube(out)[at.INVESTMENT, at.STATE] * series(out, at.PRICE_INDEX)).sum()
    assert granted <= p[PLACE["financing.grant"]] * (1.0 + 1e-12)
    assert granted >= 0.0


@PROPERTY
@given(rows())
def test_present_values_are_discounted_sums(p):
    out = run(p)
    first = p[PLACE["convention.discount_first"]]
    years = np.arange(at.YEARS) + at.FIRST_YEAR - at.PRICE_YEAR
    if p[PLACE["convention.discount_middle_from"]] >= at.YEARS:
        factor = (1.0 + first) ** -years
        assert series(out, at.DISCOUNT) == pytest.approx(factor)
    factor = series(out, at.DISCOUNT)
    flows = cube(out)
    by_actor = flows.sum(axis=0) @ factor
    scale = np.abs(flows).sum(axis=(0, 2))
    got = out[at.NPV_STATE : at.NPV_STATE + at.ACTORS]
    assert (np.abs(got - by_actor) <= 1e-9 * scale + 1e-6).all()
    assert out[at.NPV] == pytest.approx(
        by_actor.sum() - out[at.PV_TAX_COST], abs=1e-9 * scale.sum() + 1e-6
    )
    if out[at.PV_COST] > 0.0:
        assert out[at.BENEFIT_COST_RATIO] == pytest.approx(out[at.PV_BENEFIT] / out[at.PV_COST])


@PROPERTY
@given(rows())
def test_tax_cost_falls_on_the_cash_of_public_budgets(p):
    out = run(p)
    time = [at.DIP, at.DOWNTIME, at.FUNCTION, at.DOUBLE_WORK, at.SEARCHING, at.GP_TIME]
    cash = np.delete(cube(out), time, axis=0)[:, : at.MUNICIPALITIES + 1].sum(axis=(0, 1))
    rate = p[PLACE["convention.tax_cost"]]
    assert series(out, at.TAX_COST) == pytest.approx(-rate * cash, rel=1e-9, abs=1.0)


@PROPERTY
@given(rows())
def test_shares_stay_between_zero_and_one_and_only_gps_leave(p):
    planes = adoption(run(p))
    assert (planes >= -1e-12).all()
    assert (planes <= 1.0 + 1e-12).all()
    staff = planes[at.JOINED, : at.GP_SALARIED]
    assert (np.diff(staff, axis=1) >= -1e-12).all()
    assert (planes[at.MATURE] <= planes[at.LIVE] + 1e-12).all()


@PROPERTY
@given(rows(gp__staff_per_gp=1.0))
def test_a_gp_price_only_moves_money_when_no_gp_reacts_to_it(p):
    """With a speed of zero nobody joins: the price can matter to nothing but the GP's own sum."""
    p[PLACE["model.gp_speed"]] = 0.0
    dear = p.copy()
    dear[PLACE["gp.hp_price"]] += 10000.0
    before, after = run(p), run(dear)
    assert np.array_equal(cube(before), cube(after))
    assert after[at.GP_JOIN] <= before[at.GP_JOIN]


@PROPERTY
@given(rows(model__cover_self=0.0, model__state_share=0.0))
def test_guarantees_cost_the_owners_what_they_give_the_gps(p):
    flows = cube(run(p))[at.GUARANTEE]
    owners = flows[[at.REGION, at.MUNICIPALITIES]].sum()
    assert owners == pytest.approx(-flows[at.SALARIED :].sum(), abs=1.0)
    assert (flows[at.SALARIED :] >= 0.0).all()
    assert not flows[at.STATE].any()


@PROPERTY
@given(rows())
def test_the_price_of_one_gp_is_a_straight_line(p):
    """The closed form of the break-even price rests on it."""
    out = run(p)
    paid = (1.0 - p[PLACE["model.state_share"]]) * (1.0 - p[PLACE["model.cover_self"]])
    dearer = p.copy()
    dearer[PLACE["gp.hp_price"]] += 1000.0
    # The price also moves who joins, and so the exchange: hold that by looking without benefits.
    dearer[PLACE["gp.minutes_saved_day"]] = p[PLACE["gp.minutes_saved_day"]] = 0.0
    fall = run(p)[at.GP_JOIN] - run(dearer)[at.GP_JOIN]
    assert fall == pytest.approx(1000.0 * paid * out[at.GP_YEARS], rel=1e-6, abs=1e-3)


@PROPERTY
@given(rows())
def test_time_saved_is_the_sum_over_pairs_of_groups(p):
    """Benefits worked out again with the mixing matrix: sum of mix[g, h] * share[g] * share[h]."""

    def get(name):
        return p[PLACE[name]]

    out = run(p)
    mature = adoption(out)[at.MATURE]
    gps = out[at.GPS : at.GPS + 3]
    shares = np.vstack([mature[:2], gps @ mature[2:] / gps.sum()])
    hospital = [get("model.mix_hospital_municipality"), get("model.mix_hospital_gp")]
    municipal = [get("model.mix_municipality_hospital"), get("model.mix_municipality_gp")]
    gp = [get("model.mix_gp_hospital"), get("model.mix_gp_municipality")]
    mix = np.array(
        [
            [1.0 - sum(hospital), *hospital],
            [municipal[0], 1.0 - sum(municipal), municipal[1]],
            [*gp, 1.0 - sum(gp)],
        ]
    )
    pairs = mix[:, :, None] * shares[:, None, :] * shares[None, :, :]
    answers = get("survey.response") + (1.0 - get("survey.response")) * get("model.nonresponse")
    trouble = get("survey.double_work") * get("model.double_work_hours") + get(
        "survey.searching"
    ) * get("model.searching_hours")
    kept = get("model.hours_removed") * get("model.time_realised")
    staff_hours = answers * trouble * kept * get("model.weeks")
    gp_hours = get("gp.minutes_saved_day") * get("gp.working_days") * get("model.time_realised")
    people = np.array([*out[at.USERS : at.USERS + 2], gps.sum()])
    hours = (people * [staff_hours, staff_hours, gp_hours]) @ pairs.sum(axis=1)
    assert series(out, at.HOURS_SAVED) == pytest.approx(hours, rel=1e-9, abs=1e-6)
    time = cube(out)[at.DOUBLE_WORK : at.LOAN].sum(axis=(0, 1))
    wages = np.array([out[at.STAFF_HOUR], out[at.STAFF_HOUR], out[at.GP_HOUR]])
    money = (people * wages * [staff_hours, staff_hours, gp_hours]) @ pairs.sum(axis=1)
    assert time == pytest.approx(money * series(out, at.WAGE_GROWTH), rel=1e-9, abs=1.0)


@PROPERTY
@given(
    rows(),
    st.sampled_from(
        [
            ("gp.hp_price", 0.5),
            ("gp.ehr_cost_now", 1.5),
            ("model.gp_worry", 0.5),
            ("model.council_extra_value", None),
            ("model.belief", None),
        ]
    ),
)
def test_whatever_speaks_for_joining_never_keeps_anybody_out(p, change):
    """Joining feeds on itself, so a push for one group cannot lower the share of any."""
    name, factor = change
    better = p.copy()
    place = PLACE[name]
    better[place] = p[place] * factor if factor else limits(name)[1] * FACTORS[place]
    if name == "gp.ehr_cost_now":
        # A dear present record also makes running both for a while dearer.
        better[PLACE["gp.parallel_months"]] = p[PLACE["gp.parallel_months"]] = 0.0
    before, after = adoption(run(p))[at.JOINED], adoption(run(better))[at.JOINED]
    assert (after >= before - 1e-9).all()
