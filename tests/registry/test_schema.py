"""The data package: current, valid for frictionless, and as strict as the records."""

from __future__ import annotations

import json

import pytest

from analysis.registry import schema
from analysis.registry.loading import DATA, TABLES
from analysis.registry.records import Value

frictionless = pytest.importorskip("frictionless")


def errors(path) -> list[str]:
    report = frictionless.validate(str(path / "datapackage.json"))
    return [message for (message,) in report.flatten(["message"])]


def write(folder) -> None:
    folder.write("datapackage.json", schema.as_text(schema.datapackage(folder.path)))


def test_the_data_package_of_the_project_is_current():
    stored = (DATA / "datapackage.json").read_text(encoding="utf-8")
    current = schema.as_text(schema.datapackage(DATA))
    assert stored == current, "run: python -m analysis.registry schema"


def test_the_data_of_the_project_are_valid_for_frictionless():
    assert errors(DATA) == []


def test_every_table_and_column_is_described(folder):
    package = schema.datapackage(folder.path)
    described = {
        resource["name"]: resource["schema"]["fields"] for resource in package["resources"]
    }
    records = {name.removesuffix(".csv"): record for name, record in TABLES.items()}
    records["values"] = Value
    assert set(described) == set(records) - {"health_employment"}
    for name, fields in described.items():
        assert [field["name"] for field in fields] == list(records[name].model_fields)
        assert all(field["description"] for field in fields)


def test_the_small_folder_is_valid_for_frictionless(folder):
    write(folder)
    assert errors(folder.path) == []


def test_other_tools_find_the_same_faults(folder):
    faults = [
        ("values/main.csv", 2, "value", "3,7", "number"),
        ("values/main.csv", 3, "status", "rumour", "enum"),
        ("values/main.csv", 4, "unit", "bnNKO", "bnNKO"),
        ("values/main.csv", 5, "source", "", "required"),
        ("values/main.csv", 7, "id", "cost.per_user", "primary key"),
        ("conflicts.csv", 2, "used", "cost.none", "cost.none"),
        ("evidence.csv", 2, "claim", "nobody", "nobody"),
        ("claims.csv", 2, "topic", "nothing", "nothing"),
        ("municipalities.csv", 2, "pop_2021", "-1", '"minimum"'),
        ("municipalities.csv", 3, "centrality_class", "7", '"maximum"'),
        ("municipality_status.csv", 2, "code", "9999", "9999"),
        ("units.csv", 2, "base", "NKO", "NKO"),
    ]
    write(folder)
    for file, row, column, cell, _ in faults:
        folder.set(file, row, column, cell)
    found = errors(folder.path)
    assert [words for *_, words in faults if not any(words in text for text in found)] == [], found


def test_health_employment_joins_the_package_when_it_is_there(folder):
    folder.write("health_employment.csv", "code,year,employed\n5001,2021,30000\n")
    write(folder)
    names = [r["name"] for r in json.loads(folder.read("datapackage.json"))["resources"]]
    assert "health_employment" in names
    assert errors(folder.path) == []


def test_the_json_schema_accepts_and_refuses_like_the_records():
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema.json_schema()["values"])
    good = {
        "id": "a.b", "label": "x", "value": 1.0, "unit": "NOK", "source": "s", "status": "press",
    }  # fmt: skip
    assert list(validator.iter_errors(good)) == []
    for change in ({"status": "rumour"}, {"value": "much"}, {"colour": "red"}, {"label": ""}):
        assert list(validator.iter_errors({**good, **change}))
