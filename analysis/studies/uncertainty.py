"""The appraisal under uncertainty: many draws of the assumptions, and what they come to.

``simulate`` draws every uncertain parameter from its range in the registry, runs the model for each
draw and gives quantiles with standard errors. Draws are made in independent scrambles of a Sobol
sequence (replicates): a replicate is one piece of work, the same wherever it is done, and its rows
are thrown away once its quantiles are taken. So memory does not grow with the number of draws, and
the executor does not change the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.methods import distributions, sampling
from analysis.model import layout as at
from analysis.model.parameters import NAMES
from analysis.registry import Scenario
from analysis.registry.records import Value
from analysis.studies import runtime
from analysis.studies.appraisal import (
    MILLION,
    OUTCOMES,
    PLACE,
    YEARS,
    Floats,
    ModelError,
    ScenarioLike,
    as_scenario,
    check_ends,
    parameters,
    place_of,
    scale_of,
    scales,
)

PROBABILITIES = (0.10, 0.50, 0.85, 0.90)
LEVELS = tuple(f"P{round(100 * p)}" for p in PROBABILITIES)
REPLICATES = 8
#: Rows of a replicate: enough for quantiles, few enough to stay small in memory.
LEAST_ROWS, MOST_ROWS = 16, 1 << 14
#: Yearly series for which bands are made: name, first place, scale.
BANDS = {
    "cost": (at.COST, MILLION),
    "benefit": (at.BENEFIT, MILLION),
    "cumulative": (at.CUMULATIVE, MILLION),
    "live_hospital": (at.seat(at.LIVE, at.HOSPITAL, 0), 1.0),
    "live_municipal": (at.seat(at.LIVE, at.MUNICIPAL, 0), 1.0),
    "live_gp_self": (at.seat(at.LIVE, at.GP_SELF, 0), 1.0),
}
#: Costs that rise together when the programme goes badly: they share one common factor.
COMMON_COST = (
    "model.overrun",
    "model.operations_fixed",
    "model.operations_user",
    "model.operations_site",
    "model.intro_hospital",
    "model.intro_municipality",
    "model.intro_site",
    "model.dip_share",
    "model.dip_months",
    "model.parallel_months",
    "gp.hp_price",
)
CORRELATION = "cost_risk.correlation"
#: Zero means "never" for the year of payback: it has a chance instead of quantiles.
WITHOUT_QUANTILES = ("payback_year",)


def law_of(record: Value) -> distributions.Marginal:
    """Distribution of a registry value, conditioned on its hard limits.

    Raises ValueError naming the value when its range and distribution do not go together.
    """
    if record.distribution is None:
        raise ValueError(f"{record.id}: has no distribution")
    shaped = record.distribution in ("triangular", "pert")
    mode = record.mode if record.mode is not None else record.value
    try:
        return distributions.marginal(
            record.distribution,
            low=record.low,
            mode=mode if shaped else None,
            high=record.high,
            meaning=record.range_meaning or "",
            minimum=record.minimum,
            maximum=record.maximum,
        )
    except ValueError as error:
        raise ValueError(f"{record.id}: {error}") from None


def uncertain(
    scenario: ScenarioLike = None, hold: Collection[str] = ()
) -> dict[str, distributions.Marginal]:
    """Distributions of the model's uncertain parameters, each in the unit of its record.

    A parameter that the scenario sets, or that ``hold`` names, is held and so not among them.
    """
    chosen = as_scenario(scenario)
    for name in hold:
        if name not in PLACE:
            raise ValueError(f"hold = {name!r}: is not a parameter of the model")
    held = {*chosen.changes, *hold}
    return {
        name: law_of(chosen.registry.value(name))
        for name in NAMES
        if chosen.registry.value(name).distribution is not None and name not in held
    }


@dataclass(frozen=True, eq=False)
class Draws:
    """How to draw parameters of one scenario, and what to keep. Small, and can be sent anywhere."""

    base: Floats
    places: tuple[int, ...]
    laws: tuple[distributions.Marginal, ...]
    factors: tuple[float, ...]
    copula: sampling.Copula
    wanted: tuple[int, ...]
    compiled: bool | None = None

    def columns(self, scores: Floats) -> Floats:
        """Drawn parameters in base units, shape (uncertain, n), from scores (n, uncertain)."""
        columns = np.empty((len(self.places), len(scores)))
        for j, table in enumerate(_tables(self.laws)):
            columns[j] = table(scores[:, j])
            columns[j] *= self.factors[j]
        return columns

    def outcomes(self, columns: Floats) -> Floats:
        """Wanted numbers of the model in base units, shape (wanted, n)."""
        results = runtime.evaluate_draws(
            self.base, self.places, columns, self.wanted, self.compiled
        )
        if not np.isfinite(results).all():
            raise ModelError("the model gives numbers that are not finite for some of the draws")
        return results

    def check(self) -> None:
        """Refuse laws whose ends the model cannot work with; see :func:`appraisal.check`."""
        ends = np.array([(t.left[0], t.right[-1]) for t in _tables(self.laws)]).T
        check_ends(self.base, self.places, ends * np.array(self.factors))


@lru_cache(maxsize=8)
def _tables(laws: tuple[distributions.Marginal, ...]) -> list[distributions.QuantileTable]:
    """Quantiles of the laws for fast drawing: straight lines, to a few parts in a million."""
    return [distributions.quantile_table(law) for law in laws]


def draws_of(
    scenario: Scenario,
    wanted: Sequence[int],
    correlation: float | None = None,
    compiled: bool | None = None,
    hold: Collection[str] = (),
) -> Draws:
    """Prepare draws of a scenario's uncertain parameters; ``wanted`` are places of the model."""
    laws = uncertain(scenario, hold)
    if not laws:
        raise ModelError(f"scenario {scenario.label!r}: every parameter is held, none is drawn")
    rho = scenario.value(CORRELATION) if correlation is None else correlation
    if not 0.0 <= rho <= 1.0:
        raise ValueError(f"correlation = {rho}: must be in [0, 1]")
    loadings = [[rho**0.5 if name in COMMON_COST else 0.0] for name in laws]
    places = tuple(PLACE[name] for name in laws)
    factors = scales(scenario.registry)[list(places)]
    prepared = Draws(
        parameters(scenario),
        places,
        tuple(laws.values()),
        tuple(factors.tolist()),
        sampling.factor_copula(loadings),
        tuple(wanted),
        compiled,
    )
    prepared.check()
    return prepared


