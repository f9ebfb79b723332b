"""Shapley, weighted Shapley and Owen values: axioms, brute force, another library."""

from __future__ import annotations

from itertools import permutations, product
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from analysis.methods import games
from analysis.methods.games import GameError

CHECKED = settings(max_examples=60, deadline=None, derandomize=True)
NUMBERS = st.floats(-1000, 1000, allow_nan=False).map(lambda x: round(x, 3))


@st.composite
def random_games(draw: st.DrawFn, least: int = 1, most: int = 6) -> np.ndarray:
    n = draw(st.integers(least, most))
    v = draw(hnp.arrays(np.float64, 1 << n, elements=NUMBERS))
    v[0] = 0
    return v


def players(v: np.ndarray) -> int:
    return v.size.bit_length() - 1


def over_orders(v: np.ndarray, chances: dict[tuple[int, ...], float]) -> np.ndarray:
    """Expected marginal contributions over orders of arrival, by their definition."""
    phi = np.zeros(players(v))
    for order, chance in chances.items():
        mask = 0
        for i in order:
            phi[i] += chance * (v[mask | 1 << i] - v[mask])
            mask |= 1 << i
    return phi


def all_orders(n: int) -> dict[tuple[int, ...], float]:
    return dict.fromkeys(permutations(range(n)), 1 / factorial(n))


@CHECKED
@given(random_games())
def test_shapley_is_the_average_over_all_orders(v: np.ndarray) -> None:
    assert games.shapley(v) == pytest.approx(over_orders(v, all_orders(players(v))), abs=1e-8)


@pytest.mark.parametrize("n", [1, 9, 12, 13, 16])
def test_shapley_agrees_with_its_formula_across_row_sizes(n: int) -> None:
    v = np.random.default_rng(n).normal(size=1 << n)
    v[0] = 0
    masks = np.arange(1 << n)
    size = np.array([int(m).bit_count() for m in masks])
    weight = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) for s in range(n)])
    expected = []
    for i in range(n):
        without = masks[masks >> i & 1 == 0]
        expected.append(weight[size[without]] @ (v[without | 1 << i] - v[without]))
    assert games.shapley(v) == pytest.approx(expected, abs=1e-12)


@CHECKED
@given(random_games(least=2))
def test_shapley_is_efficient_and_blind_to_kind(v: np.ndarray) -> None:
    cost = games.shapley(v)
    assert cost.sum() == pytest.approx(v[-1], abs=1e-8)
    assert np.array_equal(cost, games.shapley(v, kind="value"))


@CHECKED
@given(random_games(least=2), st.data())
def test_shapley_is_symmetric(v: np.ndarray, data: st.DataObject) -> None:
    """Renaming the players renames the shares."""
    n = players(v)
    renamed = data.draw(st.permutations(range(n)))
    w = np.zeros_like(v)
    for mask in range(1 << n):
        w[sum(1 << renamed[i] for i in range(n) if mask >> i & 1)] = v[mask]
    assert games.shapley(w)[list(renamed)] == pytest.approx(games.shapley(v), abs=1e-8)


@CHECKED
@given(random_games(most=5), NUMBERS)
def test_a_dummy_pays_what_it_costs_alone(v: np.ndarray, own: float) -> None:
    wider = np.concatenate([v, v + own])
    n = players(v)
    unions = [[0], list(range(1, n + 1))]
    for share in (
        games.shapley(wider),
        games.owen(wider, unions),
        games.weighted_shapley(wider, np.arange(1.0, n + 2)),
        games.prenucleolus(wider),
    ):
        assert share[-1] == pytest.approx(own, abs=1e-7)
    assert games.shapley(wider)[:-1] == pytest.approx(games.shapley(v), abs=1e-8)


