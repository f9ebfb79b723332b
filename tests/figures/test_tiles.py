"""The tile map: what it says without script, what it refuses, and the colours of its style."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from analysis import registry
from analysis.figures import allocation as draw
from analysis.figures import theme
from analysis.figures.tiles import (
    CHANGE,
    COLOURS,
    RAMP,
    Change,
    Kind,
    Kinds,
    Layer,
    Ramp,
    tile_map,
)
from analysis.site.assets import ASSETS
from analysis.studies import tiles

CSS = (ASSETS / "css" / "tiles.css").read_text(encoding="utf8")
YES_NO = Kinds({"yes": Kind("Said yes", "blue", "●"), "no": Kind("Said no", "orange", "✕")})
BILLS = Ramp((1000.0, 2000.0), "NOK_per_inhabitant")
MORE = Change((-500.0, 500.0), "NOK_per_inhabitant")


def places():
    return pd.DataFrame(
        {
            "name": ["Bø & Vik", "Aa", "Cu"],
            "short": ["Bø", "Aa", "Cu"],
            "row": [1, 0, 1],
            "col": [2, 1, 0],
            "vote": ["yes", "no", "yes"],
            "bill": [1234.5678, 999.9, 2000.0],
            "change": [-0.0, 600.0, -700.0],
        }
    )


def layers():
    return [
        Layer("vote", "Vote", YES_NO),
        Layer("bill", "Bill", BILLS, "Bills"),
        Layer("change", "Change", MORE, "Changes"),
    ]


def made(frame=None, chosen=None, **options):
    options = {"id": "a-map", "title": "Where they stand", "alt": "Tile map of three places.",
               "sources": ["ssb-07459"], "change": MORE, **options}  # fmt: skip
    frame = places() if frame is None else frame
    return tile_map(frame, layers() if chosen is None else chosen, **options)


class Reader(HTMLParser):
    """Elements with their attributes, and the text of each, as a reader without script has them."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(text)
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag, attributes):
        element = {"tag": tag, "text": "", **dict(attributes)}
        self.elements.append(element)
        if tag != "br":
            self.open.append(element)

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def of(self, tag, **attributes):
        found = [e for e in self.elements if e["tag"] == tag]
        return [e for e in found if all(e.get(k) == v for k, v in attributes.items())]


@pytest.fixture(scope="module")
def page():
    return Reader(made()._repr_html_())


@pytest.fixture(scope="module")
def board():
    return tiles.board(registry.load().scenario("base"))


@pytest.fixture(scope="module")
def chapter(board):
    return draw.tiles(board, registry.load().scenario("base"))


# --- without script ----------------------------------------------------------------------------


def test_tiles_read_as_a_grid_from_the_top_left(page):
    (grid,) = page.of("div", role="grid")
    assert (grid["aria-rowcount"], grid["aria-colcount"]) == ("2", "3")
    cells = page.of("div", role="gridcell")
    assert [cell["text"] for cell in cells] == [
        "Aa✕Aa: Said no", "Cu●Cu: Said yes", "Bø●Bø & Vik: Said yes",
    ]  # fmt: skip
    assert [(cell["aria-colindex"], cell["style"]) for cell in cells] == [
        ("2", "grid-column:2"), ("1", "grid-column:1"), ("3", "grid-column:3"),
    ]  # fmt: skip
    assert [row["aria-rowindex"] for row in page.of("div", role="row")] == ["1", "2"]


def test_one_tile_is_in_the_tab_order_and_all_can_take_the_focus(page):
    assert [cell["tabindex"] for cell in page.of("div", role="gridcell")] == ["0", "-1", "-1"]


def test_what_needs_script_is_hidden_without(page):
    (form,) = page.of("form")
    assert "hidden" in form
    (detail,) = [e for e in page.of("p") if "aria-live" in e]
    assert "hidden" in detail
    assert not page.of("script")
    assert not [key for e in page.elements for key in e if key.startswith("on")]


def test_every_layer_is_in_the_table_in_the_order_of_the_frame(page):
    heads = [cell["text"] for cell in page.of("th", scope="col")]
    assert heads == ["Place", "Vote", "Bill (NOK per inhabitant)", "Change (NOK per inhabitant)"]
    assert [cell["text"] for cell in page.of("th", scope="row")] == ["Bø & Vik", "Aa", "Cu"]
    assert [cell["text"] for cell in page.of("td")] == [
        "Said yes", "1\u00a0235", "0", "Said no", "1\u00a0000", "+600", "Said yes", "2\u00a0000",
        "\u2212700",
    ]  # fmt: skip


