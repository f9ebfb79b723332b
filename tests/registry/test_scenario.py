"""Scenarios: immutable, checked against limits and units, with a hash of what matters."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.registry import Number, Scenario, ScenarioError, UnknownId
from analysis.registry.records import Value
from analysis.registry.scenario import FORMAT, VERSION


def test_base_has_the_recorded_values(small):
    base = small.scenario("base")
    assert base.changes == {}
    assert base.value("cost.frame") == 3.7
    assert base["cost.per_user"] == pytest.approx(92_500)
    assert base.vector(["users.planned", "cost.frame"]) == [40_000, 3.7]


def test_a_named_scenario_converts_its_unit_and_recomputes_what_follows(small):
    """4200 million over 40 000 users is 105 000 kroner."""
    dear = small.scenario("dear")
    assert dear.changes == {"cost.frame": 4.2}
    assert dear.value("cost.per_user") == pytest.approx(105_000)
    assert dear.value("cost.per_user_twice") == pytest.approx(210_000)
    assert small["cost.per_user"] == pytest.approx(92_500)


def test_with_changes_leaves_the_old_scenario_as_it_is(small):
    base = small.scenario("base")
    more = base.with_changes({"users.planned": 50_000}, label="More users")
    both = more.with_changes({"cost.frame": 5})
    assert (base.changes, more.label, more.id) == ({}, "More users", "custom")
    assert both.changes == {"cost.frame": 5.0, "users.planned": 50_000.0}
    assert both.value("cost.per_user") == pytest.approx(100_000)
    assert more.value("cost.frame") == 3.7


def test_a_scenario_cannot_be_changed_in_place(small):
    scenario = small.scenario("dear")
    with pytest.raises(TypeError):
        scenario.changes["cost.frame"] = 5
    for name in ("id", "label", "changes", "hash"):
        with pytest.raises(AttributeError):
            setattr(scenario, name, "other")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cost.fram": 4}, ["cost.fram", "near: cost.frame"]),
        ({"cost.frame": 0.5}, ["cost.frame = 0.5", "1 to 10 bnNOK"]),
        ({"cost.frame": 10.1}, ["10.1", "1 to 10 bnNOK"]),
        ({"cost.frame": {"value": 900, "unit": "mNOK"}}, ["900", "1 to 10 bnNOK"]),
        ({"cost.frame": {"value": 4, "unit": "mNOK_per_year"}}, ["mNOK_per_year", "bnNOK"]),
        ({"cost.frame": {"value": 4, "unit": "bn"}}, ["'bn'", "bnNOK"]),
        ({"cost.frame": {"value": 4}}, ["unit"]),
        ({"cost.frame": {"value": 4, "unit": ["bnNOK"]}}, ["bnNOK"]),
        ({"cost.frame": "4,2"}, ["decimal point"]),
        ({"cost.frame": None}, ["a number in bnNOK"]),
        ({"cost.frame": True}, ["a number in bnNOK"]),
        ({"cost.frame": 10**400}, ["a number in bnNOK"]),
        ({"cost.frame": float("nan")}, ["finite"]),
        ({"cost.frame": float("inf")}, ["finite"]),
        ({"cost.per_user": 90_000}, ["cost.frame, users.planned"]),
        ({"users.planned": -1}, ["users.planned = -1", "at least 0 users"]),
        ({"users.planned": 0}, ["cost.per_user", "division by zero"]),
        ({"time.lost": 61}, ["10 to 60 minutes"]),
    ],
)
def test_a_refused_change_names_the_id_and_what_is_allowed(small, changes, words):
    with pytest.raises(ScenarioError) as caught:
        small.scenario("base").with_changes(changes)
    for word in words:
        assert word in str(caught.value)


def test_a_change_may_not_drive_a_derived_value_out_of_its_limits(folder):
    folder.set("values/main.csv", 6, "maximum", "120000")
    base = folder.load().scenario("base")
    assert base.with_changes({"cost.frame": 4.8}).value("cost.per_user") == pytest.approx(120_000)
    with pytest.raises(
        ScenarioError, match=r"cost\.per_user = 125000.*at most 120000 NOK_per_user"
    ):
        base.with_changes({"cost.frame": 5})


def test_the_unit_limits_what_may_be_set(folder):
    folder.set("values/main.csv", 4, "unit", "probability")
    folder.set("values/main.csv", 4, "value", "0.5")
    folder.set("values/main.csv", 6, "formula", "cost.frame")
    base = folder.load().scenario("base")
    assert base.with_changes({"users.planned": 1}).value("users.planned") == 1
    with pytest.raises(ScenarioError, match="0 to 1 probability"):
        base.with_changes({"users.planned": 1.01})


def test_all_refused_changes_come_together(small):
    with pytest.raises(ScenarioError) as caught:
        small.scenario("base").with_changes({"a.b": 1, "cost.frame": 99, "users.planned": 1})
    assert [problem.field for problem in caught.value.problems] == ["a.b", "cost.frame"]


def test_a_number_carries_its_unit_into_a_change(small):
    scenario = small.scenario("base").with_changes({"cost.frame": Number(4100, "mNOK")})
    assert scenario.value("cost.frame") == pytest.approx(4.1)


def value(**fields) -> Value:
    return Value.model_validate(
        {"id": "a.b", "label": "x", "unit": "NOK", "source": "s", "status": "press", **fields}
    )


@pytest.mark.parametrize(
    ("fields", "limits"),
    [
        ({"value": 3}, (0, float("inf"))),
        ({"value": 0}, (0, float("inf"))),
        ({"value": -3}, (-float("inf"), 0)),
        ({"value": 3, "low": 2, "high": 5, "range_meaning": "P10/P90"}, (2, 5)),
        ({"value": 3, "low": 2, "high": 5, "range_meaning": "P10/P90", "minimum": 1}, (1, 1e400)),
        ({"value": 3, "minimum": -4, "maximum": 4}, (-4, 4)),
        ({"value": 3, "maximum": 9}, (0, 9)),
        ({"value": -3, "minimum": -9}, (-9, 0)),
        ({"value": -3, "maximum": 2}, (-float("inf"), 2)),
    ],
)
def test_what_a_scenario_may_set(fields, limits):
    """Limits first; else the range; else any value of the same sign."""
    assert value(**fields).limits == limits


def test_the_hash_is_twelve_hexadecimal_digits_and_repeats(folder):
    hashes = {folder.load().scenario(id).hash for id in ("base", "base", "dear")}
    assert len(hashes) == 2
    assert all(len(text) == 12 and int(text, 16) >= 0 for text in hashes)


def test_the_hash_depends_on_results_and_not_on_words(folder):
    before = folder.load().scenario("base").hash
    folder.set("values/main.csv", 2, "label", "Another label")
    folder.set("values/main.csv", 2, "note", "A note")
    folder.set("sources.csv", 2, "title", "Another title")
    assert folder.load().scenario("base").hash == before


@pytest.mark.parametrize(
    ("file", "row", "column", "cell"),
    [
        ("values/main.csv", 2, "value", "3.8"),
        ("values/main.csv", 2, "high", "7"),
        ("values/main.csv", 5, "distribution", "pert"),
        ("values/main.csv", 6, "formula", "cost.audit / users.planned"),
        ("municipalities.csv", 2, "pop_2022", "24014"),
    ],
)
def test_the_hash_changes_with_anything_that_can_change_a_result(folder, file, row, column, cell):
    before = folder.load().scenario("base").hash
    folder.set(file, row, column, cell)
    assert folder.load().scenario("base").hash != before


def test_a_change_to_the_base_value_is_no_change(small):
    base = small.scenario("base")
    same = base.with_changes({"cost.frame": 3.7, "users.planned": 40_000})
    assert (same.changes, same.hash) == ({}, base.hash)
    assert same == base


def test_the_order_of_changes_does_not_matter(small):
    base = small.scenario("base")
    one = base.with_changes({"cost.frame": 4, "users.planned": 30_000})
    two = base.with_changes({"users.planned": 30_000}).with_changes({"cost.frame": 4})
    assert one == two
    assert one.content() == two.content()
    assert hash(one) == hash(two)


def test_json_round_trip(small):
    scenario = small.scenario("base").with_changes({"cost.frame": 4.25}, label="Økt ramme")
    again = Scenario.from_json(scenario.to_json(), small)
    assert again == scenario
    assert (again.id, again.label, again.changes) == ("custom", "Økt ramme", {"cost.frame": 4.25})
    assert again.to_json() == scenario.to_json()


def test_json_names_its_format_version_and_units(small):
    content = json.loads(small.scenario("dear").to_json())
    assert (content["format"], content["version"]) == (FORMAT, VERSION)
    assert content["changes"] == {"cost.frame": {"value": 4.2, "unit": "bnNOK"}}


def document(**fields) -> str:
    return json.dumps({"format": FORMAT, "version": 1, "changes": {}, **fields})


def test_plain_numbers_in_json_are_in_the_unit_of_the_value(small):
    text = document(changes={"cost.frame": 4})
    assert Scenario.from_json(text, small).value("cost.frame") == 4.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ["JSON"]),
        ("[]", [FORMAT]),
        ("{}", [FORMAT]),
        (document(format="other"), ["other", FORMAT]),
        (document(version=2), ["version = 2", "up to 1", "newer"]),
        (document(version=0), ["version = 0", "from 1 to 1"]),
        (document(version="1"), ["whole number"]),
        (document(version=True), ["whole number"]),
        (document(changes=[]), ["changes"]),
        (document(changes={"a.b": 1}), ["a.b", "a known value id"]),
        (document(changes={"cost.frame": "NaN"}), ["cost.frame"]),
        (document(color="red"), ["color", "one of format"]),
        (document(label=3), ["label = 3", "text"]),
        ('{"format": "x", "format": "y"}', ["format", "each key once"]),
        (document(changes={"cost.frame": 1}).replace(": 1}}", ": 1, \"cost.frame\": 2}}"),
         ["cost.frame", "each key once"]),
        (document(changes={"cost.frame": 1}).replace(": 1}}", ": NaN}}"), ["finite"]),
        ("[" * 100_000, ["JSON"]),
        (document(changes={"cost.frame": 1}).replace(": 1}}", ": " + "9" * 5000 + "}}"), ["JSON"]),
    ],
)  # fmt: skip
def test_a_bad_document_is_refused(small, text, words):
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_json(text, small)
    for word in words:
        assert word in str(caught.value)


def test_unknown_ids_suggest_near_ones(small):
    scenario = small.scenario("base")
    with pytest.raises(UnknownId, match=r"unknown value 'cost\.fram'; near: cost\.frame"):
        scenario.value("cost.fram")
    with pytest.raises(UnknownId, match="unknown scenario 'bass'; near: base"):
        small.scenario("bass")


def test_a_changed_number_has_no_range_of_the_base(small):
    dear = small.scenario("dear")
    number = dear.number("cost.frame")
    assert (number.value, number.low, number.status) == (4.2, None, "scenario")
    assert dear.number("time.lost") == small.number("time.lost")
    assert dear.number("cost.per_user").value == pytest.approx(105_000)


def test_a_series_takes_the_values_of_the_scenario(small):
    frame = small.scenario("dear").series("cost_history")
    assert frame["value"].tolist() == [4.2, 6700.0]


@settings(deadline=None, max_examples=30)
@given(st.floats(1, 10, allow_nan=False))
def test_any_value_within_the_limits_survives_json(real, x):
    id = "cost.frame_article"
    lower, upper = real.value(id).limits
    x = min(max(x, lower), upper)
    scenario = real.scenario("base").with_changes({id: x})
    again = Scenario.from_json(scenario.to_json(), real)
    assert again.value(id) == x
    assert again == scenario
