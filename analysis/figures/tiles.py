"""A tile map: one tile per place on a grid, with layers to choose from, as HTML.

It reads without script: a grid with the first layer, its legend, and a table with all layers.
assets/js/tiles.js adds the choice of layers, the difference between two of them, and the arrow
keys; it takes every number from the table.
"""

from __future__ import annotations

import html
import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.figures.chart import SIGNIFICANT_DIGITS
from analysis.figures.sourcing import check_id, check_sources
from analysis.figures.table import sources_html
from analysis.registry.formatting import format_value

if TYPE_CHECKING:
    from analysis.registry import Scenario

REQUIRED = ("name", "short", "row", "col")
RAMP = tuple(f"ramp-{step}" for step in range(1, 7))
CHANGE = ("less-2", "less-1", "even", "more-1", "more-2")
#: Colours that tiles.css knows, each with a colour for text on it.
COLOURS = (*RAMP, *CHANGE, "blue", "orange", "green", "purple", "gold", "red", "grey", "none")


NUDGE = 1e-12  # rounds a half up, here as on the page
CORNER_ROWS = 4  # what the words on a place take


@dataclass(frozen=True)
class Kind:
    """One class of a layer of words: its label, its colour (of COLOURS), and a one-letter mark."""

    label: str
    colour: str
    mark: str


@dataclass(frozen=True)
class Kinds:
    """A layer of words: what each value of the column stands for, in the order of the legend."""

    kinds: Mapping[str, Kind]


@dataclass(frozen=True)
class Ramp:
    """A layer of numbers in up to six classes between ``breaks``; ``unit`` is a unit id."""

    breaks: Sequence[float]
    unit: str


@dataclass(frozen=True)
class Change:
    """A layer of differences, less to more, in five classes; ``breaks`` are -b, -a, a, b."""

    breaks: Sequence[float]
    unit: str


Scale = Kinds | Ramp | Change


@dataclass(frozen=True)
class Layer:
    """One thing the map can show: a column of the frame, what to call it, and its scale.

    Layers of one ``group`` stand together in the list of choices. A layer without one is told of a
    place whatever is shown.
    """

    column: str
    label: str
    scale: Scale
    group: str = ""


@dataclass(frozen=True, repr=False)
class TileMap:
    """A finished tile map; ``frame`` holds the full numbers, the HTML shows them rounded."""

    id: str
    title: str
    alt: str
    frame: pd.DataFrame
    layers: tuple[Layer, ...]
    sources: tuple[str, ...]
    change: Change | None = None
    scenario: Scenario | None = None
    note: str | None = None

    def __repr__(self) -> str:
        return f"TileMap({self.id!r}: {len(self.frame)} tiles, {len(self.layers)} layers)"

    @property
    def scales(self) -> list[Scale]:
        """The scales in use, each once; the one for differences last."""
        found: list[Scale] = []
        for scale in (*(layer.scale for layer in self.layers), self.change):
            if scale is not None and scale not in found:
                found.append(scale)
        return found

    def _repr_html_(self) -> str:
        legends = "".join(
            _legend(self, place, scale, shown=scale == self.layers[0].scale)
            for place, scale in enumerate(self.scales)
        )
        note = f'<p class="hp-note">{html.escape(self.note)}</p>' if self.note else ""
        return (
            f'<figure class="hp-tiles" id="{self.id}" aria-labelledby="{self.id}-title">'
            f'<figcaption id="{self.id}-title">{html.escape(self.title)}</figcaption>'
            f'<p class="hp-tiles-alt" id="{self.id}-alt">{html.escape(self.alt)}</p>'
            f'{_bar(self)}<div class="hp-tiles-body" {_corner(self.frame)}>{_grid(self)}'
            f'<p class="hp-tiles-detail" aria-live="polite" hidden></p></div>{legends}{note}'
            f'<div class="hp-sources">{sources_html(self.sources)} {_scenario(self.scenario)}</div>'
            f"<details><summary>Data of the map</summary>{_table(self)}</details></figure>"
        )


