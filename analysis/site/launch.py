"""The line "Open in Jupyter" under the title of a notebook page."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote


def links(app: Any, pagename: str) -> dict[str, str]:
    """Return the name and address of each way to run a notebook.

    Binder and Colab need ``hp_repository_url`` on GitHub; without it only the download is offered.
    """
    notebook = f"{pagename}.ipynb"
    up = "../" * pagename.count("/")
    found = {"Download the notebook": f"{up}_sources/{notebook}"}
    repository = app.config.hp_repository_url.rstrip("/").removeprefix("https://github.com/")
    if repository.count("/") == 1:
        branch, path = quote(app.config.hp_branch, safe=""), quote(notebook)
        found["Binder"] = (
            f"https://mybinder.org/v2/gh/{repository}/{branch}?urlpath=lab/tree/{path}"
        )
        found["Colab"] = (
            f"https://colab.research.google.com/github/{repository}/blob/{branch}/{path}"
        )
    return found


def add_links(app: Any, pagename: str, body: str) -> str:
    """Return the body with the links after its first heading."""
    items = " · ".join(
        f'<a href="{escape(address)}"{" download" if name.startswith("Download") else ""}>'
        f"{name}</a>"
        for name, address in links(app, pagename).items()
    )
    line = f'<p class="hp-launch">Open in Jupyter: {items}</p>'
    before, heading, after = body.partition("</h1>")
    return before + heading + line + after if heading else line + body
