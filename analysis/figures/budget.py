"""Charts of the budget chapter."""

from __future__ import annotations

import math

import pandas as pd
import plotly.graph_objects as go

from analysis.figures import theme
from analysis.figures.chart import Chart, chart
from analysis.figures.table import Table, table

_LEVELS = ("p10", "p50", "p85", "p90")
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


def s_curves(curves: pd.DataFrame, readings: pd.DataFrame, frame: float, base: str) -> Chart:
    """S-curves of all sets of assumptions with the frame, P50 and P85 of the ``base`` set.

    Args:
        curves: frame of `studies.cost_risk.curves`, in m NOK.
        readings: frame of `studies.cost_risk.readings`.
        frame: the cost frame in m NOK.
        base: name of the set whose P50 and P85 are marked.
    """
    fig = go.Figure()
    for position, (name, rows) in enumerate(curves.groupby("assumptions", sort=False)):
        fig.add_scatter(
            x=rows["cost"] / 1000,
            y=rows["probability"],
            mode="lines",
            name=str(name),
            line={
                "color": theme.SEQUENCE[position],
                "width": 3.5 if name == base else 1.8,
                "dash": ("solid", "dash", "solid", "dot", "dashdot")[position],
            },
            hovertemplate="%{x:.2f} bn NOK: %{y:.0%}<extra>" + str(name) + "</extra>",
        )
    marked = readings[readings["assumptions"] == base]
    fig.add_scatter(
        x=(marked[["p50", "p85"]].to_numpy(dtype=float)[0] / 1000).tolist(),
        y=[0.5, 0.85],
        mode="markers+text",
        name="P50 and P85 of the base set",
        marker={"color": theme.INK, "size": 10, "symbol": "diamond"},
        text=["P50", "P85"],
        textposition="bottom right",
        hovertemplate="%{text}: %{x:.2f} bn NOK<extra></extra>",
    )
    fig.add_vline(x=frame / 1000, line={"color": theme.RED, "width": 2})
    fig.add_annotation(
        x=frame / 1000, y=1.0, yref="paper", text=f"frame {frame / 1000:.1f} bn", showarrow=False,
        xanchor="right", yanchor="top", xshift=-4,
    )  # fmt: skip
    fig.update_layout(
        xaxis={"title": {"text": "total cost, bn NOK"}, "range": [2, 9]},
        yaxis={"title": {"text": "chance of not costing more"}, "tickformat": ".0%"},
        height=480,
    )
    table = readings.assign(frame=frame)[["assumptions", *_LEVELS, "within"]]
    return chart(
        fig,
        id="budget-s-curve",
        title="Under most sets of assumptions the frame is more likely to break than to hold",
        alt="S-curves of the total cost under "
        + "; ".join(
            f"{r.assumptions}: P50 {r.p50:.0f}, P85 {r.p85:.0f} m NOK, chance of "
            f"staying within the frame {r.within:.0%}"
            for r in readings.itertuples()
        )
        + ".",
        table=table.rename(columns={p: f"{p.upper()}, m NOK" for p in _LEVELS}),
        sources=["cost.frame_article", "cost_items.vendor", "cost_risks.delay_impact",
                 "cost_risk.correlation"],
        note="Most items and all risks are assumptions with ranges. The curve shows what follows "
        "from them; it is not a forecast by anyone.",
    )  # fmt: skip


def build_up(frame: pd.DataFrame) -> Chart:
    """Cost items and risks with their ranges; frame of `studies.cost_risk.build_up`."""
    fig = go.Figure()
    for kind, name, colour in (("item", "cost item", theme.BLUE), ("risk", "risk", theme.ORANGE)):
        rows = frame[frame["kind"] == kind]
        fig.add_scatter(
            y=rows["label"],
            x=rows["mean"],
            mode="markers",
            name=f"{name}: mean, with P10 and P90",
            marker={"color": colour, "size": 11},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": rows["p90"] - rows["mean"],
                "arrayminus": rows["mean"] - rows["p10"],
                "color": colour,
            },
            hovertemplate="%{y}<br>mean %{x:.0f} m NOK<extra></extra>",
        )
    items = frame[frame["kind"] == "item"]
    fig.add_scatter(
        y=items["label"],
        x=items["base"],
        mode="markers",
        name="base value",
        marker={"color": theme.INK, "symbol": "line-ns-open", "size": 16, "line": {"width": 2}},
        hovertemplate="%{y}<br>base %{x:.0f} m NOK<extra></extra>",
    )
    fig.update_layout(
        xaxis={"title": {"text": "m NOK"}, "rangemode": "tozero"},
        yaxis={"categoryorder": "array", "categoryarray": frame["label"].tolist()[::-1]},
        height=100 + 44 * len(frame),
    )
    return chart(
        fig,
        id="budget-build-up",
        title="The items lean upward: each can grow more than it can shrink",
        alt="Dot chart of the cost items and risks with ranges, in million kroner: "
        + "; ".join(f"{r.label} {r.p10:.0f} to {r.p90:.0f}" for r in frame.itertuples())
        + ".",
        table=frame.drop(columns="id"),
        sources=frame["id"],
        note="Apart from the vendor contract and the state grant, the split is our judgement.",
    )


