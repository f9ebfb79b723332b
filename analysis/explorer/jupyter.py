"""The Jupyter view: the declaration as ipywidgets beside plotly figures, run in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets as w
import plotly.graph_objects as go

from analysis.explorer import engine, state, words
from analysis.explorer.declare import Explorer
from analysis.explorer.state import State
from analysis.figures import theme
from analysis.registry.formatting import format_value

WIDE = w.Layout(width="100%")


class Panel(w.HBox):  # type: ignore[misc]
    """Controls and charts of one explorer. ``state`` may be set; ``result`` follows."""

    def __init__(self, explorer: Explorer, start: State | None = None) -> None:
        """Build the panel at ``start`` (default: everything at its default)."""
        self.explorer = explorer
        self._state = start or State()
        self._past: list[State] = []
        self._painting = False
        self.headline = w.HTML(layout=WIDE)
        self.note = w.HTML(layout=WIDE)
        self.fields = {
            c.get("id") or c["name"]: self._field(c) for c in explorer.payload["controls"]
        }
        self.presets = w.Dropdown(
            options=[("Your own settings", None)]
            + [(p["label"], i) for i, p in enumerate(explorer.payload["presets"])],
            description="Start from",
            layout=WIDE,
        )
        self.presets.observe(self._start_from, "value")
        self.undo = w.Button(description="Undo", disabled=True)
        self.undo.on_click(lambda _: self._undo())
        self.reset = w.Button(description="Reset")
        self.reset.on_click(lambda _: self.set(State()))
        self.figures = {
            c["id"]: go.FigureWidget(layout=self._layout(c)) for c in explorer.payload["charts"]
        }
        self.file = w.Textarea(disabled=True, rows=8, layout=WIDE)
        files = w.Accordion([self.file], titles=("Scenario file (JSON)",))
        self.update()
        left = w.VBox(
            [
                self.presets,
                *self.fields.values(),
                w.HBox([self.undo, self.reset]),
                self.note,
                files,
            ],
            layout=w.Layout(width="22rem", flex="0 0 auto"),
        )
        charts = []
        for c in explorer.payload["charts"]:
            charts += [w.HTML(f"<b>{c['title']}</b>"), self.figures[c["id"]]]
        right = w.VBox(
            [w.HTML(f"<h3>{explorer.title}</h3><p>{explorer.lead}</p>"), self.headline, *charts],
            # A flex item is as wide as its content unless told that it may be narrower.
            layout=w.Layout(flex="1 1 0", min_width="0", overflow="hidden"),
        )
        super().__init__([left, right])

    @property
    def state(self) -> State:
        """The settings off their defaults."""
        return self._state

    def set(self, new: State) -> None:
        """Take a state: from a preset, a file or code."""
        if new != self._state:
            self._past.append(self._state)
            self._state = new
            self.update()

    def save(self, path: str | Path) -> None:
        """Write the scenario file, which the page and ``analysis.load_scenario`` read."""
        Path(path).write_text(state.to_json(self.explorer, self._state), encoding="utf-8")

    def load(self, path: str | Path) -> None:
        """Take the settings of a scenario file. Raises ValueError for what is not allowed."""
        self.set(state.load(self.explorer, path))

    def update(self) -> None:
        """Evaluate and repaint controls, sentences and charts."""
        self.result = engine.evaluate(self.explorer, self._state)
        self._painting = True
        try:
            self._paint()
        finally:
            self._painting = False

    def _undo(self) -> None:
        if self._past:
            self._state = self._past.pop()
            self.update()

    def _start_from(self, change: dict[str, Any]) -> None:
        if not self._painting and change["new"] is not None:
            preset = self.explorer.payload["presets"][change["new"]]
            self.set(State(preset["changes"], preset["choices"]))

    def _field(self, control: dict[str, Any]) -> w.Widget:
        style = {"description_width": "9rem"}
        if control["kind"] == "choice":
            field = w.Dropdown(
                options=[(o["label"], o["key"]) for o in control["options"]],
                value=control["default"],
                description=control["label"],
                layout=WIDE,
                style=style,
            )
            name = control["name"]
        else:
            factor, decimals = control["shown"]["factor"], control["shown"]["decimals"]
            name = control["id"]
            field = w.FloatSlider(
                value=control["value"] * factor,
                min=control["min"] * factor,
                max=control["max"] * factor,
                step=control["step"] * factor,
                readout_format=f",.{decimals}f",
                description=control["label"],
                tooltip=f"{control['label']} ({control['shown']['symbol']}), {control['status']}",
                continuous_update=False,
                layout=WIDE,
                style=style,
            )
        field.observe(lambda change: self._moved(name, control, change["new"]), "value")
        return field

    def _moved(self, name: str, control: dict[str, Any], raw: Any) -> None:
        if self._painting:
            return
        changes, choices = dict(self._state.changes), dict(self._state.choices)
        if control["kind"] == "choice":
            choices[name] = raw
        else:
            changes[name] = float(f"{raw / control['shown']['factor']:.12g}")
        self.set(state.checked(self.explorer, changes, choices))

    def _paint(self) -> None:
        payload = self.explorer.payload
        for control in payload["controls"]:
            if control["kind"] == "choice":
                name = control["name"]
                self.fields[name].value = self._state.choices.get(name, control["default"])
                continue
            name = control["id"]
            x = self._state.changes.get(name, control["value"])
            self.fields[name].value = x * control["shown"]["factor"]
            off = name in self._state.changes
            self.fields[name].style.handle_color = theme.BLUE if off else None
        sentences = words.headlines(self.explorer, self.result)
        first, *rest = "\n".join(sentences).split("\n")
        self.headline.value = f"<p><b>{first}</b> {' '.join(rest)}</p>"
        off_default = [
            f"{c['label']}: default {format_value(c['value'], c['unit'])}"
            for c in payload["controls"]
            if c.get("id") in self._state.changes
        ]
        self.note.value = "<br>".join(off_default) or "All numbers at their default."
        self.undo.disabled = not self._past
        self.file.value = state.to_json(self.explorer, self._state)
        same = [
            i
            for i, p in enumerate(payload["presets"])
            if State(p["changes"], p["choices"]) == self._state
        ]
        self.presets.value = same[0] if same else None
        for chart in payload["charts"]:
            figure = self.figures[chart["id"]]
            drawn = traces(self.explorer, self.result, chart)
            with figure.batch_update():
                if len(figure.data) != len(drawn):
                    figure.data = ()
                    figure.add_traces(drawn)
                else:
                    for old, new in zip(figure.data, drawn, strict=True):
                        old.update(new)

    def _layout(self, chart: dict[str, Any]) -> dict[str, Any]:
        across = chart["horizontal"]
        x_title = (
            chart["y_title"]
            if across
            else chart["x_title"]
            if chart["series"][0]["kind"] != "bars"
            else ""
        )
        return {
            "template": theme.template(),
            "height": chart["height"],
            "xaxis_title": x_title,
            "yaxis_title": "" if across else chart["y_title"],
            "yaxis_autorange": "reversed" if across else None,
            "barmode": "relative" if chart["stacked"] else "group",
            "showlegend": len(chart["series"]) > 1,
            "xaxis_type": "log" if chart["x_log"] else None,
        }


def traces(
    explorer: Explorer, result: engine.Result, chart: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return plotly traces of a chart; the same series as on the page."""
    found: list[dict[str, Any]] = []
    for s in words.series(explorer, result, chart):
        color = theme.color(s["color"])
        if s["kind"] == "line":
            if s["low"] is not None:
                edge = {
                    "type": "scatter",
                    "mode": "lines",
                    "x": s["x"],
                    "line": {"width": 0},
                    "hoverinfo": "skip",
                    "showlegend": False,
                }
                fill = {"fill": "tonexty", "fillcolor": theme.band(s["color"])}
                found += [{**edge, "y": s["low"]}, {**edge, "y": s["high"], **fill}]
            line = {"color": color, "width": 2.5, "dash": s["dash"] or "solid"}
            found.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": s["name"],
                    "x": s["x"],
                    "y": s["y"],
                    "line": line,
                }
            )
            continue
        if s["kind"] == "dots":
            found.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": s["name"],
                    "x": s["x"],
                    "y": s["y"],
                    "text": s["labels"],
                    "marker": {"color": color, "size": 7, "opacity": 0.75},
                }
            )
            continue
        along, across = ("y", "x") if chart["horizontal"] else ("x", "y")
        bar = {
            "type": "bar",
            "name": s["name"],
            along: s["x"],
            across: s["y"],
            "marker": {"color": color},
            "orientation": "h" if chart["horizontal"] else "v",
        }
        if s["low"] is not None:
            bar[f"error_{across}"] = {
                "type": "data",
                "symmetric": False,
                "color": theme.INK,
                "array": [h - y for h, y in zip(s["high"], s["y"], strict=True)],
                "arrayminus": [y - low for low, y in zip(s["low"], s["y"], strict=True)],
            }
        found.append(bar)
    for m in words.marks(explorer, result, chart):
        found.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": [m["x"]],
                "y": [m["y"]],
                "text": [m["text"]],
                "textposition": m["place"],
                "showlegend": False,
                "marker": {"color": theme.color(m["color"]), "size": 9},
                "hoverinfo": "skip",
            }
        )
    return found
