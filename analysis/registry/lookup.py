"""The loaded registry: look up values, sources, claims, conflicts, municipalities and scenarios."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from analysis.registry import frames
from analysis.registry.formulas import Derivation, Formula, FormulaError
from analysis.registry.loading import Contents, R, Row
from analysis.registry.records import (
    Conflict,
    HealthEmployment,
    Municipality,
    MunicipalityStatus,
    Number,
    Source,
    Unit,
    Value,
)
from analysis.registry.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

_SUMMABLE = tuple(name for name in Municipality.model_fields if name.startswith(("pop_", "age_")))


class UnknownId(KeyError):
    """An id that the registry does not hold; the message suggests near ones."""

    def __str__(self) -> str:
        return str(self.args[0])


class Registry:
    """All records of data/, read only. Made by `analysis.registry.load`.

    `units`, `sources`, `values`, `claims`, `conflicts`, `evidence`, `codebook`, `glossary`,
    `municipality_records` and `status_records` map ids to records.
    """

    def __init__(self, contents: Contents) -> None:
        """Index the contents. A formula that cannot be read or computed is left without a result:
        `formula_faults` and `failures` say why, and the checks report it.
        """
        self.units = _index(contents.units)
        self.sources = _index(contents.sources)
        self.values = _index(contents.values)
        self.claims = _index(contents.claims)
        self.conflicts = _index(contents.conflicts)
        self.evidence = _index(contents.evidence)
        self.codebook = _index(contents.codebook, "code")
        self.glossary = _index(contents.glossary)
        self.municipality_records = _index(contents.municipalities, "code")
        self.status_records = _index(contents.municipality_status)
        self._employment = tuple(row.record for row in contents.health_employment)
        self._rows = {row.record.id: row for row in contents.values}
        formulas, self.formula_faults = _parse_formulas(self.values)
        self.formulas = MappingProxyType(formulas)
        scales = {
            id: self.units[value.unit].scale if value.unit in self.units else 1.0
            for id, value in self.values.items()
        }
        self.derivation = Derivation(self.formulas, scales)
        self.sums = MappingProxyType(
            {
                column: float(sum(getattr(m, column) for m in self.municipality_records.values()))
                for column in _SUMMABLE
            }
        )
        base, self.failures = self.resolve({})
        self.base_values: Mapping[str, float] = MappingProxyType(base)
        self._raw_scenarios = {raw.id: raw for raw in contents.scenarios}

    def __getitem__(self, id: str) -> float:
        """Base or derived value of `id`, in the unit of its record."""
        try:
            return self.base_values[id]
        except KeyError:
            raise self.unknown("value", id, self.base_values) from None

    def __contains__(self, id: object) -> bool:
        return id in self.values

    def value(self, id: str) -> Value:
        """Return the record of a value."""
        try:
            return self.values[id]
        except KeyError:
            raise self.unknown("value", id, self.values) from None

    def source(self, id: str) -> Source:
        """Return the record of a source."""
        try:
            return self.sources[id]
        except KeyError:
            raise self.unknown("source", id, self.sources) from None

    def unit(self, id: str) -> Unit:
        """Return the record of a unit."""
        try:
            return self.units[id]
        except KeyError:
            raise self.unknown("unit", id, self.units) from None

    def number(self, id: str) -> Number:
        """Return the base value of `id` with range, label, status and the sources it rests on."""
        value = self.value(id)
        return Number(
            value=self[id],
            unit=value.unit,
            low=value.low,
            high=value.high,
            label=value.label,
            status=value.status,
            sources=self.sources_of(id),
            id=id,
        )

    def limits(self, id: str) -> tuple[float, float]:
        """Least and greatest value that a scenario may set: those of the value and of its unit."""
        value = self.value(id)
        unit = self.unit(value.unit)
        lower, upper = value.limits
        return (
            lower if unit.minimum is None else max(lower, unit.minimum),
            upper if unit.maximum is None else min(upper, unit.maximum),
        )

    def result_limits(self, id: str) -> tuple[float, float]:
        """Least and greatest result of a derived value: its own limits and those of its unit."""
        value = self.value(id)
        unit = self.unit(value.unit)
        lower = [x for x in (value.minimum, unit.minimum) if x is not None]
        upper = [x for x in (value.maximum, unit.maximum) if x is not None]
        return max(lower, default=-math.inf), min(upper, default=math.inf)

    def location(self, id: str) -> Row[Value]:
        """File and row that a value stands in, with its record."""
        try:
            return self._rows[id]
        except KeyError:
            raise self.unknown("value", id, self._rows) from None

    def inputs(self, id: str) -> frozenset[str]:
        """Ids in the formula of a value; empty unless it is derived."""
        self.value(id)
        return frozenset(self.formulas[id].inputs) if id in self.formulas else frozenset()

    def used_by(self, id: str) -> tuple[str, ...]:
        """Ids of derived values whose formula names `id`."""
        return tuple(sorted(k for k, formula in self.formulas.items() if id in formula.inputs))

    def sources_of(self, id: str) -> tuple[str, ...]:
        """Ids of the sources of a value and of everything it is derived from, in order of use."""
        found: dict[str, None] = {}
        seen: set[str] = set()
        waiting = [id]
        while waiting:
            current = waiting.pop(0)
            if current in seen:
                continue
            seen.add(current)
            found[self.value(current).source] = None
            waiting.extend(sorted(self.inputs(current)))
        return tuple(found)

    def conflicts_of(self, id: str) -> tuple[Conflict, ...]:
        """Conflict records that name a value."""
        return tuple(conflict for conflict in self.conflicts.values() if id in conflict.values)

    def series(self, name: str, scenario: Scenario | None = None) -> pd.DataFrame:
        """Values of a series, sorted by date then id; see `frames.series_frame` for the columns."""
        records = [value for value in self.values.values() if value.series == name]
        if not records:
            raise self.unknown("series", name, self.series_names)
        return frames.series_frame(records, self.base_values if scenario is None else scenario)

    @property
    def series_names(self) -> tuple[str, ...]:
        """Names of all series."""
        return tuple(sorted({value.series for value in self.values.values() if value.series}))

    @property
    def municipalities(self) -> pd.DataFrame:
        """The municipalities as a table indexed by code (text); a fresh copy each time."""
        return frames.record_frame(self.municipality_records.values(), Municipality, "code")

    @property
    def municipality_status(self) -> pd.DataFrame:
        """What municipalities had decided or done, by date; a fresh copy each time."""
        records = sorted(self.status_records.values(), key=lambda r: (r.date or "", r.id))
        return frames.record_frame(records, MunicipalityStatus)

    @property
    def health_employment(self) -> pd.DataFrame:
        """Employed persons in health and social work by `code` and `year`.

        Empty until the refresh command has fetched it.
        """
        return frames.record_frame(self._employment, HealthEmployment)

    def municipality_figures(self) -> list[list[str | int]]:
        """Code, inhabitants, ages and centrality of each municipality, for the scenario hash."""
        columns = (*_SUMMABLE, "centrality_class", "centrality_index")
        return [
            [code, *(getattr(record, column) for column in columns)]
            for code, record in sorted(self.municipality_records.items())
        ]

    def scenario(self, id: str = "base") -> Scenario:
        """Return a named scenario of scenarios.yaml."""
        try:
            return self.scenarios[id]
        except KeyError:
            raise self.unknown("scenario", id, self.scenarios) from None

    @cached_property
    def scenarios(self) -> Mapping[str, Scenario]:
        """All named scenarios."""
        return MappingProxyType(
            {
                raw.id: Scenario(self, raw.id, raw.label, raw.changes, raw.description)
                for raw in self._raw_scenarios.values()
            }
        )

    def resolve(self, changes: Mapping[str, float]) -> tuple[dict[str, float], dict[str, str]]:
        """Values with `changes` (in their units) and all derived values recomputed.

        The second part says, by id, why a derived value has no result.
        """
        given = {id: v.value for id, v in self.values.items() if v.value is not None}
        return self.derivation.resolve({**given, **changes}, self.sums)

    def suggest(self, id: object, known: Iterable[str]) -> str:
        """Return "; near: a, b" with ids like `id`, or nothing."""
        near = difflib.get_close_matches(str(id), list(known), n=3, cutoff=0.6)
        return f"; near: {', '.join(near)}" if near else ""

    def unknown(self, what: str, id: object, known: Iterable[str]) -> UnknownId:
        """Make the error for an unknown id, with near ones."""
        return UnknownId(f"unknown {what} {id!r}{self.suggest(id, known)}")


def _index(rows: Iterable[Row[R]], key: str = "id") -> Mapping[str, R]:
    return MappingProxyType({getattr(row.record, key): row.record for row in rows})


def _parse_formulas(values: Mapping[str, Value]) -> tuple[dict[str, Formula], dict[str, str]]:
    """Formulas by id, and by id why a formula cannot be read."""
    formulas, faults = {}, {}
    for id, value in values.items():
        if value.formula:
            try:
                formulas[id] = Formula(value.formula)
            except FormulaError as error:
                faults[id] = str(error)
    return formulas, faults
