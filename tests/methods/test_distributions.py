"""Marginal distributions: fitted ranges, moments, tables, refusals."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.methods.distributions import (
    NAMES,
    RANGE_MEANINGS,
    Beta,
    DiscreteRisk,
    Lognormal,
    Mixture,
    Normal,
    Triangular,
    Truncated,
    Uniform,
    interpolate,
    marginal,
    pert,
    quantile_table,
)

P = np.array([0.001, 0.05, 0.3, 0.5, 0.77, 0.95, 0.999])

LAWS = {
    "normal": Normal(3.0, 2.0),
    "lognormal": Lognormal(100.0, 0.6),
    "uniform": Uniform(-1.0, 4.0),
    "triangular": Triangular(300.0, 380.0, 560.0),
    "triangular, mode at the low end": Triangular(0.0, 0.0, 2.0),
    "triangular, mode at the high end": Triangular(0.0, 2.0, 2.0),
    "pert": pert(300.0, 380.0, 560.0),
    "beta": Beta(2.0, 5.0, 10.0, 20.0),
    "mixture": Mixture((0.3, 0.7), (Normal(2.0, 1.0), Uniform(2.0, 5.0))),
    "truncated": Truncated(Normal(0.0, 1.0), -0.5, 2.0),
    "gain": Truncated(Lognormal(1.0, 1.0), 0.0, 4.0),
}
TWINS = {
    "normal": stats.norm(3, 2),
    "lognormal": stats.lognorm(0.6, scale=100),
    "uniform": stats.uniform(-1, 5),
    "triangular": stats.triang(80 / 260, 300, 260),
    "pert": stats.beta(1 + 4 * 80 / 260, 1 + 4 * 180 / 260, 300, 260),
    "beta": stats.beta(2, 5, 10, 10),
    "truncated": stats.truncnorm(-0.5, 2),
}


@pytest.mark.parametrize("name", LAWS)
def test_quantile_inverts_distribution(name):
    law = LAWS[name]
    np.testing.assert_allclose(law.cdf(law.ppf(P)), P, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", LAWS)
def test_moments_are_those_of_the_quantile_function(name):
    law = LAWS[name]
    z = np.linspace(-9, 9, 20_001)
    weight = stats.norm.pdf(z) / stats.norm.pdf(z).sum()
    mean = law.from_normal(z) @ weight
    assert law.mean() == pytest.approx(mean, rel=1e-6, abs=1e-7)
    assert law.var() == pytest.approx((law.from_normal(z) - mean) ** 2 @ weight, rel=1e-5)


@pytest.mark.parametrize("name", TWINS)
def test_agrees_with_scipy(name):
    law, twin = LAWS[name], TWINS[name]
    np.testing.assert_allclose(law.ppf(P), twin.ppf(P), rtol=1e-10)
    np.testing.assert_allclose(law.cdf(twin.ppf(P) + 0.01), twin.cdf(twin.ppf(P) + 0.01))
    assert law.mean() == pytest.approx(twin.mean(), rel=1e-9)
    assert law.std() == pytest.approx(twin.std(), rel=1e-9)
    assert law.support() == pytest.approx(tuple(map(float, twin.support())))


@pytest.mark.parametrize("name", LAWS)
def test_scores_and_probabilities_agree(name):
    z = np.linspace(-5, 5, 41)
    np.testing.assert_allclose(
        LAWS[name].from_normal(z), LAWS[name].ppf(stats.norm.cdf(z)), rtol=1e-8, atol=1e-9
    )


def test_published_triangular_quantiles():
    """P50 and P85 of tri(300, 380, 560), the worked example of the project's method notes."""
    q = Triangular(300, 380, 560).ppf([0.50, 0.85])
    np.testing.assert_allclose(q, [407.0294, 476.2146], atol=5e-5)


def test_pert_mean_is_the_textbook_rule():
    """(low + 4 mode + high) / 6: Malcolm, Roseboom, Clark and Fazar (1959)."""
    assert pert(2, 5, 14).mean() == pytest.approx((2 + 4 * 5 + 14) / 6)


def test_p10_p90_means_1_2816_standard_deviations():
    law = marginal("normal", low=10.0, high=20.0)
    assert law.mean() == pytest.approx(15.0)
    assert law.std() == pytest.approx(5.0 / 1.2815515655446004)
    assert marginal("normal", low=10, high=20, meaning="95 % interval").std() == pytest.approx(
        5.0 / 1.959963984540054
    )


