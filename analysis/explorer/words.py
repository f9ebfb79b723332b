"""Results as the reader meets them: sentences, traces and tables. ``explorer-core.js`` is its twin.

Both are tested against each other to the printed digit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.explorer.declare import PLACEHOLDER, Explorer
from analysis.registry.formatting import format_value

# Smaller amounts are rounding, not results.
NOTHING = 1e-9

if TYPE_CHECKING:
    from analysis.explorer.engine import Result


def amount(x: float, unit: dict[str, Any] | str, digits: int, style: str, locale: str) -> str:
    """Write ``x`` (in ``unit``) with ``digits`` significant digits."""
    return format_value(float(f"{x:.{digits}g}"), unit, style or None, locale)  # type: ignore[arg-type]


def fill(explorer: Explorer, result: Result, text: str, main: str = "", locale: str = "en") -> str:
    """Replace the placeholders of a sentence (see ``declare.Headline``)."""
    payload = explorer.payload

    def value(name: str, part: str) -> str:
        if name[0] == "@":
            choice = next(c for c in payload["controls"] if c.get("name") == name[1:])
            key = result.state.choices.get(name[1:], choice["default"])
            return str(next(o["label"] for o in choice["options"] if o["key"] == key))
        if name in ("x", "low", "high"):
            name, part = main, "abs" if name == "x" else name
        if name in payload["outputs"]:
            output = payload["outputs"][name]
            vector = {"low": result.low, "high": result.high}.get(part, result.mid)
            x = vector[output["start"]] / payload["units"][output["unit"]]["scale"]
            if part == "abs":
                x = abs(x)
            style = output["style"] + (" bare" if part in ("low", "high", "bare") else "")
            return amount(x, output["unit"], output["digits"], style, locale)
        control = next((c for c in payload["controls"] if c.get("id") == name), None)
        if control is None:
            raise KeyError(f"explorer {explorer.id}: {{{name}}} is not known")
        return amount(
            result.state.changes.get(name, control["value"]), control["unit"], 6, "", locale
        )

    return PLACEHOLDER.sub(lambda m: value(m[1], m[2] or ""), text)


def headlines(explorer: Explorer, result: Result, locale: str = "en") -> list[str]:
    """Return the headline sentences; the wording follows the sign as printed.

    The spread, if any, is on a line of its own.
    """
    sentences = []
    for h in explorer.payload["headlines"]:
        output = explorer.payload["outputs"][h["output"]]
        x = result.mid[output["start"]] / explorer.payload["units"][output["unit"]]["scale"]
        printed = amount(x, output["unit"], output["digits"], f"{output['style']} bare", "en")
        nothing = not any(c in "123456789" for c in printed)
        text = h["zero"] if nothing else h["above"] if x > 0 else h["below"]
        if h["tail"] and result.low[output["start"]] < result.high[output["start"]]:
            text += "\n" + h["tail"]
        sentences.append(fill(explorer, result, text, h["output"], locale))
    return [sentence for sentence in sentences if sentence]


def points(explorer: Explorer, vector: list[float], name: str) -> list[float]:
    """Return an output's numbers in its own unit."""
    output = explorer.payload["outputs"][name]
    scale = explorer.payload["units"][output["unit"]]["scale"]
    return [vector[output["start"] + i] / scale for i in range(output["size"])]


def series(explorer: Explorer, result: Result, chart: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a chart shows: per series name, x, y and, if banded, low and high."""
    x = chart["x"]
    if isinstance(x, str):
        x = points(explorer, result.out, x)
    shown = []
    for s in chart["series"]:
        one = {**s, "x": x, "y": points(explorer, result.mid, s["y"]), "low": None, "high": None}
        if s["band"]:
            if s["low"]:
                one["low"] = points(explorer, result.mid, s["low"])
                one["high"] = points(explorer, result.mid, s["high"])
            else:
                one["low"] = points(explorer, result.low, s["y"])
                one["high"] = points(explorer, result.high, s["y"])
        shown.append(one)
    return shown


def table(explorer: Explorer, result: Result, chart: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the chart's data as ``{columns, rows}``, bands included."""
    shown = series(explorer, result, chart)
    columns: list[str] = [chart["x_title"] or ""]
    cells: list[list[Any]] = [list(shown[0]["x"])]
    if shown[0]["labels"]:
        columns.insert(0, shown[0]["name"])
        cells.insert(0, shown[0]["labels"])
    for s in shown:
        columns.append(chart["y_title"] if s["labels"] else s["name"])
        cells.append(s["y"])
        if s["low"] is not None:
            columns += [f"{s['name']}, low", f"{s['name']}, high"]
            cells += [s["low"], s["high"]]
    rows = [[column[i] for column in cells] for i in range(len(cells[0]))]
    return {"columns": columns, "rows": rows}


def marks(
    explorer: Explorer, result: Result, chart: dict[str, Any], locale: str = "en"
) -> list[dict[str, Any]]:
    """Return the marked points that lie on the x axis of the chart, with their words."""
    shown = []
    x = chart["x"] if isinstance(chart["x"], list) else points(explorer, result.out, chart["x"])
    for m in chart["marks"]:
        at = points(explorer, result.mid, m["x"])[0]
        if isinstance(chart["x"], str) and not min(x) <= at <= max(x):
            continue
        y = points(explorer, result.mid, m["y"])[0]
        text = fill(explorer, result, m["text"], "", locale)
        shown.append({**m, "x": at, "y": y, "text": text})
    return shown


def cell(x: float | int | str, digits: int = 4, locale: str = "en") -> str:
    """Write a cell of a data table: words and years as they are, numbers with few digits."""
    if isinstance(x, str | int):
        return str(x)
    rounded = float(f"{x:.{digits}g}")
    if abs(rounded) < NOTHING:
        return "0"
    power = int(f"{rounded:e}".partition("e")[2])
    decimals = min(6, max(0, digits - 1 - power))
    return format_value(rounded, "number", str(decimals), locale)
