"""Charts of the decision chapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from analysis.figures import theme
from analysis.figures.chart import Chart, chart
from analysis.figures.table import Table, table
from analysis.registry import Scenario
from analysis.registry.formatting import format_value


def options(
    frame: pd.DataFrame,
    reader: str,
    unit: str,
    title: str,
    sources: Sequence[str],
    scenario: Scenario,
) -> Chart:
    """Net benefit of each option of one reader with P10 to P90.

    Args:
        frame: of `studies.decision.summary`, options down.
        reader: id of the reader, part of the chart's id.
        unit: in words, for the axis.
        title: what the chart says.
        sources: ids behind the numbers.
        scenario: behind the numbers.
    """
    fig = go.Figure()
    fig.add_scatter(
        y=frame.index,
        x=frame["P50"],
        mode="markers",
        name="P50, with P10 and P90",
        marker={"color": theme.BLUE, "size": 11},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": frame["P90"] - frame["P50"],
            "arrayminus": frame["P50"] - frame["P10"],
            "color": theme.BLUE,
        },
        customdata=frame["chance of loss"],
        hovertemplate="%{y}: P50 %{x:,.0f}, chance of loss %{customdata:.0%}<extra></extra>",
    )
    fig.add_scatter(
        y=frame.index,
        x=frame["expected"],
        mode="markers",
        name="expected value",
        marker={"color": theme.ORANGE, "size": 9, "symbol": "diamond-open"},
        hovertemplate="%{y}: expected %{x:,.0f}<extra></extra>",
    )
    fig.add_vline(x=0, line={"color": theme.MUTED, "width": 1})
    fig.update_layout(
        xaxis={"title": {"text": unit}},
        yaxis={"autorange": "reversed"},
        height=150 + 56 * len(frame),
    )
    words = [
        f"{option}: P50 {row['P50']:,.0f}, from {row['P10']:,.0f} to {row['P90']:,.0f}, chance of "
        f"loss {row['chance of loss']:.0%}"
        for option, row in frame.iterrows()
    ]
    return chart(
        fig,
        id=f"decision-{reader}",
        title=title,
        alt=f"Range chart of the net benefit of each option, {unit}. " + "; ".join(words) + ".",
        table=frame.reset_index(),
        sources=sources,
        scenario=scenario,
        note="Priced effects only. Safety, quality and taking part have no price here.",
    )


def tornado(frame: pd.DataFrame, base: float, scenario: Scenario, most: int = 12) -> Chart:
    """Outcome with each parameter alone at its P10 and P90; frame of `studies.decision.tornado`.

    ``base`` is the outcome at the base values, m NOK; the ``most`` widest are drawn.
    """
    top = frame.head(most)
    fig = go.Figure()
    for column, name, colour in (
        ("low", "parameter at its P10", theme.GREEN),
        ("high", "parameter at its P90", theme.ORANGE),
    ):
        fig.add_bar(
            y=top["label"],
            x=top[column] - base,
            base=base,
            orientation="h",
            name=name,
            marker={"color": colour},
            customdata=top[column],
            hovertemplate="%{y}<br>%{customdata:,.0f} m NOK<extra>" + name + "</extra>",
        )
    fig.add_vline(x=base, line={"color": theme.INK, "width": 1})
    fig.update_layout(
        barmode="overlay",
        xaxis={"title": {"text": "net present value for society, m NOK"}},
        yaxis={"autorange": "reversed"},
        height=140 + 36 * len(top),
    )
    return chart(
        fig,
        id="decision-tornado",
        title="Running costs move the sum for society most",
        alt="Tornado chart: net present value with one parameter at a time at its P10 and P90. "
        + "; ".join(f"{r.label}: {r.low:,.0f} and {r.high:,.0f}" for r in top.itertuples())
        + f". Base {base:,.0f} m NOK.",
        table=top.reset_index(),
        sources=[str(id) for id in top.index],
        scenario=scenario,
    )


def variance(frame: pd.DataFrame, scenario: Scenario, most: int = 10) -> Chart:
    """Sobol indices with their standard errors; frame of `studies.decision.sobol`."""
    top = frame.head(most)
    fig = go.Figure()
    for column, error, name, colour in (
        ("first", "first_se", "alone", theme.BLUE),
        ("total", "total_se", "with all interactions", theme.GOLD),
    ):
        fig.add_bar(
            y=top["label"],
            x=top[column],
            orientation="h",
            name=name,
            marker={"color": colour},
            error_x={"type": "data", "array": 2 * top[error], "color": theme.INK},
            hovertemplate="%{y}: %{x:.0%}<extra>" + name + "</extra>",
        )
    fig.update_layout(
        xaxis={"title": {"text": "share of the variance explained"}, "tickformat": ".0%"},
        yaxis={"autorange": "reversed"},
        height=140 + 44 * len(top),
    )
    return chart(
        fig,
        id="decision-variance",
        title="A few assumptions make most of the spread",
        alt="Bar chart of the share of the variance of society's net present value that each "
        "parameter explains, alone and with interactions: "
        + "; ".join(f"{r.label} {r.first:.0%} and {r.total:.0%}" for r in top.itertuples())
        + ".",
        table=top.reset_index(),
        sources=[str(id) for id in top.index],
        scenario=scenario,
        note="Bars show two standard errors, from repeated scrambles of the sample. Small negative "
        "shares are such error.",
    )


def information(
    frame: pd.DataFrame, reader: str, unit: str, title: str, scenario: Scenario, most: int = 8
) -> Chart:
    """What learning each parameter exactly is worth; `single` of `studies.decision.information`."""
    top = frame.head(most)
    fig = go.Figure()
    fig.add_bar(
        y=top["label"],
        x=top["value"],
        orientation="h",
        name="value of learning it exactly",
        marker={"color": theme.PURPLE},
        error_x={"type": "data", "array": 2 * top["standard error"], "color": theme.INK},
        hovertemplate="%{y}: %{x:,.0f}<extra></extra>",
    )
    fig.update_layout(
        xaxis={"title": {"text": unit}, "rangemode": "tozero"},
        yaxis={"autorange": "reversed"},
        height=130 + 40 * len(top),
        showlegend=False,
    )
    return chart(
        fig,
        id=f"decision-information-{reader}",
        title=title,
        alt=f"Bar chart of the expected value of learning one parameter exactly, {unit}: "
        + "; ".join(
            f"{label} {value:,.0f}" for label, value in zip(top["label"], top["value"], strict=True)
        )
        + ".",
        table=top.reset_index(),
        sources=[str(id) for id in top.index],
        scenario=scenario,
        note="Bars show two standard errors.",
    )


def guarantees(frame: pd.DataFrame, scenario: Scenario) -> Chart:
    """What guarantees do and cost; frame of `studies.decision.guarantees`."""
    fig = go.Figure()
    for column, name, colour in (
        ("cost", "paid by the owners", theme.ORANGE),
        ("society_gain", "gain for society", theme.GREEN),
    ):
        fig.add_bar(
            x=frame.index,
            y=frame[column],
            name=name,
            marker={"color": colour},
            hovertemplate="%{x}: %{y:,.0f} m NOK<extra>" + name + "</extra>",
        )
    fig.update_layout(
        yaxis={"title": {"text": "present value, m NOK"}},
        xaxis={"title": {"text": "guarantee"}},
        height=400,
    )
    return chart(
        fig,
        id="decision-guarantees",
        title="Guarantees cost the owners more than society gains from them in priced effects",
        alt="Bar chart of what each guarantee costs the owners and gains society, m NOK: "
        + "; ".join(
            f"{name}: cost {row['cost']:,.0f}, gain {row['society_gain']:,.0f}, GPs live "
            f"{row['live_gps']:.0%}"
            for name, row in frame.iterrows()
        )
        + ".",
        table=frame.reset_index(),
        sources=["gp.hp_price", "gp.ehr_cost_now", "gp.function_minutes", "gp.downtime_hours"],
        scenario=scenario,
        note="A guarantee moves money from the owners to the GPs; only the change in use counts "
        "for society.",
    )


def regions(frame: pd.DataFrame, labels: Mapping[str, str], scenario: Scenario) -> Chart:
    """Expected net benefit of each option along one parameter, long form.

    Args:
        frame: columns ``value``, ``option``, ``net`` from `studies.decision`.
        labels: ``x`` for the axis, ``title``, ``unit`` and ``id`` of the parameter.
        scenario: behind the numbers.
    """
    fig = go.Figure()
    for position, (option, rows) in enumerate(frame.groupby("option", sort=False)):
        fig.add_scatter(
            x=rows["value"],
            y=rows["net"],
            mode="lines",
            name=str(option),
            line={"color": theme.SEQUENCE[position], "width": 2.5},
            hovertemplate="%{x:.2f}: %{y:,.0f}<extra>" + str(option) + "</extra>",
        )
    fig.update_layout(
        xaxis={"title": {"text": labels["x"]}},
        yaxis={"title": {"text": labels["unit"]}},
        height=400,
    )
    return chart(
        fig,
        id="decision-regions",
        title=labels["title"],
        alt=f"Line chart of the net benefit of each option by {labels['x']}. "
        + "; ".join(
            f"{option} from {rows['net'].iloc[0]:,.0f} to {rows['net'].iloc[-1]:,.0f}"
            for option, rows in frame.groupby("option", sort=False)
        )
        + ".",
        table=frame,
        sources=[labels["id"]],
        scenario=scenario,
    )


def guarantee_table(frame: pd.DataFrame) -> Table:
    """What guarantees do; frame of `studies.decision.guarantees`."""
    names = {"live_gps": "GPs live in the last year", "cost": "paid by the owners",
             "gp_gain": "gain of the GPs", "society_gain": "gain of society"}  # fmt: skip
    return table(
        frame.reset_index().rename(columns=names),
        id="decision-guarantees-table",
        caption="Guarantees to GPs; present values to 2038",
        sources=["gp.hp_price", "gp.function_minutes", "gp.downtime_hours"],
        units={
            "GPs live in the last year": "share",
            "paid by the owners": "mNOK",
            "gain of the GPs": "mNOK",
            "gain of society": "mNOK",
        },
    )


def break_evens(frame: pd.DataFrame) -> Table:
    """Break-even values, written in their units; frame of `studies.learning.break_evens`."""
    shown = pd.DataFrame({"reader": frame["reader"], "what is moved": frame["what"]})
    for column, name in (("now", "now"), ("break_even", "break-even"), ("lower", "at least"),
                         ("upper", "at most")):  # fmt: skip
        shown[name] = [
            None if amount is None or amount != amount else format_value(amount, unit)
            for amount, unit in zip(frame[column], frame["unit"], strict=True)
        ]
    return table(
        shown,
        id="decision-break-evens",
        caption="Break-even values; a dash where no value within the limits is enough by itself",
        sources=frame["id"],
    )


def worlds(frame: pd.DataFrame, outcome: str, caption: str) -> Table:
    """Boxes of worlds that fail; frame of `studies.worlds.failures`."""
    names = {"limits": "when all of this holds", "coverage": "part of all failures",
             "density": "fails in", "mass": "part of all worlds"}  # fmt: skip
    return table(
        frame.rename(columns=names),
        id=f"decision-worlds-{outcome.replace('_', '-')}",
        caption=caption,
        sources=["project-judgement"],
        units={"part of all failures": "share", "fails in": "share", "part of all worlds": "share"},
    )


def regrets(frame: pd.DataFrame) -> Table:
    """Regret of a self-paying GP; frame of `studies.worlds.regrets`."""
    names = {"worst": "worst regret", "mean": "regret on average", "best_in": "best in",
             "satisfies": "no loss in"}  # fmt: skip
    return table(
        frame.rename(columns=names),
        id="decision-regret-gp",
        caption="Regret of a self-paying GP over all worlds, and shares of the worlds",
        sources=["gp.function_minutes", "gp.hp_price", "gp.ehr_cost_now"],
        units={"worst regret": "NOK_per_gp", "regret on average": "NOK_per_gp", "best in": "share",
               "no loss in": "share"},
    )  # fmt: skip


def turning_points(frame: pd.DataFrame) -> Table:
    """Which option is best for which extra minutes; of `studies.learning.turning_points`."""
    names = {"low": "from", "high": "to", "option": "best option", "probability": "chance",
             "gain": "gain over the choice now"}  # fmt: skip
    return table(
        frame.rename(columns=names),
        id="decision-turning-points",
        caption="Which option is best for which extra minutes a consultation, the rest uncertain",
        sources=["gp.function_minutes", "study.noise"],
        units={"from": "minutes", "to": "minutes", "chance": "probability",
               "gain over the choice now": "NOK_per_gp"},
    )  # fmt: skip
