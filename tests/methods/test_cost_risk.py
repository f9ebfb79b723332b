"""Cost risk: the S-curve against closed forms, published values and simulation."""

import math
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.methods.cost_risk import (
    Assumptions,
    envelope,
    fan,
    monte_carlo,
    s_curve,
)
from analysis.methods.distributions import (
    DiscreteRisk,
    Lognormal,
    Mixture,
    Normal,
    Triangular,
    Truncated,
    Uniform,
    pert,
)
from analysis.methods.sampling import factor_copula, independent, matrix_copula, one_factor

P = np.array([0.01, 0.10, 0.50, 0.85, 0.90, 0.99])
MIXED = [
    Triangular(300, 380, 560),
    Triangular(200, 250, 420),
    pert(150, 200, 330),
    Lognormal(300, 0.25),
    Lognormal(150, 0.5),
    DiscreteRisk(0.3, Triangular(50, 100, 300)),
]


@pytest.mark.parametrize("rho", [0.0, 0.05, 0.3, 0.6, 0.9, 0.95, 0.99, 0.9999, 1.0])
def test_normal_items_have_a_normal_sum(rho):
    curve = s_curve([stats.norm(100, 20)] * 10, rho)
    sd = 20 * math.sqrt(10 + 90 * rho)
    np.testing.assert_allclose(curve.quantile(P), 1000 + sd * stats.norm.ppf(P), rtol=1e-4)
    assert curve.mean == pytest.approx(1000, rel=1e-12)
    assert curve.std == pytest.approx(sd, rel=1e-4)


def test_published_correlated_normals():
    """Ten items N(100, 20) at rho 0.3: sd 121.65525 and P85 1126.08756 (closed form)."""
    curve = s_curve([Normal(100, 20)] * 10, 0.3)
    assert curve.std == pytest.approx(121.65525, rel=2e-6)
    assert curve.quantile(0.85) == pytest.approx(1126.08756, rel=1e-5)


def test_full_dependence_adds_quantiles_exactly():
    curve = s_curve(MIXED, 1.0)
    expected = sum(np.asarray(item.ppf(P)) for item in MIXED)
    np.testing.assert_allclose(curve.quantile(P), expected, rtol=1e-13)
    np.testing.assert_allclose(curve.cdf(expected), P, atol=1e-9)
    assert curve.cdf(0.0) == 0.0
    assert curve.cdf(1e9) == 1.0


def test_full_dependence_of_one_kind_scales_the_law():
    curve = s_curve([Lognormal(100, 0.4)] * 5, 1.0)
    assert curve.std == pytest.approx(5 * Lognormal(100, 0.4).std(), rel=1e-6)


def test_just_below_full_dependence_tends_to_it():
    at_one = s_curve(MIXED, 1.0).quantile(P)
    gaps = [
        np.abs(s_curve(MIXED, rho).quantile(P) / at_one - 1).max() for rho in (0.97, 0.99, 1 - 1e-9)
    ]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 1e-4


def test_no_break_where_the_near_one_rule_takes_over():
    below, above = (s_curve(MIXED, rho).quantile(P) for rho in (0.98, 0.980001))
    np.testing.assert_allclose(above, below, rtol=2e-5)


def test_independent_uniforms_follow_irwin_hall():
    curve = s_curve([Uniform(0, 1)] * 3, 0.0)
    np.testing.assert_allclose(
        curve.cdf(np.array([0.0, 0.5, 1.0, 1.5, 2.5, 3.0])),
        [0, 1 / 48, 1 / 6, 0.5, 1 - 1 / 48, 1],
        atol=2e-6,
    )


def test_single_item_is_returned_unchanged():
    for law in (Triangular(300, 380, 560), Lognormal(100, 0.5), stats.gamma(4, scale=10)):
        curve = s_curve([law], 0.3)
        np.testing.assert_allclose(curve.quantile(P[1:]), law.ppf(P[1:]), rtol=1e-4)
        assert curve.std == pytest.approx(float(law.std()), rel=1e-9)


def test_independent_gammas_add_shapes():
    curve = s_curve([stats.gamma(2, scale=5), stats.gamma(3, scale=5), stats.gamma(4, scale=5)])
    np.testing.assert_allclose(curve.quantile(P), stats.gamma(9, scale=5).ppf(P), rtol=1e-4)


