"""Value of information: published values, closed forms, orderings, honest errors and bad input."""

from __future__ import annotations

import copy
import math
import pickle
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from analysis.methods import _nets, voi


def normals(n, d, seed=1):
    """Scrambled Sobol draws of independent standard normals, (n, d)."""
    return ndtri(_nets.scramble(_nets.generators(d, n), np.random.SeedSequence(seed))).T


def vignette(n, seed=1):
    """Vignette of the R package voi: p1 ~ N(1, 1), p2 ~ N(0, 2); options 0 and p1 - p2."""
    p = normals(n, 2, seed) * [1, 2] + [1, 0]
    return p, np.column_stack([np.zeros(n), p[:, 0] - p[:, 1]])


class TestPublished:
    """Values printed in the vignette of voi (Jackson and Heath), and the unit normal loss."""

    def test_vignette(self):
        p, benefit = vignette(1 << 14)
        assert voi.evpi(benefit) == pytest.approx(0.479811, abs=5e-4)
        assert voi.evppi(benefit, p[:, 0]) == pytest.approx(0.083315, abs=5e-4)
        assert voi.evppi(benefit, p[:, 1]) == pytest.approx(0.395593, abs=5e-4)
        assert voi.evppi(benefit, p) == pytest.approx(0.479811, abs=1e-3)

    def test_standard_normal_benefit(self):
        z = normals(1 << 14, 1)
        benefit = np.column_stack([np.zeros(len(z)), z[:, 0]])
        assert voi.evpi(benefit) == pytest.approx(0.398942, abs=2e-4)

    def test_single_and_pairs_agree_with_one_at_a_time(self):
        p, benefit = vignette(1 << 12)
        single = voi.evppi_single(benefit, p)
        assert single[1] == voi.evppi(benefit, p[:, 1])
        pairs = voi.evppi_pairs(benefit, p)
        assert list(pairs) == [(0, 1)]
        assert pairs[0, 1] == voi.evppi(benefit, p)


A1 = np.array([1, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.05, 0.02, 0])
A2 = np.array([-0.3, 0.9, -0.6, 0.2, 0.5, -0.3, 0.3, 0.2, -0.1, 0.05, -0.02, 0])


def three_options(x):
    """Three options, twelve normal inputs, interactions, curvature; the last input is idle."""
    one = 0.2 + x @ A1 + 0.5 * x[:, 0] * x[:, 1] + 0.3 * (x[:, 2] ** 2 - 1)
    one += 0.2 * np.sin(2 * x[:, 3])
    two = 0.1 + x @ A2 + 0.6 * x[:, 1] * x[:, 4] + 0.4 * (x[:, 0] ** 2 - 1)
    two += 0.3 * x[:, 5] * x[:, 6]
    return np.column_stack([np.zeros(len(x)), one, two])


def three_options_single(i):
    """Exact EVPPI of input i, by quadrature over what is expected of the options given it."""
    z = np.linspace(-9, 9, 40001)
    weight = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    one = 0.2 + A1[i] * z + (0.3 * (z**2 - 1) if i == 2 else 0)
    one = one + (0.2 * np.sin(2 * z) if i == 3 else 0)
    two = 0.1 + A2[i] * z + (0.4 * (z**2 - 1) if i == 0 else 0)
    return weight @ np.maximum(np.maximum(one, two), 0) - 0.2


def three_options_pair():
    z = np.linspace(-8, 8, 1601)
    weight = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    x, y = np.meshgrid(z, z, indexing="ij")
    one = 0.2 + A1[0] * x + A1[1] * y + 0.5 * x * y
    two = 0.1 + A2[0] * x + A2[1] * y + 0.4 * (x**2 - 1)
    return weight @ np.maximum(np.maximum(one, two), 0) @ weight - 0.2


