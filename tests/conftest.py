"""Shared by several folders: the space of scenarios, every parameter within its hard limits."""

import math
import os
import shutil

import numpy as np
import pytest
from hypothesis import settings

from analysis import registry
from analysis.model.parameters import NAMES

# The same examples in every run of the continuous integration; new ones on a developer's machine.
settings.register_profile("project", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("project")


def span(name):
    """Least and greatest value to try, in the unit of the record."""
    record = registry.load().value(name)
    base = registry.load()[name]
    if record.formula:
        return base, base
    lower, upper = record.limits
    lower = lower if math.isfinite(lower) and (record.minimum is not None) else 0.5 * base
    upper = upper if math.isfinite(upper) else 1.5 * base
    return lower, upper


@pytest.fixture(scope="session")
def spans():
    return {name: span(name) for name in NAMES}


@pytest.fixture(scope="session")
def parameter_space(spans):
    """Rows of parameters in base units: random within the limits, and corners of them."""
    from analysis.studies.appraisal import ModelError, check, parameters, scales

    reg = registry.load()
    factors = scales(reg)
    base = parameters(reg.scenario("base"))
    low = np.array([spans[n][0] for n in NAMES]) * factors
    high = np.array([spans[n][1] for n in NAMES]) * factors

    def rows(count, seed=1):
        rng = np.random.default_rng(seed)
        found = [base]
        for place in range(len(NAMES)):
            for end in (low, high):
                row = base.copy()
                row[place] = end[place]
                found.append(row)
        while len(found) < count + 400:
            kind = len(found) % 3
            if kind == 0:
                row = low + (high - low) * rng.random(len(NAMES))
            elif kind == 1:
                row = np.where(rng.random(len(NAMES)) < 0.5, low, high)
            else:
                row = np.where(
                    rng.random(len(NAMES)) < 0.9, base, low + (high - low) * rng.random(len(NAMES))
                )
            found.append(row)
        good = []
        for row in found:
            try:
                check(row[None, :])
            except ModelError:
                continue
            good.append(row)
        assert len(good) >= count, f"only {len(good)} of {len(found)} rows pass the rules"
        return np.array(good[:count])

    return rows


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def chromium():
    """One Chromium for all browser tests: Playwright allows one session at a time."""
    from playwright.sync_api import sync_playwright

    wanted = [os.environ["CHROMIUM"]] if "CHROMIUM" in os.environ else BROWSERS
    path = next((found for name in wanted if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail(
            "Missing: Chromium. Install it (Debian: apt-get install chromium) or set CHROMIUM."
        )
    with sync_playwright() as playwright:
        # Letters of whole pixels: the same widths however a machine is set up to draw fonts.
        args = ["--no-sandbox", "--disable-font-subpixel-positioning"]
        browser = playwright.chromium.launch(executable_path=path, args=args)
        yield browser
        browser.close()
