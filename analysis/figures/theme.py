"""One look for every chart: a colour-blind-safe palette in light and dark, and the template ``hp``.

The palette keeps at least 3:1 contrast with the page (WCAG 2.1, criterion 1.4.11) and stays apart
under protanopia, deuteranopia and tritanopia (simulated after Machado, Oliveira and Fernandes 2009,
doi:10.1109/TVCG.2009.113); a test measures both. Figure modules name the light colours; the page
swaps them for their dark partners when the reader's theme is dark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go
import plotly.io as pio

Mode = Literal["light", "dark"]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif"


@dataclass(frozen=True)
class Swatch:
    """One colour of the palette: its name and its hex value on a light and on a dark page."""

    name: str
    light: str
    dark: str


PALETTE = (
    Swatch("blue", "#2456c6", "#6e9ffc"),
    Swatch("orange", "#ad5a17", "#e98d46"),
    Swatch("green", "#3f9384", "#87e0c6"),
    Swatch("purple", "#523789", "#9c66dc"),
    Swatch("gold", "#a98e2a", "#f3d35c"),
    Swatch("red", "#a10f3c", "#e8476a"),
    Swatch("grey", "#636a73", "#9da4ad"),
)
# Six ordered steps, weakest first: for classes with an order, such as centrality.
RAMP = (
    Swatch("ramp1", "#8fb0e8", "#38517f"),
    Swatch("ramp2", "#6b95dd", "#4a69a5"),
    Swatch("ramp3", "#4a7ace", "#5d83c9"),
    Swatch("ramp4", "#2f60b8", "#7a9fe0"),
    Swatch("ramp5", "#1d4794", "#9dbaf0"),
    Swatch("ramp6", "#10306c", "#c4d6fb"),
)
# Ink, secondary ink, grid lines and page, in this order of weight.
SURFACE = (
    Swatch("ink", "#1c1e21", "#e6e8eb"),
    Swatch("muted", "#565d66", "#a9b0b9"),
    Swatch("grid", "#dfe3e8", "#33383f"),
    Swatch("page", "#ffffff", "#131416"),
)
_BY_NAME = {swatch.name: swatch for swatch in (*PALETTE, *RAMP, *SURFACE)}

BLUE, ORANGE, GREEN, PURPLE, GOLD, RED, GREY = (swatch.light for swatch in PALETTE)
INK, MUTED, GRID, PAGE = (swatch.light for swatch in SURFACE)
SEQUENCE = tuple(swatch.light for swatch in PALETTE)
ORDERED = tuple(swatch.light for swatch in RAMP)


def color(name: str) -> str:
    """Return the light hex value of a palette name.

    Raises:
        KeyError: for an unknown name; the message lists the known ones.
    """
    if name not in _BY_NAME:
        raise KeyError(f"color {name!r} is not in the palette; choose from {', '.join(_BY_NAME)}")
    return _BY_NAME[name].light


def band(name: str, opacity: float = 0.18) -> str:
    """Return a translucent fill of a palette colour, for uncertainty bands; opacity in 0..1."""
    if not 0 <= opacity <= 1:
        raise ValueError(f"opacity {opacity} is outside 0..1")
    red, green, blue = rgb(color(name))
    return f"rgba({red},{green},{blue},{opacity:g})"


def rgb(value: str) -> tuple[int, int, int]:
    """Return the 0..255 channels of a ``#rrggbb`` value."""
    return int(value[1:3], 16), int(value[3:5], 16), int(value[5:7], 16)


def _layout(mode: Mode) -> dict[str, Any]:
    """Return the layout of one mode: quiet grid, no box, legend above, spaces as separators."""
    ink, muted, grid, page = (getattr(swatch, mode) for swatch in SURFACE)
    axis = {
        "automargin": True,
        "exponentformat": "none",
        "gridcolor": grid,
        "linecolor": grid,
        "zerolinecolor": muted,
        "zerolinewidth": 1,
        "tickcolor": grid,
        "tickfont": {"color": muted},
        "title": {"font": {"color": muted, "size": 13}, "standoff": 10},
    }
    return {
        "colorway": [getattr(swatch, mode) for swatch in PALETTE],
        "font": {"family": FONT, "size": 13, "color": ink},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "separators": ".\u00a0",
        "title": {"x": 0, "xanchor": "left", "font": {"size": 16}},
        "margin": {"l": 56, "r": 16, "t": 24, "b": 40},
        "legend": {
            "traceorder": "normal",
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "title": {"text": ""},
        },
        "hoverlabel": {
            "bgcolor": page,
            "bordercolor": muted,
            "font": {"color": ink, "family": FONT},
        },
        "hovermode": "closest",
        "bargap": 0.25,
        "xaxis": axis,
        "yaxis": axis,
        "annotationdefaults": {"font": {"color": muted}, "arrowcolor": muted},
        "shapedefaults": {"line": {"color": muted, "width": 1}},
    }


def template(mode: Mode = "light") -> go.layout.Template:
    """Return the plotly template of one mode; ``hp`` is registered as the light one."""
    return go.layout.Template(layout=_layout(mode))


def page_theme() -> dict[str, Any]:
    """Return what the page's script needs: both templates and the pairs light -> dark.

    Pairs are keyed by ``#rrggbb`` and by ``r,g,b`` (for translucent fills); neutral surfaces are
    part of the pairs, so a chart may use them for annotations.
    """
    pairs: dict[str, str] = {}
    for swatch in _BY_NAME.values():
        pairs[swatch.light] = swatch.dark
        light, dark = rgb(swatch.light), rgb(swatch.dark)
        pairs[",".join(map(str, light))] = ",".join(map(str, dark))
    return {
        "light": {"layout": _layout("light")},
        "dark": {"layout": _layout("dark")},
        "pairs": pairs,
    }


pio.templates["hp"] = template()
