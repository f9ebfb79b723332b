"""Adoption by sites and their users as a random chain, exact without following single users.

Sites (organisations) join and may leave. Users of a joined site adopt at one monthly rate once the
share of others passes their threshold, and at another before that. Users of a site who are past
their threshold are alike, and so are those who are not: three counts per site hold all there is to
know, and follow exactly the law of the users taken one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.methods._checks import finite, number, whole
from analysis.methods._runs import Seed, replicate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Runs held at a time; part of the definition of the random streams.
BATCH = 125
_CELLS = 4096


@dataclass(frozen=True, eq=False)
class Sites:
    """Organisations, their users and how they behave; made by :func:`sites`.

    Arrays over sites: ``users``, ``segment``, ``start`` and ``join_threshold``. Arrays over
    segments: ``rate``, ``spontaneous``, ``join_rate``, ``leave_rate``, ``mixing`` (segments,
    segments) and ``law`` (segments, cells + 1), the cumulative law of thresholds.
    """

    users: Ints
    segment: NDArray[np.intp]
    law: Floats
    rate: Floats
    spontaneous: Floats
    mixing: Floats
    own: float
    start: Ints
    join_rate: Floats
    join_threshold: Floats
    leave_rate: Floats


def sites(
    users: ArrayLike,
    segment: ArrayLike,
    thresholds: Sequence[Any],
    *,
    rate: ArrayLike,
    spontaneous: ArrayLike = 0.0,
    mixing: ArrayLike | None = None,
    own: float = 0.0,
    start: ArrayLike = 0,
    join_rate: ArrayLike = 1.0,
    join_threshold: ArrayLike = 0.0,
    leave_rate: ArrayLike = 0.0,
) -> Sites:
    """Describe the sites of a :func:`simulate` run.

    Parameters
    ----------
    users : (sites,) whole numbers, at least 1.
    segment : (sites,) whole numbers from 0, such as 0 hospital, 1 municipality, 2 GP office.
    thresholds : one law per segment with ``cdf``, of the share of others on the platform at which a
        user is ready. What lies above 1 is never reached; what lies at or below 0 is ready at once.
        It is used as straight lines between 4,097 points.
    rate, spontaneous : monthly probability of adopting past the threshold, and before it; a
        number, or one per segment.
    mixing : (segments, segments), rows sum to 1: how much each segment looks at every other.
        Unless given, in proportion to users.
    own : weight in [0, 1] of the own site against the mixture of segments.
    start : month from which a site may join; a number, or one per site.
    join_rate : monthly probability of joining from then on, per segment.
    join_threshold : share of others on the platform below which a site does not join, per site.
    leave_rate : monthly probability that a joined site leaves for good, per segment.

    Raises ValueError naming the argument, its value and the allowed range.
    """
    people = _whole_array("users", users, 1)
    group = _whole_array("segment", segment, 0)
    if group.shape != people.shape:
        raise ValueError(f"segment has shape {group.shape}: must be {people.shape}, one per site")
    count = len(thresholds)
    if count == 0 or group.max() >= count:
        raise ValueError(f"thresholds has {count} laws: must have {group.max() + 1}, by segment")
    size = np.bincount(group, people, count)
    if (size == 0.0).any():
        raise ValueError(f"segment {int(np.argmin(size))} has no site: every segment must have one")
    grid = np.linspace(0.0, 1.0, _CELLS + 1)
    law = finite("thresholds", [np.asarray(t.cdf(grid)) for t in thresholds], "segments", "cells")
    if (np.diff(law, axis=1) < 0.0).any() or law.min() < 0.0 or law.max() > 1.0:
        raise ValueError("thresholds: every cdf must rise from 0 to 1")
    if mixing is None:
        weights = np.tile(size / size.sum(), (count, 1))
    else:
        weights = stochastic("mixing", mixing, count)
    return Sites(
        people,
        group.astype(np.intp),
        law,
        share_each("rate", rate, count),
        share_each("spontaneous", spontaneous, count),
        weights,
        number("own", own, 0.0, 1.0),
        np.broadcast_to(_whole_array("start", start, 0, scalar=True), people.shape),
        share_each("join_rate", join_rate, count),
        share_each("join_threshold", join_threshold, len(people)),
        share_each("leave_rate", leave_rate, count),
    )


@dataclass(frozen=True, eq=False)
class Paths:
    """Random paths of adoption.

    ``adopted`` and ``joined`` have shape (runs, months + 1, segments): users who have adopted and
    whose site is on the platform, and sites on the platform. Month 0 is the state before anything
    happens. ``users`` (segments,) are all users, whether their site has joined or not.
    """

    adopted: Ints
    joined: Ints
    users: Ints

    def share(self, segment: int | None = None) -> Floats:
        """Share of users who have adopted, in one segment or in all; shape (runs, months + 1)."""
        if segment is None:
            return np.asarray(self.adopted.sum(axis=2) / self.users.sum())
        whole("segment", segment, 0, len(self.users) - 1)
        return np.asarray(self.adopted[:, :, segment] / self.users[segment])

    def quantiles(
        self, probabilities: Sequence[float] = (0.1, 0.5, 0.9), segment: int | None = None
    ) -> Floats:
        """Quantiles over the runs of :meth:`share`; shape (probabilities, months + 1)."""
        return np.asarray(np.quantile(self.share(segment), probabilities, axis=0))


def simulate(
    model: Sites,
    months: int,
    runs: int,
    seed: Seed = 1,
    *,
    executor: Executor | None = None,
) -> Paths:
    """Simulate ``runs`` independent paths over ``months`` months.

    Within a month, sites join and leave; then everyone sees the shares of the month before; then
    users who are ready adopt. Someone who was once ready stays so. Thresholds are drawn anew in
    every run: those of one site are spread evenly over the law, from a random offset.

    The same seed gives the same paths with any executor. Raises ValueError for no months or runs.
    """
    whole("months", months, 1)
    whole("runs", runs, 1)
    batches = -(-runs // BATCH)
    task = partial(_batch, model, months)
    sizes = [min(BATCH, runs - BATCH * k) for k in range(batches)]
    parts = replicate(executor, task, seed, batches, sizes)
    adopted, joined = (np.concatenate(part) for part in zip(*parts, strict=True))
    count = len(model.rate)
    return Paths(adopted, joined, np.bincount(model.segment, model.users, count).astype(np.int64))


def _batch(model: Sites, months: int, seed: np.random.SeedSequence, runs: int) -> tuple[Ints, Ints]:
    """Adopted users and joined sites of some runs."""
    stream = np.random.Generator(np.random.SFC64(seed))
    order = np.argsort(model.segment, kind="stable")  # so that a segment is one slice
    group, users, start = model.segment[order], model.users[order], model.start[order]
    first = np.searchsorted(group, np.arange(len(model.rate)))
    size = np.add.reduceat(users, first)
    shape = (runs, len(users))
    rate, spontaneous = _same_or_each(model.rate, group), _same_or_each(model.spontaneous, group)
    join, leave = model.join_rate[group], model.leave_rate[group]
    wants = model.join_threshold[order]

    adopted, ready = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    waiting = np.tile(users, (runs, 1))  # have not adopted and are not past their threshold
    passed = np.zeros(shape, dtype=np.int64)  # thresholds passed, by users who adopted or not
    offset = stream.random(shape)
    on, gone = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    at_rest = False  # every site is on the platform and stays
    all_adopted = np.zeros((runs, months + 1, len(first)), dtype=np.int64)
    all_joined = np.zeros_like(all_adopted)

    for month in range(months):
        shares = np.add.reduceat(adopted, first, axis=1) / size
        seen = (shares @ model.mixing.T)[:, group]
        if not at_rest:
            if leave.any():
                left = on & (stream.random(shape) < leave)
                on &= ~left
                gone |= left
                for counts in (adopted, ready, waiting):
                    counts[left] = 0
            on |= ~on & ~gone & (start <= month) & (seen >= wants) & (stream.random(shape) < join)
            at_rest = bool(on.all()) and not leave.any()
        if model.own:
            seen *= 1.0 - model.own
            seen += model.own * adopted / users
        reached = (users * _at(model.law, group, seen) + offset).astype(np.int64)
        more = np.maximum(reached - passed, 0)
        if not at_rest:
            more[~on] = 0
        passed += more
        # Of those who pass their threshold now, the ones who have not adopted on their own before.
        found = stream.hypergeometric(waiting, users - (passed - more) - waiting, more)
        ready += found
        waiting -= found
        act = stream.binomial(ready, rate)
        early = stream.binomial(waiting if at_rest else waiting * on, spontaneous)
        ready -= act
        waiting -= early
        adopted += act
        adopted += early
        np.add.reduceat(adopted, first, axis=1, out=all_adopted[:, month + 1])
        np.add.reduceat(on, first, axis=1, dtype=np.int64, out=all_joined[:, month + 1])
    return all_adopted, all_joined


def _at(law: Floats, group: NDArray[np.intp], share: Floats) -> Floats:
    """Cumulative law of every site's segment at ``share`` (runs, sites), by straight lines."""
    place = share * _CELLS
    cell = np.minimum(place.astype(np.intp), _CELLS - 1)
    place -= cell
    cell += group * (_CELLS + 1)
    low, high = law.ravel().take(cell), law.ravel().take(cell + 1)
    high -= low
    high *= place
    return low + high


