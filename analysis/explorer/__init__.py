"""Live control panels: one declaration, a Jupyter view and a page view.

from analysis import explorer
explorer.gp_office                                   # last expression of a cell: the panel
explorer.show("gp_office", {"gp.hp_price": 80000})   # at other settings
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from analysis.explorer import state as _state
from analysis.explorer import translate, views
from analysis.explorer.declare import Explorer
from analysis.explorer.panels.adoption import adoption
from analysis.explorer.panels.budget import budget
from analysis.explorer.panels.gp_office import gp_office
from analysis.explorer.panels.survey import survey
from analysis.explorer.panels.who_pays import who_pays
from analysis.explorer.state import State
from analysis.model import draws

__all__ = [
    "EXPLORERS",
    "Explorer",
    "State",
    "adoption",
    "budget",
    "gp_office",
    "kernels_script",
    "show",
    "survey",
    "who_pays",
]

EXPLORERS: Mapping[str, Explorer] = {
    e.id: e for e in (budget, who_pays, adoption, gp_office, survey)
}
# What the page's script calls beside the kernels.
_SHARED: tuple[Callable[..., Any], ...] = (draws.draw, draws.quantile)


class _Shown:
    """An explorer at given settings, to be displayed."""

    def __init__(self, explorer: Explorer, state: State) -> None:
        self.explorer, self.state = explorer, state

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return views.bundle(self.explorer, self.state)


def show(
    id: str,
    changes: Mapping[str, float] | None = None,
    choices: Mapping[str, str] | None = None,
) -> _Shown:
    """Return an explorer at given settings, for display as the last expression of a cell.

    Raises:
        KeyError: an unknown explorer. ValueError: an unknown or disallowed setting.
    """
    if id not in EXPLORERS:
        raise KeyError(f"explorer {id!r} is unknown; choose from {', '.join(EXPLORERS)}")
    return _Shown(EXPLORERS[id], _state.checked(EXPLORERS[id], changes or {}, choices))


def kernels_script() -> str:
    """Return ``explorer-kernels.js``: all kernels as the classic script that the page loads."""
    return translate.script([*_SHARED, *(e.kernel for e in EXPLORERS.values())])
