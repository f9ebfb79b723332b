import pytest

import analysis
from analysis import registry
from analysis.explorer import adoption as explorer
from analysis.explorer import engine
from analysis.explorer.state import State
from analysis.model.layout import NPV

PRESETS = [p["id"] for p in explorer.payload["presets"]]


@pytest.mark.parametrize("id", PRESETS)
def test_a_preset_is_the_scenario_of_the_model(id):
    preset = next(p for p in explorer.payload["presets"] if p["id"] == id)
    result = engine.evaluate(explorer, State(preset["changes"]), draws=0)
    model = analysis.evaluate(registry.load().scenario(id))
    assert result.out[NPV] == model.outcome("npv") * 1e6
    joined = [explorer.output["paying"], explorer.output["municipal"]]
    for output, name in zip(joined, ("gp_self", "municipal"), strict=True):
        shares = result.out[output.start : output.start + output.size]
        assert shares == pytest.approx(model.joined[name].tolist())


def test_compiled_draws_are_those_of_plain_python():
    few = 16
    compiled = engine.evaluate(explorer, State(), few)
    import dataclasses

    plain = engine.evaluate(dataclasses.replace(explorer, batch=None), State(), few)
    assert compiled.low == plain.low
    assert compiled.mid == plain.mid
