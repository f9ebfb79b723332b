"""The page view: plain HTML that reads without a script, and the data that brings it to life.

Without JavaScript the reader sees the base result in words and tables, and disabled controls that
say so. ``assets/js/explorer.js`` enables them. Nothing here depends on where the page lies.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from analysis.explorer import words
from analysis.explorer.declare import Explorer
from analysis.explorer.engine import Result, evaluate
from analysis.registry.formatting import format_range, format_value


def html(explorer: Explorer) -> str:
    """Return the explorer as a section of HTML at the base values."""
    payload, result = explorer.payload, evaluate(explorer)
    id = f"explorer-{explorer.id.replace('_', '-')}"
    first, *rest = "\n".join(words.headlines(explorer, result)).split("\n")
    controls = [(_control(c, id), c.get("more", False)) for c in payload["controls"]]
    plain = "".join(text for text, more in controls if not more)
    extra = "".join(text for text, more in controls if more)
    charts = "".join(_chart(explorer, result, c, id) for c in payload["charts"])
    if extra:
        extra = f'<details class="hx-more"><summary>More settings</summary>{extra}</details>'
    return (
        f'<section class="hp-explorer" id="{id}" data-explorer="{explorer.id}" '
        f'aria-labelledby="{id}-title">'
        f'<h3 class="hx-title" id="{id}-title">{escape(explorer.title)}</h3>'
        f'<p class="hx-lead">{escape(explorer.lead)}</p>'
        f'<div class="hx-stage"><div class="hx-headline">'
        f'<p class="hx-main">{escape(first)}</p>'
        f'</div><p class="hx-rest">{escape(" ".join(rest))}</p>'
        f'<noscript><p class="hx-message">The controls need JavaScript. Shown is the result at the '
        f"base values.</p></noscript>"
        '<div class="hx-bar hx-live-only"></div>'
        f'<p class="hx-message" role="status" hidden></p>'
        f'<div class="hx-body"><fieldset class="hx-controls" disabled>'
        f'<legend class="hx-hidden">Settings</legend>{_presets(payload, id)}{plain}{extra}'
        "</fieldset>"
        f'<div class="hx-charts">{charts}</div></div></div>'
        '<div class="hx-share hx-live-only"></div>'
        f'<details class="hx-sources"><summary>Sources and data version</summary>'
        f"<ul>{''.join(map(_source, payload['sources']))}</ul>"
        f'<p>Data version <span class="hp-hash">{payload["base"]}</span></p></details>'
        f'<script type="application/json" class="hx-data">{data(payload)}</script></section>\n'
    )


def data(payload: dict[str, Any]) -> str:
    """Return the payload as JSON that is safe inside a script element."""
    text = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _presets(payload: dict[str, Any], id: str) -> str:
    if not payload["presets"]:
        return ""
    options = "".join(
        f'<option value="{i}">{escape(p["label"])}</option>'
        for i, p in enumerate(payload["presets"])
    )
    return (
        f'<div class="hx-control hx-preset"><label for="{id}-preset">Start from</label>'
        f'<select id="{id}-preset">{options}<option value="" hidden>Your own settings</option>'
        f'</select><p class="hx-note"></p></div>'
    )


def _control(control: dict[str, Any], id: str) -> str:
    name = control.get("id") or control["name"]
    key = f"{id}-{name.replace('.', '-').replace('_', '-')}"
    if control["kind"] == "choice":
        options = "".join(
            f'<option value="{escape(o["key"])}"{" selected" * (o["key"] == control["default"])}>'
            f"{escape(o['label'])}</option>"
            for o in control["options"]
        )
        return (
            f'<div class="hx-control" data-name="{name}"><label for="{key}">'
            f'{escape(control["label"])}</label><select id="{key}">{options}</select></div>'
        )
    unit = control["shown"]
    symbol = f' <span class="hx-unit">{escape(unit["symbol"])}</span>' if unit["symbol"] else ""
    factor, decimals = unit["factor"], unit["decimals"]
    limits = " ".join(
        f'{attribute}="{_plain(control[field] * factor, decimals)}"'
        for attribute, field in (("min", "min"), ("max", "max"), ("step", "step"))
    )
    value = _plain(control["value"] * factor, decimals)
    return (
        f'<div class="hx-control" data-name="{name}"><label id="{key}-label" for="{key}">'
        f'{escape(control["label"])}{symbol}</label><div class="hx-pair">'
        f'<input type="range" {limits} value="{value}" aria-labelledby="{key}-label" '
        f'aria-describedby="{key}-note">'
        f'<input type="number" id="{key}" {limits} value="{value}" inputmode="decimal" '
        f'aria-describedby="{key}-note"></div>'
        f'<p class="hx-note" id="{key}-note">{escape(default_note(control))}</p></div>'
    )


def default_note(control: dict[str, Any], locale: str = "en") -> str:
    """Say the default of a control, and the range it is drawn from."""
    unit, style = control["unit"], f"{control['shown']['decimals']} bare"
    text = f"Default {format_value(control['value'], unit, style, locale)}"
    if control["uncertain"]:
        drawn = format_range(control["low"], control["high"], unit, style, locale)
        text += f", drawn from {drawn}"
        if control["meaning"] == "P10/P90":
            text += " (eight of ten within)"
    return text


def _chart(explorer: Explorer, result: Result, chart: dict[str, Any], id: str) -> str:
    table = words.table(explorer, result, chart)
    digits = 4
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table["columns"])
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escape(words.cell(x, digits))}</th>'
            if i == 0
            else f'<td class="number">{escape(words.cell(x, digits))}</td>'
            for i, x in enumerate(row)
        )
        + "</tr>"
        for row in table["rows"]
    )
    alt = escape(words.fill(explorer, result, chart["alt"]))
    key = f"{id}-{chart['id']}"
    note = f'<p class="hp-note">{escape(chart["note"])}</p>' if chart["note"] else ""
    return (
        f'<figure class="hx-chart" id="{key}" data-chart="{chart["id"]}" '
        f'aria-labelledby="{key}-title"><figcaption id="{key}-title">{escape(chart["title"])}'
        f"</figcaption>{_legend(explorer, chart)}"
        f'<div class="hx-plot" role="img" aria-label="{alt}" '
        f'style="height:{chart["height"]}px"></div>{note}'
        '<div class="hp-tools hx-live-only"></div>'
        f'<details class="hx-table"><summary>Data</summary><div class="hp-scroll" tabindex="0" '
        f'role="region" aria-label="Data: {escape(chart["title"])}"><table><caption>'
        f"{escape(chart['title'])}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        f"</table></div></details></figure>"
    )


def _legend(explorer: Explorer, chart: dict[str, Any]) -> str:
    """Return the names of the series with their colours in both themes; nothing for one alone."""
    if len(chart["series"]) < 2:
        return ""
    keys = []
    for s in chart["series"]:
        light, dark = explorer.payload["colors"][s["color"]]
        keys.append(
            f'<span class="hx-key hx-{s["dash"] or s["kind"]}" style="--key:{light};'
            f'--key-dark:{dark}">{escape(s["name"])}</span>'
        )
    return f'<p class="hx-legend">{"".join(keys)}</p>'


def _source(source: dict[str, str]) -> str:
    text = escape(source["text"])
    if source["url"]:
        text = f'<a href="{escape(source["url"])}" rel="noopener">{text}</a>'
    return f"<li>{text}</li>"


def _plain(x: float, decimals: int) -> str:
    return f"{x:.{decimals}f}"
