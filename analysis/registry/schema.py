"""Describe data/ for other tools: datapackage.json (Frictionless), and the JSON schema of records.

Both are made from the pydantic classes, so that the format has one definition. Keys between tables
are declared where a cell holds one id. Specification: https://specs.frictionlessdata.io.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from analysis.registry.loading import OPTIONAL, TABLES
from analysis.registry.records import Record, Value

VALUES = "values"

FOREIGN_KEYS: dict[str, tuple[tuple[str, str, str], ...]] = {  # table: (field, other table, field)
    "units": (("base", "units", "id"),),
    VALUES: (("unit", "units", "id"), ("source", "sources", "id")),
    "conflicts": (("used", VALUES, "id"),),
    "claims": (("topic", "codebook", "code"),),
    "evidence": (("claim", "claims", "id"), ("source", "sources", "id")),
    "municipality_status": (("code", "municipalities", "code"), ("source", "sources", "id")),
    "health_employment": (("code", "municipalities", "code"),),
}
PRIMARY_KEYS: dict[str, tuple[str, ...]] = {
    "codebook": ("code",),
    "municipalities": ("code",),
    "health_employment": ("code", "year"),
}
_TYPES = {"integer": "integer", "number": "number", "string": "string", "array": "string"}


def datapackage(folder: Path) -> dict[str, Any]:
    """Descriptor of the tables in `folder`, as a JSON-ready dict."""
    resources = [
        _resource(name.removesuffix(".csv"), name, record)
        for name, record in TABLES.items()
        if name not in OPTIONAL or (folder / name).is_file()
    ]
    files = sorted(path.name for path in (folder / VALUES).glob("*.csv"))
    if files:
        paths = [f"{VALUES}/{name}" for name in files]
        resources.insert(2, _resource(VALUES, paths, Value))
    return {
        "profile": "tabular-data-package",
        "name": "helseplattformen-analysis",
        "title": "Helseplattformen: figures, sources, claims and municipalities",
        "description": "Every number of the analysis with unit, source, status and range.",
        "licenses": [
            {
                "name": "CC-BY-4.0",
                "path": "https://creativecommons.org/licenses/by/4.0/",
                "title": "Creative Commons Attribution 4.0; figures under the licence of their "
                "source, see sources.csv",
            }
        ],
        "resources": resources,
    }


def json_schema() -> dict[str, Any]:
    """JSON schema of the records, by table."""
    tables = {name.removesuffix(".csv"): record for name, record in TABLES.items()}
    tables[VALUES] = Value
    return {name: record.model_json_schema() for name, record in tables.items()}


def as_text(descriptor: dict[str, Any]) -> str:
    """Write a descriptor the way it is kept in the repository."""
    return json.dumps(descriptor, indent=1, ensure_ascii=False) + "\n"


def _resource(name: str, path: str | list[str], record: type[Record]) -> dict[str, Any]:
    properties = record.model_json_schema()["properties"]
    required = {key for key, field in record.model_fields.items() if field.is_required()}
    schema: dict[str, Any] = {
        "fields": [_field(key, spec, key in required) for key, spec in properties.items()],
        "missingValues": [""],
        "primaryKey": list(PRIMARY_KEYS.get(name, ("id",))),
    }
    if keys := FOREIGN_KEYS.get(name):
        schema["foreignKeys"] = [
            {
                "fields": [field],
                "reference": {"resource": "" if other == name else other, "fields": [target]},
            }
            for field, other, target in keys
        ]
    return {
        "name": name,
        "path": path,
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "description": (record.__doc__ or "").strip(),
        "schema": schema,
    }


def _field(name: str, spec: dict[str, Any], required: bool) -> dict[str, Any]:
    """Table schema of one column from the JSON schema of one field."""
    options = [part for part in spec.get("anyOf", [spec]) if part.get("type") != "null"]
    kind = options[0]
    constraints: dict[str, Any] = {"required": True} if required else {}
    for theirs, ours in (
        ("minimum", "minimum"),
        ("maximum", "maximum"),
        ("exclusiveMinimum", "minimum"),
        ("minLength", "minLength"),
        ("pattern", "pattern"),
        ("enum", "enum"),
    ):
        if theirs in kind:
            constraints[ours] = kind[theirs]
    field = {
        "name": name,
        "type": _TYPES[kind.get("type", "string")],
        "description": spec.get("description", ""),
    }
    if kind.get("type") == "array":
        field["description"] += " Separated by semicolons."
    return {**field, "constraints": constraints} if constraints else field
