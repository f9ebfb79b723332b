"""The data registry: the only reader of data/; every number with its source, status and range.

from analysis import registry
reg = registry.load()
reg["cost.frame_article"]           # base or derived value, in its own unit
reg.number("cost.frame_article")    # with range, label, status and sources
reg.scenario("base").with_changes({"cost.frame_article": {"value": 4200, "unit": "mNOK"}})
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from analysis.registry import formatting
from analysis.registry.checks import check
from analysis.registry.loading import DATA, read
from analysis.registry.lookup import Registry, UnknownId
from analysis.registry.records import Number, Problem, RegistryError
from analysis.registry.scenario import Scenario, ScenarioError

__all__ = [
    "Number",
    "Problem",
    "Registry",
    "RegistryError",
    "Scenario",
    "ScenarioError",
    "UnknownId",
    "formatting",
    "load",
]


def load(path: str | Path | None = None) -> Registry:
    """Load and check the data folder; `path` defaults to data/ of the project, loaded once.

    Raises RegistryError with every problem: file, row, field, value and what is allowed.
    """
    return _load_default() if path is None else _load(Path(path))


@lru_cache(maxsize=1)
def _load_default() -> Registry:
    return _load(DATA)


def _load(folder: Path) -> Registry:
    contents = read(folder)
    registry = Registry(contents)
    problems = check(contents, registry)
    if problems:
        raise RegistryError(problems)
    return registry
