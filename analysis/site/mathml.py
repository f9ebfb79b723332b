"""Mathematics as MathML, made at build time: no engine, no font and no script on the page."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

# The converter aligns only `split`; the other environments differ from it in numbering alone.
ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|align\*?)\}")
# What the converter did not understand comes out as an identifier.
UNREAD = re.compile(r"<mi>(&|\\[a-zA-Z]+)</mi>")
LOGGER = logging.getLogger(__name__)


def mathml(latex: str, *, display: bool) -> str:
    """Return LaTeX as a ``math`` element that carries the LaTeX as its text alternative.

    Raises:
        ValueError: when the LaTeX cannot be converted; names it.
    """
    source = ALIGNED.sub(r"\\\1{split}", latex)
    if "\\begin" not in source and ("&" in source or r"\\" in source):
        source = rf"\begin{{split}} {source} \end{{split}}"
    try:
        element = convert(source, display="block" if display else "inline")
    except Exception as error:  # latex2mathml raises many unrelated types
        raise ValueError(f"cannot typeset {latex!r}: {type(error).__name__} {error}") from error
    left = UNREAD.search(element)
    if left:
        raise ValueError(f"cannot typeset {left[1]!r} in {latex!r}")
    return str(element).replace("<math ", f'<math alttext="{escape(latex, quote=True)}" ', 1)


def visit_inline(translator: Any, node: nodes.math) -> None:
    """Write inline mathematics."""
    translator.body.append(_convert(node, display=False))
    raise nodes.SkipNode


def visit_block(translator: Any, node: nodes.math_block) -> None:
    """Write a displayed equation with its number, if it has one."""
    number = ""
    if node.get("number"):
        label = get_node_equation_number(translator, node)
        number = f'<span class="eqno">({escape(str(label))})</span>'
    anchor = f' id="{node["ids"][0]}"' if node.get("ids") else ""
    translator.body.append(
        f'<div class="math"{anchor} tabindex="0" role="region" aria-label="Equation">'
        f"{_convert(node, display=True)}{number}</div>"
    )
    raise nodes.SkipNode


def _convert(node: nodes.Element, *, display: bool) -> str:
    try:
        return mathml(node.astext().strip(), display=display)
    except ValueError as error:
        LOGGER.warning(str(error), location=node)
        return f"<code>{escape(node.astext())}</code>"
