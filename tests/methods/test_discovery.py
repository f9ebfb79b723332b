"""Regret, domains and scenario discovery: worked examples, invariants and bad input."""

from __future__ import annotations

import builtins
import importlib.util

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.methods.discovery import domain, prim, regret

needs_ema = pytest.mark.skipif(
    importlib.util.find_spec("ema_workbench") is None, reason="ema_workbench is not installed"
)
TABLES = arrays(
    np.float64,
    st.tuples(st.integers(1, 8), st.integers(2, 5)),
    elements=st.floats(-1e6, 1e6).map(lambda v: round(v, 3)),
)


class TestRegret:
    def test_worked_example(self):
        # Savage (1951): the option that never wins is the one that is never far off.
        found = regret([[10, 7, 0], [0, 7, 10], [5, 6, 5]], names=["a", "b", "c"])
        assert found.regret.tolist() == [[0, 3, 10], [10, 3, 0], [1, 0, 1]]
        assert found.worst.tolist() == [10, 3, 10]
        assert found.mean == pytest.approx([11 / 3, 2, 11 / 3])
        assert found.names[found.minimax] == "b"
        assert found.domain == pytest.approx([1 / 3, 1 / 3, 1 / 3])

    def test_weights(self):
        found = regret([[1, 0], [0, 5], [9, 0]], weights=[3, 1, 0])
        assert found.domain == pytest.approx([0.75, 0.25])
        assert found.mean == pytest.approx([1.25, 0.75])
        assert found.worst.tolist() == [5, 1]  # a scenario without weight does not count
        assert (found.minimax, found.robust) == (1, 0)

    def test_ties_are_shared_out(self):
        assert regret([[1, 1, 0], [0, 2, 2]]).domain == pytest.approx([0.25, 0.5, 0.25])

    @settings(max_examples=100)
    @given(table=TABLES, shift=st.floats(-1e3, 1e3))
    def test_invariants(self, table, shift):
        found = regret(table)
        assert (found.regret >= 0).all()
        assert (found.regret.min(axis=1) == 0).all()
        assert found.domain.sum() == pytest.approx(1)
        # Moving all options of a scenario alike changes no regret.
        moved = regret(table + shift * np.arange(len(table))[:, None])
        assert moved.regret == pytest.approx(found.regret, abs=1e-6)

    @settings(max_examples=50)
    @given(table=TABLES)
    def test_domains_shrink_with_the_threshold(self, table):
        levels = [domain(table, t) for t in (-2e6, -10.0, 0.0, 10.0, 2e6)]
        assert levels[0] == pytest.approx(1.0)
        assert (levels[-1] == 0).all()
        assert (np.diff(levels, axis=0) <= 0).all()

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"payoffs": [[1], [2]]}, "payoffs has 1 option: must have at least 2"),
            ({"payoffs": [[1, np.nan]]}, r"payoffs\[0, 1\] = nan: must be a finite number"),
            ({"payoffs": np.zeros((0, 2))}, "must have at least one of scenarios"),
            ({"weights": [1]}, "weights has 1 entries: must have 2"),
            ({"weights": [1, -1]}, "weights = .* must be at least 0"),
            ({"weights": [0, 0]}, "weights = .* not all 0"),
            ({"names": ["a"]}, "names = .* must be 2 different labels"),
        ],
    )
    def test_bad_input(self, change, message):
        with pytest.raises(ValueError, match=message):
            regret(**{"payoffs": [[1, 2], [3, 4]], **change})


@needs_ema
class TestPrim:
    @staticmethod
    def worlds(n=3000):
        x = np.random.default_rng(0).random((n, 4))
        return x, (x[:, 0] > 0.7) & (x[:, 2] < 0.4)

    def test_finds_the_corner_where_the_option_fails(self):
        x, failed = self.worlds()
        (box,) = prim(x, failed, density=0.95, names=["price", "share", "hours", "idle"])
        limits = {limit.name: limit for limit in box.limits}
        assert set(limits) == {"price", "hours"}
        assert limits["price"].low == pytest.approx(0.7, abs=0.04)
        assert limits["price"].high == np.inf
        assert limits["hours"].high == pytest.approx(0.4, abs=0.04)
        assert limits["hours"].low == -np.inf
        assert all(limit.quasi_p < 1e-6 for limit in box.limits)
        assert "price" in str(box)

    def test_reported_shares_are_those_of_the_worlds_in_the_box(self):
        x, failed = self.worlds()
        (box,) = prim(x, failed, density=0.8)
        inside = np.ones(len(x), dtype=bool)
        for limit in box.limits:
            column = x[:, int(limit.name[1:])]
            inside &= (column >= limit.low) & (column <= limit.high)
        assert box.mass == pytest.approx(inside.mean())
        assert box.density == pytest.approx(failed[inside].mean())
        assert box.coverage == pytest.approx(failed[inside].sum() / failed.sum())
        assert box.density >= 0.8

    def test_two_separate_corners_give_two_boxes(self):
        x, failed = self.worlds()
        failed = failed | ((x[:, 1] > 0.8) & (x[:, 3] > 0.6))
        found = prim(x, failed, density=0.8, boxes=5)
        assert len(found) == 2
        assert {tuple(sorted(limit.name for limit in box.limits)) for box in found} == {
            ("x0", "x2"),
            ("x1", "x3"),
        }
        assert sum(box.coverage for box in found) > 0.8

    def test_no_box_where_failures_are_scattered(self):
        x, _ = self.worlds()
        failed = np.random.default_rng(1).random(len(x)) < 0.2
        assert prim(x, failed, density=0.8) == ()

    def test_column_names_of_a_table_are_used(self):
        import pandas as pd

        x, failed = self.worlds(1000)
        (box,) = prim(pd.DataFrame(x, columns=list("abcd")), failed)
        assert {limit.name for limit in box.limits} == {"a", "c"}


class TestPrimBadInput:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"failed": [True, True, True]}, "every world fails"),
            ({"failed": [0, 0, 0]}, "no world fails"),
            ({"failed": [0, 0.5, 1]}, r"failed\[1\] = 0.5: must be true or false"),
            ({"failed": [0, 1]}, "failed has 2 entries: must have 3"),
            ({"x": [[1], [np.nan], [2]]}, r"x\[1, 0\] = nan"),
            ({"density": 0}, "density = 0: must be above 0 and at most 1.0"),
            ({"mass": 2}, "mass = 2: must be above 0"),
            ({"peel": 0.6}, "peel = 0.6: must be above 0 and at most 0.5"),
            ({"boxes": 0}, "boxes = 0: must be at least 1"),
        ],
    )
    def test_message_names_the_value(self, change, message):
        with pytest.raises(ValueError, match=message):
            prim(**{"x": [[1], [2], [3]], "failed": [0, 1, 1], **change})

    def test_hint_when_the_package_is_missing(self, monkeypatch):
        real = builtins.__import__

        def without(name, *rest, **more):
            if name.startswith("ema_workbench"):
                raise ImportError(name)
            return real(name, *rest, **more)

        monkeypatch.setattr(builtins, "__import__", without)
        with pytest.raises(ImportError, match="pip install ema_workbench"):
            prim([[1], [2], [3]], [0, 1, 1])
