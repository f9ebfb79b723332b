"""Charts and tables of the evidence chapter: what was claimed, and what the record says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
import plotly.graph_objects as go

from analysis.figures import theme
from analysis.figures.chart import Chart, chart
from analysis.figures.rows import label_rows
from analysis.figures.table import Table, table

ARTICLE = "kommunal-rapport-hp"
OURS = "project-judgement"
STANCE_COLOURS = {
    "critical": theme.PURPLE,
    "conditional": theme.GOLD,
    "neutral": theme.GREY,
    "supportive": theme.GREEN,
}
RELATION_COLOURS = {
    "supports": theme.BLUE,
    "qualifies": theme.GOLD,
    "contradicts": theme.RED,
    "silent": theme.GREY,
}
VERDICT_COLOURS = {
    "supported": theme.BLUE,
    "supported with a caveat": theme.color("ramp2"),
    "only qualified": theme.GOLD,
    "pulled both ways": theme.PURPLE,
    "contradicted with a caveat": theme.ORANGE,
    "contradicted": theme.RED,
    "not known": theme.GREY,
}
GRADE_COLOURS = {
    "A": theme.color("ramp6"),
    "B": theme.color("ramp4"),
    "C": theme.color("ramp2"),
    "D": theme.GREY,
}
FATE_COLOURS = {
    "borne out": theme.BLUE,
    "in part": theme.GOLD,
    "not so far": theme.RED,
    "cannot be told": theme.GREY,
}
KIND_COLOURS = {
    "fact": theme.GREY,
    "opinion": theme.color("ramp2"),
    "promise": theme.GREEN,
    "demand": theme.GOLD,
    "fear": theme.PURPLE,
}
MEETS = {
    "agree": "They agree.",
    "same aim, no guarantee": "Same aim, but no guarantee.",
    "talk past each other": "They talk past each other.",
    "clash": "They clash.",
}
LEFT, RIGHT = "GP office", "Company"
# Counts inside a bar need 4.5:1 with its colour on a light and on a dark page (WCAG 1.4.3); the
# page colour does it but for these.
TEXT_ON = {theme.GOLD: "#000000", theme.GREEN: "#000000", theme.color("ramp2"): theme.INK}


def stances(frame: pd.DataFrame) -> Chart:
    """Claims by topic, speaker and stance; `tally(claims(), "topic", "stance")`."""
    return chart(
        _butterfly(frame, "topic", "stance", STANCE_COLOURS, "claims"),
        id="evidence-stances",
        title="Critical on one side, supportive on the other; they meet in that GPs are needed",
        alt="Bar chart of claims by topic. Bars to the left count claims of the GP office, bars "
        f"to the right claims of the company. {_totals(frame, 'stance')}.",
        table=frame,
        sources=[ARTICLE],
        note="Counts of claims in two interviews. They show what each spoke of, not how common a "
        "view is.",
    )


def kinds(frame: pd.DataFrame) -> Chart:
    """Claims by speaker and kind; `tally(claims(), "speaker", "kind")` without the article."""
    return chart(
        _stacked(frame, "speaker", "kind", KIND_COLOURS, "claims"),
        id="evidence-kinds",
        title="One side fears and demands, the other promises",
        alt=f"Stacked bars of claims by kind. {_totals(frame, 'kind')}.",
        table=frame,
        sources=[ARTICLE],
    )


def relations(frame: pd.DataFrame, sources: Iterable[str]) -> Chart:
    """Records by topic, speaker and relation; `tally(records(), "topic", "relation")`."""
    return chart(
        _butterfly(frame, "topic", "relation", RELATION_COLOURS, "records"),
        id="evidence-relations",
        title="The record adds a caveat more often than it contradicts",
        alt="Bar chart of records set against the claims, by topic. Bars to the left are about "
        "claims of the GP office, bars to the right about claims of the company. "
        f"{_totals(frame, 'relation')}.",
        table=frame,
        sources=sources,
        note="Silent means: looked for and not found in what was read. It does not mean that "
        "nothing exists.",
    )


def verdicts(frame: pd.DataFrame, sources: Iterable[str]) -> Chart:
    """Claims by speaker and verdict; `tally(claims(), "speaker", "verdict")`."""
    return chart(
        _stacked(frame, "speaker", "verdict", VERDICT_COLOURS, "claims"),
        id="evidence-verdicts",
        title="Most claims are neither simply right nor simply wrong",
        alt=f"Stacked bars of claims by verdict. {_totals(frame, 'verdict')}.",
        table=frame,
        sources=sources,
        note="The GP office spoke mostly of itself and of what it had not been told, the company "
        "mostly of the future. The first is easier to support, the second easier to contradict.",
    )


def grades(frame: pd.DataFrame, meanings: Mapping[str, str], sources: Iterable[str]) -> Chart:
    """Records by relation and grade; frame of `studies.evidence.strength`."""
    legend = "; ".join(f"{letter}: {meaning}" for letter, meaning in meanings.items())
    return chart(
        _stacked(frame, "relation", "grade", GRADE_COLOURS, "records"),
        id="evidence-grades",
        title="About a third of the records are independent official findings or research",
        alt="Stacked bars of records by what they do to the claim and by grade. "
        f"{_totals(frame, 'grade', 'relation')}.",
        table=frame,
        sources=sources,
        note=f"{legend}.",
    )


def parameters(frame: pd.DataFrame) -> Chart:
    """Model numbers by claims that bear on them; frame of `studies.evidence.parameters`."""
    shown = frame[frame["count"] > 1].reset_index(drop=True)
    fig = go.Figure()
    rows = pd.Series(label_rows(fig, shown["label"].tolist()))
    for sourced, name, colour in (
        (False, "assumption of ours", theme.ORANGE),
        (True, "has a source", theme.BLUE),
    ):
        chosen = (shown["status"] != "assumption") == sourced
        for side, sign in ((LEFT, -1), (RIGHT, 1)):
            fig.add_bar(
                y=rows[chosen],
                x=sign * shown.loc[chosen, side],
                width=0.4,
                orientation="h",
                name=name,
                legendgroup=name,
                showlegend=sign > 0,
                marker={"color": colour},
                customdata=shown.loc[chosen, ["label", side]].to_numpy(),
                hovertemplate=f"%{{customdata[0]}}<br>{side}: %{{customdata[1]}} claims"
                "<extra></extra>",
            )
    _mirror(fig, int(shown[[LEFT, RIGHT]].to_numpy().max()), "claims")
    return chart(
        fig,
        id="evidence-parameters",
        title="The two numbers they speak of most, the price to GPs and how well the tool works, "
        "have no source",
        alt="Bar chart of model numbers by the claims that bear on them, GP office to the left "
        "and company to the right. "
        + "; ".join(
            f"{row.label}: {row.count} claims, {row.status}"
            for row in shown[["label", "count", "status"]].itertuples(index=False, name="Row")
        )
        + ".",
        table=frame[["label", "number", "range", "status", LEFT, RIGHT]],
        sources=frame["id"],
        note="Shown: numbers that two claims or more bear on. The table has all.",
    )


def fates(frame: pd.DataFrame) -> Chart:
    """Claims on the future by kind and fate; frame of `studies.evidence.forecasts`."""
    counted = frame.groupby(["speaker", "fate"], sort=False).size().rename("count").reset_index()
    return chart(
        _stacked(counted, "speaker", "fate", FATE_COLOURS, "claims"),
        id="evidence-fates",
        title="For most fears and promises it cannot yet be told whether they came true",
        alt=f"Stacked bars of claims on the future. {_totals(counted, 'fate')}.",
        table=frame[["claim", "speaker", "kind", "paraphrase", "fate", "grade"]],
        sources=_named(frame["sources"]),
        note="Judged by one person on what was read, which ends in March 2025.",
    )


def outcomes(frame: pd.DataFrame) -> Table:
    """Each claim on the future with what became of it; frame of `studies.evidence.forecasts`."""
    shown = pd.DataFrame(
        {
            "Said in 2021": frame["paraphrase"]
            + " ("
            + frame["speaker"]
            + ", "
            + frame["kind"]
            + ")",
            "What became of it": frame["fate"].str.capitalize() + ". " + frame["told"],
            "Grade": frame["grade"],
        }
    )
    return table(
        shown,
        id="evidence-outcomes",
        caption="Fears, promises and visions, and the record up to March 2025",
        sources=_named(frame["sources"]),
    )


def meetings(frame: pd.DataFrame, sources: Iterable[str]) -> Table:
    """Questions on which both spoke; frame of `studies.evidence.pairs`."""
    shown = pd.DataFrame(
        {
            "Question, and how they meet": frame["question"] + " " + frame["meeting"].map(MEETS),
            "GP office": frame["GP office"] + " Record: " + frame["GP record"] + ".",
            "Company": frame["Company"] + " Record: " + frame["Company record"] + ".",
        }
    )
    return table(
        shown,
        id="evidence-meetings",
        caption="Where the two agree, where they clash, and what the record says of each side",
        sources=sources,
    )


def tolerance(frame: pd.DataFrame, wanted: float) -> Chart:
    """Alpha by disagreements, and the wanted one; frame of `coder_agreement.tolerance`."""
    fig = go.Figure()
    styles = zip(
        frame.groupby("code", sort=False), theme.SEQUENCE, ("solid", "dash", "dot", "dashdot"),
        strict=False,
    )  # fmt: skip
    for (code, rows), colour, dash in styles:
        fig.add_scatter(
            x=rows["disagreements"],
            y=rows["alpha"],
            mode="lines+markers",
            name=str(code),
            line={"color": colour, "dash": dash, "width": 2},
            hovertemplate=f"{code}: %{{x}} disagreements give alpha %{{y:.2f}}<extra></extra>",
        )
    fig.add_hline(y=wanted, line={"color": theme.MUTED, "dash": "dash", "width": 1})
    fig.update_layout(
        xaxis={"title": {"text": "claims coded differently"}},
        yaxis={"title": {"text": "Krippendorff's alpha"}, "range": [0, 1.02]},
        height=400,
    )
    last = frame.groupby("code", sort=False).tail(1)
    return chart(
        fig,
        id="evidence-tolerance",
        title="A test yet to be made: how much disagreement the coding would bear",
        alt="Line chart: alpha falls from 1 as a second coder disagrees on more claims. At "
        f"{last['disagreements'].iloc[0]} disagreements it would be "
        + ", ".join(f"{row.alpha:.2f} for {row.code}" for row in last.itertuples())
        + f". A dashed line marks the wanted {wanted:.2f}.",
        table=frame,
        sources=["agreement.wanted", ARTICLE],
        note="A calculation on the codes of one person, not a result. No second person has coded "
        "the claims.",
    )


def codes(frame: pd.DataFrame) -> Table:
    """The codebook in use; frame of `studies.evidence.codebook`."""
    shown = pd.DataFrame(
        {
            "Topic": frame["code"],
            "What it means": frame["definition"],
            "What belongs to it": frame["include"] + " Not: " + frame["exclude"],
            "Claims": frame["claims"],
        }
    )
    return table(
        shown,
        id="evidence-codebook",
        caption="The topics that claims were sorted into",
        sources=[ARTICLE, OURS],
    )


def _butterfly(
    frame: pd.DataFrame, by: str, of: str, colours: Mapping[str, str], things: str
) -> go.Figure:
    """Counts of the GP office to the left and of the company to the right, stacked by ``of``."""
    order = list(dict.fromkeys(frame[by]))
    fig = go.Figure()
    for code, colour in colours.items():
        named = False
        for side, sign in ((LEFT, -1), (RIGHT, 1)):
            rows = frame[(frame[of] == code) & (frame["speaker"] == side)]
            if rows.empty:
                continue
            fig.add_bar(
                y=rows[by],
                x=sign * rows["count"],
                orientation="h",
                name=code,
                legendgroup=code,
                showlegend=not named,
                marker={"color": colour},
                customdata=rows["count"],
                hovertemplate=f"%{{y}}, {side}<br>{code}: %{{customdata}} {things}<extra></extra>",
            )
            named = True
    most = int(frame.groupby([by, "speaker"])["count"].sum().max())
    _mirror(fig, most, things)
    fig.update_layout(
        yaxis={"categoryorder": "array", "categoryarray": order[::-1]}, height=120 + 30 * len(order)
    )
    return fig


def _mirror(fig: go.Figure, most: int, things: str) -> None:
    """Lay out bars that grow to both sides, with counts on both sides of zero."""
    pace = 1 if most <= 4 else 2
    half = list(range(0, most + pace, pace))
    ticks = [*(-tick for tick in half[:0:-1]), *half]
    fig.update_layout(
        barmode="relative",
        xaxis={
            "title": {"text": f"← office · {things} · company →"},
            "range": [-most - 0.5, most + 0.5],
            "tickvals": ticks,
            "ticktext": [str(abs(tick)) for tick in ticks],
            "zeroline": True,
        },
    )


def _stacked(
    frame: pd.DataFrame, by: str, of: str, colours: Mapping[str, str], things: str
) -> go.Figure:
    """Counts by ``by``, stacked by ``of`` in the order of ``colours``."""
    order = list(dict.fromkeys(frame[by]))
    fig = go.Figure()
    for code, colour in colours.items():
        rows = frame[frame[of] == code]
        if rows.empty:
            continue
        fig.add_bar(
            y=rows[by],
            x=rows["count"],
            orientation="h",
            name=code,
            marker={"color": colour},
            text=rows["count"],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            insidetextfont={"color": TEXT_ON.get(colour, theme.PAGE)},
            hovertemplate=f"%{{y}}<br>{code}: %{{x}} {things}<extra></extra>",
        )
    fig.update_layout(
        barmode="stack",
        xaxis={"title": {"text": things}},
        yaxis={"categoryorder": "array", "categoryarray": list(reversed(order))},
        height=180 + 46 * len(order),
    )
    return fig


def _totals(frame: pd.DataFrame, of: str, by: str = "speaker") -> str:
    """Say the counts of each row in words for the text alternative."""
    return "; ".join(
        f"{name}: "
        + ", ".join(
            f"{count} {code}" for code, count in rows.groupby(of, sort=False)["count"].sum().items()
        )
        for name, rows in frame.groupby(by, sort=False)
    )


def _named(sources: Iterable[Iterable[str]]) -> list[str]:
    return [ARTICLE, *dict.fromkeys(id for ids in sources for id in ids)]
