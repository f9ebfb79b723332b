"""The HTML of a chart reads without a script and cannot be broken out of by its data."""

from __future__ import annotations

import json
import re

import pandas as pd
import plotly.graph_objects as go
import pytest

from analysis import figures, registry
from analysis.site.charts import DEFAULT_HEIGHT, drawing_json, figure_html

EVIL = '</script><img src=x onerror="alert(1)">'


def chart(**changes):
    words = {
        "id": "cost",
        "title": "Cost & more",
        "alt": "A line.",
        "table": pd.DataFrame({"Year": [2020], "Cost": [1234.5678], "What": ["a"]}),
        "sources": ["cost.frame_article"],
    }
    return figures.chart(go.Figure(go.Scatter(x=[2020], y=[1.5])), **{**words, **changes})


def test_it_reads_without_a_script():
    page = figure_html(chart(note="Careful.").spec)
    assert 'aria-label="A line."' in page
    assert "Cost &amp; more" in page
    assert "Careful." in page
    assert "2020</th>" in page
    assert "1\u00a0235" in page
    assert 'data-v="1234.57"' in page
    assert 'href="register.html#cost.frame_article"' in page
    assert 'href="sources.html#source-kommunal-rapport-hp"' in page


def test_space_is_reserved():
    tall = chart()
    assert f'style="height:{DEFAULT_HEIGHT}px"' in figure_html(tall.spec)
    tall.spec["layout"]["height"] = 640
    assert 'style="height:640px"' in figure_html(tall.spec)


def test_the_data_block_holds_what_is_drawn_and_no_more():
    block = re.search(r'<script type="application/json">(.*)</script>', figure_html(chart().spec))
    drawing = json.loads(block[1])
    assert drawing["data"][0]["y"] == [1.5]
    assert not {"meta", "template", "title"} & set(drawing["layout"])


@pytest.mark.parametrize("field", ["title", "alt", "note"])
def test_words_cannot_break_out(field):
    page = figure_html(chart(**{field: EVIL}).spec)
    assert page.count("<img") == 0
    assert page.count("</script>") == 1


def test_data_cannot_break_out():
    fig = go.Figure(go.Scatter(x=[1], y=[2], name=EVIL))
    table = pd.DataFrame({EVIL: [EVIL]})
    spec = figures.chart(fig, id="c", title="t", alt="a", table=table, sources=["ssb-07459"]).spec
    page = figure_html(spec)
    assert page.count("<img") == 0
    assert page.count("</script>") == 1
    assert json.loads(drawing_json(spec))["data"][0]["name"] == EVIL


def test_scenario_and_its_hash_are_printed():
    base = registry.load().scenario("base")
    changed = base.with_changes({"cost.frame_article": 5}, label="Dear")
    assert base.hash in figure_html(chart().spec)
    page = figure_html(chart(scenario=changed).spec)
    assert "Scenario: Dear" in page
    assert changed.hash in page
    assert base.hash not in page
