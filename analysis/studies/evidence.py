"""What two interviews are worth: claims, the record set against them, and what became of them.

Qualitative coding in the sense of a codebook with claims as units. Two persons show which concerns
and promises exist; nothing here counts how common they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection
from typing import get_args

import pandas as pd

from analysis import registry
from analysis.registry import Registry, Scenario
from analysis.registry.formatting import format_number, format_range
from analysis.registry.records import Claim, ClaimKind, Evidence, Relation
from analysis.studies.evidence_coding import OUTCOMES, PAIRS, VISIONS, Fate, Meeting
from analysis.studies.findings import finding

#: The speakers as the chapter calls them, in reading order.
SPEAKERS = {
    "GP office manager": "GP office",
    "HP managing director (as titled in the article)": "Company",
    "article": "Article",
}
INTERVIEWED = ("GP office", "Company")
STANCES = ("critical", "conditional", "neutral", "supportive")
KINDS: tuple[str, ...] = get_args(ClaimKind)
RELATIONS: tuple[str, ...] = get_args(Relation)
MEETINGS: tuple[str, ...] = get_args(Meeting)
FATES: tuple[str, ...] = get_args(Fate)
VERDICTS = (
    "supported",
    "supported with a caveat",
    "only qualified",
    "pulled both ways",
    "contradicted with a caveat",
    "contradicted",
    "not known",
)
GRADES = {
    "A": "independent official record or research",
    "B": "press, or a party's own record",
    "C": "second hand or opinion",
    "D": "no outside source: our search, our arithmetic or the article itself",
}
#: Producers with a stake in the question; what they publish on it is graded with the press.
PARTIES = (
    "Helseplattformen AS",
    "Helse Midt-Norge RHF",
    "St. Olavs hospital HF",
    "KS",
    "Legeforeningen, KS and the ministry",
)


def verdict(relations: Collection[str]) -> str:
    """One word for all records on a claim; silence counts only when nothing else is there.

    The rule is the same for every speaker and weighs no record more than another.
    """
    found = set(relations) - {"silent"}
    if {"supports", "contradicts"} <= found:
        return "pulled both ways"
    for relation, word in (("supports", "supported"), ("contradicts", "contradicted")):
        if relation in found:
            return f"{word} with a caveat" if "qualifies" in found else word
    return "only qualified" if found else "not known"


def grade(record: Evidence) -> str:
    """Grade of a record by who says it and how it was read: a key of GRADES."""
    source = registry.load().source(record.source)
    if record.status in ("article", "assumption", "derived"):
        return "D"
    if record.status == "second-hand" or source.kind == "opinion":
        return "C"
    if record.status in ("official", "research") and source.producer not in PARTIES:
        return "A"
    return "B"


def _about(claim: Claim) -> list[Evidence]:
    return [record for record in registry.load().evidence.values() if record.claim == claim.id]


def _best(records: Collection[Evidence]) -> str:
    """Best grade among the records that say anything; D when all are silent."""
    return min((grade(record) for record in records if record.relation != "silent"), default="D")


def topic_name(code: str) -> str:
    """A code of the codebook as it stands on an axis."""
    return code.replace("-", " ").capitalize()


def claims() -> pd.DataFrame:
    """Every claim with its codes and verdict.

    Columns: ``id``, ``speaker`` (a value of SPEAKERS), ``topic``, ``kind``, ``stance``,
    ``strength``, ``paraphrase``, ``paragraph``, ``informs`` (tuple of value ids), ``verdict``
    and ``grade`` (best record that says anything).
    """
    rows = []
    for claim in registry.load().claims.values():
        found = _about(claim)
        rows.append(
            {
                "id": claim.id,
                "speaker": SPEAKERS[claim.speaker],
                "topic": topic_name(claim.topic),
                "kind": claim.kind,
                "stance": claim.stance,
                "strength": claim.strength,
                "paraphrase": claim.paraphrase,
                "paragraph": claim.paragraph,
                "informs": claim.informs,
                "verdict": verdict([record.relation for record in found]),
                "grade": _best(found),
            }
        )
    return pd.DataFrame(rows)


def records() -> pd.DataFrame:
    """Every record set against a claim.

    Columns: ``id``, ``claim``, ``speaker`` and ``topic`` of the claim, ``relation``, ``finding``,
    ``source``, ``locator``, ``status``, ``grade``.
    """
    reg = registry.load()
    rows = [
        {
            "id": record.id,
            "claim": record.claim,
            "speaker": SPEAKERS[reg.claims[record.claim].speaker],
            "topic": topic_name(reg.claims[record.claim].topic),
            "relation": record.relation,
            "finding": record.finding,
            "source": record.source,
            "locator": record.locator,
            "status": record.status,
            "grade": grade(record),
        }
        for record in reg.evidence.values()
    ]
    return pd.DataFrame(rows)


def tally(frame: pd.DataFrame, by: str, of: str) -> pd.DataFrame:
    """Count rows of ``claims()`` or ``records()``: columns ``by``, ``speaker``, ``of``, ``count``.

    By topic the two persons interviewed only, the topic with most rows first; by speaker in the
    order of SPEAKERS.
    """
    keys = list(dict.fromkeys((by, "speaker", of)))
    if by == "topic":
        frame = frame[frame["speaker"].isin(INTERVIEWED)]
    counted = frame.groupby(keys).size().rename("count").reset_index()
    rank = list(SPEAKERS.values()).index
    size = counted.groupby(by)["count"].transform("sum") if by == "topic" else 0
    counted = counted.assign(size=-size, rank=counted["speaker"].map(rank))
    ordered = counted.sort_values(["size", "rank" if by == "speaker" else by, "rank", of])
    return ordered[[*keys, "count"]].reset_index(drop=True)


def strength() -> pd.DataFrame:
    """Count records by what they do to the claim and by grade: ``relation, grade, count``."""
    counted = records().groupby(["relation", "grade"]).size().rename("count").reset_index()
    counted["relation"] = pd.Categorical(counted["relation"], RELATIONS)
    frame = counted.sort_values(["relation", "grade"], ignore_index=True)
    return frame.astype({"relation": str})


def pairs() -> pd.DataFrame:
    """Questions on which both spoke: what each says, how they meet, what the record says of each.

    Columns: ``question``, ``GP office``, ``Company``, ``meeting``, ``GP record``,
    ``Company record`` (verdicts over all records on the claims of that side).
    """
    told = {claim.id: claim for claim in registry.load().claims.values()}

    def judged(ids: tuple[str, ...]) -> str:
        return verdict([record.relation for id in ids for record in _about(told[id])])

    rows = [
        (p.question, p.gp_view, p.company_view, p.meeting, judged(p.gp), judged(p.company))
        for p in PAIRS
    ]
    columns = ["question", *INTERVIEWED, "meeting", "GP record", "Company record"]
    return pd.DataFrame(rows, columns=columns)


def forecasts() -> pd.DataFrame:
    """Fears, promises, expectations and visions, with what the record to early 2025 says.

    Columns: ``claim``, ``speaker``, ``kind``, ``paraphrase``, ``fate``, ``told``, ``grade``
    (best record used that says anything), ``sources`` (tuple of source ids).
    """
    reg = registry.load()
    rows = []
    for outcome in OUTCOMES:
        claim = reg.claims[outcome.claim]
        used = [reg.evidence[id] for id in outcome.evidence]
        rows.append(
            {
                "claim": claim.id,
                "speaker": SPEAKERS[claim.speaker],
                "kind": claim.kind,
                "paraphrase": claim.paraphrase,
                "fate": outcome.fate,
                "told": _filled(outcome.told, reg),
                "grade": _best(used),
                "sources": tuple(dict.fromkeys(record.source for record in used)),
            }
        )
    return pd.DataFrame(rows)


def looks_ahead(claim: Claim) -> bool:
    """Whether a claim speaks of the future: the claims that `forecasts` must judge."""
    ahead = claim.kind in ("fear", "promise") or claim.strength == "expectation"
    return claim.id in VISIONS or ahead


def parameters() -> pd.DataFrame:
    """Numbers of the model that the two interviews speak to, most spoken of first.

    Columns: ``label``, ``number`` (text), ``range`` (text, "–" when none), ``status``, one count
    of claims per person interviewed, ``count``, ``id``.
    """
    reg = registry.load()
    spoken: dict[str, Counter[str]] = {}
    for claim in reg.claims.values():
        for id in claim.informs if SPEAKERS[claim.speaker] in INTERVIEWED else ():
            spoken.setdefault(id, Counter())[SPEAKERS[claim.speaker]] += 1
    rows = []
    for id, counts in spoken.items():
        number = reg.number(id)
        ends = number.low is not None and number.high is not None
        rows.append(
            {
                "label": number.label,
                "number": format_number(number),
                "range": format_range(number.low or 0.0, number.high or 0.0, number.unit)
                if ends
                else "–",
                "status": number.status,
                **{name: counts[name] for name in INTERVIEWED},
                "count": counts.total(),
                "id": id,
            }
        )
    frame = pd.DataFrame(rows)
    return frame.sort_values(["count", "label"], ascending=[False, True], ignore_index=True)


def codebook() -> pd.DataFrame:
    """Topics in use: ``code``, ``definition``, ``include``, ``exclude``, ``claims`` (count)."""
    reg = registry.load()
    counts = Counter(claim.topic for claim in reg.claims.values())
    rows = [
        (topic_name(entry.code), entry.definition, entry.include, entry.exclude, counts[entry.code])
        for entry in reg.codebook.values()
        if counts[entry.code]
    ]
    return pd.DataFrame(rows, columns=["code", "definition", "include", "exclude", "claims"])


def _filled(text: str, reg: Registry) -> str:
    """Replace ``{id}`` by the formatted value of the registry."""
    return re.sub(r"\{([a-z0-9_.]+)\}", lambda match: format_number(reg.number(match[1])), text)


def _claims_of(speaker: str, **codes: Collection[str]) -> int:
    """Count claims of a speaker whose codes are among the given ones."""
    told = claims()
    chosen = told["speaker"] == speaker
    for column, allowed in codes.items():
        chosen &= told[column].isin(allowed)
    return int(chosen.sum())


def _rows_of(frame: Callable[[], pd.DataFrame], column: str, wanted: str) -> int:
    return int((frame()[column] == wanted).sum())


def _both() -> int:
    return sum(_claims_of(speaker) for speaker in INTERVIEWED)


def _outside_sources() -> int:
    """Count sources used as evidence, without the article and this project."""
    reg = registry.load()
    used = {record.source for record in reg.evidence.values()}
    return sum(reg.source(id).kind not in ("article", "project") for id in used)


_SUPPORTED, _AGAINST = VERDICTS[:2], VERDICTS[4:6]
#: Label, unit and computation of every count that the chapter quotes.
_COUNTS: dict[str, tuple[str, str, Callable[[], int]]] = {
    "claims": ("Claims coded", "claims", lambda: len(claims())),
    "claims_both": ("Claims of the two persons interviewed", "claims", _both),
    "claims_gp": ("Claims of the GP office", "claims", lambda: _claims_of("GP office")),
    "claims_company": ("Claims of the company", "claims", lambda: _claims_of("Company")),
    "claims_article": ("Claims of the article itself", "claims", lambda: _claims_of("Article")),
    "critical_gp": (
        "Critical claims of the GP office",
        "claims",
        lambda: _claims_of("GP office", stance=["critical"]),
    ),
    "supportive_company": (
        "Supportive claims of the company",
        "claims",
        lambda: _claims_of("Company", stance=["supportive"]),
    ),
    "supported_gp": (
        "Claims of the GP office that the record supports, caveat or not",
        "claims",
        lambda: _claims_of("GP office", verdict=_SUPPORTED),
    ),
    "supported_company": (
        "Claims of the company that the record supports, caveat or not",
        "claims",
        lambda: _claims_of("Company", verdict=_SUPPORTED),
    ),
    "against_company": (
        "Claims of the company that the record contradicts, caveat or not",
        "claims",
        lambda: _claims_of("Company", verdict=_AGAINST),
    ),
    "records": ("Records set against the claims", "count", lambda: len(records())),
    "sources": ("Outside sources among these records", "count", _outside_sources),
    "grade_a": (
        f"Records of grade A: {GRADES['A']}",
        "count",
        lambda: _rows_of(records, "grade", "A"),
    ),
    "questions": ("Questions on which both spoke", "count", lambda: len(PAIRS)),
    "parameters": ("Model numbers that the two speak to", "count", lambda: len(parameters())),
    "parameters_assumed": (
        "Model numbers that the two speak to and no source gives",
        "count",
        lambda: _rows_of(parameters, "status", "assumption"),
    ),
    "forecasts": ("Claims on the future", "claims", lambda: len(OUTCOMES)),
    "forecasts_borne_out": (
        "Claims on the future that are borne out",
        "claims",
        lambda: _rows_of(forecasts, "fate", "borne out"),
    ),
    "forecasts_cannot_be_told": (
        "Claims on the future of which it cannot be told",
        "claims",
        lambda: _rows_of(forecasts, "fate", "cannot be told"),
    ),
}


def _register(name: str, label: str, unit: str, compute: Callable[[], int]) -> None:
    @finding(
        f"evidence.{name}",
        label=label,
        unit=unit,
        inputs=("interviews.article",),
        method="count of records in data/claims.csv, data/evidence.csv and the judgements on them",
    )
    def counted(scenario: Scenario) -> float:
        return float(compute())


for _name, _count in _COUNTS.items():
    _register(_name, *_count)
