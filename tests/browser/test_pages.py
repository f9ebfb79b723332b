"""Every page of the built site, as a reader meets it: complete, quiet, accessible, light."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.site.assets import ASSETS, AXE

TEXT_LIMIT, CHAPTER_LIMIT = 150_000, 700_000
SHIFT_LIMIT = 0.05
TRACES = """() => [...document.querySelectorAll('figure.hp-chart')].map((figure) => [figure.id,
  figure.querySelectorAll('.scatterlayer .trace, .barlayer .trace, .pielayer .trace').length,
  figure.querySelectorAll('.point path, path.point, .js-line, .js-fill, .slice path').length])"""
SHIFTS = """() => { window.shift = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({type: 'layout-shift', buffered: true}); }"""


def test_page_is_complete_and_quiet(visit, name):
    page = visit(f"{name}")
    page.scroll_through()
    assert page.faults() == []
    for chart, traces, marks in page.page.evaluate(TRACES):
        assert traces >= 1, f"{chart} draws nothing"
        assert marks >= 1, f"{chart} draws no mark"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit, name, scheme):
    opened = visit(name, color_scheme=scheme)
    opened.scroll_through()
    for summary in opened.page.query_selector_all("article details > summary")[:3]:
        summary.click()
    opened.page.evaluate((ASSETS / AXE).read_text(encoding="utf8"))
    found = opened.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    faults = [
        f"{rule['id']}: {node['target'][0]} {node['failureSummary'][:300]}"
        for rule in found["violations"]
        for node in rule["nodes"][:3]
    ]
    assert faults == []


def test_axe_is_not_blind(visit):
    opened = visit("book/index")
    opened.page.evaluate("document.querySelector('article').innerHTML += '<img src=\"data:,\">'")
    opened.page.evaluate((ASSETS / AXE).read_text(encoding="utf8"))
    found = opened.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert "image-alt" in [rule["id"] for rule in found["violations"]]


def test_phone_needs_no_sideways_scrolling(visit, name):
    opened = visit(name, viewport={"width": 320, "height": 640})
    opened.scroll_through()
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert opened.faults() == []


def test_works_from_disk(visit, site_folder: Path, name):
    opened = visit(name, base=site_folder.resolve().as_uri())
    opened.scroll_through()
    assert opened.faults() == []


def test_works_under_a_sub_path(visit, site_folder: Path, chromium, tmp_path):
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "where").symlink_to(site_folder.resolve())
    (tmp_path / "index.html").write_text("", encoding="utf8")
    import threading

    from analysis.site.serve import make_server

    server = make_server(tmp_path)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}/some/where"
    opened = visit("index", base=base)
    opened.page.wait_for_url("**/book/index.html")
    opened.page.click("text=Register of values >> nth=0")
    opened.page.wait_for_selector("table.hp-register")
    server.shutdown()
    assert opened.faults() == []


def test_weight(visit, name):
    opened = visit(name)
    opened.scroll_through()
    has_charts = bool(opened.page.query_selector("figure.hp-chart"))
    assert opened.bytes <= (CHAPTER_LIMIT if has_charts else TEXT_LIMIT)
    assert has_charts or not opened.page.evaluate("Boolean(window.Plotly)")


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_jumps(visit, name, width):
    opened = visit(name, viewport={"width": width, "height": 800})
    opened.page.evaluate(SHIFTS)
    opened.scroll_through()
    assert opened.page.evaluate("window.shift") < SHIFT_LIMIT


def test_reads_without_script(visit, name):
    opened = visit(name, java_script_enabled=False)
    article = opened.page.locator("article")
    assert article.locator("h1").count() == 1
    assert len(article.inner_text()) > 200
    for figure in opened.page.query_selector_all("figure.hp-chart"):
        assert figure.query_selector_all("details tbody tr")
        assert figure.query_selector("[role=img]").get_attribute("aria-label")


def test_head_says_what_the_page_is(visit, name):
    page = visit(name).page
    assert page.locator("html").get_attribute("lang") == "en"
    assert len(page.title()) > 10
    description = page.locator('meta[name="description"]')
    assert description.count() == 1
    assert 40 <= len(description.get_attribute("content")) <= 160
    assert page.locator('meta[http-equiv="Content-Security-Policy"]').count() == 1


def test_front_door_leads_to_the_first_page(visit):
    opened = visit("index")
    opened.page.wait_for_url("**/book/index.html")
    assert opened.faults() == []


def test_search_finds_a_page(visit):
    opened = visit("search", anchor="?q=register")
    opened.page.wait_for_selector("#search-results li a")
    assert opened.faults() == []


def test_policy_stops_what_it_should(visit):
    """The policy is in force: no inline script, no eval, no request to another host."""
    opened = visit("book/index")
    ran = opened.page.evaluate(
        """async () => {
          const script = document.createElement('script');
          script.textContent = 'window.ran = true';
          document.body.append(script);
          let fetched = true;
          try { await fetch('https://example.org/'); } catch { fetched = false; }
          const blocked = document.createElement('a');
          blocked.setAttribute('onclick', 'window.ran = true');
          blocked.click();
          return [Boolean(window.ran), fetched];
        }"""
    )
    assert ran == [False, False]
    assert opened.foreign == []
    assert any("Content Security Policy" in text for text in opened.errors)


def test_every_internal_link_leads_somewhere(site_folder: Path):
    """All links and anchors between pages exist, and no page asks another host for anything."""
    from html.parser import HTMLParser
    from urllib.parse import unquote, urlsplit

    class Links(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.ids: set[str] = set()
            self.links: list[str] = []
            self.loads: list[str] = []

        def handle_starttag(self, tag, attrs):
            values = dict(attrs)
            if values.get("id"):
                self.ids.add(values["id"])
            if tag == "a" and values.get("href"):
                self.links.append(values["href"])
            elif tag in ("script", "link", "img", "iframe", "source"):
                self.loads += [values[key] for key in ("src", "href") if values.get(key)]

    parsed = {}
    for path in sorted(site_folder.rglob("*.html")):
        if "_static" not in path.parts:
            parsed[path.resolve()] = Links()
            parsed[path.resolve()].feed(path.read_text(encoding="utf8"))
    faults = []
    for path, links in parsed.items():
        faults += [f"{path.name} loads {url}" for url in links.loads if urlsplit(url).netloc]
        for url in links.links:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                faults.append(f"{path.name}: {url} leads nowhere")
            elif parts.fragment and target in parsed:
                known = parsed[target].ids
                if unquote(parts.fragment) not in known:
                    faults.append(f"{path.name}: {url} has no such anchor")
    assert faults == []


def test_pages_name_their_charts_once(site_folder: Path):
    """Chart data blocks are JSON that the page can read, and free of NaN."""
    import re

    for path in site_folder.glob("book/*.html"):
        text = path.read_text(encoding="utf8")
        ids = re.findall(r'<figure class="hp-(?:chart|table)" id="([^"]+)"', text)
        assert len(ids) == len(set(ids)), path.name
        for block in re.findall(r'<script type="application/json">(.*?)</script>', text):
            json.loads(block, parse_constant=pytest.fail)
