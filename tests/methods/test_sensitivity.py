"""Sensitivity: published indices, closed forms, honest errors, exact invariants and bad input."""

from __future__ import annotations

import itertools
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.methods import _nets, sensitivity
from analysis.methods.sensitivity import shapley_effects, sobol_indices, tornado

ANGLES = [stats.uniform(-np.pi, 2 * np.pi)] * 3
# Ishigami and Homma (1990) with a = 7, b = 0.1: indices as in Saltelli et al. (2008), Global
# Sensitivity Analysis. The Primer, and in the tests of SALib.
ISHIGAMI_FIRST = np.array([0.313905, 0.442411, 0.0])
ISHIGAMI_TOTAL = np.array([0.557589, 0.442411, 0.243684])


def ishigami(x):
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def g_function(a):
    return lambda x: np.prod((np.abs(4 * x - 2) + a) / (1 + a), axis=1)


def g_indices(a):
    """Closed form of the Sobol G function (Saltelli and Sobol' 1995)."""
    part = 1 / (3 * (1 + a) ** 2)
    variance = np.prod(1 + part) - 1
    return part / variance, part * np.prod(1 + part) / (1 + part) / variance


class TestNets:
    def test_every_interval_of_every_dimension_holds_one_point(self):
        net = _nets.scramble(_nets.generators(7, 64), np.random.SeedSequence(3))
        assert net.shape == (7, 64)
        assert (np.sort((net * 64).astype(int), axis=1) == np.arange(64)).all()

    def test_pairs_of_dimensions_are_balanced_as_plain_sobol_is(self):
        net = _nets.scramble(_nets.generators(2, 64), np.random.SeedSequence(4))
        for rows, columns in ((8, 8), (4, 16), (32, 2)):
            cells = (net[0] * rows).astype(int) * columns + (net[1] * columns).astype(int)
            assert (np.bincount(cells, minlength=64) == 1).all()

    def test_points_are_uniform_over_scrambles(self):
        vectors = _nets.generators(1, 4)
        first = [_nets.scramble(vectors, np.random.SeedSequence(k))[0, 0] for k in range(400)]
        assert stats.kstest(first, "uniform").pvalue > 0.001

    def test_zero_and_one_are_never_reached(self):
        net = _nets.scramble(_nets.generators(3, 1 << 12), np.random.SeedSequence(5))
        assert net.min() > 0
        assert net.max() < 1


