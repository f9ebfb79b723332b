"""Krippendorff's alpha against published values and its limits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.methods.agreement import alpha, bootstrap

_ = None
# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section C: 4 observers, 12 units.
PUBLISHED = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
    [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
]


@pytest.mark.parametrize(
    ("metric", "value"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_published_values(metric, value):
    assert alpha(PUBLISHED, metric) == pytest.approx(value, abs=5e-4)


def test_published_two_coders_binary_and_nominal():
    """Krippendorff (2011), sections A and B: 0.095 and 0.692."""
    binary = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]
    assert alpha(binary) == pytest.approx(0.095, abs=5e-4)
    letters = [
        ["a", "a", "b", "b", "d", "c", "c", "c", "e", "d", "d", "a"],
        ["b", "a", "b", "b", "b", "c", "c", "c", "e", "d", "d", "d"],
    ]
    assert alpha(letters) == pytest.approx(0.692, abs=5e-4)


def test_missing_as_nan_and_numpy_input():
    table = np.array([[np.nan if v is None else v for v in row] for row in PUBLISHED], dtype=float)
    assert alpha(table, "interval") == pytest.approx(alpha(PUBLISHED, "interval"))


@pytest.mark.peer
@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval", "ratio"])
def test_agrees_with_the_krippendorff_package(metric):
    peer = pytest.importorskip("krippendorff")
    stream = np.random.default_rng(4)
    for _n in range(10):
        codes = stream.integers(1, 5, size=(4, 15)).astype(float)
        codes[stream.random(codes.shape) < 0.2] = np.nan
        expected = peer.alpha(reliability_data=codes, level_of_measurement=metric)
        assert alpha(codes, metric) == pytest.approx(expected, abs=1e-10)


def test_limits():
    assert alpha([[1, 2, 3], [1, 2, 3]]) == 1.0
    assert alpha([[1, 2, 1, 2], [2, 1, 2, 1]]) < 0
    stream = np.random.default_rng(8)
    assert alpha(stream.integers(0, 4, size=(3, 4000)).astype(float)) == pytest.approx(0, abs=0.03)


codes = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4)), min_size=3, max_size=12
).filter(lambda units: len({v for unit in units for v in unit}) > 1)


@given(codes, st.sampled_from(["nominal", "ordinal", "interval", "ratio"]))
@settings(max_examples=60, deadline=None)
def test_coders_and_units_are_exchangeable(units, metric):
    rows = [list(row) for row in zip(*units, strict=True)]
    value = alpha(rows, metric)
    assert value <= 1.0
    assert alpha(rows[::-1], metric) == pytest.approx(value)
    assert alpha([row[::-1] for row in rows], metric) == pytest.approx(value)


@given(codes, st.floats(0.1, 100), st.floats(-50, 50))
@settings(max_examples=40, deadline=None)
def test_each_metric_ignores_what_its_level_does_not_hold(units, scale, shift):
    rows = [list(row) for row in zip(*units, strict=True)]
    moved = [[scale * v + shift for v in row] for row in rows]
    assert alpha(moved, "interval") == pytest.approx(alpha(rows, "interval"), abs=1e-6)
    assert alpha([[math.exp(v) for v in row] for row in rows], "ordinal") == pytest.approx(
        alpha(rows, "ordinal")
    )
    assert alpha([[scale * v for v in row] for row in rows], "ratio") == pytest.approx(
        alpha(rows, "ratio")
    )
    assert alpha([[f"code {v}" for v in row] for row in rows]) == pytest.approx(alpha(rows))


def test_interval_holds_the_estimate_and_narrows_with_units():
    few = bootstrap(PUBLISHED, "nominal")
    assert few.low < few.alpha < few.high
    assert few.units == 11
    many = bootstrap([row * 8 for row in PUBLISHED], "nominal")
    assert many.high - many.low < 0.5 * (few.high - few.low)
    assert bootstrap(PUBLISHED, "nominal") == few
    assert bootstrap(PUBLISHED, "nominal", seed=2) != few


def test_resamples_without_variation_are_counted():
    thin = [[1, 1, 1, 1, 2], [1, 1, 1, 1, 2]]
    found = bootstrap(thin, resamples=2000)
    assert found.undefined / 2000 == pytest.approx((4 / 5) ** 5, abs=0.05)
    assert found.low == found.high == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: alpha(PUBLISHED, "cardinal"), "'cardinal': must be one of nominal"),
        (lambda: alpha([[1, 2, 3]]), "1 coders: at least two are needed"),
        (lambda: alpha([[1, 2], [1]]), r"lengths \[2, 1\]; must be equal"),
        (lambda: alpha([[1, None], [None, 2]]), "no unit has codes from two coders"),
        (lambda: alpha([[1, 1], [1, 1]]), "all are the same value"),
        (lambda: alpha([["a", "b"], ["a", "b"]], "ordinal"), "must be finite numbers for ordinal"),
        (lambda: alpha([[1, math.inf], [1, 2]], "interval"), "codes hold inf"),
        (lambda: alpha([[1, -1], [1, 2]], "ratio"), "must not be negative for ratio"),
        (lambda: bootstrap(PUBLISHED, resamples=10), "resamples = 10: must be at least 100"),
        (lambda: bootstrap(PUBLISHED, level=0), "level = 0: must be between 0 and 1"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
