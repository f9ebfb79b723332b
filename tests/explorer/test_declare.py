import dataclasses
import json
import math

import pytest

from analysis import explorer, registry
from analysis.explorer import engine, gp_office, words
from analysis.explorer.declare import (
    Control,
    DeclarationError,
    Headline,
    Output,
    Preset,
)
from analysis.explorer.state import State
from analysis.studies.uncertainty import law_of

ANY = list(explorer.EXPLORERS.values())
ids = {"ids": lambda e: e.id}


@pytest.mark.parametrize("panel", ANY, **ids)
def test_a_payload_is_plain_json_without_surprises(panel):
    text = json.dumps(panel.payload, allow_nan=False)
    assert json.loads(text) == panel.payload
    assert len(panel.payload["draws"]["slots"]) == len(panel.uncertain)


@pytest.mark.parametrize("panel", ANY, **ids)
def test_everything_about_a_control_comes_from_its_record(panel):
    reg = registry.load()
    for c in panel.payload["controls"]:
        if c["kind"] == "number":
            value = reg.value(c["id"])
            assert (c["min"], c["max"]) == value.limits
            assert (c["value"], c["step"], c["status"]) == (value.value, value.step, value.status)
            assert c["min"] <= c["value"] <= c["max"]


@pytest.mark.parametrize("panel", ANY, **ids)
def test_an_input_stands_where_the_kernel_reads_it(panel):
    p = panel.payload["p"]
    reg = registry.load()
    place = 0
    data = panel.data(reg) if panel.data else {}
    for id in panel.inputs:
        if id[0] == "#":
            place += len(data[id[1:]])
            continue
        if id[0] != "@":
            assert p[place] == reg.unit(reg.value(id).unit).to_base(reg[id])
        place += 1
    assert place == len(p)


@pytest.mark.parametrize("panel", ANY, **ids)
def test_every_result_is_finite_at_every_limit(panel):
    for c in panel.payload["controls"]:
        if c["kind"] == "choice":
            states = [State({}, {c["name"]: o["key"]}) for o in c["options"]]
        else:
            states = [State({c["id"]: c[end]}) for end in ("min", "max")]
        for at in states:
            engine.evaluate(panel, at, draws=0)


@pytest.mark.parametrize("panel", ANY, **ids)
def test_bands_enclose_the_centre_and_vanish_when_nothing_is_drawn(panel):
    result = engine.evaluate(panel, draws=256)
    drawn = panel.payload["drawn"]
    assert all(result.low[i] <= result.high[i] for i in drawn)
    held = {c["id"]: c["max"] for c in panel.payload["controls"] if c.get("uncertain")}
    if set(panel.uncertain) == set(held):
        result = engine.evaluate(panel, State(held))
        assert result.mid == result.out == result.low == result.high


@pytest.mark.parametrize("panel", ANY, **ids)
@pytest.mark.parametrize("locale", ["en", "nb"])
def test_sentences_and_texts_have_no_open_place(panel, locale):
    result = engine.evaluate(panel, draws=64)
    texts = words.headlines(panel, result, locale)
    for chart in panel.payload["charts"]:
        texts.append(words.fill(panel, result, chart["alt"], "", locale))
        texts += [m["text"] for m in words.marks(panel, result, chart, locale)]
    for text in texts:
        assert text
        assert not set("{}|") & set(text)
        assert "nan" not in text.lower()


@pytest.mark.parametrize("panel", ANY, **ids)
def test_tables_hold_what_the_charts_draw(panel):
    result = engine.evaluate(panel, draws=64)
    for chart in panel.payload["charts"]:
        table = words.table(panel, result, chart)
        assert len({len(row) for row in table["rows"]} | {len(table["columns"])}) == 1
        for s in words.series(panel, result, chart):
            assert len(s["x"]) == len(s["y"]) == len(table["rows"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"controls": (Control("gp.no_such"),)}, "gp.no_such: no such value"),
        ({"controls": (Control("cost.frame_article"),)}, "not an input"),
        ({"uncertain": ("gp.list_2021",)}, "uncertain but has no range"),
        ({"outputs": (Output("net", 9999, "NOK"),)}, "outside"),
        ({"headlines": (Headline("gp_net", above="{nobody}"),)}, "{nobody}"),
        ({"presets": (Preset("budget_calm"),)}, "no such control"),
        ({"controls": (Control("gp.hp_price"),)}, "@contract: no such choice"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(change, message):
    broken = dataclasses.replace(gp_office, **change)
    with pytest.raises(DeclarationError, match=f"explorer gp_office: .*{message}"):
        _ = broken.payload


def test_a_control_may_not_move_what_another_input_is_derived_from():
    broken = dataclasses.replace(
        gp_office,
        inputs=(*gp_office.inputs, "gp.downtime_loss_hp"),
    )
    with pytest.raises(DeclarationError, match=r"gp\.downtime_loss_hp: is derived from"):
        _ = broken.payload


@pytest.mark.parametrize("panel", ANY, **ids)
def test_the_tables_of_the_draws_are_the_quantiles_of_the_records(panel):
    reg = registry.load()
    spec = panel.payload["draws"]
    for k, id in enumerate(panel.uncertain):
        table = spec["tables"][k * spec["size"] : (k + 1) * spec["size"]]
        assert table == sorted(table)
        value = reg.value(id)
        to_base = reg.unit(value.unit).to_base
        middle = to_base(float(law_of(value).ppf(0.5)))
        assert table[spec["size"] // 2] == pytest.approx(middle, rel=1e-4, abs=1e-9)
        assert to_base(value.limits[0]) <= table[0] * (1 + 1e-5) + 1e-12
        assert table[-1] <= to_base(value.limits[1]) * (1 + 1e-5)


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        (1000.0, "is expected to be worth 1\u00a0000"),
        (-1000.0, "is expected to cost 1\u00a0000"),
        (0.4, "worth 0.4"),
        (0.0, "leaves the GPs' own accounts as they are"),
    ],
)
def test_the_wording_follows_the_sign(net, expected):
    result = engine.evaluate(gp_office, draws=0)
    result.mid[10] = net
    assert expected in words.headlines(gp_office, result)[0]
    assert not math.isnan(net)
