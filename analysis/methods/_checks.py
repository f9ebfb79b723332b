"""Checks of arrays and counts that several methods share; errors name the value and the rule."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def finite(name: str, values: ArrayLike, *axes: str) -> Floats:
    """Copy ``values`` into a float array with one dimension per name in ``axes``.

    Raises ValueError for another number of dimensions, an empty one, text, NaN or infinity.
    """
    try:
        out = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers of shape ({', '.join(axes)})") from error
    if out.ndim != len(axes):
        raise ValueError(f"{name} has shape {out.shape}: must be ({', '.join(axes)})")
    for axis, size in zip(axes, out.shape, strict=True):
        if size == 0:
            raise ValueError(f"{name} has shape {out.shape}: must have at least one of {axis}")
    bad = ~np.isfinite(out)
    if bad.any():
        place = tuple(int(k) for k in np.argwhere(bad)[0])
        where = f"[{', '.join(map(str, place))}]" if place else ""
        raise ValueError(f"{name}{where} = {out[place]}: must be a finite number")
    return out


def whole(name: str, value: int, least: int, most: int | None = None) -> int:
    """Return ``value`` as an int; ValueError unless it is whole and in the allowed range."""
    allowed = f"at least {least}" if most is None else f"in {least}..{most}"
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ValueError(f"{name} = {value!r}: must be a whole number, {allowed}")
    if value < least or (most is not None and value > most):
        raise ValueError(f"{name} = {value}: must be {allowed}")
    return int(value)


def number(name: str, value: float, least: float = -np.inf, most: float = np.inf) -> float:
    """Return ``value`` as a float; ValueError unless it is finite and within the limits."""
    out = float(value)
    if not np.isfinite(out) or not least <= out <= most:
        limits = "" if np.isinf(least) and np.isinf(most) else f" in [{least:g}, {most:g}]"
        raise ValueError(f"{name} = {value}: must be a finite number{limits}")
    return out


def labels(name: str, given: object, size: int, stem: str) -> tuple[str, ...]:
    """Labels as text, ``stem0``, ``stem1`` … unless given; ValueError unless there are ``size``."""
    if given is None:
        return tuple(f"{stem}{i}" for i in range(size))
    out = tuple(str(label) for label in given)  # type: ignore[attr-defined]
    if len(out) != size or len(set(out)) != size:
        raise ValueError(f"{name} = {out}: must be {size} different labels")
    return out