def tile_map(
    frame: pd.DataFrame,
    layers: Iterable[Layer],
    *,
    id: str,
    title: str,
    alt: str,
    sources: Iterable[str],
    change: Change | None = None,
    scenario: Scenario | None = None,
    note: str | None = None,
) -> TileMap:
    """Return ``frame`` as a TileMap.

    Args:
        frame: one row per place, in the order of the table under the map, with ``name``, ``short``
            (what stands on the tile), ``row`` and ``col`` (whole numbers from 0), and a column per
            layer.
        layers: what the map can show; the first is shown at first, and always without script.
        id: kebab-case, unique in the book; the anchor of the map on its page.
        title: what the map says, in one sentence.
        alt: what a reader who cannot see it needs: what is mapped, and the main figures.
        sources: ids of registry values, sources or findings.
        change: the scale for the difference between two layers of numbers in its unit; without it
            they cannot be compared on the page.
        scenario: the scenario behind the numbers; its label and hash are printed under the map.
        note: a caveat printed under the map.

    Raises:
        ValueError: an empty text, a missing column, two places on one tile or with one short name,
            a value without a class, breaks that do not rise, a number that is not finite; the
            message names the field.
        KeyError: an unknown source.
    """
    check_id(id, "tile map")
    where = f"tile map {id!r}"
    for field, text in (("title", title), ("alt", alt)):
        if not text.strip():
            raise ValueError(f"{where}: {field} is empty")
    chosen = tuple(layers)
    if not chosen:
        raise ValueError(f"{where}: layers is empty; name at least one")
    if frame.empty:
        raise ValueError(f"{where}: the frame has no rows")
    for column in (*REQUIRED, *(layer.column for layer in chosen)):
        if column not in frame.columns:
            raise ValueError(f"{where}: the frame has no column {column!r}")
    _check_places(frame, where)
    for layer in chosen:
        _check_layer(frame, layer, f"{where}, layer {layer.column!r}")
    if change is not None:
        _check_breaks(change, f"{where}, change")
    named = tuple(check_sources(sources, where))
    kept = frame.reset_index(drop=True)
    return TileMap(id, title, alt, kept, chosen, named, change, scenario, note)


def _check_places(frame: pd.DataFrame, where: str) -> None:
    for column in ("row", "col"):
        for name, place in zip(frame["name"], frame[column], strict=True):
            if not (place == place and place >= 0 and place == int(place)):
                raise ValueError(f"{where}: {column} of {name} is {place}; allowed are 0, 1, 2, …")
    for columns, what in ((["row", "col"], "tile"), (["short"], "short name")):
        twice = frame[frame.duplicated(columns, keep=False)]
        if not twice.empty:
            raise ValueError(f"{where}: {', '.join(twice['name'])} have the same {what}")


def _check_layer(frame: pd.DataFrame, layer: Layer, where: str) -> None:
    values = zip(frame["name"], frame[layer.column], strict=True)
    if isinstance(layer.scale, Kinds):
        for key, kind in layer.scale.kinds.items():
            if kind.colour not in COLOURS:
                raise ValueError(
                    f"{where}: colour of {key!r} is {kind.colour!r}; allowed: {', '.join(COLOURS)}"
                )
        for name, value in values:
            if value not in layer.scale.kinds:
                known = ", ".join(layer.scale.kinds)
                raise ValueError(f"{where}: {name} is {value!r}; allowed: {known}")
        return
    _check_breaks(layer.scale, where)
    for name, value in values:
        if not math.isfinite(value):
            raise ValueError(f"{where}: {name} is {value}; allowed are finite numbers")


def _check_breaks(scale: Ramp | Change, where: str) -> None:
    breaks = list(scale.breaks)
    most = len(RAMP) - 1 if isinstance(scale, Ramp) else len(CHANGE) - 1
    rising = all(low < high for low, high in pairwise(breaks))
    if len(breaks) > most or not rising or not all(map(math.isfinite, breaks)):
        raise ValueError(f"{where}: breaks are {breaks}; allowed are up to {most} rising numbers")
    if isinstance(scale, Change) and format_value(8.0, scale.unit, "bare") != "8":
        # The page subtracts what it shows, so it has to show what is stored.
        raise ValueError(f"{where}: unit is {scale.unit!r}; allowed are units shown unchanged")
    if isinstance(scale, Change) and breaks != [-b for b in reversed(breaks)]:
        raise ValueError(f"{where}: breaks are {breaks}; allowed are the same on both sides of 0")


# --- words and colours -------------------------------------------------------------------------


def _colours(scale: Scale) -> tuple[str, ...]:
    """Colours of the classes of a scale, first class first."""
    if isinstance(scale, Kinds):
        return tuple(kind.colour for kind in scale.kinds.values())
    if isinstance(scale, Ramp):
        return RAMP[: len(scale.breaks) + 1]
    spare = (len(CHANGE) - 1 - len(scale.breaks)) // 2
    return CHANGE[spare : len(CHANGE) - spare]