@CHECKED
@given(st.data())
def test_the_values_are_additive(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 5))
    v, w = (data.draw(random_games(n, n)) for _ in range(2))
    weights = np.arange(1.0, n + 1)
    unions = [[0], list(range(1, n))]
    for value in (
        games.shapley,
        lambda g: games.weighted_shapley(g, weights),
        lambda g: games.owen(g, unions),
    ):
        assert value(v + w) == pytest.approx(value(v) + value(w), abs=1e-7)


@CHECKED
@given(random_games(least=2), st.data())
def test_shapley_is_strongly_monotonic(v: np.ndarray, data: st.DataObject) -> None:
    """Young (1985): a player whose contributions all rise does not get less."""
    n = players(v)
    i = data.draw(st.integers(0, n - 1))
    holds = np.arange(1 << n) >> i & 1 == 1
    rise = data.draw(hnp.arrays(np.float64, 1 << n, elements=st.floats(0, 100)))
    raised = v + np.where(holds, rise, 0.0)
    assert games.shapley(raised)[i] >= games.shapley(v)[i] - 1e-8


@CHECKED
@given(random_games(least=2, most=5), st.data())
def test_weighted_shapley_draws_the_order_by_weight(v: np.ndarray, data: st.DataObject) -> None:
    """Kalai and Samet (1987): for costs the first is drawn by weight, for values the last."""
    n = players(v)
    w = data.draw(hnp.arrays(np.float64, n, elements=st.floats(0.05, 20)))
    chances = {}
    for order in permutations(range(n)):
        chance = 1.0
        for k in range(n):
            chance *= w[order[k]] / w[list(order[k:])].sum()
        chances[order] = chance
    backwards = {order[::-1]: chance for order, chance in chances.items()}
    assert games.weighted_shapley(v, w) == pytest.approx(over_orders(v, chances), abs=1e-7)
    assert games.weighted_shapley(v, w, kind="value") == pytest.approx(
        over_orders(v, backwards), abs=1e-7
    )


def test_weights_share_a_joint_cost_and_a_joint_gain() -> None:
    weights = np.array([1.0, 2, 5])
    anyone = np.array([0, 8, 8, 8, 8, 8, 8, 8.0])
    everyone = np.array([0, 0, 0, 0, 0, 0, 0, 8.0])
    assert games.weighted_shapley(anyone, weights) == pytest.approx([1, 2, 5])
    assert games.weighted_shapley(everyone, weights, kind="value") == pytest.approx([1, 2, 5])


@CHECKED
@given(random_games(least=2))
def test_equal_weights_and_trivial_unions_give_shapley(v: np.ndarray) -> None:
    n = players(v)
    shapley = pytest.approx(games.shapley(v), abs=1e-8)
    assert games.weighted_shapley(v, np.full(n, 3.0)) == shapley
    assert games.owen(v, [[i] for i in range(n)]) == shapley
    assert games.owen(v, [range(n)]) == shapley


@CHECKED
@given(random_games(least=3, most=5), st.data())
def test_owen_averages_over_orders_that_keep_unions_together(
    v: np.ndarray, data: st.DataObject
) -> None:
    n = players(v)
    label = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    unions = [[i for i in range(n) if label[i] == k] for k in sorted(set(label))]
    orders = [
        sum(inside, ())
        for outer in permutations(unions)
        for inside in product(*(permutations(union) for union in outer))
    ]
    expected = over_orders(v, dict.fromkeys(orders, 1 / len(orders)))
    assert games.owen(v, unions) == pytest.approx(expected, abs=1e-8)


@CHECKED
@given(random_games(least=3), st.data())
def test_unions_get_what_the_quotient_game_gives_them(v: np.ndarray, data: st.DataObject) -> None:
    """Owen (1977): the unions' totals are the Shapley value of the game between unions."""
    n = players(v)
    label = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    unions = [[i for i in range(n) if label[i] == k] for k in sorted(set(label))]
    masks = [sum(1 << i for i in union) for union in unions]
    quotient = np.array(
        [
            v[sum(mask for k, mask in enumerate(masks) if outer >> k & 1)]
            for outer in range(1 << len(unions))
        ]
    )
    totals = [games.owen(v, unions)[union].sum() for union in unions]
    assert totals == pytest.approx(games.shapley(quotient), abs=1e-7)


