"""The outside view: body and tail, means that do not exist, published reference classes."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from analysis.methods.outside_view import (
    INDICES,
    ReferenceClass,
    calibrated,
    calibration,
    implied_body_mean,
    index_from_tail_mean,
    tail_fan,
)

CLASS = ReferenceClass(median=1.05, sigma=0.2, threshold=1.5, share=0.18, index=1.5)


@pytest.mark.parametrize("index", INDICES)
def test_quantile_inverts_distribution_and_tail_is_pareto(index):
    law = ReferenceClass(1.05, 0.2, 1.5, 0.18, index)
    p = np.array([0.01, 0.3, 0.819, 0.821, 0.9, 0.999])
    np.testing.assert_allclose(law.cdf(law.ppf(p)), p, atol=1e-12)
    assert law.cdf(1.5) == pytest.approx(0.82)
    assert 1 - law.cdf(6.0) == pytest.approx(0.18 * 4.0**-index)
    assert law.cdf(0.0) == 0.0
    assert law.ppf(1.0) == math.inf


def test_mean_exists_only_above_index_one():
    for index in (0.8, 1.0):
        law = ReferenceClass(1.05, 0.2, 1.5, 0.18, index)
        with pytest.raises(ValueError, match=rf"index = {index}: must be above 1 for a mean"):
            law.mean()
        assert law.no_mean
    assert CLASS.no_mean is None
    body = stats.truncnorm(-np.inf, math.log(1.5 / 1.05) / 0.2)
    expected = 0.82 * body.expect(lambda z: 1.05 * np.exp(0.2 * z)) + 0.18 * 1.5 * 1.5 / 0.5
    assert CLASS.mean() == pytest.approx(expected)


def test_variance_exists_only_above_index_two():
    with pytest.raises(ValueError, match=r"index = 2.0: must be above 2 for a variance"):
        ReferenceClass(1.05, 0.2, 1.5, 0.18, 2.0).var()
    law = ReferenceClass(1.05, 0.2, 1.5, 0.18, 6.0)
    second = integrate.quad(lambda p: float(law.ppf(p)) ** 2, 0, 1, limit=400, points=[0.82])[0]
    assert law.std() == pytest.approx(math.sqrt(second - law.mean() ** 2), rel=1e-5)


@pytest.mark.parametrize("index", [0.7, *INDICES])
def test_truncated_mean_is_the_mean_below_the_cap(index):
    law = ReferenceClass(1.05, 0.2, 1.5, 0.18, index)
    top = float(law.cdf(10.0))
    total = integrate.quad(lambda p: float(law.ppf(p)), 0, top, limit=400, points=[0.82])[0]
    assert law.truncated_mean(10.0) == pytest.approx(total / top, rel=1e-7)


def test_truncated_mean_without_mean_grows_with_the_cap():
    law = ReferenceClass(1.05, 0.2, 1.5, 0.18, 1.0)
    rises = [law.truncated_mean(cap) for cap in (10.0, 1e2, 1e3, 1e4)]
    assert np.diff(rises) == pytest.approx([0.18 * 1.5 * math.log(10)] * 3, rel=0.07)


def test_fan_says_why_there_is_no_mean():
    readings = tail_fan(CLASS, cap=10.0, probabilities=(0.5, 0.85, 0.95))
    assert [r.index for r in readings] == list(INDICES)
    assert readings[0].mean is None
    assert "must be above 1" in readings[0].reason
    assert all(r.reason is None and r.mean > r.truncated_mean for r in readings[1:])
    p50s = {r.quantiles[0] for r in readings}
    assert len(p50s) == 1
    p95 = [r.quantiles[2] for r in readings]
    assert p95 == sorted(p95, reverse=True)


@given(
    within=st.floats(0.05, 0.9),
    share=st.floats(0.01, 0.5),
    sigma=st.floats(0.05, 0.8),
    index=st.floats(0.5, 4),
)
@settings(max_examples=60, deadline=None)
def test_calibrated_class_keeps_the_stated_share_within_the_frame(within, share, sigma, index):
    assume(within < 0.98 * (1 - share))
    law = calibrated(within, 1.0, sigma, 1.5, share, index)
    assert law.cdf(1.0) == pytest.approx(within, abs=1e-9)
    assert law.cdf(1.5) == pytest.approx(1 - share)


def test_eighty_percent_within_the_frame():
    """80 % of completed Norwegian projects kept their cost frame (Concept report 36)."""
    law = calibrated(within=0.80, at=1.0, sigma=0.15, threshold=1.5, share=0.02, index=2.0)
    assert law.cdf(1.0) == pytest.approx(0.80)
    assert law.ppf(0.5) < 1.0


def test_p85_kept_by_eighty_percent():
    """A frame said to be P85 and kept by 80 %: z 1.0364 stated against 0.8416 kept."""
    found = calibration(stated=0.85, kept=0.80)
    assert found.widening == pytest.approx(1.03643339 / 0.84162123)
    assert found.shift == pytest.approx(1.03643339 - 0.84162123)
    spread = found.widening
    assert stats.norm.cdf(stats.norm.ppf(0.85) / spread) == pytest.approx(0.80)


def test_published_it_projects_barely_fit_together():
    """18 % of 5,392 IT projects overran by more than half, by 447 % on average (Flyvbjerg and
    Gardner 2023). With a mean overrun of 73 % the other projects must have come in 9 % under."""
    assert implied_body_mean(0.73, 0.18, 4.47) == pytest.approx(-0.091, abs=5e-4)
    index = index_from_tail_mean(1.5, 1 + 4.47)
    assert index == pytest.approx(1.378, abs=5e-4)
    tail = stats.pareto(index, scale=1.5)
    assert tail.mean() == pytest.approx(5.47)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ReferenceClass(0.0, 0.2, 1.5, 0.2, 1), "median = 0.0: must be a finite number"),
        (lambda: ReferenceClass(1.0, math.nan, 1.5, 0.2, 1), "sigma = nan"),
        (lambda: ReferenceClass(1.0, 0.2, 1.5, 1.0, 1), "share = 1.0: must be between 0 and 1"),
        (lambda: ReferenceClass(1.0, 0.2, 1.5, 0.2, -1), "index = -1"),
        (lambda: ReferenceClass(100.0, 0.1, 1.5, 0.2, 1), "no mass below the threshold"),
        (lambda: CLASS.truncated_mean(1.2), "cap = 1.2: must be finite and at least 1.5"),
        (lambda: CLASS.truncated_mean(math.inf), "cap = inf"),
        (
            lambda: calibrated(0.9, 1.0, 0.2, 1.5, 0.18, 1.5),
            "within = 0.9: must be above 0 and below",
        ),
        (lambda: calibrated(0.8, 2.0, 0.2, 1.5, 0.1, 1.5), "at = 2.0: must be above 0 and below"),
        (lambda: index_from_tail_mean(1.5, 1.2), "tail_mean = 1.2: must be finite and above 1.5"),
        (lambda: implied_body_mean(0.7, 1.2, 4.0), "share = 1.2"),
        (lambda: calibration(0.85, 0.4), "kept = 0.4: must be between 0.5 and 1"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
