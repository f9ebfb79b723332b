"""Numbers as text, in English and Norwegian: thousands, decimals, signs, ranges, units.

Both languages group thousands with a non-breaking space. Norwegian has a decimal comma. Minus is
the real sign (U+2212), a range has an en dash, and zero never has a sign. Conventions for
Norwegian: Språkrådet, and the profile guide of the Norwegian Agency for Public and Financial
Management.

A style is one or more words, separated by spaces or commas:

- `bn`, `m`, `k`: in billions, millions or thousands of the same kind of unit
- `0` to `6`: number of decimals
- `pct`: a share or ratio as a percentage; shares are shown so by default
- `signed`: always with a sign; `abs`: without
- `bare`: without the unit; `words`: a whole number from 0 to 12 in words
- `range`: low to high instead of the value
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from analysis.registry.loading import default_units
from analysis.registry.records import Number, Unit

NBSP, MINUS, EN_DASH = "\u00a0", "\u2212", "\u2013"
STYLES = ("bn", "m", "k", "0", "1", "2", "3", "4", "5", "6", "pct", "signed", "abs", "bare",
          "words", "range")  # fmt: skip
LOCALES = ("en", "nb")

_SCALES = {"bn": 1e9, "m": 1e6, "k": 1e3}
_WORDS = {
    "en": (
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ),  # fmt: skip
    "nb": (
        "null",
        "én",
        "to",
        "tre",
        "fire",
        "fem",
        "seks",
        "sju",
        "åtte",
        "ni",
        "ti",
        "elleve",
        "tolv",
    ),  # fmt: skip
}
_TO = {"en": "to", "nb": "til"}
_FLAGS: dict[str, Any] = {
    "pct": {"percent": True},
    "signed": {"signed": True},
    "abs": {"absolute": True},
    "bare": {"bare": True},
    "words": {"words": True},
    "range": {"range": True},
}
_CALENDAR = "calendar year"


class _Style(NamedTuple):
    scale: str = ""
    decimals: int | None = None
    percent: bool = False
    signed: bool = False
    absolute: bool = False
    bare: bool = False
    words: bool = False
    range: bool = False


def format_value(x: float, unit: str | Unit, style: str | None = None, locale: str = "en") -> str:
    """Write `x`, an amount in `unit`, for a reader.

    Raises ValueError for an unknown unit, style or locale, and for a number that is not finite.
    """
    asked = _parse(style)
    if asked.range:
        raise ValueError("style 'range' needs a low and a high: use format_range or format_number")
    return _format([x], unit, asked, locale)


def format_range(
    low: float, high: float, unit: str | Unit, style: str | None = None, locale: str = "en"
) -> str:
    """Write a range, such as "1.4–2.7 bn NOK"; with "to" where an end is negative.

    Both ends have the same number of decimals. Ends that look alike are written once.
    """
    if low > high:
        raise ValueError(f"low = {low!r} must be at most high = {high!r}")
    return _format([low, high], unit, _parse(style), locale)


def format_number(number: Number, style: str | None = None, locale: str = "en") -> str:
    """Write a Number; with the style `range` its low and high."""
    asked = _parse(style)
    if not asked.range:
        return _format([number.value], number.unit, asked, locale)
    if number.low is None or number.high is None:
        raise ValueError(f"{number.id or number.label!r} has no range, so style 'range' fails")
    return _format([number.low, number.high], number.unit, asked, locale)


def _parse(style: str | None) -> _Style:
    asked = _Style()
    for word in (style or "").replace(",", " ").split():
        if word not in STYLES:
            raise ValueError(f"style = {word!r}; allowed: {', '.join(STYLES)}")
        if word in _SCALES:
            asked = asked._replace(scale=word)
        elif word.isdigit():
            asked = asked._replace(decimals=int(word))
        else:
            asked = asked._replace(**_FLAGS[word])
    return asked


def _format(xs: list[float], unit: str | Unit, asked: _Style, locale: str) -> str:
    if locale not in LOCALES:
        raise ValueError(f"locale = {locale!r}; allowed: {', '.join(LOCALES)}")
    for x in xs:
        if not math.isfinite(x):
            raise ValueError(f"value = {x!r}; allowed: a finite number")
    shown = _unit(unit)
    if asked.scale:
        target = _scaled(shown, asked.scale)
        xs = [target.from_base(shown.to_base(x)) for x in xs]
        shown = target
    percent = asked.percent or shown.symbol.startswith("%")
    if asked.percent and shown.kind not in ("share", "ratio", "share difference"):
        raise ValueError(f"style = 'pct'; allowed for a share or a ratio, not for {shown.id}")
    if percent:
        xs = [100 * shown.to_base(x) for x in xs]
    if asked.absolute:
        xs = [abs(x) for x in xs]
    return _join(xs, shown, percent, asked, locale)


def _join(xs: list[float], unit: Unit, percent: bool, asked: _Style, locale: str) -> str:
    decimals = asked.decimals
    if decimals is None:
        decimals = max(_decimals(x, 0 if percent and asked.percent else unit.decimals) for x in xs)
    grouped = unit.kind != _CALENDAR
    texts = [_digits(x, decimals, locale, grouped, asked.signed) for x in xs]
    if asked.words:
        texts = [_word(x, text, locale) for x, text in zip(xs, texts, strict=True)]
    if len(texts) == 2 and texts[0] == texts[1]:
        texts.pop()
    plain = not asked.signed and not asked.words and min(xs) >= 0
    dash = EN_DASH if plain else f" {_TO[locale]} "
    text = dash.join(texts)
    if asked.bare:
        return text
    symbol = unit.symbol if locale == "en" else unit.symbol_nb
    if percent and not symbol.startswith("%"):
        symbol = "%"
    if not symbol:
        return text
    close = percent and locale == "en"
    return f"{text}{'' if close else NBSP}{symbol}"


def _unit(unit: str | Unit) -> Unit:
    if isinstance(unit, Unit):
        return unit
    units = default_units()
    if unit not in units:
        raise ValueError(f"unit = {unit!r}; allowed: an id of units.csv")
    return units[unit]


def _scaled(unit: Unit, scale: str) -> Unit:
    """Return the unit of the same kind that is `scale` base units, such as bnNOK for NOK and bn."""
    for other in default_units().values():
        if other.kind == unit.kind and other.scale == _SCALES[scale]:
            return other
    raise ValueError(f"style = {scale!r}; allowed for money with such a unit, not for {unit.id}")


def _decimals(x: float, usual: int) -> int:
    """Return the usual decimals, none for a whole number, up to six where fewer would show zero."""
    if x == round(x) or abs(x) < 5e-7:
        return 0
    while round(x, usual) == 0:
        usual += 1
    return usual


def _digits(x: float, decimals: int, locale: str, grouped: bool, signed: bool) -> str:
    text = f"{abs(x):,.{decimals}f}" if grouped else f"{abs(x):.{decimals}f}"
    zero = not text.strip("0,.")
    sign = "" if zero else MINUS if x < 0 else "+" if signed else ""
    mark = "." if locale == "en" else ","
    return sign + text.replace(".", "#").replace(",", NBSP).replace("#", mark)


def _word(x: float, text: str, locale: str) -> str:
    return _WORDS[locale][int(x)] if x == round(x) and 0 <= x <= 12 else text
