"""Sentences and titles of the chapters that carry no number must still be true of the numbers.

When one of these fails after a change of an assumption, the text has to change with it.
"""

import pytest

from analysis import registry
from analysis.studies import (
    adoption,
    allocation,
    cost_risk,
    decision,
    leaving,
    outside,
    worlds,
)
from analysis.studies.appraisal import evaluate


@pytest.fixture(scope="module")
def base():
    return registry.load().scenario("base")


class TestBudget:
    def test_under_most_sets_the_frame_is_more_likely_to_break_than_to_hold(self, base):
        assert (cost_risk.readings(base)["within"] < 0.5).sum() >= 4

    def test_the_frame_is_a_p85_in_no_set(self, base):
        assert cost_risk.readings(base)["within"].max() < 0.85

    def test_items_lean_upward(self, base):
        items = cost_risk.build_up(base).query("kind == 'item'")
        assert (items["p90"] - items["base"] > items["base"] - items["p10"]).all()

    def test_the_inside_view_holds_the_recorded_growth_for_rarer(self, base):
        assert outside.outcome_inside(base) < outside.outcome_outside(base)[1]


class TestAllocation:
    def test_rules_that_count_offices_drive_every_gp_out(self, base):
        frame = leaving.unravelling(base).set_index("rule")
        for rule in ("equal", "stand_alone", "shapley", "owen", "per_inhabitant"):
            assert (frame.loc[allocation.RULES[rule].label, "gps_in"] == 0).all()

    def test_a_rule_per_user_keeps_most_gps_only_with_guarantees(self, base):
        frame = leaving.unravelling(base)
        here = frame[(frame["rule"] == "Per user") & ~frame["councils"]].set_index("guaranteed")
        assert here.loc[True, "gps_in"] > 0.5 > here.loc[False, "gps_in"]

    def test_the_gap_is_small_if_the_largest_join_first_and_beyond_the_grant_otherwise(self, base):
        frame = leaving.exposure(base)
        largest = frame[frame["order"] == "largest first"]["gap"]
        smallest = frame[frame["order"] == "smallest first"]["gap"]
        assert (largest < 0.1 * base.value("financing.grant")).all()
        assert (smallest > base.value("financing.grant")).all()

    def test_the_rule_moves_the_gps_more_than_any_assumption(self, base):
        by_rule = allocation.gp_share(base)
        moved = allocation.sensitivity(base).groupby(["rule", "assumption"])["gp"]
        assert by_rule[2] - by_rule[1] > float((moved.max() - moved.min()).max())


class TestAdoption:
    def test_hospitals_and_most_municipalities_join_and_most_gps_do_not(self, base):
        last = evaluate(base).joined.iloc[-1]
        assert last["hospital"] > 0.95
        assert last["municipal"] > 0.5
        assert last["gp_self"] < 0.5

    def test_a_price_guarantee_alone_moves_few_and_the_three_together_many_more(self, base):
        share = adoption.package_outcomes(base).set_index("package")["gp_self"]
        price = share["Price guarantee"] - share["As it stands"]
        together = share["All three guarantees"] - share["As it stands"]
        assert together > 3 * price > 0

    def test_each_package_has_one_share_that_confirms_itself(self, base):
        frame = adoption.equilibria(base)
        assert (frame.groupby("package").size() == 1).all()
        assert frame["stable"].all()


class TestDecision:
    def test_society_loses_in_nearly_every_world_in_priced_effects(self, base):
        draws = decision.options("ministry", base)["as today"]
        assert (draws < 0).mean() > 0.95

    def test_three_of_the_four_widest_bars_are_running_costs_and_old_systems(self, base):
        top = set(decision.tornado("npv", base).index[:4])
        named = {"model.operations_fixed", "model.operations_user", "model.old_systems_user"}
        assert named <= top

    def test_guarantees_cost_the_owners_more_than_society_gains(self, base):
        row = decision.guarantees(base).loc["all three"]
        assert row["cost"] > row["society_gain"] > 0

    def test_no_price_by_itself_is_low_enough_for_the_gp(self, base):
        assert decision.break_even("gp.hp_price", "gp_join", base) is None

    def test_a_minute_costs_more_than_the_assumed_licence(self, base):
        minute = base.value("gp.consultations_per_gp") * base.value("gp.revenue_hour") / 60
        assert minute > base.value("gp.hp_price")

    def test_minutes_a_consultation_are_the_first_thing_for_gps_to_learn(self, base):
        assert decision.information("gp", base).single.index[0] == "gp.function_minutes"

    def test_regret_of_the_gp(self, base):
        frame = worlds.regrets("gp", base).set_index("option")
        assert frame["mean"].idxmin() == "stay out"
        assert frame["worst"].idxmin() == "join with guarantees"

    def test_the_way_to_meet_gps_hardly_shows_in_the_regions_budget(self, base):
        table = decision.summary(decision.options("region", base))
        spread = float((table["P90"] - table["P10"]).min())
        assert float(table["expected"].max() - table["expected"].min()) < 0.05 * spread
