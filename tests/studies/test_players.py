"""The players: who they are, and the cost game between them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import registry
from analysis.model import layout as at
from analysis.registry import ScenarioError
from analysis.studies.appraisal import evaluate
from analysis.studies.players import (
    GROUPS,
    doctors,
    largest_remainder,
    offices,
    players,
)


@pytest.fixture(scope="module")
def base():
    return registry.load().scenario("base")


@pytest.fixture(scope="module")
def among(base):
    return players(base)


@given(
    st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=30),
    st.integers(0, 300),
    st.integers(0, 3),
)
def test_seats_are_all_given_out_and_everyone_has_the_least(weights, spare, least):
    weights = np.array(weights)
    seats = spare + least * len(weights)
    given_out = largest_remainder(weights, seats, least)
    assert given_out.sum() == seats
    assert (given_out >= least).all()


@given(st.lists(st.floats(1e-2, 1e4), min_size=1, max_size=30), st.integers(0, 300))
def test_seats_are_the_quota_rounded_up_or_down(weights, seats):
    """The quota rule of Hamilton's method, where no least binds."""
    weights = np.array(weights)
    quota = weights / weights.sum() * seats
    assert (np.abs(largest_remainder(weights, seats, least=0) - quota) < 1 + 1e-6).all()


@given(st.sets(st.integers(1, 10_000), min_size=2, max_size=20), st.integers(20, 300))
def test_more_weight_never_means_fewer_seats(weights, seats):
    weights = np.array(sorted(weights), dtype=float)
    assert (np.diff(largest_remainder(weights, seats, least=1)) >= 0).all()


def test_whole_quotas_come_out_exactly():
    assert largest_remainder(np.array([1.0, 2.0, 3.0]), 12).tolist() == [2, 4, 6]
    assert largest_remainder(np.full(7, 0.1), 7).tolist() == [1] * 7


def test_who_falls_short_gets_the_least_and_the_rest_share_in_proportion():
    # The first gets 1 of 10; nine seats for 30 : 60 are three and six.
    assert largest_remainder(np.array([0.1, 30.0, 60.0]), 10).tolist() == [1, 3, 6]


@pytest.mark.parametrize(
    ("weights", "seats", "least", "words"),
    [
        ([1.0, -2.0], 5, 1, r"weights\[1\] = -2.0"),
        ([1.0, 0.0], 5, 1, r"weights\[1\] = 0.0"),
        ([np.nan, 1.0], 5, 1, r"weights\[0\] = nan"),
        ([], 5, 1, "weights is empty"),
        ([1.0, 1.0], 1, 1, "seats = 1: must be at least 2"),
        ([1.0, 1.0], 1, -1, "least = -1: must be 0 or more"),
    ],
)
def test_bad_seats_are_refused_by_name(weights, seats, least, words):
    with pytest.raises(ValueError, match=words):
        largest_remainder(np.array(weights), seats, least)


def test_one_region_every_municipality_and_every_office(base, among):
    counts = among.table["group"].str.split("_").str[0].value_counts()
    assert counts["region"] == 1
    assert counts["municipality"] == len(registry.load().municipalities)
    assert counts["gp"] == base.value("gp.offices")
    assert set(among.table["group"]) == set(GROUPS)
    assert among.table["name"].is_unique


def test_every_municipality_has_an_office(base):
    assert set(offices(base)["code"]) == set(registry.load().municipalities.index)


def test_doctors_add_up_to_those_of_the_region_and_are_denser_where_few_live(base):
    found = doctors(base)
    people = registry.load().municipalities["pop_2021"]
    assert found.sum() == pytest.approx(base.value("gp.region_count"))
    assert (found / people)["5043"] > (found / people)["5001"]  # Røyrvik, Trondheim
    assert offices(base)["gps"].sum() == pytest.approx(base.value("gp.region_count"))


@pytest.mark.parametrize(("paying", "salaried"), [(0.5, 0.32), (0.84, 0.8), (0.4, 0.2)])
def test_contracts_have_their_shares_to_the_nearest_office(base, paying, salaried):
    changes = {"gp.share_pay_self": paying, "gp.salaried_among_others": salaried}
    frame = offices(base.with_changes(changes))
    part = frame.groupby("group")["gps"].sum() / frame["gps"].sum()
    office = frame["gps"].max() / frame["gps"].sum()
    assert part["gp_self"] == pytest.approx(paying, abs=office)
    assert part["gp_salaried"] == pytest.approx((1 - paying) * salaried, abs=office)
    people = frame["code"].map(registry.load().municipalities["pop_2021"])
    salaried_sizes = people[frame["group"] == "gp_salaried"]
    assert salaried_sizes.max() <= people[frame["group"] == "gp_self"].min()


def test_users_are_those_of_the_model(base, among):
    """Planned users, and the same split as in the appraisal: GPs first, then the hospital share."""
    users = among.table.groupby("group")["users"].sum()
    assert users.sum() == pytest.approx(base.value("users.planned"))
    rest = base.value("users.planned") - users.filter(like="gp").sum()
    assert users["region"] == pytest.approx(base.value("model.hospital_user_share") * rest)
    model = evaluate(base).vector[at.USERS : at.USERS + at.SEGMENTS]
    assert users["region"] == pytest.approx(model[at.HOSPITAL])
    assert users["municipality"] == pytest.approx(model[at.MUNICIPAL])


def test_each_level_serves_everybody_once(among):
    level = among.table["group"].str.split("_").str[0]
    served = among.table.groupby(level)["inhabitants"].sum()
    assert served.to_numpy() == pytest.approx([registry.load()["region.population_2021"]] * 3)


def test_the_game_costs_the_frame_in_four_recorded_parts(base, among):
    assert among.game.total == pytest.approx(base.value("cost.frame_article") * 1000)
    everybody = np.ones((1, among.game.n), dtype=bool)
    parts = [float(piece.costs(everybody)[0]) / among.game.total for piece in among.game.pieces]
    names = ("fixed_share", "volume_share", "site_share", "level_share")
    assert parts == pytest.approx([base.value(f"allocation.{name}") for name in names])


def test_a_larger_group_costs_more_in_all_but_less_for_who_joins(among):
    """The game is submodular, so that the core is not empty."""
    rng = np.random.default_rng(5)
    for _ in range(50):
        larger = rng.random(among.game.n) < 0.6
        smaller = larger & (rng.random(among.game.n) < 0.5)
        joins = int(rng.integers(among.game.n))
        larger[joins] = smaller[joins] = False
        rows = np.array([smaller, larger, smaller, larger])
        rows[2:, joins] = True
        few, many, few_more, many_more = among.game.costs(rows)
        assert few <= many + 1e-9
        assert many_more - many <= few_more - few + 1e-9


def test_another_sum_scales_the_game(base, among):
    half = players(base, total=among.game.total / 2)
    assert half.game.alone * 2 == pytest.approx(among.game.alone)


def test_where_names_the_groups_that_there_are(among):
    assert among.where("region").tolist() == [0]
    with pytest.raises(ValueError, match="group = 'gp': must be one of region, municipality"):
        among.where("gp")


@pytest.mark.parametrize("total", [0.0, -1.0, np.nan, np.inf])
def test_a_sum_that_cannot_be_shared_is_refused(base, total):
    with pytest.raises(ValueError, match=r"total = .* must be positive"):
        players(base, total=total)


def test_parts_beyond_the_whole_are_refused(base):
    changes = {"allocation.fixed_share": 0.6, "allocation.volume_share": 0.6}
    with pytest.raises((ValueError, ScenarioError), match="1"):
        players(base.with_changes(changes))
