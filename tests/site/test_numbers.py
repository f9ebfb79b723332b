"""The role for quoted numbers: text, sign words, notes, and errors that stop the build."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from analysis import registry
from analysis.registry import Number
from analysis.site import numbers


def number(value: float, unit: str = "share", **changes) -> Number:
    return Number(value, unit, id="test.number", label="Test", status="derived")._replace(**changes)


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (0.12, "more", "12% more"),
        (-0.12, "more", "12% less"),
        (0.12, "rise", "a rise of 12%"),
        (-0.12, "rise", "a fall of 12%"),
        (-0.1234, "1 rise", "a fall of 12.3%"),
        (0.0, "more", "0% more"),
        (-0.5, None, "\u221250%"),
    ],
)
def test_sign_words(value, style, text):
    assert numbers.wording(number(value), style) == text


def test_registry_value_and_finding_and_unknown():
    reg = registry.load()
    assert numbers.lookup("cost.frame_article").value == reg["cost.frame_article"]
    with pytest.raises(KeyError, match=r"cost\.frame_articel.*cost\.frame_article"):
        numbers.lookup("cost.frame_articel")


def test_unknown_style_is_refused():
    with pytest.raises(ValueError, match="style = 'wild'"):
        numbers.wording(number(1), "wild")


def test_range_of_a_number_without_one_is_refused():
    with pytest.raises(ValueError, match="has no range"):
        numbers.wording(number(1), "range")


class Text(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.ids, self.roles = "", [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids += [values["id"]] if "id" in values else []
        self.roles += [values["role"]] if "role" in values else []

    def handle_data(self, data):
        self.text += data + " "


@pytest.mark.parametrize("id", sorted(registry.load().values))
def test_note_of_every_value_says_what_how_sure_and_whence(id):
    reg = registry.load()
    value = reg.value(id)
    note = Text(numbers.note(id))
    assert note.ids == [f"tip-{id}"]
    assert note.roles == ["tooltip"]
    assert value.label in note.text
    assert numbers.STATUS_LABELS[value.status] in note.text
    assert ("Range" in note.text) == (value.low is not None)
    if not value.formula:
        assert reg.source(value.source).producer in note.text


def test_notes_are_added_once_per_number():
    link = '<a class="num" aria-describedby="tip-cost.frame_article">3.7</a>'
    context = {"body": link + link}
    numbers.add_notes(None, "page", "page.html", context, None)
    assert context["body"].count('id="tip-cost.frame_article"') == 1


def test_pages_without_numbers_stay_as_they_are():
    context = {"body": "<p>Words.</p>"}
    numbers.add_notes(None, "page", "page.html", context, None)
    assert context["body"] == "<p>Words.</p>"
