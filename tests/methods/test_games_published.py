"""Games with published solutions. Coalition order in the tables: 1, 2, 3, 12, 13, 23, 123."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pytest

from analysis.methods import games
from analysis.methods.games import mask_of


def by_size(n: int, values: Sequence[float]) -> np.ndarray:
    """Vector in bitmask order from values listed by size, then alphabetically."""
    v = np.zeros(1 << n)
    coalitions = [c for s in range(1, n + 1) for c in combinations(range(n), s)]
    for coalition, value in zip(coalitions, values, strict=True):
        v[mask_of(coalition)] = value
    return v


def from_rule(n: int, rule: Callable[[list[int]], float]) -> np.ndarray:
    v = np.zeros(1 << n)
    for mask in range(1, 1 << n):
        v[mask] = rule([i for i in range(n) if mask >> i & 1])
    return v


def test_airport_game() -> None:
    """Littlechild and Owen (1973), Littlechild (1974): runway costs 8, 11, 13, 18."""
    runway = [8, 11, 13, 18]
    c = from_rule(4, lambda s: max(runway[i] for i in s))
    assert games.shapley(c) == pytest.approx([2, 3, 4, 9])
    assert games.nucleolus(c) == pytest.approx([3.25, 3.25, 3.25, 8.25])
    structured = games.CostGame(4, [games.Highest(runway)])
    assert games.shapley(structured) == pytest.approx([2, 3, 4, 9])
    assert games.nucleolus(structured) == pytest.approx([3.25, 3.25, 3.25, 8.25])


def test_shared_flat() -> None:
    """Cost game of the CoopGame manual (Staudacher and Anwander)."""
    c = by_size(3, [300, 270, 280, 410, 410, 410, 550])
    assert games.shapley(c) == pytest.approx([575 / 3, 530 / 3, 545 / 3])
    assert games.nucleolus(c) == pytest.approx([550 / 3] * 3)
    assert games.scrb(c) == pytest.approx([188.372093, 179.302326, 182.325581], abs=1e-6)


def test_shared_flat_as_savings_gives_the_same_bills() -> None:
    alone = np.array([300.0, 270, 280])
    v = by_size(3, [0, 0, 0, 160, 170, 140, 300])
    assert alone - games.shapley(v, kind="value") == pytest.approx([575 / 3, 530 / 3, 545 / 3])
    assert alone - games.nucleolus(v, kind="value") == pytest.approx([550 / 3] * 3)
    assert alone - games.scrb(v, kind="value") == pytest.approx(
        [188.372093, 179.302326, 182.325581], abs=1e-6
    )


@pytest.mark.parametrize(
    ("estate", "division"),
    [(100, [100 / 3] * 3), (200, [50, 75, 75]), (300, [50, 100, 150])],
)
def test_talmud_estates(estate: float, division: list[float]) -> None:
    """Aumann and Maschler (1985): the nucleolus divides estates as the Talmud does."""
    claims = [100, 200, 300]
    v = from_rule(3, lambda s: max(0, estate - sum(claims[i] for i in range(3) if i not in s)))
    assert games.nucleolus(v, kind="value") == pytest.approx(division)


def test_prenucleolus_may_leave_the_imputations() -> None:
    """Example of the CoopGame manual where the prenucleolus is no imputation."""
    v = by_size(3, [0, 0, 0, 10, 0, 0, 2])
    assert games.prenucleolus(v, kind="value") == pytest.approx([3, 3, -4])
    assert games.nucleolus(v, kind="value") == pytest.approx([1, 1, 0])


def test_three_player_shapley() -> None:
    """Worked example of the CoopGame manual."""
    v = by_size(3, [2, 4, 5, 18, 14, 9, 24])
    assert games.shapley(v, kind="value") == pytest.approx([9.5, 8, 6.5])


def test_glove_game() -> None:
    """Shapley (1959): one left glove against nine right ones."""
    v = from_rule(10, lambda s: float(0 in s and len(s) > 1))
    assert games.shapley(v, kind="value") == pytest.approx([0.9] + [1 / 90] * 9)
    assert games.nucleolus(v, kind="value") == pytest.approx([1] + [0] * 9)


def test_four_airlines() -> None:
    """Cost example with four airlines of the CoopGame manual."""
    c = by_size(4, [26, 27, 55, 57, 53, 81, 83, 82, 84, 110, 108, 110, 110, 110, 110])
    assert games.shapley(c) == pytest.approx([52 / 3, 18, 109 / 3, 115 / 3])
    assert games.nucleolus(c) == pytest.approx([13, 13.5, 40.75, 42.75])


def test_security_council() -> None:
    """Shapley and Shubik (1954), council of 15: five with a veto, nine votes needed."""
    v = from_rule(15, lambda s: float(len(s) >= 9 and sum(i < 5 for i in s) == 5))
    index = games.shapley(v, kind="value")
    assert index[:5] == pytest.approx([0.19627] * 5, abs=5e-6)
    assert index[5:] == pytest.approx([0.001865] * 10, abs=5e-7)


def test_per_capita_nucleolus_of_young() -> None:
    """H. P. Young (1985), Cost Allocation, p. 68."""
    v = by_size(3, [0, 0, 0, 0, 9, 10, 12])
    assert games.per_capita_nucleolus(v, kind="value") == pytest.approx([2 / 3, 7 / 6, 61 / 6])


def test_nucleolus_of_ferguson() -> None:
    """T. S. Ferguson, Game Theory, part IV: a three-player game with a negative value."""
    v = by_size(3, [-1, 0, 1, 3, 4, 2, 5])
    assert games.nucleolus(v, kind="value") == pytest.approx([8 / 3, 2 / 3, 5 / 3])


def test_four_player_nucleolus_of_the_coopgame_manual() -> None:
    v = by_size(4, [0, 0, 0, 0, 5, 5, 8, 9, 10, 8, 13, 15, 16, 17, 21])
    assert games.nucleolus(v, kind="value") == pytest.approx([3.5, 4.5, 5.5, 7.5])
