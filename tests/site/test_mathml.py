"""LaTeX becomes MathML at build time, or an error that names what could not be typeset."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from analysis.site.mathml import mathml


def texts(latex: str) -> list[str]:
    tree = ElementTree.fromstring(mathml(latex, display=True))
    return [part.text for part in tree.iter() if part.text and part.text.strip()]


def test_the_source_is_the_text_alternative():
    tree = ElementTree.fromstring(mathml(r'a < b \text{ "if" }', display=False))
    assert tree.get("alttext") == r'a < b \text{ "if" }'
    assert tree.get("display") == "inline"


def test_symbols_come_out_in_order():
    assert texts(r"\frac{B_t - C_t}{(1 + r)^t}") == list("Bt−Ct(1+r)t")


@pytest.mark.parametrize(
    "latex",
    [
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
        r"\begin{align*} a &= b \\ c &= d \end{align*}",
        r"a &= b \\ c &= d",
    ],
)
def test_aligned_lines_become_rows(latex):
    assert mathml(latex, display=True).count("<mtr>") == 2
    assert "&" not in texts(latex)


@pytest.mark.parametrize("latex", [r"\nonsense{x}", r"\frac{a}{", r"\foo x"])
def test_what_cannot_be_typeset_is_named(latex):
    with pytest.raises(ValueError, match="cannot typeset"):
        mathml(latex, display=False)
