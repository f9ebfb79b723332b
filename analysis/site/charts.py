"""Charts on the page: from the plotly output of a notebook to a figure that reads without a script.

The figure holds title, reserved space, note, sources, scenario and data table as plain HTML, and
the drawing instructions as a data block that assets/js/charts.js draws near the viewport.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any, ClassVar

from docutils import nodes
from sphinx.util import logging

from analysis import registry
from analysis.figures.chart import MIME
from analysis.figures.sourcing import cited
from analysis.figures.table import FULL_NAMES, cell_text, heading, source_name, sources_html
from analysis.site.numbers import REGISTER_PAGE
from analysis.studies import findings

LOGGER = logging.getLogger(__name__)
DEFAULT_HEIGHT = 400
NUMBER = ' class="number"'


class hp_chart(nodes.General, nodes.Element):  # type: ignore[misc]
    """A chart: its specification as plotly JSON with the meta block of `analysis.figures.chart`."""


class PlotlyMime:
    """The MyST-NB plug-in that takes plotly output (entry point group myst_nb.mime_renderers)."""

    mime_priority_overrides: ClassVar = [("html", MIME, 1)]

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Element] | None:
        """Return the chart as a node; None for other MIME types."""
        if data.mime_type != MIME or inline:
            return None
        meta = (data.content.get("layout") or {}).get("meta")
        if not isinstance(meta, dict) or "id" not in meta:
            LOGGER.warning(
                "a plotly figure without title, table and sources: make it with figures.chart",
                location=(renderer.renderer.document["source"], data.line),
            )
            return []
        return [hp_chart(spec=data.content)]


def check_ids(app: Any, doctree: nodes.document, docname: str) -> None:
    """Warn when two charts of a page share an id, and when a source of a chart is unknown."""
    seen: set[str] = set()
    for node in doctree.findall(hp_chart):
        meta = node["spec"]["layout"]["meta"]
        if meta["id"] in seen:
            LOGGER.warning("two charts have the id %r", meta["id"], location=docname)
        seen.add(meta["id"])


def visit_chart(translator: Any, node: hp_chart) -> None:
    """Write the figure."""
    builder = translator.builder
    page = builder.get_relative_uri(builder.current_docname, REGISTER_PAGE)
    try:
        translator.body.append(figure_html(node["spec"], page.rpartition("register")[0]))
    except KeyError as error:
        LOGGER.warning(error.args[0], location=builder.current_docname)
    raise nodes.SkipNode


def skip_chart(translator: Any, node: hp_chart) -> None:
    """Leave charts out where they cannot be drawn."""
    raise nodes.SkipNode


def figure_html(spec: dict[str, Any], base: str = "") -> str:
    """Return the HTML of a chart; ``base`` leads to the folder of the register page."""
    meta = spec["layout"]["meta"]
    id = escape(meta["id"])
    height = int(spec["layout"].get("height") or DEFAULT_HEIGHT)
    note = f'<p class="hp-note">{escape(meta["note"])}</p>' if meta.get("note") else ""
    return (
        f'<figure class="hp-chart" id="{id}" aria-labelledby="{id}-title">'
        f'<figcaption id="{id}-title">{escape(meta["title"])}'
        f'<a class="headerlink" href="#{id}" aria-label="Link to this chart">#</a></figcaption>'
        f'<div class="hp-plot" role="img" aria-label="{escape(meta["alt"])}" '
        f'style="height:{height}px"></div>'
        f'<noscript><p class="hp-note">Drawing needs JavaScript; the data table below does not.'
        f"</p></noscript>{note}"
        f'<div class="hp-sources">{sources_html(meta["sources"], base)} '
        f"{scenario_text(meta.get('scenario'))}</div>"
        f'<div class="hp-tools"></div>'
        f"<details><summary>Data and the records behind it</summary>{table_html(meta)}"
        f"{records_html(meta['sources'], base)}{sources_list(meta['sources'], base)}</details>"
        f'<script type="application/json">{drawing_json(spec)}</script></figure>\n'
    )


def scenario_text(scenario: dict[str, str] | None) -> str:
    """Return the scenario with its hash; charts of plain facts carry the hash of the base."""
    if scenario is None:
        base = registry.load().scenario("base")
        return f'Data version <span class="hp-hash">{base.hash}</span>'
    return f'Scenario: {escape(scenario["label"])} <span class="hp-hash">{scenario["hash"]}</span>'


def table_html(meta: dict[str, Any]) -> str:
    """Return the data table of a chart. Cells keep the full number for the CSV download."""
    columns, rows, id = meta["table"]["columns"], meta["table"]["rows"], escape(meta["id"])
    # The first column names the rows, even where the names are years.
    numeric = [p > 0 and _numeric(row[p] for row in rows) for p in range(len(columns))]
    head = "".join(
        f'<th scope="col"{NUMBER if right else ""}>{escape(heading(name))}</th>'
        for name, right in zip(columns, numeric, strict=True)
    )
    body = []
    for row in rows:
        cells = []
        for position, (name, cell) in enumerate(zip(columns, row, strict=True)):
            text = "–" if cell is None else cell_text(cell, column=name)[0]
            raw = "" if cell is None else str(cell)
            keep = f' data-v="{escape(raw)}"' if raw != text else ""
            right = NUMBER if numeric[position] else ""
            tag, scope = ("th", ' scope="row"') if position == 0 else ("td", "")
            cells.append(f"<{tag}{scope}{right}{keep}>{escape(text)}</{tag}>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="hp-scroll" tabindex="0" role="region" aria-label="Data of this chart, {id}">'
        f"<table><caption>{escape(meta['title'])}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _numeric(cells: Iterable[Any]) -> bool:
    """Whether a column holds numbers, apart from gaps."""
    known = [cell for cell in cells if cell is not None]
    return bool(known) and all(
        isinstance(cell, int | float) and not isinstance(cell, bool) for cell in known
    )


def records_html(ids: Iterable[str], base: str) -> str:
    """Return the list of registry records that a chart names, linked to the register."""
    reg = registry.load()
    items = []
    for id in ids:
        if id in reg.sources:
            continue
        label = reg.value(id).label if id in reg.values else findings.known()[id].label
        items.append(f'<li><a href="{base}register.html#{id}">{escape(label)}</a></li>')
    listed = "".join(items)
    return f'<p>Records</p><ul class="hp-records">{listed}</ul>' if items else ""


def sources_list(ids: Iterable[str], base: str) -> str:
    """Return the sources of a chart in full, where the line under it names them in short."""
    found = {source.id: source for id in ids for source in cited(id, "chart")}
    if len(found) <= FULL_NAMES:
        return ""
    items = "".join(
        f'<li><a href="{base}sources.html#source-{escape(source.id)}">'
        f"{escape(source_name(source))}</a></li>"
        for source in found.values()
    )
    return f'<p>Sources</p><ul class="hp-records">{items}</ul>'


def drawing_json(spec: dict[str, Any]) -> str:
    """Return what is drawn as JSON that is safe inside a script element.

    Title, template and meta are left out: the page shows the first itself, has one template for
    all charts, and carries the last as HTML.
    """
    layout = {
        key: value
        for key, value in spec["layout"].items()
        if key not in ("title", "template", "meta")
    }
    text = json.dumps(
        {"data": spec["data"], "layout": layout},
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
    )
    return text.replace("<", "\\u003c")
