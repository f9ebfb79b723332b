"""Agreement between coders: one person has coded the claims so far, and what a second would test.

`coding_sheet` is what a second coder fills in and `agreement` compares. Until somebody does, there
is no agreement to report, and none is made up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import registry
from analysis.methods import qda
from analysis.methods.agreement import Agreement, alpha, bootstrap
from analysis.registry import Scenario
from analysis.studies import evidence
from analysis.studies.findings import finding

#: Codes that every claim has one of.
CODES = ("topic", "kind", "stance", "strength")
_DRAWS, _SEED = 20, 20211201


def coding_sheet() -> pd.DataFrame:
    """Claims with empty codes, for a second coder: ``id``, ``paragraph``, ``paraphrase``, CODES."""
    claims = evidence.claims()[["id", "paragraph", "paraphrase"]]
    return claims.assign(**dict.fromkeys(CODES, ""))


def agreement(second: Mapping[str, str], code: str) -> Agreement:
    """Compare a second coder with the codes in the data.

    Args:
        second: code by claim id; claims left out are not compared.
        code: one of CODES.

    Raises:
        ValueError: an unknown code name, claim or code value; fewer than two claims; or one single
            value throughout, where alpha does not exist.
    """
    first = _coded(code)
    for id, value in second.items():
        if id not in first:
            raise ValueError(f"claim {id!r}: not in data/claims.csv")
        if value not in first.values():
            allowed = ", ".join(sorted(set(first.values())))
            raise ValueError(f"{code} of {id} = {value!r}; allowed: {allowed}")
    if len(second) < 2:
        raise ValueError(f"{len(second)} claims coded twice: at least two are needed")
    return bootstrap([[first[id] for id in second], list(second.values())])


def write_project(path: str | Path, created: datetime) -> None:
    """Write claims and codes as a REFI-QDA project (``.qdpx``), for QualCoder, NVivo and others.

    The text is our paraphrase of each claim, not the article, which is under copyright.

    Raises:
        ValueError: when ``created`` has no time zone.
    """
    definitions = {entry.code: entry.definition for entry in registry.load().codebook.values()}
    claims = list(registry.load().claims.values())
    codes = tuple(
        qda.Code(
            group,
            children=tuple(
                qda.Code(f"{group}: {value}", _definition(definitions, group, value))
                for value in sorted({getattr(claim, group) for claim in claims})
            ),
        )
        for group in CODES
    )
    lines, passages, start = [], [], 0
    for claim in claims:
        lines.append(f"{claim.id} {claim.paraphrase}\n")
        end = start + len(lines[-1]) - 1
        named = tuple(f"{group}: {getattr(claim, group)}" for group in CODES)
        passages.append(qda.Passage(start, end, named, "first coder"))
        start = end + 1
    source = qda.Source("claims", "".join(lines), tuple(passages))
    qda.write_project(path, "Helseplattformen claims", codes, [source], created, "analysis")


def _definition(definitions: Mapping[str, str], group: str, value: str) -> str:
    return definitions.get(value if group == "topic" else f"{group}-{value}", "")


def tolerance(most: int = 16) -> pd.DataFrame:
    """Alpha if a second coder disagreed on so many claims: a plan, not a result.

    The claims and the other codes are drawn at random, the codes as often as the first coder used
    them; means over draws with a fixed seed. Columns: ``code``, ``disagreements``, ``alpha``.
    """
    rows = []
    for code in CODES:
        first = list(_coded(code).values())
        stream = np.random.default_rng(_SEED)
        for count in range(0, most + 1, 2):
            found = [alpha([first, _changed(first, count, stream)]) for _ in range(_DRAWS)]
            rows.append((code, count, float(np.mean(found))))
    return pd.DataFrame(rows, columns=["code", "disagreements", "alpha"])


def _coded(code: str) -> dict[str, str]:
    if code not in CODES:
        raise ValueError(f"code = {code!r}; allowed: {', '.join(CODES)}")
    return {claim.id: getattr(claim, code) for claim in registry.load().claims.values()}


def _changed(first: list[str], count: int, stream: np.random.Generator) -> list[str]:
    """Return the codes with ``count`` of them replaced by other ones."""
    second = list(first)
    for place in stream.choice(len(first), size=count, replace=False):
        others = [value for value in first if value != first[place]]
        second[place] = others[stream.integers(len(others))]
    return second


@finding(
    "evidence.disagreements_tolerated",
    label="Claims on whose kind a second coder may disagree before alpha falls short",
    unit="claims",
    inputs=("agreement.wanted", "interviews.article"),
    method="greatest even number with a mean alpha of at least the wanted one, codes at random",
)
def _tolerated(scenario: Scenario) -> float:
    frame = tolerance()
    kinds = frame[frame["code"] == "kind"]
    enough = kinds["alpha"] >= scenario.value("agreement.wanted")
    return float(kinds.loc[enough, "disagreements"].max())
