"""Bad input: each fault is named with file, row, field, value and what is allowed."""

from __future__ import annotations

import pytest

from analysis import registry
from analysis.registry import RegistryError
from analysis.registry.records import Problem

MAIN = "values/main.csv"

# file, row, column, bad cell, field of the problem, words of what is allowed
CELLS = [
    (MAIN, 2, "value", "3,7", "value", "decimal point"),
    (MAIN, 2, "value", "3 700", "value", "decimal point"),
    (MAIN, 2, "value", "nan", "value", "decimal point"),
    (MAIN, 2, "value", "inf", "value", "decimal point"),
    (MAIN, 2, "value", "1e999", "value", "finite"),
    (MAIN, 2, "value", "1_000", "value", "decimal point"),
    (MAIN, 2, "value", "12", "value", "2.7 to 6"),
    (MAIN, 2, "value", "", "value", "unless the status is derived"),
    (MAIN, 2, "low", "", "low", "both low and high"),
    (MAIN, 2, "low", "7", "low", "less than high, 6"),
    (MAIN, 2, "range_meaning", "", "range_meaning", "since there is a range"),
    (MAIN, 2, "range_meaning", "P90/P10", "range_meaning", "P10/P90"),
    (MAIN, 2, "range_meaning", "about", "range_meaning", "min/max"),
    (MAIN, 2, "minimum", "11", "minimum", "at most the maximum, 10"),
    (MAIN, 2, "minimum", "3", "low", "minimum to maximum, 3 to 10"),
    (MAIN, 2, "maximum", "5", "high", "minimum to maximum, 1 to 5"),
    (MAIN, 2, "minimum", "3.8", "value", "minimum to maximum, 3.8 to 10"),
    (MAIN, 2, "step", "0", "step", "greater than 0"),
    (MAIN, 2, "unit", "bnNKO", "unit", "units.csv; near: bnNOK"),
    (MAIN, 2, "source", "papr", "source", "sources.csv; near: paper"),
    (MAIN, 2, "source", "", "source", "may not be empty"),
    (MAIN, 2, "source", "audit", "source", "kind article"),
    (MAIN, 2, "status", "rumour", "status", "'article'"),
    (MAIN, 2, "status", "derived", "formula", "since the status is derived"),
    (MAIN, 2, "date", "07.05.2022", "date", "YYYY-MM-DD"),
    (MAIN, 2, "date", "2022-02-30", "date", "YYYY-MM-DD"),
    (MAIN, 2, "date", "2022-13", "date", "YYYY-MM"),
    (MAIN, 2, "date", "1066", "date", "1900"),
    (MAIN, 2, "price_basis", "real", "price_year", "since the price basis is real"),
    (MAIN, 2, "price_year", "21", "price_year", "at least 1900"),
    (MAIN, 2, "id", "Cost.frame", "id", "lower-case"),
    (MAIN, 2, "id", "frame", "id", "dotted"),
    (MAIN, 2, "id", "cost.class", "id", "dotted"),
    (MAIN, 2, "label", " Cost frame", "label", "without spaces at its ends"),
    (MAIN, 2, "label", "", "label", "may not be empty"),
    (MAIN, 2, "value", "٣", "value", "decimal point"),
    (MAIN, 2, "date", "٢٠٢١", "date", "YYYY"),
    (MAIN, 4, "unit", "probability", "value", "0 to 1 probability, as the unit says"),
    (MAIN, 6, "unit", "probability", "formula", "what the unit allows, 0 to 1; it is 92500"),
    (MAIN, 3, "id", "cost.frame", "id", "first at values/main.csv:2"),
    (MAIN, 4, "value", "", "value", "unless the status is derived"),
    (MAIN, 5, "mode", "70", "mode", "low to high, 10 to 60"),
    (MAIN, 5, "distribution", "gamma", "distribution", "'lognormal'"),
    (MAIN, 5, "distribution", "beta", "high", "0 to 1"),
    (MAIN, 6, "value", "92500", "value", "recomputed, never typed"),
    (MAIN, 6, "status", "official", "status", "derived, since there is a formula"),
    (MAIN, 6, "formula", "cost.frame / users.plan", "formula", "near: users.planned"),
    (MAIN, 6, "formula", "cost.frame / 0", "formula", "division by zero"),
    (MAIN, 6, "formula", "log(-users.planned)", "formula", "finite result"),
    (MAIN, 6, "formula", "exp(cost.frame)", "formula", "finite result"),
    (MAIN, 6, "formula", "cost.frame +", "formula", "not an expression"),
    (MAIN, 6, "formula", "__import__('os').getcwd()", "formula", "is not allowed"),
    (MAIN, 6, "formula", "cost.frame if 1 else 2", "formula", "is not allowed"),
    (MAIN, 6, "formula", "sqrt(cost.frame, 2)", "formula", "sqrt takes 1"),
    (MAIN, 6, "formula", "cost.per_user_twice + 1", "formula", "no circle"),
    (MAIN, 6, "formula", "cost.per_user", "formula", "no circle"),
    (MAIN, 8, "formula", "municipal_sum(pop_1814)", "formula", "pop_2021"),
    ("units.csv", 2, "base", "users", "base", "kind 'money NOK' with scale 1"),
    ("units.csv", 2, "base", "nothing", "base", "kind 'money NOK' with scale 1"),
    ("units.csv", 2, "maximum", "much", "maximum", "decimal point"),
    ("units.csv", 2, "scale", "0", "scale", "greater than 0"),
    ("units.csv", 2, "decimals", "2.5", "decimals", "whole number"),
    ("units.csv", 3, "id", "NOK", "id", "first at units.csv:2"),
    ("sources.csv", 2, "url", "example.org", "url", "https://"),
    ("sources.csv", 2, "kind", "blog", "kind", "'opinion'"),
    ("sources.csv", 3, "id", "paper", "id", "first at sources.csv:2"),
    ("conflicts.csv", 2, "values", "cost.frame", "values", "at least 2 ids"),
    ("conflicts.csv", 2, "values", "cost.frame;cost.audits", "values", "near: cost.audit"),
    ("conflicts.csv", 2, "used", "users.planned", "used", "cost.frame; cost.audit"),
    ("conflicts.csv", 2, "guard", "cost.frame > cost.audit", "guard", "no longer does"),
    ("conflicts.csv", 2, "guard", "cost.frame", "guard", "not a comparison"),
    ("conflicts.csv", 2, "guard", "cost.frame < cost.none", "guard", "an id of values"),
    ("claims.csv", 2, "informs", "cost.frame;cost.none", "informs", "an id of values"),
    ("claims.csv", 2, "topic", "price", "topic", "codebook.csv"),
    ("claims.csv", 2, "kind", "rumour", "kind", "'promise'"),
    ("evidence.csv", 2, "claim", "prize", "claim", "claims.csv; near: price"),
    ("evidence.csv", 2, "source", "none", "source", "sources.csv"),
    ("evidence.csv", 2, "relation", "agrees", "relation", "'supports'"),
    ("glossary.csv", 2, "definition", "", "definition", "may not be empty"),
    ("municipality_status.csv", 2, "code", "9999", "code", "municipalities.csv"),
    ("municipality_status.csv", 2, "code", "501", "code", "form"),
    ("municipality_status.csv", 2, "status", "maybe", "status", "'postponed'"),
    ("municipality_status.csv", 2, "source", "none", "source", "sources.csv"),
    ("municipalities.csv", 2, "age_0_17", "4595", "pop_2021", "24100"),
    ("municipalities.csv", 2, "age_80_plus", "5000", "age_80_plus", "4436"),
    ("municipalities.csv", 2, "pop_2022", "-1", "pop_2022", "at least 0"),
    ("municipalities.csv", 2, "centrality_class", "3", "centrality_class", "4, by the index 749"),
    ("municipalities.csv", 2, "centrality_class", "7", "centrality_class", "at most 6"),
    ("municipalities.csv", 3, "code", "1505", "code", "first at municipalities.csv:2"),
]


