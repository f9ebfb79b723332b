import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import registry
from analysis.explorer import who_pays as explorer
from analysis.explorer.engine import parameters, run
from analysis.explorer.panels.who_pays import RULES
from analysis.explorer.state import State
from analysis.model import who_pays as kernel
from analysis.studies import allocation
from analysis.studies.players import GROUPS

MILLION = 1e6
BILLS = ("contract", "gps", "municipalities", "state")


def at(changes=None, **choices):
    return run(explorer, parameters(explorer, State(changes or {}, choices)))


def settings_off_base():
    return {
        "allocation.fixed_share": 0.2,
        "allocation.volume_share": 0.3,
        "allocation.site_share": 0.3,
        "cost.frame_article": 4.2,
    }


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("changes", [{}, settings_off_base()])
def test_every_rule_gives_the_parts_of_the_chapter(rule, changes):
    """By linearity, parts at other shares follow from those of the pieces without a new game."""
    scenario = registry.load().scenario("base").with_changes(changes)
    table = allocation.shares(scenario)
    out = at(changes, rule=rule, gp_bills="gps")
    expected = [table.loc[table["group"] == group, rule].sum() for group in GROUPS]
    borne = [out[kernel.BORNE + i] / MILLION for i in range(5)]
    assert borne == pytest.approx(expected, rel=1e-5)
    towns = table.loc[table["group"] == "municipality"]
    heads = out[kernel.PER_HEAD : kernel.PER_HEAD + kernel.TOWNS]
    assert heads == pytest.approx((towns[rule] / towns["inhabitants"] * MILLION).tolist(), rel=1e-5)


@settings(max_examples=60)
@given(
    st.sampled_from(RULES),
    st.sampled_from(BILLS),
    st.floats(0, 0.6),
    st.floats(0, 0.6),
    st.floats(0, 0.4),
    st.floats(1, 15),
)
def test_the_parts_add_up_to_the_sum_whoever_pays(rule, bills, fixed, volume, site, total):
    changes = {
        "allocation.fixed_share": fixed,
        "allocation.volume_share": volume,
        "allocation.site_share": site,
        "cost.frame_article": total,
    }
    out = at(changes, rule=rule, gp_bills=bills)
    borne = out[kernel.BORNE : kernel.BORNE + kernel.GROUPS]
    assert sum(borne) == pytest.approx(total * 1e9, rel=1e-5)
    assert min(borne) >= 0
    weights = out[kernel.WEIGHT : kernel.WEIGHT + kernel.PIECES]
    assert sum(weights) == pytest.approx(1)
    assert out[kernel.EXCESS] == pytest.approx(max(0, fixed + volume + site - 1))
    people = out[kernel.PEOPLE : kernel.PEOPLE + kernel.TOWNS]
    heads = out[kernel.PER_HEAD : kernel.PER_HEAD + kernel.TOWNS]
    towns = sum(a * b for a, b in zip(people, heads, strict=True))
    assert towns == pytest.approx(out[kernel.BORNE + 1], rel=1e-5)
    for i in range(kernel.RULES):
        rule_sum = sum(out[kernel.BY_RULE + g * kernel.RULES + i] for g in range(kernel.GROUPS))
        assert rule_sum == pytest.approx(total * 1e9, rel=1e-5)


def test_where_the_state_pays_no_gp_does():
    out = at(gp_bills="state", rule="shapley")
    assert out[kernel.BORNE + 2 : kernel.BORNE + 5] == [0, 0, 0]
    assert out[kernel.BORNE + 5] > 0


def test_a_contract_passes_the_bill_of_all_but_those_who_pay_themselves():
    out = at(gp_bills="contract", rule="shapley")
    assert out[kernel.BORNE + 2] == out[kernel.BORNE + 3] == 0
    assert out[kernel.BORNE + 4] > 0


def test_equal_shares_are_equal_and_per_user_follows_inhabitants():
    heads = slice(kernel.PER_HEAD, kernel.PER_HEAD + kernel.TOWNS)
    people = at()[kernel.PEOPLE : kernel.PEOPLE + kernel.TOWNS]
    bills = [a * b for a, b in zip(at(rule="equal", gp_bills="gps")[heads], people, strict=True)]
    assert bills == pytest.approx([bills[0]] * kernel.TOWNS, rel=1e-5)
    per_user = at(rule="per_user", gp_bills="gps")[heads]
    assert per_user == pytest.approx([per_user[0]] * kernel.TOWNS, rel=1e-5)


def test_the_chosen_municipality_is_the_one_that_is_told():
    reg = registry.load().municipalities
    for code in ("5001", "1811", "3430"):
        out = at(municipality=code)
        assert out[kernel.OWN_PEOPLE] == reg.loc[code, "pop_2021"]
        place = list(reg.index).index(code)
        assert out[kernel.OWN_PER_HEAD] == out[kernel.PER_HEAD + place]
        assert out[kernel.OWN] == pytest.approx(out[kernel.OWN_PER_HEAD] * out[kernel.OWN_PEOPLE])
