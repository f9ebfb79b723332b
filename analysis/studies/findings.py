"""Computed numbers that the text quotes: each chapter registers its own, by id.

A finding is to a computed number what a registry record is to a given one: label, unit, the values
it rests on and the method in one line. Text quotes the id, so it cannot disagree with the code.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from analysis import registry, studies
from analysis.registry import Number, Scenario

Outcome = float | tuple[float, float, float]
Computation = TypeVar("Computation", bound=Callable[[Scenario], Outcome])
_ID = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)+")


@dataclass(frozen=True)
class Finding:
    """The record of one computed number.

    ``compute`` takes a scenario and returns the number in ``unit``, or ``(value, low, high)``.
    """

    id: str
    label: str
    unit: str
    inputs: tuple[str, ...]
    method: str
    compute: Callable[[Scenario], Outcome]
    _done: dict[str, Number] = field(default_factory=dict, repr=False, compare=False)

    def number(self, scenario: Scenario) -> Number:
        """Return the number under ``scenario``, computed once per scenario content.

        Raises:
            ValueError: when the computation gives no finite number, or a range without its value.
        """
        if scenario.hash not in self._done:
            self._done[scenario.hash] = self._compute(scenario)
        return self._done[scenario.hash]

    def _compute(self, scenario: Scenario) -> Number:
        outcome = self.compute(scenario)
        value, low, high = outcome if isinstance(outcome, tuple) else (outcome, None, None)
        for name, number in (("value", value), ("low", low), ("high", high)):
            if number is not None and not math.isfinite(number):
                raise ValueError(f"finding {self.id}: {name} is {number}, not a finite number")
        if low is not None and high is not None and not low <= value <= high:
            raise ValueError(f"finding {self.id}: value {value:g} is outside {low:g} to {high:g}")
        return Number(
            value=float(value),
            unit=self.unit,
            low=None if low is None else float(low),
            high=None if high is None else float(high),
            label=self.label,
            status="derived",
            sources=self.sources(),
            id=self.id,
        )

    def sources(self) -> tuple[str, ...]:
        """Return the ids of the sources behind all inputs, first cited first."""
        reg = registry.load()
        found: dict[str, None] = {}
        for name in self.inputs:
            cited = reg.number(name).sources if name in reg.values else known()[name].sources()
            found.update(dict.fromkeys(cited))
        return tuple(found)


_FINDINGS: dict[str, Finding] = {}


def finding(
    id: str, *, label: str, unit: str, inputs: tuple[str, ...], method: str
) -> Callable[[Computation], Computation]:
    """Register the decorated function as the finding ``id``.

    Args:
        id: dotted lower case, for instance ``budget.p85``.
        label: what the number is, for the reader.
        unit: a unit id of data/units.csv.
        inputs: ids of the values (or other findings) that the number rests on.
        method: how it is computed, in one line.

    Raises:
        ValueError: a malformed or repeated id, an empty text, no inputs; names the field.
    """
    if not _ID.fullmatch(id):
        raise ValueError(f"finding id {id!r} is not dotted lower case such as budget.p85")
    for name, text in (("label", label), ("unit", unit), ("method", method)):
        if not text.strip():
            raise ValueError(f"finding {id}: {name} is empty")
    if isinstance(inputs, str) or not inputs:
        raise ValueError(f"finding {id}: inputs must be a non-empty tuple of ids, not {inputs!r}")

    def register(compute: Computation) -> Computation:
        present = _FINDINGS.get(id)
        if present is not None and present.compute.__module__ != compute.__module__:
            raise ValueError(
                f"finding {id} is registered twice: also in {present.compute.__module__}"
            )
        _FINDINGS[id] = Finding(id, label, unit, tuple(inputs), method, compute)
        return compute

    return register


def known() -> Mapping[str, Finding]:
    """Return all findings by id, after importing every chapter of analysis.studies."""
    for module in pkgutil.iter_modules(studies.__path__):
        importlib.import_module(f"{studies.__name__}.{module.name}")
    return MappingProxyType(_FINDINGS)


def get(id: str, scenario: Scenario | None = None) -> Number:
    """Return the number of finding ``id`` under ``scenario`` (the base scenario by default).

    Raises:
        KeyError: for an unknown id; the message names the findings of that chapter.
    """
    all_findings = known()
    if id not in all_findings:
        chapter = id.split(".")[0]
        near = [name for name in all_findings if name.split(".")[0] == chapter]
        hint = f"; {chapter} has {', '.join(sorted(near))}" if near else ""
        raise KeyError(f"no finding has the id {id!r}{hint}")
    return all_findings[id].number(scenario or registry.load().scenario("base"))
