import json
import re
import sys
from html.parser import HTMLParser

import nbformat
import pytest
from nbclient import NotebookClient

from analysis import explorer
from analysis.explorer import engine, page, state, views, words
from analysis.explorer.jupyter import Panel
from analysis.explorer.state import State

PANELS = list(explorer.EXPLORERS.values())
ids = {"ids": lambda e: e.id}


class Reader(HTMLParser):
    """Collect what a test asks about: ids, references to ids, labels and data blocks."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.refs, self.labelled, self.fields, self.data, self.scripts = (
            [], set(), set(), [], "", 0)  # fmt: skip
        self._in = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if "id" in a:
            self.ids.append(a["id"])
        for name in ("aria-labelledby", "aria-describedby"):
            self.refs |= set(a.get(name, "").split())
        if tag == "label":
            self.labelled.add(a.get("for"))
        if tag in ("input", "select"):
            self.fields.append(a)
        if tag == "script":
            self.scripts += a.get("type") != "application/json"
            self._in = True

    def handle_endtag(self, tag):
        self._in = self._in and tag != "script"

    def handle_data(self, text):
        if self._in:
            self.data += text


@pytest.mark.parametrize("panel", PANELS, **ids)
def test_the_page_view_is_sound_html_that_says_the_result(panel):
    text = page.html(panel)
    found = Reader(text)
    assert found.scripts == 0
    assert len(set(found.ids)) == len(found.ids)
    assert found.refs <= set(found.ids)
    assert json.loads(found.data) == panel.payload
    for a in found.fields:
        assert a.get("id") in found.labelled or a.get("aria-labelledby") in found.ids
    assert words.headlines(panel, engine.evaluate(panel))[0].split("\n")[0] in text.replace(
        "&#x27;", "'"
    )


def test_text_from_the_data_cannot_break_out_of_the_page():
    hostile = {"a": "</script><script>alert(1)</script>", "b": "\u2028"}
    text = page.data(hostile)
    assert "<" not in text
    assert "\u2028" not in text
    assert json.loads(text) == hostile


@pytest.mark.parametrize("panel", PANELS, **ids)
def test_the_bundle_has_a_view_for_jupyter_the_page_and_the_terminal(panel):
    bundle = views.bundle(panel)
    assert set(bundle) == {views.WIDGET, "text/html", "text/plain"}
    assert bundle["text/plain"].startswith(panel.title)


def test_without_ipywidgets_the_page_view_is_left(monkeypatch):
    monkeypatch.setitem(sys.modules, "analysis.explorer.jupyter", None)
    assert set(views.bundle(explorer.survey)) == {"text/html", "text/plain"}


@pytest.fixture(scope="module")
def panel():
    return Panel(explorer.gp_office)


def test_moving_a_slider_moves_headline_and_figures(panel):
    before = panel.headline.value, list(panel.figures["parts"].data[0].x)
    panel.fields["gp.hp_price"].value = 100_000
    assert panel.state.changes == {"gp.hp_price": 100_000}
    assert panel.headline.value != before[0]
    assert list(panel.figures["parts"].data[0].x) != before[1]
    expected = words.headlines(explorer.gp_office, explorer.gp_office.evaluate(panel.state))
    assert expected[0].split("\n")[0] in panel.headline.value
    panel.undo.click()
    assert panel.state == State()
    assert (panel.headline.value, list(panel.figures["parts"].data[0].x)) == before


def test_presets_and_reset_in_jupyter(panel):
    fear = next(
        i for i, p in enumerate(explorer.gp_office.payload["presets"]) if p["id"] == "gp_fear"
    )
    panel.presets.value = fear
    assert panel.state.changes["gp.hp_price"] == 144_000
    assert panel.fields["gp.hp_price"].value == 144_000
    panel.fields["contract"].value = "deal"
    assert panel.presets.value is None
    panel.reset.click()
    assert panel.state == State()
    assert panel.fields["contract"].value == "self"


def test_a_panel_saves_and_loads_a_scenario_file(panel, tmp_path):
    panel.set(State({"gp.hp_price": 80_000.0}, {"contract": "deal"}))
    panel.save(tmp_path / "scenario.json")
    assert panel.file.value == (tmp_path / "scenario.json").read_text(encoding="utf-8")
    panel.reset.click()
    panel.load(tmp_path / "scenario.json")
    assert panel.state == State({"gp.hp_price": 80_000.0}, {"contract": "deal"})
    panel.reset.click()


def test_a_share_is_set_in_per_cent(panel):
    panel.fields["office.partners"].value = 35
    assert panel.state.changes == {"office.partners": 0.35}
    panel.reset.click()


def test_a_notebook_with_settings_runs_in_a_kernel_and_gives_the_same():
    """What the page hands over: run by a real kernel, moved there, and read back."""
    code = """
from analysis import explorer
from analysis.explorer.jupyter import Panel
shown = explorer.show("gp_office", {"gp.hp_price": 80000}, {"contract": "deal"})
panel = Panel(shown.explorer, shown.state)
panel.fields["gp.downtime_hours"].value = 48
print(panel.headline.value)
"""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(code),
            nbformat.v4.new_code_cell("shown"),
        ]
    )
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", store_widget_state=False)
    client.execute()
    at = State({"gp.hp_price": 80000.0, "gp.downtime_hours": 48.0}, {"contract": "deal"})
    sentences = words.headlines(explorer.gp_office, explorer.gp_office.evaluate(at))
    printed = notebook.cells[0].outputs[0].text
    assert re.sub(r"<[^>]*>", "", printed).strip() == " ".join(" ".join(sentences).split("\n"))
    assert set(notebook.cells[1].outputs[0].data) == {views.WIDGET, "text/html", "text/plain"}


def test_settings_given_in_code_are_checked():
    shown = explorer.show("survey", {"survey.silent_share": 0.2})
    assert shown.state == state.checked(explorer.survey, {"survey.silent_share": 0.2})
