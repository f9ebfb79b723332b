"""How likely a cost frame is to hold: the sum of items and risks, and what similar projects did.

The inside view adds lognormal items and discrete risks under one common Gaussian factor, by evenly
spread draws. The outside view multiplies the frame by the final cost of similar projects.
"""

import math
from collections.abc import MutableSequence, Sequence

from analysis.model.draws import lattice, radical_inverse
from analysis.model.normal import normal_cdf, normal_quantile

ITEMS = 6
RISKS = 3
PARTS = 9
DRAWS = 2048
GRID = 61
# An overrun of more than this belongs to the tail of the outside view.
TAIL_FROM = 1.5
LOWEST = 0.6
HIGHEST = 2.4

# Places of the parameters.
FRAME = 0
CORRELATION = 1
ITEM = 2
PROBABILITY = ITEM + ITEMS
IMPACT = PROBABILITY + RISKS
ALPHA = IMPACT + RISKS
TAIL_SHARE = ALPHA + 1
TYPICAL = ALPHA + 2
USERS = ALPHA + 3
INHABITANTS = ALPHA + 4
MEDIAN = ALPHA + 5
SIGMA = MEDIAN + PARTS
STEPS = SIGMA + PARTS

# Places of the results.
WITHIN = 0
P10 = 1
P50 = 2
P85 = 3
P90 = 4
TO_P85 = 5
PER_USER = 6
PER_INHABITANT = 7
OUTSIDE_WITHIN = 8
OUTSIDE_P50 = 9
OUTSIDE_P85 = 10
FRAME_OUT = 11
PART_MEAN = 12
PART_LOW = PART_MEAN + PARTS
PART_HIGH = PART_LOW + PARTS
COST = PART_HIGH + PARTS
INSIDE = COST + GRID
OUTSIDE = INSIDE + GRID
TOTALS = OUTSIDE + GRID
SIZE = TOTALS + DRAWS


def part_at(p: Sequence[float], part: int, z: float) -> float:
    """Cost of an item or risk at the standard normal score ``z``."""
    if part < ITEMS:
        return p[ITEM + part] * p[MEDIAN + part] * math.exp(p[SIGMA + part] * z)
    risk = part - ITEMS
    probability = p[PROBABILITY + risk]
    # Place of the draw among those in which the risk strikes: the upper part of the scores.
    inside = 0.0
    if probability > 0.0:
        inside = (normal_cdf(z) - (1.0 - probability)) / probability
    if inside <= 0.0:
        return 0.0
    score = normal_quantile(min(inside, 1.0 - 1e-12))
    return p[IMPACT + risk] * p[MEDIAN + part] * math.exp(p[SIGMA + part] * score)


def sort(out: MutableSequence[float], start: int, count: int) -> None:
    """Sort ``count`` numbers of ``out`` from ``start`` upwards (Shell 1959, gaps of Ciura 2001)."""
    gap = 701
    while gap > 0:
        for i in range(gap, count):
            held = out[start + i]
            j = i
            while j >= gap and out[start + j - gap] > held:
                out[start + j] = out[start + j - gap]
                j -= gap
            out[start + j] = held
        if gap == 701:
            gap = 301
        elif gap == 301:
            gap = 132
        elif gap == 132:
            gap = 57
        elif gap == 57:
            gap = 23
        elif gap == 23:
            gap = 10
        elif gap == 10:
            gap = 4
        elif gap == 4:
            gap = 1
        else:
            gap = 0


def outside_cdf(p: Sequence[float], factor: float) -> float:
    """Share of similar projects that end below ``factor`` times their frame.

    Below TAIL_FROM a lognormal law with the typical overrun as its median and the given share of
    projects beyond TAIL_FROM; from there a Pareto tail.
    """
    if factor > TAIL_FROM:
        beyond: float = (factor / TAIL_FROM) ** (-p[ALPHA])
        return 1.0 - p[TAIL_SHARE] * beyond
    median = 1.0 + p[TYPICAL]
    sigma = math.log(TAIL_FROM / median) / normal_quantile(1.0 - p[TAIL_SHARE])
    return normal_cdf(math.log(factor / median) / sigma)


