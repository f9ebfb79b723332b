"""Directives that write the reference pages from the registry at every build.

``{register}`` all values and findings, ``{records}`` some of them, ``{sources}``, ``{conflicts}``,
``{municipalities}``, ``{glossary-list}`` and ``{status-counts}``.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from analysis import figures, registry
from analysis.registry import formatting
from analysis.site import usage
from analysis.site.numbers import STATUS_LABELS
from analysis.studies import findings

if TYPE_CHECKING:
    from analysis.registry.records import Conflict, Source, Value

BREAKABLE = re.compile(r"([._])")
ACRONYMS = {"gp": "GP", "gps": "GPs", "cpi": "CPI", "hp": "HP", "npv": "NPV", "ict": "ICT"}
MANY_USES = 3
SOURCE_KINDS = {
    "article": "The interview article",
    "official": "Official records and statistics",
    "research": "Research",
    "press": "Press",
    "opinion": "Opinion pieces and commentary",
    "project": "This project",
}
MUNICIPAL_COLUMNS = {
    "name": "Municipality",
    "county": "County",
    "pop_2021": "Inhabitants 2021",
    "pop_2024": "Inhabitants 2024",
    "age_67_plus": "Aged 67 or more",
    "centrality_class": "Centrality class",
    "steps": "Known steps towards the platform",
}


class Generated(SphinxDirective):
    """Base of the directives: raw HTML, in sections where a page has parts."""

    has_content = False

    def html(self, text: str) -> nodes.raw:
        """Return HTML as a node."""
        return nodes.raw("", text, format="html")

    def section(self, title: str, id: str, text: str) -> nodes.section:
        """Return a section with a heading, so that it is in the page's contents."""
        section = nodes.section("", nodes.title("", title), self.html(text), ids=[id], names=[id])
        self.set_source_info(section)
        return section


class RegisterDirective(Generated):
    """Every value of the registry by group, then every finding."""

    def run(self) -> list[nodes.Node]:
        """Return a filter and one section per group."""
        reg = registry.load()
        places = usage.uses(Path(self.env.srcdir))
        groups: dict[str, list[Value]] = defaultdict(list)
        for id in sorted(reg.values):
            groups[id.split(".")[0]].append(reg.values[id])
        result: list[nodes.Node] = [self.html(FILTER)]
        for group, values in groups.items():
            title = group_title(group)
            rows = "".join(value_row(value, places.get(value.id, [])) for value in values)
            result.append(self.section(title, f"group-{group}", _records(rows, title, len(values))))
        computed = findings.known()
        if computed:
            rows = "".join(finding_row(id, places.get(id, [])) for id in sorted(computed))
            title = "Numbers computed by us"
            text = _records(rows, title, len(computed))
            result.append(self.section(title, "group-findings", text))
        return result


