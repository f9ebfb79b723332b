"""The palette keeps its contrast and stays apart for colour-blind readers, light and dark."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import plotly.graph_objects as go
import pytest

from analysis.figures import theme

# Machado, Oliveira and Fernandes 2009, doi:10.1109/TVCG.2009.113, matrices for severity 1.0.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# Oklab distance; 0.02 is about the least that can be seen side by side.
LEAST_DISTANCE = 0.07


def linear(value: str) -> np.ndarray:
    channels = np.array(theme.rgb(value)) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str) -> float:
    weights = np.array([0.2126, 0.7152, 0.0722])
    low, high = sorted(float(linear(value) @ weights) for value in (first, second))
    return (high + 0.05) / (low + 0.05)


def oklab(rgb: np.ndarray) -> np.ndarray:
    """Björn Ottosson 2020, A perceptual color space for image processing."""
    to_lms = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return to_lab @ np.cbrt(to_lms @ np.clip(rgb, 0, 1))


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_marks_stand_out_from_the_page(mode):
    page = getattr(theme.SURFACE[3], mode)
    for swatch in theme.PALETTE:
        assert contrast(getattr(swatch, mode), page) >= 3, swatch.name
    for swatch in theme.SURFACE[:2]:
        assert contrast(getattr(swatch, mode), page) >= 4.5, swatch.name


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_colours_stay_apart(mode, deficiency):
    seen = {
        swatch.name: oklab(DEFICIENCIES[deficiency] @ linear(getattr(swatch, mode)))
        for swatch in theme.PALETTE
    }
    for (one, first), (other, second) in combinations(seen.items(), 2):
        assert np.linalg.norm(first - second) >= LEAST_DISTANCE, (one, other)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_ramp_has_an_order(mode):
    steps = [contrast(getattr(s, mode), getattr(theme.SURFACE[3], mode)) for s in theme.RAMP]
    assert steps == sorted(steps)
    assert len(set(steps)) == len(steps)


def test_every_colour_has_one_dark_partner():
    pairs = theme.page_theme()["pairs"]
    for swatch in (*theme.PALETTE, *theme.RAMP, *theme.SURFACE):
        assert pairs[swatch.light] == swatch.dark
    red, green, blue = theme.rgb(theme.BLUE)
    assert pairs[f"{red},{green},{blue}"] == ",".join(map(str, theme.rgb(theme.PALETTE[0].dark)))


def test_band_is_the_colour_with_opacity():
    assert theme.band("blue", 0.25) == "rgba(36,86,198,0.25)"


@pytest.mark.parametrize("opacity", [-0.1, 1.1])
def test_opacity_out_of_range_is_refused(opacity):
    with pytest.raises(ValueError, match=r"outside 0\.\.1"):
        theme.band("blue", opacity)


def test_unknown_colour_is_refused_with_the_known_ones():
    with pytest.raises(KeyError, match=r"'mauve'.*blue, orange"):
        theme.color("mauve")


def test_templates_are_valid_and_registered():
    for mode in ("light", "dark"):
        assert go.Figure(layout_template=theme.template(mode)).layout.template.layout.font.family
    assert go.Figure(layout_template="hp").layout.template.layout.separators == ".\u00a0"
