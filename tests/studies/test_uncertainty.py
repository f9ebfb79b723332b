"""Many draws: same numbers in every runtime, executor and block; errors that mean what they say."""

import math
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis import registry
from analysis.methods import sampling
from analysis.model import layout as at
from analysis.studies import runtime, uncertainty
from analysis.studies.appraisal import OUTCOMES, PLACE, ModelError, as_scenario, place_of

compiled_only = pytest.mark.skipif(not runtime.available(), reason="numba is not installed")


def same(one, two):
    for name in ("quantiles", "errors", "bands"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)
    for name in ("mean", "mean_error", "chance", "chance_error"):
        pd.testing.assert_series_equal(getattr(one, name), getattr(two, name), check_exact=True)
    assert one.chance_payback == two.chance_payback


@pytest.fixture(scope="module")
def spread():
    return analysis.simulate(draws=4096, seed=3, bands=True)


@compiled_only
def test_compiled_and_plain_give_the_same_bits(parameter_space):
    rows = parameter_space(60, seed=5)
    places, wanted = range(rows.shape[1]), range(at.SIZE)
    one = runtime.evaluate_draws(rows[0], places, rows.T, wanted, compiled=True)
    two = runtime.evaluate_draws(rows[0], places, rows.T, wanted, compiled=False)
    assert np.isfinite(one).all()
    assert np.array_equal(one, two)


@compiled_only
def test_simulation_does_not_depend_on_the_compiler():
    same(analysis.simulate(draws=128, compiled=True), analysis.simulate(draws=128, compiled=False))


def test_without_numba_the_plain_kernels_run(monkeypatch):
    monkeypatch.setattr(runtime, "available", lambda: False)
    monkeypatch.setattr(runtime, "_compiled", lambda: pytest.fail("compiled code was used"))
    found = analysis.simulate(draws=128)
    assert np.isfinite(found.quantiles.to_numpy()).all()


def test_threads_give_the_same_numbers(spread):
    with ThreadPoolExecutor(2) as pool:
        same(analysis.simulate(draws=4096, seed=3, bands=True, executor=pool), spread)


def test_a_process_pool_gives_the_same_numbers(spread):
    with ProcessPoolExecutor(2) as pool:
        same(analysis.simulate(draws=4096, seed=3, bands=True, executor=pool), spread)


@pytest.mark.peer
def test_a_dask_cluster_gives_the_same_numbers(spread):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = client.get_executor()
        same(analysis.simulate(draws=4096, seed=3, bands=True, executor=executor), spread)


def test_the_seed_decides(spread):
    same(analysis.simulate(draws=4096, seed=3, bands=True), spread)
    other = analysis.simulate(draws=4096, seed=4)
    assert not np.array_equal(other.quantiles, spread.quantiles)


def test_quantiles_have_labels_and_rise(spread):
    assert list(spread.quantiles) == ["P10", "P50", "P85", "P90"]
    assert set(spread.quantiles.index) == set(OUTCOMES) - {"payback_year"}
    assert (np.diff(spread.quantiles.to_numpy(), axis=1) >= 0.0).all()
    assert (spread.errors.to_numpy() >= 0.0).all()
    table = spread.table()
    assert {"label", "unit", "mean", "P85", "P85 se", "below zero"} <= set(table)
    assert spread.bands.loc[("live_municipal", 2038)].between(0.0, 1.0).all()


@pytest.mark.parametrize("method", ["sobol", "random"])
def test_standard_errors_are_those_of_repeated_runs(method):
    """Twelve seeds: their scatter must agree with the error that each run states of itself."""
    runs = [
        analysis.simulate(draws=1024, seed=100 + k, method=method, progress=False)
        for k in range(12)
    ]
    for name in ("npv", "pv_cost", "gp_join"):
        for level in ("P50", "P85"):
            scatter = np.std([r.quantiles.loc[name, level] for r in runs], ddof=1)
            stated = math.sqrt(np.mean([r.errors.loc[name, level] ** 2 for r in runs]))
            # Eleven degrees of freedom: chi-square leaves a ratio of 0.45 to 1.7 at one in 1,000.
            assert 0.4 < scatter / stated < 1.9, (name, level)


