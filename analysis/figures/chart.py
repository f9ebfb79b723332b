"""A chart: a plotly figure that always carries its title, text alternative, data and sources."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analysis.figures import theme
from analysis.figures.sourcing import check_id, check_sources

if TYPE_CHECKING:
    from analysis.registry import Scenario

MIME = "application/vnd.plotly.v1+json"
SIGNIFICANT_DIGITS = 6
TRACE_TYPES = ("scatter", "bar", "pie")


@dataclass(frozen=True)
class Chart:
    """A finished chart: what is drawn, and the words, table and sources that go with it.

    ``spec`` is plain JSON (``data`` and ``layout``) with numbers rounded to six significant digits,
    so the same frame always gives the same bytes; what is not drawn is in ``layout.meta``.
    """

    id: str
    title: str
    alt: str
    spec: Mapping[str, Any]

    @property
    def meta(self) -> Mapping[str, Any]:
        """Id, title, alt, table (columns, rows), sources, scenario and note."""
        meta: Mapping[str, Any] = self.spec["layout"]["meta"]
        return meta

    @property
    def figure(self) -> go.Figure:
        """The chart as a plotly figure, to change further or to show in a notebook."""
        return go.Figure(self.spec)

    @property
    def table(self) -> pd.DataFrame:
        """The data behind the chart."""
        return pd.DataFrame(self.meta["table"]["rows"], columns=self.meta["table"]["columns"])

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, Any]:
        return {MIME: self.spec, "text/plain": f"{self.title}\n{self.alt}"}


def chart(
    fig: go.Figure,
    *,
    id: str,
    title: str,
    alt: str,
    table: pd.DataFrame,
    sources: Iterable[str],
    scenario: Scenario | None = None,
    note: str | None = None,
) -> Chart:
    """Return ``fig`` as a Chart in the house style.

    Args:
        fig: traces of the types in TRACE_TYPES only, which the page's plotly bundle can draw; None
            makes a gap in a line. Its own title and template are replaced.
        id: kebab-case, unique in the book; the anchor of the chart on its page.
        title: what the chart says, in one sentence.
        alt: what a reader who cannot see it needs: kind of chart, what is compared, main figures.
        table: the drawn numbers, one column each, shown under the chart and offered as CSV.
        sources: ids of registry values, sources or findings.
        scenario: the scenario behind the numbers; its label and hash are printed under the chart.
        note: a caveat printed under the chart.

    Raises:
        ValueError: an empty text, an id that is not kebab-case, an empty table, a trace type that
            the page cannot draw, a number that is not finite; the message names the field.
        KeyError: an unknown source.
    """
    check_id(id, "chart")
    for field, text in (("title", title), ("alt", alt)):
        if not text.strip():
            raise ValueError(f"chart {id!r}: {field} is empty")
    if table.empty:
        raise ValueError(f"chart {id!r}: table has no rows; every chart shows its data")
    raw = fig.to_plotly_json()
    for trace in raw["data"]:
        kind = trace.get("type", "scatter")
        if kind not in TRACE_TYPES:
            raise ValueError(
                f"chart {id!r}: trace type {kind!r} cannot be drawn on the page; use one of "
                f"{', '.join(TRACE_TYPES)}"
            )
    layout = {**raw["layout"], "title": {"text": title}}
    layout["template"] = theme.template().to_plotly_json()
    layout["meta"] = {
        "id": id,
        "title": title,
        "alt": alt,
        "table": table_spec(table),
        "sources": check_sources(sources, where=f"chart {id!r}"),
        "scenario": None
        if scenario is None
        else {"id": scenario.id, "label": scenario.label, "hash": scenario.hash},
        "note": note,
    }
    spec = {"data": plain(raw["data"], f"{id}.data"), "layout": plain(layout, f"{id}.layout")}
    # One pass through JSON makes sure that what is shown is what is stored.
    return Chart(id, title, alt, json.loads(json.dumps(spec, allow_nan=False)))


def table_spec(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Return a frame as ``{columns, rows}``; a named index becomes the first columns."""
    if any(name is not None for name in table.index.names):
        table = table.reset_index()
    columns = [table.iloc[:, position].tolist() for position in range(table.shape[1])]
    rows = [[_blank(cell) for cell in row] for row in zip(*columns, strict=True)]
    return {"columns": [str(name) for name in table.columns], "rows": rows}


def plain(value: Any, where: str) -> Any:
    """Return ``value`` as plain JSON data with floats rounded to six significant digits.

    Raises:
        ValueError: when a number is NaN or infinite, or a type has no JSON form; names the place.
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, np.generic):
        return plain(str(value) if value.dtype.kind == "M" else value.item(), where)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{where} is {value}; use None for a gap")
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        if "bdata" in value:
            return plain(_decoded(value), where)
        return {str(key): plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, np.ndarray | pd.Series | pd.Index):
        value = [str(item) for item in value] if value.dtype.kind == "M" else value.tolist()
    if isinstance(value, Iterable):
        return [plain(item, f"{where}[{position}]") for position, item in enumerate(value)]
    raise ValueError(f"{where} is of type {type(value).__name__}, which a chart cannot hold")


def _decoded(typed: Mapping[str, Any]) -> Any:
    """Return the list behind one of plotly's base64 typed arrays."""
    array = np.frombuffer(base64.b64decode(typed["bdata"]), dtype=np.dtype(typed["dtype"]))
    if "shape" in typed:
        array = array.reshape([int(side) for side in str(typed["shape"]).split(",")])
    return array.tolist()


def _blank(cell: Any) -> Any:
    """Return None for what pandas holds as missing; other cells as they are."""
    return None if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell else cell
