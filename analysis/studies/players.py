"""Who shares the cost: the health region, the municipalities and the GP offices, as players.

GP offices are spread over the municipalities by the number of doctors that their size suggests.
No list of offices with their contracts was found: where each office lies and what contract it has
is an assumption, the same for every rule.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import registry
from analysis.methods.games import pieces as cost
from analysis.registry import Scenario

Floats = NDArray[np.float64]
GROUPS = ("region", "municipality", "gp_salaried", "gp_deal", "gp_self")
GROUP_LABELS = {
    "region": "Health region",
    "municipality": "Municipalities",
    "gp_salaried": "GP offices, salaried",
    "gp_deal": "GP offices with a municipal ICT deal",
    "gp_self": "GP offices that pay everything themselves",
}
ROUNDING = 1e-9
# Inhabitants and the density of GPs there: it is the same all through a class.
_DENSITIES = (
    (2000.0, "gp.density_under_2000"),
    (10000.0, "gp.density_10_30k"),
    (30000.0, "gp.density_10_30k"),
    (50000.0, "gp.density_50k"),
)


@dataclass(frozen=True, eq=False)
class Players:
    """The players of a scenario, and the cost game between them (m NOK).

    ``table`` has one row per player: ``name``, ``group`` (one of GROUPS), ``code`` of the
    municipality ("" for the region), ``users``, ``gps``, ``inhabitants`` served and ``sites``.
    """

    scenario: Scenario
    table: pd.DataFrame
    game: cost.CostGame

    @property
    def users(self) -> Floats:
        """Users of each player."""
        return self.table["users"].to_numpy(dtype=np.float64)

    @property
    def unions(self) -> list[list[int]]:
        """Region, municipalities, GP offices: places of the players."""
        kind = self.table["group"].str.split("_").str[0]
        return [np.flatnonzero(kind == name).tolist() for name in ("region", "municipality", "gp")]

    def where(self, group: str) -> NDArray[np.int64]:
        """Places of the players of a group. Raises ValueError for an unknown group."""
        if group not in GROUPS:
            raise ValueError(f"group = {group!r}: must be one of {', '.join(GROUPS)}")
        return np.flatnonzero(self.table["group"] == group)


def doctors(scenario: Scenario) -> pd.Series:
    """Expected number of GPs by municipality code.

    Density falls with size (figures of SSB in the press for three classes; between the classes by
    straight line in the logarithm of the inhabitants), scaled so that the region has its number of
    GPs.
    """
    people = registry.load().municipalities["pop_2021"].astype(float)
    sizes = np.log([size for size, _ in _DENSITIES])
    density = np.interp(np.log(people), sizes, [scenario.value(id) for _, id in _DENSITIES])
    expected = people * density / 10_000
    return expected * (scenario.value("gp.region_count") / expected.sum())


def largest_remainder(weights: Floats, seats: int, least: int = 1) -> NDArray[np.int64]:
    """Whole numbers in proportion to ``weights`` that add up to ``seats``, each at least ``least``.

    Whoever would get less than the least gets the least. The rest share what is left by the method
    of Hamilton: the whole part of the quota, then one more by the size of the fraction.

    Raises:
        ValueError: for weights that are not positive and finite, or fewer seats than needed.
    """
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights > 0)))
    if len(weights) == 0 or bad.size:
        found = f"weights[{bad[0]}] = {weights[bad[0]]}" if bad.size else "weights is empty"
        raise ValueError(f"{found}: must be positive and finite")
    if least < 0:
        raise ValueError(f"least = {least}: must be 0 or more")
    if seats < least * len(weights):
        raise ValueError(f"seats = {seats}: must be at least {least * len(weights)}")
    given = np.full(len(weights), least, dtype=np.int64)
    free = np.ones(len(weights), dtype=bool)
    while True:
        left = seats - least * int((~free).sum())
        quota = np.where(free, weights, 0.0) / weights[free].sum() * left
        short = free & (quota < least - ROUNDING)
        if not short.any():
            break
        free &= ~short
    given[free] = np.floor(quota[free]).astype(np.int64)
    fraction = np.where(free, quota - np.floor(quota), -1.0)
    order = np.argsort(-fraction, kind="stable")
    given[order[: seats - int(given.sum())]] += 1
    return given


def offices(scenario: Scenario) -> pd.DataFrame:
    """The GP offices: ``code`` of the municipality, ``gps`` and ``group`` by contract type.

    Each municipality has at least one office; the offices of one municipality are of the same size.
    Contracts are given by size of the municipality, smallest first: salaried, then municipal ICT
    deal, then those who pay themselves, until each type has its share of the GPs, to the nearest
    office. Salaried posts are known to be more common in small and remote municipalities; the rest
    is an assumption.
    """
    gps = doctors(scenario)
    people = registry.load().municipalities["pop_2021"]
    count = round(scenario.value("gp.offices"))
    number = largest_remainder(gps.to_numpy(dtype=np.float64), count)
    rows = [
        (code, gps[code] / many)
        for code, many in zip(gps.index, number, strict=True)
        for _ in range(int(many))
    ]
    frame = pd.DataFrame(rows, columns=["code", "gps"])
    frame["size"] = frame["code"].map(people)
    frame = frame.sort_values(["size", "code"], kind="stable", ignore_index=True)
    middle = (frame["gps"].cumsum() - frame["gps"] / 2) / frame["gps"].sum()
    paying = scenario.value("gp.share_pay_self")
    salaried = (1 - paying) * scenario.value("gp.salaried_among_others")
    frame["group"] = np.select(
        [middle < salaried, middle < 1 - paying], ["gp_salaried", "gp_deal"], "gp_self"
    )
    return frame[["code", "gps", "group"]]


def players(scenario: Scenario | None = None, total: float | None = None) -> Players:
    """The players of a scenario with the cost game between them.

    Args:
        scenario: the base scenario unless given.
        total: the sum to share in m NOK; the frame of the article unless given.

    Raises:
        ValueError: when the shares of the cost structure add up to more than one, or the total is
            not positive.
    """
    chosen = scenario or registry.load().scenario("base")
    value = chosen.value
    if total is not None and not 0 < total < np.inf:
        raise ValueError(f"total = {total} m NOK: must be positive and finite")
    if value("allocation.level_share") < -ROUNDING:
        raise ValueError(
            "allocation.fixed_share, volume_share and site_share add up to "
            f"{1 - value('allocation.level_share'):.2f}: must be at most 1"
        )
    reg = registry.load().municipalities
    practice = offices(chosen)
    practice["users"] = practice["gps"] * (1 + value("gp.staff_per_gp"))
    others = value("users.planned") - practice["users"].sum()
    hospital = others * value("model.hospital_user_share")
    municipal = others - hospital
    people = reg["pop_2021"].astype(float)
    region = pd.DataFrame(
        {"name": ["Health region"], "group": "region", "code": "", "users": hospital, "gps": 0.0,
         "inhabitants": people.sum(), "sites": value("trusts.count")}
    )  # fmt: skip
    councils = pd.DataFrame(
        {
            "name": reg["name"].to_numpy(),
            "group": "municipality",
            "code": reg.index,
            "users": (municipal * people / people.sum()).to_numpy(),
            "gps": 0.0,
            "inhabitants": people.to_numpy(),
            "sites": 1.0,
        }
    )
    served = practice["gps"] / practice.groupby("code")["gps"].transform("sum")
    number = practice.groupby("code").cumcount() + 1
    gp = pd.DataFrame(
        {
            "name": "GP office " + number.astype(str) + ", " + practice["code"].map(reg["name"]),
            "group": practice["group"],
            "code": practice["code"],
            "users": practice["users"],
            "gps": practice["gps"],
            "inhabitants": served * practice["code"].map(people),
            "sites": 1.0,
        }
    )
    table = pd.concat([region, councils, gp], ignore_index=True)
    amount = value("cost.frame_article") * 1000 if total is None else total
    return Players(chosen, table, cost_game(chosen, table, amount))


def cost_game(scenario: Scenario, table: pd.DataFrame, total: float) -> cost.CostGame:
    """The cost game of the players in ``table``; what all of them cost together is ``total``.

    Four pieces: paid once; growing with users, less than in step; each site's own; and set by the
    most demanding user, whose needs include those of the others.
    """
    value = scenario.value
    kind = table["group"].str.split("_").str[0]
    weight = kind.map(
        {
            "region": value("allocation.site_weight_trust"),
            "municipality": value("allocation.site_weight_municipality"),
            "gp": 1.0,
        }
    ).to_numpy(dtype=np.float64) * table["sites"].to_numpy(dtype=np.float64)
    need = kind.map(
        {
            "region": 1.0,
            "municipality": value("allocation.level_municipality"),
            "gp": value("allocation.level_gp"),
        }
    ).to_numpy(dtype=np.float64)
    users = table["users"].to_numpy(dtype=np.float64)
    power = value("allocation.volume_exponent")
    rate = value("allocation.volume_share") * total / users.sum() ** power
    pieces: list[cost.Piece] = [
        cost.Fixed(value("allocation.fixed_share") * total),
        cost.VolumeDiscount(rate, power, users),
        cost.Additive(weight / weight.sum() * value("allocation.site_share") * total),
        cost.Highest(need / need.max() * max(value("allocation.level_share"), 0.0) * total),
    ]
    return cost.CostGame(table["name"].tolist(), pieces)
