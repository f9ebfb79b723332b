"""Charts and tables of the evidence chapter."""

import re

import pandas as pd
import pytest

from analysis import registry
from analysis.figures import evidence as draw
from analysis.figures import survey as draw_survey
from analysis.figures.claims import claim_tables
from analysis.figures.rows import label_rows
from analysis.studies import coder_agreement, evidence, survey


@pytest.fixture(scope="module")
def claims():
    return evidence.claims()


@pytest.fixture(scope="module")
def records():
    return evidence.records()


def drawn(chart, name):
    """Sum of the lengths of all bars of one code, to either side."""
    return sum(abs(x) for trace in chart.spec["data"] if trace["name"] == name for x in trace["x"])


def test_bars_to_both_sides_show_every_claim(claims):
    frame = evidence.tally(claims, "topic", "stance")
    chart = draw.stances(frame)
    for stance, rows in frame.groupby("stance"):
        assert drawn(chart, stance) == rows["count"].sum()
    office = [x for t in chart.spec["data"] for x in t["x"] if x < 0]
    assert -sum(office) == frame.loc[frame["speaker"] == "GP office", "count"].sum()


def test_each_code_is_named_once_in_the_legend(claims):
    chart = draw.stances(evidence.tally(claims, "topic", "stance"))
    named = [trace["name"] for trace in chart.spec["data"] if trace.get("showlegend", True)]
    assert sorted(named) == sorted(set(claims["stance"]) & set(evidence.STANCES))


def test_stacked_bars_show_every_claim_and_record(claims, records):
    verdicts = draw.verdicts(evidence.tally(claims, "speaker", "verdict"), records["source"])
    assert sum(sum(t["x"]) for t in verdicts.spec["data"]) == len(claims)
    grades = draw.grades(evidence.strength(), evidence.GRADES, records["source"])
    assert sum(sum(t["x"]) for t in grades.spec["data"]) == len(records)
    for meaning in evidence.GRADES.values():
        assert meaning in grades.meta["note"]


def test_every_code_has_a_colour():
    assert tuple(draw.VERDICT_COLOURS) == evidence.VERDICTS
    assert set(draw.RELATION_COLOURS) == set(evidence.RELATIONS)
    assert set(draw.STANCE_COLOURS) == set(evidence.STANCES)
    assert set(draw.KIND_COLOURS) == set(evidence.KINDS)
    assert set(draw.FATE_COLOURS) == set(evidence.FATES)
    assert set(draw.GRADE_COLOURS) == set(evidence.GRADES)
    assert set(draw.MEETS) == set(evidence.MEETINGS)


def test_the_record_is_told_by_topic(records):
    chart = draw.relations(evidence.tally(records, "topic", "relation"), records["source"])
    assert set(chart.meta["sources"]) == set(records["source"])
    assert "contradicts" in chart.meta["alt"]


def test_numbers_without_a_source_stand_out():
    frame = evidence.parameters()
    chart = draw.parameters(frame)
    assumed = frame[(frame["count"] > 1) & (frame["status"] == "assumption")]
    assert drawn(chart, "assumption of ours") == assumed["count"].sum()
    assert len(chart.table) == len(frame)


def test_fates_and_outcomes_name_every_claim_on_the_future():
    frame = evidence.forecasts()
    assert len(draw.fates(frame).table) == len(frame)
    html = draw.outcomes(frame)._repr_html_()
    assert html.count("<tr>") == len(frame) + 1


def test_the_meeting_table_shows_both_sides(records):
    html = draw.meetings(evidence.pairs(), records["source"])._repr_html_()
    assert html.count("They clash.") == 5
    assert html.count("Record: ") == 2 * len(evidence.pairs())


def test_codebook_table():
    assert "Not: " in draw.codes(evidence.codebook())._repr_html_()


def test_tolerance_says_that_it_is_no_result():
    chart = draw.tolerance(coder_agreement.tolerance(4), 0.8)
    assert "not a result" in chart.meta["note"]
    assert len(chart.spec["data"]) == len(coder_agreement.CODES)


def test_every_claim_has_one_anchor_and_every_record_its_source(claims, records):
    html = claim_tables(claims, records, id="all-claims", caption="All")._repr_html_()
    assert sorted(re.findall(r'<tr id="claim-([^"]+)"', html)) == sorted(claims["id"])
    assert html.count("<li>") == len(records)
    body = html[: html.index('class="hp-sources"')]
    assert body.count("sources.html#source-") == len(records)
    for id in registry.load().claims["gp-09"].informs:
        assert f'href="register.html#{id}"' in html


def test_claims_are_escaped(claims, records):
    odd = claims.assign(paraphrase="<b>&")
    html = claim_tables(odd, records, id="odd", caption="x < y")._repr_html_()
    assert "&lt;b&gt;&amp;" in html
    assert "<b>" not in html


def test_a_record_without_its_claim_is_refused(claims, records):
    with pytest.raises(ValueError, match="gp-01"):
        claim_tables(claims[claims["id"] != "gp-01"], records, id="x", caption="x")


def test_layers_draw_bounds_around_the_interval():
    frame = survey.layers()
    bounds, interval = draw_survey.layers(frame).spec["data"][:2]
    for i, row in enumerate(frame.itertuples()):
        assert bounds["base"][i] == pytest.approx(row.least, rel=1e-5)
        assert bounds["base"][i] + bounds["x"][i] == pytest.approx(row.most, rel=1e-5)
        assert bounds["base"][i] < interval["base"][i]
        assert interval["x"][i] < bounds["x"][i] / 10


def test_the_even_split_is_marked_on_each_line():
    frame = survey.layers()
    chart = draw_survey.silent_majority(survey.silent_majority(), frame)
    marks = [trace for trace in chart.spec["data"] if trace["mode"] != "lines"]
    assert [trace["x"][0] for trace in marks] == pytest.approx(frame["break_even"].tolist())
    assert all(trace["y"][0] == 0.5 for trace in marks)


def test_margins_and_comparison_hold_their_frames():
    assert len(draw_survey.margins(survey.margins()).table) == 5
    compared = draw_survey.compared(survey.compared())
    assert len(compared.table) == 6
    assert "118 answers" in compared.meta["alt"]


def test_the_summary_shows_percentages():
    html = draw_survey.summary(survey.layers())._repr_html_()
    assert "39%" in html
    assert "85%" in html


def test_rows_are_placed_from_the_top_with_their_labels_above():
    import plotly.graph_objects as go

    fig = go.Figure()
    places = label_rows(fig, ["short", "a label that is much too long to stand on one line alone"])
    assert places == [0, 1]
    assert [a.y < place for a, place in zip(fig.layout.annotations, places, strict=True)] == [
        True,
        True,
    ]
    assert "<br>" in fig.layout.annotations[1].text
    first, last = fig.layout.yaxis.range
    assert first > 1 > 0 > last


def test_frames_are_not_changed_by_drawing(claims):
    frame = evidence.tally(claims, "topic", "stance")
    before = frame.copy()
    draw.stances(frame)
    pd.testing.assert_frame_equal(frame, before)
