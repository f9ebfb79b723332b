"""Formulas of derived values: safe arithmetic over value ids, in base units.

A formula is a Python expression cut down to numbers, dotted value ids, `+ - * / **`, a few
functions and `municipal_sum(column)`. A guard is a comparison in the same language. Nothing else
is evaluated.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_FUNCTIONS: dict[str, tuple[Callable[..., float], int, int]] = {  # function, least, most arguments
    "min": (min, 2, 100),
    "max": (max, 2, 100),
    "abs": (abs, 1, 1),
    "sqrt": (math.sqrt, 1, 1),
    "exp": (math.exp, 1, 1),
    "log": (math.log, 1, 1),
}
ALLOWED = "numbers, value ids, + - * / **, " + ", ".join(_FUNCTIONS) + " and municipal_sum(column)"


class FormulaError(ValueError):
    """A formula that cannot be read or has no finite result; the message says why."""


class Formula:
    """A parsed formula or guard. `inputs` are the value ids, `columns` the summed columns."""

    def __init__(self, text: str, *, guard: bool = False) -> None:
        """Parse `text`; with `guard`, comparisons and `and`, `or`, `not` are allowed as well."""
        self.text = text
        self.inputs: set[str] = set()
        self.columns: set[str] = set()
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise FormulaError(f"not an expression; allowed are {ALLOWED}") from None
        self._tree = _truth(self, tree) if guard else _number(self, tree)

    def __call__(
        self, values: Mapping[str, float], sums: Mapping[str, float] | None = None
    ) -> float:
        """Evaluate with `values` and `sums` of municipal columns, all in base units.

        A guard gives 1.0 or 0.0. Raises FormulaError where there is no finite result.
        """
        try:
            result = float(self._tree(values, sums or {}))
        except ZeroDivisionError:
            raise FormulaError("division by zero") from None
        except (OverflowError, ValueError, TypeError) as error:
            raise FormulaError(str(error)) from None
        if not math.isfinite(result):
            raise FormulaError("the result is not finite")
        return result


_Evaluate = Callable[[Mapping[str, float], Mapping[str, float]], float]


def _number(formula: Formula, node: ast.expr) -> _Evaluate:
    """Compile a numeric expression into a closure and note the ids that it uses."""
    match node:
        case ast.Constant(value=int() | float() as constant) if not isinstance(constant, bool):
            fixed = float(constant)
            return lambda values, sums: fixed
        case ast.Name() | ast.Attribute():
            id = _dotted(node)
            formula.inputs.add(id)
            return lambda values, sums: values[id]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
            inner = _number(formula, operand)
            if isinstance(sign, ast.UAdd):
                return inner
            return lambda values, sums: -inner(values, sums)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            apply, a, b = _ARITHMETIC[type(op)], _number(formula, left), _number(formula, right)
            return lambda values, sums: apply(a(values, sums), b(values, sums))
        case ast.Call(func=ast.Name(id="municipal_sum"), args=[ast.Name(id=column)], keywords=[]):
            formula.columns.add(column)
            return lambda values, sums: sums[column]
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            function, least, most = _FUNCTIONS[name]
            if not least <= len(arguments) <= most:
                raise FormulaError(
                    f"{name} takes {least if least == most else 'two or more'} values"
                )
            parts = [_number(formula, argument) for argument in arguments]
            return lambda values, sums: function(*[part(values, sums) for part in parts])
    raise FormulaError(f"{ast.unparse(node)!r} is not allowed; allowed are {ALLOWED}")


def _truth(formula: Formula, node: ast.expr) -> _Evaluate:
    """Compile a guard: comparisons joined by `and`, `or`, `not`."""
    match node:
        case ast.BoolOp(op=op, values=operands):
            parts = [_truth(formula, operand) for operand in operands]
            join = all if isinstance(op, ast.And) else any
            return lambda values, sums: join([part(values, sums) for part in parts])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _truth(formula, operand)
            return lambda values, sums: not inner(values, sums)
        case ast.Compare(left=left, ops=ops, comparators=comparators) if all(
            type(op) in _COMPARISONS for op in ops
        ):
            terms = [_number(formula, term) for term in [left, *comparators]]
            tests = [_COMPARISONS[type(op)] for op in ops]

            def compare(values: Mapping[str, float], sums: Mapping[str, float]) -> bool:
                xs = [term(values, sums) for term in terms]
                return all(test(a, b) for test, a, b in zip(tests, xs, xs[1:], strict=False))

            return compare
    raise FormulaError(f"{ast.unparse(node)!r} is not a comparison such as a.b < c.d")


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=owner, attr=name):
            return f"{_dotted(owner)}.{name}"
    raise FormulaError(f"{ast.unparse(node)!r} is not a value id")


class Cycle(NamedTuple):
    """Derived values that need each other, in order; the first is repeated at the end."""

    ids: tuple[str, ...]


class Derivation:
    """The derived values of a registry in the order in which they can be computed."""

    def __init__(self, formulas: Mapping[str, Formula], scales: Mapping[str, float]) -> None:
        """`formulas` by derived id; `scales` base units per unit, for every id used."""
        self.formulas = formulas
        self._scales = scales

    @cached_property
    def order(self) -> tuple[str, ...] | Cycle:
        """Derived ids, inputs first; or a Cycle."""
        graph = {id: sorted(formula.inputs) for id, formula in sorted(self.formulas.items())}
        try:
            return tuple(id for id in TopologicalSorter(graph).static_order() if id in graph)
        except CycleError as error:
            return Cycle(tuple(reversed(error.args[1])))

    def resolve(
        self, inputs: Mapping[str, float], sums: Mapping[str, float]
    ) -> tuple[dict[str, float], dict[str, str]]:
        """Compute the derived values.

        `inputs` are the values that are given, in their own units, and `sums` the municipal sums.
        Returns all values in their own units, and by id why a derived value has no result. One
        that needs a value without a result, or is in a cycle, is left out of both.
        """
        if isinstance(self.order, Cycle):
            return dict(inputs), {}
        in_base = {id: x * self._scales[id] for id, x in inputs.items()}
        resolved, failures = dict(inputs), {}
        for id in self.order:
            try:
                in_base[id] = self.formulas[id](in_base, sums)
            except KeyError:
                continue
            except FormulaError as error:
                failures[id] = str(error)
            else:
                resolved[id] = in_base[id] / self._scales[id]
        return resolved, failures
