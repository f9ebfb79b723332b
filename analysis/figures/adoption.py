"""Charts of the adoption chapter."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from analysis.figures import theme
from analysis.figures.chart import Chart, chart
from analysis.figures.table import Table, table
from analysis.registry import Scenario

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_SYMBOLS = ("circle-open", "square", "diamond", "triangle-up")


def _by_group(frame: pd.DataFrame, by: str, x: str, y: str, hover: str) -> go.Figure:
    """One line per group of a long frame; colour and dash tell the groups apart."""
    fig = go.Figure()
    for position, (name, rows) in enumerate(frame.groupby(by, sort=False)):
        fig.add_scatter(
            x=rows[x],
            y=rows[y],
            mode="lines",
            name=str(name),
            line={"color": theme.SEQUENCE[position], "dash": _DASHES[position], "width": 2.5},
            hovertemplate=hover + "<extra>" + str(name) + "</extra>",
        )
    return fig


def _counted_twice(frame: pd.DataFrame, x: str, hover: str) -> go.Figure:
    """The columns ``headcount`` and ``both_ends`` of a frame against its column ``x``."""
    fig = go.Figure()
    for column, name, colour, dash in (
        ("headcount", "counted by heads", theme.GREY, "dash"),
        ("both_ends", "counted with both ends on the platform", theme.BLUE, "solid"),
    ):
        fig.add_scatter(
            x=frame[x],
            y=frame[column],
            mode="lines",
            name=name,
            line={"color": colour, "dash": dash, "width": 3},
            hovertemplate=hover + "<extra>" + name + "</extra>",
        )
    return fig


def ladder(frame: pd.DataFrame, municipalities: float) -> Chart:
    """From a vote to daily use: recorded counts over time; frame of `studies.adoption.ladder`."""
    fig = go.Figure()
    for position, (rung, rows) in enumerate(frame.groupby("rung", sort=False)):
        fig.add_scatter(
            x=rows["date"],
            y=rows["count"],
            mode="lines+markers",
            name=str(rung),
            line={"color": theme.SEQUENCE[position], "dash": _DASHES[position], "width": 2},
            marker={"symbol": _SYMBOLS[position], "size": 11},
            text=rows["label"],
            hovertemplate="%{text}<br>%{x}: %{y}<extra></extra>",
        )
    fig.add_hline(y=municipalities, line={"color": theme.MUTED, "dash": "dot"})
    fig.update_layout(
        yaxis={"title": {"text": "municipalities"}, "range": [0, municipalities + 6]},
        height=420,
    )
    return chart(
        fig,
        id="adoption-ladder",
        title="Many said yes, half as many signed, and the first third went live",
        alt="Line chart of the number of municipalities that had voted yes, signed, and gone live: "
        + "; ".join(f"{r.rung} {r.count:.0f} in {r.date}" for r in frame.itertuples(index=False))
        + f". The dotted line marks all {municipalities:.0f} municipalities.",
        table=frame[["date", "rung", "count", "label", "status"]],
        sources=frame["id"],
        note="A vote to use an option does not bind; a signed agreement does.",
    )


def users(frame: pd.DataFrame) -> Chart:
    """Users live against plan and workforce; frame of `studies.adoption.users`."""
    fig = go.Figure()
    fig.add_bar(
        y=frame["label"],
        x=frame["users"],
        orientation="h",
        marker={
            "color": [theme.GREY if s in ("assumption", "derived") else theme.BLUE
                      for s in frame["status"]]
        },
        texttemplate="%{x:,.0f}",
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:,.0f}<extra></extra>",
    )  # fmt: skip
    fig.update_layout(
        xaxis={"title": {"text": "users"}},
        yaxis={"autorange": "reversed"},
        height=300,
        margin={"r": 64},
    )
    return chart(
        fig,
        id="adoption-users",
        title="The plan of 40 000 users is not the ceiling",
        alt="Bar chart of users: "
        + "; ".join(f"{r.label} {r.users:,.0f}" for r in frame.itertuples())
        + ".",
        table=frame[["label", "users", "status"]],
        sources=frame["id"],
        note="Grey bars are derived or assumed; blue bars are recorded.",
    )


def trajectories(frame: pd.DataFrame, record: pd.DataFrame, scenario: Scenario) -> Chart:
    """Modelled share joined by segment, with what was recorded; frames of `studies.adoption`."""
    fig = _by_group(frame, "segment", "year", "share", "%{x}: %{y:.0%}")
    middle = (record["recorded_low"] + record["recorded_high"]) / 2
    fig.add_scatter(
        x=[2023] * len(record),
        y=middle,
        mode="markers",
        name="recorded, about January 2024",
        marker={"color": theme.INK, "symbol": "diamond-open", "size": 10},
        error_y={"type": "data", "array": middle - record["recorded_low"], "color": theme.INK},
        text=record["what"],
        hovertemplate="%{text}: %{y:.0%}<extra></extra>",
    )
    fig.update_layout(
        xaxis={"title": {"text": "end of year"}, "dtick": 2},
        yaxis={"title": {"text": "share that has joined"}, "tickformat": ".0%", "range": [0, 1.04]},
        height=460,
    )
    last = frame[frame["year"] == frame["year"].max()]
    return chart(
        fig,
        id="adoption-trajectories",
        title="Left alone, hospitals and most municipalities join; most GPs do not",
        alt="Line chart of the modelled share that has joined, by segment. In the last year: "
        + "; ".join(f"{r.segment} {r.share:.0%}" for r in last.itertuples())
        + ".",
        table=frame.pivot(index="year", columns="segment", values="share").reset_index(),
        sources=["model.municipal_speed", "model.belief", "gp.hp_price", *_ids(record)],
        scenario=scenario,
        note="The diamonds are records. The one for municipal staff is a bracket: the share of "
        "staff live is not published.",
    )


def _ids(record: pd.DataFrame) -> list[str]:
    return [id for ids in record["ids"] for id in ids.split(";")]


def packages(frame: pd.DataFrame, scenario: Scenario) -> Chart:
    """Self-paying GPs under each package; frame of `studies.adoption.packages`."""
    fig = _by_group(frame, "package", "year", "share", "%{x}: %{y:.0%}")
    fig.update_layout(
        xaxis={"title": {"text": "end of year"}, "dtick": 2, "range": [2021.5, 2038.5]},
        yaxis={"title": {"text": "share of self-paying GPs"}, "tickformat": ".0%",
               "rangemode": "tozero"},
        height=440,
    )  # fmt: skip
    last = frame[frame["year"] == frame["year"].max()]
    return chart(
        fig,
        id="adoption-packages",
        title="A price guarantee alone moves few GPs; the three demands together move many more",
        alt="Line chart of the share of self-paying GPs that joins under each package. In the last "
        "year: " + "; ".join(f"{r.package} {r.share:.0%}" for r in last.itertuples()) + ".",
        table=frame.pivot(index="year", columns="package", values="share").reset_index(),
        sources=["gp.hp_price", "gp.ehr_cost_now", "model.gp_worry", "model.gp_spread"],
        scenario=scenario,
        note="The GP prices, and how strongly GPs weigh the risk, are assumptions.",
    )


def network(frame: pd.DataFrame) -> Chart:
    """Value by share of GPs, both ends and headcount; frame of `gp_share_and_benefit`."""
    fig = _counted_twice(frame, "gps", "GPs %{x:.0%}: %{y:.0%}")
    fig.update_layout(
        xaxis={"title": {"text": "share of GPs on the platform"}, "tickformat": ".0%"},
        yaxis={"title": {"text": "time saved, share of the most possible"}, "tickformat": ".0%",
               "range": [0, 1.04]},
        height=400,
    )  # fmt: skip
    first = frame.iloc[0]
    return chart(
        fig,
        id="adoption-network",
        title="GPs are few heads, but they stand at one end of many exchanges",
        alt="Line chart of the time saved by the share of GPs on the platform, everyone else being "
        f"on it. Without GPs, {first['both_ends']:.0%} of the saving is left when both ends must "
        f"be on the platform, against {first['headcount']:.0%} when heads are counted.",
        table=frame.rename(columns={"gps": "share of GPs"}),
        sources=["model.mix_hospital_gp", "model.mix_municipality_gp", "users.planned",
                 "gp.region_count"],
        note="Who exchanges how much with whom is an assumption with a range.",
    )  # fmt: skip


def both_ends(frame: pd.DataFrame, scenario: Scenario) -> Chart:
    """Value of time saved by year, counted two ways; frame of `studies.adoption.both_ends`."""
    fig = _counted_twice(frame, "year", "%{x}: %{y:.0f} m NOK")
    fig.update_layout(
        xaxis={"dtick": 2},
        yaxis={"title": {"text": "m NOK a year, 2021 prices"}, "rangemode": "tozero"},
        height=400,
    )
    last = frame.iloc[-1]
    return chart(
        fig,
        id="adoption-both-ends",
        title="Counting heads makes the saving look larger and earlier",
        alt=f"Line chart of the value of time saved. In {last['year']:.0f} it is "
        f"{last['both_ends']:.0f} m NOK counted with both ends and {last['headcount']:.0f} m NOK "
        "counted by heads.",
        table=frame,
        sources=["survey.double_work", "survey.searching", "model.hours_removed", "wage.ks_mean"],
        scenario=scenario,
    )


def response(frame: pd.DataFrame, scenario: Scenario) -> Chart:
    """GPs willing to join by the exchange they expect to be covered; frame of `studies`."""
    fig = _by_group(frame, "package", "covered", "willing", "covered %{x:.0%}: %{y:.0%} willing")
    fig.update_layout(
        xaxis={"title": {"text": "part of a GP's exchange expected on the platform"},
               "tickformat": ".0%"},
        yaxis={"title": {"text": "self-paying GPs willing to join"}, "tickformat": ".0%",
               "rangemode": "tozero"},
        height=420,
    )  # fmt: skip
    ends = frame.groupby("package", sort=False)["willing"]
    return chart(
        fig,
        id="adoption-response",
        title="More partners make joining better, but not by enough on their own",
        alt="Line chart of the share of self-paying GPs willing to join by the part of their "
        "exchange they expect to be covered. "
        + "; ".join(
            f"{package} from {part.iloc[0]:.0%} to {part.iloc[-1]:.0%}" for package, part in ends
        )
        + ".",
        table=frame.pivot(index="covered", columns="package", values="willing").reset_index(),
        sources=["gp.minutes_saved_day", "model.gp_worry", "model.gp_spread", "gp.hp_price"],
        scenario=scenario,
    )


def hindcast(frame: pd.DataFrame) -> Table:
    """The model held against the record; frame of `studies.adoption.hindcast`."""
    names = {
        "what": "share",
        "expected": "councils that had said yes",
        "model": "in the model",
        "recorded_low": "recorded, at least",
        "recorded_high": "recorded, at most",
    }
    return table(
        frame.drop(columns="ids").rename(columns=names),
        id="adoption-hindcast",
        caption="Held against what happened: shares about January 2024",
        sources=_ids(frame),
        units={name: "share" for key, name in names.items() if key != "what"},
    )


def equilibria(frame: pd.DataFrame) -> Table:
    """Shares that confirm themselves; frame of `studies.adoption.equilibria`."""
    return table(
        frame,
        id="adoption-equilibria",
        caption="Share of self-paying GPs that confirms itself when everybody else is on the "
        "platform",
        sources=["gp.minutes_saved_day", "model.gp_worry", "model.mix_gp_hospital", "gp.hp_price"],
        units={"share": "share"},
    )


def package_outcomes(frame: pd.DataFrame, year: int) -> Table:
    """What each package does by ``year``; frame of `studies.adoption.package_outcomes`."""
    names = {
        "gp_self": f"self-paying GPs by {year}",
        "gps": f"all GPs by {year}",
        "benefit": f"time saved in {year}",
        "npv": "net present value, society",
        "guarantee": "paid by the guarantor",
    }
    shown = frame.rename(columns=names)
    units = ("share", "share", "mNOK_per_year", "mNOK", "mNOK")
    return table(
        shown,
        id="adoption-packages-table",
        caption="What each package does; present values to 2038",
        sources=["gp.hp_price", "gp.ehr_cost_now", "model.gp_worry", "model.guarantee_price"],
        units=dict(zip(names.values(), units, strict=True)),
    )
