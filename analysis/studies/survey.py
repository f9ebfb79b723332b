"""The Trondheim survey in three layers of uncertainty, and the national survey beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import registry
from analysis.methods import survey
from analysis.registry import Scenario
from analysis.studies.findings import finding

#: Questions of the Trondheim survey by short name.
QUESTIONS = {
    "unsure": "survey.unsure",
    "searching": "survey.searching",
    "double_work": "survey.double_work",
}
SHORT = {
    "unsure": "unsure of the record",
    "searching": "searching for information",
    "double_work": "double work",
}
#: Whom the respondents stand for, each an assumption: the article does not say.
POPULATIONS = {
    "anyone like them, without limit": None,
    "all planned users": "users.planned",
    "the staff of Trondheim": "users.trondheim_live",
    "the persons asked, and nobody else": "survey.asked",
}
#: Shares of both surveys: value, number of answers, survey and group.
SHARES = (
    ("survey.unsure", "survey.answered", "Trondheim, staff"),
    ("survey.double_work", "survey.answered", "Trondheim, staff"),
    ("survey.searching", "survey.answered", "Trondheim, staff"),
    ("survey_staff.information_poor", "survey_staff.n", "Norway 2023, all"),
    ("survey_staff.satisfied", "survey_staff.n", "Norway 2023, all"),
    ("survey_staff.satisfied_gps", "survey_staff.gps", "Norway 2023, GPs"),
)
MAJORITY = 0.5
_BASIS = ("survey.answered", "survey.asked")


def _chosen(scenario: Scenario | None) -> Scenario:
    return scenario or registry.load().scenario("base")


def _counts(scenario: Scenario) -> tuple[int, int]:
    """Return who answered and who were asked."""
    return round(scenario.value("survey.answered")), round(scenario.value("survey.asked"))


def read(question: str, scenario: Scenario | None = None) -> survey.Layers:
    """Return the three layers of one question of QUESTIONS, at 95 % and without population limit.

    Raises:
        KeyError: for another name.
    """
    chosen = _chosen(scenario)
    return survey.layers(chosen.value(QUESTIONS[question]), *_counts(chosen))


def layers(scenario: Scenario | None = None) -> pd.DataFrame:
    """Each question in three layers, as shares.

    Columns: ``question``, ``short``, ``share``, ``random_low``, ``random_high`` (Wilson, as if
    answering were random), ``least``, ``most`` (bounds whatever the others think), ``break_even``
    (share among those who did not answer that would make it an even split), ``id``.
    """
    reg = registry.load()
    rows = []
    for name, id in QUESTIONS.items():
        found = read(name, scenario)
        rows.append(
            {
                "question": reg.value(id).label,
                "short": SHORT[name],
                "share": found.share,
                "random_low": found.random.low,
                "random_high": found.random.high,
                "least": found.bounds.low,
                "most": found.bounds.high,
                "break_even": found.break_even,
                "id": id,
            }
        )
    return pd.DataFrame(rows)


def silent_majority(scenario: Scenario | None = None, points: int = 21) -> pd.DataFrame:
    """Share of all asked by the share among those who did not answer.

    Columns: ``question``, ``silent`` (share among them, 0 to 1), ``all``.
    """
    chosen = _chosen(scenario)
    answered, asked = _counts(chosen)
    reg = registry.load()
    return pd.DataFrame(
        [
            (
                reg.value(id).label,
                float(silent),
                survey.combined(chosen.value(id), answered, asked, float(silent)),
            )
            for id in QUESTIONS.values()
            for silent in np.linspace(0.0, 1.0, points)
        ],
        columns=["question", "silent", "all"],
    )


def margins(scenario: Scenario | None = None) -> pd.DataFrame:
    """Half the width of each layer in points, by whom the respondents stand for.

    Columns: ``assumption``, ``population`` (missing where unlimited), one per question, and
    ``layer`` ("sampling", or "no answer" for half the width of the bounds).
    """
    chosen = _chosen(scenario)
    reg = registry.load()
    names = {id: reg.value(id).label for id in QUESTIONS.values()}
    answered, asked = _counts(chosen)
    rows = []
    for assumption, id in POPULATIONS.items():
        population = None if id is None else round(chosen.value(id))
        half = {
            label: 50 * survey.wald(chosen.value(q), answered, population=population).width
            for q, label in names.items()
        }
        rows.append(
            {"assumption": assumption, "population": population, **half, "layer": "sampling"}
        )
    wide = {
        label: 50 * survey.manski_bounds(chosen.value(q), answered, asked).width
        for q, label in names.items()
    }
    rows.append(
        {
            "assumption": "whatever those who did not answer think",
            "population": asked,
            **wide,
            "layer": "no answer",
        }
    )
    return pd.DataFrame(rows).astype({"population": "Int64"})


def compared(scenario: Scenario | None = None) -> pd.DataFrame:
    """Shares of both surveys with Wilson's interval at 95 %, as if answering were random.

    Columns: ``what``, ``group``, ``answers``, ``share``, ``low``, ``high``, ``id``.
    """
    chosen = _chosen(scenario)
    reg = registry.load()
    rows = []
    for id, answers, group in SHARES:
        share, n = chosen.value(id), round(chosen.value(answers))
        found = survey.wilson(share, n)
        rows.append((reg.value(id).label, group, n, share, found.low, found.high, id))
    return pd.DataFrame(rows, columns=["what", "group", "answers", "share", "low", "high", "id"])


def _register(question: str, id: str) -> None:
    """Register the break-even share of one question."""

    @finding(
        f"evidence.{question}_break_even",
        label=f"Share among those who did not answer that makes “{SHORT[question]}” an even split",
        unit="share",
        inputs=(id, *_BASIS),
        method="(half of those asked - those who said so) / those who did not answer",
    )
    def _break_even(scenario: Scenario) -> float:
        found = read(question, scenario).break_even
        if found is None:
            raise ValueError(f"{id}: no answer of the others could make it an even split")
        return found


for _name, _id in QUESTIONS.items():
    _register(_name, _id)


@finding(
    "evidence.unsure_random",
    label="Share unsure: 95 % interval if answering was random",
    unit="share",
    inputs=("survey.unsure", "survey.answered"),
    method="Wilson's score interval",
)
def _unsure_random(scenario: Scenario) -> tuple[float, float, float]:
    found = read("unsure", scenario)
    return found.share, found.random.low, found.random.high


@finding(
    "evidence.silent",
    label="Asked in Trondheim, but did not answer",
    unit="respondents",
    inputs=_BASIS,
    method="asked less answered",
)
def _silent(scenario: Scenario) -> float:
    answered, asked = _counts(scenario)
    return float(asked - answered)


@finding(
    "evidence.random_width",
    label="Width of the sampling interval of the share unsure",
    unit="percentage_points",
    inputs=("survey.unsure", "survey.answered"),
    method="width of the 95 % Wald interval",
)
def _random_width(scenario: Scenario) -> float:
    return 100 * read("unsure", scenario).wald.width


@finding(
    "evidence.bounds_width",
    label="Width of what those who did not answer leave open",
    unit="percentage_points",
    inputs=_BASIS,
    method="share of those asked who did not answer",
)
def _bounds_width(scenario: Scenario) -> float:
    return 100 * read("unsure", scenario).bounds.width


@finding(
    "evidence.width_ratio",
    label="How many times wider the open part is than the sampling interval",
    unit="ratio",
    inputs=("survey.unsure", *_BASIS),
    method="width of the bounds / width of the 95 % Wald interval",
)
def _width_ratio(scenario: Scenario) -> float:
    found = read("unsure", scenario)
    return found.bounds.width / found.wald.width


@finding(
    "evidence.unsure_gap",
    label="How much less unsure the others would have to be for an even split",
    unit="percentage_points",
    inputs=("survey.unsure", *_BASIS),
    method="share of those who answered - break-even share",
)
def _unsure_gap(scenario: Scenario) -> float:
    found = read("unsure", scenario)
    return 100 * (found.share - (found.break_even or 0.0))


@finding(
    "evidence.gps_content",
    label="GPs content with digital health services: 95 % interval if answering was random",
    unit="share",
    inputs=("survey_staff.satisfied_gps", "survey_staff.gps"),
    method="Wilson's score interval",
)
def _gps_content(scenario: Scenario) -> tuple[float, float, float]:
    share = scenario.value("survey_staff.satisfied_gps")
    found = survey.wilson(share, round(scenario.value("survey_staff.gps")))
    return share, found.low, found.high


@finding(
    "evidence.gp_margin",
    label="Margin of the figure for GPs, to either side",
    unit="percentage_points",
    inputs=("survey_staff.satisfied_gps", "survey_staff.gps"),
    method="half of the 95 % Wald interval",
)
def _gp_margin(scenario: Scenario) -> float:
    share = scenario.value("survey_staff.satisfied_gps")
    return 50 * survey.wald(share, round(scenario.value("survey_staff.gps"))).width


@finding(
    "evidence.gp_answers_needed",
    label="Answers from GPs of the region that would halve that margin, at most",
    unit="respondents",
    inputs=("survey_staff.satisfied_gps", "survey_staff.gps", "gp.region_count"),
    method="least number with half the margin at an even split, corrected for the region's GPs",
)
def _gp_answers_needed(scenario: Scenario) -> float:
    wanted = _gp_margin(scenario) / 2
    region = round(scenario.value("gp.region_count"))
    return float(
        next(
            n
            for n in range(1, region + 1)
            if 50 * survey.wald(MAJORITY, n, population=region).width <= wanted
        )
    )