def _class(scale: Scale, value: Any) -> int:
    """Number of the class that a value falls in; a break belongs to the class above."""
    if isinstance(scale, Kinds):
        return list(scale.kinds).index(value)
    return bisect_right(list(scale.breaks), value)


def _rounded(value: Any) -> float:
    return float(f"{float(value):.{SIGNIFICANT_DIGITS}g}") + 0.0  # no minus before a zero


def _text(scale: Scale, value: Any, *, unit: bool = True) -> str:
    """A value in words, with or without its unit."""
    if isinstance(scale, Kinds):
        return scale.kinds[value].label
    style = ("signed " if isinstance(scale, Change) else "") + ("" if unit else "bare")
    return format_value(_rounded(value), scale.unit, style.strip() or None)


def _mark(scale: Scale, value: Any) -> str:
    """A value in up to four signs, to stand on a tile: 540, 2.8k, 13k; tiles.js does the same."""
    if isinstance(scale, Kinds):
        return scale.kinds[value].mark
    number = _rounded(value)
    size = float(f"{abs(number) * (1 + NUDGE):.2g}")
    if size >= 1e6:
        text = f"{size / 1e6:g}m"
    elif size >= 1e3:
        text = f"{size / 1e3:g}k"
    else:
        text = f"{size:g}"
    if size == 0:
        return text
    return ("\u2212" if number < 0 else "+" if isinstance(scale, Change) else "") + text


# --- parts of the figure -----------------------------------------------------------------------


def _bar(tiles: TileMap) -> str:
    """The choice of the layer and of the one to compare it with; hidden until a script works."""
    scales = tiles.scales
    groups: dict[str, list[str]] = {}
    others = []
    for place, layer in enumerate(tiles.layers):
        label, scale = html.escape(layer.label), scales.index(layer.scale)
        always = "" if layer.group else " data-always"
        option = f'<option value="{place}" data-scale="{scale}"{always}>{label}</option>'
        groups.setdefault(layer.group, []).append(option)
        if _comparable(tiles, layer):
            others.append(f'<option value="{place}">{label}</option>')
    choices = "".join(
        f'<optgroup label="{html.escape(group)}">{"".join(options)}</optgroup>'
        if group
        else "".join(options)
        for group, options in groups.items()
    )
    compare = ""
    if tiles.change is not None and len(others) > 1:
        compare = (
            f'<span class="hp-tiles-less"><label for="{tiles.id}-base">compared with</label> '
            f'<select id="{tiles.id}-base" data-scale="{scales.index(tiles.change)}">'
            f'<option value="">nothing</option>{"".join(others)}</select></span>'
        )
    return (
        f'<form class="hp-tiles-bar" hidden><label for="{tiles.id}-layer">Show</label> '
        f'<select id="{tiles.id}-layer">{choices}</select> {compare}</form>'
    )


def _comparable(tiles: TileMap, layer: Layer) -> bool:
    """Whether the difference to another layer can be shown: numbers in the unit of the change."""
    if tiles.change is None or not isinstance(layer.scale, Ramp):
        return False
    return layer.scale.unit == tiles.change.unit


def _grid(tiles: TileMap) -> str:
    """The tiles of the first layer; the arrow keys move from one to the next."""
    layer, frame = tiles.layers[0], tiles.frame
    colours = _colours(layer.scale)
    rows, columns = int(frame["row"].max()) + 1, int(frame["col"].max()) + 1
    body = []
    place = 0
    for row in range(rows):
        cells = []
        for number, line in frame[frame["row"] == row].sort_values("col").iterrows():
            value = line[layer.column]
            colour = colours[_class(layer.scale, value)]
            column = int(line["col"]) + 1
            cells.append(
                f'<div role="gridcell" class="hp-tile hp-on-{colour}" aria-colindex="{column}" '
                f'style="grid-column:{column}" data-line="{number}" '
                f'tabindex="{-1 if place else 0}">'
                f'<b aria-hidden="true">{html.escape(str(line["short"]))}</b>'
                f'<i aria-hidden="true">{html.escape(_mark(layer.scale, value))}</i>'
                f"<span>{html.escape(str(line['name']))}: "
                f"<span>{html.escape(_text(layer.scale, value))}</span></span></div>"
            )
            place += 1
        if cells:
            body.append(f'<div role="row" aria-rowindex="{row + 1}">{"".join(cells)}</div>')
        else:
            body.append('<div role="presentation" class="hp-tiles-gap"></div>')
    return (
        f'<div class="hp-tiles-map" role="grid" aria-labelledby="{tiles.id}-title" '
        f'aria-describedby="{tiles.id}-alt" aria-rowcount="{rows}" aria-colcount="{columns}" '
        f'style="--columns:{columns}">{"".join(body)}</div>'
    )


