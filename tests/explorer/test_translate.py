import math

import pytest

from analysis import explorer
from analysis.explorer import translate
from analysis.explorer.translate import TranslationError

LIMIT = 3


def helper(x: float) -> float:
    return x + LIMIT


def kernel(p: list[float], out: list[float]) -> None:
    """A docstring is left out."""
    new: float = helper(p[0])
    for i in range(len(out)):
        out[i] = abs(new) if i < LIMIT else math.exp(-new)


def with_modulo(p, out):
    out[0] = p[0] % 2


def with_division(p, out):
    out[0] = p[0] // 2


def with_chain(p, out):
    out[0] = 1 if 0 < p[0] < 1 else 0


def with_method(p, out):
    out.append(p[0])


def with_gamma(p, out):
    out[0] = math.gamma(p[0])


def with_default(p, out, q=1):
    out[0] = q


def with_list(p, out):
    out[0] = sum([p[0]])


def test_callees_constants_and_reserved_names_are_carried_over():
    script = translate.script([kernel], name="Test")
    assert "globalThis.Test = model" in script
    assert "helper(p[0])" in script
    assert "new_" in script
    assert "docstring" not in script
    assert "LIMIT" not in script
    assert "Math.exp" in script


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (with_modulo, "with_modulo.*% and //"),
        (with_division, "with_division.*% and //"),
        (with_chain, "with_chain.*chained comparison"),
        (with_method, "with_method.*attributes other than math"),
        (with_gamma, "math.gamma has no equal"),
        (with_default, "only plain positional"),
        (with_list, "needs a helper of pscript"),
    ],
)
def test_what_the_languages_read_differently_is_refused(function, why):
    with pytest.raises(TranslationError, match=why):
        translate.script([function])


def test_two_functions_of_one_name_are_refused():
    other = lambda p, out: None  # noqa: E731
    other.__name__ = "kernel"
    with pytest.raises(TranslationError):
        translate.script([kernel, other])


def test_the_script_of_all_kernels_has_no_leftovers_of_python():
    script = explorer.kernels_script()
    for word in ("_pyfunc", "_pymeth", "import ", "None", "True", "False", "PSCRIPT"):
        assert word not in script
    assert script.count("globalThis.") == 1
