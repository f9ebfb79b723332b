"""The small kernels against closed forms and published values."""

import math

import pytest

from analysis.model import adoption, appraisal, costs, financing, layout, timing


def test_spending_is_a_smooth_s_that_ends_at_one():
    assert costs.spent_by(0.0, 6.0) == 0.0
    assert costs.spent_by(3.0, 6.0) == 0.5
    assert costs.spent_by(6.0, 6.0) == 1.0
    assert costs.spent_by(9.0, 6.0) == 1.0
    steps = [costs.spent_by(t / 10, 6.0) for t in range(61)]
    assert steps == sorted(steps)


@pytest.mark.parametrize(
    ("x", "p"), [(0.0, 0.5), (1.886, 0.90), (2.920, 0.95), (4.303, 0.975), (9.925, 0.995)]
)
def test_thresholds_follow_the_published_t_table_with_two_degrees_of_freedom(x, p):
    # Student's t table, two degrees of freedom, one-sided (any statistics text).
    assert adoption.share_below(x) == pytest.approx(p, abs=5e-5)
    assert adoption.share_below(-x) == pytest.approx(1.0 - p, abs=5e-5)


def test_discount_rate_steps_down_after_40_and_75_years():
    def rate(year):
        return timing.discount_rate(year, 0.04, 0.03, 0.02, 40.0, 75.0)

    assert [rate(y) for y in (0, 39, 40, 74, 75, 200)] == [0.04, 0.04, 0.03, 0.03, 0.02, 0.02]


def test_elapsed_is_the_part_of_the_year_after_the_start():
    assert timing.elapsed(3, 2022.25) == 0.75
    assert timing.elapsed(2, 2022.25) == 0.0
    assert timing.elapsed(4, 2022.25) == 1.0


@pytest.mark.parametrize("rate", [0.0, 0.03, 0.1])
@pytest.mark.parametrize(("first", "years"), [(5.0, 10.0), (5.5, 40.0), (0.0, 1.0)])
def test_payments_on_a_debt_are_worth_the_debt(rate, first, years):
    debt, worth = 100.0, 0.0
    for year in range(1, layout.YEARS):
        interest = debt * rate
        paid = financing.instalment(debt, interest, year, first, years)
        debt += interest - paid
        worth += paid / (1.0 + rate) ** year
    assert debt == pytest.approx(0.0, abs=1e-9)
    assert worth == pytest.approx(100.0)


def test_exchange_is_complete_when_everybody_is_there():
    assert adoption.exchange_share(1.0, 1.0, 1.0, 0.3, 0.5) == pytest.approx(1.0)
    assert adoption.exchange_share(1.0, 0.0, 0.0, 0.3, 0.5) == 0.3
    assert adoption.exchange_share(0.0, 0.0, 1.0, 0.3, 0.5) == pytest.approx(0.2)


def test_cash_is_everything_but_working_time():
    cash = {name for k, name in enumerate(layout.FLOW_NAMES) if appraisal.is_cash(k)}
    time = {"dip", "downtime", "function", "double_work", "searching", "gp_time"}
    assert cash == set(layout.FLOW_NAMES) - time


def test_a_transfer_takes_from_one_and_gives_to_the_other():
    out = [0.0] * layout.SIZE
    financing.move(out, layout.LICENCE, layout.SELF, layout.REGION, 7, 3.5)
    touched = {place: amount for place, amount in enumerate(out) if amount}
    assert touched == {
        layout.cell(layout.LICENCE, layout.SELF, 7): -3.5,
        layout.cell(layout.LICENCE, layout.REGION, 7): 3.5,
    }


def test_payback_is_the_year_after_the_last_red_figure():
    def year(cumulative):
        out = [0.0] * layout.SIZE
        out[layout.CUMULATIVE : layout.CUMULATIVE + layout.YEARS] = cumulative
        return appraisal.payback_year(out)

    reds = [-1.0] * 10
    assert year(reds + [0.0] * 10) == layout.FIRST_YEAR + 10
    assert year(reds + [1.0] * 5 + [-0.1] + [1.0] * 4) == layout.FIRST_YEAR + 16
    assert year([-1.0] * 20) == 0.0
    assert year([1.0] * 20) == layout.FIRST_YEAR


def test_no_kernel_needs_a_function_that_runtimes_round_differently():
    """Plain arithmetic and the root are exact in IEEE 754; exp, log and powers are not."""
    import ast
    import inspect

    from analysis.studies.runtime import MODULES

    for module in MODULES:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "math":
                assert node.attr in ("sqrt", "floor"), module.__name__
            assert not isinstance(node, ast.Pow | ast.Mod | ast.FloorDiv), module.__name__
    assert math.sqrt(2.0) == 2.0**0.5
