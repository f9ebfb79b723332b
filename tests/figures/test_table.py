"""A table is HTML with header cells, units, sources and a box that scrolls by keyboard."""

from __future__ import annotations

from html.parser import HTMLParser

import pandas as pd
import pytest

from analysis import figures, registry
from analysis.figures.table import FULL_NAMES, SHORT_NAMES, cell_text, heading, sources_html

FRAME = pd.DataFrame(
    {"Place": ["Molde", "<Os>"], "Cost": [1.5, -2000.0], "Joined": [True, False], "Gap": [None, 3]}
)


class Cells(HTMLParser):
    """The cells of a table in order, and every tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("th", "td"):
            self.cells.append("")

    def handle_data(self, data):
        if self.cells:
            self.cells[-1] += data


def make(frame: pd.DataFrame = FRAME, **changes):
    words = {"id": "places", "caption": "Places", "sources": ["ssb-07459"]}
    return figures.table(frame, **{**words, **changes})


def parse(**changes) -> Cells:
    return Cells(make(**changes)._repr_html_())


def test_cells_are_formatted_and_escaped():
    cells = parse(units={"Cost": "bnNOK"}).cells
    assert cells[4:8] == ["Molde", "1.5\u00a0bn NOK", "yes", "–"]
    assert cells[8:11] == ["<Os>", "\u22122\u00a0000\u00a0bn NOK", "no"]


def test_rows_and_columns_have_header_cells():
    tags = parse().tags
    assert [a.get("scope") for tag, a in tags if tag == "th"] == ["col"] * 4 + ["row"] * 2


def test_the_scrolling_box_has_focus_and_a_name():
    tags = parse().tags
    box = next(a for tag, a in tags if a.get("class") == "hp-scroll")
    assert (box["tabindex"], box["role"], box["aria-labelledby"]) == (
        "0",
        "region",
        "places-caption",
    )
    assert "places-caption" in [a.get("id") for _, a in tags]


def test_the_frame_is_a_copy():
    frame = FRAME.copy()
    table = make(frame)
    frame.loc[0, "Place"] = "changed"
    assert table.frame.loc[0, "Place"] == "Molde"


@pytest.mark.parametrize(
    ("cell", "unit", "column", "text"),
    [
        (2021, None, "Year", "2021"),
        (2021, None, "Inhabitants", "2\u00a0021"),
        (2021.0, None, "year", "2021"),
        (12_345_678.0, None, "n", "12\u00a0345\u00a0678"),
        (0.0012345, None, "n", "0.00123"),
        (-0.5, None, "n", "\u22120.500"),
        (0, None, "n", "0"),
        (-1e-9, None, "n", "\u22120.00000000100"),
        (0.5, "share", "n", "50%"),
        ("text", None, "n", "text"),
    ],
)
def test_text_of_a_cell(cell, unit, column, text):
    assert cell_text(cell, unit, column)[0] == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("live_gps", "Live GPs"),
        ("npv", "NPV"),
        ("gap_per_inhabitant", "Gap per inhabitant"),
        ("p10", "P10"),
        ("m NOK", "m NOK"),
        ("Inhabitants 2021", "Inhabitants 2021"),
        ("x", "x"),
    ],
)
def test_identifiers_become_headings(name, text):
    assert heading(name) == text


def test_long_source_lists_get_shorter_names():
    ids = list(registry.load().sources)
    full = sources_html(ids[:FULL_NAMES])
    short = sources_html(ids[: FULL_NAMES + 1])
    folded = sources_html(ids[: SHORT_NAMES + 1])
    source = registry.load().sources[ids[0]]
    assert f">{source.producer}: ".replace("&", "&amp;") in full
    assert "aria-label" in short
    assert "aria-label" not in full
    assert folded.startswith(f"<details><summary>{SHORT_NAMES + 1} sources")
    for text, count in ((full, FULL_NAMES), (short, FULL_NAMES + 1), (folded, SHORT_NAMES + 1)):
        assert text.count("sources.html#source-") == count


def test_one_source_is_singular():
    assert sources_html(["ssb-07459"]).startswith("Source: ")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "Bad id"}, "not kebab-case"),
        ({"caption": ""}, "caption is empty"),
        ({"frame": FRAME.iloc[:0]}, "no rows"),
        ({"units": {"Price": "mNOK"}}, "'Price', which is no column; columns are Place, Cost"),
        ({"sources": []}, "sources is empty"),
    ],
)
def test_bad_input_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        make(**changes)