def test_numbers_have_six_digits_and_no_minus_before_zero(page):
    numbers = [cell["data-v"] for cell in page.of("td") if "data-v" in cell]
    assert numbers == ["1234.57", "0.0", "999.9", "600.0", "2000.0", "-700.0"]


def test_a_tile_names_its_line_of_the_table(page):
    lines = [int(cell["data-line"]) for cell in page.of("div", role="gridcell")]
    rows = [cell["text"] for cell in page.of("th", scope="row")]
    names = [cell["text"].partition(":")[0] for cell in page.of("div", role="gridcell")]
    assert [name.endswith(rows[line]) for name, line in zip(names, lines, strict=True)] == [
        True
    ] * 3


def test_only_the_legend_of_what_is_shown_is_shown(page):
    legends = page.of("ul")
    assert ["hidden" in legend for legend in legends] == [False, True, True]
    items = [element["text"] for element in page.of("li")]
    assert [item.strip() for item in items] == [
        "● Said yes", "✕ Said no",
        "below 1\u00a0000", "1\u00a0000 to 2\u00a0000", "from 2\u00a0000\u00a0NOK per inhabitant",
        "below \u2212500", "\u2212500 to +500", "from +500\u00a0NOK per inhabitant",
    ]  # fmt: skip


def test_a_break_belongs_to_the_class_above():
    text = made(chosen=layers()[1:])._repr_html_()
    colours = re.findall(r"hp-tile hp-on-([a-z0-9-]+)", text)
    assert colours == ["ramp-1", "ramp-3", "ramp-2"]  # 999.9; 2 000; 1 234.57


@pytest.mark.parametrize(
    ("value", "mark"),
    [(0.0, "0"), (97.3, "97"), (540.0, "540"), (2754.0, "2.8k"), (12_999.0, "13k"),
     (99_999.0, "100k"), (1_250_001.0, "1.3m")],
)  # fmt: skip
def test_numbers_on_tiles_are_short(value, mark):
    frame = places().assign(bill=value)
    cells = Reader(made(frame, layers()[1:])._repr_html_()).of("i")
    assert {cell["text"] for cell in cells} == {mark}


def test_changes_on_tiles_have_a_sign():
    cells = Reader(made(chosen=layers()[2:])._repr_html_()).of("i")
    assert [cell["text"] for cell in cells] == ["+600", "\u2212700", "0"]


def test_only_numbers_in_the_unit_of_the_change_can_be_compared():
    people = Layer("bill", "People", Ramp((1.0,), "persons"))
    text = made(chosen=[*layers(), people, Layer("bill", "Other", BILLS)])._repr_html_()
    base = text[text.index('id="a-map-base"') :]
    options = re.findall(r'<option value="(\d+)">', base[: base.index("</select>")])
    assert options == ["1", "4"]
    assert "compared with" not in made(change=None)._repr_html_()
    assert "compared with" not in made()._repr_html_()  # one layer has nothing to compare with


def test_markup_is_the_same_every_time_and_short_in_a_notebook(board):
    scenario = registry.load().scenario("base")
    assert draw.tiles(board, scenario)._repr_html_() == draw.tiles(board, scenario)._repr_html_()
    assert repr(made()) == "TileMap('a-map': 3 tiles, 3 layers)"


def test_the_corner_for_words_is_free_of_tiles():
    steps = pd.DataFrame({"name": list("abc"), "short": list("abc"), "row": [0, 5, 6],
                          "col": [3, 1, 0], "vote": "yes"})  # fmt: skip
    text = made(steps, layers()[:1])._repr_html_()
    assert 'style="--free:0.75" data-corner=""' in text  # three of four columns, five rows
    assert "data-corner" not in made()._repr_html_()


# --- what is refused ---------------------------------------------------------------------------