def outside_quantile(p: Sequence[float], q: float) -> float:
    """Factor on the frame that a share ``q`` of similar projects stays below."""
    if q > 1.0 - p[TAIL_SHARE]:
        factor: float = (p[TAIL_SHARE] / (1.0 - q)) ** (1.0 / p[ALPHA])
        return TAIL_FROM * factor
    median = 1.0 + p[TYPICAL]
    sigma = math.log(TAIL_FROM / median) / normal_quantile(1.0 - p[TAIL_SHARE])
    return median * math.exp(sigma * normal_quantile(q))


def budget(p: Sequence[float], out: MutableSequence[float]) -> None:
    """Fill ``out`` for ``p``; amounts in NOK. The places are named above.

    ``p``: frame, correlation, six items, three probabilities, three impacts, tail index, share of
    projects in the tail, typical overrun, users, inhabitants; for each item and impact its median
    as a factor on the value and its log spread; generators of the draws, the common factor first.

    ``out``: chance to stay within the frame, P10, P50, P85, P90, P85 less the frame, P50 per user
    and per inhabitant; chance, P50 and P85 of the outside view; the frame; mean, P10 and P90 of
    each part; costs along the S-curves, both curves; the draws in order.
    """
    frame, rho = p[FRAME], p[CORRELATION]
    common, own = math.sqrt(rho), math.sqrt(1.0 - rho)
    for part in range(PARTS):
        out[PART_MEAN + part] = 0.0
    for i in range(DRAWS):
        place = radical_inverse(i)
        shared = common * normal_quantile(lattice(place, p[STEPS], 0))
        total = 0.0
        for part in range(PARTS):
            z = shared + own * normal_quantile(lattice(place, p[STEPS + 1 + part], 1 + part))
            cost = part_at(p, part, z)
            out[PART_MEAN + part] += cost / DRAWS
            total += cost
        out[TOTALS + i] = total
    for part in range(PARTS):
        out[PART_LOW + part] = part_at(p, part, normal_quantile(0.1))
        out[PART_HIGH + part] = part_at(p, part, normal_quantile(0.9))
    sort(out, TOTALS, DRAWS)
    out[P10] = ordered_quantile(out, 0.1)
    out[P50] = ordered_quantile(out, 0.5)
    out[P85] = ordered_quantile(out, 0.85)
    out[P90] = ordered_quantile(out, 0.9)
    out[TO_P85] = out[P85] - frame
    out[PER_USER] = out[P50] / p[USERS]
    out[PER_INHABITANT] = out[P50] / p[INHABITANTS]
    out[WITHIN] = part_below(out, frame)
    out[FRAME_OUT] = frame
    out[OUTSIDE_WITHIN] = outside_cdf(p, 1.0)
    out[OUTSIDE_P50] = frame * outside_quantile(p, 0.5)
    out[OUTSIDE_P85] = frame * outside_quantile(p, 0.85)
    for k in range(GRID):
        factor = LOWEST + (HIGHEST - LOWEST) * k / (GRID - 1)
        out[COST + k] = frame * factor
        out[INSIDE + k] = part_below(out, frame * factor)
        out[OUTSIDE + k] = outside_cdf(p, factor)


def ordered_quantile(out: Sequence[float], q: float) -> float:
    """Quantile of the ordered draws (linear between ranks)."""
    place = q * (DRAWS - 1)
    k = math.floor(place)
    share = place - k
    return out[TOTALS + k] * (1.0 - share) + out[TOTALS + k + 1] * share


def part_below(out: Sequence[float], x: float) -> float:
    """Share of the ordered draws not above ``x`` (by halving)."""
    low, high = 0, DRAWS
    while low < high:
        middle = math.floor((low + high) / 2)
        if out[TOTALS + middle] <= x:
            low = middle + 1
        else:
            high = middle
    return low / DRAWS
