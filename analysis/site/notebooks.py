"""Run the notebooks of the book in place, leaving nothing in them that changes from run to run.

``python -m analysis.site.notebooks run FILE...`` executes each file in its own folder and writes
it back with stable cell ids, execution counts from 1 and no timings or kernel versions.
``... check FILE...`` fails when outputs are missing, failed or out of step with that form.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat as typed_nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

# Its functions carry no types.
nbformat: Any = typed_nbformat
TIMEOUT = 600
WIDGET = "application/vnd.jupyter.widget-view+json"
# A progress bar appears only when a cell is slow, so it has no place in a stored output.
ENVIRONMENT = {"TQDM_DISABLE": "1"}
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
# What a cell may keep; everything else is written by a tool and differs between machines.
CELL_METADATA = ("tags", "mystnb")
NOTEBOOK_METADATA = ("title", "description", "mystnb")
_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}")


def tidy(notebook: Any) -> Any:
    """Return the notebook in its stable form: same input and outputs, same bytes.

    Cell ids are their position (``cell-01``), so they never change by themselves. Warnings on
    stderr are dropped from the outputs: they name paths of the machine. So are progress bars.
    """
    for position, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{position:02d}"
        cell["metadata"] = {
            key: cell["metadata"][key] for key in CELL_METADATA if key in cell["metadata"]
        }
        cell.pop("attachments", None)
        if cell["cell_type"] != "code":
            continue
        cell["outputs"] = [
            output
            for output in cell["outputs"]
            if not (output["output_type"] == "stream" and output["name"] == "stderr")
            and not _is_progress_bar(output)
        ]
        for output in cell["outputs"]:
            if "metadata" in output:
                output["metadata"] = {}
            if "text/html" in output.get("data", {}):
                output["data"].pop(WIDGET, None)  # its id is new in every run
    count = 0
    for cell in notebook.cells:
        if cell["cell_type"] == "code":
            ran = bool(cell["source"].strip())
            count += ran
            cell["execution_count"] = count if ran else None
            for output in cell["outputs"]:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = count
    kept = {key: notebook.metadata[key] for key in NOTEBOOK_METADATA if key in notebook.metadata}
    language = {"name": "python", "pygments_lexer": "ipython3", "file_extension": ".py"}
    notebook.metadata = nbformat.from_dict(
        {**kept, "kernelspec": KERNELSPEC, "language_info": language}
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def _is_progress_bar(output: Any) -> bool:
    """Whether an output is a widget and nothing else; it shows only where a cell is slow."""
    data = output.get("data", {})
    return WIDGET in data and "text/html" not in data


def text_of(notebook: Any) -> str:
    """Return the notebook as the text of its file: sorted keys, one space, newline at the end."""
    text: str = nbformat.writes(notebook, version=4, indent=1, sort_keys=True)
    return text.rstrip("\n") + "\n"


def run(path: Path) -> None:
    """Execute one notebook in its folder and write it back tidied.

    Raises:
        FileNotFoundError: when there is no such file.
        CellExecutionError: when a cell fails; the file is left as it was.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
    )
    client.execute(env={**os.environ, **ENVIRONMENT})
    path.write_text(text_of(tidy(notebook)), encoding="utf8")


def problems(path: Path) -> Iterator[str]:
    """Yield what is wrong with the stored outputs of a notebook."""
    text = path.read_text(encoding="utf8")
    notebook = nbformat.reads(text, as_version=4)
    shows = 0
    for position, cell in enumerate(notebook.cells, start=1):
        if cell["cell_type"] != "code" or not cell["source"].strip():
            continue
        where = f"{path}: cell {position}"
        if cell["execution_count"] is None:
            yield f"{where} has not been executed"
        for output in cell["outputs"]:
            shows += 1
            if output["output_type"] == "error":
                yield f"{where} failed with {output['ename']}"
            if _ADDRESS.search(str(output.get("data", {}).get("text/plain", ""))):
                yield f"{where} prints a memory address, which changes at every run"
    if not shows:
        yield f"{path}: no cell has an output"
    if text_of(tidy(notebook)) != text:
        yield f"{path}: not in the stable form"


def main(arguments: list[str] | None = None) -> int:
    """Run or check the given notebooks; return 1 when one fails."""
    parser = argparse.ArgumentParser(prog="python -m analysis.site.notebooks", description=__doc__)
    parser.add_argument("action", choices=["run", "check"])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    failed = 0
    for path in options.files:
        if not path.is_file():
            print(f"{path}: no such notebook", file=sys.stderr)
            failed += 1
        elif options.action == "check":
            found = list(problems(path))
            failed += bool(found)
            if found:
                print("\n".join(found), file=sys.stderr)
                print(
                    f"  renew with: python -m analysis.site.notebooks run {path}", file=sys.stderr
                )
        else:
            start = time.perf_counter()
            try:
                run(path)
            except CellExecutionError as error:
                print(f"{path}: {error}", file=sys.stderr)
                failed += 1
            else:
                print(f"{path}: executed in {time.perf_counter() - start:.1f} s", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
