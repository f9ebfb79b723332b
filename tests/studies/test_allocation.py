"""The allocation rules: what every one keeps, and what sets them apart."""

import numpy as np
import pandas as pd
import pytest

from analysis import registry
from analysis.methods import games
from analysis.studies import allocation, findings
from analysis.studies.allocation import RULES
from analysis.studies.leaving import SOLVED
from analysis.studies.players import GROUP_LABELS, Players, players


@pytest.fixture(scope="module")
def base():
    return registry.load().scenario("base")


@pytest.fixture(scope="module")
def among(base):
    return players(base)


@pytest.fixture(scope="module")
def shares(base):
    return allocation.shares(base)


def some(among, places):
    """The game between a few of the players."""
    table = among.table.iloc[places].reset_index(drop=True)
    return Players(among.scenario, table, among.game.only(places))


@pytest.fixture(scope="module")
def dozen(among):
    """The region, Trondheim, five other municipalities, and five offices of all contracts."""
    councils = [1, 3, 20, 28, 45, 66]
    offices = [67, 90, 120, 150, 236]
    return some(among, [0, *councils, *offices])


@pytest.mark.parametrize("rule", RULES)
def test_shares_sum_to_the_total_and_nobody_is_paid_for_joining(shares, among, rule):
    assert shares[rule].sum() == pytest.approx(among.game.total, rel=1e-9)
    assert (shares[rule] > 0).all()


@pytest.mark.parametrize("rule", RULES)
def test_shares_sum_to_the_total_of_a_smaller_group(dozen, rule):
    assert RULES[rule].share(dozen).sum() == pytest.approx(dozen.game.total, rel=1e-9)


@pytest.mark.parametrize("rule", RULES)
def test_a_single_payer_pays_all(among, rule):
    for place in (0, 5, 100):
        alone = some(among, [place])
        assert RULES[rule].share(alone) == pytest.approx([among.game.alone[place]])


@pytest.mark.parametrize("rule", RULES)
def test_players_alike_pay_alike(shares, rule):
    """Offices of one municipality are of one size, so they differ in the name only."""
    offices = shares[shares["group"].str.startswith("gp")]
    spread = offices.groupby(["code", "group"])[rule].agg(np.ptp)
    assert spread.max() < 1e-6


def test_shares_scale_with_the_sum(base, among):
    double = players(base, total=2 * among.game.total)
    for rule in ("shapley", "owen", "scrb", "recorded", "nucleolus"):
        twice, once = RULES[rule].share(double), RULES[rule].share(among)
        assert twice == pytest.approx(2 * once, rel=1e-6), rule


def test_each_proportional_rule_follows_what_it_names(shares, among):
    for rule, weights in (
        ("per_user", among.users),
        ("per_inhabitant", shares["inhabitants"]),
        ("stand_alone", among.game.alone),
        ("equal", np.ones(among.game.n)),
    ):
        ratio = shares[rule] / weights
        assert ratio.max() == pytest.approx(ratio.min())


def test_the_recorded_split_follows_the_grant_of_2019(base, shares):
    part = base.value("financing.grant_share_2019")
    region = shares["group"] == "region"
    assert shares.loc[~region, "recorded"].sum() / shares["recorded"].sum() == pytest.approx(part)
    local = shares[~region]
    price = local["recorded"] / local["users"]
    assert price.max() == pytest.approx(price.min())


def test_shapley_owen_and_nucleolus_agree_with_listing_all_coalitions(dozen):
    """The structured solvers against the 2^12 costs of a game between twelve."""
    costs = dozen.game.vector()
    assert RULES["shapley"].share(dozen) == pytest.approx(games.shapley(costs), rel=1e-8)
    unions = [union for union in dozen.unions if union]
    assert RULES["owen"].share(dozen) == pytest.approx(games.owen(costs, unions), rel=1e-8)
    weighted = games.weighted_shapley(costs, dozen.users)
    assert RULES["weighted_shapley"].share(dozen) == pytest.approx(weighted, rel=1e-7)
    assert games.is_nucleolus(costs, RULES["nucleolus"].share(dozen))


