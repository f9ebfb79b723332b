"""Policy analysis of Helseplattformen: one package behind the notebooks, the page and the tests.

import analysis
result = analysis.evaluate()                              # the base scenario
result.npv, result.flows, result.payback_year
spread = analysis.simulate({"model.overrun": 0.5}, draws=16384, seed=1)
spread.quantiles                                          # P10, P50, P85, P90 and standard errors
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.studies.appraisal import Result, compare, evaluate, load_scenario
    from analysis.studies.decision import break_even
    from analysis.studies.uncertainty import Simulation, simulate

# Each public name and the module that holds it: imported when first used, so that importing the
# package stays cheap.
_HOMES = {
    "Result": "analysis.studies.appraisal",
    "Simulation": "analysis.studies.uncertainty",
    "break_even": "analysis.studies.decision",
    "compare": "analysis.studies.appraisal",
    "evaluate": "analysis.studies.appraisal",
    "load_scenario": "analysis.studies.appraisal",
    "simulate": "analysis.studies.uncertainty",
}
__all__ = ["Result", "Simulation", "break_even", "compare", "evaluate", "load_scenario", "simulate"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