class TestSobol:
    def test_ishigami(self):
        found = sobol_indices(ishigami, ANGLES, 1 << 14, seed=2)
        assert found.first == pytest.approx(ISHIGAMI_FIRST, abs=0.004)
        assert found.total == pytest.approx(ISHIGAMI_TOTAL, abs=0.002)
        assert found.mean == pytest.approx(3.5, abs=0.002)
        assert found.variance == pytest.approx(13.844588, rel=2e-3)
        assert (found.first_se > 0).all()
        assert (found.total_se > 0).all()

    def test_ishigami_second_order(self):
        found = sobol_indices(ishigami, ANGLES, 1 << 12, seed=2, second_order=True)
        exact = np.zeros((3, 3))
        exact[0, 2] = exact[2, 0] = 0.243684
        assert found.second == pytest.approx(exact, abs=0.008)
        assert (np.abs(found.second - exact) <= 5 * found.second_se).all()
        assert found.first == pytest.approx(ISHIGAMI_FIRST, abs=0.006)

    @pytest.mark.parametrize("a", [[0, 1, 4.5, 9] + [99] * 8, list(range(12))])
    def test_g_function_of_twelve_inputs(self, a):
        a = np.array(a, dtype=float)
        first, total = g_indices(a)
        found = sobol_indices(g_function(a), [stats.uniform()] * 12, 1 << 14, seed=1)
        assert found.total == pytest.approx(total, abs=0.004)
        assert found.first == pytest.approx(first, abs=0.004)

    def test_linear_model_of_normals(self):
        laws = [stats.norm(1, 1), stats.norm(-3, 2), stats.norm(1e6, 3)]
        found = sobol_indices(lambda x: x.sum(axis=1), laws, 1 << 10)
        assert found.first == pytest.approx(np.array([1, 4, 9]) / 14, abs=0.005)
        assert found.total == pytest.approx(np.array([1, 4, 9]) / 14, abs=0.005)

    @pytest.mark.parametrize("n", [64, 1024])
    def test_standard_errors_are_honest(self, n):
        runs = [sobol_indices(ishigami, ANGLES, n, seed=s) for s in range(60)]
        truth = np.concatenate([ISHIGAMI_FIRST, ISHIGAMI_TOTAL])
        values = np.array([np.concatenate([r.first, r.total]) for r in runs])
        errors = np.array([np.concatenate([r.first_se, r.total_se]) for r in runs])
        inside = np.abs(values - truth) <= 2.365 * errors  # 95 % of a Student law, 7 degrees
        assert 0.91 <= inside.mean() <= 0.99
        assert np.sqrt((errors**2).mean(axis=0)) == pytest.approx(values.std(axis=0), rel=0.35)
        low, high = runs[0].first_estimate.interval(0.95)
        assert high - low == pytest.approx(2 * 2.3646 * runs[0].first_se, rel=1e-3)

    def test_an_input_without_effect_has_exactly_none(self):
        laws = [stats.norm(), stats.expon(), stats.uniform()]
        found = sobol_indices(lambda x: x[:, 0] ** 3 + 7, laws, 256)
        assert found.first[1] == found.first[2] == 0
        assert found.total[1] == found.total[2] == 0
        assert found.total[0] == pytest.approx(1, abs=0.02)

    @settings(max_examples=25, deadline=None)
    @given(shift=st.floats(-1e6, 1e6), scale=st.floats(1e-3, 1e3), seed=st.integers(0, 99))
    def test_units_do_not_matter(self, shift, scale, seed):
        laws = [stats.uniform()] * 3
        base = g_function(np.array([0.0, 1.0, 3.0]))
        one = sobol_indices(base, laws, 64, seed)
        other = sobol_indices(lambda x: shift + scale * base(x), laws, 64, seed)
        rounding = 1e-12 * (1 + abs(shift) / scale) ** 2
        assert other.first == pytest.approx(one.first, abs=1e-9 + rounding)
        assert other.total == pytest.approx(one.total, abs=1e-9 + rounding)

    def test_cost_is_as_documented(self):
        seen = []

        def model(x):
            seen.append(x.shape)
            return ishigami(x)

        found = sobol_indices(model, ANGLES, 256)
        assert found.evaluations == sum(rows for rows, _ in seen) == 4 * 256 * 5
        assert {columns for _, columns in seen} == {3}
        seen.clear()
        found = sobol_indices(model, ANGLES, 256, replicates=1)
        assert found.evaluations == sum(rows for rows, _ in seen) == 256 * 5
        seen.clear()
        found = sobol_indices(model, ANGLES, 256, second_order=True)
        assert found.evaluations == sum(rows for rows, _ in seen) == 4 * 256 * 8

    def test_without_replicates_there_is_no_error_to_report(self):
        found = sobol_indices(ishigami, ANGLES, 1024, replicates=1)
        assert found.total == pytest.approx(ISHIGAMI_TOTAL, abs=0.03)
        with pytest.raises(ValueError, match="replicates = 1: must be at least 4"):
            _ = found.first_se

    def test_same_seed_same_answer_with_any_executor(self):
        one = sobol_indices(ishigami, ANGLES, 512, seed=9)
        with ThreadPoolExecutor(2) as pool:
            other = sobol_indices(ishigami, ANGLES, 512, seed=9, executor=pool)
        assert (one.first == other.first).all()
        assert (one.total_se == other.total_se).all()
        assert (sobol_indices(ishigami, ANGLES, 512, seed=10).first != one.first).all()

    def test_a_model_may_return_a_view_of_its_inputs(self):
        found = sobol_indices(lambda x: x[:, 0], ANGLES, 64)
        assert found.first == pytest.approx([1, 0, 0], abs=0.02)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"n": 1000}, "n = 1000: must be a power of two, such as 1024"),
            ({"n": 0}, "n = 0: must be in 2.."),
            ({"n": 1024.0}, "n = 1024.0: must be a whole number"),
            ({"replicates": 3}, "replicates = 3: must be 1 or a power of two from 4 up"),
            ({"n": 2}, "n = 2: must be at least 4 for 8 replicates"),
            ({"distributions": []}, "distributions is empty"),
            ({"distributions": [3.0]}, r"distributions\[0\] = 3.0: must have a method ppf"),
            ({"distributions": [stats.norm(0, -1)]}, r"distributions\[0\].ppf.* is not finite"),
            ({"model": lambda x: np.full(len(x), np.nan)}, "model returned nan for inputs"),
            ({"model": lambda x: x}, "model returned shape .* must be"),
            ({"model": lambda x: np.full(len(x), 5.0)}, "model always returns 5: it must vary"),
            ({"names": ["a", "a", "b"]}, "names = .*: must be 3 different labels"),
        ],
    )
    def test_bad_input(self, change, message):
        call = {"model": ishigami, "distributions": ANGLES, "n": 64, **change}
        with pytest.raises(ValueError, match=message):
            sobol_indices(**call)

    def test_a_model_that_changes_its_inputs_is_stopped(self):
        def model(x):
            x[:, 0] = 0
            return x[:, 1]

        with pytest.raises(ValueError, match="read-only"):
            sobol_indices(model, ANGLES, 64)

    @pytest.mark.peer
    def test_agrees_with_scipy(self):
        peer = stats.sobol_indices(
            func=lambda x: ishigami(x.T), n=1 << 12, dists=ANGLES, rng=np.random.default_rng(0)
        )
        found = sobol_indices(ishigami, ANGLES, 1 << 12)
        assert found.first == pytest.approx(peer.first_order, abs=0.012)
        assert found.total == pytest.approx(peer.total_order, abs=0.012)


