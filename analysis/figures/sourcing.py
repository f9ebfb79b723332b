"""The checks that charts and tables share: their id, and the sources that they must name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from analysis import registry
from analysis.studies import findings

if TYPE_CHECKING:
    from analysis.registry.records import Source


_ID = re.compile(r"[a-z][a-z0-9-]*")


def check_id(id: str, kind: str) -> None:
    """Raise ValueError unless ``id`` is kebab-case: it becomes an anchor and a file name."""
    if not _ID.fullmatch(id):
        raise ValueError(f"{kind} id {id!r} is not kebab-case: a-z, 0-9 and -, a letter first")


def check_sources(ids: Iterable[str], where: str) -> list[str]:
    """Return the ids as a list in the given order, without repeats.

    Raises:
        ValueError: when there is none, or a single string was given.
        KeyError: when one is neither a value, a finding nor a source; names it and ``where``.
    """
    if isinstance(ids, str):
        raise ValueError(f"{where}: sources must be a list of ids, not the text {ids!r}")
    known = list(dict.fromkeys(ids))
    if not known:
        raise ValueError(f"{where}: sources is empty; every figure names its sources")
    for id in known:
        cited(id, where)
    return known


def cited(id: str, where: str) -> list[Source]:
    """Return the source records behind one id: its own or its inputs', first cited first."""
    reg = registry.load()
    if id in reg.sources:
        return [reg.sources[id]]
    if id in reg.values:
        names: Iterable[str] = reg.number(id).sources
    elif id in findings.known():
        names = findings.known()[id].sources()
    else:
        raise KeyError(
            f"{where}: {id!r} is neither a value, a finding nor a source of the registry"
        )
    return [reg.sources[name] for name in names]