def error_of(folder) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        folder.load()
    return caught.value


def problems_of(folder) -> tuple[Problem, ...]:
    return error_of(folder).problems


def test_the_small_folder_is_valid(small):
    assert small["cost.frame"] == 3.7


@pytest.mark.parametrize(
    ("file", "row", "column", "cell", "field", "allowed"),
    CELLS,
    ids=lambda part: str(part)[:28],
)
def test_a_bad_cell_is_named(folder, file, row, column, cell, field, allowed):
    folder.set(file, row, column, cell)
    error = error_of(folder)
    found = [p.allowed for p in error.problems if (p.file, p.row, p.field) == (file, row, field)]
    assert any(allowed in text for text in found), str(error)
    assert f"{file}:{row}: {field}" in str(error)


@pytest.mark.parametrize(
    ("column", "cell"), [("low", ""), ("high", ""), ("high", "10"), ("range_meaning", "")]
)
def test_an_assumption_needs_a_range(folder, column, cell):
    folder.set(MAIN, 5, column, cell)
    assert [(p.file, p.row) for p in problems_of(folder)] == [(MAIN, 5)]


def test_an_assumption_without_any_range_is_refused(folder):
    for column in ("low", "mode", "high", "distribution", "range_meaning"):
        folder.set(MAIN, 5, column, "")
    assert problems_of(folder) == (
        Problem(MAIN, 5, "low", "", "a number: an assumption needs a range, low and high"),
    )


