"""The recorded bills and the shapes that are fitted to them."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import nnls

from analysis import registry
from analysis.studies import bills, findings
from analysis.studies.bills import fit_fixed_and_head

PEOPLE = np.array([2_000.0, 10_000.0, 200_000.0])


@pytest.fixture(scope="module")
def base():
    return registry.load().scenario("base")


@pytest.fixture(scope="module")
def fits(base):
    return bills.fits(base)


@given(st.floats(0.01, 100), st.floats(1, 20_000))
def test_the_fit_recovers_exact_parameters(fixed, head):
    found = fit_fixed_and_head(PEOPLE, fixed + head * PEOPLE / 1e6)
    assert found == pytest.approx((fixed, head), rel=1e-6)


def test_the_fit_recovers_a_bill_without_a_fixed_or_without_a_head_part():
    assert fit_fixed_and_head(PEOPLE, 5 * PEOPLE / 1e6) == pytest.approx((0, 5), abs=1e-9)
    assert fit_fixed_and_head(PEOPLE, np.full(3, 7.0)) == pytest.approx((7, 0), abs=1e-6)


@given(
    st.lists(st.tuples(st.floats(500, 3e5), st.floats(0.1, 500)), min_size=2, max_size=6),
)
def test_the_fit_is_the_best_without_negative_parts(pairs):
    """Against the algorithm of Lawson and Hanson (1974) in scipy."""
    people, sums = map(np.array, zip(*pairs, strict=True))
    assume(np.ptp(people) > 100)
    fixed, head = fit_fixed_and_head(people, sums)
    assert fixed >= 0
    assert head >= 0
    design = np.column_stack([1 / sums, people / 1e6 / sums])
    _, best = nnls(design, np.ones(len(sums)))
    error = np.linalg.norm(design @ [fixed, head] - 1)
    assert error == pytest.approx(best, rel=1e-6, abs=1e-7)


def test_kroner_and_people_scale_as_they_should():
    sums = np.array([9.0, 30.0, 400.0])
    fixed, head = fit_fixed_and_head(PEOPLE, sums)
    assert fit_fixed_and_head(PEOPLE, 2 * sums) == pytest.approx((2 * fixed, 2 * head))
    assert fit_fixed_and_head(PEOPLE / 10, sums) == pytest.approx((fixed, 10 * head))


@pytest.mark.parametrize(
    ("people", "sums", "words"),
    [
        ([1000.0], [5.0], "bills has 1 and people 1 entries"),
        ([1000.0, 2000.0], [5.0], "bills has 1 and people 2 entries"),
        ([1000.0, 2000.0], [5.0, 0.0], r"bills\[1\] = 0.0: must be positive"),
        ([1000.0, -2000.0], [5.0, 6.0], r"people\[1\] = -2000.0"),
        ([1000.0, 2000.0], [np.nan, 6.0], r"bills\[0\] = nan"),
        ([1000.0, np.inf], [5.0, 6.0], r"people\[1\] = inf"),
        ([1000.0, 1000.0], [5.0, 6.0], "people = 1000 in every bill: must differ"),
    ],
)
def test_bad_bills_are_refused_by_name(people, sums, words):
    with pytest.raises(ValueError, match=words):
        fit_fixed_and_head(np.array(people), np.array(sums))


def test_bills_are_those_of_the_registry_per_inhabitant(base):
    frame = bills.recorded(base)
    reg = registry.load()
    for row in frame.itertuples():
        assert row.bill == reg[row.id]
        assert reg.municipality_records[row.code].name == row.municipality
    heads = frame.set_index("id")["per_inhabitant"]
    for id in ("bills.trondheim_intro_2021", "bills.averoy_running", "bills.meraker_running"):
        assert heads[id] == pytest.approx(reg[f"{id}_head"], rel=1e-6)


def test_every_shape_is_fitted_to_every_bill_of_its_kind(fits):
    counts = fits.groupby(["kind", "shape"]).size()
    assert (counts == 3).all()
    assert (fits["bills"] == 3).all()
    assert not fits.isna().any(axis=None)
    residual = fits["fitted"] / fits["bill"] - 1
    assert fits["residual"].to_numpy() == pytest.approx(residual.to_numpy())
    error = fits.groupby(["kind", "shape"])["residual"].apply(lambda r: np.sqrt(np.mean(r**2)))
    told = fits.groupby(["kind", "shape"])["error"].first()
    assert told.to_numpy() == pytest.approx(error.to_numpy())


def test_one_more_parameter_never_fits_worse(fits):
    """A line through the origin is a line: the fixed part can only help."""
    error = fits.groupby(["kind", "shape"])["error"].first().unstack()
    assert (
        error["Fixed part and part per inhabitant"] <= error["Per inhabitant only"] + 1e-12
    ).all()


def test_a_bill_is_foretold_from_the_others_only(base):
    """A wild bill of Levanger leaves the number foretold for Levanger where it was."""
    wild = base.with_changes({"bills.levanger_paid": 400})
    for shape in ("Fixed part and part per inhabitant", "Per inhabitant only"):
        told = []
        for scenario in (base, wild):
            frame = bills.fits(scenario)
            row = frame[(frame["shape"] == shape) & (frame["municipality"] == "Levanger")].iloc[0]
            told.append((row["foretold"] + 1) * row["bill"])
        assert told[0] == pytest.approx(told[1]), shape


def test_foretelling_is_no_better_than_fitting(fits):
    assert (fits["error_foretold"] >= fits["error"] - 1e-12).all()


def test_both_parts_are_alike_at_the_even_size(base):
    for row in bills.split(base).itertuples():
        assert row.fixed == pytest.approx(row.per_inhabitant * row.even / 1e6)


def test_what_the_text_says_of_the_bills(base, fits):
    error = fits.groupby(["kind", "shape"])["error"].first()
    best = error.groupby("kind").idxmin().map(lambda pair: pair[1])
    assert (best == "Fixed part and part per inhabitant").all()
    running = error["running, a year"]
    assert running["Per inhabitant only"] > 5 * running.min()
    assert findings.get("bills.fixed_part", base).value == bills.split(base)["fixed"].iloc[0]
    assert findings.get("bills.head_part", base).unit == "NOK_per_inhabitant"
