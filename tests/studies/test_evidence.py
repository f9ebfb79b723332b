"""Claims, records and judgements of the evidence chapter."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import registry
from analysis.registry.records import Evidence
from analysis.studies import evidence, findings
from analysis.studies.evidence_coding import OUTCOMES, PAIRS


@pytest.fixture(scope="module")
def claims():
    return evidence.claims()


@pytest.fixture(scope="module")
def records():
    return evidence.records()


@pytest.mark.parametrize(
    ("relations", "word"),
    [
        ([], "not known"),
        (["silent"], "not known"),
        (["supports"], "supported"),
        (["supports", "silent"], "supported"),
        (["supports", "qualifies"], "supported with a caveat"),
        (["qualifies"], "only qualified"),
        (["contradicts"], "contradicted"),
        (["contradicts", "qualifies"], "contradicted with a caveat"),
        (["supports", "contradicts"], "pulled both ways"),
        (["supports", "contradicts", "qualifies"], "pulled both ways"),
    ],
)
def test_the_rule_of_the_verdict(relations, word):
    assert evidence.verdict(relations) == word
    assert word in evidence.VERDICTS


@given(st.lists(st.sampled_from(evidence.RELATIONS)))
def test_repeating_order_and_silence_change_no_verdict(relations):
    told = evidence.verdict(relations)
    assert evidence.verdict([*reversed(relations), *relations, "silent"]) == told


@given(st.lists(st.sampled_from(evidence.RELATIONS)))
def test_the_rule_treats_support_and_contradiction_alike(relations):
    mirrored = {"supports": "contradicts", "contradicts": "supports"}
    word = evidence.verdict([mirrored.get(relation, relation) for relation in relations])
    swapped = (
        word.replace("supported", "CONTRADICTED")
        .replace("contradicted", "supported")
        .replace("CONTRADICTED", "contradicted")
    )
    assert swapped == evidence.verdict(relations)


@pytest.mark.parametrize(
    ("source", "status", "letter"),
    [
        ("stortinget-innst-153s", "official", "A"),
        ("melby-2019", "research", "A"),
        ("hp-municipalities-2024", "official", "B"),
        ("nrk-1.16148178", "press", "B"),
        ("dagensmedisin-628520", "press", "C"),
        ("digi-552225", "second-hand", "C"),
        ("project-judgement", "assumption", "D"),
        ("kommunal-rapport-hp", "article", "D"),
    ],
)
def test_a_record_is_graded_by_who_says_it(source, status, letter):
    """A party's own page ranks with the press, a commentary with what is told second hand."""
    record = Evidence(
        id="x", claim="gp-01", relation="supports", finding="x", source=source, status=status
    )
    assert evidence.grade(record) == letter


def test_every_claim_and_record_is_there_once(claims, records):
    reg = registry.load()
    assert sorted(claims["id"]) == sorted(reg.claims)
    assert sorted(records["id"]) == sorted(reg.evidence)
    assert set(claims["speaker"]) == set(evidence.SPEAKERS.values())


def test_every_claim_was_looked_up(claims, records):
    assert set(records["claim"]) == set(claims["id"])


def test_codes_of_the_claims_are_known(claims):
    assert set(claims["stance"]) <= set(evidence.STANCES)
    assert set(claims["kind"]) <= set(evidence.KINDS)
    assert set(claims["verdict"]) <= set(evidence.VERDICTS)


def test_counting_loses_no_claim(claims, records):
    for frame, of in ((claims, "verdict"), (records, "relation")):
        spoken = frame[frame["speaker"].isin(evidence.INTERVIEWED)]
        assert evidence.tally(frame, "speaker", of)["count"].sum() == len(frame)
        assert evidence.tally(frame, "topic", of)["count"].sum() == len(spoken)
    assert evidence.strength()["count"].sum() == len(records)


def test_topics_are_counted_most_first(claims):
    counted = evidence.tally(claims, "topic", "stance")
    sizes = counted.groupby("topic", sort=False)["count"].sum().tolist()
    assert sizes == sorted(sizes, reverse=True)


def test_pairs_quote_each_side_by_its_own_claims():
    reg = registry.load()
    for pair in PAIRS:
        assert {evidence.SPEAKERS[reg.claims[id].speaker] for id in pair.gp} == {"GP office"}
        assert {evidence.SPEAKERS[reg.claims[id].speaker] for id in pair.company} == {"Company"}


