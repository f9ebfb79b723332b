"""Every number in the text comes from the registry or a finding; what is typed by hand is found.

Allowed as typed: years and dates, P50 and its like, names of standards, tables, chapters and
documents, paragraphs of the article, times of day, and code. All else must be a ``{num}`` role.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.site import numbers, usage

BOOK = Path(__file__).parents[2] / "book"
# The changelog quotes versions and results of the past, which must not follow the present.
PAGES = [path for path in usage.pages(BOOK) if path.stem != "changelog"]
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"

# Not prose: removed before looking for digits.
MARKUP = [
    re.compile(r"\A---\n.*?\n---\n", re.DOTALL),  # front matter
    re.compile(r"^(`{3,}|~{3,}|:{3,}).*?^\1[`~:]*\s*$", re.DOTALL | re.MULTILINE),  # blocks
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL),  # mathematics
    re.compile(r"\{[a-z-]+\}`[^`]*`"),  # roles
    re.compile(r"`[^`]*`"),  # code
    re.compile(r"\]\([^)]*\)"),  # link targets
    re.compile(r"https?://\S+"),
    re.compile(r"<[^>]+>"),  # HTML tags
    re.compile(r"^\s*\(\S+\)=\s*$", re.MULTILINE),  # anchors
]
# Digits that are names or dates, not figures.
NAMES = [
    re.compile(rf"\b\d{{1,2}}\.? (?:{MONTHS})\b"),
    re.compile(r"\b(?:19|20)\d\d-\d\d(?:-\d\d)?\b"),
    re.compile(r"\b(?:19|20)\d\d(?:[–/-](?:(?:19|20)\d\d|\d\d))?s?\b"),
    re.compile(r"\bP\d{1,2}(?:[/–-]P\d{1,2})?\b"),
    re.compile(r"\b[Pp]aragraphs? \d+(?:[–-]\d+)?(?:(?:,| and) \d+(?:[–-]\d+)?)*"),
    re.compile(r"\b(?:[Tt]able|[Ff]igure|[Cc]hapter|[Ss]ection|[Aa]ppendix|[Ss]tep) \d+(?:\.\d+)*"),
    re.compile(r"\b(?:Dokument|Innst\.|Prop\.|Meld\. St\.|R-)\s?\d+(?::\d+)?(?:/\d+)?(?: [SL]\b)?"),
    re.compile(r"\b(?:WCAG|CC BY|CC-BY|ISO|Python|Level|version|HTML|NLOD) ?\d+(?:\.\d+)*\b"),
    re.compile(r"\b07\d{3}\b"),  # tables of Statistics Norway
    re.compile(r"\b\d{1,2}:\d\d\b"),
    re.compile(r"^\s*\d+\. ", re.MULTILINE),  # numbered lists
    re.compile(r"\b(?:[A-Z]{1,3}\d|[A-Za-z]+\d+[a-z]*)\b"),  # labels such as Q4, H2, axe4
]
DIGITS = re.compile(r"[^\s]*\d[^\s]*")


def untracked(text: str) -> list[str]:
    """The words with digits that are neither markup nor names."""
    for pattern in (*MARKUP, *NAMES):
        text = pattern.sub(" ", text)
    return DIGITS.findall(text)


def prose(path: Path) -> str:
    return "\n\n".join(cell["source"] for kind, cell in usage.cells(path) if kind == "markdown")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_number_is_typed_by_hand(path):
    assert untracked(prose(path)) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_quoted_number_is_known_and_can_be_written(path):
    for id, style in re.findall(r"\{num\}`([^`|]+)(?:\|([^`]*))?`", prose(path)):
        number = numbers.lookup(id.strip())
        assert numbers.wording(number, style.strip() or None)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_roles_are_closed_and_spelt_right(path):
    text = prose(path)
    assert text.count("{num}") == len(re.findall(r"\{num\}`[^`\n]+`", text))


@pytest.mark.parametrize(
    "text",
    [
        "It costs 3.7 bn kroner.",
        "About 40 000 users.",
        "38 councils said yes.",
        "a growth of 12 %",
        "66 municipalities",
        "Half, or 50%, of them.",
        "The 1990 houses and 7 boats",
        "one in 10",
        "| cost | 4.2 |",
        "- 170 offices",
        "1 in 6",
        "2,5 mrd",
    ],
)
def test_typed_figures_are_found(text):
    assert untracked(text)


@pytest.mark.parametrize(
    "text",
    [
        "It cost {num}`cost.frame_article|bn` in 2021.",
        "From 2016 to 2024, 2019–2021, 2018/19 and in the 1990s.",
        "On 3 January 2024 and 2024-01-03.",
        "P50, P85 and the range P10/P90.",
        "See paragraph 12 and paragraphs 3, 4 and 19–21 of the article.",
        "Table 07459 of Statistics Norway; Dokument 3:3 (2024–2025); Innst. 153 S.",
        "WCAG 2.1, CC BY 4.0 and Python 3.11.",
        "The circular R-109/21.",
        "`x = 5` and [link](page-3.md) and $x^2 + 3$.",
        "```python\nx = 12\n```\ntext",
        "1. First\n2. Second",
        "No digits at all.",
    ],
)
def test_names_and_dates_are_allowed(text):
    assert untracked(text) == []
