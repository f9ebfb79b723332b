"""Findings: registered once, computed once per scenario content, never NaN, with their sources."""

from __future__ import annotations

import math

import pytest

from analysis import registry
from analysis.studies import findings
from analysis.studies.findings import Finding, finding


@pytest.fixture
def base():
    return registry.load().scenario("base")


def make(compute, **changes) -> Finding:
    words = {
        "id": "test.number",
        "label": "A number",
        "unit": "bnNOK",
        "inputs": ("cost.frame_article",),
        "method": "made up",
    }
    return Finding(**{**words, **changes}, compute=compute)


def test_number_has_value_range_and_sources(base):
    number = make(lambda scenario: (2.0, 1.0, 4.0)).number(base)
    assert (number.value, number.low, number.high) == (2.0, 1.0, 4.0)
    assert number.status == "derived"
    assert number.sources == registry.load().number("cost.frame_article").sources


def test_each_scenario_content_is_computed_once(base):
    calls = []
    found = make(lambda scenario: calls.append(scenario.id) or 1.0)
    changed = base.with_changes({"cost.frame_article": 5})
    for scenario in (base, base, changed, base.with_changes({"cost.frame_article": 5}, id="x")):
        found.number(scenario)
    assert len(calls) == 2


def test_the_scenario_reaches_the_computation(base):
    found = make(lambda scenario: scenario.value("cost.frame_article"))
    assert found.number(base).value == registry.load()["cost.frame_article"]
    assert found.number(base.with_changes({"cost.frame_article": 5})).value == 5


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (math.nan, "value is nan"),
        (math.inf, "value is inf"),
        ((1.0, math.nan, 2.0), "low is nan"),
        ((3.0, 1.0, 2.0), "value 3 is outside 1 to 2"),
    ],
)
def test_outcomes_that_are_no_numbers_are_refused(base, outcome, message):
    with pytest.raises(ValueError, match=message):
        make(lambda scenario: outcome).number(base)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "Bad"}, "not dotted lower case"),
        ({"id": "nodots"}, "not dotted lower case"),
        ({"label": ""}, "label is empty"),
        ({"method": " "}, "method is empty"),
        ({"inputs": ()}, "inputs must be a non-empty tuple"),
        ({"inputs": "cost.frame_article"}, "inputs must be a non-empty tuple"),
    ],
)
def test_incomplete_records_are_refused(changes, message):
    words = {
        "id": "test.number",
        "label": "A number",
        "unit": "bnNOK",
        "inputs": ("cost.frame_article",),
        "method": "made up",
    }
    with pytest.raises(ValueError, match=message):
        finding(**{**words, **changes})
    assert "test.number" not in findings.known()


def test_unknown_id_names_the_findings_of_its_chapter():
    some = next(iter(findings.known()))
    chapter = some.split(".")[0]
    with pytest.raises(KeyError, match=f"no finding has the id '{chapter}.nonsense'; .*{some}"):
        findings.get(f"{chapter}.nonsense")


def test_every_finding_rests_on_known_records():
    reg = registry.load()
    for id, found in findings.known().items():
        assert found.unit in reg.units, id
        for name in found.inputs:
            assert name in reg.values or name in findings.known(), (id, name)


def test_no_finding_has_the_id_of_a_value():
    assert not set(findings.known()) & set(registry.load().values)