@given(
    name=st.sampled_from(["triangular", "pert"]),
    low=st.floats(-1e6, 1e6),
    width=st.floats(1e-3, 1e6),
    place=st.floats(0, 1),
    meaning=st.sampled_from(["P10/P90", "95 % interval"]),
)
@settings(max_examples=60, deadline=None)
def test_fitted_range_keeps_quantiles_and_mode(name, low, width, place, meaning):
    high = low + width
    mode = min(low + place * width, high)
    assume(low < high)
    law = marginal(name, low=low, mode=mode, high=high, meaning=meaning)
    tail = RANGE_MEANINGS[meaning]
    np.testing.assert_allclose(law.ppf([tail, 1 - tail]), [low, high], atol=1e-7 * width + 1e-9)
    start, end = law.support()
    share = (mode - start) / (end - start)
    found = law.mode if name == "triangular" else start + (law.a - 1) / 4 * (end - start)
    assert found == pytest.approx(start + share * (end - start), abs=1e-6 * width)


@given(low=st.floats(0.001, 0.9), share=st.floats(0.01, 0.98))
@settings(max_examples=40, deadline=None)
def test_beta_from_quantiles(low, share):
    high = low + share * (1 - low)
    assume(high - low > 1e-3)
    law = marginal("beta", low=low, high=high)
    np.testing.assert_allclose(law.ppf([0.1, 0.9]), [low, high], atol=1e-7)
    assert law.support() == (0.0, 1.0)


def test_min_max_uses_the_ends_as_they_are():
    assert marginal("triangular", low=1, mode=2, high=4, meaning="min/max") == Triangular(1, 2, 4)
    assert marginal("uniform", low=1, high=4, meaning="min/max") == Uniform(1, 4)
    np.testing.assert_allclose(marginal("uniform", low=1, high=4).ppf([0.1, 0.9]), [1, 4])


def test_lognormal_from_p10_p90():
    law = marginal("lognormal", low=50.0, mode=80.0, high=200.0)
    np.testing.assert_allclose(law.ppf([0.1, 0.5, 0.9]), [50, 100, 200])


def test_hard_limits_condition_the_law():
    free = marginal("normal", low=0.05, high=0.5)
    law = marginal("normal", low=0.05, high=0.5, minimum=0.0, maximum=1.0)
    assert law.support() == (0.0, 1.0)
    inside = free.cdf(1.0) - free.cdf(0.0)
    assert law.cdf(0.3) == pytest.approx(float((free.cdf(0.3) - free.cdf(0.0)) / inside))
    within = marginal("triangular", low=1, mode=2, high=4, meaning="min/max", minimum=0)
    assert within == Triangular(1, 2, 4)


def test_discrete_risk():
    risk = DiscreteRisk(0.2, Triangular(10, 20, 40))
    impact = Triangular(10, 20, 40)
    assert risk.mean() == pytest.approx(0.2 * impact.mean())
    second = impact.var() + impact.mean() ** 2
    assert risk.var() == pytest.approx(0.2 * second - risk.mean() ** 2)
    np.testing.assert_allclose(risk.ppf([0.0, 0.5, 0.8]), 0.0)
    np.testing.assert_allclose(risk.ppf([0.9, 1.0]), impact.ppf([0.5, 1.0]))
    np.testing.assert_allclose(risk.cdf([-1, 0, 9, 20, 50]), [0, 0.8, 0.8, 0.8 + 0.2 / 3, 1])
    assert risk.support() == (0.0, 40.0)


def test_discrete_risk_of_fixed_size_and_of_gain():
    fixed = DiscreteRisk(0.25, 100.0)
    assert (fixed.mean(), fixed.std()) == pytest.approx((25.0, 100 * math.sqrt(0.25 * 0.75)))
    np.testing.assert_allclose(fixed.ppf([0.7, 0.76]), [0, 100])
    gain = DiscreteRisk(0.25, Uniform(-10, -5))
    np.testing.assert_allclose(gain.ppf([0.0, 0.125, 0.3, 1.0]), [-10, -7.5, 0, 0])
    both = DiscreteRisk(0.5, Uniform(-1, 1))
    np.testing.assert_allclose(both.ppf([0.125, 0.25, 0.5, 0.75, 0.875]), [-0.5, 0, 0, 0, 0.5])
    assert DiscreteRisk(1.0, 7.0).ppf(0.3) == 7.0


def test_mixture_quantile_in_a_gap_is_the_lower_end():
    law = Mixture((0.4, 0.6), (Uniform(0, 1), Uniform(10, 11)))
    np.testing.assert_allclose(law.ppf([0.2, 0.4, 0.400001]), [0.5, 1.0, 10.0], atol=1e-5)
    assert law.jumps == (0.4,)


@pytest.mark.parametrize("name", LAWS)
def test_table_evaluates_like_the_law(name):
    law = LAWS[name]
    z = np.random.default_rng(1).normal(size=2000)
    table = quantile_table(law)
    scale = float(law.std())
    np.testing.assert_allclose(table(z), law.from_normal(z), atol=0.015 * scale)
    assert np.mean(np.abs(table(z) - law.from_normal(z))) < 2e-5 * scale


