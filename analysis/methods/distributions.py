"""Uncertain quantities: marginal distributions elicited as low, most likely and high.

Every law has ``ppf``, ``cdf``, ``mean``, ``std`` and ``support`` with the meaning they have on a
frozen ``scipy.stats`` distribution, so that either kind may be passed to the other methods.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, ndtr, ndtri

Floats = NDArray[np.float64]

#: Lower tail probability of the stated low end (the high end mirrors it).
RANGE_MEANINGS = {"P10/P90": 0.10, "95 % interval": 0.025, "min/max": 0.0}
_ALMOST_ONE = math.nextafter(1.0, 0.0)
NAMES = ("triangular", "pert", "lognormal", "normal", "uniform", "beta", "risk", "mixture")


class Distribution(Protocol):
    """What the methods need of a distribution; frozen ``scipy.stats`` distributions have it too."""

    def ppf(self, p: Any, /) -> Any:
        """Quantile of probability ``p``."""

    def cdf(self, x: Any, /) -> Any:
        """Probability of a value not above ``x``."""

    def mean(self) -> Any:
        """Mean."""

    def std(self) -> Any:
        """Standard deviation."""

    def support(self) -> Any:
        """Smallest and largest possible value."""


class Marginal(ABC):
    """Base of the laws below."""

    #: Probabilities where the quantile function jumps (an atom next to a gap).
    jumps: tuple[float, ...] = ()
    #: Values that have a probability of their own.
    atoms: tuple[float, ...] = ()

    @abstractmethod
    def _ppf(self, p: Floats) -> Floats: ...

    @abstractmethod
    def _cdf(self, x: Floats) -> Floats: ...

    @abstractmethod
    def mean(self) -> float:
        """Mean, in the unit of the quantity."""

    @abstractmethod
    def var(self) -> float:
        """Variance."""

    @abstractmethod
    def support(self) -> tuple[float, float]:
        """Smallest and largest possible value."""

    def std(self) -> float:
        """Standard deviation."""
        return math.sqrt(self.var())

    def ppf(self, p: ArrayLike) -> Floats:
        """Quantiles, shape of ``p``. Raises ValueError for a probability outside [0, 1] or NaN."""
        p = np.asarray(p, dtype=np.float64)
        if not np.all((p >= 0.0) & (p <= 1.0)):
            raise ValueError(f"p = {_first(p, (p >= 0.0) & (p <= 1.0))}: must be in [0, 1]")
        return self._ppf(p)

    def cdf(self, x: ArrayLike) -> Floats:
        """Probability of a value not above ``x``, shape of ``x``. Raises ValueError for NaN."""
        x = np.asarray(x, dtype=np.float64)
        if np.isnan(x).any():
            raise ValueError("x = nan: must be a number")
        return self._cdf(x)

    def from_normal(self, z: ArrayLike) -> Floats:
        """Quantiles at standard normal scores ``z``: what a Gaussian copula delivers."""
        # Above 8.2 a probability rounds to 1, where an unbounded law would be infinite.
        return self._ppf(np.minimum(ndtr(np.asarray(z, dtype=np.float64)), _ALMOST_ONE))


@dataclass(frozen=True)
class Normal(Marginal):
    """Normal law with mean ``loc`` and standard deviation ``scale``."""

    loc: float
    scale: float

    def __post_init__(self) -> None:
        _finite(loc=self.loc, scale=self.scale)
        _positive(scale=self.scale)

    def _ppf(self, p: Floats) -> Floats:
        return self.from_normal(ndtri(p))

    def _cdf(self, x: Floats) -> Floats:
        return np.asarray(ndtr((x - self.loc) / self.scale))

    def from_normal(self, z: ArrayLike) -> Floats:  # noqa: D102
        return self.loc + self.scale * np.asarray(z, dtype=np.float64)

    def mean(self) -> float:  # noqa: D102
        return self.loc

    def var(self) -> float:  # noqa: D102
        return self.scale**2

    def support(self) -> tuple[float, float]:  # noqa: D102
        return -math.inf, math.inf


@dataclass(frozen=True)
class Lognormal(Marginal):
    """Law of ``median * exp(sigma * Z)`` with Z standard normal."""

    median: float
    sigma: float

    def __post_init__(self) -> None:
        _finite(median=self.median, sigma=self.sigma)
        _positive(median=self.median, sigma=self.sigma)

    def _ppf(self, p: Floats) -> Floats:
        return self.from_normal(ndtri(p))

    def _cdf(self, x: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            log = np.log(np.maximum(x, 0.0) / self.median)
        return np.asarray(ndtr(log / self.sigma))

    def from_normal(self, z: ArrayLike) -> Floats:  # noqa: D102
        return self.median * np.exp(self.sigma * np.asarray(z, dtype=np.float64))

    def mean(self) -> float:  # noqa: D102
        return self.median * math.exp(0.5 * self.sigma**2)

    def var(self) -> float:  # noqa: D102
        return self.mean() ** 2 * math.expm1(self.sigma**2)

    def support(self) -> tuple[float, float]:  # noqa: D102
        return 0.0, math.inf


@dataclass(frozen=True)
class Uniform(Marginal):
    """All values between ``low`` and ``high`` equally likely."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _ordered(self.low, None, self.high)

    def _ppf(self, p: Floats) -> Floats:
        return self.low + (self.high - self.low) * p

    def _cdf(self, x: Floats) -> Floats:
        return np.asarray(np.clip((x - self.low) / (self.high - self.low), 0.0, 1.0))

    def mean(self) -> float:  # noqa: D102
        return 0.5 * (self.low + self.high)

    def var(self) -> float:  # noqa: D102
        return (self.high - self.low) ** 2 / 12.0

    def support(self) -> tuple[float, float]:  # noqa: D102
        return self.low, self.high


