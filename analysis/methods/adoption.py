"""Who joins a shared platform: coordination, thresholds, selection, diffusion and random paths.

A ladder in which each rung checks the next. Equilibria of a coordination game; fixed points of a
threshold model and their basins; the one that a little doubt selects; the Bass curve as a benchmark
only; and the exact random chain of sites and users.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods import _nets
from analysis.methods._checks import finite, number, whole
from analysis.methods._runs import Seed
from analysis.methods._site_chain import Paths, Sites, share_each, simulate, sites, stochastic

__all__ = [
    "BassPeak",
    "Equilibrium",
    "Paths",
    "SegmentEquilibrium",
    "Sites",
    "bass_peak",
    "bass_share",
    "cascade",
    "coordination_equilibria",
    "fixed_points",
    "global_game_threshold",
    "segment_equilibria",
    "simulate",
    "sites",
]
Floats = NDArray[np.float64]
_SAME = 1e-9


@dataclass(frozen=True)
class Equilibrium:
    """A share of adopters that confirms itself.

    ``stable`` when small deviations die out. ``basin`` is the range of starting shares that lead
    here; for a tipping point, which only separates its neighbours, it is the point itself.
    """

    share: float
    stable: bool
    basin: tuple[float, float]


def fixed_points(
    response: Callable[[Floats], ArrayLike], *, cells: int = 4096
) -> tuple[Equilibrium, ...]:
    """Fixed points of a rising map of shares, from the lowest to the highest.

    Parameters
    ----------
    response : share that adopts when the share ``x`` is expected to; takes and returns arrays,
        rises in x, and stays in [0, 1]. Upward jumps are allowed: one across the diagonal is
        reported as an unstable point, since it is a tipping point too.
    cells : of the search grid. Two fixed points within one cell are seen as one or as none.

    Raises ValueError when the map falls, leaves [0, 1] or is not finite, or leaves a whole range of
    shares where they are.
    """
    from scipy.optimize import brentq, minimize_scalar

    whole("cells", cells, 2)
    x = np.linspace(0.0, 1.0, cells + 1)
    y = finite("response", np.asarray(response(x)), "shares")
    if y.shape != x.shape:
        raise ValueError(f"response returned shape {y.shape} for {x.shape}: must be the same")
    bad = (y < -_SAME) | (y > 1.0 + _SAME)
    if bad.any():
        raise ValueError(f"response({x[bad][0]:.6g}) = {y[bad][0]:.6g}: must be in [0, 1]")
    if (np.diff(y) < -_SAME).any():
        at = int(np.argmax(np.diff(y) < -_SAME))
        raise ValueError(f"response falls after {x[at]:.6g}: must rise with the expected share")

    def gap(share: float) -> float:
        return float(np.asarray(response(np.array([share])))[0]) - share

    above = y - x
    sign = np.where(np.abs(above) <= _SAME, 0, np.sign(above)).astype(int)
    if ((sign[:-1] == 0) & (sign[1:] == 0)).any():
        at = int(np.argmax((sign[:-1] == 0) & (sign[1:] == 0)))
        raise ValueError(f"response leaves every share near {x[at]:.6g} as it is: must move some")
    found = [float(share) for share in x[sign == 0]]
    for k in np.flatnonzero(sign[:-1] * sign[1:] < 0):
        found.append(float(brentq(gap, x[k], x[k + 1], xtol=1e-15)))
    # Points that only touch the diagonal: the gap is least inside a cell and does not change sign.
    close = np.abs(above)
    inside = (close[1:-1] <= close[:-2]) & (close[1:-1] <= close[2:]) & (close[1:-1] < 4.0 / cells)
    for k in np.flatnonzero(inside & (sign[:-2] * sign[2:] > 0) & (sign[1:-1] != 0)) + 1:
        best = minimize_scalar(
            lambda share: abs(gap(share)), bounds=(x[k - 1], x[k + 1]), options={"xatol": 1e-13}
        )
        if best.fun < _SAME:
            found.append(float(best.x))
    return _with_basins(sorted(found), gap)


def _with_basins(found: list[float], gap: Callable[[float], float]) -> tuple[Equilibrium, ...]:
    """Say which way the map moves shares between the fixed points, and so where they lead."""
    points: list[float] = []
    for share in found:
        if not points or share - points[-1] > 1e-7:
            points.append(share)
    edges = [0.0, *points, 1.0]
    # Between two points: +1 where shares rise, -1 where they fall, 0 where nothing is between.
    flow = [
        0 if high - low <= 1e-7 else int(np.sign(gap(0.5 * (low + high))))
        for low, high in pairwise(edges)
    ]
    out = []
    for k, share in enumerate(points):
        rises, falls = flow[k] > 0, flow[k + 1] < 0
        low = edges[k] if rises else share
        high = edges[k + 2] if falls else share
        stable = (rises or share <= 1e-7) and (falls or share >= 1.0 - 1e-7)
        out.append(Equilibrium(share, stable, (low, high)))
    return tuple(out)


def coordination_equilibria(
    cost: float, *, stand_alone: float = 0.0, network: Any = None
) -> tuple[Equilibrium, ...]:
    """Fulfilled expectations in a group whose members gain from each other's adoption.

    A member adopts when ``stand_alone + weight * share >= cost``, where ``share`` is the expected
    part of adopters and ``weight`` differs between members.

    Parameters
    ----------
    cost : of adopting, in the unit of the benefits.
    stand_alone : benefit without any other adopter, the same for all.
    network : law of the weights, with ``cdf``; uniform from 0 to 1 unless given. With it and
        without a stand-alone benefit, the equilibria are 0 and the roots of n (1 - n) = cost: the
        lower root is the tipping point. Only 0 is left when the cost is above 1/4.

    Source: Rohlfs (1974, Bell J. Econ. 5:16); Katz and Shapiro (1985, Am. Econ. Rev. 75:424).
    """
    number("cost", cost)
    number("stand_alone", stand_alone)
    cdf = (lambda w: np.clip(w, 0.0, 1.0)) if network is None else network.cdf

    def response(share: Floats) -> Floats:
        missing = cost - stand_alone
        needed = np.divide(missing, share, out=np.full_like(share, np.inf), where=share > 0.0)
        if missing <= 0.0:
            needed[share == 0.0] = -np.inf
        return np.asarray(1.0 - cdf(np.clip(needed, -1e300, 1e300)))

    return fixed_points(response)


@dataclass(frozen=True, eq=False)
class SegmentEquilibrium:
    """Shares of adopters by segment that confirm each other.

    ``basin`` is the part of all possible starts that leads here; 0 for an unstable point.
    """

    shares: Floats
    stable: bool
    basin: float


def segment_equilibria(
    thresholds: Sequence[Any],
    mixing: ArrayLike,
    *,
    mandatory: ArrayLike = 0.0,
    starts: int = 1024,
    seed: Seed = 1,
) -> tuple[SegmentEquilibrium, ...]:
    """Fixed points of a threshold model with segments, from least to most adoption.

    In each round the share of adopters in a segment becomes ``m + (1 - m) * F(seen)``: ``F`` is the
    cumulative law of its thresholds, ``seen`` the mixture of shares it looks at, and ``m`` the part
    that must adopt whatever others do.

    Parameters
    ----------
    thresholds : one law with ``cdf`` per segment.
    mixing : (segments, segments), rows sum to 1: how much each segment looks at every other.
    mandatory : m, a number or one per segment.
    starts : random starting points, a power of two; the basins are known to about 1 / starts.

    Unstable points are sought from the same starts; those with a tiny neighbourhood may be missed.
    Source: Granovetter (1978, Am. J. Sociol. 83:1420), by segment.
    """
    from scipy.optimize import root

    count = len(thresholds)
    weights = stochastic("mixing", mixing, count)
    must = share_each("mandatory", mandatory, count)
    whole("starts", starts, 2)
    if starts & (starts - 1):
        raise ValueError(f"starts = {starts}: must be a power of two")

    def step(shares: Floats) -> Floats:
        seen = shares @ weights.T
        ready = np.stack([np.asarray(t.cdf(s)) for t, s in zip(thresholds, seen.T, strict=True)])
        return np.asarray(must + (1.0 - must) * ready.T)

    def move(shares: Floats) -> Floats:
        return np.asarray(step(shares[None, :])[0] - shares)

    net = _nets.scramble(_nets.generators(count, starts), np.random.SeedSequence(seed)).T
    corners = np.stack([np.zeros(count), np.ones(count)])
    begun = np.vstack([net, corners])
    ended = _settle(step, begun)
    out: list[SegmentEquilibrium] = []
    for shares in _distinct(ended):
        near = np.abs(ended[:starts] - shares).max(axis=1) < 1e-5
        # A corner that no neighbour is drawn to, such as 0 where all else grows, is not stable.
        pushed = _settle(step, np.clip(np.stack([shares + 1e-4, shares - 1e-4]), 0.0, 1.0))
        stable = bool(np.abs(pushed - shares).max() < 1e-5)
        out.append(SegmentEquilibrium(shares, stable, float(near.mean()) if stable else 0.0))
    for guess in net[:64]:
        solved = root(move, guess)
        known = [e.shares for e in out]
        inside = np.all((solved.x >= -_SAME) & (solved.x <= 1.0 + _SAME))
        still = np.abs(step(solved.x[None])[0] - solved.x).max() < 1e-8
        new = min(np.abs(solved.x - k).max() for k in known) > 1e-5
        if solved.success and inside and still and new:
            out.append(SegmentEquilibrium(np.clip(solved.x, 0.0, 1.0), False, 0.0))
    return tuple(sorted(out, key=lambda e: (float(e.shares.sum()), *e.shares)))


def _settle(step: Callable[[Floats], Floats], shares: Floats, rounds: int = 20_000) -> Floats:
    for _ in range(rounds):
        after = step(shares)
        if np.abs(after - shares).max() < 1e-12:
            return after
        shares = after
    return shares


def _distinct(rows: Floats) -> list[Floats]:
    out: list[Floats] = []
    for row in rows:
        if all(np.abs(row - other).max() > 1e-5 for other in out):
            out.append(row)
    return out


def cascade(thresholds: ArrayLike, start: int = 0) -> NDArray[np.int64]:
    """Count adopters round by round until nothing changes, in a group of given persons.

    Parameters
    ----------
    thresholds : (persons,), how many others must have adopted before a person does.
    start : how many have adopted at the beginning.

    Returns the counts, the first being ``start`` and the last the outcome. Raises ValueError for
    thresholds that are not finite or a start outside 0..persons.

    Source: Granovetter (1978, Am. J. Sociol. 83:1420). With thresholds 0, 1, … 99 all 100 adopt;
    with 2 in place of 1, one does.
    """
    ordered = np.sort(finite("thresholds", thresholds, "persons"))
    counts = [whole("start", start, 0, len(ordered))]
    while True:
        after = int(np.searchsorted(ordered, counts[-1], side="right"))
        if after == counts[-1] or after in counts:
            return np.array(counts)
        counts.append(after)


def global_game_threshold(
    payoff: Callable[[float, float], float], low: float, high: float
) -> float:
    """State at which adopting becomes the choice when everyone is slightly unsure of the state.

    With full knowledge such a game has two equilibria over a range of states. With a little private
    doubt one is left: adopt above the state where the gain is 0 on average over all shares of
    adopters from 0 to 1, each as likely.

    Parameters
    ----------
    payoff : ``payoff(state, share)``, gain from adopting over not adopting; rises in both. Where it
        jumps in the share, the answer is good to about 1e-4 of the jump.
    low, high : states between which the threshold lies.

    Raises ValueError when the average gain does not change from negative to positive in between.
    Source: Morris and Shin (2003), Global games: theory and applications.
    """
    from scipy.integrate import quad
    from scipy.optimize import brentq

    number("low", low)
    number("high", high)
    if not low < high:
        raise ValueError(f"range = ({low}, {high}): low must be below high")

    def average(state: float) -> float:
        # In pieces, since the rule misses a jump between its last node and the end of a piece.
        pieces = np.linspace(0.0, 1.0, 65)
        gain = math.fsum(
            quad(lambda share: payoff(state, share), a, b, epsabs=1e-12, limit=100)[0]
            for a, b in pairwise(pieces)
        )
        if not math.isfinite(gain):
            raise ValueError(f"payoff at state {state} is {gain}: must be a finite number")
        return gain

    at_low, at_high = average(low), average(high)
    if at_low > 0.0 or at_high < 0.0:
        raise ValueError(
            f"average payoff is {at_low:.6g} at low = {low} and {at_high:.6g} at high = {high}:"
            " must be negative at low and positive at high"
        )
    return float(brentq(average, low, high, xtol=1e-12))


def bass_share(time: ArrayLike, innovation: float, imitation: float) -> Floats:
    """Share that has adopted by ``time`` under the Bass model (any shape, any unit of time).

    ``innovation`` is p, the rate of adopting unprompted; ``imitation`` is q, the rate of following
    others. Source: Bass (1969, Management Sci. 15:215).
    """
    p, q = _bass_rates(innovation, imitation)
    t = np.asarray(time, dtype=np.float64)
    if not np.isfinite(t).all() or (t < 0.0).any():
        raise ValueError("time must be finite numbers of at least 0")
    decay = np.exp(-(p + q) * t)
    return np.asarray((1.0 - decay) / (1.0 + q / p * decay))


@dataclass(frozen=True)
class BassPeak:
    """When adoption is fastest: ``time``, ``share`` adopted by then, and ``rate`` of change."""

    time: float
    share: float
    rate: float


def bass_peak(innovation: float, imitation: float) -> BassPeak:
    """Peak of the Bass model; it is at the start when imitation is not above innovation."""
    p, q = _bass_rates(innovation, imitation)
    if q <= p:
        return BassPeak(0.0, 0.0, p)
    return BassPeak(math.log(q / p) / (p + q), 0.5 - 0.5 * p / q, (p + q) ** 2 / (4.0 * q))


def _bass_rates(innovation: float, imitation: float) -> tuple[float, float]:
    p, q = number("innovation", innovation), number("imitation", imitation, 0.0)
    if not p > 0.0:
        raise ValueError(f"innovation = {p}: must be above 0, or nobody ever starts")
    return p, q
