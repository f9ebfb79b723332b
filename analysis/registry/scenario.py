"""Scenarios: base values plus a checked, immutable set of changes, with a hash of the result."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from analysis.registry.records import Number, Problem, Unit, Value, plain_number

if TYPE_CHECKING:
    import pandas as pd

    from analysis.registry.lookup import Registry

FORMAT = "helseplattformen-scenario"
VERSION = 1
# `view` is what a page shows beside the scenario (explorer, its answers); no result depends on it.
_FIELDS = ("format", "version", "id", "label", "description", "hash", "changes", "view")

Change = float | Number | Mapping[str, Any]


class ScenarioError(ValueError):
    """A scenario that cannot be made. `problems` lists every change that was refused."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        lines = [f"{p.field} = {p.value}; allowed: {p.allowed}" for p in problems]
        super().__init__("\n".join(["the scenario is refused:", *lines]))


class Scenario:
    """Base values of a registry with some of them changed. Make one with `Registry.scenario`.

    Changes are numbers in the unit of the value, or `{"value": x, "unit": unit}`, which is
    converted. Refused with the allowed range: unknown ids, units of another kind, derived values
    (change their inputs), numbers outside the limits
    (`Registry.limits`), changes that drive a derived value out of its minimum or maximum.
    """

    def __init__(
        self,
        registry: Registry,
        id: str,
        label: str,
        changes: Mapping[str, Change] | None = None,
        description: str = "",
    ) -> None:
        self._registry = registry
        self._id, self._label, self._description = id, label, description
        checked, problems = check_changes(registry, changes or {})
        if problems:
            raise ScenarioError(problems)
        self._changes = MappingProxyType(dict(sorted(checked.items())))
        self._values: Mapping[str, float] = self._resolve()

    def _resolve(self) -> Mapping[str, float]:
        if not self._changes:
            return self._registry.base_values
        resolved, failures = self._registry.resolve(self._changes)
        problems = [
            Problem("", 0, id, "", f"a finite result; {why}") for id, why in failures.items()
        ]
        for id in self._registry.formulas.keys() & resolved.keys():
            lower, upper = self._registry.result_limits(id)
            if not reaches(resolved[id], lower, upper):
                unit = self._registry.values[id].unit
                allowed = f"a result of {describe_limits(lower, upper)} {unit}"
                problems.append(Problem("", 0, id, f"{resolved[id]:g}", allowed))
        if problems:
            raise ScenarioError(sorted(problems))
        return MappingProxyType(resolved)

    @property
    def id(self) -> str:
        """Key of the scenario, such as "base"."""
        return self._id

    @property
    def label(self) -> str:
        """Name for readers."""
        return self._label

    @property
    def description(self) -> str:
        """What the scenario is about; may be empty."""
        return self._description

    @property
    def changes(self) -> Mapping[str, float]:
        """Changed values by id, each in the unit of its record."""
        return self._changes

    @property
    def registry(self) -> Registry:
        """The registry that the base values come from."""
        return self._registry

    def value(self, id: str) -> float:
        """Value of `id` in this scenario, in the unit of its record; derived ones recomputed."""
        try:
            return self._values[id]
        except KeyError:
            raise self._registry.unknown("value", id, self._values) from None

    __getitem__ = value

    def vector(self, ids: Iterable[str]) -> list[float]:
        """Values of several ids, in their order."""
        return [self.value(id) for id in ids]

    def number(self, id: str) -> Number:
        """Value of `id` as a Number. A changed value has status "scenario" and no range."""
        number = self._registry.number(id)
        if id in self._changes:
            return number._replace(
                value=self.value(id), low=None, high=None, status="scenario", sources=()
            )
        return number._replace(value=self.value(id))

    def series(self, name: str) -> pd.DataFrame:
        """Return `Registry.series(name)` with the values of this scenario."""
        return self._registry.series(name, scenario=self)

    def with_changes(
        self, changes: Mapping[str, Change], label: str | None = None, id: str = "custom"
    ) -> Scenario:
        """Make a new scenario with further changes; this one stays as it is."""
        merged: dict[str, Change] = {**self._changes, **changes}
        return Scenario(self._registry, id, label or "Custom scenario", merged)

    @property
    def hash(self) -> str:
        """First 12 hexadecimal digits of the SHA-256 of `content()`."""
        return self._hash

    @cached_property
    def _hash(self) -> str:
        return hashlib.sha256(self.content().encode()).hexdigest()[:12]

    def content(self) -> str:
        """Return all that results depend on, as canonical JSON.

        Given values with unit and range, formulas, and the figures of the municipalities. Labels,
        notes and sources are left out: they change no result.
        """
        given, formulas = [], []
        for id, value in sorted(self._registry.values.items()):
            if value.formula:
                formulas.append([id, value.unit, value.formula])
            else:
                spread = [value.low, value.mode, value.high, value.distribution]
                given.append([id, value.unit, self._values[id], *spread, value.range_meaning])
        places = self._registry.municipality_figures()
        return json.dumps([given, formulas, places], separators=(",", ":"), allow_nan=False)

    def to_json(self) -> str:
        """Write the scenario as JSON text that `from_json` reads."""
        values = self._registry.values
        content = {
            "format": FORMAT,
            "version": VERSION,
            "id": self._id,
            "label": self._label,
            "description": self._description,
            "hash": self.hash,
            "changes": {
                id: {"value": x, "unit": values[id].unit} for id, x in self._changes.items()
            },
        }
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, registry: Registry | None = None) -> Self:
        """Read a scenario written by `to_json` or by the page.

        `registry` defaults to the data of the project. Raises ScenarioError for text that is not a
        scenario, a version from the future, or a change that is refused.
        """
        if registry is None:
            from analysis.registry import load

            registry = load()
        content = _parse(text)
        return cls(
            registry,
            content.get("id", "custom"),
            content.get("label", "Custom scenario"),
            content["changes"],
            content.get("description", ""),
        )

    def __eq__(self, other: object) -> bool:
        """Two scenarios are equal when all their results are."""
        return isinstance(other, Scenario) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    def __repr__(self) -> str:
        return f"Scenario({self._id!r}, changes={dict(self._changes)}, hash={self.hash!r})"


