"""The outside view study."""

import pytest

from analysis import registry
from analysis.studies import cost_risk, outside


@pytest.fixture(scope="module")
def base():
    return registry.load().scenario("base")


def test_no_mean_is_reported_where_none_exists(base):
    frame = outside.readings(base).set_index("tail_index")
    assert frame["mean"].isna()[1.0]
    assert frame["mean"].notna()[[1.5, 2.0, 3.0]].all()


def test_the_tail_index_moves_the_far_quantiles_and_not_the_median(base):
    frame = outside.readings(base)
    assert frame["p50"].max() == pytest.approx(frame["p50"].min())
    assert frame["p95"].is_monotonic_decreasing


def test_the_share_of_the_tail_is_the_published_one(base):
    law = outside.reference(base)
    beyond = 1 - float(law.cdf(base.value("outside.tail_from")))
    assert beyond == pytest.approx(base.value("reference.it2023_tail"))


def test_the_recorded_growth_is_the_ratio_of_the_two_audited_sums(base):
    ratio = base.value("cost.total_audit_low") / base.value("cost.original_audit")
    assert outside.outcome_multiple(base) == pytest.approx(ratio)


def test_inside_chance_is_read_off_the_base_curve(base):
    limit = outside.outcome_multiple(base) * cost_risk.base_estimate(base)
    below = cost_risk.base_curve(base).cdf(limit)
    assert outside.outcome_inside(base) == pytest.approx(1 - below)


def test_implied_tail_index_reproduces_the_published_tail_mean(base):
    index = outside.tail_index(base)
    start = base.value("outside.tail_from")
    assert start * index / (index - 1) == pytest.approx(
        1 + base.value("reference.it2023_tail_mean")
    )


def test_curves_fall_with_the_multiple(base):
    for _, rows in outside.curves(base).groupby("view"):
        assert rows["multiple"].is_monotonic_increasing
        assert rows["beyond"].is_monotonic_decreasing
