"""What a survey with many missing answers can and cannot say about a share.

Three layers, from the mildest assumption about the missing to none at all: sampling error as if
they were missing at random; the shares that non-respondents would need to reverse a finding; and
Manski's bounds, which hold whatever they would have said.

Sources: Wilson (1927, JASA 22); Cochran (1977, Sampling Techniques, ch. 2) for the population
correction; Manski (1995, Identification Problems in the Social Sciences, ch. 2) for the bounds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.methods.distributions import Beta, Distribution

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A range of shares, 0 to 1."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Distance between the ends."""
        return self.high - self.low


def standard_error(share: float, answered: int, population: int | None = None) -> float:
    """Standard error of a share among ``answered`` persons drawn at random.

    ``population`` switches on the finite population correction ``sqrt((N - n) / (N - 1))``. Which
    population the respondents stand for is an assumption to be named.
    Raises ValueError for a share outside [0, 1], no answers, or a population below the answers.
    """
    _check(share, answered)
    return math.sqrt(share * (1.0 - share) / _effective(answered, population))


def wald(
    share: float, answered: int, level: float = 0.95, population: int | None = None
) -> Interval:
    """Share plus and minus normal standard errors, as most reports give it.

    May reach beyond 0 or 1 for shares near the ends: use :func:`wilson` there.
    """
    margin = _z(level) * standard_error(share, answered, population)
    return Interval(share - margin, share + margin)


def wilson(
    share: float, answered: int, level: float = 0.95, population: int | None = None
) -> Interval:
    """Wilson's score interval, which stays within [0, 1] and keeps its level near the ends.

    With a ``population`` the number of answers is first divided by the squared correction.
    """
    _check(share, answered)
    n, z = _effective(answered, population), _z(level)
    if math.isinf(n):
        return Interval(share, share)
    scale = 1.0 + z * z / n
    centre = (share + z * z / (2.0 * n)) / scale
    margin = z / scale * math.sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n))
    return Interval(max(centre - margin, 0.0), min(centre + margin, 1.0))


def manski_bounds(
    share: float, answered: int, asked: int, missing: tuple[float, float] = (0.0, 1.0)
) -> Interval:
    """Smallest and largest share among all ``asked`` that the answers allow.

    ``missing`` bounds the share among those who did not answer; (0, 1) assumes nothing.
    """
    _check(share, answered, asked)
    if not 0.0 <= missing[0] <= missing[1] <= 1.0:
        raise ValueError(f"missing = {missing}: must be two shares in [0, 1], the lower first")
    low, high = (combined(share, answered, asked, m) for m in missing)
    return Interval(low, high)


def break_even(share: float, answered: int, asked: int, target: float = 0.5) -> float | None:
    """Share among non-respondents that would bring the share of all ``asked`` to ``target``.

    None where no answer of theirs could (and when everyone answered).
    """
    _check(share, answered, asked)
    _share(target=target)
    if answered == asked:
        return None
    response = answered / asked
    needed = (target - response * share) / (1.0 - response)
    return needed if 0.0 <= needed <= 1.0 else None


def combined(share: float, answered: int, asked: int, missing: float) -> float:
    """Share among all ``asked`` if the share among non-respondents is ``missing``."""
    _check(share, answered, asked)
    _share(missing=missing)
    response = answered / asked
    return response * share + (1.0 - response) * missing


@dataclass(frozen=True)
class Scenario:
    """A story about the non-respondents: their share, the resulting one, and the change."""

    missing: float
    combined: float
    change: float


def nonresponse(
    share: float, answered: int, asked: int, stories: Mapping[str, float]
) -> dict[str, Scenario]:
    """Apply several stories, each a name and the share among non-respondents.

    ``change`` is the combined share minus the reported one.
    """
    out = {}
    for name, missing in stories.items():
        total = combined(share, answered, asked, missing)
        out[name] = Scenario(missing, total, total - share)
    return out


@dataclass(frozen=True)
class Layers:
    """One reported share, read in three layers. ``random`` is Wilson's interval."""

    share: float
    response: float
    standard_error: float
    wald: Interval
    random: Interval
    break_even: float | None
    bounds: Interval


def layers(
    share: float, answered: int, asked: int, level: float = 0.95, population: int | None = None
) -> Layers:
    """All three layers of one share."""
    _check(share, answered, asked)
    return Layers(
        share,
        answered / asked,
        standard_error(share, answered, population),
        wald(share, answered, level, population),
        wilson(share, answered, level, population),
        break_even(share, answered, asked),
        manski_bounds(share, answered, asked),
    )


def posterior(share: float, answered: int, prior: tuple[float, float] = (0.5, 0.5)) -> Beta:
    """Beta distribution of the share among people like the respondents (Jeffreys prior)."""
    _check(share, answered)
    a, b = prior
    if not (a > 0.0 and b > 0.0 and math.isfinite(a + b)):
        raise ValueError(f"prior = {prior}: must be two finite numbers above 0")
    return Beta(a + share * answered, b + (1.0 - share) * answered)


def sample_share(
    share: float,
    answered: int,
    asked: int,
    draws: int,
    seed: int,
    missing: Distribution | None = None,
) -> Floats:
    """Draws of the share among all ``asked``, shape (draws,), for conversion into hours and kroner.

    ``missing`` is the assumed distribution of the share among non-respondents. Without one they are
    taken to be like the respondents, which is the assumption most reports make in silence.
    Raises ValueError for no draws, or a ``missing`` that reaches beyond [0, 1].
    """
    _check(share, answered, asked)
    if draws < 1:
        raise ValueError(f"draws = {draws}: must be at least 1")
    u = np.random.Generator(np.random.PCG64(seed)).random((2, draws))
    said = posterior(share, answered).ppf(u[0])
    if missing is None:
        return said
    low, high = missing.support()
    if low < 0.0 or high > 1.0:
        raise ValueError(f"missing reaches from {low} to {high}: must stay within [0, 1]")
    response = answered / asked
    return np.asarray(response * said + (1.0 - response) * np.asarray(missing.ppf(u[1])))


def _effective(answered: int, population: int | None) -> float:
    """Answers an infinite population would need for the same standard error."""
    if population is None:
        return float(answered)
    if population < answered:
        raise ValueError(f"population = {population}: must be at least the {answered} answers")
    if population == answered:
        return math.inf
    return answered * (population - 1) / (population - answered)


def _z(level: float) -> float:
    if not 0.0 < level < 1.0:
        raise ValueError(f"level = {level}: must be between 0 and 1")
    return float(ndtri(0.5 + 0.5 * level))


def _share(**values: float) -> None:
    for name, value in values.items():
        if not 0.0 <= value <= 1.0:
            raise ValueError(f"{name} = {value}: must be in [0, 1]")


def _check(share: float, answered: int, asked: int | None = None) -> None:
    _share(share=share)
    if answered < 1:
        raise ValueError(f"answered = {answered}: must be at least 1")
    if asked is not None and asked < answered:
        raise ValueError(f"asked = {asked}: must be at least the {answered} who answered")
