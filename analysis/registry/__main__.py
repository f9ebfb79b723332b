"""Command line of the registry: check the data, show a record, refresh figures, write schemas."""

from __future__ import annotations

import argparse
import difflib
import io
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.registry import Registry, RegistryError, load, refresh, schema
from analysis.registry.formatting import format_range, format_value
from analysis.registry.loading import DATA
from analysis.registry.records import Record, Value
from analysis.registry.scenario import describe_limits

OK, PROBLEMS, FAILED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns 0 if all is well, 1 for problems found, 2 if it could not be done."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without UTF-8 still shows the rest
    options = _parser().parse_args(arguments)
    try:
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except RegistryError as error:
        print(error, file=sys.stderr)
        return PROBLEMS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis.registry", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=DATA, help="data folder (default: %(default)s)"
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    check = commands.add_parser("check", help="validate all files and count the records")
    check.set_defaults(command=_check)

    show = commands.add_parser("show", help="print one record")
    show.add_argument("id", help="id of any record, or the code of a municipality")
    show.set_defaults(command=_show)

    fresh = commands.add_parser("refresh", help="fetch population and employment from SSB")
    fresh.add_argument("--check", action="store_true", help="compare only, write nothing")
    fresh.add_argument("--api", default=refresh.API, help="address (default: %(default)s)")
    fresh.add_argument(
        "--timeout", type=float, default=refresh.TIMEOUT_SECONDS, help="seconds to wait"
    )
    fresh.set_defaults(command=_refresh)

    write = commands.add_parser("schema", help="write datapackage.json")
    write.add_argument("--json", action="store_true", help="print the JSON schema of the records")
    write.set_defaults(command=_schema)
    return parser


def _load(options: argparse.Namespace) -> Registry:
    return load(None if options.data == DATA else options.data)


def _check(options: argparse.Namespace) -> int:
    registry = _load(options)
    counts = Counter(str(value.status) for value in registry.values.values())
    print(f"{len(registry.values)} values: " + _counted(counts))
    others = {
        "units": registry.units,
        "sources": registry.sources,
        "conflicts": registry.conflicts,
        "claims": registry.claims,
        "evidence": registry.evidence,
        "codes": registry.codebook,
        "terms": registry.glossary,
        "municipalities": registry.municipality_records,
        "municipality statuses": registry.status_records,
        "scenarios": registry.scenarios,
    }
    print(_counted({name: len(records) for name, records in others.items()}))
    print(f"no problems; base scenario {registry.scenario('base').hash}")
    return OK


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def _show(options: argparse.Namespace) -> int:
    registry = _load(options)
    found = False
    if options.id in registry.values:
        print("\n".join(_describe_value(registry, registry.values[options.id])))
        found = True
    tables = _tables(registry)
    for name, records in tables.items():
        if options.id in records:
            print("\n".join(_describe(name, records[options.id])))
            found = True
    if options.id in registry.scenarios:
        scenario = registry.scenarios[options.id]
        print(f"scenario {scenario.id}: {scenario.label}\n{scenario.description}")
        print(f"hash {scenario.hash}")
        for id, x in scenario.changes.items():
            print(f"  {id} = {_shown(registry, id, x)}")
        found = True
    if found:
        return OK
    known = {*registry.values, *registry.scenarios}.union(*tables.values())
    near = difflib.get_close_matches(options.id, sorted(known), n=5, cutoff=0.5)
    near += [id for id in sorted(known) if options.id.lower() in id.lower()][:5]
    hint = f"; near: {', '.join(dict.fromkeys(near))}" if near else ""
    print(f"unknown id {options.id!r}{hint}", file=sys.stderr)
    return PROBLEMS


def _tables(registry: Registry) -> dict[str, Mapping[str, Record]]:
    return {
        "unit": registry.units,
        "source": registry.sources,
        "conflict": registry.conflicts,
        "claim": registry.claims,
        "evidence": registry.evidence,
        "code": registry.codebook,
        "term": registry.glossary,
        "municipality": registry.municipality_records,
        "municipality status": registry.status_records,
    }


def _describe(name: str, record: Record) -> list[str]:
    lines = [name]
    for key, cell in record:
        if cell not in (None, "", ()):
            text = "; ".join(cell) if isinstance(cell, tuple) else cell
            lines.append(f"  {key + ':':<18}{text}")
    return lines


def _shown(registry: Registry, id: str, x: float) -> str:
    unit = registry.units[registry.values[id].unit]
    return format_value(x, unit)


def _describe_value(registry: Registry, value: Value) -> list[str]:
    unit = registry.units[value.unit]
    place = registry.location(value.id)
    rows: list[tuple[str, Any]] = [
        ("value", f"{_shown(registry, value.id, registry[value.id])}  ({registry[value.id]!r})"),
        ("unit", f"{unit.id}: {unit.label}"),
        ("status", value.status),
        ("date", value.date),
        ("price level", " ".join(map(str, filter(None, (value.price_basis, value.price_year))))),
    ]
    if value.low is not None and value.high is not None:
        shape = f", {value.distribution}" if value.distribution else ""
        text = format_range(value.low, value.high, unit)
        rows.append(("range", f"{text} ({value.range_meaning}{shape})"))
    if not value.formula:
        rows.append(("scenarios", f"{describe_limits(*registry.limits(value.id))} {unit.id}"))
    source = registry.source(value.source)
    rows += [
        ("source", f"{source.id}: {source.citation}"),
        ("address", source.url),
        ("locator", value.locator),
        ("series", value.series),
        ("formula", value.formula),
    ]
    rows += [
        ("  input", f"{id} = {_shown(registry, id, registry[id])}")
        for id in sorted(registry.inputs(value.id))
    ]
    rows += [("used by", id) for id in registry.used_by(value.id)]
    for conflict in registry.conflicts_of(value.id):
        role = "used" if conflict.used == value.id else f"{conflict.used} is used"
        rows.append(("conflict", f"{conflict.id}: {conflict.title} ({role}: {conflict.reason})"))
    rows += [
        ("claim", f"{claim.id}: {claim.paraphrase}")
        for claim in registry.claims.values()
        if value.id in claim.informs
    ]
    rows += [("note", value.note), ("stands in", f"{place.file}:{place.row}")]
    lines = [f"{value.id}: {value.label}"]
    lines += [f"  {name + ':':<14}{cell}" for name, cell in rows if cell not in (None, "")]
    return lines


def _refresh(options: argparse.Namespace) -> int:
    work = refresh.compare if options.check else refresh.update
    try:
        differences = work(options.data, options.api, options.timeout)
    except refresh.RefreshError as error:
        print(f"nothing was compared or written: {error}", file=sys.stderr)
        return FAILED
    for difference in differences:
        print(difference)
    if not differences:
        print("the stored figures agree with Statistics Norway")
        return OK
    if options.check:
        print(f"{len(differences)} differences; nothing was written", file=sys.stderr)
        return PROBLEMS
    print(f"{len(differences)} figures written")
    load(options.data)  # the new figures must pass the checks too
    return OK


def _schema(options: argparse.Namespace) -> int:
    if options.json:
        print(schema.as_text(schema.json_schema()), end="")
        return OK
    path = options.data / "datapackage.json"
    path.write_text(schema.as_text(schema.datapackage(options.data)), encoding="utf-8")
    print(f"wrote {path}")
    return OK


if __name__ == "__main__":
    sys.exit(main())