def test_groups_sum_to_the_whole_under_every_rule(base, among):
    frame = allocation.by_group(base)
    assert frame.groupby("rule")["share"].sum().to_numpy() == pytest.approx(np.ones(len(RULES)))
    amounts = frame.groupby("rule")["amount"].sum()
    assert amounts.to_numpy() == pytest.approx(np.full(len(RULES), among.game.total))
    row = frame[(frame["rule"] == "Per user")].iloc[0]
    assert row["per_user"] == pytest.approx(base.value("cost.frame_per_user"))


def test_groups_without_players_have_no_row(base, monkeypatch):
    monkeypatch.delitem(RULES, "nucleolus")  # slow, and no different
    nobody = base.with_changes({"gp.share_pay_self": 1})
    frame = allocation.by_group(nobody)
    assert GROUP_LABELS["gp_salaried"] not in set(frame["group"])
    assert not frame.isna().any(axis=None)
    everyone = base.with_changes({"gp.share_pay_self": 0})
    assert GROUP_LABELS["gp_self"] not in set(allocation.gp_offices(everyone)["group"])
    with pytest.raises(ValueError, match=r"gp.share_pay_self = 0: must leave an office"):
        allocation.gp_owen(everyone)


def test_certificates_agree_with_every_coalition_of_twelve(dozen):
    """The largest complaint x(S) - c(S) over all 2^12 - 2 proper coalitions, one by one."""
    bills = {id: rule.share(dozen) for id, rule in RULES.items()}
    frame = allocation.certificates(dozen, bills).set_index("rule")
    size = 1 << dozen.game.n
    inside = (np.arange(size)[:, None] >> np.arange(dozen.game.n)) & 1 == 1
    costs = dozen.game.costs(inside)
    for id, bill in bills.items():
        complaints = (inside @ bill - costs)[1:-1]
        row = frame.loc[RULES[id].label]
        assert row["complaint"] == pytest.approx(complaints.max(), abs=1e-6), id
        assert row["in_core"] == (complaints.max() < 1e-6), id
        single = inside.sum(axis=1) == 1
        assert row["above_alone"] == ((inside @ bill - costs)[single] > 1e-6).sum(), id
    assert frame["in_core"].any()
    assert not frame["in_core"].all()


def test_shapley_and_nucleolus_lie_in_the_core_and_equal_does_not(base):
    """The game is submodular, so its Shapley value is in the core (Shapley 1971)."""
    frame = allocation.stability(base).set_index("rule")
    for rule in ("shapley", "owen", "weighted_shapley", "aumann_shapley", "nucleolus"):
        assert frame.loc[RULES[rule].label, "in_core"], rule
    assert not frame.loc[RULES["recorded"].label, "in_core"]
    assert frame.loc[RULES["recorded"].label, "aggrieved"].startswith("health region; ")
    assert (frame["complaint"][frame["in_core"]] <= 0).all()
    assert (frame["aggrieved"][frame["in_core"]] == "nobody").all()
    assert (frame["complaint"][~frame["in_core"]] > 0).all()


def test_splitting_an_office_moves_shapley_and_leaves_per_user_alone(base):
    frame = allocation.splitting(base).set_index("rule")
    factor = frame["after"] / frame["before"]
    assert factor[RULES["per_user"].label] == pytest.approx(1)
    assert factor[RULES["aumann_shapley"].label] == pytest.approx(1)
    assert factor[RULES["weighted_shapley"].label] == pytest.approx(1, abs=0.02)
    assert factor[RULES["shapley"].label] > 1.5
    assert 1 < factor[RULES["owen"].label] <= factor[RULES["shapley"].label]