@dataclass(frozen=True)
class Triangular(Marginal):
    """Triangular density from the smallest value ``low`` over ``mode`` to the largest ``high``."""

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        _ordered(self.low, self.mode, self.high)

    def _ppf(self, p: Floats) -> Floats:
        a, m, b = self.low, self.mode, self.high
        rising = a + np.sqrt(p * ((b - a) * (m - a)))
        falling = b - np.sqrt((1.0 - p) * ((b - a) * (b - m)))
        return np.where(p * (b - a) < m - a, rising, falling)

    def _cdf(self, x: Floats) -> Floats:
        a, m, b = self.low, self.mode, self.high
        x = np.clip(x, a, b)
        # Each branch divides by its own side only, so that a mode at an end is no special case.
        rising = (x - a) ** 2 / ((b - a) * ((m - a) or 1.0))
        falling = 1.0 - (b - x) ** 2 / ((b - a) * ((b - m) or 1.0))
        return np.where(x < m, rising, falling)

    def mean(self) -> float:  # noqa: D102
        return (self.low + self.mode + self.high) / 3.0

    def var(self) -> float:  # noqa: D102
        a, m, b = self.low, self.mode, self.high
        return ((b - a) ** 2 + (b - m) ** 2 + (m - a) ** 2) / 36.0

    def support(self) -> tuple[float, float]:  # noqa: D102
        return self.low, self.high


@dataclass(frozen=True)
class Beta(Marginal):
    """Beta law with shapes ``a`` and ``b``, stretched to ``[low, high]``."""

    a: float
    b: float
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        _finite(a=self.a, b=self.b)
        _positive(a=self.a, b=self.b)
        _ordered(self.low, None, self.high)

    def _ppf(self, p: Floats) -> Floats:
        return np.asarray(self.low + (self.high - self.low) * betaincinv(self.a, self.b, p))

    def _cdf(self, x: Floats) -> Floats:
        share = np.clip((x - self.low) / (self.high - self.low), 0.0, 1.0)
        return np.asarray(betainc(self.a, self.b, share))

    def mean(self) -> float:  # noqa: D102
        return self.low + (self.high - self.low) * self.a / (self.a + self.b)

    def var(self) -> float:  # noqa: D102
        n = self.a + self.b
        return (self.high - self.low) ** 2 * self.a * self.b / (n * n * (n + 1.0))

    def support(self) -> tuple[float, float]:  # noqa: D102
        return self.low, self.high


