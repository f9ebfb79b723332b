"""Judgements of the evidence chapter: which claims meet, and what became of fears and promises.

Each judgement names the claims and evidence records that it rests on, so a reader can disagree
with the judgement and still use the records. One person made them; nobody has checked them yet.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Meeting = Literal["agree", "same aim, no guarantee", "talk past each other", "clash"]
Fate = Literal["borne out", "in part", "not so far", "cannot be told"]


class Pair(NamedTuple):
    """A question on which both interviewees spoke; ids of claims on either side."""

    question: str
    gp: tuple[str, ...]
    company: tuple[str, ...]
    meeting: Meeting
    gp_view: str
    company_view: str


class Outcome(NamedTuple):
    """What the record up to early 2025 says about a claim on the future."""

    claim: str
    fate: Fate
    told: str
    evidence: tuple[str, ...]


PAIRS = (
    Pair(
        "Does the platform need the GPs?",
        ("gp-20",),
        ("hp-01", "hp-02"),
        "agree",
        "Most GP offices must be on it for it to work.",
        "There is no platform without them.",
    ),
    Pair(
        "Whose choice is it to join?",
        ("gp-19",),
        ("hp-12",),
        "agree",
        "His company decides, and will not take the risk.",
        "Private GPs decide for themselves.",
    ),
    Pair(
        "Must it be as good as today's record?",
        ("gp-01", "gp-03", "gp-07"),
        ("hp-04", "hp-13"),
        "same aim, no guarantee",
        "Yes, and with a guarantee; he fears that it will be poorer.",
        "Yes, it shall match; no guarantee is mentioned.",
    ),
    Pair(
        "Must the price compete with today's?",
        ("gp-15", "gp-17"),
        ("hp-03", "hp-13"),
        "same aim, no guarantee",
        "It may not cost more than today's record.",
        "Prices shall compete; no price is mentioned.",
    ),
    Pair(
        "Is the cost the problem?",
        ("gp-16",),
        ("hp-06",),
        "talk past each other",
        "The whole project is dear and its running cost unclear.",
        "The GPs' part is too small to decide the budget.",
    ),
    Pair(
        "Have the offices been told enough?",
        ("gp-02", "gp-22"),
        ("hp-10", "hp-11"),
        "clash",
        "Neither price, solutions nor calculations have been shown.",
        "A team follows up the offices; this area is next.",
    ),
    Pair(
        "Whom is the tool made for?",
        ("gp-06", "gp-12"),
        ("hp-05", "hp-15"),
        "clash",
        "For hospitals; today's record is made for GPs.",
        "For all levels, in one record.",
    ),
    Pair(
        "Do partners lack each other's information today?",
        ("gp-13", "gp-14"),
        ("hp-07",),
        "clash",
        "The channels that exist work well.",
        "Information must follow the patient, and does not yet.",
    ),
    Pair(
        "Will a small office get help?",
        ("gp-08", "gp-10"),
        ("hp-16", "hp-17"),
        "clash",
        "In a stop the hospitals might come first.",
        "Support can become very good; the company lives by content customers.",
    ),
    Pair(
        "Will the GPs join?",
        ("gp-21",),
        ("hp-14",),
        "clash",
        "He doubts it while so much is open.",
        "He hopes that they will see the gains.",
    ),
)

#: Visions that speak of the future though the codebook counts them as opinion or fact.
VISIONS = ("hp-07", "hp-15")

OUTCOMES = (
    Outcome(
        "gp-16",
        "borne out",
        "The audit concluded that the platform became dearer than assumed and that future cost is "
        "uncertain. The yearly cost for the hospitals was put at {cost.running_hospitals_2019} "
        "in 2019 and at {cost.running_hospitals_2024} in 2024, as the audit is quoted.",
        ("gp-16-a", "gp-16-b"),
    ),
    Outcome(
        "gp-21",
        "borne out",
        "About the end of 2023 {adoption.gp_centres_2023} GP centres were live, of more than "
        "{gp.offices} offices. Told by a commentary, not by a count.",
        ("gp-21-a", "gp-21-b"),
    ),
    Outcome(
        "hp-15",
        "in part",
        "In January 2024 {users.live_2024} staff used it, called more than half of the workforce. "
        "Of {municipalities.count_2024} municipalities {adoption.live_2024} were live.",
        ("hp-15-a", "hp-15-b"),
    ),
    Outcome(
        "hp-07",
        "not so far",
        "Letters from the hospital did not arrive after its start. That such faults can be "
        "mended is not denied; the record read here ends early in 2025.",
        ("hp-07-a",),
    ),
    Outcome(
        "hp-14",
        "not so far",
        "Few GPs had joined. Not joining is a sign that gains were not seen, not a proof.",
        ("hp-14-a",),
    ),
    Outcome(
        "gp-05",
        "cannot be told",
        "No guarantee was found. That it was never given is not shown by that.",
        ("gp-05-a",),
    ),
    Outcome(
        "gp-06",
        "cannot be told",
        "Research describes differing views of management and GPs. GPs took part as experts. "
        "Neither shows how the tool suits a GP office in use.",
        ("gp-06-a", "gp-06-b"),
    ),
    Outcome(
        "gp-07",
        "cannot be told",
        "The audit found lower efficiency at the hospital and in Trondheim. No measurement of "
        "GP work was found.",
        ("gp-07-a", "gp-07-c"),
    ),
    Outcome(
        "gp-08",
        "cannot be told",
        "No figures on stops of the platform were found.",
        ("gp-08-a",),
    ),
    Outcome(
        "gp-10",
        "cannot be told",
        "No order of priority between hospitals and GP offices was found.",
        ("gp-10-a",),
    ),
    Outcome(
        "hp-03",
        "cannot be told",
        "No price for GPs was found in anything read.",
        ("hp-03-a",),
    ),
    Outcome(
        "hp-04",
        "cannot be told",
        "The audit found usability weighed too lightly in the purchase, and the supervisor found "
        "faults at the hospital. No comparison of the GP part with today's records was found.",
        ("hp-04-a", "hp-04-b", "hp-04-c"),
    ),
    Outcome(
        "hp-11",
        "cannot be told",
        "Whether the visit took place is not known.",
        ("hp-11-a",),
    ),
    Outcome(
        "hp-16",
        "cannot be told",
        "The audit found that the owners had not done enough for the company to build up running "
        "of the system. No measure of support to GP offices was found.",
        ("hp-16-a", "hp-16-b"),
    ),
)
