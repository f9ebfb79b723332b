"""The outside view: how far similar projects ended from their estimate.

A reference class is the distribution of outcome divided by estimate. Ordinary projects form a
lognormal body; beyond a threshold a Pareto tail takes over, whose index says how fast large
overruns become rare. With an index of 1 or less the tail has no mean, so none is ever reported:
quantiles and means up to a stated cap remain meaningful.

Sources: Kahneman and Tversky (1979) and Flyvbjerg (2006, Project Management Journal 37(3)) for
reference classes; Clauset, Shalizi and Newman (2009, SIAM Review 51(4)) for power-law tails.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from analysis.methods.distributions import Marginal

Floats = NDArray[np.float64]

INDICES = (1.0, 1.5, 2.0, 3.0)


@dataclass(frozen=True)
class ReferenceClass(Marginal):
    """Outcome divided by estimate (1 means on budget).

    Attributes
    ----------
    median, sigma : of the lognormal body, which is conditioned on lying below the threshold.
    threshold : where the tail begins, as a multiple of the estimate.
    share : probability of ending in the tail, in (0, 1).
    index : Pareto index; in the tail ``P(M > x) = share * (x / threshold) ** -index``.
    """

    median: float
    sigma: float
    threshold: float
    share: float
    index: float

    def __post_init__(self) -> None:
        for name in ("median", "sigma", "threshold", "index"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0.0):
                raise ValueError(f"{name} = {value}: must be a finite number above 0")
        if not 0.0 < self.share < 1.0:
            raise ValueError(f"share = {self.share}: must be between 0 and 1")
        if not self._body > 1e-12:
            raise ValueError(
                f"median = {self.median}: the body has no mass below the threshold {self.threshold}"
            )

    @property
    def _body(self) -> float:
        """Mass of the lognormal below the threshold."""
        return float(ndtr(math.log(self.threshold / self.median) / self.sigma))

    def _cdf(self, x: Floats) -> Floats:
        at = np.maximum(x, 1e-300)
        body = ndtr(np.log(np.minimum(at, self.threshold) / self.median) / self.sigma) / self._body
        tail = 1.0 - self.share * (np.maximum(at, self.threshold) / self.threshold) ** -self.index
        return np.where(x < self.threshold, (1.0 - self.share) * body, tail)

    def _ppf(self, p: Floats) -> Floats:
        inside = np.minimum(p / (1.0 - self.share), 1.0) * self._body
        body = np.minimum(self.median * np.exp(self.sigma * ndtri(inside)), self.threshold)
        with np.errstate(divide="ignore"):
            tail = self.threshold * np.minimum((1.0 - p) / self.share, 1.0) ** (-1.0 / self.index)
        return np.where(p < 1.0 - self.share, body, tail)

    def mean(self) -> float:
        """Mean outcome. Raises ValueError when the tail index is 1 or less: there is none."""
        if reason := self.no_mean:
            raise ValueError(reason)
        tail = self.threshold * self.index / (self.index - 1.0)
        return (1.0 - self.share) * self._body_moment(1) + self.share * tail

    @property
    def no_mean(self) -> str | None:
        """Why there is no mean, or None where there is one."""
        if self.index > 1.0:
            return None
        return (
            f"index = {self.index}: must be above 1 for a mean; a sample average would grow"
            " without limit as projects are added. Use a quantile or truncated_mean"
        )

    def var(self) -> float:
        """Variance. Raises ValueError when the tail index is 2 or less: there is none."""
        if self.index <= 2.0:
            raise ValueError(f"index = {self.index}: must be above 2 for a variance")
        tail = self.threshold**2 * self.index / (self.index - 2.0)
        square = (1.0 - self.share) * self._body_moment(2) + self.share * tail
        return square - self.mean() ** 2

    def support(self) -> tuple[float, float]:
        """From 0 without upper end."""
        return 0.0, math.inf

    def truncated_mean(self, cap: float) -> float:
        """Mean outcome of the projects that end at or below ``cap``; exists for every index.

        Raises ValueError when the cap lies below the threshold or is not finite.
        """
        if not (math.isfinite(cap) and cap >= self.threshold):
            raise ValueError(f"cap = {cap}: must be finite and at least {self.threshold}")
        ratio, a = cap / self.threshold, self.index
        # Integral of x times the Pareto density from the threshold to the cap.
        tail = (
            a
            * self.threshold
            * (math.log(ratio) if a == 1.0 else (1.0 - ratio ** (1.0 - a)) / (a - 1.0))
        )
        total: float = (1.0 - self.share) * self._body_moment(1) + self.share * tail
        return total / (1.0 - self.share * math.pow(ratio, -a))

    def _body_moment(self, power: int) -> float:
        """Moment of the lognormal given that it lies below the threshold."""
        edge = math.log(self.threshold / self.median) / self.sigma
        free: float = self.median**power * math.exp(0.5 * (power * self.sigma) ** 2)
        return free * float(ndtr(edge - power * self.sigma)) / self._body


def calibrated(
    within: float, at: float, sigma: float, threshold: float, share: float, index: float
) -> ReferenceClass:
    """Reference class in which the share ``within`` of projects end at or below ``at``.

    The median of the body is solved for. ``at`` is a multiple of the estimate below the threshold:
    1 for "within the frame". Raises ValueError when ``within`` is not below ``1 - share``.
    """
    if not 0.0 < at < threshold:
        raise ValueError(f"at = {at}: must be above 0 and below the threshold {threshold}")
    if not 0.0 < share < 1.0:
        raise ValueError(f"share = {share}: must be between 0 and 1")
    if not 0.0 < within < 1.0 - share:
        raise ValueError(f"within = {within}: must be above 0 and below 1 - share = {1 - share:g}")
    from scipy.optimize import brentq

    target = within / (1.0 - share)
    a, t = math.log(at), math.log(threshold)

    def miss(centre: float) -> float:
        return float(ndtr((a - centre) / sigma) / ndtr((t - centre) / sigma)) - target

    # Far below, all of the body lies under ``at``; far above, none of what is under the threshold.
    low, high = a - 9.0 * sigma, t + 30.0 * sigma
    if miss(high) > 0.0:
        raise ValueError(f"within = {within}: too small to be reached with sigma = {sigma}")
    centre = float(brentq(miss, low, high, xtol=1e-14))
    return ReferenceClass(math.exp(centre), sigma, threshold, share, index)


@dataclass(frozen=True)
class Reading:
    """What a reference class says under one tail index.

    ``quantiles`` belong to the probabilities asked for; ``mean`` is None where there is none, and
    ``reason`` then says why; ``truncated_mean`` is the mean up to ``cap``.
    """

    index: float
    quantiles: tuple[float, ...]
    mean: float | None
    reason: str | None
    truncated_mean: float
    cap: float


def tail_fan(
    reference: ReferenceClass,
    cap: float,
    probabilities: Sequence[float] = (0.50, 0.85, 0.90, 0.95),
    indices: Sequence[float] = INDICES,
) -> list[Reading]:
    """Read the same class under several tail indices: what the unknown tail alone decides."""
    out = []
    for index in indices:
        law = replace(reference, index=index)
        quantiles = tuple(float(q) for q in law.ppf(np.asarray(probabilities)))
        mean = None if law.no_mean else law.mean()
        out.append(Reading(index, quantiles, mean, law.no_mean, law.truncated_mean(cap), cap))
    return out


def index_from_tail_mean(threshold: float, tail_mean: float) -> float:
    """Pareto index of a tail that begins at ``threshold`` and has the mean ``tail_mean``.

    Always above 1, since it presumes that the mean exists. Raises ValueError unless the mean lies
    above the threshold.
    """
    if not 0.0 < threshold < tail_mean < math.inf:
        raise ValueError(f"tail_mean = {tail_mean}: must be finite and above {threshold}")
    return tail_mean / (tail_mean - threshold)


def implied_body_mean(mean: float, share: float, tail_mean: float) -> float:
    """Mean of the projects outside the tail, from the published mean and tail.

    A check whether published figures fit together. Raises ValueError for a share outside (0, 1).
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"share = {share}: must be between 0 and 1")
    return (mean - share * tail_mean) / (1.0 - share)


@dataclass(frozen=True)
class Calibration:
    """How past estimates must change for their frames to be kept as often as stated.

    ``widening`` multiplies the spread if the medians were right; ``shift`` moves the median up,
    in standard deviations, if the spread was right.
    """

    widening: float
    shift: float


def calibration(stated: float, kept: float) -> Calibration:
    """Compare the stated probability of a frame with the share of projects that kept it.

    Exact for normal and lognormal estimates. Raises ValueError unless both lie in (0.5, 1).
    """
    for name, value in (("stated", stated), ("kept", kept)):
        if not 0.5 < value < 1.0:
            raise ValueError(f"{name} = {value}: must be between 0.5 and 1")
    said, held = float(ndtri(stated)), float(ndtri(kept))
    return Calibration(said / held, said - held)