def test_sobol_points_beat_random_ones():
    sobol = analysis.simulate(draws=8192, method="sobol", progress=False)
    random = analysis.simulate(draws=8192, method="random", progress=False)
    assert sobol.mean_error["npv"] < 0.5 * random.mean_error["npv"]
    gap = abs(sobol.mean["npv"] - random.mean["npv"])
    assert gap < 4.0 * random.mean_error["npv"]


def test_draws_have_the_quantiles_of_the_registry():
    drawn = uncertainty.sample(draws=8192, seed=2, outcomes=["npv"]).parameters
    reg = registry.load()
    for name, law in uncertainty.uncertain().items():
        record = reg.value(name)
        if record.range_meaning == "P10/P90":
            inner = law.ppf(np.array([0.1, 0.9]))
            got = np.quantile(drawn[name], [0.1, 0.9])
            assert got == pytest.approx(inner, rel=0.01, abs=0.002 * (record.high - record.low))
        lower, upper = record.limits
        assert drawn[name].between(lower, upper).all(), name


def test_costs_rise_together_and_nothing_else_does():
    drawn = uncertainty.sample(draws=8192, seed=2, outcomes=["npv"], correlation=0.5).parameters
    ranks = drawn.rank().corr()
    assert ranks.loc["model.overrun", "model.dip_share"] == pytest.approx(0.483, abs=0.02)
    assert ranks.loc["model.overrun", "model.time_realised"] == pytest.approx(0.0, abs=0.02)
    apart = uncertainty.sample(draws=8192, seed=2, outcomes=["npv"], correlation=0.0).parameters
    assert apart.rank().corr().loc["model.overrun", "model.dip_share"] == pytest.approx(0, abs=0.02)
    wide = analysis.simulate(draws=4096, correlation=1.0)
    calm = analysis.simulate(draws=4096, correlation=0.0)
    assert np.ptp(wide.quantiles.loc["pv_cost"]) > 1.2 * np.ptp(calm.quantiles.loc["pv_cost"])


def test_a_value_that_the_scenario_sets_is_held():
    changes = {"model.overrun": 0.5}
    assert "model.overrun" in uncertainty.uncertain()
    assert "model.overrun" not in uncertainty.uncertain(changes)
    found = analysis.simulate(changes, draws=256)
    frame = registry.load()["cost.frame_article"] * 1000
    assert found.quantiles.loc["investment_total"].to_numpy() == pytest.approx(1.5 * frame)


def test_levers_are_not_drawn():
    drawn = uncertainty.uncertain()
    for lever in ("model.state_share", "model.guarantee_price", "model.cover_self",
                  "model.municipal_ceiling", "model.council_inhabitants"):  # fmt: skip
        assert lever not in drawn


def test_the_outcome_function_is_the_model():
    run = uncertainty.model(names=["model.overrun", "gp.hp_price"], outcome="npv")
    rows = np.array([[0.2, 70000.0], [0.135, 60000.0]])
    expected = [
        analysis.evaluate({"model.overrun": o, "gp.hp_price": g}).outcome("npv") for o, g in rows
    ]
    assert run(rows).tolist() == expected
    with pytest.raises(ValueError, match="shape"):
        run(rows[:, :1])
    with pytest.raises(ValueError, match=r"gp\.hp_prise"):
        uncertainty.model(names=["gp.hp_prise"])
    with pytest.raises(ModelError, match=r"model\.benefit_lag"):
        uncertainty.model(names=["model.benefit_lag"])(np.array([[0.5]]))


def test_paired_scenarios_share_their_draws():
    scenarios = {"low": {"model.overrun": 0.0}, "high": {"model.overrun": 0.5}}
    values, drawn = uncertainty.paired(scenarios, "investment_total", draws=64)
    assert "model.overrun" not in drawn
    assert values["high"].to_numpy() == pytest.approx(1.5 * values["low"].to_numpy())
    npv, _ = uncertainty.paired(scenarios, "npv", draws=64)
    assert (npv["high"] < npv["low"]).all()


@pytest.mark.parametrize(
    ("draws", "rows", "count"),
    [(1, 16, 8), (100, 16, 8), (1024, 128, 8), (10_000, 1024, 10), (10_000_000, 16384, 611)],
)
def test_replicates_are_at_least_eight_and_never_large(draws, rows, count):
    assert uncertainty.replicate_size(draws) == (rows, count)