def pert(low: float, mode: float, high: float) -> Beta:
    """PERT law: a beta on ``[low, high]`` with mean ``(low + 4 mode + high) / 6``.

    Source: Malcolm, Roseboom, Clark and Fazar (1959), Operations Research 7(5).
    """
    _ordered(low, mode, high)
    share = (mode - low) / (high - low)
    return Beta(1.0 + 4.0 * share, 5.0 - 4.0 * share, low, high)


@dataclass(frozen=True)
class DiscreteRisk(Marginal):
    """Event that happens with ``probability`` and then costs ``impact``, a law or a number."""

    probability: float
    impact: Distribution | float

    def __post_init__(self) -> None:
        _finite(probability=self.probability)
        if not 0.0 < self.probability <= 1.0:
            raise ValueError(f"probability = {self.probability}: must be in (0, 1]")
        if isinstance(self.impact, int | float):
            _finite(impact=self.impact)
            if self.impact == 0.0:
                raise ValueError("impact = 0: a risk without an impact is no risk")

    @property
    def _below(self) -> float:
        """Probability of a negative outcome, a gain."""
        if isinstance(self.impact, int | float):
            return self.probability if self.impact < 0.0 else 0.0
        return self.probability * float(self.impact.cdf(0.0))

    @property
    def jumps(self) -> tuple[float, ...]:  # type: ignore[override]
        """Where the quantile leaves zero, when all impacts lie on one side of it."""
        if self.probability == 1.0:
            return ()
        low, high = self._impact_support()
        return (1.0 - self.probability,) if low >= 0 else (self.probability,) if high <= 0 else ()

    @property
    def atoms(self) -> tuple[float, ...]:  # type: ignore[override]
        """Zero, the outcome without the event, and any atoms of the impact."""
        calm = () if self.probability == 1.0 else (0.0,)
        if isinstance(self.impact, int | float):
            return (*calm, float(self.impact))
        return calm + tuple(a for a in getattr(self.impact, "atoms", ()) if a not in calm)

    def _impact_support(self) -> tuple[float, float]:
        if isinstance(self.impact, int | float):
            return float(self.impact), float(self.impact)
        low, high = self.impact.support()
        return float(low), float(high)

    def _ppf(self, p: Floats) -> Floats:
        below, calm = self._below, 1.0 - self.probability
        # Position inside the impact's own law: the atom at zero sits between gains and losses.
        inside = np.where(p < below, p, p - calm) / self.probability
        inside = np.clip(inside, 0.0, 1.0)
        if isinstance(self.impact, int | float):
            impact = np.full_like(inside, float(self.impact))
        else:
            impact = np.asarray(self.impact.ppf(inside), dtype=np.float64)
        return np.where((p >= below) & (p <= below + calm) & (calm > 0.0), 0.0, impact)

    def _cdf(self, x: Floats) -> Floats:
        if isinstance(self.impact, int | float):
            impact = np.where(x >= self.impact, 1.0, 0.0)
        else:
            impact = np.asarray(self.impact.cdf(x), dtype=np.float64)
        return self.probability * impact + (1.0 - self.probability) * (x >= 0.0)

    def mean(self) -> float:  # noqa: D102
        m = self.impact if isinstance(self.impact, int | float) else float(self.impact.mean())
        return self.probability * m

    def var(self) -> float:  # noqa: D102
        if isinstance(self.impact, int | float):
            m, v = float(self.impact), 0.0
        else:
            m, v = float(self.impact.mean()), float(self.impact.std()) ** 2
        return self.probability * v + self.probability * (1.0 - self.probability) * m * m

    def support(self) -> tuple[float, float]:  # noqa: D102
        low, high = self._impact_support()
        return (low, high) if self.probability == 1.0 else (min(low, 0.0), max(high, 0.0))


