"""Cost games made of pieces: against enumeration, permutation sampling and known limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.methods import games
from analysis.methods.games import (
    Additive,
    CostGame,
    Fixed,
    GameError,
    Highest,
    Tariff,
    VolumeDiscount,
    tariff_brackets,
    tariff_steps,
)
from analysis.methods.games.structured import power_mixture

CHECKED = settings(max_examples=60, deadline=None, derandomize=True)
COUNTS = st.integers(0, 60)
MONEY = st.floats(0, 100).map(lambda x: round(x, 2))


@st.composite
def cost_games(draw: st.DrawFn, least: int = 1, most: int = 7, concave: bool = False) -> CostGame:
    n = draw(st.integers(least, most))

    def each(values: st.SearchStrategy[float]) -> list[float]:
        return draw(st.lists(values, min_size=n, max_size=n))

    users = each(COUNTS)
    pieces = [
        Fixed(draw(MONEY)),
        Fixed(draw(MONEY), tuple(draw(st.sets(st.integers(0, n - 1), min_size=1)))),
        Additive(each(st.floats(-20, 50).map(lambda x: round(x, 2)))),
        Highest(each(st.sampled_from([0.0, 10.0, 25.0]))),
        VolumeDiscount(draw(MONEY), draw(st.floats(0.02, 1)), users),
        tariff_brackets(users, [0, 20, 90], [3, 2, 0.5]),
    ]
    if not concave:
        pieces.append(tariff_steps(users, [0, 15, 60], [40, 30, 90]))
    used = draw(st.lists(st.sampled_from(pieces), min_size=1, max_size=4, unique_by=id))
    return CostGame(n, used)


def hundreds(seed: int = 1) -> tuple[CostGame, np.ndarray]:
    """One very large player, dozens of medium ones, many small ones: 237 in all."""
    rng = np.random.default_rng(seed)
    users = np.concatenate(
        [[20_000], rng.lognormal(5, 1, 66).round() + 1, rng.integers(3, 25, 170)]
    )
    sites = np.concatenate([[50.0], np.full(66, 3.0), np.repeat([0.5, 0.7], 85)])
    needs = np.concatenate([[90.0], np.full(66, 60.0), np.full(170, 25.0)])
    pieces = [Fixed(800.0), Additive(sites), Highest(needs), VolumeDiscount(0.6, 0.85, users)]
    return CostGame(237, pieces), users


@CHECKED
@given(cost_games())
def test_vector_and_table_of_costs_agree(game: CostGame) -> None:
    masks = np.arange(1 << game.n)
    table = (masks[:, None] >> np.arange(game.n) & 1).astype(bool)
    v = game.vector()
    assert v[0] == 0
    assert game.costs(table) == pytest.approx(v, abs=1e-9)
    assert game.total == pytest.approx(v[-1])
    assert game.alone == pytest.approx(v[1 << np.arange(game.n)])
    assert game.incremental == pytest.approx(
        v[-1] - v[masks[-1] - (1 << np.arange(game.n))], abs=1e-9
    )


@CHECKED
@given(cost_games(), st.data())
def test_values_agree_with_enumeration(game: CostGame, data: st.DataObject) -> None:
    n = game.n
    v = game.vector()
    weights = data.draw(st.lists(st.floats(0.02, 30), min_size=n, max_size=n))
    label = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    unions = [[i for i in range(n) if label[i] == k] for k in sorted(set(label))]
    near = {"rel": 1e-9, "abs": 1e-9 * max(1.0, np.abs(v).max())}
    assert games.shapley(game) == pytest.approx(games.shapley(v), **near)
    assert games.weighted_shapley(game, weights) == pytest.approx(
        games.weighted_shapley(v, weights), **near
    )
    assert games.owen(game, unions) == pytest.approx(games.owen(v, unions), **near)


@CHECKED
@given(cost_games(least=2), st.data())
def test_a_sub_game_costs_what_the_game_does(game: CostGame, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, game.n - 1), min_size=1, unique=True))
    part = game.only(chosen)
    assert part.total == pytest.approx(game.cost(chosen), abs=1e-9)
    assert part.alone == pytest.approx(game.alone[chosen], abs=1e-9)
    assert part.players == tuple(game.players[i] for i in chosen)


def test_sub_games_of_hundreds_agree_with_enumeration() -> None:
    game, _ = hundreds()
    rng = np.random.default_rng(2)
    for _ in range(5):
        chosen = [0, *rng.choice(np.arange(1, 237), 11, replace=False).tolist()]
        part = game.only(chosen)
        assert games.shapley(part) == pytest.approx(games.shapley(part.vector()), rel=1e-10)
        assert games.nucleolus(part) == pytest.approx(
            games.nucleolus(part.vector()), rel=1e-8, abs=1e-8
        )


@pytest.mark.parametrize("tariff", [False, True])
def test_hundreds_agree_with_permutation_sampling(tariff: bool) -> None:
    game, users = hundreds()
    if tariff:
        game = CostGame(237, [tariff_steps(np.ceil(users / 20), [0, 400, 1500], [90, 170, 150])])
    # single offices tip a threshold too rarely for a sampled error, so compare groups of players
    groups = [[0], *np.array_split(np.argsort(users[1:]) + 1, 9)]
    rng = np.random.default_rng(3)
    samples = np.empty((600, len(groups)))
    arrived = np.tri(game.n + 1, game.n, -1, dtype=bool)
    table = np.empty_like(arrived)
    for k in range(len(samples)):
        order = rng.permutation(game.n)
        table[:, order] = arrived
        added = np.empty(game.n)
        added[order] = np.diff(game.costs(table))
        samples[k] = [added[group].sum() for group in groups]
    error = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    phi = games.shapley(game)
    exact = np.array([phi[group].sum() for group in groups])
    assert np.all(error > 0)
    assert np.all(error < 0.1 * exact.max())
    assert np.all(np.abs(samples.mean(axis=0) - exact) < 3.5 * error)


def test_hundreds_are_exact_and_efficient() -> None:
    game, users = hundreds()
    for share in (
        games.shapley(game),
        games.owen(game, [[0], range(1, 67), range(67, 237)]),
        games.weighted_shapley(game, users),
        games.aumann_shapley(game, users),
    ):
        assert share.sum() == pytest.approx(game.total, rel=1e-12)


@pytest.mark.parametrize("exponent", [0.01, 0.3, 0.85, 0.99])
@pytest.mark.parametrize(("low", "high"), [(1, 2), (3, 41_000), (0.5, 1e7)])
def test_powers_are_mixtures_of_exponentials(exponent: float, low: float, high: float) -> None:
    rates, weights, rest = power_mixture(exponent, low, high)
    u = np.geomspace(low, high, 40)
    mixture = -np.expm1(-np.outer(u, rates)) @ weights + rest
    assert mixture == pytest.approx(u**exponent, rel=1e-12)
    assert np.all(weights > 0)


def test_shapley_depends_on_who_counts_as_a_player() -> None:
    """Splitting an office in two raises its share of a fixed cost; prices per user do not move."""
    whole = CostGame(3, [Fixed(12.0), VolumeDiscount(1.0, 0.5, [4, 8, 4])])
    split = CostGame(4, [Fixed(12.0), VolumeDiscount(1.0, 0.5, [4, 8, 2, 2])])
    assert games.shapley(split)[2:].sum() > games.shapley(whole)[2] + 1
    assert games.aumann_shapley(split, [4, 8, 2, 2])[2:].sum() == pytest.approx(
        games.aumann_shapley(whole, [4, 8, 4])[2]
    )


def test_aumann_shapley_is_the_limit_of_ever_smaller_players() -> None:
    users = np.array([1.0, 2.0, 3.0])
    pieces = [Fixed(12.0), Highest([0.0, 6.0, 9.0]), VolumeDiscount(5.0, 0.7, users)]
    limit = games.aumann_shapley(CostGame(3, pieces), users)
    gaps = []
    for parts in (1, 4, 16, 64):
        owner = np.repeat(np.arange(3), (users * parts).astype(int))
        crowd = CostGame(
            owner.size,
            [
                Fixed(12.0),
                Highest(np.array([0.0, 6.0, 9.0])[owner]),
                VolumeDiscount(5.0, 0.7, np.full(owner.size, 1 / parts)),
            ],
        )
        gaps.append(np.abs(np.bincount(owner, games.shapley(crowd)) - limit).max())
    assert gaps[1] < gaps[0] or gaps[1] < 1e-9
    assert gaps[-1] < 1e-9 + gaps[0] / 30


def test_weights_equal_to_users_share_fixed_costs_by_user() -> None:
    users = [10.0, 30.0, 60.0]
    game = CostGame(3, [Fixed(100.0), Highest([0.0, 9.0, 9.0])])
    expected = [10, 30 + 3, 60 + 6]
    assert games.weighted_shapley(game, users) == pytest.approx(expected)
    assert games.aumann_shapley(game, users) == pytest.approx(expected)


def test_a_union_shares_a_fixed_cost_as_one() -> None:
    game = CostGame(5, [Fixed(12.0), Fixed(6.0, (0, 1))])
    assert games.owen(game, [[0], [1, 2], [3, 4]]) == pytest.approx([7, 5, 2, 2, 2])


def test_extreme_prices() -> None:
    users = [1, 5, 0, 94]
    proportional = CostGame(4, [VolumeDiscount(2.0, 1.0, users)])
    assert games.shapley(proportional) == pytest.approx([2, 10, 0, 188])
    nearly_flat = CostGame(4, [VolumeDiscount(30.0, 1e-6, users)])
    assert games.shapley(nearly_flat) == pytest.approx([10, 10, 0, 10], abs=1e-3)
    nobody = CostGame(2, [VolumeDiscount(3.0, 0.5, [0, 0]), Fixed(4.0)])
    assert games.shapley(nobody) == pytest.approx([2, 2])
    assert games.shapley(CostGame(1, [VolumeDiscount(3.0, 0.5, [4])])) == pytest.approx([6])


def test_tariffs_read_as_written() -> None:
    steps = tariff_steps([2, 3], [0, 2, 4], [10, 18, 25])
    assert steps.prices == pytest.approx([0, 10, 10, 18, 18, 25])
    brackets = tariff_brackets([2, 3], [0, 2], [5, 1])
    assert brackets.prices == pytest.approx([0, 5, 10, 11, 12, 13])


BAD_PIECES = [
    (lambda: Fixed(-1.0), "Fixed.amount is -1"),
    (lambda: Fixed(np.nan), "Fixed.amount is nan"),
    (lambda: Fixed(1.0, ()), "Fixed.among"),
    (lambda: Additive([1.0, np.inf]), r"Additive.amounts\[1\] is inf"),
    (lambda: Highest([1.0, -2.0]), r"Highest.needs\[1\] is -2"),
    (lambda: VolumeDiscount(1.0, 1.5, [1, 2]), "exponent is 1.5; allowed is above 0, at most 1"),
    (lambda: VolumeDiscount(1.0, 0.0, [1, 2]), "exponent is 0"),
    (lambda: VolumeDiscount(1.0, 0.5, [1, -2]), r"users\[1\] is -2"),
    (lambda: Tariff([1.5, 2], [0, 1]), r"users\[0\] is 1.5; allowed are whole numbers"),
    (lambda: Tariff([1, 2], [0, 1]), "prices has 2 entries; allowed is 4"),
    (lambda: Tariff([1, 2], [1, 1, 1, 1]), r"prices\[0\] is 1"),
    (lambda: tariff_steps([1, 2], [1, 2], [3, 4]), "increasing from 0"),
    (lambda: tariff_steps([1, 2], [0, 2, 2], [3, 4, 5]), "increasing from 0"),
    (lambda: tariff_steps([1, 2], [0, 2], [3]), "prices"),
    (lambda: CostGame(0, []), "no players"),
    (lambda: CostGame(3, [Highest([1.0, 2.0])]), "Highest.needs.* is for 2 players; allowed is 3"),
    (lambda: CostGame(3, [Fixed(1.0, (3,))]), "names player 3"),
    (lambda: CostGame(30, []).vector(), "allowed up to 24"),
    (lambda: CostGame(3, []).only([0, 0]), "each once"),
    (lambda: games.aumann_shapley(CostGame(2, []), [1, 0]), r"users\[1\] is 0"),
]


@pytest.mark.parametrize(("build", "message"), BAD_PIECES)
def test_bad_input_is_named(build: object, message: str) -> None:
    with pytest.raises(GameError, match=message):
        build()  # type: ignore[operator]
