"""Core tests, certificates, sharing rules and who stays."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analysis.methods import games
from analysis.methods.games import (
    Additive,
    CostGame,
    Fixed,
    GameError,
    Highest,
    Oracle,
    VolumeDiscount,
    core,
    kernel,
    mask_of,
    subset_sums,
    tariff_brackets,
    tariff_steps,
)

CHECKED = settings(max_examples=80, deadline=None, derandomize=True)
FLAT = np.array([0.0, 300, 270, 410, 280, 410, 410, 550])


def amounts(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high).map(lambda x: round(x, 3))


@st.composite
def games_and_bills(draw: st.DrawFn, concave: bool) -> tuple[CostGame, np.ndarray]:
    n = draw(st.integers(2, 7))

    def each(values: st.SearchStrategy[float]) -> list[float]:
        return draw(st.lists(values, min_size=n, max_size=n))

    users = each(st.integers(0, 12))
    pieces = [
        Fixed(draw(amounts(0, 9))),
        Fixed(draw(amounts(0, 9)), tuple(draw(st.sets(st.integers(0, n - 1), min_size=1)))),
        Additive(each(amounts(-2, 4))),
        Highest(each(st.sampled_from([0.0, 2.0, 5.0]))),
        VolumeDiscount(draw(amounts(0, 3)), draw(st.floats(0.02, 1)), users),
        tariff_brackets(users, [0, 9], [1, 0.25]),
    ]
    if not concave:
        pieces.append(tariff_steps(users, [0, 4, 20], [8, 3, 12]))
    used = draw(st.lists(st.sampled_from(pieces), min_size=1, max_size=4, unique_by=id))
    return CostGame(n, used), np.array(each(amounts(-6, 12)))


@CHECKED
@given(st.sampled_from([True, False]).flatmap(games_and_bills))
def test_structured_core_test_agrees_with_enumeration(case: tuple[CostGame, np.ndarray]) -> None:
    """Also for bills that do not add up, where the empty and the full coalition tempt."""
    game, x = case
    v = game.vector()
    complaint = (subset_sums(x) - v)[1:-1]
    found = games.core_violation(game, x)
    assert found.complaint == pytest.approx(complaint.max(), abs=1e-8)
    assert complaint[mask_of(found.coalition) - 1] == pytest.approx(found.complaint, abs=1e-8)
    assert float(found) == pytest.approx(float(games.core_violation(v, x)), abs=1e-8)


def test_most_aggrieved_coalition_is_named() -> None:
    found = games.core_violation(FLAT, [200, 200, 150])
    assert found.complaint == pytest.approx(-10)
    assert float(found) == 0
    found = games.core_violation(FLAT, [250, 250, 50])
    assert found.coalition == (0, 1)
    assert found == pytest.approx(90)
    as_savings = games.core_violation(
        subset_sums(np.array([300.0, 270, 280])) - FLAT, [50, 20, 230], kind="value"
    )
    assert as_savings.coalition == (0, 1)
    assert as_savings == pytest.approx(90)


def test_sharing_too_little_or_too_much_is_no_core_allocation() -> None:
    assert games.core_violation(FLAT, [180, 180, 180]) == pytest.approx(10)
    assert games.core_violation(FLAT, [180, 180, 180]).gap == pytest.approx(-10)
    assert games.core_violation(FLAT, [190, 190, 180]).gap == pytest.approx(10)
    assert games.core_violation([0, 5], [6]) == pytest.approx(1)


def test_violation_survives_copying() -> None:
    found = pickle.loads(pickle.dumps(games.core_violation(FLAT, [250, 250, 50])))
    assert (float(found), found.coalition, found.complaint) == (90, (0, 1), 90)
    assert "coalition=(0, 1)" in str(found)


@CHECKED
@given(games_and_bills(concave=True))
def test_concave_costs_have_a_core_that_holds_shapley_and_nucleolus(
    case: tuple[CostGame, np.ndarray],
) -> None:
    """Shapley (1971): convex games."""
    game, _ = case
    for share in (games.shapley(game), kernel.nucleolus(game)):
        assert games.core_violation(game, share) <= 1e-8
    assert not games.least_core(game).core_is_empty


@CHECKED
@given(games_and_bills(concave=True))
def test_balancing_pairs_gives_the_nucleolus(case: tuple[CostGame, np.ndarray]) -> None:
    game, _ = case
    expected = games.nucleolus(game.vector())
    assert kernel.nucleolus(game) == pytest.approx(expected, abs=1e-7)


def test_a_platform_that_costs_nothing() -> None:
    game = CostGame(14, [Fixed(0.0), VolumeDiscount(0.0, 0.5, np.arange(14.0))])
    assert games.nucleolus(game) == pytest.approx(np.zeros(14))
    assert games.shapley(game) == pytest.approx(np.zeros(14))
    assert float(games.core_violation(game, np.zeros(14))) == 0
    assert not games.least_core(game).core_is_empty


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.sampled_from([True, False]).flatmap(games_and_bills))
def test_least_core_by_constraint_generation(case: tuple[CostGame, np.ndarray]) -> None:
    game, _ = case
    ours, full = core.least_core(game), games.least_core(game.vector())
    assert ours.epsilon == pytest.approx(full.epsilon, abs=1e-6)
    assert games.core_violation(game, ours.allocation).complaint <= ours.epsilon + 1e-6
    weight = np.zeros(game.n)
    for coalition, w in zip(ours.coalitions, ours.weights, strict=True):
        weight[list(coalition)] += w
    assert weight == pytest.approx(np.ones(game.n), abs=1e-6)


def test_nucleolus_of_dozens_lies_in_the_least_core() -> None:
    """Two independent methods: balanced pairs, and a linear programme with added rows."""
    rng = np.random.default_rng(4)
    users = np.concatenate([[900], rng.integers(3, 60, 39)])
    game = CostGame(
        40,
        [
            Fixed(60.0),
            Additive(rng.integers(1, 4, 40)),
            Highest(np.where(users > 30, 20.0, 5.0)),
            VolumeDiscount(2.0, 0.7, users),
        ],
    )
    x = games.nucleolus(game)
    least = games.least_core(game)
    assert games.core_violation(game, x).complaint == pytest.approx(least.epsilon, rel=1e-6)
    assert least.epsilon < 0
    twins = np.flatnonzero((users == users[5]) & (game.alone == game.alone[5]))
    assert x[twins] == pytest.approx(x[5])


def test_an_empty_core_of_pieces_is_proved() -> None:
    """Licences for 10 users each at 10: three players of 5 users need two, any pair only one."""
    game = CostGame(3, [tariff_steps([5, 5, 5], [0, 10], [10, 20])])
    least = core.least_core(game)
    assert least.core_is_empty
    assert least.epsilon == pytest.approx(10 / 3)
    bound = sum(w * game.cost(s) for s, w in zip(least.coalitions, least.weights, strict=True))
    assert bound < game.total
    assert not Oracle(game).concave
    with pytest.raises(GameError, match="not concave"):
        kernel.nucleolus(game)


def test_the_oracle_says_what_it_cannot_do() -> None:
    two_kinds = [VolumeDiscount(1.0, 0.5, [1, 2]), VolumeDiscount(1.0, 0.5, [2, 1])]
    with pytest.raises(GameError, match="one users vector"):
        Oracle(CostGame(2, two_kinds))
    with pytest.raises(GameError, match="at least 2"):
        Oracle(CostGame(1, []))
    rng = np.random.default_rng(0)
    with pytest.raises(GameError, match="levels; allowed are 4096"):
        Oracle(CostGame(30, [Highest(rng.permutation(30.0 + np.arange(30))) for _ in range(4)]))


def test_certificate_names_who_objects() -> None:
    report = games.certify(FLAT, [340, 140, 70], players=["Ada", "Bo", "Cy"])
    assert report.efficient
    assert not report.individually_rational
    assert not report.passes_stand_alone
    assert report.stand_alone == pytest.approx([40, -130, -210])
    assert not report.passes_incremental  # Cy pays less than the 140 it adds
    assert report.incremental == pytest.approx([-200, 0, 70])
    assert not report.in_core
    text = str(report)
    assert "efficiency: holds" in text
    assert "stand-alone: fails, Ada, most by 40" in text
    assert "incremental: fails, Cy, most by 70" in text
    assert "core: fails, Ada, Bo would gain 70" in text


def test_certificate_of_a_good_allocation() -> None:
    report = games.certify(FLAT, games.nucleolus(FLAT))
    assert report.efficient
    assert report.individually_rational
    assert report.passes_stand_alone
    assert report.passes_incremental
    assert report.in_core
    assert "fails" not in str(report)
    assert not games.certify(FLAT, [100, 100, 100]).efficient


def test_an_outside_option_can_bind_where_going_alone_does_not() -> None:
    x = games.nucleolus(FLAT)
    report = games.certify(FLAT, x, outside=[300, 150, 280])
    assert report.passes_stand_alone
    assert not report.individually_rational
    assert report.individual[1] == pytest.approx(x[1] - 150)


@CHECKED
@given(hnp.arrays(np.float64, 16, elements=st.floats(-50, 50).map(lambda x: round(x, 1))))
def test_certificate_turns_round_with_kind(v: np.ndarray) -> None:
    v[0] = 0
    x = games.equal(v)
    cost, value = games.certify(v, x), games.certify(-v, -x, kind="value")
    assert cost.stand_alone == pytest.approx(value.stand_alone)
    assert cost.incremental == pytest.approx(value.incremental)
    assert cost.core == pytest.approx(value.core)


def test_simple_rules() -> None:
    assert games.equal(FLAT) == pytest.approx([550 / 3] * 3)
    assert games.per_capita(FLAT, [1, 2, 2]) == pytest.approx([110, 220, 220])
    assert games.per_user(FLAT, [0, 1, 1], own=[50, 0, 100]) == pytest.approx([50, 200, 300])
    assert games.proportional(FLAT) == pytest.approx(550 * np.array([300, 270, 280]) / 850)


@CHECKED
@given(games_and_bills(concave=False))
def test_simple_rules_read_both_kinds_of_game(case: tuple[CostGame, np.ndarray]) -> None:
    game, _ = case
    v = game.vector()
    for rule in (games.equal, games.scrb, games.proportional):
        try:
            expected = rule(v)
        except GameError:
            with pytest.raises(GameError):
                rule(game)
            continue
        assert rule(game) == pytest.approx(expected, rel=1e-6, abs=1e-6)
        assert expected.sum() == pytest.approx(v[-1], abs=1e-6)


def test_rules_refuse_what_they_cannot_share() -> None:
    with pytest.raises(GameError, match="weights are all 0"):
        games.per_user(FLAT, [0, 0, 0])
    with pytest.raises(GameError, match=r"weights\[1\] is -1"):
        games.per_user(FLAT, [1, -1, 3])
    with pytest.raises(GameError, match="sum to 0"):
        games.proportional([0, 0, 0, 5])
    with pytest.raises(GameError, match="the rule does not say"):
        games.scrb([0, 0, 0, 0, 0, 0, 0, 5.0] - np.array([0, 0, 0, -5, 0, -5, -5, 0.0]) * 1)
    with pytest.raises(GameError, match="allocation has shape"):
        games.core_violation(FLAT, [1, 2])
    with pytest.raises(GameError, match=r"allocation\[1\] is nan"):
        games.core_violation(FLAT, [1, np.nan, 2])
    with pytest.raises(GameError, match="players has 2 names"):
        games.certify(FLAT, [1, 2, 3], players=["a", "b"])
    with pytest.raises(GameError, match="outside"):
        games.certify(FLAT, [1, 2, 3], outside=[1, 2])


def test_equal_split_unravels_where_shapley_holds() -> None:
    """A small office pays for a large neighbour's users under an equal split, and leaves."""
    game = CostGame(["hospital", "town", "office"], [Fixed(30.0), Additive([60.0, 15.0, 5.0])])
    outside = [100.0, 40.0, 20.0]
    equal = games.who_stays(game, lambda part, _: games.equal(part), outside)
    assert equal.unravels
    assert equal.rounds == ((2,), (1,))
    assert equal.members == (0,)
    assert equal.bills == pytest.approx([90])
    shapley = games.who_stays(game, lambda part, _: games.shapley(part), outside)
    assert not shapley.unravels
    assert shapley.members == (0, 1, 2)