def test_bills_of_municipalities_per_inhabitant(base, shares):
    frame = allocation.municipalities(base)
    assert len(frame) == len(registry.load().municipalities)
    councils = shares[shares["group"] == "municipality"].set_index("code")
    for rule in RULES:
        back = frame[rule] * frame["inhabitants"] / 1e6
        assert back.sum() == pytest.approx(councils[rule].sum())
    assert np.ptp(frame["per_user"]) == pytest.approx(0, abs=1e-6)
    small, large = frame["inhabitants"].idxmin(), frame["inhabitants"].idxmax()
    assert frame.loc[small, "shapley"] > 10 * frame.loc[large, "shapley"]


def test_change_keeps_both_ends_in_order(base):
    frame = allocation.change("owen", "per_user", base, count=5)
    assert len(frame) == 10
    assert frame["change"].is_monotonic_increasing
    assert (frame["after"] - frame["before"]).to_numpy() == pytest.approx(frame["change"])
    back = allocation.change("per_user", "owen", base, count=5)
    assert back["change"].to_numpy() == pytest.approx(-frame["change"].to_numpy()[::-1])
    same = allocation.change("owen", "owen", base)
    assert (same["change"] == 0).all()


def test_change_names_what_is_wrong():
    with pytest.raises(ValueError, match="before = 'fair': must be one of recorded, equal"):
        allocation.change("fair", "owen")
    with pytest.raises(ValueError, match="after = 'fair'"):
        allocation.change("owen", "fair")
    for count in (0, 34):
        with pytest.raises(ValueError, match=f"count = {count}: must be 1 to 33"):
            allocation.change("owen", "per_user", count=count)


def test_sensitivity_holds_both_ends_of_every_assumption_and_sums_to_one(base):
    frame = allocation.sensitivity(base)
    assert frame.groupby("assumption")["end"].nunique().eq(2).all()
    assert frame["assumption"].nunique() == len(allocation.SENSITIVE)
    whole = frame[["region", "municipality", "gp"]].sum(axis=1)
    assert whole.to_numpy() == pytest.approx(np.ones(len(frame)))
    fixed = frame[frame["assumption"] == registry.load().value("allocation.fixed_share").label]
    shapley = fixed[fixed["rule"] == RULES["shapley"].label].set_index("end")["gp"]
    assert shapley["high"] > shapley["low"]  # a cost per organisation falls on the many


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("id", ["allocation.volume_exponent", "allocation.site_share"])
def test_the_nucleolus_is_found_at_the_ends_of_the_ranges(base, id, end):
    moved = players(base.with_changes({id: getattr(registry.load().value(id), end)}))
    part = some(moved, [0, *range(1, 67, 4), *range(67, 237, 8)])
    bill = RULES["nucleolus"].share(part)
    assert games.core_violation(part.game, bill) == pytest.approx(0, abs=1e-6)


def test_findings_agree_with_the_tables(base):
    table = allocation.by_group(base)
    region = table[table["group"] == GROUP_LABELS["region"]].set_index("rule")["share"]
    number = findings.get("allocation.region_share", base)
    assert (number.low, number.high) == pytest.approx((region.min(), region.max()))
    assert number.value == pytest.approx(region[RULES["weighted_shapley"].label])
    gp = findings.get("allocation.gp_per_user", base).value
    users = 1 + base.value("gp.staff_per_gp")
    assert gp == pytest.approx(users * base.value("cost.frame_per_user"))
    in_core = findings.get("allocation.rules_in_core", base).value
    assert in_core == allocation.stability(base)["in_core"].sum()
    assert findings.get("allocation.split_factor", base).value > 1
    payers = 1 + base.value("municipalities.count") + base.value("gp.offices")
    assert findings.get("allocation.payers", base).value == payers


def test_there_are_as_many_rules_as_the_text_says():
    """The chapter speaks of eleven rules, and of ten that are solved again for those left."""
    assert len(RULES) == 11
    assert len(SOLVED) == 10
    assert set(SOLVED) == set(RULES) - {"nucleolus"}


def test_frames_have_no_holes(base):
    for frame in (
        allocation.shares(base),
        allocation.by_group(base),
        allocation.stability(base),
        allocation.gp_offices(base),
        allocation.municipalities(base),
    ):
        assert isinstance(frame, pd.DataFrame)
        assert not frame.isna().any(axis=None)
