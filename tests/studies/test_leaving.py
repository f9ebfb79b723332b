"""Leaving: equilibria under each rule, guarantees, and who carries the risk."""

import numpy as np
import pytest

from analysis import registry
from analysis.studies import allocation, findings, leaving
from analysis.studies.allocation import RULES
from analysis.studies.leaving import SOLVED, bills_of, equilibrium, worth
from analysis.studies.players import GROUP_LABELS, Players, players


@pytest.fixture(scope="module")
def base():
    return registry.load().scenario("base")


@pytest.fixture(scope="module")
def among(base):
    return players(base)


@pytest.fixture(scope="module")
def frame(base):
    return leaving.unravelling(base)


def all_of(among):
    return np.ones(among.game.n, dtype=bool)


# --- present values ----------------------------------------------------------------------------


def test_annuity_is_the_sum_of_discounted_kroner():
    assert leaving.annuity(0.04, 10) == pytest.approx(sum(1.04**-k for k in range(1, 11)))
    assert leaving.annuity(0.0, 10) == 10
    assert leaving.annuity(1e-9, 10) == pytest.approx(10)


# --- what it is worth --------------------------------------------------------------------------


def test_the_region_never_leaves_and_partners_are_worth_something(among):
    being_in = worth(among, guaranteed=False)
    stays = all_of(among)
    largest = being_in.largest_bills(stays)
    assert largest[0] == np.inf
    offices = among.unions[2]
    stays[offices[1:]] = False
    fewer = being_in.largest_bills(stays)
    assert fewer[offices[0]] < largest[offices[0]]  # other GPs are partners
    assert (fewer[among.unions[1]] < largest[among.unions[1]]).all()
    assert not np.isnan(largest).any()


def test_worth_of_a_gp_by_hand(base, among):
    """Record saved and time saved, less running cost, over the period, less the first months."""
    being_in = worth(among, guaranteed=True)
    value = base.value
    years = leaving.annuity(value("convention.discount_first"), value("allocation.years"))
    offices = among.unions[2]
    gps = among.table["gps"].to_numpy()[offices]
    hours = value("gp.minutes_saved_day") / 60 * value("gp.working_days")
    hours *= value("model.time_realised")
    income = value("gp.income") / (value("gp.working_days") * value("gp.hours_per_day"))
    assert being_in.partners[offices] * 1e6 == pytest.approx(gps * hours * income * years)
    running = (1 + value("gp.staff_per_gp")) * value("model.operations_user")
    # What they pay today is spread; the median office pays the recorded median.
    per_gp = being_in.alone[offices] * 1e6 / gps
    median = (value("gp.ehr_cost_now") - running) * years - value("gp.dip_loss")
    assert np.median(per_gp) == pytest.approx(median, rel=0.01)


def test_a_guarantee_is_worth_what_it_makes_good_and_the_worry(base, among):
    bare, sure = worth(among, guaranteed=False), worth(among, guaranteed=True)
    offices = among.unions[2]
    gps = among.table["gps"].to_numpy()[offices]
    years = leaving.annuity(base.value("convention.discount_first"), base.value("allocation.years"))
    gained = sure.alone[offices] - bare.alone[offices]
    assert gained == pytest.approx(
        sure.guarantee[offices] + gps * base.value("model.gp_worry") * years / 1e6
    )
    assert (bare.guarantee == 0).all()
    councils = among.unions[1]
    assert sure.alone[councils] == pytest.approx(bare.alone[councils])


def test_a_guarantee_makes_good_losses_but_takes_no_gains(base):
    """Work that is faster than today stays the GP's gain, with and without a guarantee."""
    quick = base.with_changes({"gp.function_minutes": -2, "gp.downtime_hours": 3})
    among = players(quick)
    bare, sure = worth(among, guaranteed=False), worth(among, guaranteed=True)
    assert (sure.guarantee == 0).all()
    slow = worth(players(base), guaranteed=True)
    offices = among.unions[2]
    assert (sure.alone[offices] > slow.alone[offices]).all()
    gps = among.table["gps"].to_numpy()[offices]
    years = leaving.annuity(base.value("convention.discount_first"), base.value("allocation.years"))
    worry = gps * base.value("model.gp_worry") * years / 1e6
    assert sure.alone[offices] - bare.alone[offices] == pytest.approx(worry)