def check_changes(
    registry: Registry, changes: Mapping[str, Change]
) -> tuple[dict[str, float], list[Problem]]:
    """Convert changes to the units of their values; say what is wrong with the others.

    A change to the base value is no change and is left out.
    """
    checked: dict[str, float] = {}
    problems: list[Problem] = []
    for id, change in changes.items():
        if id not in registry.values:
            known = registry.suggest(id, registry.values)
            problems.append(Problem("", 0, str(id), "", f"a known value id{known}"))
            continue
        value = registry.values[id]
        x, wrong = _in_unit_of(value, change, registry.units)
        wrong = wrong or _outside(value, x, registry)
        if wrong:
            shown = change if not isinstance(change, Mapping) else dict(change)
            problems.append(Problem("", 0, id, str(shown), wrong))
        elif x != value.value:
            checked[id] = x
    return checked, problems


def _in_unit_of(value: Value, change: Change, units: Mapping[str, Unit]) -> tuple[float, str]:
    """Amount of a change in the unit of the value, or 0.0 and what would be allowed."""
    unit = value.unit
    amount: Any = change
    if isinstance(change, Number):
        amount, unit = change.value, change.unit
    elif isinstance(change, Mapping):
        if set(change) != {"value", "unit"}:
            return 0.0, 'a number, or {"value": number, "unit": unit}'
        amount, unit = change["value"], change["unit"]
    try:
        x = float(plain_number(amount))
    except (TypeError, ValueError, OverflowError):
        return 0.0, f"a number in {value.unit}, with a decimal point"
    if not math.isfinite(x):
        return 0.0, f"a finite number in {value.unit}"
    if unit == value.unit:
        return x, ""
    own = units[value.unit]
    if not isinstance(unit, str) or unit not in units:
        return 0.0, f"a unit that converts to {value.unit}; {unit!r} is not a known unit"
    if units[unit].kind != own.kind:
        other = units[unit].kind
        return 0.0, f"a unit that converts to {value.unit} ({own.kind}); {unit} is {other}"
    return own.from_base(units[unit].to_base(x)), ""


def _outside(value: Value, x: float, registry: Registry) -> str:
    """What would be allowed, where a derived value is set or a limit is passed; else nothing."""
    if value.formula:
        inputs = ", ".join(sorted(registry.inputs(value.id)))
        return f"changes of its inputs, since it is derived: {inputs}"
    lower, upper = registry.limits(value.id)
    return "" if lower <= x <= upper else f"{describe_limits(lower, upper)} {value.unit}"


def reaches(x: float, lower: float, upper: float) -> bool:
    """Whether a computed `x` lies in a range, but for rounding in the last digits."""
    return lower <= x <= upper or math.isclose(x, lower) or math.isclose(x, upper)


def describe_limits(lower: float, upper: float) -> str:
    """Say a range in words: "2.7 to 8", "at least 0", "at most -1" or "any finite number"."""
    if math.isinf(lower) and math.isinf(upper):
        return "any finite number"
    if math.isinf(upper):
        return f"at least {lower:g}"
    if math.isinf(lower):
        return f"at most {upper:g}"
    return f"{lower:g} to {upper:g}"


def _parse(text: str) -> dict[str, Any]:
    def refuse(field: str, value: object, allowed: str) -> ScenarioError:
        return ScenarioError([Problem("", 0, field, str(value), allowed)])

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                raise refuse(key, "", "each key once")
        return dict(pairs)

    try:
        content = json.loads(text, object_pairs_hook=unique)
    except ScenarioError:
        raise
    except (ValueError, RecursionError) as error:  # also a number with thousands of digits
        raise refuse("text", text[:40], f"JSON; {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise refuse("format", content.get("format") if isinstance(content, dict) else "", FORMAT)
    version = content.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise refuse("version", version, f"a whole number from 1 to {VERSION}")
    if version > VERSION:
        raise refuse(
            "version", version, f"up to {VERSION}; this scenario was made by a newer program"
        )
    for field in content:
        if field not in _FIELDS:
            raise refuse(field, content[field], f"one of {', '.join(_FIELDS)}")
    for field in ("id", "label", "description"):
        if not isinstance(content.get(field, ""), str):
            raise refuse(field, content[field], "text")
    if not isinstance(content.get("changes"), dict):
        raise refuse("changes", content.get("changes"), "an object of value id to number")
    return content
