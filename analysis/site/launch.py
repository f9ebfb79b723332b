"""The line "Open in Jupyter" under the title of a notebook page."""

from __future__ import annotations

import json
import shlex
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from analysis.site.binder import ADDRESS

BINDER = "https://mybinder.org/v2/gh/"
FOLDER = "helseplattformen"


def links(app: Any, pagename: str) -> dict[str, str]:
    """Return the name and address of each way to run a notebook.

    Binder needs ``hp_repository_url`` on GitHub; without it only the download is offered. What is
    downloaded also runs on Colab, see :func:`prepare_downloads`.
    """
    notebook = f"{pagename}.ipynb"
    up = "../" * pagename.count("/")
    found = {"Download the notebook": f"{up}_sources/{notebook}"}
    repository = _repository(app)
    if repository:
        branch = quote(app.config.hp_branch, safe="")
        found["Binder"] = f"{BINDER}{repository}/{branch}?urlpath=lab/tree/{quote(notebook)}"
    return found


def panel_data(app: Any) -> dict[str, str]:
    """Return what ``assets/js/explorer.js`` needs to lead from a panel's settings to Jupyter.

    ``open`` is a Binder address to which the link state, encoded twice, is appended: it is a query
    within a query. ``fetch`` is the code that a downloaded notebook starts with.
    """
    repository = _repository(app)
    if not repository:
        return {}
    branch = quote(app.config.hp_branch, safe="")
    inner = quote(f"{ADDRESS}?s=", safe="")
    return {
        "open": f"{BINDER}{repository}/{branch}?urlpath={inner}",
        "fetch": fetching(f"https://github.com/{repository}", app.config.hp_branch),
    }


def fetching(repository: str, branch: str) -> str:
    """Return the notebook cell that gets the project where it is missing, as on Google Colab.

    Raises:
        ValueError: an address or a branch that a shell would not read as one plain word.
    """
    for word in (repository, branch):
        if shlex.quote(word) != word or word.startswith("-"):
            raise ValueError(f"not an address or a branch to clone: {word!r}")
    return (
        "# Fetches the project where it is not installed, as on Google Colab.\n"
        "import importlib.util\n"
        "import sys\n\n"
        'if importlib.util.find_spec("analysis") is None:\n'
        f"    !git clone --quiet --depth 1 --branch {branch} {repository} {FOLDER}\n"
        f"    %pip install --quiet anywidget --editable ./{FOLDER}\n"
        f'    sys.path.insert(0, "{FOLDER}")'
    )


def prepare_downloads(app: Any, exception: Exception | None) -> None:
    """Give every notebook that is offered for download a first cell that fetches the project."""
    fetch = panel_data(app).get("fetch")
    if exception or not fetch:
        return
    for path in Path(app.outdir, "_sources").rglob("*.ipynb"):
        content = json.loads(path.read_text(encoding="utf8"))
        cell: dict[str, Any] = {
            "cell_type": "code",
            "execution_count": None,
            "id": "fetch",
            "metadata": {},
            "outputs": [],
            "source": fetch.splitlines(keepends=True),
        }
        others = [c for c in content["cells"] if c.get("id") != cell["id"]]
        content["cells"] = [cell, *others]
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf8")


def _repository(app: Any) -> str:
    """Return ``owner/name`` of the repository when it is on GitHub, else nothing."""
    name: str = app.config.hp_repository_url.rstrip("/").removeprefix("https://github.com/")
    return name if name.count("/") == 1 else ""


def add_links(app: Any, pagename: str, body: str) -> str:
    """Return the body with the links after its first heading."""
    items = " · ".join(
        f'<a href="{escape(address)}"{" download" if name.startswith("Download") else ""}>'
        f"{name}</a>"
        for name, address in links(app, pagename).items()
    )
    data = "".join(f' data-{key}="{escape(text)}"' for key, text in panel_data(app).items())
    line = f'<p class="hp-launch"{data}>Open in Jupyter: {items}</p>'
    before, heading, after = body.partition("</h1>")
    return before + heading + line + after if heading else line + body
