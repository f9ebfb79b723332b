"""Where values are used is found in pages, charts, findings, formulas, conflicts and code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis import registry
from analysis.site import usage

ROOT = Path(__file__).parents[2]


def test_ids_are_read_from_roles_of_pages_and_notebooks(tmp_path):
    page = tmp_path / "a.md"
    page.write_text("{num}`cost.frame_article` and {num}`users.planned|0 bare`.", encoding="utf8")
    notebook = tmp_path / "b.ipynb"
    spec = {"layout": {"meta": {"sources": ["gp.offices"]}}}
    cells = [
        {"cell_type": "markdown", "source": ["{num}`cost", ".frame_article`"]},
        {
            "cell_type": "code",
            "source": '"{num}`not.this`"',
            "outputs": [{"data": {"application/vnd.plotly.v1+json": spec}}],
        },
    ]
    notebook.write_text(json.dumps({"cells": cells}), encoding="utf8")
    assert usage.quoted_ids(page) == ["cost.frame_article", "users.planned"]
    assert usage.quoted_ids(notebook) == ["cost.frame_article"]
    assert usage.chart_sources(notebook) == ["gp.offices"]
    assert usage.pages(tmp_path) == [page, notebook]


def test_ids_are_read_from_tables_of_records(tmp_path):
    page = tmp_path / "a.md"
    page.write_text(
        "```{records} Some\n:events:\nusers.planned\ncost.frame_art*\n```\n", encoding="utf8"
    )
    assert usage.listed_ids(page) == ["users.planned", "cost.frame_article"]
    with pytest.raises(LookupError, match=r"'cost\.nothing_\*': no record"):
        usage.matching(registry.load().values, ["cost.nothing_*"])


def test_every_value_is_used_somewhere():
    uses = usage.uses(ROOT)
    assert [id for id in registry.load().values if not uses.get(id)] == []


def test_uses_of_the_project():
    uses = usage.uses(ROOT)
    reg = registry.load()
    frame = {(use.sort, use.name) for use in uses["cost.frame_article"]}
    assert ("page", "index") in frame
    for id in reg.used_by("cost.frame_article"):
        assert ("value", id) in frame
    for conflict in reg.conflicts.values():
        for id in conflict.values:
            assert ("conflict", conflict.title) in {(use.sort, use.name) for use in uses[id]}


def test_code_use_is_found_by_id_and_by_series():
    uses = usage.uses(ROOT)
    cpi = [id for id, value in registry.load().values.items() if value.series == "cpi"]
    assert cpi
    for id in cpi:
        assert any(use.sort == "code" for use in uses[id]), id
