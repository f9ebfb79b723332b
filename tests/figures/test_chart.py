"""A chart carries its words, data and sources, gives the same bytes, and refuses bad input."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import figures, registry
from analysis.figures.chart import MIME, plain

FRAME = pd.DataFrame({"Year": [2020, 2021], "Cost": [1.25, None]})


def make(fig: go.Figure | None = None, **changes):
    words = {
        "id": "cost-by-year",
        "title": "Cost rises",
        "alt": "Line chart of cost by year.",
        "table": FRAME,
        "sources": ["cost.frame_article"],
    }
    if fig is None:
        fig = go.Figure(go.Scatter(x=[2020, 2021], y=[1.25, None]))
    return figures.chart(fig, **{**words, **changes})


def test_bundle_holds_the_figure_and_everything_that_goes_with_it():
    chart = make(note="Mind the gap.", scenario=registry.load().scenario("base"))
    bundle = chart._repr_mimebundle_()
    assert set(bundle) == {MIME, "text/plain"}
    assert bundle["text/plain"] == "Cost rises\nLine chart of cost by year."
    meta = bundle[MIME]["layout"]["meta"]
    assert meta["id"] == "cost-by-year"
    assert meta["table"] == {"columns": ["Year", "Cost"], "rows": [[2020, 1.25], [2021, None]]}
    assert meta["sources"] == ["cost.frame_article"]
    assert meta["scenario"]["hash"] == registry.load().scenario("base").hash
    assert meta["note"] == "Mind the gap."
    assert bundle[MIME]["data"][0]["y"] == [1.25, None]


def test_figure_comes_back_as_plotly():
    assert list(make().figure.data[0].y) == [1.25, None]
    assert make().table.columns.tolist() == ["Year", "Cost"]


def test_same_input_gives_the_same_bytes():
    first, second = (json.dumps(make().spec, sort_keys=True) for _ in range(2))
    assert first == second


def test_numbers_are_rounded_to_six_significant_digits():
    fig = go.Figure(go.Bar(x=["a"], y=np.array([1234567.891])))
    chart = make(fig, table=pd.DataFrame({"a": [np.float64(2 / 3)]}))
    assert chart.spec["data"][0]["y"] == [1234570.0]
    assert chart.meta["table"]["rows"] == [[0.666667]]


def test_arrays_of_any_kind_become_lists():
    fig = go.Figure(
        go.Scatter(
            x=pd.to_datetime(["2020-01-01", "2021-06-30"]),
            y=np.array([1, 2], dtype=np.int16),
            customdata=np.array([[1.5, 2.5], [3.5, 4.5]]),
        )
    )
    trace = make(fig).spec["data"][0]
    assert trace["x"] == ["2020-01-01T00:00:00.000000", "2021-06-30T00:00:00.000000"]
    assert trace["y"] == [1, 2]
    assert trace["customdata"] == [[1.5, 2.5], [3.5, 4.5]]


def test_named_index_becomes_columns():
    frame = pd.DataFrame({"n": [1]}, index=pd.Index(["Molde"], name="Municipality"))
    assert make(table=frame).meta["table"]["columns"] == ["Municipality", "n"]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_not_finite_are_refused(number):
    with pytest.raises(ValueError, match=r"cost-by-year\.data\[0\]\.y\[1\] is .*None for a gap"):
        make(go.Figure(go.Scatter(x=[1, 2], y=np.array([1.0, number]))))


@pytest.mark.parametrize("kind", [go.Heatmap(z=[[1]]), go.Box(y=[1]), go.Violin(y=[1])])
def test_trace_types_that_the_page_cannot_draw_are_refused(kind):
    with pytest.raises(ValueError, match=f"'{kind.type}' cannot be drawn.*scatter, bar, pie"):
        make(go.Figure(kind))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "Cost"}, "'Cost' is not kebab-case"),
        ({"id": "1cost"}, "not kebab-case"),
        ({"id": ""}, "not kebab-case"),
        ({"title": " "}, "title is empty"),
        ({"alt": ""}, "alt is empty"),
        ({"table": FRAME.iloc[:0]}, "table has no rows"),
        ({"sources": []}, "sources is empty"),
        ({"sources": "cost.frame_article"}, "must be a list of ids"),
    ],
)
def test_missing_words_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        make(**changes)


def test_unknown_source_is_refused():
    with pytest.raises(KeyError, match=r"chart 'cost-by-year': 'cost\.nonsense' is neither"):
        make(sources=["cost.nonsense"])


def test_sources_keep_their_order_without_repeats():
    chart = make(sources=["ssb-07459", "cost.frame_article", "ssb-07459"])
    assert chart.meta["sources"] == ["ssb-07459", "cost.frame_article"]


def test_things_that_have_no_json_form_are_refused():
    with pytest.raises(ValueError, match="x is of type object"):
        plain(object(), "x")


JSON_DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON_DATA)
def test_plain_gives_json_and_changes_nothing_the_second_time(value):
    once = plain(value, "value") if not (isinstance(value, dict) and "bdata" in value) else None
    assert json.loads(json.dumps(once, allow_nan=False)) == once
    assert plain(once, "value") == once


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_rounding_stays_within_half_a_unit_of_the_sixth_digit(x):
    assert plain(x, "x") == pytest.approx(x, rel=5.001e-6)


def test_dates_are_written_in_iso():
    assert plain(dt.date(2021, 10, 13), "d") == "2021-10-13"