class TestAgainstQuadrature:
    def test_twelve_single_values(self):
        x = normals(1 << 14, 12)
        found = voi.evppi_single(three_options(x), x)
        exact = [three_options_single(i) for i in range(12)]
        assert np.abs(np.array(found) - exact).max() <= 1e-3

    def test_pair_with_an_interaction(self):
        x = normals(1 << 14, 12)
        found = voi.evppi(three_options(x), x[:, :2])
        assert found == pytest.approx(three_options_pair(), abs=1e-3)

    def test_three_together_exceed_two(self):
        x = normals(1 << 13, 12)
        benefit = three_options(x)
        assert voi.evppi(benefit, x[:, :3]) > voi.evppi(benefit, x[:, :2]) + 0.02

    @pytest.mark.parametrize(
        ("x", "expected"),
        [
            ((np.random.default_rng(1).random(60_000) < 0.3) * 1.0, lambda x: 2 * x - 0.8),
            (np.random.default_rng(2).poisson(3, 60_000) * 1.0, lambda x: np.sin(x) + 0.1),
            (np.random.default_rng(3).lognormal(0, 1, 60_000), lambda x: np.minimum(x, 3) - 1.5),
            (
                np.maximum(np.random.default_rng(4).normal(size=60_000) - 0.5, 0.0),
                lambda x: x - 0.3,
            ),
            (np.random.default_rng(5).standard_cauchy(60_000), lambda x: np.tanh(x) - 0.2),
        ],
        ids=["risk", "count", "long tail", "spike", "no mean"],
    )
    def test_awkward_laws(self, x, expected):
        noise = np.random.default_rng(9).normal(size=len(x))
        mean = expected(x)
        benefit = np.column_stack([np.zeros(len(x)), mean + noise - noise.mean()])
        exact = np.maximum(mean, 0).mean() - max(mean.mean(), 0)
        found = voi.evppi(benefit, x)
        assert found == pytest.approx(exact, abs=4e-3)
        assert found == pytest.approx(exact, abs=4 * found.standard_error)


class TestOrder:
    @settings(max_examples=20, deadline=None)
    @given(
        seed=st.integers(0, 10_000),
        options=st.integers(2, 5),
        n=st.sampled_from([100, 400, 1000]),
        shift=st.floats(-2, 2),
    )
    def test_nothing_is_below_zero_or_above_perfect_information(self, seed, options, n, shift):
        stream = np.random.default_rng(seed)
        x = stream.normal(size=(n, 3))
        benefit = x @ stream.normal(size=(3, options)) + stream.normal(size=(n, options))
        benefit[:, 0] += shift
        perfect = voi.evpi(benefit)
        for k in (1, 2, 3):
            found = voi.evppi(benefit, x[:, :k])
            assert 0 <= found <= perfect
            assert math.isfinite(found.standard_error)
            assert math.isfinite(found.upward_bias)

    def test_a_dummy_input_is_worth_nothing(self):
        x = normals(1 << 13, 12)
        assert voi.evppi(three_options(x), x[:, 11]) == pytest.approx(0, abs=1e-4)
        stream = np.random.default_rng(0)
        noise = stream.normal(size=(5000, 1))
        tie = np.column_stack([np.zeros(5000), stream.normal(size=5000)])  # no option is better
        found = voi.evppi(tie, noise)
        assert found <= 3 * (found.upward_bias + 1.0 / math.sqrt(5000))

    def test_an_input_that_never_varies_is_worth_nothing(self):
        _, benefit = vignette(256)
        assert voi.evppi(benefit, np.full(256, 3.0)) == 0

    def test_more_inputs_are_worth_more(self):
        x = normals(1 << 13, 12)
        benefit = three_options(x)
        steps = [voi.evppi(benefit, x[:, :k]) for k in (1, 2, 4, 8)] + [voi.evpi(benefit)]
        assert (np.diff(steps) > -2e-3).all()

    def test_a_copy_of_an_input_adds_nothing(self):
        p, benefit = vignette(1 << 12)
        twice = voi.evppi(benefit, np.column_stack([p[:, 1], p[:, 1]]))
        assert twice == pytest.approx(voi.evppi(benefit, p[:, 1]), abs=2e-3)

    @settings(max_examples=20, deadline=None)
    @given(shift=st.floats(-1e6, 1e6), scale=st.floats(1e-3, 1e3))
    def test_units_carry_over(self, shift, scale):
        p, benefit = vignette(256)
        moved = voi.evppi(shift + scale * benefit, p[:, 1])
        assert moved == pytest.approx(
            scale * voi.evppi(benefit, p[:, 1]), rel=1e-6, abs=1e-8 * (1 + abs(shift))
        )

    def test_order_of_options_does_not_matter(self):
        x = normals(1 << 10, 12)
        benefit = three_options(x)
        one, other = voi.evppi(benefit, x[:, 0]), voi.evppi(benefit[:, ::-1], x[:, 0])
        assert other == pytest.approx(one, abs=1e-12)
        assert (one.decision, other.decision) == (1, 1)

    @pytest.mark.parametrize("order", list(permutations(range(4))))
    def test_any_order_of_four_options(self, order):
        x = normals(1 << 9, 12)
        benefit = np.column_stack([three_options(x), x[:, 0] - 3.0])
        one = voi.evppi(benefit, x[:, 0])
        other = voi.evppi(benefit[:, order], x[:, 0])
        assert other == pytest.approx(one, rel=1e-9)
        assert other.standard_error == pytest.approx(one.standard_error, rel=1e-9)
        assert order[other.decision] == one.decision


