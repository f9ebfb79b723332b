"""What an explorer is: controls, kernel, outputs, charts and sentences, declared once as data.

Everything about a number (label, unit, limits, step, base value, range, source) comes from its
registry record. ``Explorer.payload`` is the whole declaration as plain JSON; the Jupyter view and
the page both read that and nothing else, so they cannot drift apart.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from analysis import registry
from analysis.explorer import lattice
from analysis.figures import theme
from analysis.registry.formatting import LOCALES, format_value
from analysis.studies.uncertainty import law_of

if TYPE_CHECKING:
    from analysis.explorer.state import State
    from analysis.registry import Registry
    from analysis.registry.records import Unit, Value

# Runs a kernel over many draws: base vector, drawn places, their columns, wanted places; returns an
# array (wanted, draws). For kernels that are slow in plain Python and compiled elsewhere.
Batch = Callable[[Any, Sequence[int], Any, Sequence[int]], Any]
Options = tuple[tuple[str, str, float], ...]
Kernel = Callable[[MutableSequence[float], MutableSequence[float]], None]

FORMAT_VERSION = 1
DRAWS = 2048
FIRST_DRAWS = 256
TABLE_SIZE = 129
# A law without ends is read between these quantiles, so that the tables stay finite.
TAIL = 0.0005
BAND = (0.1, 0.9)
PLACEHOLDER = re.compile(r"\{([^{}|]+)(?:\|([a-z]+))?\}")


class DeclarationError(ValueError):
    """An explorer that cannot work; the message names explorer, field and reason."""


@dataclass(frozen=True)
class Control:
    """A number that the reader may set: a value id; ``label`` replaces the record's own.

    Controls with ``more`` are folded away until asked for.
    """

    id: str
    label: str = ""
    more: bool = False


@dataclass(frozen=True)
class Choice:
    """A question with few answers, such as the contract type.

    ``options`` are (key, label, number handed to the kernel); the first is the default unless
    ``default`` names another key.
    """

    name: str
    label: str
    options: Options | Callable[[Registry], Options]
    default: str = ""

    def listed(self, reg: Registry) -> Options:
        """Return the answers; those that come from the registry are looked up there."""
        return self.options(reg) if callable(self.options) else self.options


@dataclass(frozen=True)
class Output:
    """Results in ``out[start : start + size]``, in the base unit of ``unit`` and shown in ``unit``.

    ``digits`` significant digits are shown in sentences and tables. What says something of the
    settings themselves is not ``drawn``.
    """

    name: str
    start: int
    unit: str
    size: int = 1
    digits: int = 3
    style: str = ""
    drawn: bool = True


@dataclass(frozen=True)
class Line:
    """A line over the chart's x, with its P10 to P90 band when ``band``.

    With ``low`` and ``high`` the band is between these two outputs instead of between draws.
    """

    name: str
    y: str
    color: str = "blue"
    band: bool = True
    low: str = ""
    high: str = ""
    dash: str = ""


@dataclass(frozen=True)
class Bars:
    """Bars over the chart's x, with a P10 to P90 whisker when ``band`` (or from low to high)."""

    name: str
    y: str
    color: str = "blue"
    band: bool = True
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class Dots:
    """One dot per place of ``y`` over the chart's x; ``labels`` names them."""

    name: str
    y: str
    color: str = "blue"
    labels: Callable[[Registry], tuple[str, ...]] | None = None
    band: bool = False
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class Mark:
    """A point with words at the scalar outputs ``x`` and ``y``; hidden outside the axis."""

    x: str
    y: str
    text: str
    color: str = "ink"
    place: str = "top center"


@dataclass(frozen=True)
class Chart:
    """A chart: ``x`` is an output name or a tuple of labels; axis titles say the quantity."""

    id: str
    title: str
    alt: str
    x: str | tuple[str | int, ...]
    series: tuple[Line | Bars | Dots, ...]
    x_title: str = ""
    y_title: str = ""
    marks: tuple[Mark, ...] = ()
    horizontal: bool = False
    stacked: bool = False
    zero: bool = True
    x_log: bool = False
    height: int = 340
    note: str = ""


@dataclass(frozen=True)
class Headline:
    """A sentence on one output; the wording follows its sign, as printed.

    ``{x}`` is the amount without sign, ``{low}`` and ``{high}`` the band with sign but without
    unit, ``{name}`` another output, ``{name|abs}``, ``{name|low}``, ``{name|high}`` and
    ``{name|bare}`` forms of it, ``{value.id}`` a setting, ``{@choice}`` the label of the answer.
    """

    output: str
    above: str
    below: str = ""
    zero: str | None = None
    tail: str = ""


