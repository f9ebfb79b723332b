"""The model in the browser gives the numbers of Python."""

import base64

import numpy as np
import pytest

from analysis.explorer import translate
from analysis.model import layout as at
from analysis.model.appraisal import evaluate
from analysis.studies import runtime

pytestmark = pytest.mark.browser
SCENARIOS = 10_000
CHUNK = 250


@pytest.fixture(scope="module")
def page(chromium):
    page = chromium.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_script_tag(content=translate.script([evaluate]))
    page.add_script_tag(content=RUNNER)
    yield page
    assert errors == []
    page.close()


RUNNER = """
globalThis.runAll = (text, width, size) => {
  const read = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const rows = new Float64Array(read.buffer);
  const count = rows.length / width;
  const all = new Float64Array(count * size);
  for (let k = 0; k < count; k += 1) {
    const out = all.subarray(k * size, (k + 1) * size).fill(NaN);
    HPModel.evaluate(rows.subarray(k * width, (k + 1) * width), out);
  }
  const bytes = new Uint8Array(all.buffer);
  let binary = '';
  for (let k = 0; k < bytes.length; k += 32768) {
    binary += String.fromCharCode(...bytes.subarray(k, k + 32768));
  }
  return btoa(binary);
};
"""


def in_browser(page, rows):
    text = base64.b64encode(np.ascontiguousarray(rows).tobytes()).decode()
    answer = page.evaluate("([t, w, s]) => runAll(t, w, s)", [text, rows.shape[1], at.SIZE])
    return np.frombuffer(base64.b64decode(answer)).reshape(len(rows), at.SIZE)


def test_ten_thousand_scenarios_agree_to_the_last_bit(page, parameter_space):
    """The kernels hold only operations that IEEE 754 fixes, so nothing may differ at all.

    Asked for is 1e-12 relative; zero of either sign counts as equal.
    """
    rows = parameter_space(SCENARIOS)
    places, wanted = range(rows.shape[1]), range(at.SIZE)
    worst = 0.0
    for start in range(0, SCENARIOS, CHUNK):
        part = rows[start : start + CHUNK]
        expected = runtime.evaluate_draws(part[0], places, part.T, wanted).T
        got = in_browser(page, part)
        assert np.isfinite(got).all()
        size = np.maximum(np.abs(expected), np.finfo(float).tiny)
        worst = max(worst, float((np.abs(got - expected) / size).max()))
        assert worst <= 1e-12
    assert worst == 0.0


def test_plain_python_agrees_with_the_browser(page, parameter_space):
    rows = parameter_space(300, seed=11)[-20:]
    expected = runtime.evaluate_draws(
        rows[0], range(rows.shape[1]), rows.T, range(at.SIZE), compiled=False
    ).T
    assert np.array_equal(in_browser(page, rows), expected)