@dataclass(frozen=True)
class Mixture(Marginal):
    """One of several laws, chosen with the given weights (which must add up to 1)."""

    weights: tuple[float, ...]
    components: tuple[Distribution, ...]

    def __post_init__(self) -> None:
        if not self.weights or len(self.weights) != len(self.components):
            raise ValueError(
                f"weights = {self.weights}: one weight is needed for each of the"
                f" {len(self.components)} components, and at least one"
            )
        _finite(**{f"weights[{i}]": w for i, w in enumerate(self.weights)})
        if min(self.weights) <= 0.0 or abs(math.fsum(self.weights) - 1.0) > 1e-9:
            raise ValueError(f"weights = {self.weights}: must be positive and add up to 1")

    @property
    def jumps(self) -> tuple[float, ...]:  # type: ignore[override]
        """Probabilities of the gaps between the supports of the components."""
        found, reach, mass = [], -math.inf, 0.0
        ranges = [
            (*map(float, c.support()), w)
            for w, c in zip(self.weights, self.components, strict=True)
        ]
        for low, high, weight in sorted(ranges):
            if mass and low > reach:
                found.append(mass)
            reach, mass = max(reach, high), mass + weight
        return tuple(found)

    @property
    def atoms(self) -> tuple[float, ...]:  # type: ignore[override]
        """Atoms of all components."""
        return tuple(sorted({a for c in self.components for a in getattr(c, "atoms", ())}))

    def _ppf(self, p: Floats) -> Floats:
        ends = np.array([np.asarray(c.ppf(p), dtype=np.float64) for c in self.components])
        # F(low) <= p <= F(high): the mixture's quantile lies between those of the components.
        low, high = ends.min(axis=0), ends.max(axis=0)
        with np.errstate(invalid="ignore"):
            for _ in range(200):
                middle = 0.5 * (low + high)
                if not np.any((middle > low) & (middle < high)):
                    break
                reached = self._cdf(middle) >= p
                high = np.where(reached, middle, high)
                low = np.where(reached, low, middle)
        return np.asarray(np.where(self._cdf(low) >= p, low, high))

    def _cdf(self, x: Floats) -> Floats:
        parts = [
            w * np.asarray(c.cdf(x), dtype=np.float64)
            for w, c in zip(self.weights, self.components, strict=True)
        ]
        return np.asarray(np.minimum(sum(parts), 1.0))

    def mean(self) -> float:  # noqa: D102
        return math.fsum(
            w * float(c.mean()) for w, c in zip(self.weights, self.components, strict=True)
        )

    def var(self) -> float:  # noqa: D102
        centre = self.mean()
        return math.fsum(
            w * (float(c.std()) ** 2 + (float(c.mean()) - centre) ** 2)
            for w, c in zip(self.weights, self.components, strict=True)
        )

    def support(self) -> tuple[float, float]:  # noqa: D102
        ends = [c.support() for c in self.components]
        return min(float(low) for low, _ in ends), max(float(high) for _, high in ends)


@dataclass(frozen=True)
class Truncated(Marginal):
    """``base`` given that the value lies in ``[low, high]``: no mass is heaped on the limits."""

    base: Distribution
    low: float
    high: float

    def __post_init__(self) -> None:
        if math.isnan(self.low) or math.isnan(self.high) or not self.low < self.high:
            raise ValueError(f"limits = ({self.low}, {self.high}): the first must be the smaller")
        if not self._mass > 0.0:
            raise ValueError(f"limits = ({self.low}, {self.high}): no mass lies between them")

    @property
    def atoms(self) -> tuple[float, ...]:  # type: ignore[override]
        """Atoms of the base within the limits."""
        return tuple(a for a in getattr(self.base, "atoms", ()) if self.low <= a <= self.high)

    @property
    def _start(self) -> float:
        return float(self.base.cdf(self.low)) if math.isfinite(self.low) else 0.0

    @property
    def _mass(self) -> float:
        return (float(self.base.cdf(self.high)) if math.isfinite(self.high) else 1.0) - self._start

    def _ppf(self, p: Floats) -> Floats:
        inside = np.asarray(self.base.ppf(np.minimum(self._start + self._mass * p, 1.0)))
        low, high = self.support()
        return np.asarray(np.clip(inside, low, high))  # rounding only

    def _cdf(self, x: Floats) -> Floats:
        inside = np.clip(x, self.low, self.high)
        share = (np.asarray(self.base.cdf(inside)) - self._start) / self._mass
        return np.where(x < self.low, 0.0, np.where(x >= self.high, 1.0, share))

    def _moment(self, power: int) -> float:
        # Gauss–Legendre in panels that shrink towards both tails: exact to about 1e-9 of the value.
        node, weight = np.polynomial.legendre.leggauss(24)
        half = np.concatenate([[0.0], 0.5 ** np.arange(48, 0, -1)])
        edges = np.concatenate([half, 1.0 - half[-2::-1]])
        width = np.diff(edges)[:, None]
        p = edges[:-1, None] + 0.5 * width * (1.0 + node)
        return float((0.5 * width * weight * self._ppf(p) ** power).sum())

    def mean(self) -> float:  # noqa: D102
        return self._moment(1)

    def var(self) -> float:  # noqa: D102
        return self._moment(2) - self._moment(1) ** 2

    def support(self) -> tuple[float, float]:  # noqa: D102
        low, high = self.base.support()
        return max(float(low), self.low), min(float(high), self.high)


