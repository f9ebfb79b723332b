"""Nucleolus and least core: Kohlberg's test, degenerate games, another library, proofs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analysis.methods import games
from analysis.methods.games import EmptyImputationSet, subset_sums

CHECKED = settings(max_examples=60, deadline=None, derandomize=True)
# small whole numbers make ties, and so degenerate programmes, the rule
TIED = st.integers(-3, 5).map(float)
FREE = st.floats(-100, 100).map(lambda x: round(x, 2))
VARIANTS = [
    (games.nucleolus, {}),
    (games.prenucleolus, {"imputations": False}),
    (games.per_capita_nucleolus, {"per_capita": True}),
    (games.per_capita_prenucleolus, {"per_capita": True, "imputations": False}),
]


@st.composite
def random_games(draw: st.DrawFn, least: int = 1, most: int = 5) -> np.ndarray:
    n = draw(st.integers(least, most))
    v = draw(hnp.arrays(np.float64, 1 << n, elements=draw(st.sampled_from([TIED, FREE]))))
    v[0] = 0
    return v


def players(v: np.ndarray) -> int:
    return v.size.bit_length() - 1


def alone(v: np.ndarray) -> np.ndarray:
    return v[1 << np.arange(players(v))]


@pytest.mark.parametrize(("solution", "test"), VARIANTS)
@CHECKED
@given(v=random_games(), kind=st.sampled_from(["cost", "value"]))
def test_every_variant_passes_kohlbergs_test(solution, test, v, kind) -> None:
    if test.get("imputations", True):
        slack = alone(v).sum() - v[-1]
        assume(slack >= 0 if kind == "cost" else slack <= 0)
    x = solution(v, kind=kind)
    assert x.sum() == pytest.approx(v[-1], abs=1e-8)
    assert games.is_nucleolus(v, x, kind=kind, **test)


@pytest.mark.parametrize("n", [7, 9])
@pytest.mark.parametrize("high", [2, 4, 1000])
def test_larger_games_pass_kohlbergs_test(n: int, high: int) -> None:
    v = np.random.default_rng(n * high).integers(0, high, 1 << n).astype(float)
    v[0] = 0
    assert games.is_nucleolus(v, games.prenucleolus(v), imputations=False)


@CHECKED
@given(random_games(least=2), st.data())
def test_kohlbergs_test_rejects_any_other_allocation(v: np.ndarray, data: st.DataObject) -> None:
    n = players(v)
    shift = data.draw(hnp.arrays(np.float64, n, elements=st.integers(-4, 4).map(float)))
    shift -= shift.mean()
    assume(np.abs(shift).max() > 0.1)
    assert not games.is_nucleolus(v, games.prenucleolus(v) + shift, imputations=False)
    assert not games.is_nucleolus(v, games.prenucleolus(v) + 1, imputations=False)


@CHECKED
@given(random_games(least=2))
def test_reading_a_cost_game_as_losses_gives_the_same(c: np.ndarray) -> None:
    assert games.prenucleolus(c) == pytest.approx(-games.prenucleolus(-c, kind="value"), abs=1e-8)


@CHECKED
@given(random_games(least=2), st.data())
def test_prenucleolus_is_covariant(v: np.ndarray, data: st.DataObject) -> None:
    """Own costs on top, and another currency, change the shares accordingly."""
    n = players(v)
    own = data.draw(hnp.arrays(np.float64, n, elements=st.integers(-50, 50).map(float)))
    changed = 3 * v + subset_sums(own)
    assert games.prenucleolus(changed) == pytest.approx(3 * games.prenucleolus(v) + own, abs=1e-7)


@CHECKED
@given(random_games(least=2), st.data())
def test_prenucleolus_is_symmetric(v: np.ndarray, data: st.DataObject) -> None:
    n = players(v)
    renamed = data.draw(st.permutations(range(n)))
    w = np.zeros_like(v)
    for mask in range(1 << n):
        w[sum(1 << renamed[i] for i in range(n) if mask >> i & 1)] = v[mask]
    assert games.prenucleolus(w)[list(renamed)] == pytest.approx(games.prenucleolus(v), abs=1e-7)


@CHECKED
@given(random_games(least=2), st.floats(-50, 50))
def test_per_capita_shares_a_change_of_the_total_equally(v: np.ndarray, change: float) -> None:
    """Young, Okada and Hashimoto (1982): it is monotonic in the total; the nucleolus is not."""
    changed = v.copy()
    changed[-1] += change
    expected = games.per_capita_prenucleolus(v) + change / players(v)
    assert games.per_capita_prenucleolus(changed) == pytest.approx(expected, abs=1e-7)


@CHECKED
@given(random_games(least=2))
def test_nucleolus_suits_every_single_player_or_says_why_not(c: np.ndarray) -> None:
    if alone(c).sum() < c[-1] - 1e-9:
        with pytest.raises(EmptyImputationSet, match="no allocation suits every player"):
            games.nucleolus(c)
    else:
        assert np.all(games.nucleolus(c) <= alone(c) + 1e-8)


def test_one_imputation_only() -> None:
    """Nothing to gain in all: everyone pays its own cost, whatever smaller groups could save."""
    c = np.array([0, 3, 5, 1, 4, 2, 2, 12.0])
    for solution in (games.nucleolus, games.per_capita_nucleolus):
        assert solution(c) == pytest.approx([3, 5, 4])


def test_one_player_and_two_players() -> None:
    assert games.nucleolus([0, 7]) == pytest.approx([7])
    assert games.prenucleolus([0, -7]) == pytest.approx([-7])
    assert games.nucleolus([0, 10, 6, 12]) == pytest.approx([8, 4])  # the saving of 4 is halved


def test_settled_coalitions_need_a_positive_multiplier() -> None:
    """Fixing every coalition that is tight in one solution of the first programme goes wrong.

    The first level only splits 8 into 4 and 4; at the corners of that face other
    coalitions (such as a single player with 0) are tight by accident and must stay free.
    """
    v = np.zeros(16)
    v[0b0011], v[0b1100], v[0b0101], v[0b1111] = 4, 4, 3, 8
    x = games.prenucleolus(v, kind="value")
    assert x == pytest.approx([7 / 3, 5 / 3, 7 / 3, 5 / 3])
    assert games.is_nucleolus(v, x, kind="value")


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_the_unit_does_not_matter(scale: float) -> None:
    v = np.random.default_rng(5).integers(0, 4, 64).astype(float)
    v[0] = 0
    assert games.prenucleolus(v * scale) / scale == pytest.approx(games.prenucleolus(v), abs=1e-8)


def test_large_own_costs_do_not_drown_the_savings() -> None:
    v = np.random.default_rng(6).integers(0, 4, 64).astype(float)
    v[0] = 0
    own = np.array([1e9, 3e8, 7e8, 1e9, 2e9, 5e8])
    x = games.prenucleolus(v + subset_sums(own))
    assert x - own == pytest.approx(games.prenucleolus(v), abs=1e-5)


@CHECKED
@given(random_games(least=2), st.sampled_from(["cost", "value"]))
def test_least_core_is_proved(v: np.ndarray, kind: str) -> None:
    n = players(v)
    result = games.least_core(v, kind=kind)
    sign = 1 if kind == "cost" else -1
    complaint = sign * (subset_sums(result.allocation) - v)[1:-1]
    assert complaint.max() == pytest.approx(result.epsilon, abs=1e-7)
    # the collection is balanced: each player is in coalitions of total weight 1
    weight = np.zeros(n)
    bound = 0.0
    for coalition, w in zip(result.coalitions, result.weights, strict=True):
        assert w > 0
        weight[list(coalition)] += w
        bound += w * v[games.mask_of(coalition)]
    assert weight == pytest.approx(np.ones(n))
    # so its complaints sum to a known amount, and the largest is at least their mean
    assert sign * (v[-1] - bound) / sum(result.weights) == pytest.approx(result.epsilon, abs=1e-7)
    assert result.core_is_empty == (result.epsilon > 1e-7)


@CHECKED
@given(random_games(least=2))
def test_prenucleolus_is_in_the_least_core(v: np.ndarray) -> None:
    worst = games.core_violation(v, games.prenucleolus(v)).complaint
    assert worst == pytest.approx(games.least_core(v).epsilon, abs=1e-7)


def test_an_empty_core_is_stated_with_its_proof() -> None:
    """Three players, any two of whom can save everything (Bondareva 1963)."""
    c = np.array([0, 1, 1, 1, 1, 1, 1, 2.0])
    result = games.least_core(c)
    assert result.core_is_empty
    assert result.epsilon == pytest.approx(1 / 3)
    assert sorted(result.coalitions) == [(0, 1), (0, 2), (1, 2)]
    assert result.weights == pytest.approx([0.5] * 3)
    assert "the core is empty" in str(result)
    assert "0.5 x [0, 1]" in str(result)


def test_an_additive_game_has_a_core_in_spite_of_rounding() -> None:
    own = np.array([0.1, 0.2, 0.3, 0.7])
    result = games.least_core(subset_sums(own))
    assert not result.core_is_empty
    assert result.allocation == pytest.approx(own)
    assert games.nucleolus(subset_sums(own)) == pytest.approx(own)


@pytest.mark.peer
@pytest.mark.parametrize("n", [2, 3, 5, 8, 10])
@pytest.mark.parametrize("high", [3, 1000])
def test_nucleoli_agree_with_coopgame(n: int, high: int) -> None:
    coopgame = pytest.importorskip("coopgame")
    v = np.random.default_rng(high + n).integers(0, high, 1 << n).astype(float)
    v[0] = 0
    v[-1] = max(v[-1], alone(v).sum() + 1)
    game = coopgame.Game(v[1:])
    for ours, theirs in (
        (games.nucleolus, coopgame.nucleolus(game)),
        (games.prenucleolus, coopgame.prenucleolus(game)),
        (games.per_capita_nucleolus, coopgame.per_capita_nucleolus(game)),
    ):
        assert ours(v, kind="value") == pytest.approx(theirs["allocation"], abs=1e-7 * high)