def linear_shapley(beta, matrix):
    """Effects for a linear model of correlated normals, by enumeration (Owen and Prieur 2017)."""
    d = len(beta)

    def explained(subset):
        if not subset:
            return 0.0
        rows = list(subset)
        shared = matrix[rows] @ beta
        return shared @ np.linalg.solve(matrix[np.ix_(rows, rows)], shared)

    out = np.zeros(d)
    for i in range(d):
        others = [j for j in range(d) if j != i]
        for size in range(d):
            for subset in itertools.combinations(others, size):
                gain = explained((*subset, i)) - explained(subset)
                out[i] += gain / (d * math.comb(d - 1, size))
    return out / (beta @ matrix @ beta)


MATRIX = np.array([[1, 0.5, 0, 0.2], [0.5, 1, 0.3, 0], [0, 0.3, 1, -0.4], [0.2, 0, -0.4, 1]])
BETA = np.array([1.0, 2.0, -1.0, 0.5])


class TestShapley:
    def test_linear_model_of_correlated_normals(self):
        found = shapley_effects(lambda x: x @ BETA, [stats.norm()] * 4, MATRIX, 1 << 12)
        exact = linear_shapley(BETA, MATRIX)
        assert found.effects == pytest.approx(exact, abs=2e-3)
        assert (np.abs(found.effects - exact) <= 5 * found.effects_se + 1e-4).all()
        assert found.variance == pytest.approx(BETA @ MATRIX @ BETA, rel=0.01)

    def test_two_inputs_in_closed_form(self):
        # Iooss and Prieur (2019, Int. J. Uncertain. Quantif. 9:493), linear model with two inputs.
        rho, s1, s2 = 0.6, 1.0, 3.0
        variance = s1**2 + 2 * rho * s1 * s2 + s2**2
        first = (s1**2 * (1 - rho**2 / 2) + rho * s1 * s2 + rho**2 * s2**2 / 2) / variance
        laws = [stats.norm(0, s1), stats.norm(0, s2)]
        matrix = [[1, rho], [rho, 1]]
        found = shapley_effects(lambda x: x.sum(axis=1), laws, matrix, 1 << 12)
        assert found.effects == pytest.approx([first, 1 - first], abs=2e-3)

    def test_random_orders_agree_with_all_subsets(self):
        found = shapley_effects(
            lambda x: x @ BETA, [stats.norm()] * 4, MATRIX, 1 << 11, orders=24, seed=4
        )
        assert found.effects == pytest.approx(linear_shapley(BETA, MATRIX), abs=0.02)
        assert found.effects.sum() == pytest.approx(1, abs=1e-12)

    def test_effects_sum_to_one_and_lie_between_the_sobol_indices(self):
        found = shapley_effects(ishigami, ANGLES, np.eye(3), 1 << 12)
        assert found.effects.sum() == pytest.approx(1, abs=1e-12)
        # Without correlation an interaction of two is halved (Owen 2014).
        exact = ISHIGAMI_FIRST + (ISHIGAMI_TOTAL - ISHIGAMI_FIRST) / 2
        assert found.effects == pytest.approx(exact, abs=0.01)

    def test_a_copy_of_an_input_shares_its_effect(self):
        found = shapley_effects(lambda x: x[:, 0], [stats.norm()] * 2, np.ones((2, 2)), 256)
        assert found.effects == pytest.approx([0.5, 0.5], abs=1e-9)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"correlation": [[1, 2], [2, 1]]}, r"correlation\[0, 1\] = 2: must be in \[-1, 1\]"),
            ({"correlation": np.eye(3)}, r"correlation has shape \(3, 3\): must be \(2, 2\)"),
            ({"correlation": [[1, np.nan], [np.nan, 1]]}, r"correlation\[0, 1\] = nan"),
            ({"replicates": 1}, "replicates = 1: must be at least 4"),
            ({"orders": 0}, "orders = 0: must be at least 1"),
        ],
    )
    def test_bad_input(self, change, message):
        call = {"correlation": np.eye(2), "n": 64, **change}
        with pytest.raises(ValueError, match=message):
            shapley_effects(lambda x: x[:, 0], [stats.norm()] * 2, **call)

    def test_contradicting_correlations_are_refused(self):
        matrix = [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]
        with pytest.raises(ValueError, match="positive semi-definite"):
            shapley_effects(ishigami, ANGLES, matrix, 64)


