"""The role ``{num}``: a number of the registry or a finding in running text, with its pedigree.

``{num}`cost.frame_article``` writes the number in its own unit; ``{num}`id|style``` in a style of
`analysis.registry.formatting`, or with a word for its sign: ``more`` ("12 % more" or "12 % less")
and ``rise`` ("a rise of 12 %" or "a fall of 12 %"). The number links to its record; on hover and
focus a note shows label, range, source, date and status.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from analysis import registry
from analysis.registry import formatting
from analysis.studies import findings

if TYPE_CHECKING:
    from analysis.registry import Number

LOGGER = logging.getLogger(__name__)
REGISTER_PAGE = "book/register"
STATUS_LABELS = {
    "article": "From the article",
    "official": "Official record",
    "research": "Research",
    "press": "Press",
    "second-hand": "Second hand: quoted by another source",
    "derived": "Computed by us",
    "assumption": "Assumption",
}
_SIGN_WORDS = {
    "more": ("{} more", "{} less"),
    "rise": ("a rise of {}", "a fall of {}"),
}
_DESCRIBED = re.compile(r'aria-describedby="tip-([a-z0-9_.]+)"')


class num(nodes.inline):  # type: ignore[misc]
    """A quoted number: its id, status and text."""


class NumRole(SphinxRole):
    """Look the id up; an unknown id or style is a warning, which the build treats as an error."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number as a node."""
        id, _, style = self.text.partition("|")
        try:
            number = lookup(id.strip())
            text = wording(number, style.strip() or None)
        except (KeyError, ValueError) as error:
            LOGGER.warning("num: %s", error.args[0], location=self.get_location())
            return [nodes.literal(self.rawtext, self.text)], []
        node = num(self.rawtext, text, number_id=number.id, status=number.status)
        return [node], []


def lookup(id: str) -> Number:
    """Return a registry value or a finding.

    Raises:
        KeyError: when the id is neither.
    """
    reg = registry.load()
    if id in reg.values:
        return reg.number(id)
    if id in findings.known():
        return findings.get(id)
    # The registry's own error suggests ids that look alike.
    return reg.number(id)


def wording(number: Number, style: str | None) -> str:
    """Return the number as text; a sign word takes the magnitude and says the direction.

    Raises:
        ValueError: for an unknown style, or one that the number cannot have.
    """
    words = (style or "").replace(",", " ").split()
    signs = [word for word in words if word in _SIGN_WORDS]
    if not signs:
        return formatting.format_number(number, style)
    rest = " ".join(word for word in words if word not in _SIGN_WORDS)
    up, down = _SIGN_WORDS[signs[0]]
    text = formatting.format_number(number, f"{rest} abs".strip())
    return (up if number.value >= 0 else down).format(text)


def visit_num(translator: Any, node: num) -> None:
    """Write the link; `add_notes` adds the note it is described by."""
    builder = translator.builder
    page = builder.get_relative_uri(builder.current_docname, REGISTER_PAGE)
    id = node["number_id"]
    translator.body.append(
        f'<a class="num num--{node["status"]}" href="{page}#{id}" aria-describedby="tip-{id}">'
        f"{escape(node.astext())}</a>"
    )
    raise nodes.SkipNode


def add_notes(
    app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Append the note of every number on the page, once each, to the end of its body."""
    ids = dict.fromkeys(_DESCRIBED.findall(context.get("body") or ""))
    if ids:
        context["body"] += f'<div class="num-notes">{"".join(map(note, ids))}</div>'


def note(id: str) -> str:
    """Return the note of one number as HTML: label, range, source, date, status."""
    number = lookup(id)
    lines = [f"<strong>{escape(number.label)}</strong>"]
    if number.low is not None and number.high is not None:
        span = formatting.format_range(number.low, number.high, number.unit)
        lines.append(f"Range {escape(span)}{escape(range_meaning(id))}")
    lines.append(escape(origin(id)))
    label = STATUS_LABELS.get(number.status, number.status)
    lines.append(f'<span class="status status--{number.status}">{escape(label)}</span>')
    return f'<div role="tooltip" class="num-note" id="tip-{id}" hidden>{"<br>".join(lines)}</div>'


def range_meaning(id: str) -> str:
    """Return what the ends of the range stand for, in brackets; empty for a finding."""
    reg = registry.load()
    meaning = reg.value(id).range_meaning if id in reg.values else None
    return f" ({meaning})" if meaning else ""


def origin(id: str) -> str:
    """Return where a number comes from in one line: source, place in it and date, or method."""
    reg = registry.load()
    if id not in reg.values:
        return f"Method: {findings.known()[id].method}"
    value = reg.value(id)
    if value.formula:
        return f"Computed: {value.formula}"
    source = reg.source(value.source)
    parts = [f"Source: {source.producer}", value.locator, value.date or source.published or ""]
    return ", ".join(part for part in parts if part)
