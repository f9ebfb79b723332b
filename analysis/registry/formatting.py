"""Numbers as text, in English and Norwegian: thousands, decimals, signs, ranges, units.

Both languages group thousands with a non-breaking space. Norwegian has a decimal comma. Minus is
the real sign (U+2212), a range has an en dash, and zero never has a sign. Conventions for
Norwegian: Språkrådet, and the profile guide of the Norwegian Agency for Public and Financial
Management.

A style is one or more words, separated by spaces or commas:

- `bn`, `m`, `k`: in billions, millions or thousands of the same kind of unit
- `0` to `6`: number of decimals
- `pct`: a share or ratio as a percentage; shares are shown so by default
- `pp`: a difference between two shares in percentage points
- `signed`: always with a sign; `abs`: without
- `bare`: without the unit; `words`: a whole number from 0 to 12 in words
- `range`: low to high instead of the value
"""

from __future__ import annotations

import math
from typing import NamedTuple

from analysis.registry.loading import default_units
from analysis.registry.records import Number, Unit

NBSP, MINUS, EN_DASH = "\u00a0", "\u2212", "\u2013"
STYLES = ("bn", "m", "k", *"0123456", "pct", "pp", "signed", "abs", "bare", "words", "range")
LOCALES = ("en", "nb")

_SCALES = {"bn": 1e9, "m": 1e6, "k": 1e3}
_WORDS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve",
    "nb": "null én to tre fire fem seks sju åtte ni ti elleve tolv",
}
_TO = {"en": "to", "nb": "til"}
_ONE_NB = {
    "måneder": "måned",
    "uker": "uke",
    "dager": "dag",
    "arbeidsdager": "arbeidsdag",
    "timer": "time",
    "minutter": "minutt",
    "sekunder": "sekund",
}
_CALENDAR = "calendar year"
_SHARES = ("share", "ratio")


class _Style(NamedTuple):
    scale: str = ""
    decimals: int | None = None
    flags: frozenset[str] = frozenset()


def format_value(x: float, unit: str | Unit, style: str | None = None, locale: str = "en") -> str:
    """Write `x`, an amount in `unit`, for a reader.

    Raises ValueError for an unknown unit, style or locale, and for a number that is not finite.
    """
    asked = _parse(style)
    if "range" in asked.flags:
        raise ValueError("style 'range' needs a low and a high: use format_range or format_number")
    return _format([x], unit, asked, locale)


def format_range(
    low: float, high: float, unit: str | Unit, style: str | None = None, locale: str = "en"
) -> str:
    """Write a range, such as "1.4–2.7 bn NOK"; with "to" where an end has a sign.

    Both ends have the same number of decimals. Ends that look alike are written once.
    """
    if low > high:
        raise ValueError(f"low = {low!r} must be at most high = {high!r}")
    return _format([low, high], unit, _parse(style), locale)


def format_number(number: Number, style: str | None = None, locale: str = "en") -> str:
    """Write a Number; with the style `range` its low and high."""
    asked = _parse(style)
    if "range" not in asked.flags:
        return _format([number.value], number.unit, asked, locale)
    if number.low is None or number.high is None:
        raise ValueError(f"{number.id or number.label!r} has no range, so style 'range' fails")
    return _format([number.low, number.high], number.unit, asked, locale)


def _parse(style: str | None) -> _Style:
    scale, decimals, flags = "", None, set()
    for word in (style or "").replace(",", " ").split():
        if word not in STYLES:
            raise ValueError(f"style = {word!r}; allowed: {', '.join(STYLES)}")
        if word in _SCALES:
            scale = word
        elif word.isdigit():
            decimals = int(word)
        else:
            flags.add(word)
    return _Style(scale, decimals, frozenset(flags))


def _format(xs: list[float], unit: str | Unit, asked: _Style, locale: str) -> str:
    if locale not in LOCALES:
        raise ValueError(f"locale = {locale!r}; allowed: {', '.join(LOCALES)}")
    for x in xs:
        if not math.isfinite(x):
            raise ValueError(f"value = {x!r}; allowed: a finite number")
    shown = _shown_unit(_unit(unit), asked)
    xs = [_convert(x, _unit(unit), shown) for x in xs]
    if "abs" in asked.flags:
        xs = sorted(abs(x) for x in xs)
    decimals = asked.decimals
    if decimals is None:
        decimals = max(_decimals(x, shown.decimals) for x in xs)
    signed, grouped = "signed" in asked.flags, shown.kind != _CALENDAR
    texts = [_digits(x, decimals, locale, grouped, signed) for x in xs]
    if "words" in asked.flags:
        texts = [_word(x, text, locale) for x, text in zip(xs, texts, strict=True)]
    texts = list(dict.fromkeys(texts))
    plain = all(text[0].isdigit() for text in texts)
    text = (EN_DASH if plain else f" {_TO[locale]} ").join(texts)
    return text if "bare" in asked.flags else text + _symbol(shown, text, locale)


def _unit(unit: str | Unit) -> Unit:
    if isinstance(unit, Unit):
        return unit
    units = default_units()
    if unit not in units:
        raise ValueError(f"unit = {unit!r}; allowed: an id of units.csv")
    return units[unit]


def _shown_unit(unit: Unit, asked: _Style) -> Unit:
    """Return the unit that the style asks for."""
    units = default_units()
    for word in ("pct", "pp"):
        if word in asked.flags and unit.kind not in _SHARES:
            raise ValueError(f"style = {word!r}; allowed for a share or ratio, not for {unit.id}")
    if "pp" in asked.flags:
        return units["percentage_points"]
    if "pct" in asked.flags and not _in_percent(unit):
        return units["share"]
    if not asked.scale:
        return unit
    for other in units.values():
        if other.kind == unit.kind and other.scale == _SCALES[asked.scale]:
            return other
    raise ValueError(
        f"style = {asked.scale!r}; allowed for units that have such a multiple, not for {unit.id}"
    )


def _in_percent(unit: Unit) -> bool:
    return unit.symbol.startswith("%")


def _convert(x: float, unit: Unit, shown: Unit) -> float:
    """Return the amount to print; shares and ratios become percentages or points."""
    base = unit.to_base(x)
    if _in_percent(shown) or (unit.kind in _SHARES and shown.id == "percentage_points"):
        return 100 * base
    return x if unit.id == shown.id else shown.from_base(base)


def _decimals(x: float, usual: int) -> int:
    """Return the usual decimals, none for a whole number, up to six where fewer would show zero."""
    if math.isclose(x, round(x), rel_tol=1e-12) or abs(x) < 5e-7:
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
    return _WORDS[locale].split()[int(x)] if x == round(x) and 0 <= x <= 12 else text


def _symbol(unit: Unit, text: str, locale: str) -> str:
    """Return the symbol with the space before it, in the singular after 1."""
    symbol = unit.symbol if locale == "en" else unit.symbol_nb
    if not symbol:
        return ""
    if locale == "en" and _in_percent(unit):
        return symbol
    if text in ("1", f"{MINUS}1", "+1", "one", "én"):
        head, per, rest = symbol.partition(" per ")
        one = head.removesuffix("s") if locale == "en" else _ONE_NB.get(head, head)
        symbol = one + per + rest
    return NBSP + symbol
