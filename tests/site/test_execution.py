"""The cache of executed notebooks follows the code and the data."""

import os
from types import SimpleNamespace

import pytest

from analysis.site import execution


@pytest.fixture
def project(tmp_path):
    for name in ("data/values/a.csv", "analysis/model/costs.py", "requirements.txt", "book/x.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf8")
    return tmp_path


@pytest.mark.parametrize(
    "name", ["data/values/a.csv", "analysis/model/costs.py", "requirements.txt"]
)
def test_a_change_of_what_results_depend_on_changes_the_digest(project, name):
    before = execution.digest(project)
    (project / name).write_text("changed", encoding="utf8")
    assert execution.digest(project) != before


def test_a_moved_file_changes_the_digest(project):
    before = execution.digest(project)
    (project / "data/values/a.csv").rename(project / "data/values/b.csv")
    assert execution.digest(project) != before


def test_prose_does_not_change_the_digest(project):
    before = execution.digest(project)
    (project / "book/x.md").write_text("other words", encoding="utf8")
    assert execution.digest(project) == before


def configured(project, mode="cache"):
    config = SimpleNamespace(nb_execution_mode=mode, nb_execution_cache_path="")
    execution.configure(SimpleNamespace(srcdir=str(project)), config)
    return config


def test_the_cache_has_a_folder_per_state_and_the_oldest_go(project, monkeypatch):
    monkeypatch.setattr(os, "environ", dict(os.environ))
    caches = project / "_build" / execution.FOLDER
    for age, name in enumerate(["old", "older", "oldest"]):
        (caches / name).mkdir(parents=True)
        os.utime(caches / name, (1000 - age, 1000 - age))
    config = configured(project)
    assert config.nb_execution_cache_path == str(caches / execution.digest(project))
    assert sorted(path.name for path in caches.iterdir()) == ["old", "older"]
    assert config.nb_execution_raise_on_error


def test_stored_outputs_are_left_alone(project):
    assert configured(project, mode="off").nb_execution_cache_path == ""