def test_a_lognormal_range_starts_above_zero(folder):
    folder.set(MAIN, 5, "distribution", "lognormal")
    folder.load()
    folder.set(MAIN, 5, "low", "0")
    (problem,) = problems_of(folder)
    assert (problem.field, problem.value) == ("low", "0.0")


def test_a_fact_without_address_needs_its_place(folder):
    folder.set("sources.csv", 2, "url", "")
    folder.set(MAIN, 2, "locator", "")
    (problem,) = problems_of(folder)
    assert (problem.file, problem.row, problem.field) == (MAIN, 2, "locator")


@pytest.mark.parametrize("bound", ["low", "minimum"])
def test_a_derived_result_stays_in_its_range(folder, bound):
    """Frame over users is 92 500 NOK; a range from 100 000 cannot hold."""
    folder.set(MAIN, 6, bound, "100000")
    if bound == "low":
        folder.set(MAIN, 6, "high", "200000")
        folder.set(MAIN, 6, "range_meaning", "min/max")
    (problem,) = problems_of(folder)
    assert (problem.file, problem.row, problem.field) == (MAIN, 6, "formula")
    assert "it is 92500" in problem.allowed
    assert "100000" in problem.allowed


def test_all_problems_come_together(folder):
    folder.set(MAIN, 2, "value", "much")
    folder.set(MAIN, 4, "unit", "heads")
    folder.set("sources.csv", 3, "kind", "blog")
    folder.set("evidence.csv", 2, "claim", "none")
    error = error_of(folder)
    assert [(p.file, p.row, p.field) for p in error.problems] == [
        ("evidence.csv", 2, "claim"),
        ("sources.csv", 3, "kind"),
        (MAIN, 2, "value"),
        (MAIN, 4, "unit"),
    ]
    assert "4 problems in the data" in str(error)


def test_a_refused_row_makes_no_other_row_look_wrong(folder):
    """cost.frame is used in a formula, a conflict, a claim and a scenario."""
    folder.set(MAIN, 2, "status", "rumour")
    assert [(p.file, p.row) for p in problems_of(folder)] == [(MAIN, 2)]


def test_a_refused_file_makes_no_other_file_look_wrong(folder):
    folder.replace("sources.csv", "producer", "maker")
    assert {p.file for p in problems_of(folder)} == {"sources.csv"}


def test_the_codebook_may_fix_the_words_of_a_column(folder):
    folder.write(
        "codebook.csv",
        folder.read("codebook.csv") + "stance-for,For,Is for it,praise,doubt\n",
    )
    (problem,) = problems_of(folder)
    assert (problem.file, problem.row, problem.field) == ("claims.csv", 2, "stance")
    assert problem.allowed == "one of for"


def test_an_extra_column_is_named(folder):
    text = folder.read("glossary.csv").splitlines()
    folder.write("glossary.csv", "\n".join([text[0] + ",extra", text[1] + ","]) + "\n")
    (problem,) = problems_of(folder)
    assert (problem.file, problem.row, problem.field) == ("glossary.csv", 1, "extra")
    assert "no such column" in problem.allowed


def test_a_missing_column_is_named(folder):
    folder.write("glossary.csv", "id,term,definition\nframe,cost frame,The most to spend\n")
    (problem,) = problems_of(folder)
    assert (problem.file, problem.row, problem.field) == ("glossary.csv", 1, "norwegian")


def test_a_repeated_column_is_named(folder):
    folder.write("glossary.csv", "id,term,term,norwegian,definition\n")
    (problem,) = problems_of(folder)
    assert (problem.row, problem.field, problem.allowed[:16]) == (1, "term", "each column once")


@pytest.mark.parametrize("tail", [",more", ""])
def test_a_row_of_another_length_is_refused(folder, tail):
    row = "frame,cost frame,kostnadsramme,The most" + tail
    folder.write("glossary.csv", "id,term,norwegian,definition\n" + (row if tail else "frame,x\n"))
    (problem,) = problems_of(folder)
    assert (problem.file, problem.row) == ("glossary.csv", 2)
    assert "4 cells" in problem.allowed


