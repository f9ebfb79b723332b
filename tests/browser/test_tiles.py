"""The tile map in Chromium: arrow keys, layers, differences, the words on a place, and paper.

The map of the chapter stands on a page of its own here, with the policy of the site, so that
nothing of the rest of the book is needed.
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import furo
import pytest

from analysis import registry
from analysis.figures import allocation as draw
from analysis.site import policy
from analysis.site.assets import ASSETS
from analysis.site.serve import make_server
from analysis.studies import tiles

SHELL = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>A tile map</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="furo.css">
<link rel="stylesheet" href="book.css"><link rel="stylesheet" href="tiles.css">
<script defer src="tiles.js"></script></head><body data-theme="auto">
<main style="padding:0 16px"><article><h1>A tile map</h1>{map}</article></main></body></html>"""
TILES = """() => [...document.querySelectorAll('.hp-tile')].map((tile) => [
  tile.querySelector('b').textContent, tile.querySelector('i').textContent,
  tile.querySelector('span').textContent, tile.className])"""
NEXT = """([place, key]) => { const all = [...document.querySelectorAll('.hp-tile')];
  all[place].focus();
  all[place].dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
  return all.indexOf(document.activeElement); }"""
ARROWS = ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp")


@pytest.fixture(scope="module")
def board():
    return tiles.board(registry.load().scenario("base"))