def test_correlated_lognormal_product_moment():
    """Closed form of the covariance of lognormals under a Gaussian copula."""
    s, t, rho = 0.6, 0.4, 0.5
    curve = s_curve([Lognormal(100, s), Lognormal(200, t)], rho)
    a, b = Lognormal(100, s), Lognormal(200, t)
    covariance = a.mean() * b.mean() * math.expm1(rho * s * t)
    assert curve.std == pytest.approx(math.sqrt(a.var() + b.var() + 2 * covariance), rel=1e-4)


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.8])
def test_monte_carlo_agrees(rho):
    curve = s_curve(MIXED, rho)
    drawn = monte_carlo(MIXED, rho, 300_000, seed=5)
    off = (drawn.quantiles - curve.quantile(drawn.probabilities)) / drawn.quantile_errors
    assert np.abs(off).max() < 4
    assert abs(drawn.mean - curve.mean) < 4 * drawn.mean_error
    assert drawn.std == pytest.approx(curve.std, rel=0.01)


def test_several_factors_agree_with_monte_carlo():
    loadings = np.zeros((6, 3))
    loadings[:, 0] = math.sqrt(0.2)
    loadings[:3, 1] = math.sqrt(0.3)
    loadings[3:, 2] = -math.sqrt(0.3)
    copula = factor_copula(loadings)
    curve = s_curve(MIXED, copula)
    drawn = monte_carlo(MIXED, copula, 300_000, seed=6)
    off = (drawn.quantiles - curve.quantile(drawn.probabilities)) / drawn.quantile_errors
    assert np.abs(off).max() < 4


def test_several_factors_with_normal_items_have_a_closed_form():
    loadings = np.array([[0.5, 0.6], [0.5, 0.0], [0.0, 0.6], [0.3, -0.3]])
    copula = factor_copula(loadings)
    sd = np.array([10.0, 20.0, 15.0, 5.0])
    curve = s_curve([Normal(100, s) for s in sd], copula)
    total = math.sqrt(sd @ copula.matrix @ sd)
    np.testing.assert_allclose(curve.quantile(P), 400 + total * stats.norm.ppf(P), rtol=1e-4)


def test_copula_of_one_common_factor_is_the_scalar():
    by_copula = s_curve(MIXED, one_factor(6, 0.3)).quantile(P)
    np.testing.assert_array_equal(by_copula, s_curve(MIXED, 0.3).quantile(P))
    np.testing.assert_array_equal(
        s_curve(MIXED, independent(6)).quantile(P), s_curve(MIXED, 0.0).quantile(P)
    )


def test_independent_discrete_risks_are_enumerated():
    curve = s_curve([DiscreteRisk(0.3, 100.0), DiscreteRisk(0.2, 50.0), Normal(1000, 0.5)])
    np.testing.assert_allclose(
        curve.cdf(np.array([990.0, 1020.0, 1075.0, 1125.0, 1200.0])),
        [0, 0.7 * 0.8, 0.7, 0.7 + 0.3 * 0.8, 1],
        atol=1e-6,
    )
    assert curve.mean == pytest.approx(1040)
    assert curve.std == pytest.approx(math.sqrt(0.21 * 100**2 + 0.16 * 50**2 + 0.25), rel=1e-9)


def test_certain_amount_moves_the_curve():
    moved = s_curve([*MIXED, DiscreteRisk(1.0, 250.0)], 0.3).quantile(P)
    np.testing.assert_allclose(moved, s_curve(MIXED, 0.3).quantile(P) + 250, rtol=1e-4)


def test_atoms_closer_than_a_step_keep_their_mean():
    risks = [DiscreteRisk(0.3, 1.0), DiscreteRisk(0.6, 2.0)]
    curve = s_curve([*risks, Normal(10_000, 2_000)])
    plain = s_curve([Normal(10_000 + 0.3 + 1.2, math.hypot(2_000, 1.1))])
    np.testing.assert_allclose(curve.quantile(P), plain.quantile(P), rtol=1e-6)


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_small_items_beside_a_large_one_are_not_lost(rho):
    """Twenty normals a hundredth of the size of another one: closed form."""
    sd = np.array([2_000.0] + [20.0] * 20)
    curve = s_curve([Normal(20_000, sd[0])] + [Normal(100, s) for s in sd[1:]], rho)
    total = math.sqrt(sd @ one_factor(21, rho).matrix @ sd)
    np.testing.assert_allclose(curve.quantile(P), 22_000 + total * stats.norm.ppf(P), rtol=2e-5)
    assert curve.std == pytest.approx(total, rel=1e-5)