class TestErrors:
    def test_standard_error_of_independent_draws(self):
        values, errors = [], []
        for seed in range(150):
            p = np.random.default_rng(seed).normal(size=(1000, 2)) * [1, 2] + [1, 0]
            benefit = np.column_stack([np.zeros(1000), p[:, 0] - p[:, 1]])
            found = [voi.evpi(benefit), *voi.evppi_single(benefit, p)]
            values.append(found)
            errors.append([f.standard_error for f in found])
        assert np.mean(errors, axis=0) == pytest.approx(np.std(values, axis=0), rel=0.25)

    def test_standard_error_of_replicates(self):
        values, errors = [], []
        for seed in range(40):
            parts = [vignette(1 << 9, [seed, r]) for r in range(8)]
            p, benefit = (np.vstack(part) for part in zip(*parts, strict=True))
            found = [voi.evpi(benefit, replicates=8), *voi.evppi_single(benefit, p, replicates=8)]
            values.append(found)
            errors.append([f.standard_error for f in found])
            assert voi.evpi(benefit).standard_error > 5 * found[0].standard_error
        assert np.mean(errors, axis=0) == pytest.approx(np.std(values, axis=0), rel=0.5)

    def test_upward_bias_is_about_the_bias(self):
        values, bias = [], []
        for seed in range(300):
            p = np.random.default_rng(seed).normal(size=(50, 3)) * [1, 2, 1] + [1, 0, 0]
            benefit = np.column_stack([np.zeros(50), p[:, 0] - p[:, 1]])
            found = voi.evppi(benefit, p[:, 0])
            values.append(found)
            bias.append(found.upward_bias)
        assert np.mean(values) - 0.083315 == pytest.approx(np.mean(bias), abs=0.015)
        assert np.mean(bias) > 0.008

    def test_estimate_is_a_number_that_can_be_copied(self):
        _, benefit = vignette(64)
        found = voi.evpi(benefit)
        assert isinstance(found, float)
        assert found + 1 == float(found) + 1
        for twin in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
            assert twin == found
            assert twin.standard_error == found.standard_error
            assert twin.decision == 1
        assert "standard_error" in repr(found)


class TestDecisionRegions:
    def test_one_threshold(self):
        p, benefit = vignette(1 << 12)
        low, high = voi.decision_regions(benefit, p[:, 1])
        assert (low.option, high.option) == (1, 0)
        assert low.high == high.low == pytest.approx(1.0, abs=0.05)  # p1 is 1 on average
        assert low.probability + high.probability == pytest.approx(1)
        value = high.probability * high.gain
        assert value == pytest.approx(voi.evppi(benefit, p[:, 1]), abs=1e-9)
        assert voi.evppi(benefit, p[:, 1]).change == pytest.approx(high.probability)

    def test_one_region_where_nothing_would_change(self):
        p, benefit = vignette(1 << 10)
        (only,) = voi.decision_regions(benefit + np.array([0, 100]), p[:, 0])
        assert (only.option, only.probability, only.gain) == (1, 1.0, 0.0)
        assert (only.low, only.high) == (p[:, 0].min(), p[:, 0].max())


