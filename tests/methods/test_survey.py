"""Survey shares: sampling error, bounds, break-even, posterior."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.methods.distributions import Normal, Uniform
from analysis.methods.survey import (
    break_even,
    combined,
    layers,
    manski_bounds,
    nonresponse,
    posterior,
    sample_share,
    standard_error,
    wald,
    wilson,
)

ANSWERED, ASKED = 3000, 7000
# share: SE, Wald half-width, with N = 40,000, with N = 7,000, Wilson, Manski, break-even
TABLE = {
    0.65: (0.008708, 0.01707, 0.01642, 0.01290, (0.63275, 0.66687), (0.27857, 0.85), 0.3875),
    0.35: (0.008708, 0.01707, 0.01642, 0.01290, (0.33313, 0.36725), (0.15, 0.72143), 0.6125),
    0.60: (0.008944, 0.01753, 0.01686, 0.01325, (0.58235, 0.61739), (0.25714, 0.82857), 0.425),
}


@pytest.mark.parametrize("share", TABLE)
def test_table_of_the_method_notes(share):
    se, plain, in_40k, in_7k, (w_low, w_high), (m_low, m_high), even = TABLE[share]
    assert standard_error(share, ANSWERED) == pytest.approx(se, abs=5e-7)
    assert wald(share, ANSWERED).width / 2 == pytest.approx(plain, abs=5e-6)
    assert wald(share, ANSWERED, population=40_000).width / 2 == pytest.approx(in_40k, abs=5e-6)
    assert wald(share, ANSWERED, population=7_000).width / 2 == pytest.approx(in_7k, abs=5e-6)
    by_wilson, bounds = wilson(share, ANSWERED), manski_bounds(share, ANSWERED, ASKED)
    assert (by_wilson.low, by_wilson.high) == pytest.approx((w_low, w_high), abs=5e-6)
    assert (bounds.low, bounds.high) == pytest.approx((m_low, m_high), abs=5e-6)
    assert break_even(share, ANSWERED, ASKED) == pytest.approx(even)


def test_non_response_dwarfs_sampling_error():
    read = layers(0.65, ANSWERED, ASKED)
    assert read.response == pytest.approx(0.428571, abs=1e-6)
    assert read.bounds.width / read.wald.width == pytest.approx(16.7, abs=0.1)


@given(st.integers(1, 400), st.floats(0, 1), st.sampled_from([0.8, 0.95, 0.99]))
@settings(max_examples=60, deadline=None)
def test_wilson_is_scipys(n, place, level):
    k = round(place * n)
    expected = stats.binomtest(k, n).proportion_ci(level, method="wilson")
    found = wilson(k / n, n, level)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_correction_vanishes_in_a_large_population_and_error_in_a_census():
    assert standard_error(0.3, 500, 10**12) == pytest.approx(standard_error(0.3, 500))
    assert standard_error(0.3, 500, 500) == 0.0
    assert wilson(0.3, 500, population=500).width == 0.0


shares = st.floats(0, 1)


@given(shares, st.integers(1, 1000), st.integers(0, 1000), shares)
@settings(max_examples=80, deadline=None)
def test_bounds_hold_whatever_the_missing_say(share, answered, silent, missing):
    asked = answered + silent
    bounds = manski_bounds(share, answered, asked)
    total = combined(share, answered, asked, missing)
    assert bounds.low - 1e-12 <= total <= bounds.high + 1e-12
    assert bounds.width == pytest.approx(silent / asked)
    narrower = manski_bounds(share, answered, asked, (0.2, 0.7))
    assert bounds.low - 1e-12 <= narrower.low <= narrower.high <= bounds.high + 1e-12


@given(shares, st.integers(1, 1000), st.integers(1, 1000), shares)
@settings(max_examples=80, deadline=None)
def test_break_even_brings_the_total_to_its_target(share, answered, silent, target):
    asked = answered + silent
    needed = break_even(share, answered, asked, target)
    bounds = manski_bounds(share, answered, asked)
    if needed is None:
        assert target < bounds.low + 1e-9 or target > bounds.high - 1e-9
    else:
        assert combined(share, answered, asked, needed) == pytest.approx(target, abs=1e-9)


def test_nothing_can_reverse_a_full_response():
    assert break_even(0.65, 100, 100) is None
    assert manski_bounds(0.65, 100, 100).width == 0.0
    assert break_even(0.95, 900, 1000) is None


def test_stories_about_the_silent():
    told = nonresponse(0.6, ANSWERED, ASKED, {"alike": 0.6, "half as many": 0.3, "none": 0.0})
    assert told["alike"].change == pytest.approx(0.0)
    assert told["half as many"].combined == pytest.approx((3000 * 0.6 + 4000 * 0.3) / 7000)
    assert told["none"].combined == manski_bounds(0.6, ANSWERED, ASKED).low


def test_posterior_is_jeffreys():
    law = posterior(0.65, 3000)
    twin = stats.beta(1950.5, 1050.5)
    np.testing.assert_allclose(law.ppf([0.025, 0.5, 0.975]), twin.ppf([0.025, 0.5, 0.975]))


def test_sampled_share_carries_both_uncertainties():
    alike = sample_share(0.6, ANSWERED, ASKED, 20_000, seed=1)
    assert alike.mean() == pytest.approx(0.6, abs=5e-4)
    assert alike.std() == pytest.approx(standard_error(0.6, ANSWERED), rel=0.05)
    unknown = sample_share(0.6, ANSWERED, ASKED, 20_000, seed=1, missing=Uniform(0.2, 0.6))
    assert unknown.mean() == pytest.approx((3 * 0.6 + 4 * 0.4) / 7, abs=2e-3)
    assert unknown.std() > 5 * alike.std()
    bounds = manski_bounds(0.6, ANSWERED, ASKED, (0.2, 0.6))
    assert bounds.low - 0.02 < unknown.min() < unknown.max() < bounds.high + 0.02
    np.testing.assert_array_equal(alike, sample_share(0.6, ANSWERED, ASKED, 20_000, seed=1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wald(1.2, 10), r"share = 1.2: must be in \[0, 1\]"),
        (lambda: wilson(math.nan, 10), "share = nan"),
        (lambda: wald(0.5, 0), "answered = 0: must be at least 1"),
        (lambda: wald(0.5, 10, level=1.0), "level = 1.0: must be between 0 and 1"),
        (lambda: wald(0.5, 10, population=5), "population = 5: must be at least the 10 answers"),
        (lambda: manski_bounds(0.5, 10, 5), "asked = 5: must be at least the 10 who answered"),
        (lambda: manski_bounds(0.5, 5, 10, (0.7, 0.2)), r"missing = \(0.7, 0.2\)"),
        (lambda: break_even(0.5, 5, 10, target=-1), "target = -1"),
        (lambda: nonresponse(0.5, 5, 10, {"x": 1.4}), "missing = 1.4"),
        (lambda: posterior(0.5, 5, prior=(0, 1)), r"prior = \(0, 1\)"),
        (lambda: sample_share(0.5, 5, 10, 0, 1), "draws = 0: must be at least 1"),
        (lambda: sample_share(0.5, 5, 10, 5, 1, Normal(0.5, 0.1)), "must stay within"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
