"""Checks across records: known ids, no duplicates, ranges, formulas, guards, municipalities."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.registry.formulas import Cycle, Formula, FormulaError
from analysis.registry.loading import Contents, Row
from analysis.registry.records import Problem, Record, Value
from analysis.registry.scenario import check_changes, describe_limits, reaches

if TYPE_CHECKING:
    from analysis.registry.lookup import Registry

MUNICIPALITIES = 66
CENTRALITY_BOUNDS = (925, 870, 775, 670, 565)  # least index of classes 1 to 5, Statistics Norway
_CITED = ("article", "official", "research", "press", "second-hand")


def check(contents: Contents, registry: Registry) -> list[Problem]:
    """All problems of a data folder, by file and row."""
    found = list(contents.problems)
    for part in (
        _duplicates,
        _units,
        _values,
        _formulas,
        _conflicts,
        _interviews,
        _places,
        _scenarios,
    ):
        found.extend(part(contents, registry))
    return sorted(set(found))


def centrality_class(index: int) -> int:
    """Centrality class, 1 to 6, of an index from 0 to 1000 (Statistics Norway)."""
    return 1 + sum(index < bound for bound in CENTRALITY_BOUNDS)


def _unknown(
    contents: Contents,
    registry: Registry,
    row: Row[Record],
    field: str,
    ids: Iterable[str],
    table: str,
) -> Iterator[Problem]:
    """A problem for each id that no row of `table` has, not even one that was refused."""
    known: Mapping[str, Any] = {
        "units": registry.units,
        "sources": registry.sources,
        "values": registry.values,
        "claims": registry.claims,
        "codebook": registry.codebook,
        "municipalities": registry.municipality_records,
    }[table]
    if table in contents.unread:
        return
    place = "values/*.csv" if table == "values" else f"{table}.csv"
    for id in ids:
        if id not in known and id not in contents.broken:
            allowed = f"an id of {place}{registry.suggest(id, known)}"
            yield Problem(row.file, row.row, field, id, allowed)


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
    for row in contents.units:
        unit = row.record
        base = registry.units.get(unit.base)
        if unit.base in contents.broken:
            continue
        if base is None or base.kind != unit.kind or base.scale != 1:
            allowed = f"a unit of kind {unit.kind!r} with scale 1"
            yield Problem(row.file, row.row, "base", unit.base, allowed)


def _values(contents: Contents, registry: Registry) -> Iterator[Problem]:
    for row in contents.values:
        value = row.record
        yield from _unknown(contents, registry, row, "unit", [value.unit], "units")
        yield from _unknown(contents, registry, row, "source", [value.source], "sources")
        unit = registry.units.get(value.unit)
        lower = -math.inf if unit is None or unit.minimum is None else unit.minimum
        upper = math.inf if unit is None or unit.maximum is None else unit.maximum
        for field in ("value", "low", "mode", "high", "minimum", "maximum"):
            x = getattr(value, field)
            if x is not None and not lower <= x <= upper:
                allowed = f"{describe_limits(lower, upper)} {value.unit}, as the unit says"
                yield Problem(row.file, row.row, field, f"{x:g}", allowed)
        source = registry.sources.get(value.source)
        if source is None:
            continue
        if value.status in _CITED and not value.locator and not source.url:
            allowed = "the place in the source, since the source has no address"
            yield Problem(row.file, row.row, "locator", "", allowed)
        if value.status == "article" and source.kind != "article":
            allowed = "a source of kind article, since the status is article"
            yield Problem(row.file, row.row, "source", value.source, allowed)


def _formulas(contents: Contents, registry: Registry) -> Iterator[Problem]:
    order = registry.derivation.order
    if isinstance(order, Cycle):
        at = registry.location(order.ids[0])
        allowed = "no circle; these need each other: " + " → ".join(order.ids)
        yield Problem(at.file, at.row, "formula", at.record.formula, allowed)
    for row in contents.values:
        value = row.record
        if not value.formula:
            continue
        if value.id in registry.formulas:
            inputs = sorted(registry.formulas[value.id].inputs)
            yield from _unknown(contents, registry, row, "formula", inputs, "values")
        for allowed in _formula_faults(value, registry):
            yield Problem(row.file, row.row, "formula", value.formula, allowed)


def _formula_faults(value: Value, registry: Registry) -> Iterator[str]:
    """What would be allowed, where a formula cannot be read, computed, or leaves its range."""
    if value.id in registry.formula_faults:
        yield registry.formula_faults[value.id]
        return
    for column in sorted(registry.formulas[value.id].columns - registry.sums.keys()):
        yield f"municipal_sum of one of {', '.join(registry.sums)}; not {column}"
    if value.id in registry.failures:
        yield f"a finite result; {registry.failures[value.id]}"
    x = registry.base_values.get(value.id)
    unit = registry.units.get(value.unit)
    ranges = {
        "low to high": (value.low, value.high),
        "minimum to maximum": (value.minimum, value.maximum),
        "what the unit allows": (unit.minimum, unit.maximum) if unit else (None, None),
    }
    for name, (low, high) in ranges.items():
        lower = -math.inf if low is None else low
        upper = math.inf if high is None else high
        if x is not None and not reaches(x, lower, upper):
            yield f"a result from {name}, {describe_limits(lower, upper)}; it is {x:g}"


def _conflicts(contents: Contents, registry: Registry) -> Iterator[Problem]:
    for row in contents.conflicts:
        conflict = row.record
        yield from _unknown(contents, registry, row, "values", conflict.values, "values")
        if conflict.used not in conflict.values:
            allowed = f"one of {'; '.join(conflict.values)}"
            yield Problem(row.file, row.row, "used", conflict.used, allowed)
        try:
            guard = Formula(conflict.guard, guard=True)
            yield from _unknown(contents, registry, row, "guard", sorted(guard.inputs), "values")
            holds = guard(_in_base_units(guard.inputs, registry), registry.sums)
        except FormulaError as error:
            yield Problem(row.file, row.row, "guard", conflict.guard, str(error))
        except KeyError:
            continue  # an input is unknown or has no value, which is reported where it stands
        else:
            if not holds:
                allowed = "a guard that holds; the reason for the choice no longer does"
                yield Problem(row.file, row.row, "guard", conflict.guard, allowed)


def _in_base_units(ids: Iterable[str], registry: Registry) -> dict[str, float]:
    return {
        id: registry.units[registry.values[id].unit].to_base(registry.base_values[id])
        for id in ids
        if id in registry.base_values and registry.values[id].unit in registry.units
    }


def _interviews(contents: Contents, registry: Registry) -> Iterator[Problem]:
    for claim in contents.claims:
        informs, topic = claim.record.informs, claim.record.topic
        yield from _unknown(contents, registry, claim, "informs", informs, "values")
        yield from _unknown(contents, registry, claim, "topic", [topic], "codebook")
        for field in ("stance", "strength"):
            # Codes such as stance-critical define the words of a column, where there are any.
            words = [code for code in registry.codebook if code.startswith(f"{field}-")]
            word = getattr(claim.record, field)
            if words and f"{field}-{word}" not in words:
                allowed = "one of " + ", ".join(code.removeprefix(f"{field}-") for code in words)
                yield Problem(claim.file, claim.row, field, word, allowed)
    for row in contents.evidence:
        evidence = row.record
        yield from _unknown(contents, registry, row, "claim", [evidence.claim], "claims")
        yield from _unknown(contents, registry, row, "source", [evidence.source], "sources")


def _places(contents: Contents, registry: Registry) -> Iterator[Problem]:
    file = "municipalities.csv"
    count = len(contents.municipalities)
    if count != MUNICIPALITIES and not any(p.file == file for p in contents.problems):
        yield Problem(file, 0, "code", f"{count} rows", f"{MUNICIPALITIES} municipalities")
    cells: dict[tuple[int, int], str] = {}
    for row in contents.municipalities:
        place = row.record
        ages = place.age_0_17 + place.age_18_66 + place.age_67_plus
        by_index = centrality_class(place.centrality_index)
        cell = (place.tile_row, place.tile_col)
        for holds, field, allowed in (
            (place.pop_2021 == ages, "pop_2021", f"the sum of ages 0-17, 18-66 and 67+, {ages}"),
            (
                place.age_80_plus <= place.age_67_plus,
                "age_80_plus",
                f"at most age_67_plus, {place.age_67_plus}",
            ),
            (
                place.centrality_class == by_index,
                "centrality_class",
                f"{by_index}, by the index {place.centrality_index}",
            ),
            (
                cell not in cells,
                "tile_col",
                f"a cell of its own; row {cell[0]} column {cell[1]} has {cells.get(cell)}",
            ),
        ):
            if not holds:
                yield Problem(file, row.row, field, str(getattr(place, field)), allowed)
        cells[cell] = place.name
    for status in contents.municipality_status:
        code, source = status.record.code, status.record.source
        yield from _unknown(contents, registry, status, "code", [code], "municipalities")
        yield from _unknown(contents, registry, status, "source", [source], "sources")
    for employment in contents.health_employment:
        code = employment.record.code
        yield from _unknown(contents, registry, employment, "code", [code], "municipalities")


def _readable(id: str, contents: Contents, registry: Registry) -> bool:
    """Whether a change of `id` can be judged: its row, file and unit are all there."""
    if id in contents.broken or "values" in contents.unread:
        return False
    return id not in registry.values or registry.values[id].unit in registry.units


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
        changes = {
            id: change for id, change in raw.changes.items() if _readable(id, contents, registry)
        }
        for problem in check_changes(registry, changes)[1]:
            yield problem._replace(file=file, row=raw.row)
    if "base" not in seen and not any(problem.file == file for problem in contents.problems):
        yield Problem(file, 1, "id", "", "a scenario named base")
