"""What a notebook cell shows: widgets for Jupyter, HTML for the page, in one bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.explorer import page, words
from analysis.explorer.engine import evaluate

if TYPE_CHECKING:
    from analysis.explorer.declare import Explorer
    from analysis.explorer.state import State

WIDGET = "application/vnd.jupyter.widget-view+json"


def bundle(explorer: Explorer, state: State | None = None) -> dict[str, Any]:
    """Return the MIME bundle. A callback widget never reaches the page: that takes the HTML.

    Without ipywidgets the bundle holds the HTML and the text alone.
    """
    result = evaluate(explorer, state)
    found: dict[str, Any] = {}
    try:
        from analysis.explorer.jupyter import Panel
    except ImportError:
        pass
    else:
        found.update(Panel(explorer, state)._repr_mimebundle_())
    found["text/plain"] = "\n".join([explorer.title, *words.headlines(explorer, result)])
    found["text/html"] = page.html(explorer)
    return found