def marginal(
    name: str,
    *,
    low: float | None = None,
    mode: float | None = None,
    high: float | None = None,
    meaning: str = "P10/P90",
    minimum: float | None = None,
    maximum: float | None = None,
    probability: float | None = None,
    impact: Distribution | float | None = None,
    weights: Sequence[float] | None = None,
    components: Sequence[Distribution] | None = None,
) -> Marginal:
    """Build the marginal distribution ``name`` from an elicited range.

    Parameters
    ----------
    name : one of ``NAMES``.
    low, mode, high : the range and the most likely value, in the unit of the quantity.
        Triangular and PERT need the mode, which must lie in the range. The other laws are fixed by
        two quantiles alone: their mode is only checked to lie in the range.
    meaning : what low and high are, one of ``RANGE_MEANINGS``. P10/P90 are the 10 % and 90 %
        quantiles (1.2816 standard deviations of a normal law), not 5 % and 95 %.
    minimum, maximum : hard limits. They are the ends of a beta (0 and 1 unless stated); any other
        law that reaches beyond them is conditioned on lying between them (:class:`Truncated`).
    probability, impact : of a ``risk``. weights, components : of a ``mixture``.

    Raises
    ------
    ValueError : unknown name or meaning, missing or surplus argument, NaN, inverted or empty range,
        a law without ends asked for by "min/max", or quantiles that no such law has.
    """
    given = {
        "low": low,
        "mode": mode,
        "high": high,
        "probability": probability,
        "impact": impact,
        "weights": weights,
        "components": components,
    }
    if name not in NAMES:
        raise ValueError(f"name = {name!r}: must be one of {', '.join(NAMES)}")
    needed = {
        "risk": {"probability", "impact"},
        "mixture": {"weights", "components"},
        "triangular": {"low", "mode", "high"},
        "pert": {"low", "mode", "high"},
    }.get(name, {"low", "high"})
    present = {key for key, value in given.items() if value is not None}
    if missing := needed - present:
        raise ValueError(f"{name}: {' and '.join(sorted(missing))} must be given")
    if surplus := present - needed - ({"mode"} if "low" in needed else set()):
        raise ValueError(f"{name}: {' and '.join(sorted(surplus))} must not be given")
    if probability is not None and impact is not None:
        return _limited(DiscreteRisk(probability, impact), minimum, maximum)
    if weights is not None and components is not None:
        return _limited(Mixture(tuple(weights), tuple(components)), minimum, maximum)
    assert low is not None
    assert high is not None
    _ordered(low, mode, high)
    if meaning not in RANGE_MEANINGS:
        raise ValueError(f"meaning = {meaning!r}: must be one of {', '.join(RANGE_MEANINGS)}")
    tail = RANGE_MEANINGS[meaning]
    if (minimum is not None and low < minimum) or (maximum is not None and high > maximum):
        raise ValueError(f"range = ({low}, {high}): must lie in the limits [{minimum}, {maximum}]")
    if name == "beta":
        ends = (0.0 if minimum is None else minimum, 1.0 if maximum is None else maximum)
        return _fit_beta(low, high, tail, *ends)
    return _limited(_fit(name, low, mode, high, tail), minimum, maximum)