@pytest.mark.peer
@pytest.mark.parametrize("n", [2, 5, 9, 13])
def test_values_agree_with_coopgame(n: int) -> None:
    coopgame = pytest.importorskip("coopgame")
    v = np.random.default_rng(n).normal(size=1 << n)
    v[0] = 0
    game = coopgame.Game(v[1:])
    assert games.shapley(v) == pytest.approx(coopgame.shapley(game), abs=1e-12)
    unions = [list(range(0, n, 2)), list(range(1, n, 2))]
    assert games.owen(v, unions) == pytest.approx(coopgame.owen(game, unions), abs=1e-12)


class Table:
    """A game as shapley-numba wants it: plain Python, not compiled here."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def value(self, subset: np.ndarray) -> float:
        return float(self.values[sum(1 << i for i in range(subset.size) if subset[i])])


@pytest.mark.peer
def test_shapley_agrees_with_shapley_numba() -> None:
    peer = pytest.importorskip("shapley_numba.shapley")
    v = np.random.default_rng(3).normal(size=1 << 8)
    v[0] = 0
    assert games.shapley(v) == pytest.approx(peer.shapley(Table(v), 8, use_numba=False), abs=1e-12)


BAD_GAMES = [
    (np.zeros(3), "has 3 values"),
    (np.zeros(1), "has 1 values"),
    (np.zeros(0), "has 0 values"),
    (np.zeros((2, 2)), "2 dimensions"),
    ([1.0, 2.0], r"v\[0\], the empty coalition, is 1"),
    ([0, 1, np.nan, 2], r"v\[1\] is nan"),
    ([0, 1, 2, np.inf], r"v\[0, 1\] is inf"),
    ([0, 1j], "complex"),
    (["0", "1"], "real numbers"),
]


@pytest.mark.parametrize(("v", "message"), BAD_GAMES)
@pytest.mark.parametrize(
    "solution",
    [
        games.shapley,
        games.nucleolus,
        games.prenucleolus,
        games.per_capita_nucleolus,
        games.least_core,
        games.scrb,
        games.equal,
        lambda v: games.core_violation(v, [1.0]),
        lambda v: games.owen(v, [[0]]),
        lambda v: games.weighted_shapley(v, [1.0]),
    ],
)
def test_what_is_no_game_is_refused(solution: object, v: object, message: str) -> None:
    with pytest.raises(GameError, match=message):
        solution(v)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("unions", "message"),
    [
        ([[0, 1]], r"players \[2\] are in no union"),
        ([[0, 1], [1, 2]], "player 1 is in two unions"),
        ([[0, 1, 2], []], "union 1 is empty"),
        ([[0, 1, 3]], "player 3; allowed are 0 to 2"),
    ],
)
def test_unions_must_partition(unions: list[list[int]], message: str) -> None:
    structured = games.CostGame(3, [games.Fixed(1.0)])
    for game in (np.zeros(8), structured):
        with pytest.raises(GameError, match=message):
            games.owen(game, unions)


@pytest.mark.parametrize("weights", [[1, 2], [1, 0, 2], [1, -1, 2], [1, np.nan, 2]])
def test_weights_must_be_positive_and_one_per_player(weights: list[float]) -> None:
    with pytest.raises(GameError, match="weights"):
        games.weighted_shapley(np.zeros(8), weights)


def test_kind_must_be_known() -> None:
    with pytest.raises(GameError, match='"cost" and "value"'):
        games.shapley(np.zeros(2), kind="gain")  # type: ignore[arg-type]
    with pytest.raises(GameError, match='a CostGame allows "cost" only'):
        games.shapley(games.CostGame(2, []), kind="value")
