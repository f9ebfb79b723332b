"""The surveys of the evidence chapter, and the agreement of coders."""

from datetime import UTC, datetime
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import registry
from analysis.methods.survey import combined
from analysis.studies import coder_agreement, findings, survey


@pytest.fixture(scope="module")
def base():
    return registry.load().scenario("base")


def test_three_layers_of_the_trondheim_survey():
    """3 000 of 7 000: Wilson (1927, JASA 22), Manski (1995, ch. 2), by hand."""
    frame = survey.layers().set_index("id")
    unsure = frame.loc["survey.unsure"]
    assert unsure["random_low"] == pytest.approx(0.63275, abs=5e-6)
    assert unsure["random_high"] == pytest.approx(0.66687, abs=5e-6)
    assert unsure["least"] == pytest.approx(1950 / 7000)
    assert unsure["most"] == pytest.approx(5950 / 7000)
    assert unsure["break_even"] == pytest.approx(1550 / 4000)
    assert frame.loc["survey.searching", "break_even"] == pytest.approx(2450 / 4000)
    assert frame.loc["survey.double_work", "break_even"] == pytest.approx(1700 / 4000)


def test_bounds_of_the_study_are_the_derived_values_of_the_registry():
    unsure = survey.layers().set_index("id").loc["survey.unsure"]
    assert unsure["least"] == pytest.approx(registry.load()["survey.unsure_least"])
    assert unsure["most"] == pytest.approx(registry.load()["survey.unsure_most"])


def test_nothing_is_open_when_everybody_answers(base):
    full = survey.layers(base.with_changes({"survey.asked": 3000}))
    assert full["least"].tolist() == pytest.approx(full["share"].tolist())
    assert full["most"].tolist() == pytest.approx(full["share"].tolist())
    assert full["break_even"].isna().all()


def test_the_break_even_share_makes_an_even_split():
    for row in survey.layers().itertuples():
        assert combined(row.share, 3000, 7000, row.break_even) == pytest.approx(0.5)


def test_the_line_runs_between_the_bounds():
    lines = survey.silent_majority()
    for row in survey.layers().itertuples():
        line = lines[lines["question"] == row.question].set_index("silent")["all"]
        assert line[0.0] == pytest.approx(row.least)
        assert line[1.0] == pytest.approx(row.most)
        assert line.is_monotonic_increasing


def test_the_correction_shrinks_the_margin_and_the_silent_outweigh_it():
    """Half widths for 65 % of 3 000: 1.707, 1.642 (N = 40 000) and 1.290 points (N = 7 000)."""
    frame = survey.margins().set_index("assumption")[
        "Unsure whether the record is right and up to date"
    ]
    assert frame["anyone like them, without limit"] == pytest.approx(1.707, abs=5e-4)
    assert frame["all planned users"] == pytest.approx(1.642, abs=5e-4)
    assert frame["the persons asked, and nobody else"] == pytest.approx(1.290, abs=5e-4)
    sampling = frame.drop("whatever those who did not answer think")
    assert sampling.is_monotonic_decreasing
    assert frame["whatever those who did not answer think"] > 10 * sampling.max()


def test_few_answers_make_a_wide_interval():
    frame = survey.compared().set_index("id")
    width = frame["high"] - frame["low"]
    assert width.idxmax() == "survey_staff.satisfied_gps"
    assert (
        frame.loc["survey_staff.satisfied_gps", "low"] > frame.loc["survey_staff.satisfied", "high"]
    )


def test_findings_agree_with_the_frame():
    assert findings.get("evidence.silent").value == 4000
    ratio = (
        findings.get("evidence.bounds_width").value / findings.get("evidence.random_width").value
    )
    assert findings.get("evidence.width_ratio").value == pytest.approx(ratio)
    assert findings.get("evidence.unsure_gap").value == pytest.approx(65 - 38.75)


def test_answers_needed_halve_the_margin_of_the_gps(base):
    needed = round(findings.get("evidence.gp_answers_needed").value)
    wanted = findings.get("evidence.gp_margin").value / 2
    region = round(base.value("gp.region_count"))

    def margin(n):
        return 100 * 1.959964 * (0.25 / n * (region - n) / (region - 1)) ** 0.5

    assert margin(needed) <= wanted < margin(needed - 1)


def coded(code):
    return {claim.id: getattr(claim, code) for claim in registry.load().claims.values()}


@pytest.mark.parametrize("code", coder_agreement.CODES)
def test_a_coder_agrees_with_himself(code):
    assert coder_agreement.agreement(coded(code), code).alpha == pytest.approx(1)


def test_agreement_by_hand():
    """Two coders, four units, one disagreement: 1 - 7 x 2 / (64 - 34) = 0.5333."""
    first = {"gp-01": "demand", "gp-02": "fact", "gp-03": "demand", "gp-04": "fact"}
    found = coder_agreement.agreement({**first, "gp-04": "demand"}, "kind")
    assert found.alpha == pytest.approx(1 - 7 * 2 / (64 - 34))
    assert found.low <= found.alpha <= found.high


@pytest.mark.parametrize(
    ("second", "code", "message"),
    [
        ({"gp-99": "fact", "gp-01": "fact"}, "kind", "'gp-99': not in data/claims.csv"),
        ({"gp-01": "hope", "gp-02": "fact"}, "kind", "'hope'; allowed: demand, fact, fear"),
        ({"gp-01": "fact"}, "kind", "at least two"),
        ({"gp-01": "fact"}, "mood", "allowed: topic, kind, stance, strength"),
    ],
)
def test_a_bad_sheet_is_refused(second, code, message):
    with pytest.raises(ValueError, match=message):
        coder_agreement.agreement(second, code)


def test_the_sheet_for_a_second_coder_shows_no_codes():
    sheet = coder_agreement.coding_sheet()
    assert len(sheet) == len(registry.load().claims)
    assert (sheet[list(coder_agreement.CODES)] == "").all(axis=None)


def test_alpha_falls_as_coders_disagree():
    for _, rows in coder_agreement.tolerance().groupby("code"):
        assert rows["alpha"].iloc[0] == pytest.approx(1)
        assert rows["alpha"].is_monotonic_decreasing


@given(st.integers(0, 57), st.integers(0, 1000))
def test_disagreement_changes_as_many_codes_as_asked(count, seed):
    import numpy as np

    first = list(coded("kind").values())
    second = coder_agreement._changed(first, count, np.random.default_rng(seed))
    assert sum(a != b for a, b in zip(first, second, strict=True)) == count


def test_the_project_file_holds_every_claim_and_code(tmp_path):
    path = tmp_path / "claims.qdpx"
    coder_agreement.write_project(path, datetime(2026, 11, 1, tzinfo=UTC))
    with ZipFile(path) as archive:
        project = archive.read("project.qde").decode()
        text = next(archive.read(n) for n in archive.namelist() if n.endswith(".txt")).decode()
    assert project.count("<PlainTextSelection ") == len(registry.load().claims)
    assert project.count("<Coding ") == 4 * len(registry.load().claims)
    for claim in registry.load().claims.values():
        assert claim.paraphrase in text
