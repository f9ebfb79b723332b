"""Every page of the built site, as a reader meets it: complete, quiet, accessible, light."""

from __future__ import annotations

import json
import re
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from analysis.site.serve import make_server

TEXT_LIMIT, CHAPTER_LIMIT = 150_000, 700_000
SHIFT_LIMIT = 0.05


def test_page_is_complete_and_quiet(tour, name):
    """No console error, no failed request, no other host; every chart has marks."""
    seen = tour(name)
    assert seen.faults == []
    for chart, traces, marks in seen.charts:
        assert traces >= 1, f"{chart} draws nothing"
        assert marks >= 1, f"{chart} draws no mark"


def test_chapter_has_charts(tour, chapter):
    assert len(tour(chapter).charts) >= 3


def test_weight(tour, name):
    seen = tour(name)
    assert seen.bytes <= (CHAPTER_LIMIT if seen.charts else TEXT_LIMIT)
    assert seen.head["plotly"] is bool(seen.charts)


def test_head_says_what_the_page_is(tour, name):
    head = tour(name).head
    assert head["lang"] == "en"
    assert head["headings"] == 1
    assert head["policies"] == 1
    assert 10 < len(head["title"]) < 120
    assert [40 <= len(text) <= 160 for text in head["descriptions"]] == [True]


def test_axe_finds_nothing_in_light(tour, name):
    assert tour(name).axe == []


def test_axe_finds_nothing_in_dark_with_details_open(visit, run_axe, name):
    opened = visit(name, color_scheme="dark")
    opened.scroll_through()
    for part in opened.page.query_selector_all("article details")[:3]:
        part.evaluate("(part) => { part.open = true; }")
    assert run_axe(opened.page) == []


def test_axe_is_not_blind(visit, run_axe):
    opened = visit("book/index")
    opened.page.evaluate("document.querySelector('article').innerHTML += '<img src=\"data:,\">'")
    assert any(fault.startswith("image-alt") for fault in run_axe(opened.page))


def test_nothing_jumps(tour, name):
    assert tour(name).shift < SHIFT_LIMIT


def test_phone_needs_no_sideways_scrolling_and_nothing_jumps(visit, shifts, name):
    opened = visit(name, viewport={"width": 320, "height": 640})
    opened.page.evaluate(shifts)
    opened.scroll_through()
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert opened.page.evaluate("window.shift") < SHIFT_LIMIT
    assert opened.faults() == []


def test_works_from_disk(visit, site_folder: Path, name):
    opened = visit(name, base=site_folder.resolve().as_uri())
    opened.scroll_through()
    assert opened.faults() == []


def test_works_under_a_sub_path(visit, site_folder: Path, chromium, tmp_path):
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "where").symlink_to(site_folder.resolve())
    (tmp_path / "index.html").write_text("", encoding="utf8")
    server = make_server(tmp_path)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}/some/where"
    opened = visit("index", base=base)
    opened.page.wait_for_url("**/book/index.html")
    opened.page.click("text=Register of values >> nth=0")
    opened.page.wait_for_selector("details.hp-group")
    server.shutdown()
    assert opened.faults() == []


def test_reads_without_script(visit, name):
    opened = visit(name, java_script_enabled=False)
    article = opened.page.locator("article")
    assert article.locator("h1").count() == 1
    assert len(article.text_content()) > 200
    for figure in opened.page.query_selector_all("figure.hp-chart"):
        assert figure.query_selector_all("details tbody tr")
        assert figure.query_selector("[role=img]").get_attribute("aria-label")


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
    for path in site_folder.glob("book/*.html"):
        text = path.read_text(encoding="utf8")
        ids = re.findall(r'<figure class="hp-(?:chart|table)" id="([^"]+)"', text)
        assert len(ids) == len(set(ids)), path.name
        for block in re.findall(r'<script type="application/json">(.*?)</script>', text):
            json.loads(block, parse_constant=pytest.fail)
