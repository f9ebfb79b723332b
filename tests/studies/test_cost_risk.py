"""The cost-risk study: the frame read under sets of assumptions."""

import numpy as np
import pytest

from analysis import registry
from analysis.studies import cost_risk


@pytest.fixture(scope="module")
def base():
    return registry.load().scenario("base")


def test_means_do_not_depend_on_correlation(base):
    means = cost_risk.readings(base).set_index("assumptions")["mean"]
    with_risks = means[[name for name in means.index if name.startswith("Items and risks")]]
    assert with_risks.nunique() == 1


def test_correlation_widens_the_curve_and_raises_p85(base):
    read = cost_risk.readings(base).set_index("assumptions")
    spread = read["p90"] - read["p10"]
    order = ["Items and risks, independent", cost_risk.BASE_SET, "Items and risks, fully dependent"]
    assert spread[order].is_monotonic_increasing
    assert read.loc[order, "p85"].is_monotonic_increasing


def test_full_dependence_adds_up_the_quantiles_of_the_items(base):
    read = cost_risk.readings(base).set_index("assumptions")
    laws = {**cost_risk.item_laws(base), **cost_risk.risk_laws(base)}
    expected = sum(float(law.ppf(0.85)) for law in laws.values())
    assert read.loc["Items and risks, fully dependent", "p85"] == pytest.approx(expected, rel=1e-6)


def test_mean_is_items_plus_chance_times_impact(base):
    laws = cost_risk.item_laws(base)
    items = sum(float(law.mean()) for law in laws.values())
    risks = sum(
        base.value(f"cost_risks.{name}_probability")
        * float(cost_risk._law(f"cost_risks.{name}_impact", base).mean())
        for name in cost_risk.RISKS
    )
    read = cost_risk.readings(base).set_index("assumptions")
    assert read.loc[cost_risk.BASE_SET, "mean"] == pytest.approx(items + risks, rel=1e-9)


def test_exact_curve_agrees_with_monte_carlo_within_its_error(base):
    check = cost_risk.cross_check(base, draws=100_000)
    assert np.all(np.abs(check["gap"]) < 4)
    assert np.all(check["standard_error"] > 0)


def test_dearer_items_lower_the_chance_of_staying_within_the_frame(base):
    dearer = base.with_changes({"cost_items.vendor": 1800})
    assert cost_risk.within(dearer)[0] < cost_risk.within(base)[0]


def test_a_risk_that_cannot_happen_is_left_out(base):
    safe = base.with_changes({"cost_risks.delay_probability": 0})
    assert "cost_risks.delay_impact" not in cost_risk.risk_laws(safe)
    assert cost_risk.p85(safe) < cost_risk.p85(base)


def test_contingency_is_the_distance_from_frame_to_p85(base):
    assert cost_risk.to_p85(base) == pytest.approx(
        cost_risk.p85(base) - base.value("cost.frame_article") * 1000
    )


def test_a_value_without_range_is_refused(base):
    with pytest.raises(ValueError, match=r"cost\.frame_article has no range"):
        cost_risk._law("cost.frame_article", base)
