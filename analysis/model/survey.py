"""What a survey says about everybody asked, when most did not answer."""

import math
from collections.abc import MutableSequence, Sequence

# Two-sided 95 % point of the normal distribution.
Z95 = 1.959963984540054
QUESTIONS = 3
CURVE = 21

# Places of the results in ``out``.
OVERALL = 0
TURNING = 1
DECIDED = 2
RESPONSE = 3
SAMPLING_LOW = 4
SAMPLING_HIGH = 5
LEAST = 6
MOST = 7
SILENT = 8
ANSWERS = 9
ANSWERS_LOW = ANSWERS + QUESTIONS
ANSWERS_HIGH = ANSWERS_LOW + QUESTIONS
ALL = ANSWERS_HIGH + QUESTIONS
ALL_LOW = ALL + QUESTIONS
ALL_HIGH = ALL_LOW + QUESTIONS
CURVE_X = ALL_HIGH + QUESTIONS
CURVE_Y = CURVE_X + CURVE
CURVE_LOW = CURVE_Y + CURVE
CURVE_HIGH = CURVE_LOW + CURVE
HALF = CURVE_HIGH + CURVE
SIZE = HALF + CURVE


def wilson(share: float, n: float, side: float) -> float:
    """End of the 95 % interval of a share among ``n`` answers; ``side`` is -1 or 1.

    Wilson (1927), Journal of the American Statistical Association 22: stays within 0 and 1.
    """
    z2 = Z95 * Z95 / n
    spread = Z95 * math.sqrt(share * (1.0 - share) / n + z2 / (4.0 * n))
    return (share + z2 / 2.0 + side * spread) / (1.0 + z2)


def survey(p: Sequence[float], out: MutableSequence[float]) -> None:
    """Fill ``out`` for ``p``: question, asked, answered, share of the silent, yes by question.

    ``out``: share of yes among all asked; the share of yes among the silent at which the majority
    turns, and whether it can turn (above zero) or not (below); the response rate; the 95 % interval
    of chance alone; the least and greatest share whatever the silent think (Manski 1989, Journal of
    Human Resources 24); number of silent; by question the share among answers with its interval and
    among all asked with its bounds; the share among all asked, with the interval, along every share
    of the silent; one half. The interval takes those who answered as drawn at random from a large
    population.
    """
    asked, answered, silent_share = p[1], p[2], p[3]
    silent = asked - answered
    out[RESPONSE] = answered / asked
    out[SILENT] = silent
    for question in range(QUESTIONS):
        yes = p[4 + question]
        out[ANSWERS + question] = yes
        out[ANSWERS_LOW + question] = wilson(yes, answered, -1.0)
        out[ANSWERS_HIGH + question] = wilson(yes, answered, 1.0)
        out[ALL + question] = (answered * yes + silent * silent_share) / asked
        out[ALL_LOW + question] = answered * yes / asked
        out[ALL_HIGH + question] = (answered * yes + silent) / asked
        if question == p[0]:
            out[OVERALL] = out[ALL + question]
            out[SAMPLING_LOW] = out[ANSWERS_LOW + question]
            out[SAMPLING_HIGH] = out[ANSWERS_HIGH + question]
            out[LEAST] = out[ALL_LOW + question]
            out[MOST] = out[ALL_HIGH + question]
            out[TURNING] = 0.0
            out[DECIDED] = -1.0
            if silent > 0.0:
                out[TURNING] = (0.5 * asked - answered * yes) / silent
                out[DECIDED] = min(out[TURNING], 1.0 - out[TURNING])
            for k in range(CURVE):
                x = k / (CURVE - 1)
                out[CURVE_X + k] = x
                out[CURVE_Y + k] = (answered * yes + silent * x) / asked
                out[CURVE_LOW + k] = (answered * out[SAMPLING_LOW] + silent * x) / asked
                out[CURVE_HIGH + k] = (answered * out[SAMPLING_HIGH] + silent * x) / asked
                out[HALF + k] = 0.5