def test_every_claim_on_the_future_is_judged_once():
    expected = [
        claim.id
        for claim in registry.load().claims.values()
        if evidence.SPEAKERS[claim.speaker] in evidence.INTERVIEWED and evidence.looks_ahead(claim)
    ]
    assert sorted(outcome.claim for outcome in OUTCOMES) == sorted(expected)


def test_outcomes_rest_on_records_of_their_own_claim():
    reg = registry.load()
    for outcome in OUTCOMES:
        used = [reg.evidence[id] for id in outcome.evidence]
        assert used
        assert {record.claim for record in used} == {outcome.claim}
        found = {record.relation for record in used} - {"silent"}
        if outcome.fate == "borne out":
            assert "supports" in found
        elif outcome.fate in ("in part", "not so far"):
            assert "contradicts" in found
        else:
            assert "contradicts" not in found


def test_figures_in_the_outcomes_come_from_the_registry():
    told = evidence.forecasts().set_index("claim")["told"]
    assert "278" in told["gp-16"]
    assert "800" in told["gp-16"]
    assert "{" not in "".join(told)


def test_numbers_are_listed_by_the_claims_on_them():
    frame = evidence.parameters()
    assert (frame["count"] == frame["GP office"] + frame["Company"]).all()
    assert frame["count"].is_monotonic_decreasing
    wanted = Counter(
        id
        for claim in registry.load().claims.values()
        if evidence.SPEAKERS[claim.speaker] in evidence.INTERVIEWED
        for id in claim.informs
    )
    assert dict(zip(frame["id"], frame["count"], strict=True)) == wanted


def test_the_codebook_covers_all_claims(claims):
    frame = evidence.codebook()
    assert frame["claims"].sum() == len(claims)
    assert set(frame["code"]) == set(claims["topic"])


class TestWhatTheChapterSays:
    """Sentences of the chapter that hold no number; they fail here when the data change."""

    def test_stances(self, claims):
        company = claims[claims["speaker"] == "Company"]
        office = claims[claims["speaker"] == "GP office"]
        assert "critical" not in set(company["stance"])
        assert office.loc[office["stance"] == "supportive", "id"].tolist() == ["gp-20"]

    def test_topics_of_one_side(self, claims):
        topics = {name: set(rows["topic"]) for name, rows in claims.groupby("speaker")}
        office, company = topics["GP office"], topics["Company"]
        assert {"Downtime", "Present system", "Trust"} <= office - company
        assert {"Benefits", "Governance"} <= company - office

    def test_kinds(self, claims):
        kinds = {name: set(rows["kind"]) for name, rows in claims.groupby("speaker")}
        assert {"fear", "demand"} <= kinds["GP office"] - kinds["Company"]
        assert "promise" in kinds["Company"] - kinds["GP office"]

    def test_verdicts(self, claims):
        plain = claims["verdict"].isin(["supported", "contradicted"]).sum()
        assert plain < len(claims) / 2
        against = claims[claims["verdict"].str.startswith("contradicted")]
        assert "GP office" not in set(against["speaker"])
        ours = against.loc[against["speaker"] == "Company", "verdict"]
        assert set(ours) == {"contradicted with a caveat"}

    def test_records(self, records):
        counted = records["relation"].value_counts()
        assert counted["qualifies"] > counted["contradicts"]
        assert (records["grade"] == "A").mean() == pytest.approx(1 / 3, abs=0.05)

    def test_the_numbers_spoken_of_most_have_no_source(self):
        top = evidence.parameters().head(2)
        assert set(top["id"]) == {"gp.hp_price", "gp.function_minutes"}
        assert set(top["status"]) == {"assumption"}

    def test_fates(self):
        fates = evidence.forecasts()
        told = fates[fates["fate"] == "borne out"]
        assert set(told["claim"]) == {"gp-16", "gp-21"}
        assert (fates["fate"] == "cannot be told").mean() > 0.5


def test_findings_of_the_chapter_compute():
    ours = [id for id in findings.known() if id.startswith("evidence.")]
    assert len(ours) > 20
    for id in ours:
        number = findings.get(id)
        assert number.value >= 0
        assert number.sources


def test_counts_of_the_speakers_add_up():
    parts = [findings.get(f"evidence.claims_{name}").value for name in ("gp", "company", "article")]
    assert sum(parts) == findings.get("evidence.claims").value
    assert sum(parts[:2]) == findings.get("evidence.claims_both").value
