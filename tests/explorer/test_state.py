import json
import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import analysis
from analysis import explorer
from analysis.explorer import gp_office, state
from analysis.explorer.state import State

ANY = list(explorer.EXPLORERS.values())
CONTROLS = {c["id"]: c for c in gp_office.payload["controls"] if c["kind"] == "number"}
SET = State({"gp.hp_price": 80000.0, "office.partners": 0.35}, {"contract": "deal"})


@pytest.mark.parametrize("panel", ANY, ids=lambda e: e.id)
def test_every_preset_survives_a_link_and_a_file(panel):
    for preset in panel.payload["presets"]:
        wanted = State(preset["changes"], preset["choices"])
        assert state.from_link(panel, state.to_link(panel, wanted)) == (wanted, [])
        assert state.from_json(panel, state.to_json(panel, wanted)) == (wanted, [])


@settings(max_examples=200)
@given(
    st.fixed_dictionaries(
        {}, optional={id: st.floats(c["min"], c["max"]) for id, c in CONTROLS.items()}
    )
)
@example({"gp.dip_months": 2.7115555687434876e-05})
@example({"gp.dip_months": 5e-324})
def test_any_setting_within_its_limits_survives_a_link_and_a_file(changes):
    wanted = state.checked(gp_office, changes)
    assert state.from_link(gp_office, state.to_link(gp_office, wanted)) == (wanted, [])
    assert state.from_json(gp_office, state.to_json(gp_office, wanted)) == (wanted, [])


def test_a_link_reads_as_a_person_would_write_it():
    link = state.to_link(gp_office, SET)
    version = f"v:{gp_office.payload['base']}"
    assert link == f"s=1~gp_office~{version}~gp.hp_price:80000~office.partners:0.35~contract:deal"


def test_a_scenario_file_loads_in_the_model_and_gives_the_same_result(tmp_path):
    path = tmp_path / "scenario.json"
    path.write_text(state.to_json(gp_office, SET), encoding="utf-8")
    assert analysis.load_scenario(path).changes == SET.changes
    loaded = state.load(gp_office, path)
    assert gp_office.evaluate(loaded) == gp_office.evaluate(SET)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("gp.hp_price:400001", "outside 0 to 400000"),
        ("gp.hp_price:-1", "outside 0 to 400000"),
        ("gp.hp_price:NaN", "not a number"),
        ("gp.hp_price:Infinity", "not a number"),
        ("gp.hp_price:1e308", "outside 0 to 400000"),
        ("gp.hp_price:1e999", "not a number"),
        ("gp.hp_price:0x10", "not a number"),
        ("gp.hp_price:1_0", "not a number"),
        ("gp.hp_price:٣", "not a number"),
        ("gp.hp_price:", "not a number"),
        ("contract:nobody", "unknown answer"),
        ("cost.frame_article:4", "“cost.frame_article” is not a setting here"),
        ("__proto__:1", "“?” is not a setting here"),
        ("constructor:1", "“constructor” is not a setting here"),
        ("<script>:1", "“?” is not a setting here"),
        ("", "“?” is not a setting here"),
    ],
)
def test_a_bad_part_of_a_link_is_named_and_the_rest_is_kept(part, message):
    link = f"s=1~gp_office~{part}~office.gps:6"
    found, messages = state.from_link(gp_office, link)
    assert found == State({"office.gps": 6.0})
    assert len(messages) == 1
    assert message in messages[0]


@pytest.mark.parametrize(
    "link",
    ["s=", "s=0~gp_office", "s=1~budget", "s=1", "s=x~gp_office", "s=1~gp_office" + "~a:1" * 2000],
)
def test_a_link_that_cannot_be_ours_changes_nothing_and_says_so(link):
    found, messages = state.from_link(gp_office, link)
    assert found == State()
    assert len(messages) == 1


def test_a_link_of_another_kind_is_left_alone():
    assert state.from_link(gp_office, "#explorer-gp-office") == (State(), [])


def test_a_newer_link_is_read_as_far_as_it_goes():
    found, messages = state.from_link(gp_office, "s=9~gp_office~office.gps:6")
    assert found == State({"office.gps": 6.0})
    assert messages == ["The link was made by a newer version of this page."]


def test_a_link_made_on_other_data_keeps_its_settings_and_says_so():
    found, messages = state.from_link(gp_office, "s=1~gp_office~v:000000000000~office.gps:6")
    assert found == State({"office.gps": 6.0})
    assert messages == ["The data have changed since the link was made; your settings are kept."]


def test_an_old_name_still_works():
    import dataclasses

    renamed = dataclasses.replace(gp_office, renamed={"gp.price": "gp.hp_price"})
    assert state.from_link(renamed, "s=1~gp_office~gp.price:80000") == (
        State({"gp.hp_price": 80000.0}),
        [],
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=300)
@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda b: b.decode("latin-1")))
def test_no_text_breaks_the_readers(text):
    for read in (
        lambda: state.from_link(gp_office, "s=1~gp_office~" + text),
        lambda: state.from_link(gp_office, text),
        lambda: state.from_json(gp_office, text),
    ):
        found, _ = read()
        assert_allowed(found)


@settings(max_examples=300)
@given(
    st.dictionaries(st.sampled_from([*CONTROLS, "contract", "__proto__", "x"]), JSON),
    JSON,
)
def test_no_file_sets_what_is_not_allowed(changes, view):
    content = {"format": "helseplattformen-scenario", "changes": changes, "view": view}
    found, _ = state.from_json(gp_office, json.dumps(content))
    assert_allowed(found)


def test_a_file_nested_without_end_is_refused():
    assert state.from_json(gp_office, "[" * 100_000)[0] == State()


def assert_allowed(found):
    for id, x in found.changes.items():
        assert math.isfinite(x)
        assert CONTROLS[id]["min"] <= x <= CONTROLS[id]["max"]
    assert set(found.choices) <= {"contract"}


def test_wrong_settings_in_code_raise_with_the_allowed_range():
    with pytest.raises(ValueError, match="outside 0 to 400000"):
        explorer.show("gp_office", {"gp.hp_price": 1e9})
    with pytest.raises(KeyError, match="choose from budget"):
        explorer.show("nothing")
