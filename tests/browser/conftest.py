"""The built site in a real Chromium, with every request to another host refused and recorded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page, sync_playwright

from analysis.site.serve import make_server

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WATCHED = ("book", "data", "analysis", "assets", "_config.yml", "_toc.yml")
DRAWN = """() => [...document.querySelectorAll('figure.hp-chart')].every(
  (figure) => figure.dataset.drawn && figure.querySelector('.main-svg'))"""


def pages() -> list[str]:
    """The pages of the table of contents, by document name."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))
    parts = toc.get("parts", [{"chapters": toc.get("chapters", [])}])
    return [toc["root"], *(chapter["file"] for part in parts for chapter in part["chapters"])]


def chapters() -> list[str]:
    return [name for name in pages() if (ROOT / f"{name}.ipynb").is_file()]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give `name` every page and `chapter` every notebook page."""
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", pages())
    if "chapter" in metafunc.fixturenames:
        metafunc.parametrize("chapter", chapters())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def newest(*names: str) -> float:
    files = [
        path
        for name in names
        for path in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*"))
        if path.is_file() and not {"node_modules", "__pycache__"} & set(path.parts)
    ]
    return max(path.stat().st_mtime for path in files)


@pytest.fixture(scope="session")
def site_folder() -> Path:
    """The built site; built now when it is missing or older than what it is made from.

    HP_SITE names another folder to test, as it is.
    """
    if "HP_SITE" in os.environ:
        return Path(os.environ["HP_SITE"])
    folder = ROOT / "_build" / "html"
    door = folder / "index.html"
    if not door.is_file() or door.stat().st_mtime < newest(*WATCHED):
        command = [sys.executable, "-m", "jupyter_book", "build", "-W", "-n", "--keep-going", "."]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.fail(f"the book does not build:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return folder


@pytest.fixture(scope="session")
def origin(site_folder: Path) -> Iterator[str]:
    """The address of the site on localhost, compressed as a static host would."""
    server = make_server(site_folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    wanted = [os.environ["CHROMIUM"]] if "CHROMIUM" in os.environ else BROWSERS
    path = next((found for name in wanted if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail(
            "Missing: Chromium. Install it (Debian: apt-get install chromium) or set CHROMIUM."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visit:
    """One open page and everything that went wrong on it so far."""

    page: Page
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    bytes: int = 0

    def scroll_through(self) -> None:
        """Scroll to the end in steps, as a reader would, and wait until every chart is drawn."""
        height = self.page.evaluate("document.documentElement.scrollHeight")
        # Long reference pages have no charts; a few screens are enough for them.
        for top in range(0, min(height, 20_000), 500):
            self.page.evaluate(f"scrollTo({{top: {top}, behavior: 'instant'}})")
            self.page.wait_for_timeout(30)
        self.page.wait_for_function(DRAWN, timeout=20_000)
        self.page.wait_for_timeout(100)

    def faults(self) -> list[str]:
        return [
            *(f"console: {text}" for text in self.errors),
            *(f"failed: {text}" for text in self.failed),
            *(f"other host: {text}" for text in self.foreign),
        ]


Opener = Callable[..., Visit]


@pytest.fixture
def visit(chromium: Browser, origin: str) -> Iterator[Opener]:
    """Open a page by document name: `visit("book/index", color_scheme="dark")`."""
    contexts = []

    def open_page(name: str, base: str | None = None, anchor: str = "", **options: Any) -> Visit:
        options.setdefault("viewport", {"width": 1280, "height": 900})
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        found = Visit(page)
        start = base or origin

        def sort(route: Any) -> None:
            url = route.request.url
            if url.startswith((start, "data:", "blob:")):
                route.continue_()
            else:
                found.foreign.append(url)
                route.abort()

        def note_size(request: Any) -> None:
            if request.url.startswith("http"):
                found.bytes += request.sizes()["responseBodySize"]

        context.route("**/*", sort)
        page.on("console", lambda m: found.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.on("requestfailed", lambda request: found.failed.append(request.url))
        page.on("requestfinished", note_size)
        page.on(
            "response",
            lambda reply: found.failed.append(reply.url) if reply.status >= 400 else None,
        )
        page.goto(f"{start}/{name}.html{anchor}", wait_until="load")
        return found

    yield open_page
    for context in contexts:
        context.close()
