"""The model compiled: the text of the kernels, put together in one module for numba.

The same functions run as plain Python where numba is absent. The compiled code is kept on disk
under a name that holds a digest of the text, so that a change of any kernel is compiled anew.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.model import (
    adoption,
    appraisal,
    benefits,
    choices,
    costs,
    financing,
    layout,
    parameters,
    timing,
    units,
)

Floats = NDArray[np.float64]
MODULES = (
    layout, parameters, timing, units, adoption, costs, benefits, financing, choices, appraisal,
)  # fmt: skip
# Only the outermost function is called from Python and kept on disk; the others need no entry.
ENTRY = "evaluate_draws"
OUTER = "numba.njit(cache=True, nogil=True, error_model='numpy')"
INNER = OUTER.replace("cache=True", "no_cpython_wrapper=True, no_cfunc_wrapper=True")


def available() -> bool:
    """Whether numba is installed."""
    return importlib.util.find_spec("numba") is not None


def evaluate_draws(
    base: Floats,
    places: Sequence[int],
    columns: Floats,
    wanted: Sequence[int],
    compiled: bool | None = None,
) -> Floats:
    """Evaluate the model for many draws of some of its parameters.

    Parameters
    ----------
    base : all parameters in base units, shape (parameters,).
    places : which of them are drawn.
    columns : their draws, shape (len(places), n).
    wanted : wanted places of the model's vector, see :mod:`analysis.model.layout`.
    compiled : True needs numba, False never uses it, None takes it if it is there.

    Returns the wanted numbers, shape (len(wanted), n): the same to the last bit either way.
    """
    n = columns.shape[1]
    if compiled or (compiled is None and available()):
        results = np.empty((len(wanted), n))
        _compiled()(
            base,
            np.array(places, np.int64),
            np.ascontiguousarray(columns),
            np.array(wanted, np.int64),
            np.empty(len(base)),
            np.empty(layout.SIZE),
            results,
        )
        return results
    plain: list[Any] = [[0.0] * n for _ in wanted]
    work = [0.0] * layout.SIZE
    appraisal.evaluate_draws(
        base.tolist(), places, columns.tolist(), wanted, [0.0] * len(base), work, plain
    )
    return np.array(plain)


def cached() -> bool:
    """Whether the compiled model is on disk already."""
    return any((_path().parent / "__pycache__").glob(f"{_path().stem}.{ENTRY}-*.nbc"))


def _path() -> Path:
    digest = hashlib.sha256(source().encode()).hexdigest()[:16]
    return _folder() / f"kernels_{digest}.py"


@lru_cache(maxsize=1)
def _compiled() -> Callable[..., None]:
    text, path = source(), _path()
    name = path.stem
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        # Several processes may get here at once: each writes its own file, the last name wins.
        handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(draft, path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # numba looks the module up by name
    spec.loader.exec_module(module)
    function: Callable[..., None] = getattr(module, ENTRY)
    return function


@lru_cache(maxsize=1)
def source() -> str:
    """Text of one module with all kernels, decorated for numba."""
    body: list[ast.stmt] = []
    for module in MODULES:
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.FunctionDef):
                decorator = OUTER if node.name == ENTRY else INNER
                node.decorator_list = [ast.parse(decorator, mode="eval").body]
                node.returns = None
                for argument in node.args.args:
                    argument.annotation = None
                body.append(node)
            elif isinstance(node, ast.Assign) and not _is_table(node):
                body.append(node)
    head = ast.parse("import math\nimport numba").body
    tree = ast.fix_missing_locations(ast.Module(body=[*head, *body], type_ignores=[]))
    return ast.unparse(tree) + "\n"


def _is_table(node: ast.Assign) -> bool:
    """Whether an assignment holds names or types, which the kernels do not read."""
    return any(isinstance(n, ast.Tuple | ast.Subscript | ast.Call) for n in ast.walk(node.value))


@lru_cache(maxsize=1)
def _folder() -> Path:
    """Folder for compiled kernels: the user's cache, or one for this process where that fails."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder /= "helseplattformen-analysis"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    # Code is run from here, so nobody else may write to it.
    return Path(tempfile.mkdtemp(prefix="helseplattformen-analysis-"))
