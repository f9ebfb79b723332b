"""Time the explorers of the built site in Chromium: slider to repainted chart, and to all draws.

Run `make site` first, then: python benchmarks/bench_explorers.py. A busy machine slows the wall
times; the processor time of the page's main thread per movement stands beside them.
"""

from __future__ import annotations

import re
import shutil
import statistics
import sys
import threading
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from analysis.site.serve import make_server

SITE = Path(__file__).parents[1] / "_build" / "html"
MOVEMENTS = 25
# Move the first slider, wait for the next painted frame, then for the result of all draws.
MOVE = """async ([id, count]) => {
  const section = document.querySelector(`section[data-explorer=${id}]`);
  const panel = section.hpExplorer;
  await panel.settled();
  section.scrollIntoView();
  const control = panel.payload.controls.find((c) => c.kind === 'number');
  const slider = section.querySelector(`[data-name="${control.id}"] [type=range]`);
  const low = Number(slider.min), wide = Number(slider.max) - low, painted = [], refined = [];
  for (let i = 0; i < count; i += 1) {
    await new Promise((done) => setTimeout(done, 60));
    slider.value = String(low + wide * (((i * 7) % count) + 0.5) / count);
    const start = performance.now();
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = done;
      channel.port2.postMessage(0);
    }));
    painted.push(performance.now() - start);
    await panel.settled();
    refined.push(performance.now() - start);
  }
  return [painted, refined];
}"""


def pages() -> dict[str, str]:
    """Explorer id and the page it stands on."""
    found = {}
    for path in sorted(SITE.rglob("*.html")):
        for id in re.findall(r'data-explorer="(\w+)"', path.read_text(encoding="utf8")):
            found[id] = path.relative_to(SITE).as_posix()
    return found


def busy(session: Any) -> float:
    """Processor time of the page's main thread so far, ms."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(1000 * m["value"] for m in metrics if m["name"] == "TaskDuration")


def measure(page: Page, id: str) -> list[float]:
    """Median and 90 % of paint and of refinement, and main-thread time per movement, ms."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.evaluate(MOVE, [id, 3])
    before = busy(session)
    row: list[float] = []
    for times in page.evaluate(MOVE, [id, MOVEMENTS]):
        row += [statistics.median(times), statistics.quantiles(times, n=10)[-1]]
    return [*row, (busy(session) - before) / MOVEMENTS]


def main() -> int:
    """Print one row per explorer."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or not pages():
        print("Missing: Chromium, or a built site with explorers (`make site`).", file=sys.stderr)
        return 1
    server = make_server(SITE)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    print(f"{'ms':14}{'painted':>9}{'90 %':>8}{'all draws':>11}{'90 %':>8}{'processor':>11}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for id, path in pages().items():
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"{origin}/{path}")
            a, b, c, d, e = measure(page, id)
            print(f"{id:14}{a:>9.0f}{b:>8.0f}{c:>11.0f}{d:>8.0f}{e:>11.0f}", flush=True)
            page.close()
        browser.close()
    server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