def test_offices_whose_municipality_buys_the_record_go_where_it_goes(among):
    being_in = worth(among, guaranteed=True)
    stays = all_of(among)
    small = int(among.table.loc[among.where("municipality"), "inhabitants"].idxmin())
    stays[small] = False
    largest = being_in.largest_bills(stays)
    there = (among.table["code"] == among.table.loc[small, "code"]).to_numpy()
    salaried = there & (among.table["group"] == "gp_salaried").to_numpy()
    assert salaried.any()
    assert (largest[salaried] == -np.inf).all()
    elsewhere = ~there & among.table["group"].str.startswith("gp").to_numpy()
    assert np.isfinite(largest[elsewhere]).all()


# --- equilibria --------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", SOLVED)
@pytest.mark.parametrize("guaranteed", [False, True])
def test_nobody_left_wants_to_leave_and_bills_add_up(among, rule, guaranteed):
    found = equilibrium(rule, among, guaranteed=guaranteed, councils_may_leave=True)
    largest = worth(among, guaranteed).largest_bills(found.stays)
    assert found.stays[0]
    assert (found.bill[found.stays] <= largest[found.stays] + 1e-6).all()
    assert (found.bill[~found.stays] == 0).all()
    cost = among.game.cost(np.flatnonzero(found.stays))
    assert found.bill.sum() == pytest.approx(cost, rel=1e-9)


@pytest.mark.parametrize("rule", SOLVED)
def test_shares_sum_to_the_cost_of_those_left_in_every_round(among, rule):
    being_in = worth(among, guaranteed=True)
    stays = all_of(among)
    for _ in range(4):
        bill = bills_of(rule, among, stays)
        assert bill.sum() == pytest.approx(among.game.cost(np.flatnonzero(stays)), rel=1e-9)
        stays = stays & (bill <= being_in.largest_bills(stays))


def test_when_the_worth_is_huge_everybody_stays(base):
    happy = base.with_changes(
        {
            "gp.ehr_cost_now": 250_000,
            "gp.function_minutes": -2,
            "model.council_extra_value": 100_000,
            "model.operations_site": 0,
        }
    )
    among = players(happy, total=100)
    found = equilibrium("per_user", among, guaranteed=True, councils_may_leave=True)
    assert found.stays.all()
    assert found.rounds == 1


def test_when_nothing_is_saved_only_the_region_is_left_and_pays_all(base):
    sad = base.with_changes({"gp.ehr_cost_now": 0, "model.council_extra_value": -50_000})
    among = players(sad)
    for rule in SOLVED:
        found = equilibrium(rule, among, councils_may_leave=True)
        assert np.flatnonzero(found.stays).tolist() == [0], rule
        assert found.bill[0] == pytest.approx(among.game.alone[0]), rule


def test_a_shapley_bill_never_falls_when_others_leave(among):
    """Cross-monotonicity, on which the largest equilibrium rests (Moulin and Shenker 2001)."""
    rng = np.random.default_rng(7)
    before = bills_of("shapley", among, all_of(among))
    for _ in range(5):
        stays = rng.random(among.game.n) < 0.5
        stays[0] = True
        after = bills_of("shapley", among, stays)
        assert (after[stays] >= before[stays] - 1e-9).all()


def test_the_shapley_equilibrium_is_the_largest_of_a_small_game(base):
    """Against all 2^6 groups of six movable players: the union of all stable ones."""
    cheap = base.with_changes({"gp.ehr_cost_now": 200_000})
    whole = players(cheap, total=60)
    places = [0, 1, 67, 100, 150, 200, 236]
    among = Players(cheap, whole.table.iloc[places].reset_index(drop=True),
                    whole.game.only(places))  # fmt: skip
    being_in = worth(among, guaranteed=True)
    stable = np.zeros(among.game.n, dtype=bool)
    for mask in range(1 << 6):
        stays = np.array([True, *((mask >> k) & 1 == 1 for k in range(6))])
        bill = bills_of("shapley", among, stays)
        if (bill <= being_in.largest_bills(stays))[stays].all():
            stable |= stays
    found = equilibrium("shapley", among, guaranteed=True, councils_may_leave=True)
    assert found.stays.tolist() == stable.tolist()


def test_unknown_and_unsolved_rules_are_refused(among):
    for rule in ("fair", "nucleolus"):
        with pytest.raises(ValueError, match=f"rule = '{rule}': must be one of recorded"):
            equilibrium(rule, among)
    with pytest.raises(ValueError, match="rule = 'fair': must be one of"):
        bills_of("fair", among, all_of(among))


# --- the tables --------------------------------------------------------------------------------


def test_guarantees_never_lose_gps(frame):
    wide = frame.pivot(index=["rule", "councils"], columns="guaranteed", values="gps_in")
    assert (wide[True] >= wide[False]).all()
    assert (frame["gps_in"].between(0, 1) & frame["councils_in"].between(0, 1)).all()


