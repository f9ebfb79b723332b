"""The bills that were published, and which way of sharing fits them best.

There are few bills, of different kinds and years. The fits show which shapes are ruled out, not
which key was agreed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import registry
from analysis.registry import Scenario
from analysis.studies.allocation import RULES, shares
from analysis.studies.findings import finding

Floats = NDArray[np.float64]
#: Bill, municipality, the population it is set against, and whether it is paid every year.
INTRODUCTION = (
    ("bills.trondheim_intro_2021", "5001", "population.trondheim_2021"),
    ("bills.levanger_paid", "5037", "population.levanger_2023"),
    ("bills.averoy_investment", "1554", "population.averoy_2023"),
)
RUNNING = (
    ("bills.trondheim_running", "5001", "population.trondheim_2021"),
    ("bills.averoy_running", "1554", "population.averoy_2023"),
    ("bills.meraker_running", "5034", "population.meraker_2021"),
)


def recorded(scenario: Scenario | None = None) -> pd.DataFrame:
    """The bills by ``kind`` and ``municipality``.

    Further columns: ``code``, ``inhabitants``, ``bill`` (m NOK), ``per_inhabitant`` (NOK), and ``label``,
    ``status`` and ``id`` of the record.
    """
    reg = registry.load()
    chosen = scenario or reg.scenario("base")
    rows = []
    for kind, bills in (("introduction", INTRODUCTION), ("running, a year", RUNNING)):
        for id, code, people_id in bills:
            bill, people = chosen.value(id), chosen.value(people_id)
            record = reg.value(id)
            name = str(reg.municipality_records[code].name)
            rows.append(
                (kind, name, code, people, bill, bill / people * 1e6, record.label,
                 record.status, id)
            )  # fmt: skip
    columns = ["kind", "municipality", "code", "inhabitants", "bill", "per_inhabitant", "label",
               "status", "id"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def fit_fixed_and_head(people: Floats, bills: Floats) -> tuple[float, float]:
    """Fixed part (m NOK) and part per inhabitant (NOK) with the least squared relative error.

    Weighted least squares with weights 1 / bill²; the parts may not be negative. Raises ValueError
    for fewer than two bills, or bills or people that are not positive.
    """
    if len(bills) < 2 or len(bills) != len(people):
        raise ValueError(f"{len(bills)} bills for {len(people)} municipalities; need at least 2")
    if not ((bills > 0).all() and (people > 0).all()):
        raise ValueError("bills and people must be positive")
    design = np.column_stack([np.ones(len(bills)), people / 1e6]) / bills[:, None]
    fixed, head = np.linalg.lstsq(design, np.ones(len(bills)), rcond=None)[0]
    if fixed < 0:
        column = design[:, 1]
        fixed, head = 0.0, float(column.sum() / (column @ column))
    elif head < 0:
        column = design[:, 0]
        fixed, head = float(column.sum() / (column @ column)), 0.0
    return float(fixed), float(head)


def fits(scenario: Scenario | None = None) -> pd.DataFrame:
    """How well each shape fits the recorded bills.

    Columns: ``kind``, ``shape``, ``parameters`` fitted, ``bills``, ``municipality``, ``bill`` and
    ``fitted`` (m NOK), ``residual`` (fitted over bill, less one) and ``error`` (root mean square of
    the residuals of the shape). A rule is scaled by one factor, so it has one fitted parameter; its
    cost structure is assumed.
    """
    book = recorded(scenario)
    table = shares(scenario)
    rows = []
    for kind, part in book.groupby("kind", sort=False):
        people, bill = part["inhabitants"].to_numpy(), part["bill"].to_numpy()
        fixed, head = fit_fixed_and_head(people, bill)
        shapes: list[tuple[str, int, Floats]] = [
            ("Fixed part and part per inhabitant", 2, fixed + head * people / 1e6),
            ("Per inhabitant only", 1, _scaled(people, bill)),
        ]
        for id in ("per_user", "owen", "shapley", "weighted_shapley", "scrb", "equal"):
            pattern = table.set_index("code").loc[part["code"]]
            councils = pattern[pattern["group"] == "municipality"][id]
            weights = councils.loc[part["code"]].to_numpy(np.float64)
            shapes.append((RULES[id].label, 1, _scaled(weights, bill)))
        for shape, count, fitted in shapes:
            residual = fitted / bill - 1
            error = float(np.sqrt(np.mean(residual**2)))
            for row, value, miss in zip(part.itertuples(), fitted, residual, strict=True):
                rows.append(
                    (kind, shape, count, len(bill), row.municipality, row.bill, value, miss, error)
                )
    columns = ["kind", "shape", "parameters", "bills", "municipality", "bill", "fitted",
               "residual", "error"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _scaled(weights: Floats, bills: Floats) -> Floats:
    """The weights times the one factor with the least squared relative error."""
    ratio = weights / bills
    return weights * float(ratio.sum() / (ratio @ ratio))


def split(scenario: Scenario | None = None) -> pd.DataFrame:
    """Fitted fixed part and part per inhabitant by kind of bill.

    Columns: ``kind``, ``fixed`` (m NOK), ``per_inhabitant`` (NOK), ``even`` (inhabitants at which
    both parts are alike).
    """
    rows = []
    for kind, part in recorded(scenario).groupby("kind", sort=False):
        fixed, head = fit_fixed_and_head(part["inhabitants"].to_numpy(), part["bill"].to_numpy())
        rows.append((kind, fixed, head, fixed / head * 1e6 if head > 0 else np.inf))
    return pd.DataFrame(rows, columns=["kind", "fixed", "per_inhabitant", "even"])


_BILLS = ("bills.trondheim_intro_2021", "bills.levanger_paid", "bills.averoy_investment")


@finding(
    "bills.fixed_part",
    label="Fixed part of the introduction per municipality that fits the bills best",
    unit="mNOK",
    inputs=_BILLS,
    method="two parameters fitted to three bills by least squared relative error",
)
def fixed_part(scenario: Scenario) -> float:
    """Fitted fixed part of the introduction bills, m NOK."""
    return float(split(scenario)["fixed"].iloc[0])


@finding(
    "bills.head_part",
    label="Part of the introduction per inhabitant that fits the bills best",
    unit="NOK_per_inhabitant",
    inputs=_BILLS,
    method="two parameters fitted to three bills by least squared relative error",
)
def head_part(scenario: Scenario) -> float:
    """Fitted part per inhabitant of the introduction bills, NOK."""
    return float(split(scenario)["per_inhabitant"].iloc[0])
