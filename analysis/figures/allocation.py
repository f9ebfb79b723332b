"""Charts of the allocation chapter."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from analysis.figures import theme
from analysis.figures.chart import Chart, chart
from analysis.figures.table import Table, table
from analysis.figures.tiles import Change, Kind, Kinds, Layer, Ramp, TileMap, tile_map
from analysis.registry import Scenario
from analysis.studies.allocation import RULES
from analysis.studies.players import GROUP_LABELS
from analysis.studies.tiles import STATUSES, Board

_LOOKS = {
    label: (colour, symbol)
    for label, colour, symbol in zip(
        GROUP_LABELS.values(),
        (theme.BLUE, theme.GREEN, theme.GOLD, theme.ORANGE, theme.RED),
        ("star", "cross", "circle", "square", "diamond"),
        strict=True,
    )
}
_STRUCTURE = (
    "cost.frame_article",
    "allocation.fixed_share",
    "allocation.volume_share",
    "allocation.site_share",
    "allocation.volume_exponent",
)


def by_group(frame: pd.DataFrame, scenario: Scenario) -> Chart:
    """Who pays which part under each rule; frame of `studies.allocation.by_group`."""
    fig = go.Figure()
    for group, rows in frame.groupby("group", sort=False):
        fig.add_bar(
            y=rows["rule"],
            x=rows["share"],
            orientation="h",
            name=str(group),
            marker={"color": _LOOKS[str(group)][0]},
            customdata=rows["amount"],
            hovertemplate="%{y}: %{x:.0%}, %{customdata:.0f} m NOK<extra>"
            + str(group)
            + "</extra>",
        )
    fig.update_layout(
        barmode="stack",
        xaxis={"title": {"text": "part of the sum"}, "tickformat": ".0%", "range": [0, 1]},
        yaxis={"autorange": "reversed"},
        height=560,
    )
    return chart(
        fig,
        id="allocation-rules",
        title="Every rule sounds fair, and each sends the bill to somebody else",
        alt="Stacked bars of who pays under each rule. Part of the health region: "
        + "; ".join(
            f"{r.rule} {r.share:.0%}"
            for r in frame[frame["group"] == frame["group"].iloc[0]].itertuples()
        )
        + ".",
        table=frame.pivot(index="rule", columns="group", values="share").reset_index(),
        sources=_STRUCTURE,
        scenario=scenario,
        note="The cost structure is assumed; the sum is the frame of the article.",
    )


def municipalities(frame: pd.DataFrame, labels: Mapping[str, str], scenario: Scenario) -> Chart:
    """Bill per inhabitant by size under some rules; frame of `studies.allocation.municipalities`.

    Args:
        frame: one row per municipality, a column per rule id.
        labels: rule id to label, the rules to draw.
        scenario: behind the numbers.
    """
    fig = go.Figure()
    symbols = ("circle", "square", "diamond", "triangle-up", "cross")
    for position, (id, label) in enumerate(labels.items()):
        fig.add_scatter(
            x=frame["inhabitants"],
            y=frame[id],
            mode="markers",
            name=label,
            marker={
                "color": theme.SEQUENCE[position],
                "symbol": symbols[position],
                "size": 8,
                "opacity": 0.8,
            },
            text=frame["name"],
            hovertemplate="%{text}: %{y:,.0f} NOK per inhabitant<extra>" + label + "</extra>",
        )
    ticks = [500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000]
    fig.update_layout(
        xaxis={"type": "log", "title": {"text": "inhabitants"}, "tickvals": ticks},
        yaxis={"type": "log", "title": {"text": "NOK per inhabitant"}, "tickvals": ticks},
        height=480,
    )
    data = frame[["name", "inhabitants", *labels]].rename(columns=dict(labels))
    return chart(
        fig,
        id="allocation-municipalities",
        title="Rules differ most for the smallest municipalities",
        alt="Scatter chart of the bill per inhabitant by number of inhabitants, both on "
        "logarithmic scales, under "
        + ", ".join(
            f"{label} ({frame[id].min():,.0f} to {frame[id].max():,.0f} NOK)"
            for id, label in labels.items()
        )
        + ".",
        table=data.reset_index(),
        sources=[*_STRUCTURE, "ssb-07459"],
        scenario=scenario,
    )


_STATUS_LOOKS = {
    "live": ("ramp-6", "●"),
    "owner": ("ramp-4", "◆"),
    "signed": ("ramp-4", "■"),
    "planned": ("ramp-2", "▲"),
    "option": ("ramp-1", "△"),
    "postponed": ("grey", "◇"),
    "advice": ("gold", "○"),
    "no": ("orange", "✕"),
    "unknown": ("none", "·"),
}


def tiles(board: Board, scenario: Scenario) -> TileMap:
    """Map of the municipalities: last known status, and their bills under each rule."""
    frame = board.frame
    kinds = {key: Kind(label, *_STATUS_LOOKS[key]) for key, label in STATUSES.items()}
    bill = Ramp(board.bill_breaks, "NOK_per_inhabitant")
    difference = Change(board.change_breaks, "NOK_per_inhabitant")
    counts = frame["status"].value_counts()
    return tile_map(
        frame,
        [
            Layer("status", "Last known status", Kinds(kinds)),
            Layer("inhabitants", "Inhabitants", Ramp((1000, 2000, 5000, 10000, 20000), "persons")),
            *(Layer(id, rule.label, bill, "Bill per inhabitant") for id, rule in RULES.items()),
            Layer(
                "change",
                f"From “{RULES[board.before].label}” to “{RULES[board.after].label}”",
                difference,
                "Change of the bill per inhabitant",
            ),
        ],
        id="allocation-map",
        title=f"Where {len(frame)} municipalities stand, and what each rule asks of them",
        alt=f"Tile map of {len(frame)} municipalities, roughly where they lie. Last known status: "
        + "; ".join(f"{STATUSES[key].lower()} {counts[key]}" for key in STATUSES if key in counts)
        + ". Bill per inhabitant, lowest and highest: "
        + "; ".join(
            f"{rule.label} {frame[id].min():,.0f} to {frame[id].max():,.0f} NOK"
            for id, rule in RULES.items()
        )
        + ".",
        sources=[*_STRUCTURE, "ssb-07459", *sorted(set(frame["source"]) - {""})],
        change=difference,
        scenario=scenario,
        note="Tiles are of one size and only roughly in place. A status is the last that we found "
        "and may be out of date; the page on municipalities lists each with its source. Bills are "
        "parts of the frame and rest on an assumed cost structure.",
    )


def change(frame: pd.DataFrame, before: str, after: str, scenario: Scenario) -> Chart:
    """Winners and losers between two rules; frame of `studies.allocation.change`."""
    fig = go.Figure()
    for gains, name, colour in ((True, "pay less", theme.GREEN), (False, "pay more", theme.ORANGE)):
        rows = frame[(frame["change"] < 0) == gains]
        fig.add_bar(
            y=rows["name"],
            x=rows["change"],
            orientation="h",
            name=name,
            marker={"color": colour},
            hovertemplate="%{y}: %{x:+,.0f} NOK per inhabitant<extra></extra>",
        )
    fig.update_layout(
        xaxis={"title": {"text": "change, NOK per inhabitant"}},
        yaxis={"categoryorder": "array", "categoryarray": frame["name"].tolist()[::-1]},
        height=100 + 24 * len(frame),
    )
    first, last = frame.iloc[0], frame.iloc[-1]
    return chart(
        fig,
        id="allocation-change",
        title=f"From “{before}” to “{after}”: who pays less and who pays more",
        alt="Bar chart of the change per inhabitant between two rules. "
        f"{first['name']} gains most, {-first['change']:,.0f} NOK; "
        f"{last['name']} loses most, {last['change']:,.0f} NOK.",
        table=frame,
        sources=_STRUCTURE,
        scenario=scenario,
    )


def stability(frame: pd.DataFrame) -> Table:
    """Who objects to each rule; frame of `studies.allocation.stability`."""
    return table(
        frame.rename(
            columns={
                "complaint": "largest complaint",
                "in_core": "in the core",
                "aggrieved": "most aggrieved group",
                "above_alone": "payers above their stand-alone cost",
                "below_added": "payers below what they add",
            }
        ),
        id="allocation-stability",
        caption="Stability of each rule. A complaint is what the group would save on a platform of "
        "its own",
        sources=_STRUCTURE,
        units={"largest complaint": "mNOK"},
    )


def gp_offices(frame: pd.DataFrame, own_record: float, scenario: Scenario) -> Chart:
    """What a GP pays under each rule, by contract; frame of `studies.allocation.gp_offices`.

    ``own_record`` is what the present record costs a GP over the period, NOK.
    """
    fig = go.Figure()
    for group, rows in frame.groupby("group", sort=False):
        colour, symbol = _LOOKS[str(group)]
        fig.add_scatter(
            y=rows["rule"],
            x=rows["per_gp"],
            mode="markers",
            name=str(group),
            marker={"color": colour, "symbol": symbol, "size": 10},
            hovertemplate="%{y}: %{x:,.0f} NOK per GP<extra>" + str(group) + "</extra>",
        )
    fig.add_vline(x=own_record, line={"color": theme.MUTED, "dash": "dash"})
    fig.add_annotation(
        x=0.0, xref="paper", y=1.0, yref="paper", yanchor="bottom", xanchor="left",
        text="dashed: present record over the same years", showarrow=False,
    )  # fmt: skip
    fig.update_layout(
        xaxis={
            "type": "log",
            "title": {"text": "NOK per GP, once"},
            "tickvals": [50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000],
        },
        yaxis={"autorange": "reversed"},
        legend={"y": -0.22, "yanchor": "top"},
        height=560,
    )
    return chart(
        fig,
        id="allocation-gps",
        title="Rules that count organisations send GPs a bill no practice could carry",
        alt="Dot chart of what a GP would pay of the frame under each rule, by contract type, on a "
        "logarithmic scale. "
        + "; ".join(
            f"{rule} {part.min():,.0f} to {part.max():,.0f} NOK"
            for rule, part in frame.groupby("rule", sort=False)["per_gp"]
        )
        + f". The present record costs {own_record:,.0f} NOK over the same years.",
        table=frame.pivot(index="rule", columns="group", values="per_gp").reset_index(),
        sources=[*_STRUCTURE, "gp.ehr_cost_now", "allocation.years"],
        scenario=scenario,
        note="The spread by contract comes only from where we place the offices, an assumption.",
    )


def unravelling(frame: pd.DataFrame, scenario: Scenario) -> Chart:
    """Share of GPs left under each rule, with and without guarantees."""
    fig = go.Figure()
    councils_stay = frame[~frame["councils"]]
    for guaranteed, name, colour, symbol in (
        (False, "as it stands", theme.ORANGE, "circle"),
        (True, "price agreed, function and uptime guaranteed", theme.BLUE, "diamond"),
    ):
        rows = councils_stay[councils_stay["guaranteed"] == guaranteed]
        fig.add_scatter(
            y=rows["rule"],
            x=rows["gps_in"],
            mode="markers",
            name=name,
            marker={"color": colour, "size": 12, "symbol": symbol},
            hovertemplate="%{y}: %{x:.0%} of GPs left<extra>" + name + "</extra>",
        )
    fig.update_layout(
        xaxis={"title": {"text": "GPs left when nobody wants to leave any more"},
               "tickformat": ".0%", "range": [-0.03, 1.03]},
        yaxis={"autorange": "reversed"},
        height=480,
    )  # fmt: skip
    return chart(
        fig,
        id="allocation-unravelling",
        title="Only rules that charge plainly by users keep most GPs, and only with guarantees",
        alt="Dot chart of the share of GPs left under each rule: "
        + "; ".join(
            f"{r.rule} {'with' if r.guaranteed else 'without'} guarantees {r.gps_in:.0%}"
            for r in councils_stay.itertuples()
        )
        + ".",
        table=councils_stay[["rule", "guaranteed", "gps_in", "region_bill", "guarantee"]],
        sources=[
            "gp.ehr_cost_now",
            "gp.minutes_saved_day",
            "gp.function_minutes",
            "gp.dip_share",
            "model.gp_worry",
            "model.operations_user",
            *_STRUCTURE,
        ],
        scenario=scenario,
        note="What offices pay now is an assumption, spread over its range. A guarantee makes good "
        "slower work and stops; somebody has to pay for that, too.",
    )


def councils_leaving(frame: pd.DataFrame) -> Table:
    """What is left when councils may leave as well; frame of `studies.leaving.unravelling`."""
    columns = {
        "rule": "rule",
        "guaranteed": "guarantees to GPs",
        "gps_in": "GPs left",
        "councils_in": "municipal users left",
        "region_bill": "bill of the region",
        "region_change": "more than with all on board",
        "guarantee": "cost of the guarantees",
    }
    money = ("bill of the region", "more than with all on board", "cost of the guarantees")
    return table(
        frame.loc[frame["councils"], list(columns)].rename(columns=columns),
        id="allocation-unravelling-councils",
        caption="If councils may leave as well: who is left, and what it costs the region",
        sources=["model.council_extra_value", "model.operations_user", "model.operations_site",
                 "model.old_systems_user", "gp.ehr_cost_now", *_STRUCTURE],
        units={"GPs left": "share", "municipal users left": "share",
               **dict.fromkeys(money, "mNOK")},
    )  # fmt: skip


def state_money(frame: pd.DataFrame) -> Table:
    """How far the state money reaches; frame of `studies.leaving.state_money`."""
    columns = {
        "loan": "region: state loan",
        "own": "region: own money",
        "local": "municipalities and GPs",
        "grant": "of it met by the grant",
        "beyond": "beyond the grant",
    }
    return table(
        frame.rename(columns=columns),
        id="allocation-state-money",
        caption="How far the recorded state money reaches under each rule",
        sources=["financing.loan_share", "financing.grant", "financing.grant_cover", *_STRUCTURE],
        units=dict.fromkeys(columns.values(), "mNOK"),
    )


def exposure(frame: pd.DataFrame) -> Table:
    """The gap when some stay out; frame of `studies.leaving.exposure`."""
    columns = {
        "joined": "municipalities that joined",
        "order": "who they are",
        "cost": "cost of those on board",
        "paid": "paid at prices set for all",
        "gap": "gap",
        "gap_per_inhabitant": "gap per inhabitant of those who joined",
    }
    return table(
        frame.rename(columns=columns),
        id="allocation-exposure",
        caption="The gap when only some municipalities join at prices set for all",
        sources=["councils.yes", "adoption.signed_2022", "adoption.decided_2024", *_STRUCTURE],
        units={
            columns["cost"]: "mNOK",
            columns["paid"]: "mNOK",
            columns["gap"]: "mNOK",
            columns["gap_per_inhabitant"]: "NOK_per_inhabitant",
        },
    )


def cover(frame: pd.DataFrame) -> Table:
    """Municipalities pay for GPs; frame of `studies.leaving.covered_by_municipalities`."""
    columns = {
        "own": "municipalities' own part",
        "contract": "GPs under contract",
        "self_paying": "GPs who pay themselves",
        "together": "together",
        "extra_per_inhabitant": "what the cover adds",
    }
    return table(
        frame.rename(columns=columns),
        id="allocation-cover",
        caption="If municipalities cover the GPs' part",
        sources=["gp.share_pay_self", "financing.summary_record_2026", *_STRUCTURE],
        units={
            **dict.fromkeys(list(columns.values())[:4], "mNOK"),
            columns["extra_per_inhabitant"]: "NOK_per_inhabitant",
        },
    )


def recorded_bills(frame: pd.DataFrame) -> Table:
    """The published bills; frame of `studies.bills.recorded`."""
    columns = {
        "municipality": "municipality",
        "kind": "kind",
        "bill": "bill, m NOK",
        "per_inhabitant": "NOK per inhabitant",
        "label": "what it is",
        "status": "record",
    }
    return table(
        frame[list(columns)].rename(columns=columns),
        id="allocation-bills-table",
        caption="Published bills used for the fit",
        sources=frame["id"],
    )


def bills(frame: pd.DataFrame, kind: str) -> Chart:
    """Recorded bills against each fitted shape; frame of `studies.bills.fits`, one kind."""
    part = frame[frame["kind"] == kind]
    shapes = part.drop_duplicates("shape").sort_values("error", kind="stable")["shape"].tolist()
    fig = go.Figure()
    for position, (municipality, rows) in enumerate(part.groupby("municipality", sort=False)):
        ordered = rows.set_index("shape").loc[shapes]
        fig.add_scatter(
            y=shapes,
            x=ordered["residual"],
            mode="markers",
            name=str(municipality),
            marker={
                "color": theme.SEQUENCE[position],
                "symbol": ("circle", "square", "diamond")[position],
                "size": 11,
            },
            hovertemplate="%{y}: %{x:+.0%}<extra>" + str(municipality) + "</extra>",
        )
    fig.add_vline(x=0, line={"color": theme.MUTED, "width": 1})
    fig.update_layout(
        xaxis={"title": {"text": "fitted bill against recorded bill"}, "tickformat": "+.0%"},
        yaxis={"autorange": "reversed"},
        height=420,
    )
    slug = "introduction" if kind.startswith("intro") else "running"
    return chart(
        fig,
        id=f"allocation-bills-{slug}",
        title=f"Bills ({kind}): a fixed part and a part per head come closest",
        alt="Dot chart of how far each fitted shape misses the recorded bills, best first: "
        + "; ".join(
            f"{shape} {error:.0%}, and {foretold:.0%} for a bill that it was not fitted to"
            for shape, error, foretold in (_errors(part, shape) for shape in shapes)
        )
        + ".",
        table=part[
            ["shape", "parameters", "municipality", "bill", "fitted", "residual", "foretold"]
        ],
        sources=["bills.trondheim_intro_2021", "bills.levanger_paid", "bills.averoy_investment"]
        if slug == "introduction"
        else ["bills.trondheim_running", "bills.averoy_running", "bills.meraker_running"],
        note="Three bills and one or two fitted numbers: this rules shapes out, it does not prove "
        "one. In the table, “foretold” is the miss of a shape fitted to the other two bills."
        + ("" if slug == "introduction" else _MERAKER),
    )


_MERAKER = " Meråker's bill is a critic's multiple of Trondheim's, so it is hardly a third bill."


def _errors(part: pd.DataFrame, shape: str) -> tuple[str, float, float]:
    row = part[part["shape"] == shape].iloc[0]
    return shape, float(row["error"]), float(row["error_foretold"])


def sensitivity(frame: pd.DataFrame, scenario: Scenario) -> Chart:
    """Range of the GPs' part when each assumption goes to its ends, by rule."""
    fig = go.Figure()
    for position, (rule, rows) in enumerate(frame.groupby("rule", sort=False)):
        ends = rows.groupby("assumption", sort=False)["gp"]
        low, high = ends.min(), ends.max()
        fig.add_scatter(
            y=low.index,
            x=(low + high) / 2,
            mode="markers",
            name=str(rule),
            marker={"color": theme.SEQUENCE[position], "size": 9},
            error_x={"type": "data", "array": (high - low) / 2, "thickness": 3,
                     "color": theme.SEQUENCE[position]},
            hovertemplate="%{y}<br>%{x:.1%}<extra>" + str(rule) + "</extra>",
        )  # fmt: skip
    fig.update_layout(
        xaxis={"title": {"text": "GP offices' part of the sum"}, "tickformat": ".0%",
               "rangemode": "tozero"},
        yaxis={"autorange": "reversed"},
        height=480,
    )  # fmt: skip
    return chart(
        fig,
        id="allocation-sensitivity",
        title="The choice of rule moves the GPs' part more than any assumption on the cost",
        alt="Range chart of the GP offices' part under four rules when each assumption on the cost "
        "structure goes to the ends of its range. "
        + "; ".join(
            f"{rule} {part.min():.0%} to {part.max():.0%}"
            for rule, part in frame.groupby("rule", sort=False)["gp"]
        )
        + ".",
        table=frame[["assumption", "end", "setting", "rule", "region", "municipality", "gp"]],
        sources=_STRUCTURE,
        scenario=scenario,
    )


def rules(words: Mapping[str, str]) -> Table:
    """The rules in words, by label."""
    return table(
        pd.DataFrame({"rule": list(words), "in words": list(words.values())}),
        id="allocation-rules-words",
        caption="The rules in words",
        sources=["project-judgement"],
    )