def _fit(name: str, low: float, mode: float | None, high: float, tail: float) -> Marginal:
    """Law ``name`` whose ``tail`` and ``1 - tail`` quantiles are ``low`` and ``high``."""
    if name in ("normal", "lognormal"):
        if tail == 0.0:
            raise ValueError(f"meaning = 'min/max': a {name} law has no end; state P10/P90")
        z = float(ndtri(1.0 - tail))
        if name == "normal":
            return Normal(0.5 * (low + high), (high - low) / (2.0 * z))
        if low <= 0.0:
            raise ValueError(f"low = {low}: must be above 0 for a lognormal law")
        return Lognormal(math.sqrt(low) * math.sqrt(high), math.log(high / low) / (2.0 * z))
    if name == "uniform":
        slack = tail * (high - low) / (1.0 - 2.0 * tail)
        return Uniform(low - slack, high + slack)
    assert mode is not None
    make: Callable[[float, float, float], Marginal] = Triangular if name == "triangular" else pert
    return make(low, mode, high) if tail == 0.0 else _fit_bounded(make, low, mode, high, tail)


def _fit_bounded(
    make: Callable[[float, float, float], Marginal],
    low: float,
    mode: float,
    high: float,
    tail: float,
) -> Marginal:
    """Triangular or PERT law with the given mode and quantiles.

    On the unit interval such a law has one free number, the place ``m`` of its mode. The place of
    the mode between the two quantiles, ``(m - q_low) / (q_high - q_low)``, is below 0 at m = 0 and
    above 1 at m = 1, so a root exists for every mode within the range. The ends follow by scaling.
    """
    from scipy.optimize import brentq

    target = (mode - low) / (high - low)
    quantiles = np.array([tail, 1.0 - tail])

    def miss(m: float) -> float:
        q_low, q_high = make(0.0, m, 1.0).ppf(quantiles)
        return float((m - q_low) / (q_high - q_low) - target)

    m = float(brentq(miss, 0.0, 1.0, xtol=1e-15, rtol=1e-14))
    q_low, q_high = (float(q) for q in make(0.0, m, 1.0).ppf(quantiles))
    width = (high - low) / (q_high - q_low)
    start = low - width * q_low
    return make(start, start + width * m, start + width)


def _fit_beta(low: float, high: float, tail: float, start: float, end: float) -> Marginal:
    """Beta law on ``[start, end]`` with the given quantiles (solved for mean and concentration)."""
    from scipy.optimize import root

    if tail == 0.0:
        raise ValueError(
            "meaning = 'min/max': two ends do not fix the shape of a beta law; state P10/P90"
        )
    _ordered(start, None, end)
    if not (start < low and high < end):
        raise ValueError(f"range = ({low}, {high}): must lie inside the limits ({start}, {end})")
    u = (np.array([low, high]) - start) / (end - start)
    centre, spread = float(u.mean()), float(u[1] - u[0]) / (2.0 * float(ndtri(1.0 - tail)))
    size = max(centre * (1.0 - centre) / spread**2 - 1.0, 0.5)
    logit = np.log(u / (1.0 - u))

    def miss(x: Floats) -> Floats:
        a, b = np.exp(x)
        q = np.clip(betaincinv(a, b, np.array([tail, 1.0 - tail])), 1e-300, 1.0 - 1e-16)
        return np.asarray(np.log(q / (1.0 - q)) - logit)

    found = root(miss, np.log([centre * size, (1.0 - centre) * size]), tol=1e-12)
    if not np.max(np.abs(miss(found.x))) < 1e-8:
        raise ValueError(f"range = ({low}, {high}): no beta law on ({start}, {end}) was found")
    a, b = np.exp(found.x)
    return Beta(float(a), float(b), start, end)


def _limited(law: Marginal, minimum: float | None, maximum: float | None) -> Marginal:
    lower = -math.inf if minimum is None else minimum
    upper = math.inf if maximum is None else maximum
    low, high = law.support()
    return law if lower <= low and high <= upper else Truncated(law, lower, upper)


@dataclass(frozen=True)
class QuantileTable:
    """Quantiles at equally spaced normal scores, for evaluation by straight lines.

    Cell ``i`` starts at the score ``start + i * step`` and runs from ``left[i]`` to ``right[i]``.
    In a continuous law ``right[i] == left[i + 1]``; where the quantile function jumps they differ.
    """

    start: float
    step: float
    left: Floats
    right: Floats

    @cached_property
    def _lines(self) -> tuple[Floats, Floats]:
        """Constant and slope of each cell's line as a function of the score itself."""
        slope = (self.right - self.left) / self.step
        begin = self.start + self.step * np.arange(len(self.left))
        return self.left - slope * begin, slope

    def __call__(self, z: ArrayLike) -> Floats:
        """Quantiles at the scores ``z``, shape of ``z``."""
        z = np.asarray(z, dtype=np.float64)
        place = z - self.start
        place *= 1.0 / self.step
        cell = place.astype(np.int64)
        constant, slope = self._lines
        out = slope.take(cell, mode="clip")  # beyond the ends the outermost line goes on
        out *= z
        out += constant.take(cell, mode="clip")
        return out


