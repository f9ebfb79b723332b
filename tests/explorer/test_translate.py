"""What may be translated, what is refused, and what the script looks like."""

import importlib.util
import shutil
import subprocess
import sys
import textwrap

import pytest

from analysis import explorer
from analysis.explorer import translate
from analysis.model.appraisal import evaluate


@pytest.fixture
def kernel(tmp_path):
    """Make a function from source text, in a module of its own, so that its text can be read."""
    made = []

    def make(text, name="f"):
        path = tmp_path / f"kernel_{len(made)}.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        made.append(path.stem)
        spec.loader.exec_module(module)
        return getattr(module, name)

    yield make
    for name in made:
        del sys.modules[name]


def test_callees_come_along_and_constants_become_numbers(kernel):
    f = kernel("""
        FIRST = 2019

        def half(x):
            return 0.5 * x

        def f(p, out):
            out[0] = half(p[0]) + FIRST
    """)
    text = translate.script([f])
    assert "half: half, f: f" in text
    assert "2019" in text
    assert "FIRST" not in text


def test_the_model_is_one_classic_script_without_helpers():
    text = translate.script([evaluate])
    assert text.startswith("(function () {")
    assert "globalThis.HPModel = model" in text
    assert "import " not in text
    assert "_pyfunc" not in text
    assert "evaluate: evaluate" in text
    assert text == translate.script([evaluate])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("out[0] = p[0] % 2", "% and //"),
        ("out[0] = p[0] // 2", "% and //"),
        ("out[0] = 1.0 if 0 < p[0] < 1 else 0.0", "chained comparison"),
        ("out[0] = math.gamma(p[0])", "math.gamma"),
        ("out[0] = p.sum()", "attributes"),
        ("x: float\n    out[0] = 1.0", "without a value"),
    ],
)
def test_what_the_languages_read_differently_is_refused_by_name_and_line(kernel, line, why):
    f = kernel(f"import math\n\n\ndef f(p, out):\n    {line}\n")
    with pytest.raises(translate.TranslationError, match=f"f, line .*{why}"):
        translate.script([f])


@pytest.mark.parametrize("head", ["def f(p, out=None)", "def f(*p)", "def f(p, *, out)"])
def test_only_plain_parameters_are_taken(kernel, head):
    f = kernel(f"{head}:\n    p[0] = 1.0\n")
    with pytest.raises(translate.TranslationError, match="plain positional"):
        translate.script([f])


def test_two_functions_of_one_name_are_refused(kernel):
    one, two = kernel("def f(p):\n    p[0] = 1.0\n"), kernel("def f(p):\n    p[0] = 2.0\n")
    with pytest.raises(translate.TranslationError, match="two functions are called f"):
        translate.script([one, two])


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_script_parses_in_node(tmp_path):
    path = tmp_path / "model.js"
    path.write_text(translate.script([evaluate]), encoding="utf-8")
    done = subprocess.run(["node", "--check", str(path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_names_that_javascript_keeps_for_itself_get_another_letter(kernel):
    f = kernel("def f(p, new):\n    default = p[0]\n    new[0] = default\n")
    text = translate.script([f])
    assert "new_[0] = default_" in text


def test_annotations_and_docstrings_stay_behind(kernel):
    head = 'def f(p: list, out: list) -> None:\n    """Words."""\n'
    f = kernel(f"{head}    x: float = p[0]\n    out[0] = x\n")
    text = translate.script([f])
    assert "Words" not in text
    assert "x = p[0]" in text


def test_what_needs_a_helper_is_refused(kernel):
    f = kernel("def f(p, out):\n    out[0] = sum([p[0]])\n")
    with pytest.raises(translate.TranslationError, match="needs a helper of pscript"):
        translate.script([f])


def test_the_script_of_all_explorers_has_no_leftovers_of_python():
    script = explorer.kernels_script()
    for word in ("_pyfunc", "_pymeth", "import ", "None", "True", "False", "PSCRIPT"):
        assert word not in script
    assert script.count("globalThis.") == 1
