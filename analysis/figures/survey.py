"""Charts and tables of the surveys: what a percentage says when most did not answer."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from analysis.figures import theme
from analysis.figures.chart import Chart, chart
from analysis.figures.rows import label_rows
from analysis.figures.table import Table, cell_text, table

_SYMBOLS = ("circle", "square", "diamond")
_DASHES = ("solid", "dash", "dot")
_COLOURS = (theme.BLUE, theme.ORANGE, theme.GREEN)
EVEN = 0.5
_SHARE_AXIS = {"range": [-0.02, 1.04], "tickvals": [0, 0.25, 0.5, 0.75, 1], "tickformat": ".0%"}


def layers(frame: pd.DataFrame) -> Chart:
    """Each share with its sampling interval and its bounds; frame of `studies.survey.layers`."""
    fig = go.Figure()
    told = frame["question"] + frame["share"].map(": {:.0%} of those who answered".format)
    rows = label_rows(fig, told.tolist())
    for low, high, name, colour in (
        ("least", "most", "possible, whatever the others think", theme.band("grey", 0.45)),
        ("random_low", "random_high", "95 % interval if answering was random", theme.ORANGE),
    ):
        fig.add_bar(
            y=rows,
            x=frame[high] - frame[low],
            base=frame[low],
            orientation="h",
            width=0.4,
            name=name,
            marker={"color": colour},
            customdata=frame[[low, high]].to_numpy(),
            hovertemplate=f"{name}<br>%{{customdata[0]:.1%}} to %{{customdata[1]:.1%}}"
            "<extra></extra>",
        )
    for column, position in (("least", "middle left"), ("most", "middle right")):
        fig.add_scatter(
            y=rows,
            x=frame[column],
            mode="text",
            text=[f"{share:.0%}" for share in frame[column]],
            textposition=position,
            cliponaxis=False,
            showlegend=False,
            hoverinfo="skip",
        )
    fig.add_vline(x=EVEN, line={"color": theme.MUTED, "dash": "dash", "width": 1})
    fig.update_layout(
        barmode="overlay",
        xaxis={"title": {"text": "share of those asked"}, **_SHARE_AXIS},
    )
    return chart(
        fig,
        id="survey-layers",
        title="What is left open by those who did not answer dwarfs the sampling error",
        alt="Bar chart of three percentages. "
        + " ".join(
            f"{row.question}: {row.share:.0%} of those who answered, {row.random_low:.1%} to "
            f"{row.random_high:.1%} if answering was random, {row.least:.0%} to {row.most:.0%} "
            "possible."
            for row in frame.itertuples(index=False)
        ),
        table=frame[["question", "share", "random_low", "random_high", "least", "most"]].rename(
            columns={
                "random_low": "random, low",
                "random_high": "random, high",
                "least": "least possible",
                "most": "most possible",
            }
        ),
        sources=[*frame["id"], "survey.asked", "survey.answered"],
        note="The narrow orange band is the margin that is usually told. The grey bar is what the "
        "answers allow when nothing is assumed about the others.",
    )


def silent_majority(frame: pd.DataFrame, read: pd.DataFrame) -> Chart:
    """Share of all by the share among the silent; `studies.survey.silent_majority`, ``layers``."""
    fig = go.Figure()
    styles = zip(_COLOURS, _SYMBOLS, _DASHES, ("top left", *2 * ("bottom right",)), strict=True)
    for row, style in zip(read.itertuples(index=False), styles, strict=True):
        colour, symbol, dash, place = style
        line = frame[frame["question"] == row.question]
        fig.add_scatter(
            x=line["silent"],
            y=line["all"],
            mode="lines",
            name=row.short,
            line={"color": colour, "dash": dash, "width": 2.5},
            hovertemplate="%{x:.0%} of those who did not answer<br>gives %{y:.0%} of all"
            "<extra></extra>",
        )
        fig.add_scatter(
            x=[row.break_even, row.share],
            y=[EVEN, row.share],
            mode="markers+text",
            marker={"color": colour, "symbol": symbol, "size": 10},
            text=[f"{row.break_even:.0%}", ""],
            textposition=place,
            textfont={"color": colour},
            hovertext=["even split", "others like those who answered"],
            hovertemplate="%{hovertext}<br>%{x:.1%} of the others, %{y:.1%} of all<extra></extra>",
            showlegend=False,
        )
    fig.add_hline(y=EVEN, line={"color": theme.MUTED, "dash": "dash", "width": 1})
    fig.update_layout(
        xaxis={"title": {"text": "share among those who did not answer"}, **_SHARE_AXIS},
        yaxis={"title": {"text": "share of all who were asked"}, **_SHARE_AXIS},
        height=460,
    )
    return chart(
        fig,
        id="survey-silent",
        title="How the silent would have to differ for the majority to turn",
        alt="Line chart: the share of all who were asked rises with the share among those who did "
        "not answer. An even split is reached where that share is "
        + "; ".join(f"{row.break_even:.1%} ({row.question})" for row in read.itertuples())
        + ".",
        table=read[["question", "share", "break_even"]].rename(
            columns={
                "share": "share of those who answered",
                "break_even": "share of the others that makes an even split",
            }
        ),
        sources=[*read["id"], "survey.asked", "survey.answered"],
        note="Mark on the dashed line: even split. The other mark: those who did not answer think "
        "like those who did.",
    )


def margins(frame: pd.DataFrame) -> Chart:
    """Margins by the assumption behind them; frame of `studies.survey.margins`."""
    question = str(frame.columns[2])
    fig = go.Figure()
    place = pd.Series(label_rows(fig, [name[0].upper() + name[1:] for name in frame["assumption"]]))
    for layer, name, colour in (
        ("sampling", "sampling margin", theme.ORANGE),
        ("no answer", "those who did not answer", theme.GREY),
    ):
        chosen = frame["layer"] == layer
        fig.add_bar(
            y=place[chosen],
            x=frame.loc[chosen, question],
            width=0.4,
            orientation="h",
            name=name,
            marker={"color": colour},
            texttemplate="±%{x:.1f}",
            textposition="outside",
            cliponaxis=False,
            customdata=frame.loc[chosen, "assumption"],
            hovertemplate="%{customdata}<br>±%{x:.2f} points<extra></extra>",
        )
    fig.update_layout(
        xaxis={
            "title": {"text": "margin to either side, points"},
            "range": [0, 1.2 * frame[question].max()],
        },
    )
    return chart(
        fig,
        id="survey-margins",
        title="Whom the answers stand for changes little beside who did not answer",
        alt=f"Bar chart of the margin of “{question}” by assumption: "
        + "; ".join(
            f"{assumption}: ±{margin:.2f} points"
            for assumption, margin in zip(frame["assumption"], frame[question], strict=True)
        )
        + ".",
        table=frame.drop(columns="layer"),
        sources=[
            "survey.unsure", "survey.searching", "survey.double_work", "survey.asked",
            "survey.answered", "users.planned", "users.trondheim_live",
        ],
        note=f"Drawn for “{question}”. The article does not say whom those asked were "
        "drawn from, so each row is an assumption.",
    )  # fmt: skip


def compared(frame: pd.DataFrame) -> Chart:
    """Shares of both surveys with intervals; frame of `studies.survey.compared`."""
    fig = go.Figure()
    told = frame["what"] + frame["answers"].map(_answers)
    place = pd.Series(label_rows(fig, told.tolist()))
    for group, colour, symbol in zip(
        dict.fromkeys(frame["group"]), _COLOURS, _SYMBOLS, strict=True
    ):
        chosen = frame["group"] == group
        rows = frame[chosen]
        fig.add_scatter(
            x=rows["share"],
            y=place[chosen],
            mode="markers",
            name=group,
            marker={"color": colour, "symbol": symbol, "size": 9},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": rows["high"] - rows["share"],
                "arrayminus": rows["share"] - rows["low"],
                "color": colour,
                "thickness": 2,
            },
            customdata=rows[["what", "low", "high"]].to_numpy(),
            hovertemplate="%{customdata[0]}<br>%{x:.0%}, 95 % interval %{customdata[1]:.1%} to "
            "%{customdata[2]:.1%}<extra></extra>",
        )
        fig.add_scatter(
            x=rows["high"],
            y=place[chosen],
            mode="text",
            text=[f" {share:.0%}" for share in rows["share"]],
            textposition="middle right",
            showlegend=False,
            hoverinfo="skip",
        )
    fig.update_layout(
        xaxis={"title": {"text": "share of those who answered"}, **_SHARE_AXIS},
    )
    return chart(
        fig,
        id="survey-compared",
        title="Few GPs answered even the national survey, so their figure is the least sure",
        alt="Dot chart of shares with 95 % intervals: "
        + "; ".join(
            f"{row.what} ({row.group}, {row.answers} answers) {row.share:.0%}, "
            f"{row.low:.1%} to {row.high:.1%}"
            for row in frame.itertuples(index=False)
        )
        + ".",
        table=frame[["what", "group", "answers", "share", "low", "high"]],
        sources=frame["id"],
        note="Intervals hold only if answering was random, in both surveys. The questions differ, "
        "so compare directions and not points.",
    )


def summary(frame: pd.DataFrame) -> Table:
    """The three layers in figures; frame of `studies.survey.layers`."""
    columns = {
        "question": "Question",
        "share": "Told",
        "random_low": "Random, low",
        "random_high": "high",
        "least": "Least",
        "most": "Most",
        "break_even": "Even split at",
    }
    shares = [name for name in columns.values() if name != "Question"]
    return table(
        frame.rename(columns=columns)[list(columns.values())],
        id="survey-summary",
        caption="Each percentage of the Trondheim survey in three layers",
        sources=[*frame["id"], "survey.asked", "survey.answered"],
        units=dict.fromkeys(shares, "share"),
    )


def _answers(count: int) -> str:
    """Say how many answered, in brackets, so that the line does not break inside."""
    return f" (n\u00a0=\u00a0{cell_text(count)[0]})"