def quantile_table(law: Distribution, n: int = 2048, reach: float = 8.0) -> QuantileTable:
    """Tabulate ``law`` in ``n`` cells over the scores from ``-reach`` to ``reach``.

    Working in scores instead of probabilities keeps heavy tails smooth: for a lognormal the
    relative error is at most ``(sigma * step) ** 2 / 8``, which is 2e-6 at sigma 0.5 and the
    default size. Beyond 8 standard deviations (probability 6e-16) the outermost line goes on. A
    jump of the quantile function, as of a discrete risk, is put on a cell boundary and so kept.

    Raises ValueError for fewer than 2 cells, a reach outside (0, 8], or a law with several jumps.
    """
    if n < 2:
        raise ValueError(f"n = {n}: must be at least 2")
    if not 0.0 < reach <= 8.0:
        raise ValueError(f"reach = {reach}: must be in (0, 8]")
    jumps: tuple[float, ...] = getattr(law, "jumps", ())
    if len(jumps) > 1:
        raise ValueError(f"law has {len(jumps)} jumps at {jumps}: a table can hold one")
    step = 2.0 * reach / n
    start = -reach
    boundary = -1
    if jumps and abs(jump := float(ndtri(jumps[0]))) < reach:
        boundary = round((jump - start) / step)
        start = jump - boundary * step
    z = np.asarray(start + step * np.arange(n + 1), dtype=np.float64)
    values = _at_scores(law, z)
    left, right = values[:-1].copy(), values[1:].copy()
    if 0 <= boundary <= n:
        below, above = _at_scores(law, z[boundary] + 1e-9 * np.array([-1.0, 1.0]))
        if boundary > 0:
            right[boundary - 1] = below
        if boundary < n:
            left[boundary] = above
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError(f"law = {law!r}: has quantiles that are not finite")
    return QuantileTable(start, step, left, right)


def _at_scores(law: Distribution, z: Floats) -> Floats:
    if isinstance(law, Marginal):
        return law.from_normal(z)
    # The upper half through the survival side, where 1 - p would lose all digits.
    upper = getattr(law, "isf", None)
    if upper is None:
        return np.asarray(law.ppf(ndtr(z)), dtype=np.float64)
    tail = ndtr(-np.abs(z))
    return np.asarray(np.where(z > 0.0, upper(tail), law.ppf(tail)), dtype=np.float64)


def interpolate(
    left: Sequence[float], right: Sequence[float], start: float, step: float, z: float
) -> float:
    """Quantile at one score from the arrays of a :class:`QuantileTable`.

    Plain Python on purpose: it also compiles (numba) and translates (JavaScript) unchanged.
    """
    place = (z - start) / step
    cell = math.floor(place)
    if cell < 0:
        cell = 0
    if cell > len(left) - 1:
        cell = len(left) - 1
    return left[cell] + (right[cell] - left[cell]) * (place - cell)


def _first(values: Floats, good: NDArray[np.bool_]) -> float:
    return float(np.atleast_1d(values)[~np.atleast_1d(good)][0])


def _finite(**values: float) -> None:
    for name, value in values.items():
        if not math.isfinite(value):
            raise ValueError(f"{name} = {value}: must be a finite number")


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0.0:
            raise ValueError(f"{name} = {value}: must be above 0")


def _ordered(low: float, mode: float | None, high: float) -> None:
    _finite(low=low, high=high)
    if not low < high:
        raise ValueError(f"range = ({low}, {high}): low must be below high")
    if mode is not None:
        _finite(mode=mode)
        if not low <= mode <= high:
            raise ValueError(f"mode = {mode}: must lie in the range [{low}, {high}]")
