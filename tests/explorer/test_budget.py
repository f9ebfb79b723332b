import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import lognorm

from analysis.explorer import budget as explorer
from analysis.explorer.engine import parameters, run
from analysis.explorer.state import State
from analysis.model import budget as kernel
from analysis.studies import cost_risk

MILLION = 1e6
CHANCES = [f"cost_risks.{name}_probability" for name in cost_risk.RISKS]


def at(**changes):
    return run(explorer, parameters(explorer, State(changes)))


def test_the_curve_is_that_of_the_chapter():
    """Against the exact S-curve (Gauss–Hermite over the factor, FFT over the items)."""
    exact = cost_risk.readings().set_index("assumptions").loc[cost_risk.BASE_SET]
    out = at()
    for place, name in ((kernel.P10, "p10"), (kernel.P50, "p50"), (kernel.P85, "p85")):
        assert out[place] / MILLION == pytest.approx(exact[name], rel=0.01)
    assert out[kernel.WITHIN] == pytest.approx(exact["within"], abs=0.01)


@pytest.mark.parametrize(
    ("rho", "name"),
    [(0.0, "Items and risks, independent"), (1.0, "Items and risks, fully dependent")],
)
def test_the_ends_of_the_correlation_are_those_of_the_chapter(rho, name):
    exact = cost_risk.readings().set_index("assumptions").loc[name]
    out = at(**{"cost_risk.correlation": rho})
    assert out[kernel.P85] / MILLION == pytest.approx(exact["p85"], rel=0.012)
    assert out[kernel.WITHIN] == pytest.approx(exact["within"], abs=0.015)


def test_the_parts_have_the_mean_and_range_of_their_records():
    out, frame = at(), cost_risk.build_up().set_index("id")
    from analysis.explorer.panels.budget import ITEMS

    for i, id in enumerate(ITEMS):
        assert out[kernel.PART_MEAN + i] / MILLION == pytest.approx(frame.loc[id, "mean"], rel=0.01)
        assert out[kernel.PART_LOW + i] / MILLION == pytest.approx(frame.loc[id, "p10"], rel=1e-3)
        assert out[kernel.PART_HIGH + i] / MILLION == pytest.approx(frame.loc[id, "p90"], rel=1e-3)


def test_without_correlation_or_risks_the_total_has_the_variance_of_the_items():
    out = at(**{"cost_risk.correlation": 0.0, **dict.fromkeys(CHANCES, 0.0)})
    p = parameters(explorer, State())
    laws = [
        lognorm(p[kernel.SIGMA + i], scale=p[kernel.ITEM + i] * p[kernel.MEDIAN + i])
        for i in range(kernel.ITEMS)
    ]
    totals = out[kernel.TOTALS : kernel.TOTALS + kernel.DRAWS]
    mean = sum(totals) / len(totals)
    spread = math.sqrt(sum((x - mean) ** 2 for x in totals) / len(totals))
    assert mean == pytest.approx(sum(law.mean() for law in laws), rel=0.002)
    assert spread == pytest.approx(math.sqrt(sum(law.var() for law in laws)), rel=0.04)


@settings(max_examples=25, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={c["id"]: st.floats(c["min"], c["max"]) for c in explorer.payload["controls"]},
    )
)
def test_curves_rise_and_quantiles_are_in_order(changes):
    out = at(**changes)
    for start in (kernel.COST, kernel.INSIDE, kernel.OUTSIDE):
        curve = out[start : start + kernel.GRID]
        assert all(a <= b + 1e-12 for a, b in pairwise(curve))
    totals = out[kernel.TOTALS : kernel.TOTALS + kernel.DRAWS]
    assert totals == sorted(totals)
    assert out[kernel.P10] <= out[kernel.P50] <= out[kernel.P85] <= out[kernel.P90]
    assert 0 <= out[kernel.WITHIN] <= 1
    assert 0 <= out[kernel.OUTSIDE_WITHIN] <= 1


def test_the_outside_view_meets_at_the_start_of_its_tail_and_inverts():
    p = parameters(explorer, State())
    below, above = (kernel.outside_cdf(p, kernel.TAIL_FROM + d) for d in (-1e-9, 1e-9))
    assert below == pytest.approx(above, abs=1e-6) == 1 - p[kernel.TAIL_SHARE]
    for q in (0.05, 0.5, 0.8, 0.85, 0.99):
        assert kernel.outside_cdf(p, kernel.outside_quantile(p, q)) == pytest.approx(q)


def test_a_heavier_tail_raises_the_outside_p85_and_leaves_its_middle():
    light, heavy = (at(**{"reference.pareto_alpha": a}) for a in (3.0, 0.7))
    assert light[kernel.OUTSIDE_P85] < heavy[kernel.OUTSIDE_P85]
    assert light[kernel.OUTSIDE_P50] == heavy[kernel.OUTSIDE_P50]


def test_twice_the_cost_gives_twice_the_quantiles():
    from analysis.explorer.panels.budget import ITEMS

    reg_items = {id: v for id in ITEMS for v in [_value(id)]}
    impacts = {f"cost_risks.{n}_impact": _value(f"cost_risks.{n}_impact") for n in cost_risk.RISKS}
    once, twice = at(), at(**{id: 2 * v for id, v in {**reg_items, **impacts}.items()})
    assert twice[kernel.P85] == pytest.approx(2 * once[kernel.P85])


def _value(id):
    return next(c["value"] for c in explorer.payload["controls"] if c.get("id") == id)