def _corner(frame: pd.DataFrame) -> str:
    """The largest rectangle without tiles at the upper left, where wide screens tell of a place."""
    columns = int(frame["col"].max()) + 1
    best = (0, 0)
    for width in range(1, columns):
        rows = frame.loc[frame["col"] < width, "row"]
        height = int(rows.min()) if len(rows) else 0
        best = max(best, (width, height), key=lambda corner: corner[0] * corner[1])
    room = ' data-corner=""' if best[1] >= CORNER_ROWS else ""
    return f'style="--free:{best[0] / columns:.4g}"{room}'


def _legend(tiles: TileMap, place: int, scale: Scale, shown: bool) -> str:
    colours = _colours(scale)
    if isinstance(scale, Kinds):
        used = set(tiles.frame[next(x.column for x in tiles.layers if x.scale == scale)])
        words = [
            (kind.label if key in used else "", kind.mark) for key, kind in scale.kinds.items()
        ]
        data = ""
    else:
        words = [(text, "") for text in _ranges(scale)]
        data = (
            f' data-breaks="{" ".join(f"{b:g}" for b in scale.breaks)}" '
            f'data-colours="{" ".join(colours)}" '
            f'data-signed="{"yes" if isinstance(scale, Change) else "no"}"'
        )
    items = "".join(
        f'<li><span class="hp-swatch hp-on-{colour}" aria-hidden="true">{html.escape(mark)}</span>'
        f" {html.escape(text)}</li>"
        for colour, (text, mark) in zip(colours, words, strict=True)
        if text
    )
    unit = "" if isinstance(scale, Kinds) else f' data-unit="{html.escape(_symbol(scale.unit))}"'
    return (
        f'<ul class="hp-tiles-legend" aria-label="Legend" data-scale="{place}"{data}{unit}'
        f"{'' if shown else ' hidden'}>{items}</ul>"
    )


def _ranges(scale: Ramp | Change) -> list[str]:
    """The classes of a scale of numbers in words; the unit stands on the last."""
    if not scale.breaks:
        return ["all alike"]
    ends = [_text(scale, end, unit=False) for end in scale.breaks]
    middle = [f"{low} to {high}" for low, high in pairwise(ends)]
    return [f"below {ends[0]}", *middle, f"from {_text(scale, scale.breaks[-1])}"]


def _symbol(unit: str) -> str:
    """The unit as it stands behind a number."""
    return format_value(0.0, unit).removeprefix("0").strip()


def _table(tiles: TileMap) -> str:
    """All layers as a table, by name; tiles.js reads the numbers from ``data-v``."""
    head = '<th scope="col">Place</th>' + "".join(_heading(layer) for layer in tiles.layers)
    body = "".join(
        f'<tr><th scope="row">{html.escape(str(line["name"]))}</th>'
        + "".join(_cell(layer, line[layer.column]) for layer in tiles.layers)
        + "</tr>"
        for line in tiles.frame.to_dict("records")
    )
    return (
        f'<div class="hp-scroll" tabindex="0" role="region" aria-label="Data of this map">'
        f'<table aria-labelledby="{tiles.id}-title"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _heading(layer: Layer) -> str:
    if isinstance(layer.scale, Kinds):
        return f'<th scope="col">{html.escape(layer.label)}</th>'
    unit = _symbol(layer.scale.unit)
    text = f"{layer.label} ({unit})" if unit else layer.label
    return f'<th scope="col" class="number">{html.escape(text)}</th>'


def _cell(layer: Layer, value: Any) -> str:
    scale = layer.scale
    if isinstance(scale, Kinds):
        kind = scale.kinds[value]
        return (
            f'<td data-colour="{kind.colour}" data-mark="{html.escape(kind.mark)}">'
            f"{html.escape(kind.label)}</td>"
        )
    text = html.escape(_text(scale, value, unit=False))
    return f'<td class="number" data-v="{_rounded(value)!r}">{text}</td>'


def _scenario(scenario: Scenario | None) -> str:
    if scenario is None:
        return ""
    return f'Scenario: {html.escape(scenario.label)} <span class="hp-hash">{scenario.hash}</span>'
