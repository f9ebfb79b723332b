"""Notebooks are stored in one form, whoever ran them, and missing outputs are found."""

from __future__ import annotations

import nbformat
import pytest

from analysis.site import notebooks


@pytest.fixture
def path(tmp_path):
    book = nbformat.v4.new_notebook(metadata={"authors": [{"name": "x"}], "title": "T"})
    tags = {"tags": ["hide-input"], "execution": {"iopub.status.busy": "2026"}}
    book.cells = [
        nbformat.v4.new_markdown_cell("# T"),
        nbformat.v4.new_code_cell(
            "import sys; print('late', file=sys.stderr); 1 + 1", metadata=tags
        ),
        nbformat.v4.new_code_cell(""),
        nbformat.v4.new_code_cell("print('hei')"),
    ]
    nbformat.write(book, tmp_path / "a.ipynb")
    return tmp_path / "a.ipynb"


def test_run_stores_outputs_in_the_stable_form(path):
    assert notebooks.main(["run", str(path)]) == 0
    book = nbformat.read(path, as_version=4)
    assert [cell["id"] for cell in book.cells] == ["cell-01", "cell-02", "cell-03", "cell-04"]
    assert book.cells[1]["metadata"] == {"tags": ["hide-input"]}
    assert [cell.get("execution_count") for cell in book.cells] == [None, 1, None, 2]
    assert [output["output_type"] for output in book.cells[1]["outputs"]] == ["execute_result"]
    assert set(book.metadata) == {"title", "kernelspec", "language_info"}
    assert "version" not in book.metadata["language_info"]
    assert notebooks.main(["check", str(path)]) == 0


def test_running_again_changes_nothing(path):
    notebooks.run(path)
    first = path.read_bytes()
    notebooks.run(path)
    assert path.read_bytes() == first


def test_a_failing_cell_leaves_the_file_alone(path, capsys):
    book = nbformat.read(path, as_version=4)
    book.cells[3]["source"] = "1 / 0"
    nbformat.write(book, path)
    before = path.read_bytes()
    assert notebooks.main(["run", str(path)]) == 1
    assert path.read_bytes() == before
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "message"),
    [("object()", "prints a memory address"), ("", "no cell has an output")],
)
def test_check_finds_unstable_and_empty_outputs(path, source, message, capsys):
    book = nbformat.read(path, as_version=4)
    book.cells = [book.cells[0], nbformat.v4.new_code_cell(source)]
    nbformat.write(book, path)
    notebooks.run(path)
    assert notebooks.main(["check", str(path)]) == 1
    assert message in capsys.readouterr().err


def test_check_finds_cells_that_were_not_run(path, capsys):
    assert notebooks.main(["check", str(path)]) == 1
    told = capsys.readouterr().err
    assert "cell 2 has not been executed" in told
    assert "not in the stable form" in told
    assert "notebooks run" in told


def test_a_missing_file_is_named(tmp_path, capsys):
    assert notebooks.main(["check", str(tmp_path / "b.ipynb")]) == 1
    assert "b.ipynb: no such notebook" in capsys.readouterr().err


def test_a_progress_bar_is_no_output():
    bar = nbformat.v4.new_output("display_data", {notebooks.WIDGET: {"model_id": "a"}})
    panel = nbformat.v4.new_output(
        "display_data", {notebooks.WIDGET: {"model_id": "b"}, "text/html": "<p>panel</p>"}
    )
    cell = nbformat.v4.new_code_cell("panel", outputs=[bar, panel])
    kept = notebooks.tidy(nbformat.v4.new_notebook(cells=[cell])).cells[0].outputs
    assert [list(output["data"]) for output in kept] == [["text/html"]]