def test_many_small_items():
    curve = s_curve([stats.expon(scale=1.0)] * 400, 0.0)
    np.testing.assert_allclose(curve.quantile(P), stats.gamma(400).ppf(P), rtol=1e-4)


def test_scipy_discrete_items():
    curve = s_curve([stats.poisson(3), Normal(0, 0.01)])
    np.testing.assert_allclose(
        curve.cdf(np.array([0.5, 3.5, 6.5])), stats.poisson(3).cdf([0, 3, 6]), atol=1e-6
    )


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0, 2.5, 3.0])
def test_heavy_tails_widen_the_range(sigma):
    law = Lognormal(100, sigma)
    curve = s_curve([law], 0.0)
    np.testing.assert_allclose(curve.quantile(P), law.ppf(P), rtol=1e-4)
    assert curve.tail <= 1e-4
    assert curve.mean == pytest.approx(law.mean())
    with pytest.raises(ValueError, match="must be in"):
        curve.quantile(1 - curve.tail / 2)


@pytest.mark.parametrize(
    ("one", "other", "rho"), [(2.0, 2.0, 0.0), (2.0, 2.0, 0.6), (2.5, 2.5, 0.3), (3.0, 1.0, 0.3)]
)
def test_two_heavy_tails_against_quadrature(one, other, rho):
    """P(X + Y <= t), by integrating over the score of X what is left for Y."""
    z = np.linspace(-9, 9, 100_001)
    weight = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    x = 100 * np.exp(one * z)

    def exact(total):
        left = np.maximum(total - x, 1e-300)
        score = (np.log(left / 50) / other - rho * z) / math.sqrt(1 - rho**2)
        return weight @ stats.norm.cdf(score)

    curve = s_curve([Lognormal(100, one), Lognormal(50, other)], rho)
    q = curve.quantile(P)
    np.testing.assert_allclose([exact(t) for t in q], P, rtol=0, atol=2e-4)
    # The same as an error of the quantiles, by the slope of the exact curve.
    slope = np.array([(exact(1.001 * t) - exact(0.999 * t)) / (0.002 * t) for t in q])
    off = np.abs([exact(t) for t in q] - P) / (slope * q)
    assert off[0] <= 1e-3
    assert off[1:].max() <= 3e-4


@pytest.mark.parametrize("sigma", [1.5, 2.5, 3.0])
@pytest.mark.parametrize("width", [2.0, 30.0])
def test_narrow_item_beside_a_heavy_tail(sigma, width):
    """Independent, so by quadrature over the narrow item, which is at times below one step."""
    narrow = Uniform(1000, 1000 + width)
    q = s_curve([Lognormal(100, sigma), narrow], 0.0).quantile(P)
    parts = 1000 + width * (np.arange(4000) + 0.5) / 4000
    found = [np.mean(Lognormal(100, sigma).cdf(t - parts)) for t in q]
    np.testing.assert_allclose(found, P, rtol=0, atol=3e-5)


def test_item_without_mean_has_quantiles_but_no_mean():
    items = [stats.pareto(0.9, scale=10), Triangular(10, 20, 40)]
    curve = s_curve(items, 0.0)
    drawn = monte_carlo([Truncated(items[0], 10, 1e5), items[1]], 0.0, 200_000)
    assert curve.quantile(0.5) == pytest.approx(float(drawn.quantile(0.5)), rel=0.01)
    with pytest.raises(ValueError, match=r"items\[0\] has a mean of inf: must be finite"):
        _ = curve.mean
    with pytest.raises(ValueError, match=r"items\[0\] has a standard deviation"):
        _ = curve.std