@dataclass(frozen=True)
class Preset:
    """A named scenario of the registry, and the answers that go with it.

    ``label`` and ``description`` replace those of the scenario where only the answers differ.
    """

    scenario: str
    choices: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    description: str = ""


@dataclass(frozen=True)
class Explorer:
    """A live control panel. ``inputs`` fill the kernel's vector in order.

    An input is a value id, ``@name`` for a choice, or ``#name`` for a vector of ``data``.
    ``uncertain`` are value ids among the inputs that are drawn from their range, unless the reader
    sets them: a setting off its default is held. Shown are the ``center`` of the draws (the mean
    adds up over parts; the median also exists where the mean does not) and the P10 to P90 band,
    from the ``first`` draws at once and from all ``draws`` soon after.
    """

    id: str
    title: str
    lead: str
    kernel: Kernel
    inputs: tuple[str, ...]
    size: int
    outputs: tuple[Output, ...]
    controls: tuple[Control | Choice, ...]
    charts: tuple[Chart, ...]
    headlines: tuple[Headline, ...]
    uncertain: tuple[str, ...] = ()
    presets: tuple[Preset, ...] = ()
    sources: tuple[str, ...] = ()
    data: Callable[[Registry], Mapping[str, Sequence[float]]] | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)
    draws: int = DRAWS
    first: int = FIRST_DRAWS
    center: Literal["mean", "median"] = "mean"
    batch: Batch | None = None

    # ── what follows from the declaration ────────────────────────────────────────────────────
    @cached_property
    def value_ids(self) -> tuple[str, ...]:
        """Value ids among the inputs."""
        return tuple(id for id in self.inputs if id[0] not in "@#")

    @cached_property
    def numbers(self) -> tuple[Control, ...]:
        """The controls that set a number."""
        return tuple(c for c in self.controls if isinstance(c, Control))

    @cached_property
    def choices(self) -> dict[str, Choice]:
        """The choices by name."""
        return {c.name: c for c in self.controls if isinstance(c, Choice)}

    @cached_property
    def output(self) -> dict[str, Output]:
        """The outputs by name."""
        return {o.name: o for o in self.outputs}

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The declaration with the registry's data, as plain JSON.

        Raises:
            DeclarationError: an unknown name, a control without limits or step, a derived input
                that a control changes, an output outside ``out``; names explorer and field.
        """
        reg = registry.load()
        self._check(reg)
        base = reg.scenario("base")
        p, slots = self._vector(reg)
        drawn = [slots[id] for id in self.uncertain]
        tables = [self._quantiles(reg, id) for id in self.uncertain]
        units = {o.unit for o in self.outputs} | {reg.value(id).unit for id in self._named(reg)}
        return {
            "version": FORMAT_VERSION,
            "id": self.id,
            "title": self.title,
            "lead": self.lead,
            "kernel": self.kernel.__name__,
            "base": base.hash,
            "p": p,
            "size": self.size,
            "controls": [self._control(reg, c, slots) for c in self.controls],
            "draws": {
                "count": self.draws,
                "first": self.first,
                "ids": list(self.uncertain),
                "slots": drawn,
                "size": TABLE_SIZE,
                "tables": [x for table in tables for x in table],
                "steps": lattice.steps(len(drawn)),
                "band": list(BAND),
                "center": self.center,
            },
            "outputs": {
                o.name: {
                    "start": o.start,
                    "size": o.size,
                    "unit": o.unit,
                    "digits": o.digits,
                    "style": o.style,
                }
                for o in self.outputs
            },
            "drawn": self._drawn(),
            "charts": [self._chart(c) for c in self.charts],
            "headlines": [
                {
                    "output": h.output,
                    "above": h.above,
                    "below": h.below or h.above,
                    "zero": h.above if h.zero is None else h.zero,
                    "tail": h.tail,
                }
                for h in self.headlines
            ],
            "presets": [self._preset(reg, p) for p in self.presets],
            "renamed": dict(self.renamed),
            "units": {id: _unit(reg.unit(id)) for id in sorted(units)},
            "sources": [self._source(reg, id) for id in self._sources(reg)],
            "colors": self._colors(),
        }

    def evaluate(self, state: State | None = None, draws: int | None = None) -> Any:
        """Evaluate in Python; see ``engine.evaluate``."""
        from analysis.explorer import engine

        return engine.evaluate(self, state, draws)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from analysis.explorer import views

        return views.bundle(self)

    # ── pieces of the payload ────────────────────────────────────────────────────────────────
    def _fail(self, where: str, why: str) -> DeclarationError:
        return DeclarationError(f"explorer {self.id}: {where}: {why}")

    def _check(self, reg: Registry) -> None:
        controlled = {c.id for c in self.numbers} | set(self.uncertain)
        for id in (*self.value_ids, *controlled):
            if id not in reg:
                raise self._fail(id, "no such value in the registry")
            if id in controlled and id not in self.value_ids:
                raise self._fail(id, "is controlled or uncertain but not an input")
        for id in self.value_ids:
            moved = _roots(reg, id) & controlled - {id}
            if moved:
                raise self._fail(id, f"is derived from {', '.join(sorted(moved))}, which can move")
        for c in self.numbers:
            value = reg.value(c.id)
            if value.formula:
                raise self._fail(c.id, "a control cannot set a derived value")
            if not all(map(math.isfinite, value.limits)) or value.step is None:
                raise self._fail(c.id, "a control needs minimum, maximum and step in the registry")
        for name in (id[1:] for id in self.inputs if id[0] == "@"):
            if name not in self.choices:
                raise self._fail(f"@{name}", "no such choice among the controls")
        for o in self.outputs:
            if o.start < 0 or o.start + o.size > self.size:
                raise self._fail(o.name, f"lies outside the {self.size} results of the kernel")
        for chart in self.charts:
            refs = [chart.x] if isinstance(chart.x, str) else []
            for s in chart.series:
                refs += [r for r in (s.y, s.low, s.high) if r]
            for m in chart.marks:
                refs += [m.x, m.y]
            for ref in refs:
                if ref not in self.output:
                    raise self._fail(f"chart {chart.id}", f"no output {ref!r}")
        texts = [t for h in self.headlines for t in (h.above, h.below, h.zero or "", h.tail)]
        texts += [t for c in self.charts for t in (c.alt, c.note, *(m.text for m in c.marks))]
        for text in texts:
            for name, _ in PLACEHOLDER.findall(text):
                known = {"x", "low", "high", *self.output, *self.value_ids}
                if name not in known and name.removeprefix("@") not in self.choices:
                    raise self._fail(f"{{{name}}}", "is neither an output, a setting nor a choice")

    def _vector(self, reg: Registry) -> tuple[list[float], dict[str, int]]:
        """Return the base vector in base units, and the place of every input."""
        data = self.data(reg) if self.data else {}
        p: list[float] = []
        slots: dict[str, int] = {}
        for id in self.inputs:
            slots[id] = len(p)
            if id[0] == "@":
                choice = self.choices[id[1:]]
                default = default_key(choice, reg)
                p.append(next(n for k, _, n in choice.listed(reg) if k == default))
            elif id[0] == "#":
                p.extend(float(x) for x in data[id[1:]])
            else:
                p.append(reg.unit(reg.value(id).unit).to_base(reg[id]))
        return p, slots

    def _quantiles(self, reg: Registry, id: str) -> list[float]:
        value = reg.value(id)
        if value.low is None or value.high is None:
            raise self._fail(id, "is uncertain but has no range in the registry")
        law = law_of(value)
        to_base = reg.unit(value.unit).to_base
        u = np.linspace(0.0, 1.0, TABLE_SIZE)
        low, high = law.support()
        u[0] = 0.0 if math.isfinite(low) else TAIL
        u[-1] = 1.0 if math.isfinite(high) else 1.0 - TAIL
        return [float(f"{to_base(float(x)):.6g}") for x in law.ppf(u)]

    def _control(self, reg: Registry, c: Control | Choice, slots: dict[str, int]) -> dict[str, Any]:
        if isinstance(c, Choice):
            return {
                "kind": "choice",
                "name": c.name,
                "label": c.label,
                "slot": slots[f"@{c.name}"],
                "default": default_key(c, reg),
                "options": [
                    {"key": k, "label": label, "number": n} for k, label, n in c.listed(reg)
                ],
            }
        value = reg.value(c.id)
        minimum, maximum = value.limits
        return {
            "kind": "number",
            "id": c.id,
            "slot": slots[c.id],
            "label": c.label or value.label,
            "more": c.more,
            "note": value.note,
            "unit": value.unit,
            "value": value.value,
            "shown": _shown(reg.unit(value.unit), value),
            "min": minimum,
            "max": maximum,
            "step": value.step,
            "low": value.low,
            "high": value.high,
            "meaning": value.range_meaning,
            "status": value.status,
            "uncertain": c.id in self.uncertain,
        }

    def _drawn(self) -> list[int]:
        """Places in ``out`` that are followed over the draws: those of all outputs."""
        if not self.uncertain:
            return []
        return sorted(
            {i for o in self.outputs if o.drawn for i in range(o.start, o.start + o.size)}
        )

    def _chart(self, c: Chart) -> dict[str, Any]:
        return {
            "id": c.id,
            "title": c.title,
            "alt": c.alt,
            "x": c.x if isinstance(c.x, str) else list(c.x),
            "x_title": c.x_title,
            "y_title": c.y_title,
            "horizontal": c.horizontal,
            "stacked": c.stacked,
            "zero": c.zero,
            "x_log": c.x_log,
            "height": c.height,
            "note": c.note,
            "series": [
                {
                    "kind": type(s).__name__.lower(),
                    "name": s.name,
                    "y": s.y,
                    "color": s.color,
                    "low": s.low,
                    "high": s.high,
                    "band": bool(s.low) or (s.band and bool(self.uncertain)),
                    "dash": s.dash if isinstance(s, Line) else "",
                    "labels": list(s.labels(registry.load()))
                    if isinstance(s, Dots) and s.labels
                    else None,
                }
                for s in c.series
            ],
            "marks": [asdict(m) for m in c.marks],
        }

    def _preset(self, reg: Registry, preset: Preset) -> dict[str, Any]:
        scenario = reg.scenario(preset.scenario)
        outside = set(scenario.changes) - {c.id for c in self.numbers}
        if outside:
            raise self._fail(
                f"preset {preset.scenario}",
                f"changes {', '.join(sorted(outside))}: no such control",
            )
        return {
            "id": scenario.id,
            "label": preset.label or scenario.label,
            "description": preset.description or scenario.description,
            "changes": dict(scenario.changes),
            "choices": dict(preset.choices),
        }

    def _named(self, reg: Registry) -> list[str]:
        """Value ids that may be printed with their unit."""
        texts = [t for h in self.headlines for t in (h.above, h.below, h.zero or "", h.tail)]
        texts += [t for c in self.charts for t in (c.alt, c.note, *(m.text for m in c.marks))]
        named = {n for text in texts for n, _ in PLACEHOLDER.findall(text) if n in self.value_ids}
        return sorted(named | {c.id for c in self.numbers})

    def _sources(self, reg: Registry) -> list[str]:
        found: dict[str, None] = dict.fromkeys(self.sources)
        for id in self.value_ids:
            found.update(dict.fromkeys(reg.sources_of(id)))
        return list(found)

    def _source(self, reg: Registry, id: str) -> dict[str, str]:
        source = reg.source(id)
        return {"id": id, "text": source.citation, "url": source.url or ""}

    def _colors(self) -> dict[str, list[str]]:
        names = {"ink", "muted", "grid", "page"}
        names |= {s.color for c in self.charts for s in c.series}
        names |= {m.color for c in self.charts for m in c.marks}
        pairs = theme.page_theme()["pairs"]
        return {n: [theme.color(n), pairs[theme.color(n)]] for n in sorted(names)}


def default_key(choice: Choice, reg: Registry) -> str:
    """Return the key of the answer that holds until the reader picks another."""
    return choice.default or choice.listed(reg)[0][0]


def _unit(unit: Unit) -> dict[str, Any]:
    """Return what the page needs to write amounts in a unit; ``one`` are the symbols after a 1."""
    percent = unit.symbol.startswith("%")
    ones = [format_value(1.0, unit, "0", locale).partition("\u00a0")[2] for locale in LOCALES]
    return {
        "symbol": unit.symbol,
        "symbol_nb": unit.symbol_nb,
        "one": None if percent else ones,
        "kind": unit.kind,
        "scale": unit.scale,
        "decimals": unit.decimals,
    }


def _shown(unit: Unit, value: Value) -> dict[str, Any]:
    """Return how an input field shows a value: factor, decimals and symbol (shares in per cent)."""
    percent = unit.symbol.startswith("%")
    factor = 100.0 * unit.scale if percent else 1.0
    step = Decimal(repr(value.step)) * Decimal(repr(factor))
    exponent = step.normalize().as_tuple().exponent
    return {
        "factor": factor,
        "decimals": max(0, -int(exponent)),
        "symbol": unit.symbol,
        "symbol_nb": unit.symbol_nb,
    }


def _roots(reg: Registry, id: str) -> set[str]:
    """Ids that a value is derived from, itself included."""
    found: set[str] = set()
    waiting = [id]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(reg.inputs(current))
    return found
