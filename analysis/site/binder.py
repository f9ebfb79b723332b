"""Open a live panel's settings on Binder: a Jupyter server extension with one address.

``<base>hp/open?s=1~gp_office~v:…~gp.hp_price:80000`` reads the state of a panel's link, writes a
notebook that holds those settings into the server's root and leads to it in JupyterLab. Only
``.binder/postBuild`` enables it. The link is untrusted: no text of it reaches a path, and into the
notebook goes only what ``state.from_link`` accepted or put in its own words.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado import web

if TYPE_CHECKING:
    from analysis.explorer import Explorer, State

ADDRESS = "hp/open"
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebook(panel: Explorer, at: State, messages: Sequence[str] = ()) -> str:
    """Return the text of a notebook that shows a panel at given settings.

    Twin of ``notebook`` in ``assets/js/explorer.js``, which adds where it was made.
    """
    text = f"# {panel.title}\n\nRun the code below. Data version {panel.payload['base']}.\n"
    if messages:
        text += "\nNotes on the link:\n\n" + "".join(f"- {m}\n" for m in dict.fromkeys(messages))
    changes = {id: int(x) if x.is_integer() else x for id, x in sorted(at.changes.items())}
    code = (
        "from analysis import explorer\n\nexplorer.show(\n"
        f"    {json.dumps(panel.id)},\n    changes={json.dumps(changes)},\n"
        f"    choices={json.dumps(dict(sorted(at.choices.items())))},\n)"
    )
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "what", "metadata": {}, "source": _lines(text)},
        {
            "cell_type": "code",
            "id": "show",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": _lines(code),
        },
    ]
    content = {
        "cells": cells,
        "metadata": {"kernelspec": KERNELSPEC},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def from_link(text: str) -> tuple[str, str]:
    """Return the file name and the text of the notebook for a link's state, without its ``s=``.

    The name holds a checksum of the text: the same settings, the same name.

    Raises:
        ValueError: the whole cannot be read; says what is expected. Single parts that cannot be
            taken are named in the notebook instead.
    """
    from analysis.explorer import EXPLORERS, state

    if len(text) > state.LONGEST_LINK:
        raise ValueError(f"The link is longer than {state.LONGEST_LINK} characters.")
    version, _, rest = text.partition("~")
    panel = EXPLORERS.get(rest.partition("~")[0])
    if panel is None or not re.fullmatch(r"[1-9]\d{0,3}", version, re.ASCII):
        raise ValueError(
            "The link does not name a panel. It starts with a version and one of "
            f"{', '.join(EXPLORERS)}, as in hp/open?s={state.LINK_VERSION}~{next(iter(EXPLORERS))}."
        )
    content = notebook(panel, *state.from_link(panel, f"s={text}"))
    digest = hashlib.sha256(content.encode()).hexdigest()[:12]
    return f"helseplattformen-{panel.id.replace('_', '-')}-{digest}.ipynb", content


class Open(web.RequestHandler):
    """Write the notebook of a link and lead there; say in plain text why not."""

    def initialize(self, root: Path, base: str) -> None:
        """Take the folder to write to and the server's base address."""
        self.root, self.base = root, base

    @web.authenticated
    def get(self) -> None:
        """Answer with a redirect, or with 400 (unreadable link) or 500 (cannot write)."""
        raw = self.request.query_arguments.get("s", [b""])[-1]
        try:
            name, content = from_link(raw.decode("utf8", "replace"))
        except ValueError as error:
            return self._say(400, str(error))
        target, part = self.root / name, self.root / f".{name}.part"
        try:
            # What the reader has done to an earlier notebook of this link stays.
            if not target.exists():
                part.write_text(content, encoding="utf8")
                part.replace(target)
        except OSError as error:
            return self._say(500, f"The notebook could not be written: {error.strerror}.")
        return self.redirect(f"{self.base}lab/tree/{name}")

    def _say(self, status: int, text: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(text + "\n")


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Add the address to a Jupyter server, behind its login."""
    from jupyter_server.base.handlers import (  # type: ignore[import-not-found,unused-ignore]
        JupyterHandler,
    )

    handler = type("OpenBehindLogin", (Open, JupyterHandler), {})
    options = {"root": Path(server.root_dir), "base": server.base_url}
    address = re.escape(server.base_url) + ADDRESS
    server.web_app.add_handlers(".*$", [(address, handler, options)])


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
