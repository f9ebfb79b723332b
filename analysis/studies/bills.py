"""The bills that were published, and which way of sharing fits them best.

There are few bills, of different kinds and years: a frame, an offer, a year's payment, an op-ed.
The fits show which shapes are ruled out, not which key was agreed. Overruns are no bills: how far
a municipality went beyond its budget says nothing about how the sum was shared.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import registry
from analysis.registry import Scenario
from analysis.studies.allocation import RULES, shares
from analysis.studies.findings import finding

Floats = NDArray[np.float64]
Fit = Callable[[Floats, Floats], Floats]
#: Bill, municipality, and the population that it is set against.
INTRODUCTION = (
    ("bills.trondheim_intro_2021", "5001", "population.trondheim_2021"),
    ("bills.levanger_paid", "5037", "population.levanger_2023"),
    ("bills.averoy_investment", "1554", "population.averoy_2023"),
)
#: Meråker's is a critic's multiple of Trondheim's, so these are hardly three bills.
RUNNING = (
    ("bills.trondheim_running", "5001", "population.trondheim_2021"),
    ("bills.averoy_running", "1554", "population.averoy_2023"),
    ("bills.meraker_running", "5034", "population.meraker_2021"),
)


def recorded(scenario: Scenario | None = None) -> pd.DataFrame:
    """The bills by ``kind`` and ``municipality``.

    Further columns: ``code``, ``inhabitants``, ``bill`` (m NOK, a year for running bills),
    ``per_inhabitant`` (NOK), and ``label``, ``status`` and ``id`` of the record.
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

    Weighted least squares with weights 1 / bill², so that a small municipality counts as much as a
    large one; the parts may not be negative.

    Args:
        people: inhabitants, shape (n,); at least two different numbers.
        bills: m NOK, shape (n,).

    Raises:
        ValueError: for fewer than two bills, bills or people that are not positive and finite, or
            people who are all alike, so that the two parts cannot be told apart.
    """
    if len(bills) < 2 or len(bills) != len(people):
        raise ValueError(
            f"bills has {len(bills)} and people {len(people)} entries: must be as many, 2 or more"
        )
    for field, numbers in (("people", people), ("bills", bills)):
        for place, number in enumerate(numbers):
            if not 0 < number < np.inf:
                raise ValueError(f"{field}[{place}] = {number}: must be positive and finite")
    if np.ptp(people) == 0:
        raise ValueError(f"people = {people[0]:g} in every bill: must differ")
    design = np.column_stack([np.ones(len(bills)), people / 1e6]) / bills[:, None]
    fixed, head = np.linalg.lstsq(design, np.ones(len(bills)), rcond=None)[0]
    # With one part below zero, the best fit without negative parts has that part at zero.
    if fixed < 0:
        fixed, head = 0.0, _factor(design[:, 1])
    elif head < 0:
        fixed, head = _factor(design[:, 0]), 0.0
    return float(fixed), float(head)


def _factor(ratio: Floats) -> float:
    """The factor that brings some ratios closest to one, by least squares."""
    return float(ratio.sum() / (ratio @ ratio))


def _line(people: Floats, bills: Floats) -> Floats:
    """Fixed part and part per inhabitant, as a function: fitted where ``bills`` is known (> 0)."""
    known = bills > 0
    fixed, head = fit_fixed_and_head(people[known], bills[known])
    return fixed + head * people / 1e6


def _scaled(weights: Floats, bills: Floats) -> Floats:
    """The weights times the factor that fits best where ``bills`` is known (> 0)."""
    known = bills > 0
    return weights * _factor(weights[known] / bills[known])


def fits(scenario: Scenario | None = None) -> pd.DataFrame:
    """How well each shape fits the recorded bills.

    Columns: ``kind``, ``shape``, ``parameters`` fitted, ``bills``, ``municipality``, ``bill`` and
    ``fitted`` (m NOK), ``residual`` (fitted over bill, less one), ``foretold`` (the same when the
    shape is fitted to the other bills only), and ``error`` and ``error_foretold`` (root mean square
    of the two over the bills of the shape). A rule is scaled by one factor, so it has one fitted
    parameter; its cost structure is assumed. More parameters always come closer to the bills they
    are fitted to, but need not foretell one better.
    """
    table = shares(scenario)
    councils = table[table["group"] == "municipality"].set_index("code")
    rows = []
    for kind, part in recorded(scenario).groupby("kind", sort=False):
        people, bill = part["inhabitants"].to_numpy(), part["bill"].to_numpy()
        shapes: list[tuple[str, int, Fit, Floats]] = [
            ("Fixed part and part per inhabitant", 2, _line, people),
            ("Per inhabitant only", 1, _scaled, people),
        ]
        for id in ("per_user", "owen", "shapley", "weighted_shapley", "scrb", "equal"):
            pattern = councils.loc[part["code"], id].to_numpy(np.float64)
            shapes.append((RULES[id].label, 1, _scaled, pattern))
        for shape, count, fit, pattern in shapes:
            fitted = fit(pattern, bill)
            residual = fitted / bill - 1
            foretold = np.array(
                [
                    fit(pattern, np.where(np.arange(len(bill)) == place, 0.0, bill))[place]
                    for place in range(len(bill))
                ]
            )
            foretold = foretold / bill - 1
            errors = [float(np.sqrt(np.mean(miss**2))) for miss in (residual, foretold)]
            rows += [
                (kind, shape, count, len(bill), *numbers, *errors)
                for numbers in zip(
                    part["municipality"], bill, fitted, residual, foretold, strict=True
                )
            ]
    columns = ["kind", "shape", "parameters", "bills", "municipality", "bill", "fitted",
               "residual", "foretold", "error", "error_foretold"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def split(scenario: Scenario | None = None) -> pd.DataFrame:
    """Fitted fixed part and part per inhabitant by kind of bill.

    Columns: ``kind``, ``fixed`` (m NOK), ``per_inhabitant`` (NOK), ``even`` (inhabitants at which
    both parts are alike; infinite when nothing goes by heads).
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
