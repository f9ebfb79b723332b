import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.explorer import gp_office as explorer
from analysis.explorer.engine import parameters, run
from analysis.explorer.state import State
from analysis.model import gp_office as kernel

BASE = explorer.payload
NET, MUNICIPAL, BOTH, ONCE, BREAK_EVEN = 10, 11, 12, 13, 14
CONTRACTS = {"self", "deal", "salaried"}


def at(changes=None, contract="self"):
    return run(explorer, parameters(explorer, State(changes or {}, {"contract": contract})))


def anywhere():
    numbers = {
        c["id"]: st.floats(c["min"], c["max"]) for c in BASE["controls"] if c["kind"] == "number"
    }
    return st.fixed_dictionaries({}, optional=numbers)


@settings(max_examples=200)
@given(anywhere(), st.sampled_from(sorted(CONTRACTS)))
def test_what_the_two_bear_adds_up_to_the_same_under_every_contract(changes, contract):
    out, other = at(changes, contract), at(changes, "self")
    for part in range(kernel.PARTS):
        assert out[part] + out[kernel.PARTS + part] == pytest.approx(other[part], abs=1e-6)
    assert out[NET] + out[MUNICIPAL] == pytest.approx(out[BOTH], abs=1e-6)
    assert sum(out[:5]) == pytest.approx(out[NET], abs=1e-6)


@settings(max_examples=100)
@given(anywhere())
def test_at_the_break_even_price_nothing_is_gained_or_lost(changes):
    price = at(changes)[BREAK_EVEN]
    if 0 <= price <= 400_000:
        assert at({**changes, "gp.hp_price": price})[BOTH] == pytest.approx(0, abs=1e-6)


def test_a_gp_on_salary_bears_nothing_and_one_who_pays_all_bears_all():
    assert at(contract="salaried")[:5] == [0] * 5
    assert at(contract="self")[5:10] == pytest.approx([0] * 5)


def test_the_price_does_not_reach_a_gp_whose_municipality_buys():
    low, high = (at({"gp.hp_price": p}, "deal") for p in (10_000, 200_000))
    assert low[NET] == high[NET]
    assert low[MUNICIPAL] - high[MUNICIPAL] == pytest.approx(190_000)


def test_a_krone_on_the_price_is_a_krone_off_the_net():
    out = at()
    prices = out[16 : 16 + kernel.PRICES]
    nets = out[16 + kernel.PRICES : 16 + 2 * kernel.PRICES]
    slopes = [
        (b - a) / (q - p) for a, b, p, q in zip(nets, nets[1:], prices, prices[1:], strict=False)
    ]
    assert slopes == pytest.approx([-1] * (kernel.PRICES - 1))


def test_an_equal_system_without_change_leaves_everything_as_it_is():
    p = parameters(explorer, State())
    place = {id: i for i, id in enumerate(explorer.inputs)}
    for id in ("gp.hp_price_once", "gp.migration_hours", "gp.migration_cost_office",
               "gp.parallel_months", "gp.dip_share", "gp.function_minutes",
               "gp.minutes_saved_day"):  # fmt: skip
        p[place[id]] = 0.0
    p[place["gp.hp_price"]] = p[place["gp.ehr_cost_now"]]
    p[place["gp.downtime_hours"]] = p[place["gp.downtime_hours_now"]]
    assert run(explorer, p)[:14] == pytest.approx([0] * 14)


@pytest.mark.parametrize(("rate", "years"), [(0.0, 10), (0.04, 10), (0.04, 1), (0.1, 25)])
def test_the_annuity_pays_back_its_present_value(rate, years):
    yearly = kernel.annuity(1000.0, rate, years)
    assert sum(yearly / (1 + rate) ** (t + 1) for t in range(years)) == pytest.approx(1000)


def test_stops_cost_what_is_lost_for_good():
    # 6 hours more, 35 % lost, 2.32 m NOK a year over 220 days of 8 hours.
    assert at()[1] == pytest.approx(-6 * 0.35 * 2_320_000 / (220 * 8))
