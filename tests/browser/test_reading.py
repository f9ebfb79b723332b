"""What a reader can do on a page: look up a number, switch theme, save, print, filter, use keys."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import nbformat
import pytest

CHAPTER = "book/budget"
NOTE = ".num-note:not([hidden])"


@pytest.fixture
def opened(visit):
    return visit(CHAPTER)


@pytest.fixture
def drawn(opened):
    opened.scroll_through()
    opened.page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    return opened


def save(page, figure, kind: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        figure.get_by_role("button", name=f"as {kind}").click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


# --- Quoted numbers


def test_a_number_tells_its_source_on_hover_and_on_focus(opened):
    link = opened.page.locator("article a.num").first
    assert opened.page.locator(NOTE).count() == 0
    link.hover()
    note = opened.page.locator(NOTE)
    assert note.get_attribute("id") == link.get_attribute("aria-describedby")
    assert re.search(r"Source|Computed|Method", note.inner_text())
    opened.page.keyboard.press("Escape")
    assert opened.page.locator(NOTE).count() == 0
    link.focus()
    assert opened.page.locator(NOTE).count() == 1
    assert opened.faults() == []


def test_the_note_stays_while_the_pointer_is_on_it(opened):
    opened.page.locator("article a.num").first.hover()
    opened.page.locator(NOTE).hover()
    opened.page.wait_for_timeout(400)
    assert opened.page.locator(NOTE).count() == 1
    opened.page.mouse.move(2, 700)
    opened.page.wait_for_function("() => !document.querySelector('.num-note:not([hidden])')")


@pytest.mark.parametrize("width", [320, 1280])
def test_notes_stay_on_the_screen(visit, width):
    page = visit(CHAPTER, viewport={"width": width, "height": 700}).page
    for link in page.locator("article a.num").all()[:12]:
        link.scroll_into_view_if_needed()
        page.wait_for_timeout(50)
        link.focus()
        box = page.locator(NOTE).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_a_number_leads_to_its_record(opened):
    link = opened.page.locator("article a.num").first
    id = link.get_attribute("href").split("#")[1]
    link.click()
    opened.page.wait_for_url(f"**/register.html#{id}")
    assert opened.page.locator(f'[id="{id}"]').is_visible()


def test_every_number_has_its_note(visit, name):
    missing = visit(name).page.evaluate(
        """() => [...document.querySelectorAll('a.num')]
          .map((link) => link.getAttribute('aria-describedby'))
          .filter((id) => !document.getElementById(id))"""
    )
    assert missing == []


# --- Charts


def test_charts_wait_until_the_reader_comes_near(visit):
    page = visit(CHAPTER, viewport={"width": 1280, "height": 500}).page
    page.wait_for_timeout(300)
    figures = page.locator("figure.hp-chart")
    assert figures.count() >= 3
    assert figures.last.get_attribute("data-drawn") is None
    figures.last.scroll_into_view_if_needed()
    page.wait_for_function(
        "() => [...document.querySelectorAll('figure.hp-chart')].at(-1).dataset.drawn"
    )


def test_charts_follow_the_theme(drawn):
    page = drawn.page
    modes = "[...document.querySelectorAll('figure.hp-chart')].map((f) => f.dataset.drawn)"
    text = "getComputedStyle(document.querySelector('.hp-plot .xtick text')).fill"
    assert set(page.evaluate(modes)) == {"light"}
    before = page.evaluate(text)
    page.evaluate("document.body.dataset.theme = 'dark'")
    page.wait_for_function(f"() => {modes}.every((mode) => mode === 'dark')")
    assert page.evaluate(text) != before
    page.evaluate("document.body.dataset.theme = 'light'")
    page.wait_for_function(f"() => {modes}.every((mode) => mode === 'light')")
    assert page.evaluate(text) == before


def test_dark_charts_use_dark_partners_of_the_palette(visit):
    opened = visit(CHAPTER, color_scheme="dark")
    opened.scroll_through()
    colors = opened.page.evaluate(
        """() => { const light = new Set(Object.keys(window.hpTheme.pairs));
          const stay = new Set(Object.values(window.hpTheme.pairs));
          const found = [];
          JSON.stringify([...document.querySelectorAll('.hp-plot')].map((p) => p.data), (k, v) => {
            if (typeof v === 'string' && light.has(v) && !stay.has(v)) found.push(v);
            return v; });
          return found; }"""
    )
    assert colors == []


def test_picture_and_data_can_be_saved(drawn):
    page = drawn.page
    figure = page.locator("figure.hp-chart").first
    id = figure.get_attribute("id")
    title = figure.locator("figcaption").inner_text().removesuffix("#").strip()

    name, png = save(page, figure, "PNG")
    assert (name, png[:8]) == (f"{id}.png", b"\x89PNG\r\n\x1a\n")

    name, svg = save(page, figure, "SVG")
    text = svg.decode("utf8")
    assert name == f"{id}.svg"
    assert text.startswith("<svg")
    assert title.split()[0] in text
    assert re.search(r"Sources?:|sources", text), "the picture names its sources"

    name, data = save(page, figure, "CSV")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    shown = figure.locator(":scope > details tbody tr").count()
    assert name == f"{id}.csv"
    assert len(rows) == shown + 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert drawn.faults() == []


def test_saved_numbers_are_unrounded(drawn):
    """The CSV holds what is drawn, not what the table prints."""
    values = drawn.page.evaluate(
        """() => [...document.querySelectorAll('figure.hp-chart > details td[data-v]')]
          .map((cell) => [cell.dataset.v, cell.textContent])"""
    )
    numbers = [(float(raw), text) for raw, text in values if re.fullmatch(r"-?[\d.e+-]+", raw)]
    assert numbers
    for raw, text in numbers:
        shown = float(text.replace("\u00a0", "").replace("\u2212", "-"))
        assert shown == pytest.approx(raw, rel=0.01, abs=0.006)


def test_print_shows_every_chart_in_light(visit):
    opened = visit(CHAPTER, color_scheme="dark")
    opened.scroll_through()
    opened.page.evaluate(
        """() => { window.printed = null; window.addEventListener('beforeprint', () => {
          window.printed = [...document.querySelectorAll('figure.hp-chart')]
            .map((figure) => figure.dataset.drawn); }); }"""
    )
    assert len(opened.page.pdf()) > 10_000
    assert set(opened.page.evaluate("window.printed")) == {"light"}
    opened.page.wait_for_function(
        """() => [...document.querySelectorAll('figure.hp-chart')].every(
          (figure) => figure.dataset.drawn === 'dark')"""
    )
    assert opened.faults() == []


def test_print_before_any_chart_is_drawn_shows_the_tables(visit):
    """The library is not loaded yet, and paper does not wait: the data is printed instead."""
    page = visit(CHAPTER, viewport={"width": 1280, "height": 200}).page
    state = page.evaluate(
        """() => { window.dispatchEvent(new Event('beforeprint'));
          const open = [...document.querySelectorAll('figure.hp-chart')].map(
            (figure) => Boolean(figure.dataset.drawn)
              || figure.querySelector(':scope > details').open);
          window.dispatchEvent(new Event('afterprint'));
          const after = document.querySelectorAll('figure.hp-chart > details[open]').length;
          return [open.every(Boolean), after > 0]; }"""
    )
    assert state == [True, False]


def test_without_the_library_the_table_opens(visit, origin):
    opened = visit("book/index")
    opened.page.context.route("**/plotly-basic.min.js*", lambda route: route.abort())
    opened.page.goto(f"{origin}/{CHAPTER}.html")
    figure = opened.page.locator("figure.hp-chart").first
    figure.scroll_into_view_if_needed()
    opened.page.wait_for_selector("figure.hp-chart > details[open]")
    assert "could not be loaded" in figure.locator(".hp-plot").inner_text()


def test_long_row_labels_fit_a_phone(visit):
    """No label of a chart's vertical axis starts left of the chart."""
    opened = visit(CHAPTER, viewport={"width": 360, "height": 740})
    opened.scroll_through()
    cut = opened.page.evaluate(
        """() => [...document.querySelectorAll('.hp-plot')].flatMap((plot) => {
          const left = plot.getBoundingClientRect().left;
          return [...plot.querySelectorAll('.ytick text')]
            .filter((label) => label.getBoundingClientRect().left < left - 1)
            .map((label) => label.textContent); })"""
    )
    assert cut == []


