"""Charts of the budget chapter."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from analysis.figures import theme
from analysis.figures.chart import Chart, chart

_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down")


def history(frame: pd.DataFrame) -> Chart:
    """Published totals over time, nominal and real; frame of `studies.budget.history`."""
    fig = go.Figure()
    for position, (scope, rows) in enumerate(frame.groupby("scope", sort=False)):
        style = {"color": theme.SEQUENCE[position], "symbol": _SYMBOLS[position], "size": 11}
        fig.add_scatter(
            x=rows["when"],
            y=rows["nominal"],
            mode="markers",
            name=str(scope),
            marker=style,
            text=rows["figure"],
            hovertemplate="%{text}<br>%{x|%B %Y}: %{y:.1f} bn NOK<extra></extra>",
        )
    fig.add_scatter(
        x=frame["when"],
        y=frame["real"],
        mode="markers",
        name="the same in 2021 kroner",
        marker={"color": theme.MUTED, "symbol": "line-ew-open", "size": 13, "line": {"width": 2}},
        text=frame["figure"],
        hovertemplate="%{text}<br>%{y:.2f} bn NOK in 2021 kroner<extra></extra>",
    )
    fig.update_layout(
        yaxis={"title": {"text": "bn NOK"}, "rangemode": "tozero"},
        xaxis={"dtick": "M12", "tickformat": "%Y"},
        height=440,
    )
    return chart(
        fig,
        id="budget-history",
        title="The published sums rise, but they do not measure the same thing",
        alt=f"Scatter chart of {len(frame)} published cost figures from "
        f"{frame['date'].min()[:4]} to {frame['date'].max()[:4]}. "
        f"The lowest is {frame['nominal'].min():.1f} and the highest "
        f"{frame['nominal'].max():.1f} billion kroner. Colour and shape tell what the source "
        "calls the sum. Dashes show the same sums in 2021 kroner.",
        table=frame[["date", "figure", "nominal", "real", "scope", "status"]].rename(
            columns={"nominal": "bn NOK", "real": "bn NOK, 2021 kroner"}
        ),
        sources=frame["id"],
        note="No source states scope, period and price level together. Read each colour by itself.",
    )


def overruns(frame: pd.DataFrame) -> Chart:
    """Cost growth of comparable projects; frame of `studies.budget.overruns`."""
    fig = go.Figure()
    for ours, name, colour in (
        (False, "others", theme.GREY),
        (True, "Helseplattformen", theme.BLUE),
    ):
        rows = frame[frame["ours"] == ours]
        fig.add_bar(
            y=rows["case"],
            x=rows["growth"],
            orientation="h",
            name=name,
            marker={"color": colour},
            texttemplate="%{x:.0%}",
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.0%}<extra></extra>",
        )
    fig.update_layout(
        xaxis={"title": {"text": "growth over the first figure"}, "tickformat": ".0%"},
        yaxis={"categoryorder": "array", "categoryarray": frame["case"].tolist()},
        height=60 + 48 * len(frame),
        margin={"r": 48},
    )
    return chart(
        fig,
        id="budget-overruns",
        title="The growth so far is common among large IT projects, and the tail is long",
        alt="Bar chart of cost growth over the first figure: "
        + "; ".join(f"{row.case} {row.growth:.0%}" for row in frame.itertuples())
        + ".",
        table=frame[["case", "growth", "status"]],
        sources=frame["id"],
        note="First figures differ in how mature they were. A growth from a late budget is worse "
        "than the same growth from an early guess.",
    )
