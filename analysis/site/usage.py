"""Where each registry value is used: pages, charts, findings, formulas, conflicts, claims, code."""

from __future__ import annotations

import fnmatch
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import registry
from analysis.studies import findings

ROLE = re.compile(r"\{num\}`\s*([a-z0-9_.]+)\s*(?:\|[^`]*)?`")
RECORDS = re.compile(r"^```\{records\}.*\n((?:.*\n)*?)```", re.MULTILINE)
_SOURCES = re.compile(r'sources\.html#source-([^"]+)"')
_QUOTED = re.compile(r"""["']([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)+)["']""")
_PREFIX = re.compile(r"""\bf["']([a-z_][a-z0-9_]*\.[a-z0-9_.]*)\{""")
_WORD = re.compile(r"""["']([a-z_0-9]+)["']""")


@dataclass(frozen=True, order=True)
class Use:
    """One place that uses a value: its sort, its name for the reader and its link, if any."""

    sort: str
    name: str
    link: str = ""


def cells(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the kind and content of the cells of a notebook; a .md page is one markdown cell."""
    text = path.read_text(encoding="utf8")
    if path.suffix == ".md":
        yield "markdown", {"source": text}
        return
    for cell in json.loads(text)["cells"]:
        source = cell["source"]
        cell["source"] = source if isinstance(source, str) else "".join(source)
        yield cell["cell_type"], cell


def quoted_ids(path: Path) -> list[str]:
    """Return the ids in ``{num}`` roles of a page, in order."""
    return [
        id
        for kind, cell in cells(path)
        if kind == "markdown"
        for id in ROLE.findall(cell["source"])
    ]


def matching(ids: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """Return the ids that match the patterns, in their order; LookupError names one without any."""
    known = list(ids)
    found: dict[str, None] = {}
    for pattern in patterns:
        matches = fnmatch.filter(known, pattern)
        if not matches:
            raise LookupError(f"{pattern!r}: no record of the registry matches")
        found |= dict.fromkeys(matches)
    return list(found)


def listed_ids(path: Path) -> list[str]:
    """Return the ids that the ``{records}`` tables of a page list."""
    return [
        id
        for kind, cell in cells(path)
        if kind == "markdown"
        for body in RECORDS.findall(cell["source"])
        for id in matching(
            registry.load().values,
            [line for line in body.splitlines() if line and not line.startswith(":")],
        )
    ]


def chart_sources(path: Path) -> list[str]:
    """Return the ids that the charts of a notebook name as sources."""
    found: list[str] = []
    for kind, cell in cells(path):
        for output in cell.get("outputs", []) if kind == "code" else []:
            spec = output.get("data", {}).get("application/vnd.plotly.v1+json", {})
            found += spec.get("layout", {}).get("meta", {}).get("sources", [])
    return found


def pages(book: Path) -> list[Path]:
    """Return the pages and notebooks of the book, by name."""
    return sorted([*book.glob("*.md"), *book.glob("*.ipynb")])


def uses(root: Path) -> Mapping[str, list[Use]]:
    """Return the places that use each value and finding of the project at ``root``."""
    reg = registry.load()
    found: dict[str, set[Use]] = defaultdict(set)
    for page in pages(root / "book"):
        for id in [*quoted_ids(page), *listed_ids(page), *chart_sources(page)]:
            found[id].add(Use("page", page.stem, f"{page.stem}.html"))
    for id, finding in findings.known().items():
        for name in finding.inputs:
            found[name].add(Use("finding", id, f"#{id}"))
    for id in reg.values:
        for name in reg.inputs(id):
            found[name].add(Use("value", id, f"#{id}"))
    for conflict in reg.conflicts.values():
        for id in conflict.values:
            found[id].add(Use("conflict", conflict.title, f"conflicts.html#conflict-{conflict.id}"))
    for claim in reg.claims.values():
        for id in claim.informs:
            found[id].add(Use("claim", claim.id))
    for use, id in _code_uses(root / "analysis"):
        found[id].add(use)
    return {id: sorted(places) for id, places in found.items()}


def _code_uses(package: Path) -> Iterator[tuple[Use, str]]:
    """Yield what the modules outside the registry name: ids, beginnings of ids, whole series."""
    reg = registry.load()
    for module in sorted(package.rglob("*.py")):
        name = ".".join(module.relative_to(package).with_suffix("").parts)
        if name.startswith(("registry", "site")):
            continue
        text = module.read_text(encoding="utf8")
        use = Use("code", name)
        ids = set(_QUOTED.findall(text))
        beginnings = tuple(_PREFIX.findall(text))
        series = set(_WORD.findall(text)) if ".series(" in text else set()
        for id, value in reg.values.items():
            if id in ids or id.startswith(beginnings) or value.series in series:
                yield use, id
