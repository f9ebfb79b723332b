"""The survey: what the figures can say about the majority that did not answer."""

from __future__ import annotations

from analysis.explorer.declare import (
    Bars,
    Chart,
    Choice,
    Control,
    Explorer,
    Headline,
    Line,
    Output,
    Preset,
)
from analysis.model import survey as kernel

QUESTIONS = (
    ("unsure", "are unsure whether the record is right", 0),
    ("searching", "use much time asking for information", 1),
    ("double", "do double work", 2),
)
SHORT = ("Unsure of the record", "Much time asking", "Double work")

survey = Explorer(
    id="survey",
    title="The survey: what if those who did not answer think otherwise?",
    lead=(
        "Fewer than half of those asked in Trondheim answered. Say what the others might have "
        "answered, and see what is left of each figure."
    ),
    kernel=kernel.survey,
    inputs=(
        "@question",
        "survey.asked",
        "survey.answered",
        "survey.silent_share",
        "survey.unsure",
        "survey.searching",
        "survey.double_work",
    ),
    size=kernel.SIZE,
    controls=(
        Choice("question", "Share of staff who", QUESTIONS),
        Control("survey.silent_share", "Of the silent, share who would say so"),
        Control("survey.answered", "How many of them answered"),
    ),
    outputs=(
        Output("overall", kernel.OVERALL, "share"),
        Output("turning", kernel.TURNING, "share"),
        Output("decided", kernel.DECIDED, "share"),
        Output("response", kernel.RESPONSE, "share"),
        Output("sampling_low", kernel.SAMPLING_LOW, "share"),
        Output("sampling_high", kernel.SAMPLING_HIGH, "share"),
        Output("least", kernel.LEAST, "share"),
        Output("most", kernel.MOST, "share"),
        Output("silent", kernel.SILENT, "respondents", digits=4),
        Output("answers", kernel.ANSWERS, "percent", 3),
        Output("answers_low", kernel.ANSWERS_LOW, "percent", 3),
        Output("answers_high", kernel.ANSWERS_HIGH, "percent", 3),
        Output("all", kernel.ALL, "percent", 3),
        Output("all_low", kernel.ALL_LOW, "percent", 3),
        Output("all_high", kernel.ALL_HIGH, "percent", 3),
        Output("x", kernel.CURVE_X, "percent", kernel.CURVE),
        Output("curve", kernel.CURVE_Y, "percent", kernel.CURVE),
        Output("curve_low", kernel.CURVE_LOW, "percent", kernel.CURVE),
        Output("curve_high", kernel.CURVE_HIGH, "percent", kernel.CURVE),
        Output("half", kernel.HALF, "percent", kernel.CURVE),
    ),
    uncertain=("survey.silent_share",),
    headlines=(
        Headline(
            "overall",
            above="{x} of all who were asked {@question}.",
            zero="None of those who were asked {@question}.",
            tail="The silent left open, eight of ten draws lie between {low} and {high} per cent.",
        ),
        Headline(
            "decided",
            above="The majority turns when {turning} of the {silent|bare} silent say so.",
            below="No answer of the {silent|bare} silent could turn the majority.",
            zero="The majority turns only if the silent all agree.",
        ),
        Headline(
            "least",
            above=(
                "Chance alone gives {sampling_low|bare} to {sampling_high}; not knowing the silent "
                "gives {least|bare} to {most}."
            ),
        ),
    ),
    charts=(
        Chart(
            "silent",
            "Among all who were asked",
            "A rising line: the share among all asked against the share among the silent. It runs "
            "from {least} to {most} and is {overall} as set.",
            "x",
            (
                Line(
                    "Among all asked",
                    "curve",
                    "blue",
                    low="curve_low",
                    high="curve_high",
                ),
                Line("Half", "half", "grey", band=False, dash="dot"),
            ),
            x_title="Share of the silent who would say so, %",
            y_title="Share of all asked, %",
            note="The thin band is chance alone: the 95 % interval if answers came at random.",
        ),
        Chart(
            "questions",
            "Two kinds of not knowing",
            "Three pairs of bars: the share among those who answered with its narrow 95% interval, "
            "and among all asked with wide whiskers over everything the silent might have said.",
            SHORT,
            (
                Bars(
                    "Those who answered", "answers", "blue", low="answers_low", high="answers_high"
                ),
                Bars("All who were asked", "all", "orange", low="all_low", high="all_high"),
            ),
            x_title="Question",
            y_title="Share, %",
            horizontal=True,
            note="Whiskers: chance alone (95 %), and every answer the silent could have given.",
        ),
    ),
    presets=(Preset("base"), Preset("silent_alike"), Preset("silent_content")),
)
