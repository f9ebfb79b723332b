"""Options, break-evens and guarantees."""

import numpy as np
import pytest

import analysis
from analysis import registry
from analysis.registry import ScenarioError
from analysis.studies import decision


def test_a_break_even_value_breaks_even():
    for name, outcome in (
        ("gp.function_minutes", "gp_guaranteed"),
        ("model.council_inhabitants", "live_gps"),
        ("model.old_systems_user", "council_now"),
    ):
        target = 0.0 if outcome != "live_gps" else 1.0
        at = decision.break_even(name, outcome, target=target)
        if at is None:
            continue
        reached = analysis.evaluate({name: at}).outcome(outcome)
        assert reached == pytest.approx(target, abs=1e-3)


def test_a_break_even_is_found_where_there_is_one():
    goal = analysis.evaluate({"gp.hp_price": 90000}).outcome("gp_join")
    found = decision.break_even("gp.hp_price", "gp_join", target=goal)
    assert found == pytest.approx(90000, rel=1e-6)
    assert decision.break_even("gp.hp_price", "investment_total") is None
    assert decision.break_even("model.overrun", "investment_total", target=-1.0) is None


def test_break_even_refuses_what_cannot_be_set():
    with pytest.raises(ValueError, match="outcome = 'profit'"):
        decision.break_even("gp.hp_price", "profit")
    with pytest.raises(ValueError, match=r"gp\.region_count"):
        decision.break_even("gp.region_count")
    with pytest.raises(LookupError, match=r"gp\.hp_prise"):
        decision.break_even("gp.hp_prise")


def test_closed_forms_are_zeros_of_the_model():
    needed = decision.required()
    result = analysis.evaluate()
    worth = needed["council_value"] * result.outcome("council_years_now")
    assert result.outcome("council_now") + worth == pytest.approx(0.0, abs=1e-6)
    # Joining moves with the price a little, so the line is checked where no time is saved.
    still = {"gp.minutes_saved_day": 0, "gp.function_minutes": -2}
    price = decision.required(still)["gp_price"]
    assert 0.0 < price < 400000
    gain = analysis.evaluate({**still, "gp.hp_price": price}).outcome("gp_join")
    assert gain == pytest.approx(0.0, abs=1e-3)
    with pytest.raises(ValueError, match="no part of the price"):
        decision.required({"model.cover_self": 1})


@pytest.mark.parametrize("reader", decision.READERS)
def test_options_are_compared_on_the_same_draws(reader):
    net = decision.options(reader, draws=256)
    again = decision.options(reader, draws=256)
    assert net.equals(again)
    assert np.isfinite(net.to_numpy()).all()
    table = decision.summary(net)
    assert table["chance of being best"].sum() == pytest.approx(1.0)
    assert (table["P10"] <= table["P90"]).all()
    assert decision.UNITS[reader] in registry.load().units
    if reader in ("council", "gp"):
        assert not net["stay out"].any()


def test_a_guarantee_never_makes_joining_worse_for_a_gp():
    net = decision.options("gp", draws=1024)
    assert (net["join with guarantees"] >= net["join"] - 1e-6).all()


def test_own_value_of_quality_speaks_for_joining():
    plain = decision.options("council", draws=256)
    valued = decision.options("council", draws=256, valued=True)
    assert (valued["join now"] > plain["join now"]).all()
    held = decision.options("council", {"model.council_extra_value": 0}, draws=256, valued=True)
    nothing = decision.options("council", {"model.council_extra_value": 0}, draws=256)
    assert held.equals(nothing)


def test_unknown_readers_are_named():
    with pytest.raises(ValueError, match="reader = 'king'"):
        decision.options("king")


def test_information_is_worth_at_least_nothing_and_at_most_everything():
    found = decision.information("gp", draws=2048)
    assert found.choice in decision.options("gp", draws=16)
    assert found.perfect >= 0.0
    slack = 4 * found.single["standard error"] + 1e-9
    assert (found.single["value"] <= found.perfect + slack).all()
    # The council's own settings are nothing to a GP.
    assert found.single.loc["model.intro_site", "value"] <= slack["model.intro_site"] + 1.0


def test_guarantees_bring_gps_in_and_cost_the_owners():
    table = decision.guarantees()
    assert list(table.index) == ["none", "price", "function", "uptime", "all three"]
    assert table.loc["none", ["cost", "gp_gain", "society_gain"]].eq(0.0).all()
    assert (table["live_gps"] >= table.loc["none", "live_gps"]).all()
    assert table["live_gps"].idxmax() == "all three"
    assert (table["cost"].drop("none") > 0.0).all()


def test_guarantees_of_the_scenario_do_not_blur_the_comparison():
    plain = decision.guarantees()
    under = decision.guarantees({"model.guarantee_price": 1.0})
    assert under.equals(plain)


def test_the_tornado_is_ordered_and_agrees_with_the_model():
    table = decision.tornado("npv")
    assert table["swing"].is_monotonic_decreasing
    from analysis.studies.uncertainty import uncertain

    name = table.index[0]
    low = float(uncertain()[name].ppf(0.1))
    assert table.loc[name, "low"] == pytest.approx(analysis.evaluate({name: low}).outcome("npv"))


def test_sobol_shares_are_shares():
    table = decision.sobol("pv_cost", n=64)
    assert table["first"].sum() == pytest.approx(1.0, abs=0.25)
    assert table.index[0] in ("model.operations_fixed", "model.overrun")
    assert table.loc["gp.exit_cost", "total"] == pytest.approx(0.0, abs=1e-3)


def test_scenario_errors_pass_through():
    with pytest.raises(ScenarioError):
        decision.guarantees({"gp.hp_price": -1})
