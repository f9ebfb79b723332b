"""Numbers as text: signs, thousands, decimals, ranges and units in two languages."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.registry import Number
from analysis.registry.formatting import (
    EN_DASH,
    LOCALES,
    MINUS,
    NBSP,
    format_number,
    format_range,
    format_value,
)
from analysis.registry.loading import default_units


def plain(text: str) -> str:
    """Ordinary spaces, so that the cases below can be read."""
    return text.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("x", "unit", "style", "english", "norwegian"),
    [
        (3.7, "bnNOK", None, "3.7 bn NOK", "3,7 mrd. kr"),
        (4.0, "bnNOK", None, "4 bn NOK", "4 mrd. kr"),
        (3.96, "bnNOK", None, "4.0 bn NOK", "4,0 mrd. kr"),
        (3.7, "bnNOK", "m", "3 700 m NOK", "3 700 mill. kr"),
        (715, "mNOK", "bn", "0.7 bn NOK", "0,7 mrd. kr"),
        (715, "mNOK", "bn,3", "0.715 bn NOK", "0,715 mrd. kr"),
        (92_500, "NOK", "k,1", "92.5 thousand NOK", "92,5 tusen kr"),
        (92_500, "NOK_per_user", None, "92 500 NOK per user", "92 500 kr per bruker"),
        (1_234_567.8, "NOK", "0", "1 234 568 NOK", "1 234 568 kr"),
        (58, "mNOK_per_year", None, "58 m NOK per year", "58 mill. kr per år"),
        (0.43, "share", None, "43%", "43 %"),
        (43, "percent", None, "43%", "43 %"),
        (0.428571, "share", "1", "42.9%", "42,9 %"),
        (0.004, "share", None, "0.4%", "0,4 %"),
        (0.5, "probability", None, "50%", "50 %"),
        (1.48148, "share", "signed", "+148%", "+148 %"),
        (-0.124, "share", "1", "−12.4%", "−12,4 %"),
        (-0.124, "share", "1 abs", "12.4%", "12,4 %"),
        (0.37, "ratio", "pct", "37%", "37 %"),
        (0.37, "ratio", None, "0.37", "0,37"),
        (0.07, "share_per_year", None, "7% per year", "7 % per år"),
        (0.04, "share_per_year", "1", "4.0% per year", "4,0 % per år"),
        (0.12, "share", "pp signed", "+12 percentage points", "+12 prosentpoeng"),
        (66, "municipalities", None, "66", "66"),
        (7, "municipalities", "words", "seven", "sju"),
        (12, "offices", "words", "twelve", "tolv"),
        (13, "offices", "words", "13", "13"),
        (-2, "offices", "words", "−2", "−2"),
        (36_200, "users", None, "36 200", "36 200"),
        (2021, "year", None, "2021", "2021"),
        (1, "years", None, "1 year", "1 år"),
        (1, "hours_per_week", None, "1 hour per week", "1 time per uke"),
        (1, "weeks", "words", "one week", "én uke"),
        (7.2, "years", None, "7.2 years", "7,2 år"),
        (116.1, "index_2015_100", None, "116.1 (2015 = 100)", "116,1 (2015 = 100)"),
        (3.7, "bnNOK", "bare", "3.7", "3,7"),
        (0.0, "NOK", "signed", "0 NOK", "0 kr"),
        (-0.0, "NOK", None, "0 NOK", "0 kr"),
        (-0.04, "bnNOK", "1", "0.0 bn NOK", "0,0 mrd. kr"),
        (-0.04, "bnNOK", None, "−0.04 bn NOK", "−0,04 mrd. kr"),
        (1e-9, "bnNOK", None, "0 bn NOK", "0 mrd. kr"),
    ],
)
def test_values(x, unit, style, english, norwegian):
    assert plain(format_value(x, unit, style)) == english
    assert plain(format_value(x, unit, style, locale="nb")) == norwegian


@pytest.mark.parametrize(
    ("low", "high", "unit", "style", "english", "norwegian"),
    [
        (1.4, 2.7, "bnNOK", None, "1.4–2.7 bn NOK", "1,4–2,7 mrd. kr"),
        (1, 2.5, "bnNOK", None, "1.0–2.5 bn NOK", "1,0–2,5 mrd. kr"),
        (1400, 2700, "mNOK", "bn", "1.4–2.7 bn NOK", "1,4–2,7 mrd. kr"),
        (0.41, 0.45, "share", None, "41–45%", "41–45 %"),
        (0.412, 0.414, "share", "0", "41%", "41 %"),
        (-5, 3, "NOK", None, "−5 to 3 NOK", "−5 til 3 kr"),
        (-0.2, -0.1, "share", None, "−20 to −10%", "−20 til −10 %"),
        (-0.2, -0.1, "share", "abs", "10–20%", "10–20 %"),
        (0.1, 0.2, "share", "signed", "+10 to +20%", "+10 til +20 %"),
    ],
)
def test_ranges(low, high, unit, style, english, norwegian):
    assert plain(format_range(low, high, unit, style)) == english
    assert plain(format_range(low, high, unit, style, locale="nb")) == norwegian


def test_a_number_is_written_as_value_or_as_range():
    number = Number(3.7, "bnNOK", low=2.7, high=6.0, id="cost.frame")
    assert plain(format_number(number)) == "3.7 bn NOK"
    assert plain(format_number(number, "range")) == "2.7–6.0 bn NOK"
    assert plain(format_number(number, "range m", locale="nb")) == "2 700–6 000 mill. kr"
    with pytest.raises(ValueError, match=r"cost\.frame.*no range"):
        format_number(number._replace(low=None), "range")


def test_thousands_do_not_break_and_the_unit_does_not_part_from_its_number():
    assert " " not in format_value(92_500, "NOK")


@pytest.mark.parametrize(
    ("x", "unit", "style", "locale", "words"),
    [
        (1, "NOKK", None, "en", "NOKK"),
        (1, "NOK", "long", "en", "'long'; allowed: bn, m, k"),
        (1, "NOK", None, "de", "'de'; allowed: en, nb"),
        (float("nan"), "NOK", None, "en", "nan"),
        (float("inf"), "NOK", None, "en", "inf"),
        (1, "users", "bn", "en", "'bn'"),
        (1, "NOK", "pct", "en", "'pct'; allowed for a share or ratio, not for NOK"),
        (1, "years", "pp", "en", "'pp'"),
        (1, "NOK", "range", "en", "format_range"),
    ],
)
def test_what_cannot_be_written_is_refused(x, unit, style, locale, words):
    with pytest.raises(ValueError, match=words):
        format_value(x, unit, style, locale)


def test_a_range_needs_its_ends_in_order():
    with pytest.raises(ValueError, match="at most high"):
        format_range(2, 1, "NOK")


UNITS = sorted(default_units())
NUMBERS = st.floats(-1e12, 1e12) | st.floats(-1, 1) | st.integers(-3000, 3000).map(float)


def read(text: str, locale: str) -> float:
    """Read back the number at the start of a text."""
    match = re.match(rf"[{MINUS}+]?[\d.,{NBSP}]*\d", text)
    assert match, text
    digits = match[0].replace(NBSP, "").replace(MINUS, "-")
    return float(digits.replace(",", ".") if locale == "nb" else digits)


@settings(deadline=None)
@given(NUMBERS, st.sampled_from(UNITS), st.sampled_from(LOCALES), st.sampled_from([None, "signed"]))
def test_no_sign_is_ever_doubled_or_put_on_zero(x, unit, locale, style):
    text = format_value(x, unit, style, locale)
    assert "-" not in text.replace("man-year", "")
    assert not re.search(rf"[{MINUS}{EN_DASH}+]{{2}}", text)
    assert not re.match(rf"[{MINUS}+]0([.,]0*)?([^\d.,]|$)", text.replace(NBSP, "_"))
    assert text == text.strip()


@settings(deadline=None)
@given(NUMBERS, st.sampled_from(UNITS), st.sampled_from(LOCALES), st.integers(0, 6))
def test_what_is_written_can_be_read_back(x, unit, locale, decimals):
    text = format_value(x, unit, str(decimals), locale)
    shown = default_units()[unit]
    factor = 100 * shown.scale if shown.symbol.startswith("%") else 1
    tolerance = 0.5000001 * 10**-decimals + 1e-9 * abs(x * factor)
    assert read(text, locale) == pytest.approx(x * factor, abs=tolerance)


@settings(deadline=None)
@given(NUMBERS, st.sampled_from(LOCALES))
def test_the_usual_decimals_keep_the_sign_and_never_hide_a_number(x, locale):
    shown = read(format_value(x, "bnNOK", None, locale), locale)
    assert (shown == 0) == (abs(x) < 5e-7)
    assert shown * x >= 0


@settings(deadline=None)
@given(st.integers(-999, 999), st.sampled_from(LOCALES))
def test_both_languages_say_the_same_number(n, locale):
    english = format_value(n / 8, "number", "3", "en")
    norwegian = format_value(n / 8, "number", "3", "nb")
    assert english.replace(".", ",") == norwegian
