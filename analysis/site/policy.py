"""The last hand on the built pages: Content-Security-Policy, repairs, and the front door.

The policy is a meta element, so it also holds where a host sends no headers and from file://. It
lets scripts and data come from the site alone; what inline script the theme has is allowed by its
hash. ``style-src`` needs 'unsafe-inline' because the chart library writes style attributes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from pathlib import Path
from typing import Any

SCRIPT_HASH = re.compile(r"<script(?![^>]*\bsrc=)([^>]*)>(.*?)</script>", re.DOTALL)
DATA_BLOCK = re.compile(r'type="(?!text/javascript|module)[^"]+"')
CHARSET = re.compile(r'<meta charset="utf-8" ?/?>')
REPAIRS = (
    ('<div class="article-container">', '<div class="article-container" role="main">'),
    ('<article role="main" id', "<article id"),
    ('<aside class="sidebar-drawer"', '<aside aria-label="Chapters" class="sidebar-drawer"'),
    ('<aside class="toc-drawer', '<aside aria-label="On this page" class="toc-drawer'),
    ('<p class="caption" role="heading">', '<p class="caption">'),
    ('<div class="highlight"><pre>', '<div class="highlight"><pre tabindex="0">'),
    ('<summary aria-label="Toggle hidden content">', "<summary>"),
    ('<div id="search-results">', '<h1>Search</h1><div id="search-results">'),
)
MARK = '<meta http-equiv="Content-Security-Policy"'


def policy(page: str = "") -> str:
    """Return the policy for the HTML of one page, with the hashes of its inline scripts."""
    hashes = []
    for attributes, body in SCRIPT_HASH.findall(page):
        if not DATA_BLOCK.search(attributes):
            digest = hashlib.sha256(body.encode()).digest()
            hashes.append(f" 'sha256-{base64.b64encode(digest).decode()}'")
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self'{''.join(dict.fromkeys(hashes))}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ]
    )


def with_policy(page: str) -> str:
    """Return the page with its policy right after the charset; unchanged when it has one.

    Raises:
        ValueError: when the page names no charset, so there is no place for it.
    """
    if MARK in page:
        return page
    element = f'{MARK} content="{escape(policy(page), quote=True)}">'
    # In an attribute in double quotes, single quotes may stay; hashes are easier to read so.
    element = element.replace("&#x27;", "'")
    changed, count = CHARSET.subn(lambda match: match[0] + element, page, count=1)
    if not count:
        raise ValueError("the page has no <meta charset>, so the policy has no place")
    return changed


def repaired(page: str) -> str:
    """Return the page with what the theme's HTML lacks for keyboards and screen readers.

    Landmarks get names, code blocks the keyboard focus that scrolling needs, the search page its
    heading; menu captions lose a heading role that has no level.
    """
    for before, after in REPAIRS:
        page = page.replace(before, after)
    return page


def front_door(target: str, title: str, description: str) -> str:
    """Return the page at the root of the site, which leads to the first page."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="0; url={escape(target)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="description" content="{escape(description)}">'
        '<link rel="icon" href="data:,">'
        f'<link rel="canonical" href="{escape(target)}"><title>{escape(title)}</title></head>'
        f'<body><main><p><a href="{escape(target)}">{escape(title)}</a></p></main></body></html>\n'
    )


def finish(app: Any, exception: Exception | None) -> None:
    """Write the front door and put the policy into every page, after a successful build."""
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    root = app.config.root_doc
    door = front_door(f"{root}.html", app.config.html_title, app.config.hp_description)
    (out / "index.html").write_text(door, encoding="utf8")
    for path in out.rglob("*.html"):
        if "_static" not in path.parts:
            page = path.read_text(encoding="utf8")
            if MARK not in page:
                path.write_text(with_policy(repaired(page)), encoding="utf8")
