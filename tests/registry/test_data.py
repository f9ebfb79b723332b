"""A walk through the real registry: every record is complete, figures agree with each other."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from analysis.registry.formatting import format_number
from analysis.registry.loading import DATA

COUNTIES = {"Møre og Romsdal": 26, "Trøndelag": 38, "Nordland": 1, "Innlandet": 1}


def test_the_data_have_no_problems(real):
    assert len(real.values) > 300
    assert set(real.failures) == set()


def test_every_value_has_label_unit_source_status_and_a_number(real):
    for id, value in real.values.items():
        assert value.label[0].isupper() or value.label[0].isdigit(), id
        assert real.unit(value.unit), id
        assert real.source(value.source), id
        assert isinstance(real[id], float), id


def test_every_value_can_be_written_in_both_languages(real):
    for id in real.values:
        for locale in ("en", "nb"):
            assert re.search(r"\d", format_number(real.number(id), locale=locale)), id


def test_every_range_contains_its_value(real):
    for id, value in real.values.items():
        if value.low is not None:
            assert value.low <= real[id] <= value.high, id
            assert value.quantiles, id


def test_every_fact_says_where_it_stands(real):
    for id, value in real.values.items():
        if value.status not in ("assumption", "derived"):
            assert value.locator or real.source(value.source).url, id


def test_every_figure_of_the_article_names_its_paragraph(real):
    figures = [value for value in real.values.values() if value.status == "article"]
    assert len(figures) >= 10
    for value in figures:
        assert value.locator, value.id
        assert real.source(value.source).kind == "article", value.id


def test_assumptions_rest_on_no_source_that_is_not_ours(real):
    for id, value in real.values.items():
        if value.status == "assumption":
            assert value.note, f"{id} gives no reason"


def test_every_label_is_used_once(real):
    labels = [value.label for value in real.values.values()]
    assert sorted({label for label in labels if labels.count(label) > 1}) == []


def test_every_unit_of_a_value_is_known_in_norwegian(real):
    for value in real.values.values():
        unit = real.unit(value.unit)
        assert bool(unit.symbol) == bool(unit.symbol_nb), unit.id


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("cost.frame_article", 3.7),
        ("users.planned", 40_000),
        ("municipalities.article_count", 65),
        ("councils.yes", 38),
        ("survey.asked", 7_000),
        ("survey.answered", 3_000),
        ("gp.offices", 170),
    ],
)
def test_the_figures_of_the_article(real, id, expected):
    """Kommunal Rapport, fact boxes and paragraphs named in the records."""
    assert real[id] == expected
    assert real.value(id).status == "article"


def test_the_region_as_counted_by_statistics_norway(real):
    """Table 07459, 1 January: 66 municipalities, 739 935 inhabitants in 2021."""
    frame = real.municipalities
    assert frame["county"].value_counts().to_dict() == COUNTIES
    assert frame[[f"pop_{year}" for year in range(2020, 2025)]].sum().tolist() == [
        737_257, 739_935, 743_240, 750_070, 756_870,
    ]  # fmt: skip
    trondelag = frame[frame["county"] == "Trøndelag"]
    assert trondelag["pop_2021"].sum() == 471_124
    assert frame.loc["1811", "pop_2021"] == 1_397
    assert frame.loc["3430", "pop_2021"] == 1_870
    assert frame["centrality_class"].value_counts().to_dict() == {2: 1, 3: 4, 4: 16, 5: 25, 6: 20}


def test_the_article_and_the_count_of_municipalities_differ_on_purpose(real):
    assert len(real.municipalities) == real["municipalities.count"] == 66
    assert any("65" in conflict.title for conflict in real.conflicts.values())


@pytest.mark.parametrize(
    "ids",
    [
        {"municipalities.article_count", "municipalities.count", "municipalities.count_2024"},
        {"councils.yes", "adoption.signed_2022"},
        {"cost.frame_article", "cost.total_2024"},
        {"gp.share_pay_self", "gp.self_employed_national"},
        {"users.planned", "users.live_2024"},
    ],
)
def test_known_conflicts_are_recorded(real, ids):
    assert any(ids <= set(conflict.values) for conflict in real.conflicts.values())


def test_claims_of_both_persons_and_of_the_article_use_every_code(real):
    claims = real.claims.values()
    assert len({claim.speaker for claim in claims}) == 3
    topics = {code for code in real.codebook if not code.startswith(("stance-", "strength-"))}
    assert {claim.topic for claim in claims} == topics


def test_every_claim_has_been_held_against_the_record(real):
    assert real.claims.keys() == {evidence.claim for evidence in real.evidence.values()}


def test_tiles_lie_roughly_where_the_municipalities_do(real):
    frame = real.municipalities
    tiles = frame[["tile_row", "tile_col"]]
    assert not tiles.duplicated().any()
    assert (tiles.min() == 0).all()
    north, south = frame.loc["1811"], frame.loc["3430"]
    assert north["tile_row"] == 0  # Bindal
    assert south["tile_row"] > frame.loc["5001", "tile_row"]  # Os
    assert south["tile_col"] > frame.loc["1507", "tile_col"]
    middle = frame.groupby("county")[["tile_row", "tile_col"]].mean()
    assert middle.loc["Møre og Romsdal", "tile_row"] > middle.loc["Trøndelag", "tile_row"]
    assert middle.loc["Møre og Romsdal", "tile_col"] < middle.loc["Trøndelag", "tile_col"]


@pytest.mark.parametrize(
    ("code", "neighbour"),
    [
        ("5001", "5031"),  # Trondheim, Malvik
        ("5001", "5028"),  # Trondheim, Melhus
        ("5035", "5034"),  # Stjørdal, Meråker
        ("5007", "5047"),  # Namsos, Overhalla
        ("5053", "5006"),  # Inderøy, Steinkjer
        ("1507", "1531"),  # Ålesund, Sula
        ("1514", "1511"),  # Sande, Vanylven
        ("5056", "5055"),  # Hitra, Heim
    ],
)
def test_neighbours_touch_on_the_tile_map(real, code, neighbour):
    tiles = real.municipalities[["tile_row", "tile_col"]]
    assert (tiles.loc[code] - tiles.loc[neighbour]).abs().max() == 1


def test_status_records_keep_the_precision_of_their_dates(real):
    dates = {record.date for record in real.status_records.values()}
    assert "2022-05-07" in dates
    assert "2023-02" in dates
    assert None in dates


def test_the_price_index_is_complete_and_grows(real):
    """Norway's consumer price index, 2015 = 100."""
    frame = real.series("cpi")
    years = frame["date"].astype(int).tolist()
    assert years == list(range(years[0], years[-1] + 1))
    assert frame.set_index("date").loc["2015", "value"] == pytest.approx(100, abs=0.05)
    assert all(earlier < later for earlier, later in pairwise(frame["value"]))


def test_money_in_the_past_says_what_kroner_it_is_in(real):
    missing = [
        id
        for id, value in real.values.items()
        if real.unit(value.unit).kind == "money NOK"
        and value.status != "derived"
        and not value.price_basis
        and "price level" not in value.note  # the source does not say
    ]
    assert missing == []


def test_the_readme_of_the_data_names_every_file():
    text = (DATA / "README.md").read_text(encoding="utf-8")
    for path in DATA.glob("*.*"):
        assert path.name in text or path.name == "README.md", path.name
