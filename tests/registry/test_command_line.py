"""The command line: check, show and schema, with their exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from analysis.registry.__main__ import main


@pytest.fixture
def run(folder, capsys):
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["--data", str(folder.path), *arguments])
        printed = capsys.readouterr()
        return code, printed.out.replace("\u00a0", " "), printed.err

    return call


def test_check_counts_the_records(run):
    code, out, err = run("check")
    assert (code, err) == (0, "")
    assert "7 values: 2 article, 1 assumption, 3 derived, 1 second-hand" in out
    assert "66 municipalities" in out
    assert "no problems" in out


def test_check_prints_problems_and_fails(run, folder):
    folder.set("values/main.csv", 2, "value", "3,7")
    code, out, err = run("check")
    assert (code, out) == (1, "")
    assert "values/main.csv:2: value = '3,7'; allowed: a number with a decimal point" in err


def test_show_tells_all_about_a_value(run):
    code, out, _ = run("show", "cost.frame")
    assert code == 0
    for part in (
        "cost.frame: Cost frame",
        "3.7 bn NOK",
        "article",
        "2.7–6.0 bn NOK (min/max)",
        "1 to 10 bnNOK",
        "paper: Paper: Interview (2022)",
        "https://example.org/a",
        "box 1",
        "used by:      cost.per_user",
        "frame: Two totals (used: Another scope)",
        "price: It may cost more than now",
        "values/main.csv:2",
    ):
        assert part in out


def test_show_tells_the_formula_with_its_inputs(run):
    _, out, _ = run("show", "cost.per_user")
    assert "92 500 NOK per user" in out
    assert "cost.frame / users.planned" in out
    assert "cost.frame = 3.7 bn NOK" in out
    assert "users.planned = 40 000" in out


@pytest.mark.parametrize(
    ("id", "part"),
    [
        ("paper", "Paper: Interview (2022)"),
        ("frame", "cost.frame < cost.audit"),
        ("price", "It may cost more than now"),
        ("price-audit", "It became dearer"),
        ("cost", "What is paid"),
        ("5001", "Trondheim"),
        ("trondheim-live", "2022-05-07"),
        ("bnNOK", "billion kroner"),
        ("dear", "cost.frame = 4.2 bn NOK"),
    ],
)
def test_show_finds_every_kind_of_record(run, id, part):
    code, out, _ = run("show", id)
    assert code == 0
    assert part in out


@pytest.mark.parametrize(("id", "near"), [("cost.fram", "cost.frame"), ("USERS", "users.planned")])
def test_show_suggests_near_ids(run, id, near):
    code, out, err = run("show", id)
    assert (code, out) == (1, "")
    assert f"unknown id '{id}'" in err
    assert near in err


def test_schema_writes_the_data_package(run, folder):
    code, _, _ = run("schema")
    assert code == 0
    package = json.loads(folder.read("datapackage.json"))
    assert "values" in {resource["name"] for resource in package["resources"]}


def test_schema_prints_the_json_schema_of_the_records(run):
    code, out, _ = run("schema", "--json")
    assert code == 0
    value = json.loads(out)["values"]
    assert value["properties"]["status"]["enum"][0] == "article"
    assert all("description" in field for field in value["properties"].values())


def test_a_missing_folder_is_told(tmp_path, capsys):
    assert main(["--data", str(tmp_path / "nowhere"), "check"]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_a_terminal_without_utf8_gets_the_rest():
    command = [sys.executable, "-m", "analysis.registry", "show", "cost.frame_article"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "value:        3.7?bn NOK" in done.stdout


def test_the_module_runs():
    command = [sys.executable, "-m", "analysis.registry", "show", "no.such.id"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "unknown id" in done.stderr
