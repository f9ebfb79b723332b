"""The map of municipalities: places, statuses, short names, and round classes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import registry
from analysis.studies import allocation, tiles
from analysis.studies.tiles import round_breaks, short_names


@pytest.fixture(scope="module")
def base():
    return registry.load().scenario("base")


@pytest.fixture(scope="module")
def board(base):
    return tiles.board(base)


def test_every_municipality_has_a_tile_of_its_own(board):
    frame = board.frame
    assert set(frame.index) == set(registry.load().municipalities.index)
    assert not frame.duplicated(["row", "col"]).any()
    assert frame["short"].is_unique
    assert (frame[["row", "col"]].min() == 0).all()
    assert not frame.isna().any(axis=None)


def test_every_tile_touches_another(board):
    """One map, without islands: each tile has a neighbour at a side or a corner."""
    spots = set(zip(board.frame["row"], board.frame["col"], strict=True))
    around = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if (r, c) != (0, 0)]
    reached, edge = set(), {min(spots)}
    while edge:
        reached |= edge
        edge = {(r + i, c + j) for r, c in edge for i, j in around} & spots - reached
    assert reached == spots


def test_tiles_keep_the_compass(board):
    """Known neighbours in the field stay on their side."""
    by = board.frame.set_index("name")
    for north, south in (("Leka", "Namsos"), ("Namsos", "Trondheim"), ("Trondheim", "Oppdal"),
                         ("Kristiansund", "Ålesund"), ("Ålesund", "Vanylven")):  # fmt: skip
        assert by.loc[north, "row"] < by.loc[south, "row"], (north, south)
    for west, east in (("Ålesund", "Molde"), ("Molde", "Oppdal"), ("Trondheim", "Meråker"),
                       ("Hitra", "Trondheim"), ("Namsos", "Lierne")):  # fmt: skip
        assert by.loc[west, "col"] < by.loc[east, "col"], (west, east)


def test_names_follow_the_norwegian_alphabet(board):
    names = board.frame["name"].tolist()
    assert names[0] == "Aukra"
    assert names[-4:] == ["Ørland", "Ørsta", "Åfjord", "Ålesund"]


def test_the_status_is_the_last_recorded(board):
    frame = board.frame.set_index("name")
    assert frame.loc["Trondheim", ["status", "since"]].tolist() == ["live", "2022-05-07"]
    assert frame.loc["Levanger", "since"] == "2023-02"  # the month tells more than the year
    assert frame.loc["Steinkjer", ["status", "since"]].tolist() == ["advice", ""]
    assert frame.loc["Røros", ["status", "since", "source"]].tolist() == ["unknown", "", ""]
    recorded = registry.load().municipality_status["code"].nunique()
    assert (board.frame["status"] != tiles.NOT_KNOWN).sum() == recorded
    assert set(board.frame["status"]) <= set(tiles.STATUSES)


def test_every_status_of_the_register_has_a_name():
    assert set(registry.load().municipality_status["status"]) <= set(tiles.STATUSES)


def test_bills_and_change_are_those_of_the_rules(base, board):
    bills = allocation.municipalities(base)
    for rule in allocation.RULES:
        assert board.frame[rule].loc[bills.index].to_numpy() == pytest.approx(bills[rule])
    change = board.frame["per_user"] - board.frame["owen"]
    assert board.frame["change"].to_numpy() == pytest.approx(change.to_numpy())
    back = tiles.board(base, "per_user", "owen")
    assert back.frame["change"].to_numpy() == pytest.approx(-change.to_numpy())
    assert (back.before, back.after) == ("per_user", "owen")


def test_an_unknown_rule_is_refused(base):
    with pytest.raises(ValueError, match="after = 'fair': must be one of recorded"):
        tiles.board(base, "owen", "fair")


def test_breaks_split_bills_and_changes(board):
    assert len(board.bill_breaks) == 5
    assert list(board.bill_breaks) == sorted(set(board.bill_breaks))
    assert board.change_breaks == tuple(-b for b in reversed(board.change_breaks))
    assert len(board.change_breaks) == 4


# --- round breaks ------------------------------------------------------------------------------


def test_breaks_split_evenly():
    assert round_breaks(range(1, 101), 1) == (50,)
    assert round_breaks([1, 1, 1, 30, 30, 30], 1) == (2,)
    assert round_breaks([1, 3, 8, 15], 3) == (2, 5, 10)


def test_like_values_need_no_breaks():
    assert round_breaks([7.0, 7.0], 5) == ()
    assert round_breaks([], 5) == ()


@settings(deadline=None)
@given(st.lists(st.floats(1, 1e4), min_size=1, max_size=30), st.integers(1, 5))
def test_breaks_are_round_rising_and_inside(values, count):
    found = round_breaks(values, count)
    assert len(found) <= count
    assert list(found) == sorted(set(found))
    for end in found:
        assert f"{end:e}"[0] in "125"
        assert f"{end:e}".partition("e")[0].strip("0.") in {"1", "2", "5"}
        assert min(values) < end <= max(values)


@pytest.mark.parametrize(
    ("values", "count", "words"),
    [([0.0, 1.0], 2, "values run from 0 to 1"), ([-1.0], 2, "must be positive"),
     ([1.0, np.inf], 2, "must be positive, finite"), ([1.0], 0, "count = 0: must be at least 1")],
)  # fmt: skip
def test_bad_values_are_refused(values, count, words):
    with pytest.raises(ValueError, match=words):
        round_breaks(values, count)


# --- short names -------------------------------------------------------------------------------


def test_large_places_keep_their_first_letters():
    names = pd.Series({"1": "Namsskogan", "2": "Namsos", "3": "Os", "4": "Indre Fosen"})
    people = pd.Series({"1": 800, "2": 15000, "3": 1900, "4": 10000})
    assert short_names(names, people).to_dict() == {"1": "Nas", "2": "Nam", "3": "Os", "4": "Ind"}


def test_names_that_cannot_be_told_apart_are_refused():
    names = pd.Series({"1": "Bø", "2": "Bø"})
    with pytest.raises(ValueError, match="name 'Bø': its letters are all taken"):
        short_names(names, pd.Series({"1": 1, "2": 2}))
