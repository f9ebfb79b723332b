"""The map of municipalities: where each tile lies, and what is known or reckoned of each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis import registry
from analysis.registry import Scenario
from analysis.studies import allocation

NOT_KNOWN = "unknown"
# Æ, Ø and Å come last, in this order; by code point they would not.
_ALPHABET = str.maketrans({"Æ": "{1", "æ": "{1", "Ø": "{2", "ø": "{2", "Å": "{3", "å": "{3"})
#: Statuses of the register, furthest first, and what to call them.
STATUSES = {
    "live": "Live",
    "owner": "Owner of the company",
    "signed": "Agreement signed",
    "planned": "Start planned",
    "option": "Option taken up",
    "postponed": "Start put off",
    "advice": "Advised or asked to wait",
    "no": "Said no",
    NOT_KNOWN: "Not known",
}


@dataclass(frozen=True, eq=False)
class Board:
    """What the map shows.

    ``frame`` has one row per municipality; by code, in the order of the Norwegian alphabet:
    ``name``; ``short``, two or three letters that no other has; ``row`` and ``col`` of its tile,
    from 0; ``status``, the last recorded (a key of STATUSES), ``since``, its date as recorded, and
    ``source``, both empty where none is known; ``inhabitants``; the bill per inhabitant (NOK) under
    each rule, by rule id; and ``change`` from the rule ``before`` to the rule ``after``.

    ``bill_breaks`` are round limits between classes of the bills under all rules, and
    ``change_breaks`` between classes of the change between any two, alike on both sides of zero.
    """

    frame: pd.DataFrame
    bill_breaks: tuple[float, ...]
    change_breaks: tuple[float, ...]
    before: str
    after: str


def board(scenario: Scenario | None = None, before: str = "owen", after: str = "per_user") -> Board:
    """The map of a scenario, with the change between two rules.

    Raises:
        ValueError: for an unknown rule.
    """
    allocation.check_rules(before=before, after=after)
    bills = allocation.municipalities(scenario)
    rules = list(allocation.RULES)
    last = last_status().reindex(bills.index)
    frame = pd.DataFrame(
        {
            "name": bills["name"],
            "short": short_names(bills["name"], bills["inhabitants"]),
            "row": bills["tile_row"].astype(int),
            "col": bills["tile_col"].astype(int),
            "status": last["status"].fillna(NOT_KNOWN),
            "since": last["date"].fillna(""),
            "source": last["source"].fillna(""),
            "inhabitants": bills["inhabitants"],
            **{rule: bills[rule] for rule in rules},
            "change": bills[after] - bills[before],
        }
    )
    numbers = frame[rules].to_numpy(np.float64)
    gaps = np.abs(numbers[:, :, None] - numbers[:, None, :])
    sizes = round_breaks(gaps[gaps > 1e-6], 2)
    return Board(
        frame.sort_values("name", key=lambda names: names.str.translate(_ALPHABET)),
        round_breaks(numbers, 5),
        (*(-size for size in reversed(sizes)), *sizes),
        before,
        after,
    )


def last_status() -> pd.DataFrame:
    """The last recorded ``status`` of a municipality, its ``date`` and ``source``; by code.

    Records without a date come first. A date without a month counts from the start of its year.
    """
    records = registry.load().municipality_status[["code", "date", "status", "source"]]
    dated = records.assign(date=records["date"].fillna("")).sort_values("date", kind="stable")
    return dated.groupby("code").last()


def short_names(names: pd.Series, people: pd.Series) -> pd.Series:
    """Two or three letters for each name, no two alike; large places choose first.

    The first three letters, or else the first two and the first later letter that makes a
    difference. Raises ValueError when a name finds none.
    """
    taken: dict[str, str] = {}
    for code in people.sort_values(ascending=False, kind="stable").index:
        letters = "".join(str(names[code]).split())
        choices = [letters[:2] + letter.lower() for letter in letters[2:]] or [letters]
        free = [choice for choice in choices if choice not in taken.values()]
        if not free:
            raise ValueError(f"name {names[code]!r}: its letters are all taken by other names")
        taken[code] = free[0]
    return pd.Series(taken).loc[names.index]


def round_breaks(values: ArrayLike, count: int) -> tuple[float, ...]:
    """Up to ``count`` of the numbers 1, 2, 5, 10, … that split values as evenly as can be.

    Fewer come back when fewer lie between the least and the greatest value.

    Raises:
        ValueError: for values that are not positive and finite, or a count below 1.
    """
    flat = np.sort(np.asarray(values, dtype=np.float64).ravel())
    if count < 1:
        raise ValueError(f"count = {count}: must be at least 1")
    if flat.size == 0:
        return ()
    if not (flat[0] > 0 and flat[-1] < np.inf):
        raise ValueError(f"values run from {flat[0]:g} to {flat[-1]:g}: must be positive, finite")
    first, last = (int(np.floor(np.log10(end))) for end in (flat[0], flat[-1]))
    ladder = [float(f"{digit}e{power}") for power in range(first, last + 1) for digit in (1, 2, 5)]
    inside = [step for step in ladder if flat[0] < step <= flat[-1]]
    choices = combinations(inside, min(count, len(inside)))

    def unevenness(breaks: tuple[float, ...]) -> int:
        ends = np.searchsorted(flat, breaks, side="left")
        sizes = np.diff(ends, prepend=0, append=flat.size)
        return int((sizes**2).sum())

    return min(choices, key=unevenness)
