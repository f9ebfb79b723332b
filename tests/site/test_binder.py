import ast
import json
import os
import subprocess
from pathlib import Path
from urllib.parse import quote, unquote

import nbformat
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tornado import testing, web

from analysis import explorer
from analysis.explorer import gp_office, state
from analysis.explorer.state import State
from analysis.site import binder

SET = State({"gp.hp_price": 80000.0, "office.partners": 0.35}, {"contract": "deal"})
ROOT = Path(__file__).parents[2]
LINK = state.to_link(gp_office, SET).removeprefix("s=")


def shown(text: str) -> State:
    """The settings that a notebook's code asks for, read without running it."""
    book = nbformat.reads(text, as_version=4)
    nbformat.validate(book)
    call = ast.parse(book.cells[-1].source).body[-1].value
    assert ast.unparse(call.func) == "explorer.show"
    given = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
    return explorer.show(ast.literal_eval(call.args[0]), **given).state


def words(text: str) -> str:
    return nbformat.reads(text, as_version=4).cells[0].source


@pytest.mark.parametrize("panel", explorer.EXPLORERS.values(), ids=lambda e: e.id)
def test_every_preset_opens_as_a_notebook_that_shows_it(panel):
    for preset in panel.payload["presets"]:
        wanted = State(preset["changes"], preset["choices"])
        name, text = binder.from_link(state.to_link(panel, wanted).removeprefix("s="))
        assert shown(text) == wanted
        assert panel.title in words(text)
        assert panel.payload["base"] in words(text)
        assert "Notes on the link" not in words(text)
        assert name == Path(name).name


def test_the_name_stands_for_the_settings():
    name, text = binder.from_link(LINK)
    assert name.startswith("helseplattformen-gp-office-")
    assert binder.from_link(LINK) == (name, text)
    assert binder.from_link(LINK.replace("80000", "80001"))[0] != name


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("gp.hp_price:NaN", "not a number"),
        ("gp.hp_price:1e308", "outside 0 to 400000"),
        ("contract:<script>alert(1)</script>", "unknown answer"),
        ("<img src=x onerror=alert(1)>:1", "“?” is not a setting here"),
        ("[a](javascript:alert(1)):1", "“?” is not a setting here"),
        ("../../etc/passwd:1", "“?” is not a setting here"),
        ("v:000000000000", "The data have changed since the link was made"),
    ],
)
def test_what_could_not_be_taken_is_named_and_the_rest_is_kept(part, said):
    name, text = binder.from_link(f"1~gp_office~{part}~office.gps:6")
    assert shown(text) == State({"office.gps": 6.0})
    assert said in words(text)
    assert "alert" not in text
    assert "/" not in name


def test_the_same_note_is_given_once():
    _, text = binder.from_link("1~gp_office" + "~" * 3000)
    assert words(text).count("is not a setting here") == 1


@pytest.mark.parametrize(
    "text",
    ["", "1", "~", "1~nobody", "x~gp_office", "٣~gp_office", "1~../gp_office", "1~__class__"],
)
def test_a_link_that_names_no_panel_is_refused_with_what_is_expected(text):
    with pytest.raises(ValueError, match=r"one of budget, who_pays, .*hp/open"):
        binder.from_link(text)


def test_a_huge_link_is_refused():
    with pytest.raises(ValueError, match="longer than 4000"):
        binder.from_link("1~gp_office~" + "a" * 100_000)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200), st.booleans())
@example("v", True)
@example("\ud800:\ud800", True)
@example("\n# x\n:1~gp.hp_price:1\n", True)
def test_nothing_in_a_link_gets_further_than_the_parser(text, prefixed):
    link = "1~gp_office~" + text if prefixed else text
    try:
        name, content = binder.from_link(link)
    except ValueError:
        return
    panel = json.loads(content)["cells"][0]["source"][0].strip("# \n")
    assert panel in {e.title for e in explorer.EXPLORERS.values()}
    shown(content)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


class AsReader(binder.Open):
    """The handler behind a login that a test can open or shut."""

    def get_current_user(self):
        return self.settings["reader"]


class TestServer(testing.AsyncHTTPTestCase):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path):
        self.root = tmp_path / "root"
        self.root.mkdir()

    def get_app(self):
        options = {"root": self.root, "base": "/user/some one/"}
        return web.Application([("/hp/open", AsReader, options)], login_url="/login", reader="me")

    def ask(self, link: str):
        return self.fetch(f"/hp/open?s={link}", follow_redirects=False)

    def test_a_link_leads_to_its_notebook_in_jupyterlab(self):
        reply = self.ask(quote(LINK, safe=""))
        (path,) = self.root.iterdir()
        assert reply.code == 302
        assert unquote(reply.headers["Location"]) == f"/user/some one/lab/tree/{path.name}"
        assert shown(path.read_text(encoding="utf8")) == SET

    def test_a_notebook_that_is_there_is_left_as_it_is(self):
        first = self.ask(LINK).headers["Location"]
        (path,) = self.root.iterdir()
        path.write_text("mine", encoding="utf8")
        assert self.ask(LINK).headers["Location"] == first
        assert path.read_text(encoding="utf8") == "mine"

    def test_what_cannot_be_read_is_refused_in_plain_text(self):
        for link in ("", "%00", "%ff%fe", "1~%3Cb%3E", "1~..%2F..%2Fx", "a" * 20_000):
            reply = self.ask(link)
            assert reply.code == 400, link[:20]
            assert reply.headers["Content-Type"].startswith("text/plain")
            assert b"The link" in reply.body
            assert b"<" not in reply.body
        assert self.fetch("/hp/open").code == 400
        assert list(self.root.iterdir()) == []

    def test_a_link_with_broken_bytes_still_opens(self):
        assert self.ask("1~gp_office~%ff:%fe").code == 302
        (path,) = self.root.iterdir()
        assert "“?” is not a setting here" in words(path.read_text(encoding="utf8"))

    def test_a_folder_that_cannot_be_written_is_said_so(self):
        self.root.rmdir()
        reply = self.ask(LINK)
        assert reply.code == 500
        assert b"could not be written" in reply.body
        assert str(self.root).encode() not in reply.body

    def test_who_is_not_logged_in_writes_nothing(self):
        self._app.settings["reader"] = None
        assert "/login" in self.ask(LINK).headers["Location"]
        assert list(self.root.iterdir()) == []


def test_the_binder_image_enables_the_extension(tmp_path):
    """Its build script, with a stand-in for Python, puts the setting where Jupyter looks for it."""
    stub = tmp_path / "bin" / "python"
    stub.parent.mkdir()
    stub.write_text(f'#!/bin/sh\n[ "$1" = -m ] || echo {tmp_path}\n', encoding="utf8")
    stub.chmod(0o755)
    search = f"{stub.parent}:{os.environ['PATH']}"
    subprocess.run([ROOT / ".binder/postBuild"], cwd=ROOT, env={"PATH": search}, check=True)
    (found,) = (tmp_path / "etc/jupyter/jupyter_server_config.d").iterdir()
    settings = json.loads(found.read_text(encoding="utf8"))
    assert settings == {"ServerApp": {"jpserver_extensions": {binder.__name__: True}}}
    assert binder._jupyter_server_extension_points() == [{"module": binder.__name__}]