def test_only_the_free_may_leave() -> None:
    game = CostGame(3, [Fixed(30.0)])
    result = games.who_stays(game, lambda part, _: games.equal(part), [1.0, 1.0, 1.0], free=[2])
    assert result.members == (0, 1)
    assert result.bills == pytest.approx([15, 15])
    assert games.who_stays(game, lambda part, _: games.equal(part), np.zeros(3)).members == ()
    with pytest.raises(GameError, match="free names player 3"):
        games.who_stays(game, lambda part, _: games.equal(part), np.zeros(3), free=[3])


@CHECKED
@given(games_and_bills(concave=True), st.data())
def test_shapley_keeps_the_largest_coalition_that_wants_to_stay(
    case: tuple[CostGame, np.ndarray], data: st.DataObject
) -> None:
    """Moulin and Shenker (2001): every other coalition in which all want to stay is inside."""
    game, _ = case
    outside = game.alone * data.draw(st.floats(0.2, 1.1))
    stayed = games.who_stays(game, lambda part, _: games.shapley(part), outside)
    for mask in range(1, 1 << game.n):
        some = [i for i in range(game.n) if mask >> i & 1]
        if np.all(games.shapley(game.only(some)) <= outside[some] - 1e-7):
            assert set(some) <= set(stayed.members)