class RecordsDirective(Generated):
    """Chosen records in one table, under a caption: one id or pattern (``gp.hours_*``) a line.

    ``:events:`` sorts by date and leaves out the values, for records that say when something was.
    """

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {"events": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Return the table; a pattern without a match is an error that names it."""
        reg = registry.load()
        try:
            chosen = [reg.value(id) for id in usage.matching(reg.values, self.content)]
        except LookupError as error:
            raise self.error(str(error)) from None
        events = "events" in self.options
        if events:
            chosen.sort(key=lambda value: (value.date or "", value.id))
        rows = "".join(record_row(value, events) for value in chosen)
        names = ("When", "What") if events else ("What", "Value and range", "When")
        return [self.html(_table((*names, "Status", "Source"), rows, self.arguments[0]))]


class StatusCountsDirective(Generated):
    """How many values there are by status."""

    def run(self) -> list[nodes.Node]:
        """Return one line of counts."""
        counts: Counter[str] = Counter(value.status for value in registry.load().values.values())
        parts = [
            f"<li>{_status(status)} {counts[status]}</li>"
            for status in STATUS_LABELS
            if counts[status]
        ]
        return [self.html(f'<ul class="hp-counts">{"".join(parts)}</ul>')]


class SourcesDirective(Generated):
    """Every source by kind."""

    def run(self) -> list[nodes.Node]:
        """Return one section per kind of source."""
        reg = registry.load()
        used = Counter(value.source for value in reg.values.values())
        result: list[nodes.Node] = []
        for kind, title in SOURCE_KINDS.items():
            chosen = [source for source in reg.sources.values() if source.kind == kind]
            if chosen:
                items = "".join(source_item(source, used[source.id]) for source in chosen)
                text = f'<ul class="hp-list">{items}</ul>'
                result.append(self.section(title, f"sources-{kind}", text))
        return result


class ConflictsDirective(Generated):
    """Every conflict: what the sources say, which is used and why."""

    def run(self) -> list[nodes.Node]:
        """Return one section per conflict."""
        return [
            self.section(conflict.title, f"conflict-{conflict.id}", conflict_html(conflict))
            for conflict in registry.load().conflicts.values()
        ]


class MunicipalitiesDirective(Generated):
    """The municipalities with inhabitants, centrality and what they decided."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        reg = registry.load()
        frame = reg.municipalities.reset_index()
        steps: dict[str, list[str]] = defaultdict(list)
        for record in sorted(reg.status_records.values(), key=lambda r: (r.date or "", r.id)):
            steps[record.code].append(f"{record.status} ({record.date or 'undated'})")
        frame["steps"] = [", ".join(steps[code]) for code in frame["code"]]
        frame = frame[list(MUNICIPAL_COLUMNS)].fillna("").rename(columns=MUNICIPAL_COLUMNS)
        sources = dict.fromkeys(record.source for record in reg.status_records.values())
        table = figures.table(
            frame,
            id="municipality-table",
            caption="The municipalities of the region, in the borders of 2020 to 2023",
            sources=["ssb-07459", *sources],
        )
        return [self.html(table._repr_html_())]


class GlossaryDirective(Generated):
    """The terms with their Norwegian names."""

    def run(self) -> list[nodes.Node]:
        """Return a description list in alphabetical order."""
        terms = sorted(registry.load().glossary.values(), key=lambda term: term.term.lower())
        items = "".join(
            f'<dt id="term-{escape(term.id)}">{escape(term.term)}'
            + (f' <i lang="nb">({escape(term.norwegian)})</i>' if term.norwegian else "")
            + f"</dt><dd>{escape(term.definition)}</dd>"
            for term in terms
        )
        return [self.html(f'<dl class="hp-glossary">{items}</dl>')]


def group_title(group: str) -> str:
    """Return the heading of a group of ids."""
    words = [ACRONYMS.get(word, word) for word in group.split("_")]
    text = " ".join(words)
    return text[0].upper() + text[1:]


def value_row(value: Value, places: Iterable[usage.Use]) -> str:
    """Return the table row of a registry value."""
    reg = registry.load()
    source = reg.source(value.source)
    details = [_code(value.id)]
    if value.note:
        details.append(escape(value.note))
    if value.formula:
        details.append(f"Computed: {_code(value.formula)}")
    prices = f"{value.price_year or ''} {value.price_basis or ''}".strip()
    origin = ", ".join(part for part in (value.locator, value.date or "") if part)
    return (
        f'<tr id="{value.id}" data-status="{value.status}">'
        f'<th scope="row">{escape(value.label)}<small>{"<br>".join(details)}</small></th>'
        f'<td class="number">{_amount(value)}</td>'
        f"<td>{_status(value.status)}{f'<small>{prices} prices</small>' if prices else ''}</td>"
        f'<td><a href="sources.html#source-{escape(source.id)}">{escape(source.producer)}</a>'
        f"<small>{escape(origin)}</small></td><td>{_uses(places)}</td></tr>"
    )


def record_row(value: Value, event: bool) -> str:
    """Return the table row of a record among others; of an event the date comes first."""
    reg = registry.load()
    source = reg.source(value.source)
    note = f"<small>{escape(value.note)}</small>" if value.note else ""
    name = f'<a href="register.html#{value.id}">{escape(value.label)}</a>{note}'
    date = escape(value.date or "–")
    if event:
        cells = f'<td class="hp-date">{date}</td><th scope="row">{name}</th>'
    else:
        cells = (
            f'<th scope="row">{name}</th><td class="number">{_amount(value)}</td>'
            f'<td class="hp-date">{date}</td>'
        )
    return (
        f"<tr>{cells}<td>{_status(value.status)}</td>"
        f'<td><a href="sources.html#source-{escape(source.id)}">{escape(source.producer)}</a></td>'
        "</tr>"
    )


def finding_row(id: str, places: Iterable[usage.Use]) -> str:
    """Return the table row of a finding: its inputs stand where a value has its source."""
    finding, number = findings.known()[id], findings.get(id)
    span = ""
    if number.low is not None and number.high is not None:
        text = formatting.format_range(number.low, number.high, number.unit)
        span = f"<small>{escape(text)}</small>"
    inputs = ", ".join(f'<a href="#{name}">{_code(name)}</a>' for name in finding.inputs)
    return (
        f'<tr id="{id}" data-status="derived"><th scope="row">{escape(finding.label)}'
        f"<small>{_code(id)}<br>{escape(finding.method)}</small></th>"
        f'<td class="number">{escape(formatting.format_number(number))}{span}</td>'
        f"<td>{_status('derived')}</td><td><small>{inputs}</small></td>"
        f"<td>{_uses(places)}</td></tr>"
    )


def source_item(source: Source, used: int) -> str:
    """Return the list item of a source."""
    url = escape(source.url or "")
    link = f' <a href="{url}" rel="noopener">{url}</a>' if url else ""
    dates = "; ".join(
        f"{word} {date}"
        for word, date in (("published", source.published), ("read", source.accessed))
        if date
    )
    facts = [dates, source.licence, f"values that cite it: {used}" if used else ""]
    return (
        f'<li id="source-{escape(source.id)}"><strong>{escape(source.producer)}: '
        f"{escape(source.title)}</strong><br>{escape(source.citation)}{link}"
        f"<br><small>{escape('; '.join(fact for fact in facts if fact))}. "
        f"<code>{escape(source.id)}</code></small></li>"
    )


def conflict_html(conflict: Conflict) -> str:
    """Return what the sources say, which is used, why, and the guard."""
    reg = registry.load()
    rows = []
    for id in conflict.values:
        value = reg.value(id)
        source = reg.source(value.source)
        mark = ' <span class="status status--used">used here</span>' if id == conflict.used else ""
        amount = formatting.format_number(reg.number(id))
        rows.append(
            f'<tr><th scope="row"><a href="register.html#{id}">{escape(value.label)}</a>{mark}</th>'
            f'<td class="number">{escape(amount)}</td><td>{_status(value.status)}</td>'
            f'<td><a href="sources.html#source-{source.id}">{escape(source.producer)}</a></td></tr>'
        )
    note = f"<p>{escape(conflict.note)}</p>" if conflict.note else ""
    return (
        f"{_table(('Figure', 'Says', 'Status', 'Source'), ''.join(rows), conflict.title)}"
        f"<p><strong>Why:</strong> {escape(conflict.reason)}</p>{note}"
        f"<p><small>Holds as long as <code>{escape(conflict.guard)}</code>; "
        f"a test fails when it no longer does.</small></p>"
    )


def _amount(value: Value) -> str:
    """Return a value as the book writes it, with its range where it has one."""
    amount = escape(formatting.format_number(registry.load().number(value.id)))
    if value.low is None or value.high is None:
        return amount
    text = formatting.format_range(value.low, value.high, value.unit)
    return f"{amount}<small>{escape(text)} ({value.range_meaning})</small>"


def _table(names: Iterable[str], rows: str, label: str, kind: str = "") -> str:
    """Return a table that scrolls sideways; on a phone its rows are blocks of lines."""
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    return (
        f'{_scroll(label)}<table class="{f"{kind} hp-stack".strip()}" aria-label="{escape(label)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _records(rows: str, title: str, count: int) -> str:
    """Return a group of records, closed: the page is long, and a browser lays out what is open."""
    names = ("What", "Value and range", "Status", "Source", "Used in")
    return (
        f'<details class="hp-group"><summary>{count} record{"" if count == 1 else "s"}</summary>'
        f"{_table(names, rows, f'Records: {title}', 'hp-register')}</details>"
    )


def _scroll(label: str) -> str:
    return f'<div class="hp-scroll" tabindex="0" role="region" aria-label="{escape(label)}">'


def _status(status: str) -> str:
    label = STATUS_LABELS[status].partition(":")[0]
    return f'<span class="status status--{status}">{escape(label)}</span>'


def _code(text: str) -> str:
    """Return an id or a formula as code that may break after a dot or an underscore."""
    return "<code>" + BREAKABLE.sub(r"\1<wbr>", escape(text)) + "</code>"


def _uses(places: Iterable[usage.Use]) -> str:
    """Return links to the places of use by sort: pages open, the rest behind a count."""
    by_sort: dict[str, list[str]] = defaultdict(list)
    for place in places:
        name = BREAKABLE.sub(r"\1<wbr>", escape(place.name))
        by_sort[place.sort].append(f'<a href="{place.link}">{name}</a>' if place.link else name)
    pages = ", ".join(by_sort.pop("page", []))
    lines = [f"{sort}: {', '.join(names)}" for sort, names in by_sort.items()]
    text = "<br>".join(lines)
    count = sum(map(len, by_sort.values()))
    if count > MANY_USES:
        text = f"<details><summary>{count} other places</summary>{text}</details>"
    elif pages and text:
        text = f"<br>{text}"
    return f"<small>{pages}{text}</small>" if pages or text else "–"


_OPTIONS = "".join(
    f'<option value="{status}">{escape(label)}</option>' for status, label in STATUS_LABELS.items()
)
FILTER = (
    '<form class="hp-filter" role="search" aria-label="Filter the register">'
    '<label>Find <input type="search" name="text" autocomplete="off"></label>'
    f'<label>Status <select name="status"><option value="">all</option>{_OPTIONS}</select></label>'
    '<output aria-live="polite"></output></form>'
)
DIRECTIVES: dict[str, type[Generated]] = {
    "register": RegisterDirective,
    "records": RecordsDirective,
    "status-counts": StatusCountsDirective,
    "sources": SourcesDirective,
    "conflicts": ConflictsDirective,
    "municipalities": MunicipalitiesDirective,
    "glossary-list": GlossaryDirective,
}
