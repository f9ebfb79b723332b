"""A table: a frame with caption, units and sources, as HTML for screen readers and phones too."""

from __future__ import annotations

import html
import math
import numbers
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.figures.sourcing import check_id, check_sources, cited
from analysis.registry.formatting import format_value

if TYPE_CHECKING:
    from analysis.registry.records import Source

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]+")
_CAPITALS = {"gp": "GP", "gps": "GPs", "hp": "HP", "ict": "ICT", "npv": "NPV", "nok": "NOK"}
# Sources named in full; more than the second number fold behind their count.
FULL_NAMES, SHORT_NAMES = 3, 10


@dataclass(frozen=True)
class Table:
    """A finished table: ``frame`` holds the full numbers, the HTML shows them rounded."""

    id: str
    caption: str
    frame: pd.DataFrame
    sources: tuple[str, ...]
    units: Mapping[str, str]

    def _repr_html_(self) -> str:
        caption = f"{self.id}-caption"
        head = "".join(
            f'<th scope="col"{_number_class(column)}>{html.escape(heading(str(name)))}</th>'
            for name, column in self.frame.items()
        )
        body = "".join(
            "<tr>"
            + "".join(
                self._cell(name, cell, first=position == 0)
                for position, (name, cell) in enumerate(zip(self.frame.columns, row, strict=True))
            )
            + "</tr>"
            for row in self.frame.itertuples(index=False, name=None)
        )
        return (
            f'<figure class="hp-table" id="{self.id}">'
            f'<figcaption id="{caption}">{html.escape(self.caption)}</figcaption>'
            f'<div class="hp-scroll" tabindex="0" role="region" aria-labelledby="{caption}">'
            f'<table aria-labelledby="{caption}"><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
            f'<div class="hp-sources">{sources_html(self.sources)}</div></figure>'
        )

    def _cell(self, column: str, cell: Any, *, first: bool) -> str:
        missing = cell is None or cell is pd.NA or cell != cell
        if missing:
            return f"<td{_number_class(self.frame[column])}>–</td>"
        text, numeric = cell_text(cell, self.units.get(column), column)
        if first:
            return f'<th scope="row">{html.escape(text)}</th>'
        kind = ' class="number"' if numeric else ""
        return f"<td{kind}>{html.escape(text)}</td>"


def table(
    frame: pd.DataFrame,
    *,
    id: str,
    caption: str,
    sources: Iterable[str],
    units: Mapping[str, str] | None = None,
) -> Table:
    """Return ``frame`` as a Table; its first column names the rows.

    Args:
        frame: one row per line; a named index becomes the first columns.
        id: kebab-case, unique in the book.
        caption: what the table shows.
        sources: ids of registry values, sources or findings.
        units: unit id per column, which sets decimals and symbol. Columns without one show whole
            numbers as they are and other numbers with three significant digits.

    Raises:
        ValueError: an id that is not kebab-case, an empty caption or frame, a unit for no column.
        KeyError: an unknown source.
    """
    check_id(id, "table")
    if not caption.strip():
        raise ValueError(f"table {id!r}: caption is empty")
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    if frame.empty:
        raise ValueError(f"table {id!r}: the frame has no rows")
    units = dict(units or {})
    for column in units:
        if column not in frame.columns:
            raise ValueError(
                f"table {id!r}: unit given for {column!r}, which is no column; columns are "
                f"{', '.join(map(str, frame.columns))}"
            )
    named = tuple(check_sources(sources, where=f"table {id!r}"))
    return Table(id, caption, frame.copy(), named, units)


def cell_text(cell: Any, unit: str | None = None, column: str = "") -> tuple[str, bool]:
    """Return the text of a cell, and whether it is a number (which is set flush right).

    Whole numbers in a column whose name says "year" are calendar years and stay ungrouped.
    """
    if isinstance(cell, bool):
        return ("yes" if cell else "no"), False
    if not isinstance(cell, numbers.Real):
        return str(cell), False
    value = float(cell)
    if unit is not None:
        return format_value(value, unit), True
    if "year" in column.lower() and value == int(value) and 1900 <= value <= 2100:
        return str(int(value)), True
    digits = 0 if value == int(value) else max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{abs(value):,.{digits}f}".replace(",", "\u00a0")
    return ("\u2212" if value < 0 and float(f"{value:.{digits}f}") != 0 else "") + text, True


def heading(name: str) -> str:
    """Return a column name as a heading: identifiers get spaces and capitals, words stay."""
    if not _IDENTIFIER.fullmatch(name):
        return name
    words = [_CAPITALS.get(word, word) for word in name.split("_")]
    text = " ".join(words)
    return text[0].upper() + text[1:]


def sources_html(ids: Iterable[str], base: str = "") -> str:
    """Return the sources, each linked to its record on the sources page under ``base``.

    Up to three are named in full, more by producer and year of publication; a long list folds.
    """
    found = {source.id: source for id in ids for source in cited(id, "sources")}
    if len(found) <= FULL_NAMES:
        names = "; ".join(_link(source, base, source_name(source)) for source in found.values())
        return f"{'Source' if len(found) == 1 else 'Sources'}: {names}."
    producers: dict[str, list[Source]] = {}
    for source in found.values():
        producers.setdefault(source.producer, []).append(source)
    names = "; ".join(
        f"{html.escape(producer)} "
        + ", ".join(_link(source, base, _year(source)) for source in own)
        for producer, own in producers.items()
    )
    if len(found) <= SHORT_NAMES:
        return f"Sources: {names}."
    first = ", ".join(html.escape(producer) for producer in list(producers)[:2])
    return f"<details><summary>{len(found)} sources: {first} and others</summary>{names}.</details>"


def source_name(source: Source) -> str:
    """Return producer and title."""
    return f"{source.producer}: {source.title}"


def _link(source: Source, base: str, text: str) -> str:
    full = source_name(source)
    spoken = "" if text == full else f' aria-label="{html.escape(f"{text}, {full}")}"'
    address = f"{base}sources.html#source-{html.escape(source.id)}"
    return f'<a href="{address}"{spoken}>{html.escape(text)}</a>'


def _year(source: Source) -> str:
    return source.published[:4] if source.published else "undated"


def _number_class(column: pd.Series) -> str:
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return ' class="number"' if numeric else ""