@pytest.mark.parametrize("draws", [0, -5, 2.5, True, None])
def test_no_draws_is_an_error(draws):
    with pytest.raises(ValueError, match=r"draws = .*at least 1"):
        analysis.simulate(draws=draws)


def test_impossible_requests_are_named():
    with pytest.raises(ValueError, match=r"correlation = 1\.5"):
        analysis.simulate(draws=64, correlation=1.5)
    with pytest.raises(ValueError, match="method = 'lhs'"):
        analysis.simulate(draws=64, method="lhs")
    with pytest.raises(ModelError, match="every parameter is held"):
        analysis.simulate(draws=64, hold=list(uncertainty.uncertain()))
    with pytest.raises(ValueError, match=r"hold = 'gp\.hp_prise'"):
        analysis.simulate(draws=64, hold=["gp.hp_prise"])


def test_laws_with_impossible_ends_are_refused_before_drawing(monkeypatch):
    laws = uncertainty.uncertain()
    from analysis.methods.distributions import Uniform

    monkeypatch.setattr(
        uncertainty, "uncertain", lambda s, h: {**laws, "model.benefit_lag": Uniform(0.2, 3.0)}
    )
    with pytest.raises(ModelError, match=r"model\.benefit_lag = 0\.2"):
        analysis.simulate(draws=64)


def test_a_result_that_is_not_finite_is_an_error(monkeypatch):
    def broken(base, places, columns, wanted, compiled=None):
        return np.full((len(wanted), columns.shape[1]), math.nan)

    monkeypatch.setattr(runtime, "evaluate_draws", broken)
    with pytest.raises(ModelError, match="not finite"):
        analysis.simulate(draws=64)


def test_tables_of_quantiles_are_close_to_the_laws():
    scenario = as_scenario(None)
    prepared = uncertainty.draws_of(scenario, [place_of("npv")])
    plan = sampling.Plan(prepared.copula, 1024, 9)
    scores = next(iter(plan))
    columns = prepared.columns(scores)
    for j, (law, factor) in enumerate(zip(prepared.laws, prepared.factors, strict=True)):
        exact = law.from_normal(scores[:, j]) * factor
        assert np.allclose(columns[j], exact, rtol=1e-4, atol=1e-4 * np.abs(exact).max())


def test_payback_is_a_chance():
    sure = {"cost.frame_article": 1.0, "model.operations_fixed": 0, "model.operations_user": 0,
            "model.operations_site": 0, "model.old_systems_user": 40000, "model.overrun": 0,
            "model.function_minutes_week": -60}  # fmt: skip
    assert analysis.simulate(sure, draws=128).chance_payback == 1.0
    assert analysis.simulate({"model.function_minutes_week": 240}, draws=128).chance_payback == 0.0


def test_the_progress_bar_waits_two_seconds(capsys):
    analysis.simulate(draws=128)
    assert capsys.readouterr().err == ""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    runtime._folder.cache_clear()
    yield tmp_path / "cache"
    runtime._folder.cache_clear()


def test_the_cache_of_compiled_code_follows_the_text(cache, monkeypatch):
    before = runtime._path()
    monkeypatch.setattr(runtime, "source", lambda: "x = 1\n")
    assert runtime._path() != before
    assert runtime._path().parent == cache / "helseplattformen-analysis"
    assert not runtime.cached()


def test_a_cache_that_cannot_be_written_is_replaced(cache):
    cache.write_text("a file where the folder should be", encoding="utf-8")
    folder = runtime._folder()
    assert folder.is_dir()
    assert folder != cache / "helseplattformen-analysis"
    assert folder.stat().st_mode & 0o077 == 0
    folder.rmdir()


def test_the_joined_text_of_the_kernels_runs_by_itself():
    text = runtime.source().replace("import numba", "")
    lines = [line for line in text.splitlines() if not line.startswith("@numba")]
    scope = {}
    exec("\n".join(lines), scope)
    p = uncertainty.parameters(as_scenario(None)).tolist()
    out = [math.nan] * at.SIZE
    scope["evaluate"](p, out)
    assert out == analysis.evaluate().vector.tolist()
    assert len(p) == len(PLACE)
