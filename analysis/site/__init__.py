"""The Sphinx extension of the book: charts, numbers in text, reference pages, policy, weight.

It also takes out what the book does not need: styles and scripts of other extensions that would
load on every page.
"""

from __future__ import annotations

import hashlib
import json
import re
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes

DESCRIPTION_LENGTH = 155
# Styles that other extensions add to every page; assets/css/book.css holds the few rules needed.
UNUSED_CSS = ("mystnb", "furo-extensions")
INPUTS = (
    "data/**/*",
    "analysis/**/*.py",
    "book/*",
    "assets/css/*",
    "assets/js/*",
    "CHANGELOG.md",
    "CITATION.cff",
)
CHART_SCRIPTS = ("theme.js", "charts.js")
EXPLORER_SCRIPTS = ("explorer-kernels.js", "explorer-core.js", "explorer.js")


def setup(app: Any) -> dict[str, Any]:
    """Register roles, directives, nodes and hooks with Sphinx."""
    from analysis.site import charts, execution, launch, mathml, numbers, pages, policy

    app.add_config_value("hp_repository_url", "", "html", types=str)
    app.add_config_value("hp_branch", "main", "html", types=str)
    app.add_config_value("hp_description", "", "html", types=str)
    # Jupyter Book sets this for an extension that the book does without.
    app.add_config_value("comments_config", {}, "", types=dict)
    app.add_role("num", numbers.NumRole())
    app.add_node(numbers.num, html=(numbers.visit_num, None))
    app.add_node(
        charts.hp_chart,
        html=(charts.visit_chart, None),
        latex=(charts.skip_chart, None),
        text=(charts.skip_chart, None),
    )
    for name, directive in pages.DIRECTIVES.items():
        app.add_directive(name, directive)
    app.add_html_math_renderer(
        "mathml",
        inline_renderers=(mathml.visit_inline, None),
        block_renderers=(mathml.visit_block, None),
    )
    app.connect("config-inited", execution.configure)
    app.connect("builder-inited", add_assets)
    app.connect("env-get-outdated", outdated)
    app.connect("doctree-resolved", charts.check_ids)
    app.connect("env-updated", drop_widget_state)
    app.connect("html-page-context", prepare_page, priority=900)
    app.connect("html-page-context", numbers.add_notes)
    # Before sphinx_external_toc, which writes a bare redirect where there is no front door.
    app.connect("build-finished", policy.finish, priority=100)
    app.connect("build-finished", launch.prepare_downloads)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def add_assets(app: Any) -> None:
    """Hand our styles and scripts, the chart library and the chart theme to the builder.

    Raises:
        ExtensionError: when the chart library is missing and cannot be fetched.
    """
    if app.builder.format != "html":
        return
    from sphinx.errors import ExtensionError

    from analysis import explorer
    from analysis.figures import theme
    from analysis.site import assets

    try:
        assets.install()
    except assets.AssetsMissing as error:
        raise ExtensionError(str(error)) from error
    # The theme defines this option too late for the configuration file to set it.
    app.config.pygments_dark_style = "a11y-dark"
    made = Path(app.doctreedir) / "made"
    made.mkdir(parents=True, exist_ok=True)
    text = json.dumps(theme.page_theme(), separators=(",", ":"))
    (made / "theme.js").write_text(f"window.hpTheme={text};\n", encoding="utf8")
    (made / EXPLORER_SCRIPTS[0]).write_text(explorer.kernels_script(), encoding="utf8")
    root = assets.ASSETS
    app.config.html_static_path += [
        str(path) for path in (root / "css", root / "js", root / assets.PLOTLY, made)
    ]


def outdated(
    app: Any, env: Any, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Return all pages when data, code or assets changed since the last build.

    Any page may quote any number, and each names the checksums of its scripts and styles.
    """
    digest = hashlib.sha256()
    for pattern in INPUTS:
        for path in sorted(Path(app.srcdir).glob(pattern)):
            if path.is_file():
                digest.update(path.read_bytes())
    before = getattr(env, "hp_inputs", None)
    env.hp_inputs = digest.hexdigest()
    return [] if before == env.hp_inputs else sorted(env.found_docs)


def drop_widget_state(app: Any, env: Any) -> list[str]:
    """Leave the state of Jupyter widgets out of the pages: megabytes that no page view reads."""
    from myst_nb.sphinx_ import NbMetadataCollector

    for metadata in NbMetadataCollector.get_doc_data(env).values():
        metadata.pop("js_files", None)
    return []


def prepare_page(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give a page its description and only the scripts and styles that it needs."""
    from analysis.site import launch

    body = context.get("body") or ""
    app.add_css_file("book.css", priority=700)
    # In place: the list is the builder's own for this page, and Sphinx goes on using it.
    context["css_files"][:] = [
        sheet
        for sheet in context["css_files"]
        if not Path(str(sheet.filename)).name.startswith(UNUSED_CSS)
    ]
    app.add_js_file("page.js", loading_method="defer")
    if 'class="hp-chart"' in body:
        for name in CHART_SCRIPTS:
            app.add_js_file(name, loading_method="defer")
    if 'class="hp-explorer"' in body:
        app.add_css_file("explorer.css", priority=700)
        for name in EXPLORER_SCRIPTS:
            app.add_js_file(name, loading_method="defer")
    if 'class="hp-filter"' in body:
        app.add_js_file("register.js", loading_method="defer")
    if 'class="hp-tiles"' in body:
        app.add_css_file("tiles.css", priority=700)
        app.add_js_file("tiles.js", loading_method="defer")
    # The theme has its own viewport element.
    tags = re.sub(r'<meta name="viewport"[^>]*>', "", context.get("metatags", "")).strip()
    if 'name="description"' not in tags:
        text = escape(description(doctree) or app.config.hp_description)
        tags += f'<meta name="description" content="{text}">'
    context["metatags"] = tags
    if (Path(app.srcdir) / f"{pagename}.ipynb").is_file():
        context["body"] = launch.add_links(app, pagename, body)


def description(doctree: nodes.document | None) -> str:
    """Return the first paragraph of a page, cut at a word to what search engines show."""
    if doctree is None:
        return ""
    for paragraph in doctree.findall(nodes.paragraph):
        text = re.sub(r"\s+", " ", paragraph.astext()).strip()
        if len(text) > DESCRIPTION_LENGTH:
            text = text[: DESCRIPTION_LENGTH - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
        if text:
            return text
    return ""
