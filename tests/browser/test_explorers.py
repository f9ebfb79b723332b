"""The explorers on a page of their own: the same numbers as in Python, and robust against anything.

The page is made here from the declarations, with the policy of the site, and opened from file://
as well as from a server, so that nothing of the rest of the book is needed.
"""

from __future__ import annotations

import ast
import json
import random
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest

import analysis
from analysis import explorer
from analysis.explorer import engine, page, state, words
from analysis.explorer.declare import _unit as unit_for_page
from analysis.explorer.state import State
from analysis.site import binder, launch, policy
from analysis.site.assets import ASSETS, AXE, PLOTLY
from analysis.site.serve import make_server

PANELS = list(explorer.EXPLORERS.values())
CHART = explorer.gp_office.payload["charts"][0]
SETTINGS = 200
FEW = 64
SHELL = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Explorers</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="furo.css"><link rel="stylesheet" href="book.css">
<link rel="stylesheet" href="explorer.css"><script defer src="explorer-kernels.js"></script>
<script defer src="explorer-core.js"></script><script defer src="explorer.js"></script></head>
<body data-theme="auto"><main style="padding:0 16px"><h1>Explorers</h1><h2>All of them</h2>
{sections}</main></body></html>"""
SECTION = "(id) => document.querySelector(`section[data-explorer=${id}]`)"
SET = f"""async ([id, state]) => {{ const s = ({SECTION})(id); await s.hpExplorer.set(state);
  return [...s.querySelectorAll('.hx-main, .hx-rest')].map((p) => p.textContent); }}"""
STATE = f"(id) => ({SECTION})(id).hpExplorer.state()"
SETTLED = f"async (id) => (await ({SECTION})(id).hpExplorer.settled()).draws"
# Everything the reader would see of many states, without painting it.
SEEN = f"""([id, states, draws]) => {{ const core = HPExplorerCore;
  const p = ({SECTION})(id).hpExplorer.payload;
  return states.map((s) => {{ const r = core.evaluate(p, s, draws); return {{
    en: core.headlines(p, r, 'en'), nb: core.headlines(p, r, 'nb'),
    tables: p.charts.map((c) => core.table(p, r, c)),
    cells: p.charts.map((c) => core.table(p, r, c).rows.map((row) => row.map((x) =>
      typeof x === 'string' ? x : core.cell(x, 4, 'nb')))),
    alts: p.charts.map((c) => core.fill(p, r, c.alt, '', 'en')),
    marks: p.charts.map((c) => core.marks(p, r, c, 'en').map((m) => [m.text, m.x, m.y]))
  }}; }}); }}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the page and its files, below a sub-path."""
    root = tmp_path_factory.mktemp("site")
    out = root / "some" / "path"
    out.mkdir(parents=True)
    for name in ("explorer.js", "explorer-core.js"):
        shutil.copy(ASSETS / "js" / name, out)
    for name in ("explorer.css", "book.css"):
        shutil.copy(ASSETS / "css" / name, out)
    shutil.copy(ASSETS / PLOTLY, out)
    import furo

    shutil.copy(Path(furo.__file__).parent / "theme/furo/static/styles/furo.css", out)
    (out / "explorer-kernels.js").write_text(explorer.kernels_script(), encoding="utf8")
    html = SHELL.format(sections="".join(page.html(panel) for panel in PANELS))
    (root / "index.html").write_text("<!doctype html>", encoding="utf8")
    (out / "index.html").write_text(policy.with_policy(html), encoding="utf8")
    return root


@pytest.fixture(scope="module")
def address(folder):
    return (folder / "some/path/index.html").as_uri()


@pytest.fixture(scope="module")
def served(folder):
    server = make_server(folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/some/path/index.html"
    server.shutdown()


class Reader:
    """One open page and everything that went wrong on it."""

    def __init__(self, browser, address, **options):
        options.setdefault("viewport", {"width": 1000, "height": 800})
        self.context = browser.new_context(accept_downloads=True, **options)
        self.page = self.context.new_page()
        self.faults = []
        self.requests = []
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.faults.append(str(e)))
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.page.goto(address)

    def section(self, id):
        return self.page.locator(f"section[data-explorer={id}]")

    def set(self, id, changes=None, choices=None):
        return self.page.evaluate(SET, [id, {"changes": changes or {}, "choices": choices or {}}])

    def state(self, id):
        return self.page.evaluate(STATE, id)


@pytest.fixture
def reader(chromium, address):
    one = Reader(chromium, address)
    yield one
    one.context.close()
    assert one.faults == []


@pytest.fixture(scope="module")
def common(chromium, address):
    """One page for the tests that change nothing on it."""
    one = Reader(chromium, address)
    yield one
    one.context.close()


def random_states(panel, count, seed=7):
    """Settings anywhere within the limits, a few of them at an end."""
    rng = random.Random(f"{panel.id}{seed}")
    controls = panel.payload["controls"]
    found = []
    for _ in range(count):
        changes, choices = {}, {}
        for c in controls:
            if rng.random() < 0.5:
                continue
            if c["kind"] == "choice":
                choices[c["name"]] = rng.choice(c["options"])["key"]
            else:
                steps = round((c["max"] - c["min"]) / c["step"])
                x = c["min"] + c["step"] * rng.choice([0, steps, rng.randint(0, steps)])
                changes[c["id"]] = min(c["max"], float(f"{x:.12g}"))
        found.append(state.checked(panel, changes, choices))
    return found


def seen_in_python(panel, at, draws):
    result = engine.evaluate(panel, at, draws)
    charts = panel.payload["charts"]
    tables = [words.table(panel, result, chart) for chart in charts]
    return {
        "en": words.headlines(panel, result, "en"),
        "nb": words.headlines(panel, result, "nb"),
        "tables": tables,
        "cells": [[[words.cell(x, 4, "nb") for x in row] for row in t["rows"]] for t in tables],
        "alts": [words.fill(panel, result, chart["alt"]) for chart in charts],
        "marks": [
            [[m["text"], m["x"], m["y"]] for m in words.marks(panel, result, chart)]
            for chart in charts
        ],
    }


def assert_same(ours, theirs):
    for part in ("en", "nb", "alts"):
        assert theirs[part] == ours[part]
    for mine, yours in zip(ours["tables"], theirs["tables"], strict=True):
        assert yours["columns"] == mine["columns"]
        for row, other in zip(mine["rows"], yours["rows"], strict=True):
            for x, y in zip(row, other, strict=True):
                assert y == (x if isinstance(x, str) else pytest.approx(x, rel=1e-9, abs=1e-9))
    for mine, yours, table in zip(ours["cells"], theirs["cells"], ours["tables"], strict=True):
        for row, other, raw in zip(mine, yours, table["rows"], strict=True):
            for x, y, number in zip(row, other, raw, strict=True):
                assert isinstance(number, int) or x == y
    for mine, yours in zip(ours["marks"], theirs["marks"], strict=True):
        assert [m[0] for m in mine] == [m[0] for m in yours]
        assert [m[1:] for m in yours] == [pytest.approx(m[1:], rel=1e-9, abs=1e-9) for m in mine]


@pytest.mark.parametrize("panel", PANELS, ids=lambda e: e.id)
def test_two_hundred_settings_give_the_same_in_both_runtimes(common, panel):
    states = random_states(panel, SETTINGS)
    plain = [{"changes": dict(s.changes), "choices": dict(s.choices)} for s in states]
    theirs = common.page.evaluate(SEEN, [panel.id, plain, FEW])
    for at, seen in zip(states, theirs, strict=True):
        assert_same(seen_in_python(panel, at, FEW), seen)


@pytest.mark.parametrize("panel", PANELS, ids=lambda e: e.id)
def test_presets_with_all_draws_show_on_the_page_what_python_says(reader, panel):
    for i, preset in enumerate(panel.payload["presets"]):
        at = State(preset["changes"], preset["choices"])
        ours = seen_in_python(panel, at, None)
        theirs = reader.page.evaluate(
            SEEN, [panel.id, [{"changes": preset["changes"], "choices": preset["choices"]}], None]
        )[0]
        assert_same(ours, theirs)
        section = reader.section(panel.id)
        section.locator(".hx-preset select").select_option(str(i))
        assert reader.page.evaluate(SETTLED, panel.id) in (0, panel.draws)
        shown = section.locator(".hx-main, .hx-rest").all_text_contents()
        assert " ".join(shown) == " ".join(" ".join(ours["en"]).split("\n"))


def test_moving_a_slider_in_jupyter_and_on_the_page_draws_the_same(reader):
    from analysis.explorer.jupyter import Panel

    for panel in PANELS:
        control = next(c for c in panel.payload["controls"] if c["kind"] == "number")
        widget = Panel(panel)
        wanted = control["max"]
        widget.fields[control["id"]].value = wanted * control["shown"]["factor"]
        section = reader.section(panel.id)
        slider = section.locator(f"[data-name='{control['id']}'] [type=range]")
        slider.scroll_into_view_if_needed()
        slider.focus()
        slider.press("End")
        reader.page.evaluate(SETTLED, panel.id)
        assert reader.state(panel.id)["changes"] == widget.state.changes == {control["id"]: wanted}
        for chart, figure in widget.figures.items():
            drawn = section.locator(f"[data-chart={chart}] .hx-plot").evaluate(
                "(plot) => plot.data.map((t) => [t.x, t.y].map((v) => Array.from(v)))"
            )
            assert len(drawn) == len(figure.data)
            for (x, y), trace in zip(drawn, figure.data, strict=True):
                for mine, yours in ((trace.x, x), (trace.y, y)):
                    numbers = [v for v in yours if not isinstance(v, str)]
                    assert numbers == pytest.approx(
                        [v for v in mine if not isinstance(v, str)], rel=1e-9, abs=1e-9
                    )


FUZZ = [
    "s=1~gp_office~gp.hp_price:80000~x:<img src=x onerror=alert(1)>",
    "s=1~gp_office~<script>alert(1)</script>:1",
    "s=1~gp_office~__proto__:1~constructor:1~toString:x~hasOwnProperty:2",
    "s=1~gp_office~gp.hp_price:NaN~office.gps:Infinity~office.list_size:-1e308",
    "s=1~gp_office~gp.hp_price:1e308~gp.hp_price:1e999~gp.hp_price:%00",
    "s=1~gp_office~contract:__proto__~contract:",
    "s=9999~gp_office~office.gps:6",
    "s=1~nowhere~a:1",
    "s=1~gp_office~" + "~" * 3000,
    "s=" + "1" * 100_000,
    "s=%E0%A4%A",
    "s=1~gp_office~gp.hp_price:\u0663",
    "s=1~gp_office~office.gps:6:7",
    "s=1~gp_office~v:000000000000~office.gps:6",
]


def random_texts(count):
    rng = random.Random(11)
    names = ["gp.hp_price", "office.gps", "contract", "deal", "__proto__", "s=1~gp_office"]
    signs = ["~", ":", "1", "-", "e9", ".", "%", "&", "<b>", "\u2028", "\U0001f600", "\x00", "NaN"]
    parts = names + signs
    return [
        "s=1~gp_office~" + "".join(rng.choice(parts) for _ in range(rng.randint(1, 30)))
        for _ in range(count)
    ]


def test_links_are_read_alike_in_both_runtimes_and_never_break(common):
    panel = explorer.gp_office
    texts = [*FUZZ, *random_texts(400)]
    theirs = common.page.evaluate(
        f"""(texts) => texts.map((t) => {{
          const r = HPExplorerCore.fromLink(({SECTION})('gp_office').hpExplorer.payload, t);
          return [r.state.changes, r.state.choices, r.messages]; }})""",
        texts,
    )
    for text, (changes, choices, messages) in zip(texts, theirs, strict=True):
        found, said = state.from_link(panel, text)
        assert (changes, choices) == (dict(found.changes), dict(found.choices)), text
        assert messages == said, text


def random_json(rng, depth=0):
    kind = rng.randint(0, 7 if depth < 4 else 5)
    if kind == 6:
        return [random_json(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    if kind == 7:
        keys = ["value", "unit", "contract", "gp.hp_price", "__proto__", "x<y"]
        return {rng.choice(keys): random_json(rng, depth + 1) for _ in range(rng.randint(0, 3))}
    return [None, True, 5, -1e308, "80000", "<script>alert(1)</script>"][kind]


def random_files(count):
    rng = random.Random(13)
    files = ["", "{", "[]", "null", "1e999", "[" * 5000, '{"format": 1}', '{"__proto__": {}}']
    names = ["gp.hp_price", "office.gps", "__proto__", "constructor", "<b>", "cost.frame_article"]
    for _ in range(count):
        files.append(
            json.dumps(
                {
                    "format": "helseplattformen-scenario",
                    "changes": {rng.choice(names): random_json(rng) for _ in range(3)},
                    "view": {"choices": {"contract": random_json(rng), "y": random_json(rng)}},
                }
            )
        )
    return files


def test_scenario_files_are_read_alike_in_both_runtimes_and_never_break(common):
    texts = random_files(400)
    theirs = common.page.evaluate(
        f"""(texts) => texts.map((t) => {{
          const r = HPExplorerCore.fromFile(({SECTION})('gp_office').hpExplorer.payload, t);
          return [r.state.changes, r.state.choices, r.messages]; }})""",
        texts,
    )
    for text, (changes, choices, messages) in zip(texts, theirs, strict=True):
        found, said = state.from_json(explorer.gp_office, text)
        assert (changes, choices) == (dict(found.changes), dict(found.choices)), text
        assert sorted(messages) == sorted(said), text
    assert common.page.evaluate("({}).value === undefined && ({}).unit === undefined")


def test_hostile_links_reach_the_page_without_markup_or_exception(reader):
    for text in [*FUZZ, *random_texts(60)]:
        reader.page.evaluate("(t) => { location.hash = t; }", text)
    reader.page.wait_for_timeout(300)
    assert reader.page.evaluate(SETTLED, "gp_office") == 2048
    boxes = reader.page.locator(".hx-message[role=status]")
    assert boxes.evaluate_all("(all) => all.reduce((n, b) => n + b.children.length, 0)") == 0
    price = reader.state("gp_office")["changes"].get("gp.hp_price", 60000)
    assert 0 <= price <= 400_000


def test_a_link_names_what_it_could_not_take_and_keeps_the_rest(chromium, address):
    link = f"{address}#s=1~gp_office~gp.hp_price:999999~office.gps:6~nothing:1"
    reader = Reader(chromium, link)
    assert reader.state("gp_office") == {"changes": {"office.gps": 6}, "choices": {}}
    said = reader.section("gp_office").locator(".hx-message").last.text_content()
    assert "outside 0 to 400000" in said
    assert "“nothing” is not a setting here" in said
    assert reader.faults == []
    reader.context.close()


def test_a_copied_link_restores_the_settings_from_a_file_and_below_a_path(
    chromium, address, served
):
    for place in (address, served):
        reader = Reader(chromium, place)
        reader.set("gp_office", {"gp.hp_price": 80000}, {"contract": "deal"})
        reader.section("gp_office").get_by_role("button", name="Copy link").click()
        reader.page.wait_for_function("location.hash.startsWith('#s=1~gp_office')")
        link = reader.page.url
        other = Reader(chromium, link)
        assert other.state("gp_office") == reader.state("gp_office")
        assert other.faults == reader.faults == []
        reader.context.close()
        other.context.close()


def test_nothing_is_asked_of_another_host_and_nothing_at_all_from_a_file(chromium, address, served):
    reader = Reader(chromium, served)
    for panel in PANELS:
        reader.page.evaluate(SETTLED, panel.id)
    hosts = {url.split("/")[2] for url in reader.requests if not url.startswith(("blob:", "data:"))}
    assert hosts == {served.split("/")[2]}
    assert reader.faults == []
    reader.context.close()
    cut = Reader(chromium, address, offline=True)
    for panel in PANELS:
        assert cut.page.evaluate(SETTLED, panel.id) in (0, panel.draws)
    assert all(url.startswith(("file:", "blob:", "data:")) for url in cut.requests)
    assert cut.faults == []
    cut.context.close()


def test_without_workers_the_bands_are_refined_all_the_same(chromium, address):
    reader = Reader(chromium, "about:blank")
    reader.context.add_init_script("delete window.Worker;")
    reader.page.goto(address)
    with_worker = Reader(chromium, address)
    for id in ("gp_office", "adoption"):
        assert reader.page.evaluate(SETTLED, id) == 2048
        both = [r.section(id).locator(".hx-main").text_content() for r in (reader, with_worker)]
        with_worker.page.evaluate(SETTLED, id)
        both[1] = with_worker.section(id).locator(".hx-main").text_content()
        assert both[0] == both[1]
    assert reader.faults == []
    reader.context.close()
    with_worker.context.close()


def test_without_scripts_the_page_still_says_its_result(chromium, address):
    reader = Reader(chromium, address, java_script_enabled=False)
    for panel in PANELS:
        section = reader.section(panel.id)
        first = words.headlines(panel, engine.evaluate(panel))[0].split("\n")[0]
        assert section.locator(".hx-main").text_content() == first
        assert section.locator("tbody tr").count() >= 3
        assert section.locator("input:not(:disabled), select:not(:disabled)").count() == 0
        assert "need JavaScript" in section.locator("noscript").text_content()
    reader.context.close()


def test_everything_works_from_the_keyboard(reader):
    page, section = reader.page, reader.section("gp_office")
    slider = section.locator("[data-name='gp.hp_price'] [type=range]")
    slider.focus()
    before = section.locator(".hx-main").text_content()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.evaluate(SETTLED, "gp_office")
    assert reader.state("gp_office")["changes"] == {"gp.hp_price": 80000}
    assert section.locator(".hx-main").text_content() != before
    assert (
        section.locator("[data-name='gp.hp_price']").evaluate("b => b.className")
        == "hx-control hx-off"
    )
    back = section.get_by_role("button", name="Back to default: What Helseplattformen")
    back.focus()
    page.keyboard.press("Enter")
    assert reader.state("gp_office")["changes"] == {}
    assert page.evaluate("document.activeElement.id").endswith("gp-hp-price")
    undo = section.get_by_role("button", name="Undo")
    undo.focus()
    page.keyboard.press("Enter")
    assert reader.state("gp_office")["changes"] == {"gp.hp_price": 80000}
    choice = section.locator("[data-name=contract] select")
    choice.focus()
    page.keyboard.press("ArrowDown")
    assert reader.state("gp_office")["choices"] == {"contract": "deal"}


def test_a_tap_moves_a_slider(chromium, address):
    options = {"has_touch": True, "viewport": {"width": 360, "height": 740}}
    reader = Reader(chromium, address, **options)
    reader.page.evaluate(SETTLED, "survey")
    slider = reader.section("survey").locator("[data-name='survey.silent_share'] [type=range]")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    reader.page.touchscreen.tap(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2)
    reader.page.wait_for_function(f"Object.keys(({STATE})('survey').changes).length")
    assert reader.state("survey")["changes"]["survey.silent_share"] == pytest.approx(0.8, abs=0.05)
    reader.context.close()


def test_a_number_out_of_range_is_refused_with_the_allowed_range(reader):
    section = reader.section("gp_office")
    box = section.locator("[data-name='gp.hp_price'] [type=number]")
    for text in ("500000", "-1", ""):
        box.fill(text)
        box.press("Tab")
        assert "allowed is 0" in section.locator(".hx-message").last.text_content()
        assert box.input_value() == "60000"
        assert reader.state("gp_office")["changes"] == {}
    box.fill("70000")
    box.press("Tab")
    assert reader.state("gp_office")["changes"] == {"gp.hp_price": 70000}
    assert section.locator(".hx-message").last.is_hidden()


def test_undo_and_reset_walk_back(reader):
    section = reader.section("survey")
    undo = section.get_by_role("button", name="Undo")
    assert undo.is_disabled()
    for share in (0.2, 0.8):
        reader.set("survey", {"survey.silent_share": share})
    section.get_by_role("button", name="Reset").click()
    assert reader.state("survey")["changes"] == {}
    for share in (0.8, 0.2):
        undo.click()
        assert reader.state("survey")["changes"] == {"survey.silent_share": share}
    undo.click()
    assert reader.state("survey")["changes"] == {}
    assert undo.is_disabled()


def download(reader, section, name):
    with reader.page.expect_download() as waiting:
        section.get_by_role("button", name=name, exact=True).click()
    return waiting.value


def test_downloads_carry_the_scenario(reader, tmp_path):
    wanted = State({"gp.hp_price": 80000.0, "office.partners": 0.35}, {"contract": "deal"})
    reader.set("gp_office", dict(wanted.changes), dict(wanted.choices))
    section = reader.section("gp_office")
    section.get_by_text("Save, embed, open in Jupyter").click()
    path = tmp_path / "scenario.json"
    download(reader, section, "Scenario (JSON)").save_as(path)
    assert analysis.load_scenario(path).changes == wanted.changes
    assert state.load(explorer.gp_office, path) == wanted
    section.locator("input[type=file]").set_input_files(path)

    name = f"Download “{CHART['title']}” as CSV"
    download(reader, section, name).save_as(tmp_path / "data.csv")
    lines = (tmp_path / "data.csv").read_bytes().decode("utf-8-sig").split("\r\n")
    table = words.table(explorer.gp_office, explorer.gp_office.evaluate(wanted), CHART)
    assert lines[0].split(",")[0] == table["columns"][0]
    for line, row in zip(lines[1:], table["rows"], strict=False):
        found = [float(x) for x in line.split('"')[-1].split(",")[-6:]]
        assert found == pytest.approx(row[1:], rel=1e-9, abs=1e-9)

    download(reader, section, "Jupyter notebook with these settings").save_as(tmp_path / "n.ipynb")
    notebook = nbformat.read(tmp_path / "n.ipynb", as_version=4)
    nbformat.validate(notebook)
    scope = {}
    exec(notebook.cells[-1].source.replace("explorer.show(", "shown = explorer.show("), scope)
    assert scope["shown"].state == wanted

    for kind, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        picture = tmp_path / "picture"
        name = f"Download “{CHART['title']}” as {kind}"
        download(reader, section, name).save_as(picture)
        assert picture.read_bytes().startswith(start)


def test_a_scenario_file_is_taken_and_a_wrong_one_refused(reader, tmp_path):
    wanted = State({"gp.hp_price": 90000.0}, {"contract": "salaried"})
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(state.to_json(explorer.gp_office, wanted), encoding="utf-8")
    bad.write_text('{"format": "<img src=x onerror=alert(1)>"}', encoding="utf-8")
    section = reader.section("gp_office")
    section.get_by_text("Save, embed, open in Jupyter").click()
    section.locator("input[type=file]").set_input_files(good)
    reader.page.wait_for_function(f"({SECTION})('gp_office').hpExplorer.state().choices.contract")
    assert reader.state("gp_office") == {
        "changes": dict(wanted.changes),
        "choices": dict(wanted.choices),
    }
    section.locator("input[type=file]").set_input_files(bad)
    section.get_by_text("not a scenario of this project").wait_for()


def test_embedded_only_the_one_explorer_is_there(chromium, served):
    reader = Reader(chromium, f"{served}?embed=survey#s=1~survey~survey.silent_share:0.2")
    assert reader.page.locator("section.hp-explorer").count() == 1
    assert reader.state("survey")["changes"] == {"survey.silent_share": 0.2}
    assert reader.page.locator("h1").count() == 0
    assert reader.faults == []
    reader.context.close()


def test_the_embed_code_is_an_iframe_of_this_page(reader):
    section = reader.section("survey")
    section.get_by_text("Save, embed, open in Jupyter").click()
    section.get_by_role("button", name="Embed code").click()
    section.locator("textarea").wait_for()
    code = section.locator("textarea").input_value()
    assert code.startswith("<iframe src=")
    assert "?embed=survey#s=1~survey" in code


def test_norwegian_numbers_are_a_choice_that_lasts(chromium, served):
    reader = Reader(chromium, served)
    section = reader.section("budget")
    section.get_by_label("How numbers are written").select_option("nb")
    assert "3,7\u00a0mrd. kr" in section.locator(".hx-main").text_content()
    reader.page.reload()
    assert "3,7\u00a0mrd. kr" in reader.set("budget")[0]
    reader.context.close()


# What is drawn, beside what the library draws afresh from the same data on an empty place.
DRAWN_AND_AFRESH = f"""async (id) => {{ const s = ({SECTION})(id); await s.hpExplorer.settled();
  const seen = (plot) => [...plot.querySelectorAll('.trace path, .trace text')].map((e) => {{
    const box = e.getBoundingClientRect(), on = plot.getBoundingClientRect();
    return [e.tagName, e.textContent, ...[box.x - on.x, box.y - on.y, box.width, box.height].map(
      (v) => Math.round(4 * v) / 4)].join(' '); }}).sort();
  const found = [];
  for (const plot of s.querySelectorAll('.hx-plot')) {{
    const other = plot.cloneNode(false);
    plot.after(other);
    const copy = JSON.parse(JSON.stringify({{data: plot.data, layout: plot.layout}}));
    await Plotly.newPlot(other, copy.data, copy.layout, {{displayModeBar: false}});
    found.push([seen(plot), seen(other)]);
    other.remove();
  }}
  return found; }}"""


def test_a_moved_chart_is_the_chart_drawn_afresh(reader):
    for panel in PANELS:
        before = None
        reader.section(panel.id).scroll_into_view_if_needed()
        for at in random_states(panel, 4):
            reader.set(panel.id, dict(at.changes), dict(at.choices))
            charts = reader.page.evaluate(DRAWN_AND_AFRESH, panel.id)
            assert len(charts) == len(panel.payload["charts"])
            for moved, afresh in charts:
                assert moved, panel.id
                assert moved == afresh
            assert charts != before
            before = charts


def test_colours_follow_the_theme(reader):
    for panel in PANELS:
        reader.page.evaluate(SETTLED, panel.id)
    read = "() => [...document.querySelectorAll('.hx-plot')].map((p) => p.layout.font.color)"
    light = reader.page.evaluate(read)
    reader.page.evaluate("document.body.dataset.theme = 'dark'")
    for panel in PANELS:
        reader.page.evaluate(SETTLED, panel.id)
    assert light[0] not in reader.page.evaluate(read)


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_page_is_wider_than_its_screen(chromium, address, width):
    reader = Reader(chromium, address, viewport={"width": width, "height": 700})
    for panel in PANELS:
        reader.page.evaluate(SETTLED, panel.id)
        reader.section(panel.id).get_by_text("Save, embed, open in Jupyter").click()
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= width
    reader.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_with_every_explorer_moved_and_open(chromium, address, theme):
    reader = Reader(chromium, address, color_scheme=theme, bypass_csp=True)
    for panel in PANELS:
        at = random_states(panel, 1)[0]
        reader.set(panel.id, dict(at.changes), dict(at.choices))
    reader.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    reader.page.add_script_tag(path=ASSETS / AXE)
    found = reader.page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa']})")
    assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []
    reader.context.close()


def test_on_paper_every_chart_is_drawn_in_light_colours(reader):
    reader.page.evaluate("document.body.dataset.theme = 'dark'")
    for panel in PANELS:
        reader.page.evaluate(SETTLED, panel.id)
    read = "() => [...document.querySelectorAll('.hx-plot')].map((p) => p.layout.font.color)"
    screen = reader.page.evaluate(read)
    reader.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert screen[0] not in reader.page.evaluate(read)
    reader.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert reader.page.evaluate(read) == screen


def test_on_paper_a_page_without_the_library_shows_its_tables(chromium, address):
    reader = Reader(chromium, "about:blank")
    reader.context.route("**/plotly-basic.min.js", lambda route: route.abort())
    reader.page.goto(address)
    tables = reader.page.locator("details.hx-table")
    open_now = "(all) => all.filter((d) => d.open).length"
    reader.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert tables.evaluate_all(open_now) == tables.count()
    reader.context.close()


def test_the_live_region_speaks_once_the_movement_rests(reader):
    section = reader.section("survey")
    slider = section.locator("[data-name='survey.silent_share'] [type=range]")
    slider.focus()
    for _ in range(5):
        reader.page.keyboard.press("ArrowRight")
    region = section.locator("[aria-live=polite]")
    assert region.text_content() == ""
    said = section.locator(".hx-main").text_content()
    region.filter(has_text=said).wait_for(state="attached")


def test_numbers_are_written_as_the_registry_writes_them(common):
    from analysis import registry
    from analysis.registry.formatting import format_value

    units = registry.load().units
    rng = random.Random(3)
    cases = []
    for id in (
        "NOK",
        "bnNOK",
        "share",
        "percent",
        "number",
        "years",
        "year",
        "ratio",
        "index_2015_100",
    ):
        for style in ("", "0", "1", "2", "signed", "abs", "bare", "0 bare"):
            for _ in range(12):
                x = rng.choice([-1, 1]) * 10 ** rng.uniform(-5, 9)
                x = rng.choice([x, round(x), round(x * 8) / 8, 0.0, 0.5, 2.5, -0.125, 0.375])
                cases.append((x, id, style))
    plain = {u: unit_for_page(units[u]) for u in {c[1] for c in cases}}
    for locale in ("en", "nb"):
        theirs = common.page.evaluate(
            "([cases, units, locale]) => cases.map(([x, u, s]) => "
            "HPExplorerCore.formatValue(x, units[u], s, locale))",
            [cases, plain, locale],
        )
        ours = [format_value(x, id, style or None, locale) for x, id, style in cases]
        assert theirs == ours
    digits = common.page.evaluate(
        "(cases) => cases.map(([x]) => HPExplorerCore.significant(x, 3))", cases
    )
    assert digits == [float(f"{x:.3g}") for x, *_ in cases]


@pytest.fixture(scope="module")
def launched(folder):
    """The page with the line "Open in Jupyter", as the book has it on its chapters."""
    config = SimpleNamespace(
        hp_repository_url="https://github.com/someone/some-book", hp_branch="main"
    )
    plain = folder / "some/path/index.html"
    html = launch.add_links(
        SimpleNamespace(config=config), "book/x", plain.read_text(encoding="utf-8")
    )
    plain.with_name("launched.html").write_text(html, encoding="utf-8")
    return plain.with_name("launched.html").as_uri()


def opened_on_binder(address):
    """What the server of the Binder image is asked to open: name and text of the notebook."""
    (path,) = parse_qs(urlsplit(address).query)["urlpath"]
    assert urlsplit(path).path == binder.ADDRESS
    (link,) = parse_qs(urlsplit(path).query)["s"]
    return binder.from_link(link)


def follow(reader, link, how):
    """Use a link as a reader does, but go nowhere; return where it leads."""
    reader.page.evaluate(
        "addEventListener('click', (e) => { if (e.target.closest('a')) e.preventDefault(); })"
    )
    if how == "mouse":
        link.click()
    elif how == "keyboard":
        link.focus()
        reader.page.keyboard.press("Enter")
    else:
        link.evaluate("(a) => a.click()")
    return link.get_attribute("href")


def test_binder_opens_the_settings_of_the_moment_and_the_download_says_the_same(
    chromium, launched, tmp_path
):
    reader = Reader(chromium, launched)
    before = len(reader.requests)
    for panel in PANELS:
        section = reader.section(panel.id)
        section.get_by_text("Save, embed, open in Jupyter").click()
        link = section.get_by_role("link", name="Open these settings on Binder")
        states = [State(), *random_states(panel, 3)]
        for at, how in zip(states, ["untouched", "mouse", "keyboard", "script"], strict=True):
            reader.set(panel.id, dict(at.changes), dict(at.choices))
            asked = link.get_attribute("href") if how == "untouched" else follow(reader, link, how)
            assert asked.startswith("https://mybinder.org/v2/gh/someone/some-book/main?urlpath=")
            _, text = opened_on_binder(asked)
            assert text == binder.notebook(panel, at)
            path = tmp_path / f"{panel.id}-{how}.ipynb"
            download(reader, section, "Jupyter notebook with these settings").save_as(path)
            saved, sent = (nbformat.reads(t, as_version=4) for t in (path.read_text("utf-8"), text))
            what, fetch, show = saved.cells
            assert fetch.source == launch.fetching("https://github.com/someone/some-book", "main")
            assert what.source == f"{sent.cells[0].source}\nMade on {launched}\n"
            assert ast.dump(ast.parse(show.source)) == ast.dump(ast.parse(sent.cells[-1].source))
            assert (saved.metadata, show.id) == (sent.metadata, sent.cells[1].id)
    local = ("file:", "blob:", "data:")
    assert [url for url in reader.requests[before:] if not url.startswith(local)] == []
    assert reader.faults == []
    reader.context.close()


def test_a_panel_says_how_to_reach_colab(chromium, launched):
    reader = Reader(chromium, launched)
    section = reader.section("survey")
    section.get_by_text("Save, embed, open in Jupyter").click()
    line = section.get_by_text("For Colab, save the notebook and upload it there.")
    colab = line.get_by_role("link", name="upload it there")
    assert colab.get_attribute("href").startswith("https://colab.research.google.com/")
    reader.context.close()


def test_without_a_repository_a_panel_offers_no_place_to_run_it(reader):
    section = reader.section("survey")
    section.get_by_text("Save, embed, open in Jupyter").click()
    assert section.locator(".hx-tools").get_by_role("link").count() == 0