@pytest.fixture(scope="module")
def address(board, tmp_path_factory):
    folder = tmp_path_factory.mktemp("map")
    for name in ("css/book.css", "css/tiles.css", "js/tiles.js"):
        shutil.copy(ASSETS / name, folder)
    shutil.copy(Path(furo.__file__).parent / "theme/furo/static/styles/furo.css", folder)
    figure = draw.tiles(board, registry.load().scenario("base"))._repr_html_()
    page = policy.with_policy(SHELL.format(map=figure))
    (folder / "index.html").write_text(page, encoding="utf8")
    server = make_server(folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/index.html"
    server.shutdown()


@pytest.fixture
def open_map(chromium, address):
    contexts, faults = [], []

    def open_page(width=1000, **options):
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def page(open_map):
    return open_map()


def layer(page, label):
    page.select_option("#allocation-map-layer", label=label)


def compare(page, label):
    page.select_option("#allocation-map-base", label=label)


def detail(page):
    return page.locator(".hp-tiles-detail").inner_text().split("\n")


def focused(page):
    return page.evaluate("document.activeElement.querySelector('b').textContent")


def focus(page, short):
    page.locator(".hp-tile", has=page.locator(f"b:text-is('{short}')")).focus()


def test_script_changes_nothing_of_what_the_page_says_at_first(open_map):
    with_script = open_map().evaluate(TILES)
    without = open_map(java_script_enabled=False)
    static = [
        [
            tile.query_selector("b").text_content(),
            tile.query_selector("i").text_content(),
            tile.query_selector("span").text_content(),
            tile.get_attribute("class"),
        ]
        for tile in without.query_selector_all(".hp-tile")
    ]
    assert with_script == static
    assert without.locator(".hp-tiles-bar").is_hidden()
    assert without.locator("tbody tr").count() == len(static)


def test_the_map_takes_one_stop_of_the_tab_key(page):
    page.locator("#allocation-map-layer").focus()
    page.keyboard.press("Tab")
    assert focused(page) == "Lek"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") != "hp-tile"
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "Nær"  # where the reader left


def test_arrow_keys_move_straight_ahead(page):
    focus(page, "Tro")
    for key, short in (("ArrowRight", "Mal"), ("ArrowRight", "Stj"), ("ArrowDown", "Tyd"),
                       ("ArrowLeft", "Sel"), ("ArrowUp", "Mal")):  # fmt: skip
        page.keyboard.press(key)
        assert focused(page) == short, key


def test_arrow_keys_cross_gaps_and_stop_at_the_edge(page):
    focus(page, "Opp")
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Os"
    page.keyboard.press("ArrowRight")
    assert focused(page) in ("Tyd", "Mer", "Rør", "Ver", "Snå")  # to the right, if not straight
    focus(page, "San")
    for key in ("ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
        assert focused(page) == "San"


def test_home_and_end_go_to_the_ends_of_the_row_and_of_the_map(page):
    focus(page, "Tro")
    for key, short in (("Home", "Smø"), ("End", "Mer"), ("Control+Home", "Lek"),
                       ("Control+End", "Van")):  # fmt: skip
        page.keyboard.press(key)
        assert focused(page) == short, key


def test_every_tile_can_be_reached_with_arrow_keys(page):
    count = page.locator(".hp-tile").count()
    reached, edge = {0}, [0]
    while edge:
        place = edge.pop()
        for key in ARROWS:
            to = page.evaluate(NEXT, [place, key])
            if to not in reached:
                reached.add(to)
                edge.append(to)
    assert len(reached) == count


def test_other_keys_are_left_to_the_browser(page):
    focus(page, "Tro")
    for key in ("Alt+ArrowRight", "a", "Control+ArrowDown"):
        page.keyboard.press(key)
        assert focused(page) == "Tro"


def test_a_tile_tells_its_figures_on_focus_and_under_the_pointer(page, board):
    layer(page, "Owen value")
    focus(page, "Tro")
    bill = f"{board.frame.loc['5001', 'owen']:,.0f}".replace(",", "\u00a0")
    assert detail(page) == [
        "Trondheim",
        f"Owen value: {bill}\u00a0NOK per inhabitant",
        "Last known status: Live",
        "Inhabitants: 207\u00a0595",
    ]
    page.locator(".hp-tile", has_text="Averøy").hover()
    assert detail(page)[0] == "Averøy"
    assert "Last known status: Said no" in detail(page)
    assert page.locator(".hp-tiles-detail").get_attribute("aria-live") == "polite"


def test_a_layer_changes_words_marks_colours_and_legend(page, board):
    before = page.evaluate(TILES)
    layer(page, "Shapley value")
    after = page.evaluate(TILES)
    assert [tile[0] for tile in after] == [tile[0] for tile in before]
    assert all(tile[2].endswith("NOK per inhabitant") for tile in after)
    by_short = board.frame.set_index("short")
    for short, mark, words, colour in after:
        value = float(f"{by_short.loc[short, 'shapley']:.6g}")
        step = sum(value >= end for end in board.bill_breaks) + 1
        assert colour == f"hp-tile hp-on-ramp-{step}", short
        text = f"{value:,.0f}".replace(",", "\u00a0")
        assert words == f"{by_short.loc[short, 'name']}: {text}\u00a0NOK per inhabitant"
        shown = float(mark.rstrip("k")) * (1000 if mark.endswith("k") else 1)
        assert shown == pytest.approx(value, rel=0.051), short
    legend = page.locator(".hp-tiles-legend:visible")
    assert legend.count() == 1
    assert "NOK per inhabitant" in legend.inner_text()
    assert detail(page)[0].startswith("Shapley value: from ")
    assert "(Røyrvik)" in detail(page)[0]


def test_a_rule_that_is_the_same_everywhere_says_so(page):
    layer(page, "Per user")
    assert detail(page)[0].endswith("NOK per inhabitant everywhere.")


def test_two_rules_are_compared(page, board):
    layer(page, "Per user")
    compare(page, "Owen value")
    difference = page.evaluate(TILES)
    layer(page, "From “Owen value” to “Per user”")
    assert page.locator("#allocation-map-base").is_hidden()
    recorded = page.evaluate(TILES)
    # The first subtracts rounded numbers, so it may differ by a krone; colours and marks agree.
    assert [tile[3] for tile in difference] == [tile[3] for tile in recorded]
    close = [a[1] == b[1] for a, b in zip(difference, recorded, strict=True)]
    assert sum(close) >= len(close) - 2
    layer(page, "Owen value")
    compare(page, "Per user")
    for tile, other in zip(page.evaluate(TILES), difference, strict=True):
        assert tile[1].startswith("\u2212") != other[1].startswith("\u2212") or tile[1] == "0"
    assert "compared with Per user: from \u2212" in detail(page)[0]


def test_a_rule_is_not_compared_with_itself(page):
    layer(page, "Per user")
    compare(page, "Owen value")
    layer(page, "Owen value")
    assert page.locator("#allocation-map-base").input_value() == ""
    same = page.locator("#allocation-map-base option", has_text="Owen value")
    assert same.evaluate("(option) => option.disabled")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_kind_of_layer(open_map, run_axe, scheme):
    page = open_map(color_scheme=scheme)
    assert run_axe(page) == []
    layer(page, "Nucleolus")
    focus(page, "Røy")
    assert run_axe(page) == []
    compare(page, "Per user")
    page.locator("figure.hp-tiles > details").evaluate("(part) => { part.open = true; }")
    assert run_axe(page) == []


@pytest.mark.parametrize("width", [320, 480, 700, 1400])
def test_the_map_fits_its_column(open_map, width):
    page = open_map(width)
    layer(page, "Equal")
    focus(page, "Røy")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.evaluate(
        """() => [...document.querySelectorAll('.hp-tile')].map((tile) => {
          const box = tile.getBoundingClientRect();
          return [box.left, box.top, box.right, box.bottom, tile.scrollWidth - tile.clientWidth];
        })"""
    )
    for left, top, right, bottom, over in boxes:
        assert left >= 0
        assert right <= width
        assert bottom - top >= 15
        assert over <= 1, "the words on a tile fit in"
    words = page.locator(".hp-tiles-detail").bounding_box()
    for left, top, right, bottom, _ in boxes:
        apart = (
            words["x"] + words["width"] <= left
            or words["x"] >= right
            or words["y"] + words["height"] <= top
            or words["y"] >= bottom
        )
        assert apart, "the words on a place cover no tile"


def test_nothing_moves_when_the_reader_does(page):
    layer(page, "Shapley value, weighted by users")
    place = "document.querySelector('.hp-tiles-legend:not([hidden])').getBoundingClientRect().top"
    focus(page, "Tro")
    before = page.evaluate(place)
    for short in ("Mid", "Os", "Ind"):
        focus(page, short)
        assert page.evaluate(place) == before


def test_paper_shows_the_map_without_controls(page):
    page.emulate_media(media="print")
    assert page.locator(".hp-tiles-bar").is_hidden()
    assert page.locator(".hp-tile").first.is_visible()
    assert page.locator(".hp-tiles-legend:visible").count() == 1


def test_the_chapter_has_the_map(visit):
    opened = visit("book/allocation")
    assert opened.page.locator("figure.hp-tiles .hp-tile").count() == 66
    opened.page.select_option("#allocation-map-layer", label="Equal")
    opened.page.locator(".hp-tile").first.focus()
    opened.page.keyboard.press("ArrowDown")
    assert "NOK per inhabitant" in opened.page.locator(".hp-tiles-detail").inner_text()
    assert opened.faults() == []