def test_councils_that_must_stay_do(frame):
    assert (frame.loc[~frame["councils"], "councils_in"] == 1).all()
    wide = frame.pivot(index=["rule", "guaranteed"], columns="councils", values="gps_in")
    assert (wide[True] <= wide[False] + 1e-12).all()


def test_what_charts_and_text_say_of_the_base(frame, base):
    held = frame[~frame["councils"] & (frame["gps_in"] > 0.5)]
    assert set(held["rule"]) == {RULES["recorded"].label, RULES["per_user"].label}
    assert held["guaranteed"].all()
    by_organisation = [RULES[id].label for id in ("equal", "shapley", "owen", "stand_alone")]
    assert (frame.loc[frame["rule"].isin(by_organisation), "gps_in"] == 0).all()
    assert findings.get("allocation.rules_gps_stay", base).value == 2
    assert findings.get("allocation.rules_gps_stay_bare", base).value == 0


def test_a_frame_may_be_changed_without_harm(base):
    frame = leaving.unravelling(base)
    frame.loc[:, "gps_in"] = -1.0
    assert (leaving.unravelling(base)["gps_in"] >= 0).all()


def test_no_gap_when_everybody_is_on_board(base):
    for rule in ("per_user", "owen", "recorded"):
        table = leaving.exposure(base, rule)
        assert table.iloc[-1]["gap"] == 0
        assert table.iloc[-1]["cost"] == pytest.approx(base.value("cost.frame_article") * 1000)


def test_the_gap_is_cost_less_paid_and_grows_when_the_large_stay_out(base):
    table = leaving.exposure(base)
    assert (table["cost"] - table["paid"]).to_numpy() == pytest.approx(table["gap"], abs=1e-6)
    wide = table[table["order"].str.contains("first")].pivot(
        index="joined", columns="order", values="gap"
    )
    assert (wide["smallest first"] > wide["largest first"]).all()
    assert (wide["smallest first"] > base.value("financing.grant")).all()


def test_prices_in_the_core_leave_a_gap_whoever_joins(base):
    """In the core nobody pays more than alone: any smaller group costs at least what it pays."""
    assert (leaving.exposure(base, "weighted_shapley")["gap"] >= 0).all()


def test_exposure_names_what_is_wrong(base):
    with pytest.raises(ValueError, match="rule = 'fair': must be one of"):
        leaving.exposure(base, "fair")
    for count in (0, 70):
        with pytest.raises(ValueError, match=f"adoption.decided_2024 = {count}: must be 1 to 66"):
            leaving.exposure(base.with_changes({"adoption.decided_2024": count}))


def test_state_money_splits_the_whole(base):
    table = leaving.state_money(base)
    whole = table["loan"] + table["own"] + table["local"]
    assert whole.to_numpy() == pytest.approx(base.value("cost.frame_article") * 1000)
    assert (table["grant"] + table["beyond"]).to_numpy() == pytest.approx(table["local"])
    assert (table["grant"] <= base.value("financing.grant")).all()
    lent = table["loan"] / (table["loan"] + table["own"])
    assert lent.to_numpy() == pytest.approx(base.value("financing.loan_share"))


def test_a_grant_as_large_as_the_local_bill_meets_all(base):
    rich = base.with_changes({"financing.grant": 2700, "cost.frame_article": 2})
    table = leaving.state_money(rich)
    assert (table["beyond"] == 0).all()


def test_a_cover_moves_the_bills_of_self_paying_gps_and_no_more(base):
    table = leaving.covered_by_municipalities(base).set_index("rule")
    groups = allocation.by_group(base).pivot(index="rule", columns="group", values="amount")
    moved = groups[GROUP_LABELS["gp_self"]].loc[table.index]
    assert table["self_paying"].to_numpy() == pytest.approx(moved.to_numpy())
    region = groups[GROUP_LABELS["region"]].loc[table.index]
    total = base.value("cost.frame_article") * 1000
    assert (table["together"] + region).to_numpy() == pytest.approx(total)
    people = registry.load().municipalities["pop_2021"].sum()
    assert (table["extra_per_inhabitant"] * people / 1e6).to_numpy() == pytest.approx(moved)


def test_a_cover_costs_nothing_when_no_gp_pays(base):
    table = leaving.covered_by_municipalities(base.with_changes({"gp.share_pay_self": 0}))
    assert (table["extra_per_inhabitant"] == 0).all()
