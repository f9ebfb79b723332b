"""Charts and tables of the allocation chapter: they show the numbers of the studies."""

import pytest

from analysis import registry
from analysis.figures import allocation as draw
from analysis.studies import allocation, bills, leaving
from analysis.studies.players import GROUP_LABELS


@pytest.fixture(scope="module")
def base():
    return registry.load().scenario("base")


def points(chart, name):
    """Points of one trace: what stands on the y axis, and x."""
    (trace,) = [trace for trace in chart.spec["data"] if trace["name"] == name]
    return dict(zip(trace["y"], trace["x"], strict=True))


def test_bars_of_a_rule_add_up_to_the_whole(base):
    chart = draw.by_group(allocation.by_group(base), base)
    for rule in allocation.RULES.values():
        parts = [points(chart, group)[rule.label] for group in GROUP_LABELS.values()]
        assert sum(parts) == pytest.approx(1, abs=1e-5)
    assert chart.spec["layout"]["barmode"] == "stack"
    assert base.hash == chart.meta["scenario"]["hash"]


def test_groups_keep_their_colour_when_one_is_missing(base, monkeypatch):
    monkeypatch.delitem(allocation.RULES, "nucleolus")  # slow, and no different
    full = draw.by_group(allocation.by_group(base), base)
    moved = base.with_changes({"gp.share_pay_self": 1})
    part = draw.by_group(allocation.by_group(moved), moved)
    colours = {trace["name"]: trace["marker"]["color"] for trace in full.spec["data"]}
    assert len(part.spec["data"]) == 3
    for trace in part.spec["data"]:
        assert colours[trace["name"]] == trace["marker"]["color"]
    assert len(set(colours.values())) == len(colours)


def test_a_dot_for_every_municipality_and_rule(base):
    labels = {id: allocation.RULES[id].label for id in ("per_user", "owen")}
    chart = draw.municipalities(allocation.municipalities(base), labels, base)
    assert [len(trace["x"]) for trace in chart.spec["data"]] == [66, 66]
    assert len(chart.table) == 66
    assert set(labels.values()) < set(chart.table.columns)


def test_winners_and_losers_are_told_apart(base):
    frame = allocation.change("owen", "per_user", base, count=3)
    chart = draw.change(frame, "Owen value", "Per user", base)
    assert all(x < 0 for x in points(chart, "pay less").values())
    assert all(x >= 0 for x in points(chart, "pay more").values())
    assert frame["name"].iloc[0] in chart.alt
    assert frame["name"].iloc[-1] in chart.alt


def test_gps_are_drawn_by_contract_beside_their_present_record(base):
    frame = allocation.gp_offices(base)
    chart = draw.gp_offices(frame, 324_000.0, base)
    assert points(chart, GROUP_LABELS["gp_self"])["Per user"] == pytest.approx(
        frame[(frame["rule"] == "Per user")]["per_gp"].iloc[0], rel=1e-5
    )
    assert chart.spec["layout"]["shapes"][0]["x0"] == 324_000
    assert "324,000 NOK" in chart.alt


def test_unravelling_shows_both_states_of_every_solved_rule(base):
    frame = leaving.unravelling(base)
    chart = draw.unravelling(frame, base)
    stay = frame[~frame["councils"]]
    for guaranteed, name in ((False, "as it stands"), (True, chart.spec["data"][1]["name"])):
        rows = stay[stay["guaranteed"] == guaranteed].set_index("rule")["gps_in"]
        assert points(chart, name) == pytest.approx(rows.to_dict(), rel=1e-5)
    assert len(chart.table) == len(stay)


@pytest.mark.parametrize("kind", ["introduction", "running, a year"])
def test_bills_are_drawn_best_shape_first(base, kind):
    frame = bills.fits(base)
    chart = draw.bills(frame, kind)
    errors = frame[frame["kind"] == kind].groupby("shape")["error"].first()
    shapes = chart.spec["data"][0]["y"]
    assert [errors[shape] for shape in shapes] == sorted(errors)
    assert "Meråker" in chart.meta["note"] if kind.startswith("running") else True
    assert len(chart.spec["data"]) == 3


def test_bars_of_sensitivity_reach_from_end_to_end(base):
    frame = allocation.sensitivity(base)
    chart = draw.sensitivity(frame, base)
    for trace in chart.spec["data"]:
        rows = frame[frame["rule"] == trace["name"]]
        ends = rows.groupby("assumption", sort=False)["gp"].agg(["min", "max"])
        found = zip(trace["y"], trace["x"], trace["error_x"]["array"], strict=True)
        for assumption, middle, half in found:
            assert middle - half == pytest.approx(ends.loc[assumption, "min"], rel=1e-3)
            assert middle + half == pytest.approx(ends.loc[assumption, "max"], rel=1e-3)


def test_tables_have_words_for_columns_and_every_rule(base):
    tables = [
        draw.stability(allocation.stability(base)),
        draw.state_money(leaving.state_money(base)),
        draw.cover(leaving.covered_by_municipalities(base)),
        draw.councils_leaving(leaving.unravelling(base)),
        draw.exposure(leaving.exposure(base)),
        draw.recorded_bills(bills.recorded(base)),
    ]
    for made in tables:
        assert not [column for column in made.frame.columns if "_" in column], made.id
        assert not made.frame.isna().any(axis=None), made.id
        assert "<table" in made._repr_html_()
    labels = [rule.label for rule in allocation.RULES.values()]
    for made in tables[:3]:
        assert made.frame["rule"].tolist() == labels
    assert len(tables[3].frame) == 2 * len(leaving.SOLVED)
    assert len({made.id for made in tables}) == len(tables)
