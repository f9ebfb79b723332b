"""The built site in a real Chromium, with every request to another host refused and recorded."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page

from analysis.site.assets import ASSETS, AXE
from analysis.site.serve import make_server

# HP_PROJECT names another checkout whose site, already built, is to be tested.
ROOT = Path(os.environ.get("HP_PROJECT", Path(__file__).parents[2]))
WATCHED = ("book", "data", "analysis", "assets", "_config.yml", "_toc.yml")
SHIFTS = """() => { window.shift = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({type: 'layout-shift', buffered: true}); }"""
HEAD = """() => ({ lang: document.documentElement.lang, title: document.title,
  descriptions: [...document.querySelectorAll('meta[name=description]')].map((m) => m.content),
  policies: document.querySelectorAll('meta[http-equiv=Content-Security-Policy]').length,
  headings: document.querySelectorAll('article h1').length,
  plotly: Boolean(window.Plotly) })"""
TRACES = """() => [...document.querySelectorAll('figure.hp-chart')].map((figure) => [figure.id,
  figure.querySelectorAll('.scatterlayer .trace, .barlayer .trace, .pielayer .trace').length,
  figure.querySelectorAll('.point path, path.point, .js-line, .js-fill, .slice path').length])"""
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
    """Give `name` every page, `chapter` every notebook page, `look` every page but one."""
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", pages())
    if "look" in metafunc.fixturenames:  # the changelog grows with every change
        metafunc.parametrize("look", [name for name in pages() if name != "book/changelog"])
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
    """The built site; built now when it is missing or older than what it is made from."""
    folder = ROOT / "_build" / "html"
    door = folder / "index.html"
    if "HP_PROJECT" not in os.environ and (
        not door.is_file() or door.stat().st_mtime < newest(*WATCHED)
    ):
        program = Path(sys.executable).with_name("jupyter-book")
        command = [str(program), "build", "-W", "-n", "--keep-going", "."]
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


@dataclass
class Visit:
    """One open page and everything that went wrong on it so far."""

    page: Page
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)

    def transferred(self) -> int:
        """Bytes of all bodies as they came over the wire, compressed."""
        sizes = [request.sizes() for request in self.requests if request.url.startswith("http")]
        return sum(size["responseBodySize"] for size in sizes)

    def scroll_through(self) -> None:
        """Scroll to the end in steps, as a reader would, and wait until every chart is drawn."""
        height = self.page.evaluate("document.documentElement.scrollHeight")
        has_charts = self.page.query_selector("figure.hp-chart") is not None
        for top in range(0, height, 500 if has_charts else max(500, height // 4)):
            self.page.evaluate(f"scrollTo({{top: {top}, behavior: 'instant'}})")
            self.page.wait_for_timeout(30)
        self.page.wait_for_function(DRAWN, timeout=60_000)
        self.page.wait_for_timeout(100)

    def faults(self) -> list[str]:
        return [
            *(f"console: {text}" for text in self.errors),
            *(f"failed: {text}" for text in self.failed),
            *(f"other host: {text}" for text in self.foreign),
        ]


@dataclass
class Tour:
    """What one reader saw of one page on a large screen in light colours, from top to end."""

    faults: list[str]
    head: dict[str, Any]
    charts: list[tuple[str, int, int]]
    bytes: int
    shift: float
    axe: list[str]


def find_faults_with_axe(page: Page) -> list[str]:
    """Return what axe-core finds, each with its place and its advice."""
    page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    # Rows of a long table are alike; the rest only costs time.
    page.evaluate("document.querySelectorAll('tbody tr:nth-child(n+6)').forEach((r) => r.remove())")
    page.evaluate((ASSETS / AXE).read_text(encoding="utf8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['target'][0]} {node['failureSummary'][:300]}"
        for rule in found["violations"]
        for node in rule["nodes"][:3]
    ]


Opener = Callable[..., Visit]


@pytest.fixture
def visit(chromium: Browser, origin: str) -> Iterator[Opener]:
    """Open a page by document name: `visit("book/index", color_scheme="dark")`."""
    contexts = []

    def open_page(
        name: str, base: str | None = None, anchor: str = "", script: str = "", **options: Any
    ) -> Visit:
        options.setdefault("viewport", {"width": 1280, "height": 900})
        context = chromium.new_context(**options)
        if script:
            context.add_init_script(script)
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

        context.route("**/*", sort)
        page.on("console", lambda m: found.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.on("requestfailed", lambda request: found.failed.append(request.url))
        page.on("requestfinished", lambda request: found.requests.append(request))
        page.on(
            "response",
            lambda reply: found.failed.append(reply.url) if reply.status >= 400 else None,
        )
        page.goto(f"{start}/{name}.html{anchor}", wait_until="load")
        return found

    yield open_page
    for context in contexts:
        context.close()


_TOURS: dict[str, Tour] = {}


@pytest.fixture
def tour(visit: Opener) -> Callable[[str], Tour]:
    """One visit to a page, shared by the tests that look at different sides of it."""

    def take(name: str) -> Tour:
        if name not in _TOURS:
            opened = visit(name)
            opened.page.evaluate(SHIFTS)
            opened.scroll_through()
            _TOURS[name] = Tour(
                faults=opened.faults(),
                head=opened.page.evaluate(HEAD),
                charts=opened.page.evaluate(TRACES),
                bytes=opened.transferred(),
                shift=opened.page.evaluate("window.shift"),
                axe=find_faults_with_axe(opened.page),
            )
        return _TOURS[name]

    return take


@pytest.fixture
def run_axe() -> Callable[[Page], list[str]]:
    return find_faults_with_axe


@pytest.fixture
def shifts() -> str:
    """The script that starts to add up layout shifts in `window.shift`."""
    return SHIFTS
