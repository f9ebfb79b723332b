"""From plain-Python kernels to one classic script that defines ``globalThis.HPModel``.

The text of the functions is parsed, cleaned of what only Python needs (annotations, docstrings,
imports; named constants become numbers) and handed to pscript. Nothing is written twice by hand.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

Function = Callable[..., Any]

# Names that a Python author may use and JavaScript keeps for itself.
_RESERVED = """
arguments case catch const default delete do enum eval export extends function implements
instanceof interface let new package private protected public static super switch this throw typeof
undefined var void
"""
RESERVED = frozenset(_RESERVED.split())


class TranslationError(ValueError):
    """A kernel uses something without a safe counterpart in the browser; says where and why."""


def script(functions: Iterable[Function], name: str = "HPModel") -> str:
    """Return JavaScript that sets ``globalThis[name]`` to an object of the translated functions.

    Functions that the given ones call are included. ``globalThis[name].source`` is the text of a
    factory function, from which a worker can be built without a request.

    Raises:
        TranslationError: for a construct outside the common subset, or an unknown name.
    """
    from pscript import Parser

    wanted = closure(functions)
    trees = [_prepared(function) for function in wanted.values()]
    module = ast.fix_missing_locations(ast.Module(body=list(trees), type_ignores=[]))
    body = Parser(ast.unparse(module), inline_stdlib=False, docstrings=False).dump()
    if "_pyfunc_" in body or "_pymeth_" in body:
        raise TranslationError("a kernel needs a helper of pscript; use plain arithmetic")
    members = ", ".join(f"{key}: {key}" for key in wanted)
    indented = textwrap.indent(body.strip(), "    ")
    return (
        f"(function () {{\n  'use strict';\n  function define() {{\n{indented}\n"
        f"    return {{{members}}};\n  }}\n"
        f"  var model = define();\n  model.source = define.toString();\n"
        f"  globalThis.{name} = model;\n}})();\n"
    )


def closure(functions: Iterable[Function]) -> dict[str, Function]:
    """Return the functions and all plain functions that they call, callees first, by name."""
    found: dict[str, Function] = {}

    def visit(function: Function) -> None:
        if function.__name__ in found:
            if found[function.__name__] is not function:
                raise TranslationError(f"two functions are called {function.__name__}")
            return
        scope = vars(sys.modules[function.__module__])
        for name in sorted(_names(function)):
            callee = scope.get(name)
            if inspect.isfunction(callee) and callee is not function:
                visit(callee)
        found[function.__name__] = function

    for function in functions:
        visit(function)
    return found


def _tree(function: Function) -> ast.FunctionDef:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise TranslationError(f"{function!r} is not a plain function")
    return tree


def _names(function: Function) -> set[str]:
    return {node.id for node in ast.walk(_tree(function)) if isinstance(node, ast.Name)}


def _prepared(function: Function) -> Any:
    """Return the function's syntax tree, reduced to what Python and JavaScript share."""
    tree = _tree(function)
    tree = _Common(function.__name__, _constants(function)).visit(tree)
    if tree.body and isinstance(tree.body[0], ast.Expr):
        tree.body = tree.body[1:]
    tree.body.insert(0, ast.parse("PSCRIPT_OVERLOAD = False").body[0])
    return tree


def _constants(function: Function) -> dict[str, float]:
    """Named numbers that the function can see in its module."""
    return {
        name: value
        for name, value in vars(sys.modules[function.__module__]).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _safe(name: str) -> str:
    return f"{name}_" if name in RESERVED else name


class _Common(ast.NodeTransformer):
    """Strip types, put numbers for constants, refuse what the two languages read differently."""

    def __init__(self, function: str, constants: dict[str, float]) -> None:
        self.function = function
        self.constants = constants

    def refuse(self, node: ast.AST, why: str) -> TranslationError:
        return TranslationError(f"{self.function}, line {getattr(node, 'lineno', '?')}: {why}")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.returns = None
        node.decorator_list = []
        if node.args.vararg or node.args.kwarg or node.args.kwonlyargs or node.args.defaults:
            raise self.refuse(node, "only plain positional parameters")
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.copy_location(ast.arg(_safe(node.arg)), node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is None:
            raise self.refuse(node, "a declaration without a value")
        return self.visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if isinstance(node.ctx, ast.Load) and node.id in self.constants:
            return ast.copy_location(ast.Constant(self.constants[node.id]), node)
        return ast.copy_location(ast.Name(_safe(node.id), node.ctx), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "math":
            if node.attr not in ("exp", "log", "log1p", "expm1", "sqrt", "floor", "ceil"):
                raise self.refuse(node, f"math.{node.attr} has no equal in the browser")
            return ast.copy_location(
                ast.Attribute(ast.Name("Math", ast.Load()), node.attr, ast.Load()), node
            )
        raise self.refuse(node, "attributes other than math.*")

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if isinstance(node.op, ast.Mod | ast.FloorDiv):
            raise self.refuse(node, "% and // differ for negative numbers; use math.floor")
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        node = self.generic_visit(node)  # type: ignore[assignment]
        if isinstance(node.func, ast.Name) and node.func.id == "abs":
            node.func = ast.Attribute(ast.Name("Math", ast.Load()), "abs", ast.Load())
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        if len(node.ops) > 1:
            raise self.refuse(node, "chained comparison")
        return self.generic_visit(node)
