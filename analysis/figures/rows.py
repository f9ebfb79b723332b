"""Rows with their label above the bar instead of beside it, so that long labels fit a phone."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import plotly.graph_objects as go

from analysis.figures import theme

WIDTH = 46
STEP = 66


def label_rows(fig: go.Figure, labels: Sequence[str]) -> list[int]:
    """Give ``fig`` one row per label, from the top, and return the y of each row.

    Bars should be 0.4 high (``width=0.4``), which leaves room for a label of two lines.
    """
    for row, label in enumerate(labels):
        fig.add_annotation(
            text="<br>".join(textwrap.wrap(label, WIDTH)),
            xref="x domain",
            x=0,
            xanchor="left",
            y=row - 0.24,
            yanchor="bottom",
            align="left",
            showarrow=False,
            font={"size": 12},
            bgcolor=theme.PAGE,
            borderpad=0,
        )
    count = len(labels)
    fig.update_layout(
        yaxis={"range": [count - 0.6, -0.85], "tickvals": [], "showgrid": False, "zeroline": False},
        margin={"l": 16},
        height=160 + STEP * count,
    )
    return list(range(count))
