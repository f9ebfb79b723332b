"""The command line: tables on screen, files, help that teaches, errors that name the field."""

import json

import pandas as pd
import pytest

import analysis
from analysis.__main__ import main


def run(capsys, *arguments):
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_evaluate_shows_outcomes_with_units(capsys):
    code, out, _ = run(capsys, "evaluate", "base")
    assert code == 0
    assert "Net present value: Municipalities" in out
    assert "m NOK" in out
    assert analysis.evaluate().scenario.hash in out


@pytest.mark.parametrize("table", ["outcomes", "flows", "totals", "adoption", "series"])
@pytest.mark.parametrize("suffix", ["csv", "json", "xlsx"])
def test_every_table_can_be_written_in_every_format(capsys, tmp_path, table, suffix):
    path = tmp_path / f"table.{suffix}"
    code, _, err = run(capsys, "evaluate", "base", "--table", table, "-o", str(path))
    assert code == 0
    assert str(path) in err
    read = {"csv": pd.read_csv, "json": pd.read_json, "xlsx": pd.read_excel}[suffix]
    frame = read(path)
    assert len(frame) > 4
    assert frame.shape[1] > 3


def test_files_hold_the_numbers_in_full(capsys, tmp_path):
    path = tmp_path / "out.json"
    run(capsys, "evaluate", "base", "-o", str(path))
    rows = {row["outcome"]: row["value"] for row in json.loads(path.read_text(encoding="utf-8"))}
    result = analysis.evaluate()
    assert rows["npv"] == pytest.approx(result.outcome("npv"), rel=1e-14)


def test_a_scenario_file_goes_round(capsys, tmp_path):
    path = tmp_path / "dear.json"
    code, out, _ = run(
        capsys, "new", str(path), "--set", "gp.hp_price=90000", "--label", "A dear licence"
    )
    assert code == 0
    assert "A dear licence" in out
    code, out, _ = run(capsys, "compare", "base", str(path))
    assert code == 0
    assert "A dear licence" in out
    assert analysis.load_scenario(path).changes == {"gp.hp_price": 90000.0}
    code, out, _ = run(capsys, "evaluate", str(path), "--set", "model.overrun=0.3")
    assert "gp.hp_price = 90000" in out
    assert "model.overrun = 0.3" in out


def test_nominal_differs_from_real(capsys):
    _, real, _ = run(capsys, "evaluate", "base", "--table", "totals")
    _, nominal, _ = run(capsys, "evaluate", "base", "--table", "totals", "--nominal")
    assert real != nominal


def test_simulate_gives_quantiles_and_a_file(capsys, tmp_path):
    path = tmp_path / "spread.csv"
    code, out, _ = run(capsys, "simulate", "base", "--draws", "128", "--seed", "4", "-o", str(path))
    assert code == 0
    assert "128 draws in 8 replicates, seed 4" in out
    frame = pd.read_csv(path, index_col="outcome")
    expected = analysis.simulate(draws=128, seed=4).quantiles
    assert frame.loc["npv", "P85"] == pytest.approx(expected.loc["npv", "P85"])
    assert frame.loc["npv", "P85 se"] > 0.0


def test_workers_do_not_change_the_numbers(capsys, tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    run(capsys, "simulate", "base", "--draws", "128", "-o", str(one))
    run(capsys, "simulate", "base", "--draws", "128", "--workers", "2", "-o", str(two))
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("method", ["tornado", "sobol"])
def test_sensitivity_orders_the_values(capsys, tmp_path, method):
    path = tmp_path / "values.csv"
    code, out, _ = run(
        capsys, "sensitivity", "base", "--outcome", "npv_municipalities", "--method", method,
        "--n", "16", "--top", "3", "-o", str(path),
    )  # fmt: skip
    assert code == 0
    assert "model.operations" in out
    assert len(pd.read_csv(path)) == 70


def test_parameters_can_be_searched(capsys):
    code, out, _ = run(capsys, "parameters", "gp.hp_price")
    assert "400000" in out
    code, _, err = run(capsys, "parameters", "unicorn")
    assert code == 2
    assert "unicorn" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "nosuch"], "SCENARIO = nosuch"),
        (["evaluate", "base", "--set", "gp.hp_prise=1"], "near: gp.hp_price"),
        (["evaluate", "base", "--set", "gp.hp_price=1e9"], "0 to 400000"),
        (["evaluate", "base", "--set", "gp.hp_price=1,5"], "decimal point"),
        (["evaluate", "base", "--set", "gp.hp_price"], "ID=NUMBER"),
        (["evaluate", "base", "-o", "table.pdf"], "suffix is '.pdf'"),
        (["simulate", "base", "--draws", "0"], "draws = 0"),
        (["simulate", "base", "--workers", "0"], "--workers 0"),
        (["simulate", "base", "--draws", "64", "--correlation", "2"], "correlation = 2.0"),
        (["sensitivity", "base", "--outcome", "profit"], "outcome = 'profit'"),
        (["sensitivity", "base", "--method", "sobol", "--n", "3"], "power of two"),
    ],
)
def test_refusals_name_the_field_and_what_is_allowed(capsys, arguments, said):
    code, _, err = run(capsys, *arguments)
    assert code == 2
    assert err.startswith("error: ")
    assert said in err


def test_a_file_that_is_no_scenario_is_refused(capsys, tmp_path):
    path = tmp_path / "bad.json"
    path.write_text("{}", encoding="utf-8")
    code, _, err = run(capsys, "evaluate", str(path))
    assert code == 2
    assert "format" in err


@pytest.mark.parametrize("command", [[], ["evaluate"], ["simulate"], ["compare"], ["sensitivity"]])
def test_help_teaches(capsys, command):
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert "SCENARIO" in out
    if not command:
        assert "examples" in out
        assert "python -m analysis simulate" in out