@given(
    rho=st.floats(0, 1),
    ends=st.lists(
        st.tuples(st.floats(1, 100), st.floats(0, 1), st.floats(1, 100)), min_size=1, max_size=4
    ),
    scale=st.floats(1e-3, 1e6),
)
@settings(max_examples=25, deadline=None)
def test_curve_is_a_distribution_and_scales_with_prices(rho, ends, scale):
    items = [Triangular(a, a + m * w, a + w) for a, m, w in ends]
    curve = s_curve(items, rho)
    low, high = sum(i.low for i in items), sum(i.high for i in items)
    q = curve.quantile(P)
    assert np.all(np.diff(q) > 0)
    assert low <= q[0] <= q[-1] <= high
    assert curve.quantile(0.0) == pytest.approx(low)
    assert curve.quantile(1.0) == pytest.approx(high)
    np.testing.assert_allclose(curve.cdf(q), P, atol=1e-6)
    dearer = s_curve(
        [Triangular(i.low * scale, i.mode * scale, i.high * scale) for i in items], rho
    )
    np.testing.assert_allclose(dearer.quantile(P), scale * q, rtol=1e-6)
    assert dearer.mean == pytest.approx(scale * curve.mean)


@given(st.lists(st.sampled_from(range(6)), min_size=2, max_size=5, unique=True))
@settings(max_examples=10, deadline=None)
def test_correlation_widens_and_leaves_the_mean(chosen):
    items = [MIXED[i] for i in chosen]
    curves = envelope(items, base=0.4)
    assert list(curves) == [0.0, 0.4, 1.0]
    spread = [c.std for c in curves.values()]
    assert spread == sorted(spread)
    assert len({c.mean for c in curves.values()}) == 1
    high = [c.quantile(0.95) for c in curves.values()]
    assert high == sorted(high)


def test_order_of_items_does_not_matter():
    np.testing.assert_allclose(
        s_curve(MIXED[::-1], 0.3).quantile(P), s_curve(MIXED, 0.3).quantile(P), rtol=1e-9
    )


def test_finer_grid_changes_nothing_that_matters():
    fine = s_curve(MIXED, 0.3, bins=1 << 14)
    np.testing.assert_allclose(s_curve(MIXED, 0.3).quantile(P), fine.quantile(P), rtol=1e-4)


def test_frame_reading():
    curve = s_curve(MIXED, 0.3)
    p50, p85 = curve.quantile(0.5), curve.quantile(0.85)
    assert curve.percentile_of(p85) == pytest.approx(0.85, abs=1e-9)
    assert curve.contingency() == pytest.approx(p85 - p50)
    assert curve.contingency(0.85, base=p85) == pytest.approx(0.0, abs=1e-9)
    assert isinstance(p50, float)
    assert isinstance(curve.cdf(1000.0), float)


def test_fan_reads_one_frame_under_every_set():
    frame = 1500.0
    sets = {"narrow": Assumptions(MIXED[:5], 0.0), "wide": Assumptions(MIXED, 0.6)}
    read = fan(sets, frame)
    assert list(read) == ["narrow", "wide"]
    wide = s_curve(MIXED, 0.6)
    assert read["wide"].frame_percentile == pytest.approx(wide.cdf(frame))
    assert read["wide"].contingency == pytest.approx(wide.quantile(0.85) - frame)
    assert read["wide"].frame_percentile < read["narrow"].frame_percentile
    assert read["wide"].p10 < read["wide"].p50 < read["wide"].p85 < read["wide"].p90


def test_monte_carlo_does_not_depend_on_workers_or_executor():
    def run(**how):
        return monte_carlo(MIXED, 0.3, 100_000, seed=3, **how)

    one = run(workers=1)
    with ProcessPoolExecutor(2) as pool:
        for other in (run(workers=3), run(executor=pool)):
            np.testing.assert_array_equal(other.quantiles, one.quantiles)
            assert (other.mean, other.std) == (one.mean, one.std)


def test_monte_carlo_standard_errors_are_honest():
    curve = s_curve(MIXED, 0.3)
    runs = [monte_carlo(MIXED, 0.3, 10_000, seed=s, workers=1) for s in range(40)]
    found = np.array([r.quantiles for r in runs])
    stated = np.mean([r.quantile_errors for r in runs], axis=0)
    np.testing.assert_allclose(found.std(axis=0, ddof=1), stated, rtol=0.35)
    off = (found.mean(axis=0) - curve.quantile(runs[0].probabilities)) / (stated / math.sqrt(40))
    assert np.abs(off).max() < 4
    assert np.allclose(runs[0].cdf(runs[0].quantiles), runs[0].probabilities, atol=1e-3)


