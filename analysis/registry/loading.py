"""Read the files of data/ into records, and collect every problem with file, row and field."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from analysis.registry.records import (
    Claim,
    CodebookEntry,
    Conflict,
    Evidence,
    GlossaryTerm,
    HealthEmployment,
    Municipality,
    MunicipalityStatus,
    Problem,
    Record,
    RegistryError,
    Source,
    Unit,
    Value,
)

DATA = Path(__file__).resolve().parents[2] / "data"

R = TypeVar("R", bound=Record)
R_co = TypeVar("R_co", bound=Record, covariant=True)

TABLES: dict[str, type[Record]] = {
    "units.csv": Unit,
    "sources.csv": Source,
    "conflicts.csv": Conflict,
    "claims.csv": Claim,
    "codebook.csv": CodebookEntry,
    "evidence.csv": Evidence,
    "glossary.csv": GlossaryTerm,
    "municipalities.csv": Municipality,
    "municipality_status.csv": MunicipalityStatus,
    "health_employment.csv": HealthEmployment,
}
OPTIONAL = ("health_employment.csv",)  # written by the refresh command, where there is a network
SCENARIO_FIELDS = ("id", "label", "description", "changes")


class Row(NamedTuple, Generic[R_co]):
    """A record and where it stands: file relative to data/, line number from 1."""

    file: str
    row: int
    record: R_co


class RawScenario(NamedTuple):
    """A scenario as written in scenarios.yaml, before its changes are checked."""

    row: int
    id: str
    label: str
    description: str
    changes: dict[str, Any]


class Contents(NamedTuple):
    """Everything that the folder holds, with what is wrong in single cells.

    `broken` are the ids of refused rows and `unread` the tables of refused files, so that later
    checks do not call an id unknown that only could not be read.
    """

    units: list[Row[Unit]]
    sources: list[Row[Source]]
    values: list[Row[Value]]
    conflicts: list[Row[Conflict]]
    claims: list[Row[Claim]]
    evidence: list[Row[Evidence]]
    codebook: list[Row[CodebookEntry]]
    glossary: list[Row[GlossaryTerm]]
    municipalities: list[Row[Municipality]]
    municipality_status: list[Row[MunicipalityStatus]]
    health_employment: list[Row[HealthEmployment]]
    scenarios: list[RawScenario]
    problems: list[Problem]
    broken: set[str]
    unread: set[str]


def read(folder: Path) -> Contents:
    """Read all files of a data folder. Problems are collected, never raised."""
    if not folder.is_dir():
        raise RegistryError([Problem(str(folder), 0, "", "", "a folder with the data files")])
    problems: list[Problem] = []
    broken: set[str] = set()
    unread: set[str] = set()

    def table(name: str, record: type[R]) -> list[Row[R]]:
        rows = _read_table(folder, name, record, problems, broken)
        if rows is None:
            unread.add(name.split("/")[0].removesuffix(".csv"))
        return rows or []

    value_files = sorted(path.name for path in (folder / "values").glob("*.csv"))
    return Contents(
        units=table("units.csv", Unit),
        sources=table("sources.csv", Source),
        values=[row for name in value_files for row in table(f"values/{name}", Value)],
        conflicts=table("conflicts.csv", Conflict),
        claims=table("claims.csv", Claim),
        evidence=table("evidence.csv", Evidence),
        codebook=table("codebook.csv", CodebookEntry),
        glossary=table("glossary.csv", GlossaryTerm),
        municipalities=table("municipalities.csv", Municipality),
        municipality_status=table("municipality_status.csv", MunicipalityStatus),
        health_employment=table("health_employment.csv", HealthEmployment),
        scenarios=_read_scenarios(folder, problems),
        problems=problems,
        broken=broken,
        unread=unread,
    )


@lru_cache(maxsize=1)
def default_units() -> dict[str, Unit]:
    """Return the units of the project by id, for formatting without a registry."""
    problems: list[Problem] = []
    rows = _read_table(DATA, "units.csv", Unit, problems, set()) or []
    if problems:
        raise RegistryError(problems)
    return {row.record.id: row.record for row in rows}


def _read_text(folder: Path, name: str, problems: list[Problem]) -> str | None:
    path = folder / name
    if not path.is_file():
        problems.append(Problem(name, 0, "", "", "a file of this name; it may have only a header"))
        return None
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        problems.append(Problem(name, line, "", "", "text in UTF-8"))
        return None


def _read_table(
    folder: Path, name: str, record: type[R], problems: list[Problem], broken: set[str]
) -> list[Row[R]] | None:
    """Read the rows of a table, or None if it cannot be read as a whole."""
    if name in OPTIONAL and not (folder / name).exists():
        return []
    text = _read_text(folder, name, problems)
    if text is None:
        return None
    lines = _records_of(text)
    try:
        row, header = next(lines, (1, []))
        if not _check_header(name, header, record, problems):
            return None
        rows = []
        for row, cells in lines:
            read = _read_row(name, row, header, cells, record)
            if isinstance(read, list):
                problems.extend(read)
                broken.update(cells[:1])
            else:
                rows.append(Row(name, row, read))
    except csv.Error as error:
        problems.append(Problem(name, row, "", "", f"comma-separated text; {error}"))
        return None
    return rows


def _read_row(
    name: str, row: int, header: list[str], cells: list[str], record: type[R]
) -> R | list[Problem]:
    """Make the record of a row, or say what is wrong with its cells."""
    if len(cells) != len(header):
        allowed = f"{len(header)} cells, as in the header; there are {len(cells)}"
        return [Problem(name, row, "", ",".join(cells)[:60], allowed)]
    if any(cell != cell.strip() for cell in cells):
        return [
            Problem(name, row, column, cell, "text without spaces at its ends")
            for column, cell in zip(header, cells, strict=True)
            if cell != cell.strip()
        ]
    content = {column: cell for column, cell in zip(header, cells, strict=True) if cell}
    try:
        return record.model_validate(content)
    except ValidationError as error:
        return [_problem(name, row, detail) for detail in error.errors(include_url=False)]


def _records_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record of a CSV text with the number of its first line, skipping empty lines."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    for cells in reader:
        if cells:
            yield start, cells
        start = reader.line_num + 1


def _check_header(
    name: str, header: list[str], record: type[Record], problems: list[Problem]
) -> bool:
    known = list(record.model_fields)
    allowed = "the columns " + ",".join(known)
    found = [
        Problem(name, 1, column, "", f"no such column; {allowed}")
        for column in header
        if column not in known
    ]
    found += [
        Problem(name, 1, column, "", f"a column of this name; {allowed}")
        for column in known
        if column not in header
    ]
    found += [
        Problem(name, 1, column, "", f"each column once; {allowed}")
        for column in known
        if header.count(column) > 1
    ]
    problems.extend(found)
    return not found


def _problem(file: str, row: int, detail: ErrorDetails) -> Problem:
    """Turn an error of pydantic into a problem with the field, the value and what is allowed."""
    context = detail.get("ctx", {})
    field = str(context.get("field") or ".".join(str(part) for part in detail["loc"][:1]))
    missing = detail["type"] == "missing" or isinstance(detail["input"], dict)
    value = str(context.get("value", "" if missing else detail["input"]))
    return Problem(file, row, field, value, _allowed(detail))


def _allowed(detail: ErrorDetails) -> str:
    context = detail.get("ctx", {})
    bounds = {"ge": "at least", "gt": "greater than", "le": "at most", "lt": "less than"}
    for bound, words in bounds.items():
        if bound in context:
            return f"a number {words} {context[bound]}"
    match detail["type"]:
        case "literal_error":
            return f"one of {context['expected']}"
        case "missing":
            return "a value; it may not be empty"
        case "string_pattern_mismatch":
            return f"text of the form {context['pattern']}"
        case "int_parsing" | "int_from_float":
            return "a whole number"
        case "finite_number":
            return "a finite number"
        case "too_short":
            return f"at least {context['min_length']} ids, separated by ;"
    return detail["msg"]


def _read_scenarios(folder: Path, problems: list[Problem]) -> list[RawScenario]:
    name = "scenarios.yaml"
    text = _read_text(folder, name, problems)
    if text is None:
        return []
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if not isinstance(root, yaml.SequenceNode):
            problems.append(Problem(name, 1, "", "", "a list of scenarios"))
            return []
        items = [
            (node.start_mark.line + 1, loader.construct_object(node, deep=True), _repeated(node))
            for node in root.value
        ]
    except yaml.MarkedYAMLError as error:
        row = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.append(Problem(name, row, "", "", f"YAML; {error.problem}"))
        return []
    finally:
        loader.dispose()
    scenarios = []
    for row, item, repeated in items:
        found = [Problem(name, line, key, "", "each key once") for line, key in repeated]
        found += _scenario_problems(name, row, item)
        problems.extend(found)
        if not found:
            scenarios.append(RawScenario(row, **{"description": "", "changes": {}} | item))
    return scenarios


def _repeated(node: yaml.Node) -> list[tuple[int, str]]:
    """Keys that a mapping, or a mapping in it, holds twice; YAML would drop all but the last."""
    if not isinstance(node, yaml.MappingNode):
        return []
    found, seen = [], set()
    for key, value in node.value:
        if key.value in seen:
            found.append((key.start_mark.line + 1, str(key.value)))
        seen.add(key.value)
        found += _repeated(value)
    return found


def _scenario_problems(name: str, row: int, item: Any) -> list[Problem]:
    if not isinstance(item, dict):
        return [Problem(name, row, "", str(item), f"a mapping of {', '.join(SCENARIO_FIELDS)}")]
    found = [
        Problem(name, row, str(key), str(value), f"one of {', '.join(SCENARIO_FIELDS)}")
        for key, value in item.items()
        if key not in SCENARIO_FIELDS
    ]
    for key in ("id", "label"):
        if not isinstance(item.get(key), str) or not item[key]:
            found.append(Problem(name, row, key, str(item.get(key, "")), "text, not empty"))
    if not isinstance(item.get("description", ""), str):
        found.append(Problem(name, row, "description", str(item["description"]), "text"))
    if not isinstance(item.get("changes", {}), dict):
        allowed = "a mapping of value id to number"
        found.append(Problem(name, row, "changes", str(item["changes"]), allowed))
    return found
