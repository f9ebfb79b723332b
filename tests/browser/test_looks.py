"""Every page but the changelog beside its reference picture, wide and narrow, light and dark.

The text is set in one font from npm, so that a machine's own fonts do not matter. Pictures are
small: they catch a chart that is missing, a layout that broke or a colour that is wrong, not a
changed word. After a change that is meant, `make looks` renews them; look at them before a commit.
"""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw
from playwright.sync_api import Page

from analysis.site.assets import ASSETS

REFERENCES = Path(__file__).with_name("looks")
FOUND = Path(__file__).parents[2] / "_build" / "looks"
RENEW = "HP_RENEW_LOOKS" in os.environ
FONT = "node_modules/@fontsource/source-sans-3/files/source-sans-3-latin-{}-normal.woff2"
# Width of the screen and how much a picture shrinks it.
SCREENS = {"wide": (1280, 0.25), "narrow": (390, 0.3)}
PIECE = 4000  # height of what is taken at once
# The pinned tolerance: of the blocks of BLOCK x BLOCK pixels in any WINDOW of them downwards, about
# one chart, compared by mean colour, at most the share DIFFERING may be further from the reference
# than STEP of 255 in any channel.
BLOCK = 8
WINDOW = 16
STEP = 16
DIFFERING = 0.03
HEIGHT = 0.01
SETTLE = """async (theme) => { document.body.dataset.theme = theme;
  for (const s of document.querySelectorAll('section.hp-explorer')) await s.hpExplorer.settled();
  document.activeElement.blur(); scrollTo(0, 0);
  await new Promise((done) => setTimeout(done, 300)); }"""


def pinned_font() -> str:
    """A script that sets all text in the pinned font, before anything is drawn."""
    data = {w: base64.b64encode((ASSETS / FONT.format(w)).read_bytes()) for w in (400, 600)}
    faces = "".join(
        f"@font-face {{ font-family: Pinned; font-weight: {weight};"
        f' src: url("data:font/woff2;base64,{text.decode()}"); }}'
        for weight, text in data.items()
    )
    rule = "*, ::before, ::after { font-family: Pinned !important; caret-color: transparent; }"
    return (
        "document.addEventListener('readystatechange', () => {"
        " if (document.getElementById('pinned')) return;"
        " const style = document.createElement('style'); style.id = 'pinned';"
        f" style.textContent = `{faces} {rule}`; document.head.append(style); }});"
    )


def picture(page: Page, width: int, scale: float) -> Image.Image:
    """The whole page, taken piece by piece: a very high picture at once can stall a browser."""
    height = page.evaluate("document.documentElement.scrollHeight")
    whole = Image.new("RGB", (round(width * scale), round(height * scale)))
    for top in range(0, height, PIECE):
        clip = {"x": 0, "y": top, "width": width, "height": min(PIECE, height - top)}
        taken = page.screenshot(full_page=True, clip=clip, animations="disabled", timeout=90_000)
        whole.paste(Image.open(io.BytesIO(taken)).convert("RGB"), (0, round(top * scale)))
    return whole


def differing(found: Image.Image, wanted: Image.Image) -> float:
    """Largest share, in any window, of blocks whose mean colour differs more than tolerated."""
    found = found.resize(wanted.size) if found.size != wanted.size else found
    blocks = ImageChops.difference(found.reduce(BLOCK), wanted.reduce(BLOCK))
    marked = np.asarray(blocks).max(axis=2) > STEP
    window = min(WINDOW, len(marked))
    sums = np.cumsum(np.vstack([np.zeros_like(marked[:1], int), marked]).sum(axis=1))
    return float((sums[window:] - sums[:-window]).max() / (window * marked.shape[1]))


@pytest.mark.parametrize("screen", SCREENS)
def test_page_looks_as_its_reference(visit, look, screen):
    width, scale = SCREENS[screen]
    opened = visit(
        look,
        viewport={"width": width, "height": 900},
        device_scale_factor=scale,
        bypass_csp=True,
        reduced_motion="reduce",
        script=pinned_font(),
    )
    opened.scroll_through()
    faults = []
    # Light comes second, so that both themes are painted anew with the font in place.
    for theme in ("dark", "light"):
        opened.page.evaluate(SETTLE, theme)
        found = picture(opened.page, width, scale)
        file = f"{look.replace('/', '-')}-{screen}-{theme}.webp"
        if RENEW:
            REFERENCES.mkdir(exist_ok=True)
            found.save(REFERENCES / file, lossless=True, method=6)
            continue
        wanted = Image.open(REFERENCES / file).convert("RGB")
        taller = found.height / wanted.height - 1
        share = differing(found, wanted)
        if found.width != wanted.width or abs(taller) > HEIGHT or share > DIFFERING:
            FOUND.mkdir(parents=True, exist_ok=True)
            found.save(FOUND / file.replace("webp", "png"))
            faults.append(f"{file}: {share:.2%} of a window differ, height {taller:+.2%}")
    assert not faults, f"{faults}; the new pictures are in {FOUND}; if meant: make looks"


def test_tolerance_sees_a_missing_chart_and_a_wrong_theme():
    plain = Image.new("RGB", (320, 4000), "white")
    assert differing(plain, plain) == 0
    chart = plain.copy()
    ImageDraw.Draw(chart).line([(60, 500), (250, 600)], (31, 90, 200), width=4)
    assert differing(chart, plain) > DIFFERING
    assert differing(Image.new("RGB", plain.size, (19, 20, 22)), plain) == 1
