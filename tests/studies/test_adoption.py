"""The adoption study: records, trajectories and the two ways of counting benefits."""

import pytest

from analysis import registry
from analysis.studies import adoption
from analysis.studies.appraisal import evaluate


@pytest.fixture(scope="module")
def base():
    return registry.load().scenario("base")


def test_the_ladder_holds_every_recorded_count_once():
    frame = adoption.ladder()
    assert frame["id"].is_unique
    assert set(frame["rung"]) == set(adoption.RUNGS)
    assert (frame["count"] <= registry.load()["municipalities.count_2024"]).all()


def test_fewer_are_live_than_had_signed_than_had_voted():
    most = adoption.ladder().groupby("rung")["count"].max()
    assert most["voted yes"] > most["live or decided"] > most["live"] >= most["signed"]


def test_trajectories_are_shares_and_only_gps_may_leave(base):
    frame = adoption.trajectories(base)
    assert frame["share"].between(0, 1).all()
    for segment in ("Hospital staff", "Municipal staff"):
        assert frame[frame["segment"] == segment]["share"].is_monotonic_increasing


def test_guarantees_never_lower_the_share_of_gps(base):
    last = adoption.packages(base).query("year == 2038").set_index("package")["share"]
    assert last["As it stands"] <= last["Price guarantee"] <= last["All three guarantees"]
    assert last["All three guarantees"] <= last["Guarantees, and the municipality pays"]


def test_counting_both_ends_never_exceeds_counting_heads(base):
    frame = adoption.both_ends(base)
    assert (frame["both_ends"] <= frame["headcount"] + 1e-9).all()
    assert adoption.headcount_excess(base) > 0


def test_both_counts_agree_when_everybody_is_on_the_platform(base):
    frame = adoption.gp_share_and_benefit(base)
    assert frame.iloc[-1]["both_ends"] == pytest.approx(1)
    assert frame.iloc[-1]["headcount"] == pytest.approx(1)
    assert frame["both_ends"].is_monotonic_increasing


def test_gps_do_not_matter_when_nobody_exchanges_with_them(base):
    changes = {"model.mix_hospital_gp": 0, "model.mix_municipality_gp": 0}
    frame = adoption.gp_share_and_benefit(base.with_changes(changes))
    gps = 1 - frame.iloc[0]["headcount"]
    assert 1 - frame.iloc[0]["both_ends"] == pytest.approx(gps)


def test_the_record_lies_in_a_bracket_and_names_its_values(base):
    frame = adoption.hindcast(base)
    assert (frame["recorded_low"] <= frame["recorded_high"]).all()
    known = registry.load().values
    assert all(id in known for ids in frame["ids"] for id in ids.split(";"))


def test_the_model_is_consistent_with_the_record_of_municipal_staff(base):
    row = adoption.hindcast(base).set_index("what").loc["Municipal staff on the platform"]
    assert row["recorded_low"] <= row["model"] <= row["recorded_high"]


def test_share_of_all_gps_is_between_the_types(base):
    joined = adoption._at(evaluate(base).joined, adoption.HORIZON)
    types = [joined[name] for name in ("gp_salaried", "gp_deal", "gp_self")]
    assert min(types) <= adoption._all_gps(base, joined) <= max(types)


def test_no_time_saved_is_said_and_not_divided_by(base):
    with pytest.raises(ValueError, match="no time is saved"):
        adoption.headcount_excess(base.with_changes({"model.hours_removed": 0,
                                                     "gp.minutes_saved_day": 0}))  # fmt: skip


def test_willingness_rises_with_the_partners_on_the_platform(base):
    for _, rows in adoption.response(base).groupby("package"):
        assert rows["willing"].is_monotonic_increasing
        assert rows["willing"].between(0, 1).all()


def test_an_equilibrium_confirms_itself(base):
    response = adoption.response(base, points=2001)
    others = base.value("model.mix_gp_hospital") + base.value("model.mix_gp_municipality")
    for row in adoption.equilibria(base).itertuples():
        covered = others + (1 - others) * row.share
        lines = response[response["package"] == row.package]
        nearest = lines.iloc[(lines["covered"] - covered).abs().argmin()]
        assert nearest["willing"] == pytest.approx(row.share, abs=1e-3)
