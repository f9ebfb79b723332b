"""What the reader has set: changed numbers and answers, and their text forms (link, file).

A link carries ``#s=1~gp_office~v:1a2b3c4d5e6f~gp.hp_price:80000~contract:deal``: version, explorer,
hash of the base data, then settings off their defaults.
The scenario file is the registry's own JSON with the answers beside it. Both come from outside and
are read with suspicion: what is unknown or out of range is named, the rest is kept.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import registry

if TYPE_CHECKING:
    from analysis.explorer.declare import Explorer

LINK_VERSION = 1
LONGEST_LINK = 4000
# Digits of ASCII only, as in the browser.
_NUMBER = re.compile(r"-?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})(e[+-]?\d{1,3})?", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_.]{0,79}")


@dataclass(frozen=True)
class State:
    """Settings off their defaults: numbers by value id (unit of the record), answers by choice."""

    changes: Mapping[str, float] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)


def checked(
    explorer: Explorer, changes: Mapping[str, Any], choices: Mapping[str, Any] | None = None
) -> State:
    """Return a state of an explorer, without what is at its default.

    Raises:
        ValueError: an unknown setting or answer, or a number out of range; says what is allowed.
    """
    state, messages = accept(explorer, [*changes.items(), *(choices or {}).items()])
    if messages:
        raise ValueError(f"explorer {explorer.id}: " + " ".join(messages))
    return state


def accept(explorer: Explorer, settings: list[tuple[str, Any]]) -> tuple[State, list[str]]:
    """Keep the settings that the explorer knows and allows; say in a sentence what was left out."""
    numbers = {c["id"]: c for c in explorer.payload["controls"] if c["kind"] == "number"}
    choices = {c["name"]: c for c in explorer.payload["controls"] if c["kind"] == "choice"}
    changes: dict[str, float] = {}
    answers: dict[str, str] = {}
    messages: list[str] = []
    for raw_name, raw in settings:
        name = explorer.renamed.get(raw_name, raw_name)
        if name in numbers:
            control = numbers[name]
            x = _number(raw)
            if x is None:
                messages.append(f"{control['label']}: not a number, left at its default.")
            elif not control["min"] <= x <= control["max"]:
                messages.append(
                    f"{control['label']}: {_plain(x)} is outside {_plain(control['min'])} to "
                    f"{_plain(control['max'])}, left at its default."
                )
            elif x == control["value"]:
                changes.pop(name, None)
            else:
                changes[name] = x
        elif name in choices:
            choice = choices[name]
            if not any(option["key"] == raw for option in choice["options"]):
                messages.append(f"{choice['label']}: unknown answer, left at its default.")
            elif raw == choice["default"]:
                answers.pop(name, None)
            else:
                answers[name] = str(raw)
        else:
            messages.append(f"“{_clean(raw_name)}” is not a setting here and was left out.")
    return State(dict(sorted(changes.items())), dict(sorted(answers.items()))), messages


def to_link(explorer: Explorer, state: State) -> str:
    """Return the fragment of a link, ``s=…``, that restores a state."""
    parts = [str(LINK_VERSION), explorer.id, f"v:{explorer.payload['base']}"]
    parts += [f"{id}:{_plain(x)}" for id, x in sorted(state.changes.items())]
    parts += [f"{name}:{key}" for name, key in sorted(state.choices.items())]
    return "s=" + "~".join(parts)


def from_link(explorer: Explorer, fragment: str) -> tuple[State, list[str]]:
    """Read a fragment; return the state and the messages for the reader."""
    text = fragment.removeprefix("#")
    if not text.startswith("s="):
        return State(), []
    if len(text) > LONGEST_LINK:
        return State(), ["The link is too long to be one of ours and was not read."]
    version, _, rest = text[2:].partition("~")
    name, _, body = rest.partition("~")
    if not re.fullmatch(r"[1-9]\d{0,3}", version) or name != explorer.id:
        return State(), ["The link could not be read; everything is at its default."]
    messages = []
    if int(version) > LINK_VERSION:
        messages.append("The link was made by a newer version of this page.")
    settings = []
    for part in body.split("~") if body else []:
        key, _, raw = part.partition(":")
        settings.append((key, raw))
    if any(key == "v" and raw != explorer.payload["base"] for key, raw in settings):
        messages.append("The data have changed since the link was made; your settings are kept.")
    settings = [setting for setting in settings if setting[0] != "v"]
    state, more = accept(explorer, settings)
    return state, messages + more


def to_json(explorer: Explorer, state: State) -> str:
    """Return the scenario file of a state, which ``analysis.load_scenario`` reads."""
    reg = registry.load()
    scenario = reg.scenario("base").with_changes(dict(state.changes), label="Set in an explorer")
    content = json.loads(scenario.to_json())
    content["view"] = {"explorer": explorer.id, "choices": dict(state.choices)}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def from_json(explorer: Explorer, text: str) -> tuple[State, list[str]]:
    """Read a scenario file; return the state and the messages for the reader."""
    refused = (State(), ["The file is not a scenario of this project; nothing was changed."])
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return refused
    if not isinstance(content, dict) or content.get("format") != "helseplattformen-scenario":
        return refused
    changes, view = content.get("changes"), content.get("view")
    settings: list[tuple[str, Any]] = []
    for id, change in changes.items() if isinstance(changes, dict) else ():
        settings.append((id, change.get("value") if isinstance(change, dict) else change))
    choices = view.get("choices") if isinstance(view, dict) else None
    settings += list(choices.items()) if isinstance(choices, dict) else []
    return accept(explorer, settings)


def load(explorer: Explorer, path: str | Path) -> State:
    """Read a scenario file that the page or ``to_json`` wrote.

    Raises:
        ValueError: when anything in it is unknown or out of range.
    """
    state, messages = from_json(explorer, Path(path).read_text(encoding="utf-8"))
    if messages:
        raise ValueError(f"{path}: " + " ".join(messages))
    return state


def _number(raw: Any) -> float | None:
    """Read a plain number; None for anything else, infinity and NaN included."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    if isinstance(raw, str) and not _NUMBER.fullmatch(raw):
        return None
    try:
        x = float(raw)
    except OverflowError:
        return None
    return x + 0.0 if math.isfinite(x) else None


def _plain(x: float) -> str:
    """Write a number as short as it can be read back, as JavaScript does."""
    if x == 0 or 1e-6 <= abs(x) < 1e21:
        text = f"{Decimal(repr(x)):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return repr(x).replace("e-0", "e-")


def _clean(name: Any) -> str:
    """Return a name fit for a message: short, and only the letters that ids have."""
    text = str(name)[:60]
    return text if _NAME.fullmatch(text) else "?"