def test_monte_carlo_takes_a_full_matrix_and_many_jumps():
    matrix = np.full((3, 3), 0.3) + 0.7 * np.eye(3)
    items = [Triangular(0, 1, 2), Mixture((0.5, 0.5), (Uniform(0, 1), Uniform(3, 4))), Normal(5, 1)]
    drawn = monte_carlo(items, matrix_copula(matrix), 200_000)
    curve = s_curve(items, 0.3)
    off = (drawn.quantiles - curve.quantile(drawn.probabilities)) / drawn.quantile_errors
    assert np.abs(off).max() < 4


@pytest.mark.parametrize("shown", [True, False])
def test_monte_carlo_counts_its_draws_on_a_bar(monkeypatch, shown):
    bars = []

    class Bar:
        def __init__(self, **how):
            self.how, self.done = how, 0
            bars.append(self)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def update(self, draws):
            self.done += draws

    quiet = monte_carlo(MIXED, 0.3, 100_000, progress=False)
    monkeypatch.setattr("tqdm.auto.tqdm", Bar)
    drawn = monte_carlo(MIXED, 0.3, 100_000, progress=shown)
    (bar,) = bars
    assert bar.done == bar.how["total"] == 100_000
    assert bar.how["delay"] == 2.0
    assert bar.how.get("disable", False) is not shown
    np.testing.assert_array_equal(drawn.quantiles, quiet.quantiles)


def test_monte_carlo_is_silent_when_quick(capsys):
    monte_carlo(MIXED, 0.3, 20_000)
    assert capsys.readouterr() == ("", "")


def test_monte_carlo_error_falls_with_the_root_of_the_draws():
    few, many = (monte_carlo(MIXED, 0.3, n).quantile_errors[1] for n in (10_000, 160_000))
    assert few / many == pytest.approx(4, rel=0.2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: s_curve([], 0.3), "items: at least one is needed"),
        (lambda: s_curve([MIXED[0], 5.0]), r"items\[1\] = 5.0: must be a distribution"),
        (lambda: s_curve(MIXED, 1.2), r"rho = 1.2: must be in \[0, 1\]"),
        (lambda: s_curve(MIXED, -0.1), "rho = -0.1"),
        (lambda: s_curve(MIXED, math.nan), "rho = nan"),
        (lambda: s_curve(MIXED, one_factor(3, 0.3)), "3 variables for 6 items: must agree"),
        (lambda: s_curve(MIXED, matrix_copula(np.eye(6))), "needs common factors"),
        (lambda: s_curve([stats.norm(0, -1)]), r"items\[0\] has a quantile of nan"),
        (lambda: s_curve([stats.norm(math.nan, 1)]), r"items\[0\] has a quantile of nan"),
        (lambda: s_curve([DiscreteRisk(1.0, 5.0)]), "at least one must be uncertain"),
        (lambda: s_curve(MIXED, 0.3, bins=8), "bins = 8: must be at least 64"),
        (lambda: s_curve(MIXED, 0.3).quantile(1.5), r"p = 1.5: must be in \[0, 1\]"),
        (lambda: s_curve(MIXED, 0.3).quantile(math.nan), "p = nan"),
        (lambda: s_curve(MIXED, 0.3).cdf(math.nan), "x = nan"),
        (lambda: envelope(MIXED, base=1.0), "base = 1.0: must be between 0 and 1"),
        (lambda: fan({"a": Assumptions(MIXED, 0.0)}, math.nan), "frame = nan"),
        (lambda: monte_carlo(MIXED, 0.3, draws=0), "draws = 0: must be at least 100"),
        (lambda: monte_carlo([], 0.3), "items: at least one is needed"),
        (lambda: monte_carlo(MIXED, 0.3, 100, probabilities=[0.999]), "too few of 100 draws"),
        (lambda: monte_carlo(MIXED, 0.3, 1000).quantile(0.9999), "too few of 1000 draws"),
        (lambda: monte_carlo(MIXED, one_factor(2, 0.3)), "2 variables for 6 items"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
