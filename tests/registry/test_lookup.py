"""Looking up records: values, numbers, sources, series, tables."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from analysis import registry
from analysis.registry import UnknownId
from analysis.registry.records import range_quantiles


def test_values_are_in_their_own_unit_and_derived_ones_are_computed(small):
    assert small["cost.frame"] == 3.7
    assert small["cost.per_user"] == pytest.approx(92_500)
    assert small["region.people"] == 739_935  # Statistics Norway, table 07459, 1 January 2021


def test_records_are_frozen(small):
    with pytest.raises(ValidationError):
        small.value("cost.frame").value = 1.0
    with pytest.raises(TypeError):
        small.values["cost.frame"] = None


def test_a_number_tells_range_status_and_all_sources_it_rests_on(small):
    number = small.number("cost.per_user_twice")
    assert (number.unit, number.status, number.low) == ("NOK_per_user", "derived", None)
    assert number.sources == ("judgement", "paper")
    assert small.number("cost.frame")[:4] == (3.7, "bnNOK", 2.7, 6.0)


def test_what_a_value_needs_and_what_needs_it(small):
    assert small.inputs("cost.per_user") == {"cost.frame", "users.planned"}
    assert small.inputs("cost.frame") == frozenset()
    assert small.used_by("cost.per_user") == ("cost.per_user_twice",)


def test_conflicts_of_a_value(small):
    assert [conflict.id for conflict in small.conflicts_of("cost.audit")] == ["frame"]
    assert small.conflicts_of("time.lost") == ()


@pytest.mark.parametrize(
    ("method", "id", "near"),
    [
        ("value", "cost.frme", "cost.frame"),
        ("number", "user.planned", "users.planned"),
        ("source", "papre", "paper"),
        ("unit", "bnNOOK", "bnNOK"),
        ("series", "cost_histry", "cost_history"),
        ("__getitem__", "cost.audits", "cost.audit"),
    ],
)
def test_an_unknown_id_suggests_near_ones(small, method, id, near):
    with pytest.raises(UnknownId, match=near):
        getattr(small, method)(id)
    with pytest.raises(KeyError):
        getattr(small, method)(id)


def test_a_series_is_sorted_by_date_then_id(folder):
    folder.set("values/main.csv", 4, "series", "cost_history")
    folder.set("values/main.csv", 5, "series", "cost_history")
    frame = folder.load().series("cost_history")
    assert frame["id"].tolist() == ["time.lost", "users.planned", "cost.frame", "cost.audit"]
    assert frame["date"].tolist() == ["", "", "2021", "2024-10"]
    assert list(frame.columns) == [
        "id", "label", "value", "unit", "date", "price_year", "price_basis", "source", "locator",
        "status", "low", "high", "note",
    ]  # fmt: skip


def test_a_series_of_derived_values_has_results(folder):
    folder.set("values/main.csv", 6, "series", "per_user")
    assert folder.load().series("per_user")["value"].tolist() == [pytest.approx(92_500)]


def test_municipalities_are_indexed_by_code(small):
    frame = small.municipalities
    assert len(frame) == 66
    assert frame.loc["5001", "name"] == "Trondheim"
    assert frame.loc["5001", "pop_2021"] == 207_595
    assert not frame.isna().any().any()


def test_a_frame_is_a_fresh_copy(small):
    frame = small.municipalities
    frame.loc["5001", "pop_2021"] = 0
    assert small.municipalities.loc["5001", "pop_2021"] == 207_595


def test_municipality_status_is_a_frame(small):
    frame = small.municipality_status
    assert frame[["code", "date", "status"]].to_numpy().tolist() == [["5001", "2022-05-07", "live"]]


def test_health_employment_is_empty_until_it_is_fetched(folder):
    assert folder.load().health_employment.empty
    folder.write("health_employment.csv", "code,year,employed\n5001,2021,30000\n")
    assert folder.load().health_employment["employed"].tolist() == [30_000]
    folder.write("health_employment.csv", "code,year,employed\n9999,2021,3\n9999,2021,4\n")
    with pytest.raises(registry.RegistryError) as caught:
        folder.load()
    assert [(p.row, p.field) for p in caught.value.problems] == [
        (2, "code"), (3, "code"), (3, "code year"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("meaning", "quantiles"),
    [
        ("P10/P90", (0.10, 0.90)),
        ("P2.5/P97.5", (0.025, 0.975)),
        ("min/max", (0, 1)),
        ("95 % interval", (0.025, 0.975)),
        ("80 % interval", (0.10, 0.90)),
    ],
)
def test_what_a_range_means(meaning, quantiles):
    assert range_quantiles(meaning) == pytest.approx(quantiles)


def test_the_project_data_are_loaded_once():
    assert registry.load() is registry.load()


def test_looking_up_needs_no_heavy_library():
    code = (
        "import sys; from analysis import registry; registry.load().scenario('base').hash; "
        "print([m for m in ('scipy', 'plotly', 'pandas', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
