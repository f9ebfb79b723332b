"""The panels stored in the notebooks are those of the code and data beside them."""

from pathlib import Path

import nbformat
import pytest

from analysis import explorer
from analysis.explorer import page

BOOK = Path(__file__).parents[2] / "book"


def stored():
    """Notebook and HTML of every stored panel."""
    for path in sorted(BOOK.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                html = "".join(output.get("data", {}).get("text/html", ""))
                for panel in explorer.EXPLORERS.values():
                    if f'data-explorer="{panel.id}"' in html:
                        yield pytest.param(panel, html, id=f"{path.stem}-{panel.id}")


@pytest.mark.parametrize(("panel", "html"), list(stored()))
def test_a_stored_panel_is_up_to_date(panel, html):
    same = html.strip() == page.html(panel).strip()
    assert same, f"{panel.id} is older than its code or data: run `make notebooks`"


def test_every_panel_is_in_the_book():
    assert {p.values[0].id for p in stored()} == set(explorer.EXPLORERS)
