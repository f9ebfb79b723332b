"""Checks across records: known ids, no duplicates, ranges, formulas, guards, municipalities."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from analysis.registry.formulas import Cycle, Formula, FormulaError
from analysis.registry.loading import Contents, Row
from analysis.registry.records import Problem, Record, Value
from analysis.registry.scenario import check_changes, describe_limits

if TYPE_CHECKING:
    from analysis.registry.lookup import Registry

MUNICIPALITIES = 66
CENTRALITY_BOUNDS = (925, 870, 775, 670, 565)  # least index of classes 1 to 5, Statistics Norway
_CITED = ("article", "official", "research", "press", "second-hand")


def check(contents: Contents, registry: Registry) -> list[Problem]:
    """All problems of a data folder, in order of file and row."""
    found = list(contents.problems)
    for part in (_duplicates, _units, _values, _formulas, _conflicts, _interviews, _places):
        found.extend(part(contents, registry))
    if not found:
        # Scenarios are judged only against sound values: their limits come from there.
        found.extend(_scenarios(contents, registry))
    return sorted(set(found))


def _duplicates(contents: Contents, registry: Registry) -> Iterator[Problem]:
    tables: list[tuple[Sequence[Row[Record]], tuple[str, ...]]] = [
        (contents.units, ("id",)),
        (contents.sources, ("id",)),
        (contents.values, ("id",)),
        (contents.conflicts, ("id",)),
        (contents.claims, ("id",)),
        (contents.evidence, ("id",)),
        (contents.codebook, ("code",)),
        (contents.glossary, ("id",)),
        (contents.municipalities, ("code",)),
        (contents.municipality_status, ("id",)),
        (contents.health_employment, ("code", "year")),
    ]
    for rows, key in tables:
        first: dict[str, Row[Record]] = {}
        for row in rows:
            id = " ".join(str(getattr(row.record, field)) for field in key)
            if id in first:
                at = f"{first[id].file}:{first[id].row}"
                allowed = f"an id used once; first at {at}"
                yield Problem(row.file, row.row, " ".join(key), id, allowed)
            else:
                first[id] = row


def _units(contents: Contents, registry: Registry) -> Iterator[Problem]:
    for file, row, unit in contents.units:
        base = registry.units.get(unit.base)
        if base is None or base.kind != unit.kind or base.scale != 1:
            allowed = f"a unit of kind {unit.kind!r} with scale 1"
            yield Problem(file, row, "base", unit.base, allowed)


def _values(contents: Contents, registry: Registry) -> Iterator[Problem]:
    for file, row, value in contents.values:
        if value.unit not in registry.units:
            near = registry.suggest(value.unit, registry.units)
            yield Problem(file, row, "unit", value.unit, f"a unit of units.csv{near}")
        yield from _known_source(file, row, value.source, registry)
        source = registry.sources.get(value.source)
        if value.status in _CITED and not value.locator and source and not source.url:
            allowed = "the place in the source, since the source has no address"
            yield Problem(file, row, "locator", "", allowed)
        if value.status == "article" and source and source.kind != "article":
            allowed = "a source of kind article, since the status is article"
            yield Problem(file, row, "source", value.source, allowed)


def _known_source(file: str, row: int, id: str, registry: Registry) -> Iterator[Problem]:
    if id not in registry.sources:
        near = registry.suggest(id, registry.sources)
        yield Problem(file, row, "source", id, f"an id of sources.csv{near}")


def _formulas(contents: Contents, registry: Registry) -> Iterator[Problem]:
    sound = True
    for file, row, value in contents.values:
        if not value.formula:
            continue
        for allowed in _formula_faults(value, registry):
            sound = False
            yield Problem(file, row, "formula", value.formula, allowed)
    order = registry.derivation.order
    if isinstance(order, Cycle):
        row_of = registry.location(order.ids[0])
        allowed = "no circle; these need each other: " + " → ".join(order.ids)
        yield Problem(row_of.file, row_of.row, "formula", row_of.record.formula, allowed)
    elif sound:
        yield from _results(contents, registry)


def _formula_faults(value: Value, registry: Registry) -> Iterator[str]:
    try:
        formula = Formula(value.formula)
    except FormulaError as error:
        yield str(error)
        return
    for id in sorted(formula.inputs - registry.values.keys()):
        yield f"known value ids; {id} is not one{registry.suggest(id, registry.values)}"
    for column in sorted(formula.columns - registry.sums.keys()):
        yield f"municipal_sum of one of {', '.join(registry.sums)}; not {column}"


def _results(contents: Contents, registry: Registry) -> Iterator[Problem]:
    for file, row, value in contents.values:
        if not value.formula:
            continue
        if value.id in registry.failures:
            allowed = f"a finite result; {registry.failures[value.id]}"
            yield Problem(file, row, "formula", value.formula, allowed)
            continue
        x = registry.base_values.get(value.id)
        bounds = (("low", "high", value.low, value.high),
                  ("minimum", "maximum", value.minimum, value.maximum))  # fmt: skip
        for lower_name, upper_name, low, high in bounds:
            lower = -math.inf if low is None else low
            upper = math.inf if high is None else high
            if x is not None and not lower <= x <= upper:
                allowed = (
                    f"a result from {lower_name} to {upper_name}, "
                    f"{describe_limits(lower, upper)}; it is {x:g}"
                )
                yield Problem(file, row, "formula", value.formula, allowed)


def _conflicts(contents: Contents, registry: Registry) -> Iterator[Problem]:
    for file, row, conflict in contents.conflicts:
        unknown = [id for id in conflict.values if id not in registry.values]
        for id in unknown:
            near = registry.suggest(id, registry.values)
            yield Problem(file, row, "values", id, f"known value ids{near}")
        if conflict.used not in conflict.values:
            allowed = f"one of {'; '.join(conflict.values)}"
            yield Problem(file, row, "used", conflict.used, allowed)
        try:
            guard = Formula(conflict.guard, guard=True)
            holds = guard(_in_base_units(guard.inputs, registry), registry.sums)
        except FormulaError as error:
            yield Problem(file, row, "guard", conflict.guard, str(error))
        except KeyError as error:
            id = error.args[0]
            near = registry.suggest(id, registry.values)
            allowed = f"known ids with a value; {id} is not one{near}"
            yield Problem(file, row, "guard", conflict.guard, allowed)
        else:
            if not holds:
                allowed = "a guard that holds; the reason for the choice no longer does"
                yield Problem(file, row, "guard", conflict.guard, allowed)


def _in_base_units(ids: Iterable[str], registry: Registry) -> dict[str, float]:
    in_base = {}
    for id in ids:
        if id in registry.base_values and registry.values[id].unit in registry.units:
            unit = registry.units[registry.values[id].unit]
            in_base[id] = unit.to_base(registry.base_values[id])
    return in_base


def _interviews(contents: Contents, registry: Registry) -> Iterator[Problem]:
    for file, row, claim in contents.claims:
        for id in claim.informs:
            if id not in registry.values:
                near = registry.suggest(id, registry.values)
                yield Problem(file, row, "informs", id, f"known value ids{near}")
        if claim.topic not in registry.codebook:
            near = registry.suggest(claim.topic, registry.codebook)
            yield Problem(file, row, "topic", claim.topic, f"a code of codebook.csv{near}")
    for file, row, evidence in contents.evidence:
        if evidence.claim not in registry.claims:
            near = registry.suggest(evidence.claim, registry.claims)
            yield Problem(file, row, "claim", evidence.claim, f"an id of claims.csv{near}")
        yield from _known_source(file, row, evidence.source, registry)


def _places(contents: Contents, registry: Registry) -> Iterator[Problem]:
    rows = contents.municipalities
    if len(rows) != MUNICIPALITIES:
        allowed = f"{MUNICIPALITIES} municipalities"
        yield Problem("municipalities.csv", 0, "code", str(len(rows)), allowed)
    cells: dict[tuple[int, int], str] = {}
    for file, row, place in rows:
        ages = place.age_0_17 + place.age_18_66 + place.age_67_plus
        if ages != place.pop_2021:
            allowed = f"the sum of the ages 0-17, 18-66 and 67+, {ages}"
            yield Problem(file, row, "pop_2021", str(place.pop_2021), allowed)
        if place.age_80_plus > place.age_67_plus:
            allowed = f"at most age_67_plus, {place.age_67_plus}"
            yield Problem(file, row, "age_80_plus", str(place.age_80_plus), allowed)
        expected = centrality_class(place.centrality_index)
        if place.centrality_class != expected:
            allowed = f"{expected}, by the index {place.centrality_index}"
            yield Problem(file, row, "centrality_class", str(place.centrality_class), allowed)
        cell = (place.tile_row, place.tile_col)
        if cell in cells:
            allowed = f"a cell of its own; row {cell[0]} column {cell[1]} is {cells[cell]}"
            yield Problem(file, row, "tile_col", str(place.tile_col), allowed)
        cells[cell] = place.name
    for file, row, status in contents.municipality_status:
        if status.code not in registry.municipality_records:
            yield Problem(file, row, "code", status.code, "a code of municipalities.csv")
        yield from _known_source(file, row, status.source, registry)

    for row_of in contents.health_employment:
        if row_of.record.code not in registry.municipality_records:
            allowed = "a code of municipalities.csv"
            yield Problem(row_of.file, row_of.row, "code", row_of.record.code, allowed)


def centrality_class(index: int) -> int:
    """Centrality class, 1 to 6, of an index from 0 to 1000 (Statistics Norway)."""
    return 1 + sum(index < bound for bound in CENTRALITY_BOUNDS)


def _scenarios(contents: Contents, registry: Registry) -> Iterator[Problem]:
    file = "scenarios.yaml"
    seen: set[str] = set()
    for raw in contents.scenarios:
        if raw.id in seen:
            yield Problem(file, raw.row, "id", raw.id, "an id used once")
        seen.add(raw.id)
        if raw.id == "base" and raw.changes:
            allowed = "no changes: base is the recorded values"
            yield Problem(file, raw.row, "changes", str(raw.changes), allowed)
        for problem in check_changes(registry, raw.changes)[1]:
            yield problem._replace(file=file, row=raw.row)
    if "base" not in seen:
        yield Problem(file, 1, "id", "", "a scenario named base")


__all__ = ["CENTRALITY_BOUNDS", "MUNICIPALITIES", "centrality_class", "check"]
