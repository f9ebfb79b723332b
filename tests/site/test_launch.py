import importlib.util
import json
import re
import sys
from types import SimpleNamespace
from urllib.parse import parse_qs, quote, urlsplit

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from analysis.site import launch

GITHUB = "https://github.com/someone/some-book"


def app(repository=GITHUB, branch="main"):
    return SimpleNamespace(
        config=SimpleNamespace(hp_repository_url=repository, hp_branch=branch), builder=None
    )


def test_a_chapter_is_offered_in_two_ways():
    found = launch.links(app(branch="a/b"), "book/budget")
    assert found == {
        "Download the notebook": "../_sources/book/budget.ipynb",
        "Binder": "https://mybinder.org/v2/gh/someone/some-book/a%2Fb?urlpath=lab/tree/book/budget.ipynb",
    }


def test_what_is_downloaded_fetches_the_project_first_and_only_once(tmp_path):
    path = tmp_path / "_sources" / "book" / "a.ipynb"
    path.parent.mkdir(parents=True)
    cell = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": ["# Å\n"]}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf8")
    project = app()
    project.outdir = tmp_path
    for _ in range(2):
        launch.prepare_downloads(project, None)
        found = nbformat.read(path, as_version=4)
        nbformat.validate(found)
        assert [c.id for c in found.cells] == ["fetch", "title"]
        assert found.cells[0].source == launch.panel_data(project)["fetch"]
        assert found.cells[1].source == "# Å\n"


@pytest.mark.parametrize("repository", ["", "https://example.org/x", "https://github.com/someone"])
def test_without_a_repository_on_github_only_the_download_is_offered(repository):
    assert list(launch.links(app(repository), "book/budget")) == ["Download the notebook"]
    assert launch.panel_data(app(repository)) == {}
    assert "data-" not in launch.add_links(app(repository), "book/budget", "<h1>x</h1>")


def test_binder_hands_a_link_state_to_the_server_unharmed():
    """The state is encoded for the server's query, then for Binder's."""
    link = "1~gp_office~v:1a2b3c~gp.hp_price:1e+21~a&b#c%d"
    address = launch.panel_data(app())["open"] + quote(quote(link, safe=""), safe="")
    parts = urlsplit(address)
    assert (parts.hostname, parts.path) == ("mybinder.org", "/v2/gh/someone/some-book/main")
    (inner,) = parse_qs(parts.query, strict_parsing=True)["urlpath"]
    # Binder appends the path to the server's address, and its token after an ampersand.
    asked = urlsplit(f"https://hub.example/user/x/{inner}&token=abc")
    assert asked.path == "/user/x/hp/open"
    assert parse_qs(asked.query) == {"s": [link], "token": ["abc"]}


def test_the_line_carries_the_addresses_for_the_panels():
    body = launch.add_links(app(), "book/budget", "<h1>Budget</h1><p>Text</p>")
    assert re.search(r'</h1><p class="hp-launch" data-open="https://mybinder\.org/[^"<>]+"', body)
    assert body.endswith("</p><p>Text</p>")


def test_the_project_is_fetched_only_where_it_is_missing(monkeypatch):
    code = TransformerManager().transform_cell(launch.fetching(GITHUB, "main"))
    ran = []
    shell = SimpleNamespace(
        system=ran.append, run_line_magic=lambda name, line: ran.append(f"{name} {line}")
    )
    monkeypatch.setattr(sys, "path", sys.path.copy())
    exec(code, {"get_ipython": lambda: shell})
    assert ran == []
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    exec(code, {"get_ipython": lambda: shell})
    assert [line.split()[:2] for line in ran] == [["git", "clone"], ["pip", "install"]]
    assert ran[0].split()[-4:] == ["--branch", "main", GITHUB, launch.FOLDER]
    assert sys.path[0] == launch.FOLDER


@pytest.mark.parametrize("branch", ["a; rm -rf x", "$(x)", "--upload-pack=x", "a b", ""])
def test_no_branch_name_becomes_a_command(branch):
    with pytest.raises(ValueError, match="not an address or a branch"):
        launch.fetching(GITHUB, branch)
