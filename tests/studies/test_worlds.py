"""Worlds in which joining fails, regret, break-evens and the time study."""

import numpy as np
import pytest

from analysis import registry
from analysis.studies import decision, learning, worlds
from analysis.studies.appraisal import evaluate


@pytest.fixture(scope="module")
def base():
    return registry.load().scenario("base")


@pytest.mark.parametrize("outcome", sorted(worlds.FAILURES))
def test_a_box_is_denser_than_the_whole(base, outcome):
    frame = worlds.failures(outcome, base)
    overall = frame["coverage"] / frame["density"] * frame["density"]
    assert (frame["density"] >= 0.85).all()
    assert (frame["coverage"] > 0).all()
    assert (overall <= 1).all()
    assert frame["limits"].str.len().gt(0).all()


def test_an_unknown_outcome_is_refused_with_the_known_ones(base):
    with pytest.raises(ValueError, match="gp_guaranteed"):
        worlds.failures("luck", base)


@pytest.mark.parametrize("reader", decision.READERS)
def test_regret_is_never_negative_and_the_domains_add_up(base, reader):
    frame = worlds.regrets(reader, base)
    assert (frame["worst"] >= frame["mean"]).all()
    assert (frame["mean"] >= 0).all()
    assert frame["best_in"].sum() == pytest.approx(1)


def test_a_break_even_makes_the_outcome_vanish(base):
    outcomes = {(reader, id): outcome for reader, id, outcome, _ in learning.QUESTIONS}
    found = learning.break_evens(base).dropna(subset=["break_even"])
    assert len(found) > 0
    for row in found.itertuples():
        moved = evaluate(base.with_changes({row.id: row.break_even}))
        here = evaluate(base)
        name = outcomes[row.reader, row.id]
        assert abs(moved.outcome(name)) < 1e-4 * abs(here.outcome(name))


def test_a_study_is_worth_less_than_knowing_and_more_when_larger(base):
    small = learning.time_study(base.with_changes({"study.offices": 2}))
    large = learning.time_study(base.with_changes({"study.offices": 170}))
    assert small.per_gp < large.per_gp <= large.perfect * 1.02
    assert small.per_gp > 0


def test_the_cost_of_a_study_comes_off_its_worth(base):
    free = learning.time_study(base.with_changes({"study.cost": 0}))
    assert free.net == pytest.approx(free.total)
    paid = learning.time_study(base)
    assert paid.net == pytest.approx(paid.total - base.value("study.cost"))


def test_turning_points_cover_all_draws_once(base):
    frame = learning.turning_points(base)
    assert frame["probability"].sum() == pytest.approx(1)
    assert (frame["high"].to_numpy()[:-1] == frame["low"].to_numpy()[1:]).all()


def test_slower_consultations_never_help(base):
    frame = learning.along("gp.function_minutes", base)
    join = frame[frame["option"] == "join"]["net"].to_numpy()
    assert np.all(np.diff(join) < 0)


def test_running_over_a_value_without_range_is_refused(base):
    with pytest.raises(ValueError, match=r"gp\.offices"):
        learning.along("gp.offices", base)
