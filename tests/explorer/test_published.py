"""The panels stored in the notebooks are those of the code and data beside them."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from analysis import explorer

BOOK = Path(__file__).parents[2] / "book"
BLOCK = re.compile(r'<script type="application/json" class="hx-data">(.*?)</script>', re.DOTALL)


def stored():
    """Notebook and data block of every stored panel."""
    for path in sorted(BOOK.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                html = "".join(output.get("data", {}).get("text/html", ""))
                for block in BLOCK.findall(html):
                    yield pytest.param(
                        json.loads(block), id=f"{path.stem}-{json.loads(block)['id']}"
                    )


@pytest.mark.parametrize("payload", stored())
def test_a_stored_panel_is_up_to_date(payload):
    current = explorer.EXPLORERS[payload["id"]].payload
    changed = [key for key in current if payload.get(key) != current[key]]
    assert not changed, f"{payload['id']} is older than its code or data: run `make notebooks`"