class TestTornado:
    def test_each_input_alone(self):
        found = tornado(
            lambda x: 10 * x[:, 0] - x[:, 1] * x[:, 2],
            base=[1, 2, 3],
            lows=[0, 1, 3],
            highs=[2, 4, 3],
            names=["price", "users", "idle"],
        )
        assert found.base == 4
        assert found.low == pytest.approx([-6, 7, 4])
        assert found.high == pytest.approx([14, -2, 4])
        assert found.swing == pytest.approx([20, 9, 0])
        assert found.order.tolist() == [0, 1, 2]
        assert found.names == ("price", "users", "idle")

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"lows": [1]}, r"lows has shape \(1,\): must be \(2,\), as base"),
            ({"highs": [1, np.inf]}, r"highs\[1\] = inf: must be a finite number"),
            ({"base": [[1, 2]]}, r"base has shape \(1, 2\): must be \(inputs\)"),
            ({"names": ["one"]}, "names = .* must be 2 different labels"),
        ],
    )
    def test_bad_input(self, change, message):
        call = {"base": [1, 2], "lows": [0, 0], "highs": [3, 3], **change}
        with pytest.raises(ValueError, match=message):
            tornado(lambda x: x.sum(axis=1), **call)


def test_public_names_exist():
    assert all(hasattr(sensitivity, name) for name in sensitivity.__all__)
