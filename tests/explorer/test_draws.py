import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from analysis.explorer import lattice
from analysis.model import draws, normal

EDGES = np.concatenate([np.linspace(1e-9, 1 - 1e-9, 5001), 10.0 ** -np.arange(2, 300, 7)])


def points(count, axes):
    steps = lattice.steps(axes)
    return np.array(
        [
            [draws.lattice(draws.radical_inverse(i), step, k) for k, step in enumerate(steps)]
            for i in range(count)
        ]
    )


def test_the_radical_inverse_mirrors_the_binary_digits():
    assert [draws.radical_inverse(i) for i in range(8)] == [
        0,
        1 / 2,
        1 / 4,
        3 / 4,
        1 / 8,
        5 / 8,
        3 / 8,
        7 / 8,
    ]


@pytest.mark.parametrize("count", [64, 256, 2048])
def test_the_first_points_are_evenly_spread_on_every_axis(count):
    x = np.sort(points(count, 32), axis=0)
    gaps = np.diff(np.vstack([x, x[:1] + 1]), axis=0)
    assert np.allclose(gaps, 1 / count)


def test_no_two_axes_follow_each_other():
    x = points(2048, 32)
    apart = np.abs(np.corrcoef(x.T) - np.eye(32)).max()
    assert apart < 0.12


def test_a_sum_of_many_axes_has_the_quantiles_of_its_law():
    total = ndtri(points(2048, 24)).sum(axis=1) / math.sqrt(24)
    low, middle, high = np.quantile(total, [0.1, 0.5, 0.9])
    assert [low, middle, high] == pytest.approx([-1.2816, 0, 1.2816], abs=0.08)


def test_the_generators_are_those_of_the_search():
    assert lattice.construct(32) == lattice.STEPS


@pytest.mark.parametrize("axes", [-1, 33])
def test_more_axes_than_there_are_generators_are_refused(axes):
    with pytest.raises(ValueError, match=f"axes = {axes}.*from 0 to 32"):
        lattice.steps(axes)


@given(st.floats(0, 0.999999999))
def test_a_straight_table_is_read_as_a_straight_line(u):
    table = [float("nan"), *(3.0 + 2.0 * k / 128 for k in range(129))]
    assert draws.interpolate(table, 1, 129, u) == pytest.approx(3 + 2 * u, abs=1e-12)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60), st.floats(0, 1))
def test_quantiles_are_those_of_numpy(numbers, q):
    ordered = sorted(numbers)
    ours = draws.quantile(ordered, len(ordered), q)
    assert ours == pytest.approx(np.quantile(ordered, q), rel=1e-9, abs=1e-6)


def test_a_held_parameter_keeps_its_value_and_the_draws_of_the_others():
    tables = [float(x) for x in range(10)] * 2
    free, held = [0.0, 0.0], [0.0, 99.0]
    draws.draw(5, [0, 1], tables, 10, [1, 83], free)
    draws.draw(5, [0, -1], tables, 10, [1, 83], held)
    assert held == [free[0], 99.0]


def test_the_normal_law_agrees_with_scipy():
    x = np.linspace(-38, 38, 4001)
    assert max(abs(normal.normal_cdf(float(v)) - ndtr(v)) for v in x) < 1e-14
    assert all(
        normal.normal_quantile(float(p)) == pytest.approx(ndtri(p), rel=1e-14, abs=1e-15)
        for p in EDGES
    )