@dataclass(frozen=True, eq=False)
class Simulation:
    """Outcomes of many draws of one scenario.

    ``quantiles`` and ``errors`` (their standard errors) have outcomes down and P10, P50, P85, P90
    across, in the units of ``appraisal.OUTCOMES``; ``mean`` and ``mean_error`` likewise. ``chance``
    is the share of draws below zero, ``chance_error`` its standard error. ``bands`` holds the same
    quantiles of yearly series, by (series, year), if they were asked for.
    """

    scenario: Scenario
    draws: int
    replicates: int
    seed: int
    quantiles: pd.DataFrame
    errors: pd.DataFrame
    mean: pd.Series
    mean_error: pd.Series
    chance: pd.Series
    chance_error: pd.Series
    #: Share of draws in which gains have paid for all costs by the last year.
    chance_payback: float
    bands: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Label, unit, mean, quantiles and standard errors in one table for reading."""
        names = list(self.quantiles.index)
        table = pd.DataFrame(
            {"label": [OUTCOMES[n][0] for n in names], "unit": [OUTCOMES[n][1] for n in names]},
            index=self.quantiles.index,
        )
        table["mean"], table["mean se"] = self.mean, self.mean_error
        for level in self.quantiles:
            table[level], table[f"{level} se"] = self.quantiles[level], self.errors[level]
        table["below zero"] = self.chance
        return table


def simulate(
    scenario: ScenarioLike = None,
    draws: int = 16384,
    seed: int = 1,
    executor: Executor | None = None,
    *,
    hold: Collection[str] = (),
    correlation: float | None = None,
    method: sampling.Method = "sobol",
    bands: bool = False,
    compiled: bool | None = None,
    progress: bool = True,
) -> Simulation:
    """Draw the uncertain parameters and run the model for each draw.

    Parameters
    ----------
    scenario : what is held; parameters that it changes are not drawn.
    draws : at least so many; made up to whole replicates (``Simulation.draws`` has the number).
    seed : of the draws; the same seed gives the same numbers everywhere.
    executor : any ``concurrent.futures.Executor``: threads, processes, or a Dask client's.
    hold : parameters to hold at the scenario's value as well.
    correlation : between the costs that rise together; None takes the scenario's value.
    method : ``sobol`` (scrambled) or ``random``.
    bands : also make bands of the yearly series in ``BANDS``.
    compiled : as in :func:`analysis.studies.runtime.evaluate_rows`.
    progress : show a bar once the work has taken two seconds.

    Raises
    ------
    ValueError : no draws, an unknown method, a correlation outside [0, 1].
    ModelError : draws with which the model cannot work, or a result that is not finite.
    """
    chosen = as_scenario(scenario)
    names = [n for n in OUTCOMES if n not in WITHOUT_QUANTILES]
    wanted = [place_of(n) for n in (*names, *WITHOUT_QUANTILES)]
    if bands:
        wanted += [first + k for first, _ in BANDS.values() for k in range(at.YEARS)]
    prepared = draws_of(chosen, wanted, correlation, compiled, hold)
    rows, count = replicate_size(draws)
    plan = sampling.Plan(prepared.copula, rows, seed, method)
    tasks = [(prepared, copy, len(names)) for copy in plan.replicates(count)]
    parts = _collect(_replicate, tasks, executor, progress)
    quantiles, means, below = (np.array([part[k] for part in parts]) for k in range(3))

    factor = np.array([scale_of(n) for n in names])
    if bands:
        factor = np.concatenate([factor, *(np.full(at.YEARS, s) for _, s in BANDS.values())])
    centre, spread = _estimate(quantiles / factor)
    mean, mean_error = _estimate(means / factor[: len(names)])
    chance, chance_error = _estimate(below)
    index = pd.Index(names, name="outcome")
    size = len(names)
    years = pd.MultiIndex.from_product([list(BANDS), YEARS], names=["series", "year"])
    return Simulation(
        chosen,
        rows * count,
        count,
        seed,
        pd.DataFrame(centre[:, :size].T, index=index, columns=list(LEVELS)),
        pd.DataFrame(spread[:, :size].T, index=index, columns=list(LEVELS)),
        pd.Series(mean[:size], index=index, name="mean"),
        pd.Series(mean_error[:size], index=index, name="mean se"),
        pd.Series(chance[:size], index=index, name="below zero"),
        pd.Series(chance_error[:size], index=index, name="below zero se"),
        float(1.0 - chance[size]),
        pd.DataFrame(centre[:, size:].T, index=years if bands else None, columns=list(LEVELS)),
    )


def replicate_size(draws: int) -> tuple[int, int]:
    """Rows of a replicate, a power of two, and the number of replicates for at least ``draws``."""
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 1:
        raise ValueError(f"draws = {draws!r}: must be a whole number of at least 1")
    rows = max(LEAST_ROWS, 1 << max(int(draws) // REPLICATES, 1).bit_length() - 1)
    rows = min(rows, MOST_ROWS)
    return rows, max(REPLICATES, -(-int(draws) // rows))


def _replicate(task: tuple[Draws, sampling.Plan, int]) -> tuple[Floats, Floats, Floats]:
    """Quantiles, means and shares below zero of one replicate."""
    prepared, plan, size = task
    blocks = [prepared.outcomes(prepared.columns(scores)) for scores in plan]
    results = blocks[0] if len(blocks) == 1 else np.hstack(blocks)
    singles, payback = results[:size], results[size]
    means = singles.mean(axis=1)
    below = np.append((singles < 0.0).mean(axis=1), (payback == 0.0).mean())
    shown = np.delete(results, size, axis=0)
    shown.sort(axis=1)  # vectorised, and so faster than picking out a few places
    return np.quantile(shown, PROBABILITIES, axis=1, overwrite_input=True), means, below


def _estimate(replicates: Floats) -> tuple[Floats, Floats]:
    """Mean over replicates and its standard error."""
    error = replicates.std(axis=0, ddof=1) / len(replicates) ** 0.5
    return replicates.mean(axis=0), error


def _collect(
    work: Callable[[Any], Any], tasks: Sequence[Any], executor: Executor | None, progress: bool
) -> list[Any]:
    """Results of the tasks in their order, with a progress bar after two seconds."""
    from tqdm.auto import tqdm

    quiet = {} if progress else {"disable": True}  # else the environment decides (TQDM_DISABLE)
    with tqdm(total=len(tasks), desc="draws", delay=2.0, **quiet) as bar:
        found = []
        if executor is None:
            for task in tasks:
                found.append(work(task))
                bar.update()
            return found
        futures = [executor.submit(work, task) for task in tasks]
        try:
            for future in futures:
                found.append(future.result())
                bar.update()
        finally:
            for future in futures:
                future.cancel()
        return found


@dataclass(frozen=True, eq=False)
class Sample:
    """Draws with their outcomes, row by row: the common matrix of sensitivity and decisions.

    ``parameters`` are in the units of their records, ``outcomes`` in those of ``OUTCOMES``.
    """

    parameters: pd.DataFrame
    outcomes: pd.DataFrame


def sample(
    scenario: ScenarioLike = None,
    draws: int = 4096,
    seed: int = 1,
    outcomes: Sequence[str] = tuple(OUTCOMES),
    *,
    hold: Collection[str] = (),
    correlation: float | None = None,
    compiled: bool | None = None,
) -> Sample:
    """Draw ``draws`` rows (a power of two) of one scrambled Sobol sequence and keep everything."""
    from tqdm.auto import tqdm

    chosen = as_scenario(scenario)
    wanted = [place_of(n) for n in outcomes]
    prepared = draws_of(chosen, wanted, correlation, compiled, hold)
    plan = sampling.Plan(prepared.copula, draws, seed)
    names = [NAMES[place] for place in prepared.places]
    drawn, results = [], []
    for scores in tqdm(plan, desc="draws", delay=2.0, leave=False):
        columns = prepared.columns(scores)
        drawn.append(columns.T / np.array(prepared.factors))
        results.append(prepared.outcomes(columns).T)
    factor = np.array([scale_of(n) for n in outcomes])
    return Sample(
        pd.DataFrame(np.concatenate(drawn), columns=names),
        pd.DataFrame(np.concatenate(results) / factor, columns=list(outcomes)),
    )


@dataclass(frozen=True, eq=False)
class Outcome:
    """One outcome of the model as a function of some parameters, in the units of their records.

    Takes shape (n, parameters) and returns (n,). It can be sent to other processes.
    """

    names: tuple[str, ...]
    base: Floats
    places: tuple[int, ...]
    factors: Floats
    place: int
    scale: float
    compiled: bool | None = None

    def __call__(self, x: Floats) -> Floats:
        """Evaluate rows of parameters. Raises ValueError for a wrong shape, ModelError as check."""
        values = np.asarray(x, dtype=np.float64)
        if values.ndim != 2 or values.shape[1] != len(self.names) or not len(values):
            raise ValueError(f"x has shape {values.shape}: must be (n, {len(self.names)})")
        columns = values.T * self.factors[:, None]
        check_ends(self.base, self.places, np.array([columns.min(axis=1), columns.max(axis=1)]))
        found: Floats = runtime.evaluate_draws(
            self.base, self.places, columns, [self.place], self.compiled
        )[0]
        return found / self.scale


def model(
    scenario: ScenarioLike = None,
    names: Sequence[str] | None = None,
    outcome: str = "npv",
    *,
    compiled: bool | None = None,
) -> Outcome:
    """Make the function for sensitivity methods: ``outcome`` of the named parameters.

    ``names`` defaults to the uncertain parameters, in the order of :func:`uncertain`.
    """
    chosen = as_scenario(scenario)
    ids = tuple(uncertain(chosen) if names is None else names)
    for name in ids:
        if name not in PLACE:
            raise ValueError(f"{name}: is not a parameter of the model")
    places = tuple(PLACE[name] for name in ids)
    return Outcome(
        ids,
        parameters(chosen),
        places,
        scales(chosen.registry)[list(places)],
        place_of(outcome),
        scale_of(outcome),
        compiled,
    )


def paired(
    scenarios: Mapping[str, ScenarioLike],
    outcome: str = "npv",
    draws: int = 4096,
    seed: int = 1,
    *,
    correlation: float | None = None,
    compiled: bool | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One outcome of several scenarios on the same draws, and these draws.

    The first table has draws down and scenarios across, the second draws down and parameters
    across. Only parameters that none of the scenarios sets are drawn.
    """
    chosen = {key: as_scenario(s) for key, s in scenarios.items()}
    held = {id for s in chosen.values() for id in s.changes if id in PLACE}
    columns, drawn = {}, pd.DataFrame()
    for key, scenario in chosen.items():
        found = sample(
            scenario, draws, seed, [outcome],
            hold=held, correlation=correlation, compiled=compiled,
        )  # fmt: skip
        columns[key], drawn = found.outcomes[outcome], found.parameters
    return pd.DataFrame(columns), drawn