def test_a_row_number_counts_lines_in_cells(folder):
    folder.write(
        "glossary.csv",
        'id,term,norwegian,definition\na,term,,"two\nlines"\n\nb,,,no term\n',
    )
    (problem,) = problems_of(folder)
    assert (problem.file, problem.row, problem.field) == ("glossary.csv", 5, "term")


def test_an_open_quote_is_refused(folder):
    folder.write("glossary.csv", 'id,term,norwegian,definition\na,"term,,b\n')
    (problem,) = problems_of(folder)
    assert problem.file == "glossary.csv"
    assert "comma-separated" in problem.allowed


def test_text_that_is_not_utf8_is_refused(folder):
    (folder.path / "glossary.csv").write_bytes(b"id,term,norwegian,definition\na,\xe5r,,b\n")
    (problem,) = problems_of(folder)
    assert (problem.file, problem.row, problem.allowed) == ("glossary.csv", 2, "text in UTF-8")


def test_a_byte_order_mark_is_accepted(folder):
    folder.write("glossary.csv", "\ufeff" + folder.read("glossary.csv"))
    assert "frame" in folder.load().glossary


@pytest.mark.parametrize("name", ["sources.csv", "evidence.csv", "scenarios.yaml"])
def test_a_missing_file_is_named(folder, name):
    (folder.path / name).unlink()
    (problem,) = problems_of(folder)
    assert problem.file == name
    assert "a file of this name" in problem.allowed


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(RegistryError, match="nowhere"):
        registry.load(tmp_path / "nowhere")


def test_a_missing_municipality_is_noticed(folder):
    lines = folder.read("municipalities.csv").splitlines()
    folder.write("municipalities.csv", "\n".join(lines[:-1]) + "\n")
    (problem,) = problems_of(folder)
    assert (problem.file, problem.value) == ("municipalities.csv", "65 rows")
    assert problem.allowed == "66 municipalities"


def test_two_municipalities_may_not_share_a_tile(folder):
    folder.set("municipalities.csv", 3, "tile_row", "7")
    folder.set("municipalities.csv", 3, "tile_col", "3")
    (problem,) = problems_of(folder)
    assert (problem.row, problem.field) == (3, "tile_col")
    assert "Kristiansund" in problem.allowed


SCENARIOS = [
    ("- id: base\n  label: Base\n  color: red\n", 1, "color", "one of id, label"),
    ("- id: base\n", 1, "label", "text"),
    ("- id: base\n  label: Base\n  changes: 3\n", 1, "changes", "mapping"),
    ("- base\n", 1, "", "mapping"),
    ("id: base\n", 1, "", "a list of scenarios"),
    ("- id: base\n  label: [\n", 3, "", "YAML"),
    ("- id: base\n  label: Base\n- id: base\n  label: Again\n", 3, "id", "used once"),
    ("- id: other\n  label: Other\n", 1, "id", "a scenario named base"),
    ("- id: base\n  label: Base\n  label: Again\n", 3, "label", "each key once"),
    ("- id: base\n  label: Base\n  changes: {cost.frame: 4}\n", 1, "changes", "no changes"),
]
CHANGES = [
    ("cost.fram: 4", "cost.fram", "near: cost.frame"),
    ("cost.frame: 12", "cost.frame", "1 to 10 bnNOK"),
    ("cost.frame: much", "cost.frame", "a number in bnNOK"),
    ("cost.frame: .nan", "cost.frame", "finite"),
    ("cost.frame: true", "cost.frame", "a number"),
    ("cost.frame: {value: 4, unit: users}", "cost.frame", "users is users"),
    ("cost.per_user: 4", "cost.per_user", "cost.frame, users.planned"),
]


@pytest.mark.parametrize(("text", "row", "field", "allowed"), SCENARIOS)
def test_a_bad_scenario_file_is_named(folder, text, row, field, allowed):
    folder.write("scenarios.yaml", text)
    (problem,) = problems_of(folder)
    assert (problem.file, problem.row, problem.field) == ("scenarios.yaml", row, field)
    assert allowed in problem.allowed


@pytest.mark.parametrize(("change", "field", "allowed"), CHANGES)
def test_a_bad_change_is_named(folder, change, field, allowed):
    text = "- id: base\n  label: Base\n- id: odd\n  label: Odd\n  changes:\n    " + change + "\n"
    folder.write("scenarios.yaml", text)
    (problem,) = problems_of(folder)
    assert (problem.file, problem.row, problem.field) == ("scenarios.yaml", 3, field)
    assert allowed in problem.allowed