def broken(column, place, value):
    frame = places().astype({"row": float, "col": float})
    frame.loc[place, column] = value
    return frame


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "A map"}, "tile map id 'A map' is not kebab-case"),
        ({"title": " "}, "tile map 'a-map': title is empty"),
        ({"alt": ""}, "alt is empty"),
        ({"sources": []}, "sources is empty"),
        ({"chosen": []}, "layers is empty"),
        ({"frame": places().iloc[:0]}, "no rows"),
        ({"frame": places().drop(columns="short")}, "no column 'short'"),
        ({"frame": places().drop(columns="bill")}, "no column 'bill'"),
        ({"frame": broken("row", 0, -1)}, r"row of Bø & Vik is -1.0; allowed are 0, 1, 2"),
        ({"frame": broken("col", 1, 0.5)}, r"col of Aa is 0.5"),
        ({"frame": broken("col", 1, None)}, r"col of Aa is nan"),
        ({"frame": places().assign(row=0, col=0)}, "Bø & Vik, Aa, Cu have the same tile"),
        ({"frame": places().assign(short=["A", "A", "C"])}, "Aa have the same short name"),
        ({"frame": broken("vote", 2, "maybe")}, "'vote': Cu is 'maybe'; allowed: yes, no"),
        ({"frame": broken("bill", 1, float("nan"))}, "'bill': Aa is nan; allowed are finite"),
        ({"chosen": [Layer("vote", "Vote", Kinds({"yes": Kind("Yes", "pink", "+")}))]},
         "colour of 'yes' is 'pink'; allowed: ramp-1"),
        ({"chosen": [Layer("bill", "Bill", Ramp((2.0, 1.0), "NOK"))]}, "up to 5 rising numbers"),
        ({"chosen": [Layer("bill", "Bill", Ramp(range(6), "NOK"))]}, "up to 5 rising numbers"),
        ({"change": Change((-1.0, 2.0), "NOK")}, "allowed are the same on both sides of 0"),
        ({"change": Change((-1.0, 1.0), "share")}, "unit is 'share'; allowed are units shown"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(change, words):
    with pytest.raises(ValueError, match=words):
        made(**change)


def test_an_unknown_source_is_refused():
    with pytest.raises(KeyError, match="no-such-thing"):
        made(sources=["no-such-thing"])


# --- colours -----------------------------------------------------------------------------------


def variables(start):
    """The custom properties of the rule that begins at ``start``."""
    rule = CSS[CSS.index(start) :]
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]+);", rule[: rule.index("}")]))


RULES = {
    "light": [".hp-tiles {"],
    "dark": ['body[data-theme="dark"] .hp-tiles {', 'body:not([data-theme="light"]) .hp-tiles {'],
}


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_style_sheet_has_the_colours_of_the_theme(mode):
    named = {f"ramp-{k}": swatch for k, swatch in enumerate(theme.RAMP, start=1)}
    named |= {swatch.name: swatch for swatch in theme.PALETTE}
    for start in RULES[mode]:
        found = variables(start)
        for name, swatch in named.items():
            assert found[name] == getattr(swatch, mode), (start, name)


def light(value):
    value = value if len(value) == 7 else "#" + "".join(2 * digit for digit in value[1:])
    channels = [channel / 255 for channel in theme.rgb(value)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_words_on_every_colour_can_be_read(mode):
    """Contrast of at least 4.5:1 (WCAG 2.1, criterion 1.4.3)."""
    for start in RULES[mode]:
        found = variables(start)
        for name in [key for key in found if not key.startswith("on-")]:
            low, high = sorted((light(found[name]), light(found[f"on-{name}"])))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (start, name)


def test_every_colour_has_a_rule():
    for colour in COLOURS:
        assert f".hp-on-{colour}" in CSS, colour
    assert set(RAMP) | set(CHANGE) < set(COLOURS)


# --- the map of the chapter --------------------------------------------------------------------


def test_the_map_has_all_municipalities_rules_and_a_change(chapter, board):
    page = Reader(chapter._repr_html_())
    assert len(page.of("div", role="gridcell")) == len(registry.load().municipalities)
    labels = [layer.label for layer in chapter.layers]
    assert labels[:2] == ["Last known status", "Inhabitants"]
    assert labels[-1] == "From “Owen value” to “Per user”"
    assert len(labels) == 3 + 11
    cells = {cell["text"].rpartition(":")[0][4:]: cell for cell in page.of("div", role="gridcell")}
    assert cells["Trondheim"]["text"].endswith("Trondheim: Live")
    assert cells["Averøy"]["text"].endswith("Said no")


def test_the_map_names_the_sources_of_all_that_it_shows(chapter, board):
    assert set(board.frame["source"]) - {""} <= set(chapter.sources)
    assert registry.load().scenario("base").hash in chapter._repr_html_()


def test_every_status_has_a_look():
    assert set(draw._STATUS_LOOKS) == set(tiles.STATUSES)
    looks = [(colour, mark) for colour, mark in draw._STATUS_LOOKS.values()]
    assert len(set(looks)) == len(looks)
    assert len({mark for _, mark in looks}) == len(looks)