def test_table_error_of_a_lognormal_is_as_documented():
    law = Lognormal(1.0, 0.5)
    z = np.linspace(-6, 6, 10_001)
    error = quantile_table(law)(z) / law.from_normal(z) - 1
    assert 0 < np.abs(error).max() <= (0.5 * 16 / 2048) ** 2 / 8 * 1.01


def test_table_keeps_a_jump():
    law = DiscreteRisk(0.2, Uniform(10, 40))
    table = quantile_table(law)
    jump = stats.norm.ppf(0.8)
    np.testing.assert_allclose(table(jump + np.array([-1e-6, 1e-6])), [0, 10], atol=1e-3)
    z = stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    assert table(z).mean() == pytest.approx(law.mean(), rel=1e-4)


def test_table_takes_scipy_distributions_and_goes_on_beyond_its_reach():
    table = quantile_table(stats.norm(5, 2), reach=3.0)
    np.testing.assert_allclose(table([-4.0, 0.0, 4.0]), [-3, 5, 13], atol=1e-9)


def test_plain_interpolation_equals_the_table():
    table = quantile_table(LAWS["pert"], n=256)
    left, right = list(table.left), list(table.right)
    for z in (-9.0, -2.3, 0.0, 1.7, 8.5):
        assert interpolate(left, right, table.start, table.step, z) == pytest.approx(
            float(table(z)), rel=1e-12
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "gamma", "low": 1, "high": 2}, "'gamma': must be one of triangular"),
        ({"name": "normal", "low": 2, "high": 1}, r"\(2, 1\): low must be below high"),
        ({"name": "normal", "low": 2, "high": 2}, "low must be below high"),
        ({"name": "uniform", "low": math.nan, "high": 1}, "low = nan: must be a finite number"),
        ({"name": "uniform", "low": 0, "high": math.inf}, "high = inf: must be a finite"),
        (
            {"name": "triangular", "low": 1, "mode": 5, "high": 4},
            r"mode = 5: must lie in .*\[1, 4\]",
        ),
        ({"name": "triangular", "low": 1, "high": 4}, "triangular: mode must be given"),
        ({"name": "normal", "low": 1, "high": 4, "weights": [1]}, "weights must not be given"),
        ({"name": "lognormal", "low": 0.0, "high": 4}, "low = 0.0: must be above 0"),
        ({"name": "lognormal", "low": 1, "high": 4, "meaning": "min/max"}, "has no end"),
        ({"name": "normal", "low": 1, "high": 4, "meaning": "P5/P95"}, "'P5/P95': must be one of"),
        ({"name": "beta", "low": 0.2, "high": 1.2}, r"must lie inside the limits \(0.0, 1.0\)"),
        ({"name": "beta", "low": 0.2, "high": 0.4, "meaning": "min/max"}, "do not fix the shape"),
        ({"name": "normal", "low": -1, "high": 1, "minimum": 0}, "must lie in the limits"),
        ({"name": "risk", "probability": 1.5, "impact": 3.0}, "probability = 1.5: must be in"),
        ({"name": "risk", "probability": math.nan, "impact": 3.0}, "probability = nan"),
        ({"name": "risk", "probability": 0.5}, "impact must be given"),
        ({"name": "risk", "probability": 0.5, "impact": 0.0}, "impact = 0"),
        (
            {"name": "mixture", "weights": [0.5, 0.6], "components": [Uniform(0, 1)] * 2},
            "must be positive and add up to 1",
        ),
        ({"name": "mixture", "weights": [1.0], "components": [Uniform(0, 1)] * 2}, "2 components"),
    ],
)
def test_bad_ranges_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        marginal(**arguments)


def test_every_name_can_be_built():
    for name in set(NAMES) - {"risk", "mixture"}:
        law = marginal(name, low=0.2, mode=0.3, high=0.5)
        np.testing.assert_allclose(law.ppf([0.1, 0.9]), [0.2, 0.5], atol=1e-9)


def test_bad_probabilities_and_values_are_refused():
    with pytest.raises(ValueError, match=r"p = 1.1: must be in \[0, 1\]"):
        Normal(0, 1).ppf([0.5, 1.1])
    with pytest.raises(ValueError, match="p = nan"):
        Uniform(0, 1).ppf(math.nan)
    with pytest.raises(ValueError, match="x = nan"):
        Normal(0, 1).cdf([0.0, math.nan])
    with pytest.raises(ValueError, match="no mass lies between"):
        Truncated(Uniform(0, 1), 2, 3)
    with pytest.raises(ValueError, match="n = 1: must be at least 2"):
        quantile_table(Normal(0, 1), n=1)
    with pytest.raises(ValueError, match="2 jumps"):
        quantile_table(Mixture((0.2, 0.3, 0.5), (Uniform(0, 1), Uniform(2, 3), Uniform(4, 5))))
