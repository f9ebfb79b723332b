"""Every claim with the records on it: one table per topic, folded, readable on a phone."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from analysis import registry
from analysis.figures.sourcing import check_id
from analysis.figures.table import sources_html


@dataclass(frozen=True, repr=False)
class ClaimTables:
    """Claims and records as HTML; rows have the anchor ``claim-`` and the id of the claim."""

    id: str
    caption: str
    claims: pd.DataFrame
    records: pd.DataFrame
    labels: Mapping[str, str]

    def __repr__(self) -> str:
        return f"{self.caption}: {len(self.claims)} claims, {len(self.records)} records"

    def _repr_html_(self) -> str:
        parts = "".join(self._topic(str(name), rows) for name, rows in self._by_topic())
        sources = sources_html(dict.fromkeys(self.records["source"]))
        return (
            f'<figure class="hp-table" id="{self.id}">'
            f"<figcaption>{escape(self.caption)}</figcaption>{parts}"
            f'<div class="hp-sources">{sources}</div></figure>'
        )

    def _by_topic(self) -> list[tuple[str, pd.DataFrame]]:
        names = dict.fromkeys(sorted(self.claims["topic"]))
        return [(name, self.claims[self.claims["topic"] == name]) for name in names]

    def _topic(self, name: str, rows: pd.DataFrame) -> str:
        head = f"{name}: {len(rows)} {'claim' if len(rows) == 1 else 'claims'}"
        body = "".join(self._row(claim) for claim in rows.to_dict("records"))
        return (
            f"<details><summary>{escape(head)}</summary>"
            f'<div class="hp-scroll" tabindex="0" role="region" aria-label="{escape(head)}">'
            f'<table aria-label="{escape(head)}"><thead><tr><th scope="col">Claim</th>'
            f'<th scope="col">What the record says</th></tr></thead>'
            f"<tbody>{body}</tbody></table></div></details>"
        )

    def _row(self, claim: Mapping[Hashable, Any]) -> str:
        who = f"{claim['speaker']}, {claim['paragraph']} · {claim['kind']}, {claim['strength']}"
        found = self.records[self.records["claim"] == claim["id"]]
        items = "".join(self._record(record) for record in found.to_dict("records"))
        informs = ", ".join(
            f'<a href="register.html#{escape(id)}">{escape(self.labels[id])}</a>'
            for id in registry.load().claims[claim["id"]].informs
        )
        bears = f"<small>Bears on: {informs}</small>" if informs else ""
        return (
            f'<tr id="claim-{escape(claim["id"])}">'
            f'<th scope="row">{escape(claim["paraphrase"])}'
            f"<small>{escape(who)}</small>"
            f'<small><span class="status">{escape(claim["verdict"])}</span></small>{bears}'
            f'</th><td><ul class="hp-list">{items}</ul></td></tr>'
        )

    def _record(self, record: Mapping[Hashable, Any]) -> str:
        source = registry.load().source(record["source"])
        year = source.published[:4] if source.published else "undated"
        where = (
            f'<a href="sources.html#source-{escape(source.id)}">'
            f"{escape(source.producer)}, {year}</a>, {escape(record['locator'])}"
        )
        return (
            f"<li><strong>{escape(record['relation'].capitalize())}.</strong> "
            f"{escape(record['finding'])}"
            f"<small>{where} · grade {record['grade']}</small></li>"
        )


def claim_tables(
    claims: pd.DataFrame, records: pd.DataFrame, *, id: str, caption: str
) -> ClaimTables:
    """Return the folded tables; frames of `studies.evidence.claims` and ``records``.

    Raises:
        ValueError: an id that is not kebab-case, or a record on a claim that is not in ``claims``.
    """
    check_id(id, "table")
    lost = sorted(set(records["claim"]) - set(claims["id"]))
    if lost:
        raise ValueError(f"table {id!r}: records on {', '.join(lost)}, which is not in claims")
    reg = registry.load()
    named = {name for ids in claims["informs"] for name in ids}
    return ClaimTables(
        id, caption, claims, records, {name: reg.value(name).label for name in named}
    )