def outside_view(frame: pd.DataFrame, multiple: float) -> Chart:
    """Inside and outside view as chances of exceeding; frame of `studies.outside.curves`.

    ``multiple`` is the recorded growth over the first estimate, plus one.
    """
    fig = go.Figure()
    for position, (view, rows) in enumerate(frame.groupby("view", sort=False)):
        inside = str(view).startswith("inside")
        fig.add_scatter(
            x=rows["multiple"],
            y=rows["beyond"],
            mode="lines",
            name=str(view),
            line={
                "color": theme.BLUE if inside else theme.ORDERED[position + 1],
                "dash": "solid" if inside else ("dot", "dash", "dashdot", "longdash")[position],
                "width": 3.5 if inside else 2,
            },
            hovertemplate="%{x:.2f} times the estimate or more: %{y:.0%}<extra></extra>",
        )
    fig.add_vline(x=multiple, line={"color": theme.RED, "width": 2})
    fig.add_annotation(
        x=math.log10(multiple), y=1.0, yref="paper", text="told after the audit", showarrow=False,
        xanchor="left", yanchor="top", xshift=4,
    )  # fmt: skip
    fig.update_layout(
        xaxis={"type": "log", "title": {"text": "outcome over first estimate"},
               "tickvals": [0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20], "range": [-0.3, 1.2]},
        yaxis={"title": {"text": "chance of this or more"}, "tickformat": ".0%"},
        height=460,
    )  # fmt: skip
    return chart(
        fig,
        id="budget-outside-view",
        title="The inside view holds large overruns for rarer than the record of IT projects does",
        alt="Line chart of the chance of exceeding each multiple of the first estimate. The "
        f"recorded growth is {multiple:.2f} times. "
        + "; ".join(
            f"{view}: one in ten ends above {rows['multiple'][rows['beyond'] >= 0.1].max():.1f}"
            for view, rows in frame.groupby("view", sort=False)
        )
        + ".",
        table=frame[frame.index % 5 == 0].rename(columns={"multiple": "outcome over estimate"}),
        sources=["reference.it2023_tail", "reference.pareto_alpha", "outside.body_median",
                 "outside.body_sigma", "cost.growth_total_audit"],
        note="A tail index of one or less has no mean. Then only quantiles can be reported.",
    )  # fmt: skip


def averages(frame: pd.DataFrame) -> Table:
    """The frame as averages; frame of `studies.budget.per_head`."""
    return table(
        frame[["measure", "value"]],
        id="budget-per-head",
        caption="The frame of the article as averages",
        sources=frame["id"],
        units={"value": "NOK"},
    )


def readings(frame: pd.DataFrame) -> Table:
    """The frame under each set of assumptions; frame of `studies.cost_risk.readings`."""
    names = {"within": "chance of staying within", "to_p85": "missing to P85"}
    names |= {level: level.upper() for level in _LEVELS}
    return table(
        frame.drop(columns="mean").rename(columns=names),
        id="budget-readings",
        caption="The frame under each set of assumptions",
        sources=["cost.frame_article", "cost_items.vendor", "cost_risk.correlation"],
        units={
            **{level.upper(): "mNOK" for level in _LEVELS},
            "chance of staying within": "probability",
            "missing to P85": "mNOK",
        },
    )


def cross_check(frame: pd.DataFrame) -> Table:
    """The base curve by two methods; frame of `studies.cost_risk.cross_check`."""
    names = {"standard_error": "standard error", "gap": "gap in standard errors"}
    return table(
        frame.rename(columns=names),
        id="budget-cross-check",
        caption="The base curve by two methods",
        sources=["cost_risk.correlation"],
        units={
            "exact": "mNOK",
            "simulated": "mNOK",
            "standard error": "mNOK",
            "gap in standard errors": "number",
        },
    )


def outside_readings(frame: pd.DataFrame, first: float) -> Table:
    """A first estimate, in bn NOK, under several tail indices; of `studies.outside.readings`."""
    names = {"tail_index": "tail index", "mean_to_cap": "mean up to a cap"}
    names |= {level: level.upper() for level in ("p50", "p85", "p90", "p95")}
    shown = frame.rename(columns=names)
    return table(
        shown,
        id="budget-outside-readings",
        caption=f"A first estimate of {first:.1f} bn NOK under each tail index; a dash where no "
        "mean exists",
        sources=["reference.it2023_tail", "reference.pareto_alpha", "outside.body_median",
                 "outside.cap"],
        units={str(name): "bnNOK" for name in shown.columns[1:]},
    )  # fmt: skip
