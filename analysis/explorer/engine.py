"""Evaluate an explorer in Python: the kernel at the reader's settings, then over the draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis import registry
from analysis.explorer.state import State
from analysis.model import draws as model_draws

if TYPE_CHECKING:
    from analysis.explorer.declare import Explorer


@dataclass(frozen=True)
class Result:
    """What the kernel gives at the settings, and its centre, P10 and P90 over the draws, by place.

    ``mid``, ``low`` and ``high`` equal ``out`` where nothing is drawn.
    """

    state: State
    out: list[float]
    mid: list[float]
    low: list[float]
    high: list[float]
    draws: int


def evaluate(explorer: Explorer, state: State | None = None, draws: int | None = None) -> Result:
    """Evaluate at ``state`` with ``draws`` draws (default: as declared; 0 for none).

    Raises:
        ArithmeticError: when a result is not finite; names the explorer and the place.
    """
    state = state or State()
    spec = explorer.payload["draws"]
    count = spec["count"] if draws is None else draws
    p = parameters(explorer, state)
    out = run(explorer, p)
    slots = [
        -1 if id in state.changes else slot
        for id, slot in zip(spec["ids"], spec["slots"], strict=True)
    ]
    mid, low, high = list(out), list(out), list(out)
    places = explorer.payload["drawn"]
    if count and places and any(slot >= 0 for slot in slots):
        columns = _columns(explorer, p, slots, count)
        for column, place in zip(columns, places, strict=True):
            # In the order of the draws, as in the browser, so that the last digit agrees.
            total = 0.0
            for x in column:
                total += x
            column.sort()
            low[place] = model_draws.quantile(column, count, spec["band"][0])
            high[place] = model_draws.quantile(column, count, spec["band"][1])
            median = model_draws.quantile(column, count, 0.5)
            mid[place] = total / count if spec["center"] == "mean" else median
    return Result(state, out, mid, low, high, count)


def _columns(explorer: Explorer, p: list[float], slots: list[int], count: int) -> list[list[float]]:
    """Return the wanted places over the draws, one list each, in the order of the draws."""
    spec, places = explorer.payload["draws"], explorer.payload["drawn"]
    q = list(p)
    if explorer.batch is not None:
        held = [slot for slot in slots if slot >= 0]
        inputs: list[list[float]] = [[] for _ in held]
        for i in range(count):
            model_draws.draw(i, slots, spec["tables"], spec["size"], spec["steps"], q)
            for column, slot in zip(inputs, held, strict=True):
                column.append(q[slot])
        found = explorer.batch(np.array(p), held, np.array(inputs), places)
        if not np.isfinite(found).all():
            raise ArithmeticError(f"explorer {explorer.id}: a draw has a result that is not finite")
        rows: list[list[float]] = found.tolist()
        return rows
    columns: list[list[float]] = [[] for _ in places]
    for i in range(count):
        model_draws.draw(i, slots, spec["tables"], spec["size"], spec["steps"], q)
        drawn = run(explorer, q)
        for column, place in zip(columns, places, strict=True):
            column.append(drawn[place])
    return columns


def parameters(explorer: Explorer, state: State) -> list[float]:
    """Return the kernel's parameters at a state, in base units."""
    p = list(explorer.payload["p"])
    units = registry.load().units
    for control in explorer.payload["controls"]:
        if control["kind"] == "choice":
            key = state.choices.get(control["name"], control["default"])
            p[control["slot"]] = next(
                option["number"] for option in control["options"] if option["key"] == key
            )
        elif control["id"] in state.changes:
            p[control["slot"]] = units[control["unit"]].to_base(state.changes[control["id"]])
    return p


def run(explorer: Explorer, p: list[float]) -> list[float]:
    """Run the kernel once."""
    out = [0.0] * explorer.size
    explorer.kernel(p, out)
    for place, x in enumerate(out):
        if x - x != 0.0:
            raise ArithmeticError(f"explorer {explorer.id}: result {place} is {x}, not finite")
    return out