class TestStudies:
    """EVSI against the conjugate normal solution (Raiffa and Schlaifer 1961)."""

    @pytest.mark.parametrize("n", [1, 5, 50])
    @pytest.mark.parametrize("mean", [0.0, 0.4, -1.0])
    def test_mean_of_n_observations(self, mean, n):
        # Both the unknown and the noise of the study are quasi-random, for a tight check.
        z = normals(1 << 14, 2)
        theta = mean + z[:, 0]
        benefit = np.column_stack([np.zeros(len(z)), theta])
        noise, exact = 3.0, voi.evsi_normal(mean, 1.0, 3.0, n)
        found = voi.evsi(benefit, theta, theta + noise / math.sqrt(n) * z[:, 1])
        assert found == pytest.approx(exact, abs=1.5e-3)

    def test_simulated_study(self):
        theta = normals(1 << 14, 1)[:, 0]
        benefit = np.column_stack([np.zeros(len(theta)), theta])

        def study(parameters, rng):
            assert parameters.shape == (len(theta), 1)
            return parameters[:, 0] + rng.normal(0, 3 / math.sqrt(20), len(parameters))

        found = voi.evsi(benefit, theta, study, seed=3)
        assert found == pytest.approx(voi.evsi_normal(0, 1, 3, 20), abs=5e-3)
        assert voi.evsi(benefit, theta, study, seed=3) == found

    def test_a_count_of_successes(self):
        # Beta(2, 3) prior, 10 trials: the posterior mean is (2 + k) / 15.
        stream = np.random.default_rng(1)
        share = stream.beta(2, 3, 200_000)
        benefit = np.column_stack([np.full(len(share), 0.5), share])
        k = np.arange(11)
        from scipy.stats import betabinom

        exact = betabinom(10, 2, 3).pmf(k) @ np.maximum((2 + k) / 15, 0.5) - 0.5
        found = voi.evsi(benefit, share, lambda p, rng: rng.binomial(10, p[:, 0]), seed=2)
        assert found == pytest.approx(exact, abs=2e-3)

    def test_a_larger_study_approaches_full_knowledge(self):
        sizes = [0, 1, 10, 100, 1e4, math.inf]
        values = [voi.evsi_normal(0.0, 1.0, 5.0, n) for n in sizes]
        assert (np.diff(values) > 0).all()
        assert values[0] == 0
        assert values[-1] == pytest.approx(0.398942, abs=1e-6)
        theta = normals(1 << 13, 1)[:, 0]
        benefit = np.column_stack([np.zeros(len(theta)), theta])
        found = voi.evsi(benefit, theta, lambda p, rng: p + rng.normal(0, 1e-3, p.shape))
        assert found == pytest.approx(voi.evppi(benefit, theta), abs=1e-3)

    def test_net_benefit_of_a_study(self):
        value = voi.Estimate(2.0, standard_error=0.1, decision=1)
        found = voi.enbs(value, scale=100, cost=150)
        assert found == 50
        assert found.standard_error == pytest.approx(10)
        assert found.decision == 1
        assert voi.enbs(1.0, 10, 30) == -20

    def test_discounting_of_decisions(self):
        assert voi.discounted(10, 3, 0.0) == 30
        assert voi.discounted(10, 2, 0.25) == pytest.approx(18)


class TestBadInput:
    @pytest.mark.parametrize(
        ("benefit", "message"),
        [
            (np.zeros((20, 1)), "net_benefit has 1 option: must have at least 2"),
            (np.zeros((0, 2)), "net_benefit has shape .* must have at least one of draws"),
            (np.zeros(20), r"net_benefit has shape \(20,\): must be \(draws, options\)"),
            (np.zeros((1, 2)), "net_benefit has 1 draws: must have at least 2"),
            ([[1, 2], [np.nan, 3]], r"net_benefit\[1, 0\] = nan: must be a finite number"),
            ([[1, 2], [np.inf, 3]], r"net_benefit\[1, 0\] = inf: must be a finite number"),
            ([["a", "b"]], "net_benefit must be numbers"),
        ],
    )
    def test_net_benefit(self, benefit, message):
        with pytest.raises(ValueError, match=message):
            voi.evpi(benefit)

    def test_parameters(self):
        _, benefit = vignette(64)
        with pytest.raises(ValueError, match="parameters has 63 rows: must have 64, one per draw"):
            voi.evppi(benefit, np.zeros(63))
        with pytest.raises(ValueError, match=r"parameters\[5, 0\] = nan"):
            voi.evppi(benefit, np.where(np.arange(64) == 5, np.nan, 1.0))
        with pytest.raises(ValueError, match="net_benefit has 8 draws: must have at least 16"):
            voi.evppi(benefit[:8], np.zeros(8))
        with pytest.raises(ValueError, match="replicates = 3: must divide the 64 draws"):
            voi.evppi(benefit, np.zeros(64), replicates=3)
        with pytest.raises(ValueError, match="study has 5 rows"):
            voi.evsi(benefit, np.zeros(64), lambda p, rng: np.zeros(5))
        with pytest.raises(ValueError, match="parameter has 2 columns: must have 1"):
            voi.decision_regions(benefit, np.zeros((64, 2)))

    def test_closed_forms(self):
        with pytest.raises(ValueError, match="sd = -1"):
            voi.evsi_normal(0, -1, 1, 1)
        with pytest.raises(ValueError, match="n = nan: must be at least 0"):
            voi.evsi_normal(0, 1, 1, math.nan)
        with pytest.raises(ValueError, match="scale = -1"):
            voi.enbs(1.0, -1, 0)
        with pytest.raises(ValueError, match="years = 0: must be at least 1"):
            voi.discounted(1, 0, 0.04)
        with pytest.raises(ValueError, match="rate = -1: must be above -1"):
            voi.discounted(1, 3, -1)

    def test_inputs_are_left_alone(self):
        p, benefit = vignette(64)
        before = benefit.copy(), p.copy()
        voi.evppi(benefit, p)
        assert (benefit == before[0]).all()
        assert (p == before[1]).all()
