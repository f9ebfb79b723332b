"""What the platform costs: the frame per head, its history, the reference class, the S-curve."""

from __future__ import annotations

import re

import pandas as pd

from analysis import registry
from analysis.registry import Registry, Scenario
from analysis.registry.formatting import format_number

PRICE_YEAR = 2021
#: What the source calls each figure of the cost history; none states its scope in full.
SCOPES = {
    "frame": "called a cost frame",
    "introduction": "called the whole introduction",
    "spent": "called spent so far",
    "total": "told after the audit, all parties",
    "unstated": "called nothing in particular",
}
_SCOPE_OF = {
    "cost.frame_2019_press": "frame",
    "cost.frame_2019_week": "frame",
    "cost.frame_2019_board": "frame",
    "cost.programme_budget_2019": "introduction",
    "cost.original_audit": "introduction",
    "cost.frame_article": "frame",
    "cost.frame_2022_nrk": "frame",
    "cost.frame_2022_november": "frame",
    "cost.spent_2023": "spent",
    "cost.spent_2023_march": "spent",
    "cost.total_2024": "total",
    "cost.total_audit_low": "total",
}
#: Growth of one figure over an earlier one, and what to call it on an axis.
OVERRUNS = (
    ("reference.it2011_mean", "IT projects, mean of {reference.it2011_n}"),
    ("reference.it2011_tail_mean", "IT projects, mean of the worst {reference.it2011_tail}"),
    ("reference.it2023_tail_mean", "IT projects, mean of the worst {reference.it2023_tail}"),
    ("reference.apotti_growth", "Apotti, Helsinki (Epic)"),
    ("reference.millennium_growth", "Millennium, Västra Götaland (Cerner)"),
    ("cost.growth_frame_press", "Helseplattformen: frame 2019 to article"),
    ("cost.growth_total_audit", "Helseplattformen: first estimate to 2024"),
)


def _base() -> Registry:
    return registry.load()


def deflator(year: int, scenario: Scenario | None = None) -> float:
    """Factor from kroner of ``year`` to kroner of PRICE_YEAR, by the consumer price index.

    Raises:
        KeyError: when the registry holds no index for the year.
    """
    index = (scenario or _base().scenario("base")).value
    return index(f"cpi.y{PRICE_YEAR}") / index(f"cpi.y{year}")


def _filled(text: str) -> str:
    """Replace ``{id}`` by the formatted value of the registry."""
    return re.sub(r"\{([a-z0-9_.]+)\}", lambda m: format_number(_base().number(m[1])), text)


def _middle(date: str) -> str:
    """A day in the middle of a year or month that is known no closer."""
    return date + {4: "-07-01", 7: "-15", 10: ""}[len(date)]


def per_head(scenario: Scenario | None = None) -> pd.DataFrame:
    """The frame as averages: columns ``measure``, ``value`` (NOK), ``id``.

    Averages only: they do not say who pays.
    """
    chosen = scenario or _base().scenario("base")
    rows = [
        ("Per planned user", chosen.value("cost.frame_per_user"), "cost.frame_per_user"),
        ("Per inhabitant", chosen.value("cost.frame_per_inhabitant"), "cost.frame_per_inhabitant"),
        (
            "Per municipality",
            chosen.value("cost.frame_per_municipality") * 1e6,
            "cost.frame_per_municipality",
        ),
    ]
    return pd.DataFrame(rows, columns=["measure", "value", "id"])


def history(scenario: Scenario | None = None) -> pd.DataFrame:
    """Every published total, 2016 to 2024, in nominal kroner and in kroner of 2021.

    Columns: ``date`` (ISO text), ``when`` (a day inside it, for the axis), ``figure``,
    ``nominal`` and ``real`` (bn NOK), ``scope``, ``status``, ``id``, ``note``.
    Real kroner use the consumer price index of the year of publication, which treats each sum as
    if all of it were in prices of that year; the sources do not say.
    """
    frame = _base().series("cost_history", scenario)
    year = frame["date"].str[:4].astype(int)
    told = pd.DataFrame(
        {
            "date": frame["date"],
            "when": [_middle(date) for date in frame["date"]],
            "figure": frame["label"],
            "nominal": frame["value"],
            "real": [
                amount * deflator(y, scenario)
                for amount, y in zip(frame["value"], year, strict=True)
            ],
            "scope": [SCOPES[_SCOPE_OF.get(id, "unstated")] for id in frame["id"]],
            "status": frame["status"],
            "id": frame["id"],
            "note": frame["note"],
        }
    )
    return told.sort_values("when", kind="stable", ignore_index=True)


def overruns(scenario: Scenario | None = None) -> pd.DataFrame:
    """Cost growth of the reference class and of Helseplattformen, as shares of the first figure.

    Columns: ``case``, ``growth``, ``ours`` (True for Helseplattformen), ``status``, ``id``.
    """
    reg = _base()
    chosen = scenario or reg.scenario("base")
    rows = [
        (_filled(case), chosen.value(id), id.startswith("cost."), reg.value(id).status, id)
        for id, case in OVERRUNS
    ]
    frame = pd.DataFrame(rows, columns=["case", "growth", "ours", "status", "id"])
    return frame.sort_values("growth", kind="stable", ignore_index=True)


def running_costs(scenario: Scenario | None = None) -> pd.DataFrame:
    """Yearly running cost as estimated before and after: ``label``, ``value`` (m NOK), ``id``."""
    chosen = scenario or _base().scenario("base")
    ids = ("cost.running_hospitals_2019", "cost.running_hospitals_2024")
    return pd.DataFrame(
        [(_base().value(id).label, chosen.value(id), id) for id in ids],
        columns=["label", "value", "id"],
    )