# --- Reference pages and the menu


def test_register_filter(visit):
    opened = visit("book/register")
    page = opened.page
    rows = page.locator("table.hp-register tbody tr:visible")
    total = page.locator("table.hp-register tbody tr").count()
    assert rows.count() == 0  # groups are closed until asked for
    page.get_by_label("Find").fill("cost frame")
    some = rows.count()
    assert 0 < some < total
    assert page.locator(".hp-filter output").inner_text() == f"{some} of {total} records"
    page.get_by_label("Find").fill("")
    page.get_by_label("Status").select_option("assumption")
    assert set(rows.evaluate_all("(all) => all.map((row) => row.dataset.status)")) == {"assumption"}
    page.get_by_label("Status").select_option("")
    page.get_by_label("Find").fill("zzz")
    assert rows.count() == 0
    assert opened.faults() == []


def test_a_link_to_a_record_opens_its_group(visit):
    page = visit("book/register", anchor="#cost.frame_article").page
    page.wait_for_function(
        """() => { const row = document.getElementById('cost.frame_article');
        const box = row.getBoundingClientRect();
        return box.height > 0 && box.top >= 0 && box.top < innerHeight / 2; }"""
    )


def test_the_register_is_printed_whole(visit):
    page = visit("book/register").page
    rows = page.locator("table.hp-register tbody tr")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("table.hp-register tbody tr:visible").count() == rows.count()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("table.hp-register tbody tr:visible").count() == 0


