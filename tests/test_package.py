"""The package itself: cheap to import, one public face."""

import subprocess
import sys

import pytest

import analysis


def fresh(code):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.split()


def test_importing_the_package_loads_neither_numba_nor_the_heavy_rest():
    found = fresh("import analysis, sys; print(*sys.modules)")
    for heavy in ("numba", "scipy", "plotly", "pandas", "pydantic", "distributed"):
        assert heavy not in found


def test_evaluating_compiles_nothing():
    found = fresh("import analysis, sys; analysis.evaluate(); print(*sys.modules)")
    assert "numba" not in found


def test_every_public_name_is_there_with_a_docstring():
    assert set(analysis.__all__) <= set(dir(analysis))
    for name in analysis.__all__:
        assert getattr(analysis, name).__doc__, name


def test_unknown_names_are_named():
    with pytest.raises(AttributeError, match="profit"):
        _ = analysis.profit