def _same_or_each(by_segment: Floats, group: NDArray[np.intp]) -> Floats:
    # numpy draws faster with one probability than with an array of equal ones
    same = bool((by_segment == by_segment[0]).all())
    return by_segment[:1] if same else by_segment[group]


def stochastic(name: str, matrix: ArrayLike, size: int) -> Floats:
    """Check a (size, size) matrix of shares whose rows sum to 1."""
    out = finite(name, matrix, "segments", "segments")
    if out.shape != (size, size):
        raise ValueError(f"{name} has shape {out.shape}: must be ({size}, {size})")
    for row, total in enumerate(out.sum(axis=1)):
        if out[row].min() < 0.0 or abs(total - 1.0) > 1e-9:
            raise ValueError(
                f"{name}[{row}] = {out[row].tolist()}: must be shares of at least 0 with sum 1"
            )
    return out


def share_each(name: str, values: ArrayLike, size: int) -> Floats:
    """Check a share, or an array of ``size`` shares, and return the array."""
    given = np.asarray(values)
    out = np.full(size, number(name, float(given))) if given.ndim == 0 else finite(name, given, "n")
    if out.shape != (size,):
        raise ValueError(f"{name} has shape {out.shape}: must be a number or ({size},)")
    bad = (out < 0.0) | (out > 1.0)
    if bad.any():
        raise ValueError(f"{name} = {out[bad][0]}: must be in [0, 1]")
    return out


def _whole_array(name: str, values: ArrayLike, least: int, scalar: bool = False) -> Ints:
    given = np.asarray(values)
    out = finite(name, given, *([] if scalar and given.ndim == 0 else ["sites"]))
    bad = (out != np.floor(out)) | (out < least) | (out > 2**31)
    if bad.any():
        raise ValueError(f"{name} = {out[bad].flat[0]}: must be a whole number, at least {least}")
    return out.astype(np.int64)