def test_a_link_to_a_record_that_the_filter_hides_shows_it(visit):
    page = visit("book/register").page
    page.get_by_label("Find").fill("zzz")
    page.evaluate("location.hash = '#cost.frame_article'")
    page.wait_for_selector('[id="cost.frame_article"]:visible')


def test_menu_of_a_narrow_screen_by_keyboard(visit):
    opened = visit(CHAPTER, viewport={"width": 360, "height": 740})
    page = opened.page
    hidden = page.locator(".sidebar-drawer a", has_text="Register of values")
    assert not hidden.is_visible()
    button = page.get_by_role("button", name="Toggle site navigation sidebar")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    page.wait_for_function(
        "() => document.querySelector('.sidebar-drawer').getBoundingClientRect().left > -1"
    )
    assert hidden.is_visible()
    page.keyboard.press("Escape")
    assert button.get_attribute("aria-expanded") == "false"
    assert opened.faults() == []


def test_first_tab_skips_to_the_content(opened):
    opened.page.keyboard.press("Tab")
    focused = opened.page.evaluate("document.activeElement.textContent.trim()")
    assert focused == "Skip to content"


def test_notebook_can_be_downloaded_and_opened_elsewhere(opened, site_folder):
    line = opened.page.locator(".hp-launch")
    addresses = [link.get_attribute("href") for link in line.locator("a").all()]
    # The downloaded copy gets the project first, so that it runs wherever it is opened.
    notebook = nbformat.read(site_folder / "book" / addresses[0], as_version=4)
    nbformat.validate(notebook)
    assert "git clone" in notebook.cells[0].source
    assert [address.split("/")[2] for address in addresses[1:]] == ["mybinder.org"]


def test_reduced_motion_is_respected(visit):
    page = visit(CHAPTER, reduced_motion="reduce").page
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_mathematics_needs_no_engine(visit, site_folder):
    """Equations are MathML in the page; no page asks for a math script."""
    for path in site_folder.glob("book/*.html"):
        scripts = re.findall(r"<script[^>]*src=[^>]*>", path.read_text(encoding="utf8"))
        assert not [tag for tag in scripts if re.search("mathjax|katex", tag, re.I)], path.name
