import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.explorer import survey as explorer
from analysis.explorer.engine import parameters, run
from analysis.explorer.state import State
from analysis.methods import survey as methods
from analysis.model import survey as kernel

QUESTIONS = {"unsure": 0.65, "searching": 0.35, "double": 0.60}


def at(question="unsure", **changes):
    named = {f"survey.{key}": value for key, value in changes.items()}
    return run(explorer, parameters(explorer, State(named, {"question": question})))


@pytest.mark.parametrize(
    ("question", "wilson", "bounds", "turning"),
    [
        ("unsure", (0.63275, 0.66687), (0.27857, 0.85000), 0.38750),
        ("searching", (0.33313, 0.36725), (0.15000, 0.72143), 0.61250),
        ("double", (0.58235, 0.61739), (0.25714, 0.82857), 0.42500),
    ],
)
def test_the_three_layers_of_the_trondheim_survey(question, wilson, bounds, turning):
    """3 000 of 7 000: Wilson (1927), Manski (1989) and the share that makes one half."""
    out = at(question)
    assert (out[kernel.SAMPLING_LOW], out[kernel.SAMPLING_HIGH]) == pytest.approx(wilson, abs=5e-6)
    assert (out[kernel.LEAST], out[kernel.MOST]) == pytest.approx(bounds, abs=5e-6)
    assert out[kernel.TURNING] == pytest.approx(turning, abs=5e-6)


@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_the_kernel_agrees_with_the_chapter(question):
    layers = methods.layers(QUESTIONS[question], 3000, 7000)
    out = at(question)
    assert out[kernel.LEAST] == pytest.approx(layers.bounds.low)
    assert out[kernel.MOST] == pytest.approx(layers.bounds.high)


@given(st.floats(0, 1), st.integers(500, 7000), st.sampled_from(sorted(QUESTIONS)))
def test_the_share_among_all_lies_within_the_bounds(silent, answered, question):
    out = at(question, silent_share=silent, answered=answered)
    assert out[kernel.LEAST] <= out[kernel.OVERALL] + 1e-12
    assert out[kernel.OVERALL] <= out[kernel.MOST] + 1e-12
    assert 0 <= out[kernel.SAMPLING_LOW] <= out[kernel.SAMPLING_HIGH] <= 1


def test_when_everybody_answers_nothing_is_left_to_bound():
    out = at(answered=7000)
    assert out[kernel.LEAST] == out[kernel.MOST] == out[kernel.OVERALL] == pytest.approx(0.65)
    assert out[kernel.DECIDED] < 0


def test_silent_people_like_the_rest_leave_the_figure_as_it_is():
    assert at(silent_share=0.65)[kernel.OVERALL] == pytest.approx(0.65)


def test_at_the_turning_point_half_of_all_agree():
    turning = at("double")[kernel.TURNING]
    assert at("double", silent_share=turning)[kernel.OVERALL] == pytest.approx(0.5)
