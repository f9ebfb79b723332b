"""Correlated draws: copulas, points, blocks, standard errors."""

import pickle
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.methods.distributions import Lognormal, Triangular, quantile_table
from analysis.methods.sampling import (
    Plan,
    factor_copula,
    independent,
    matrix_copula,
    one_factor,
    replicated,
    sample,
    summarise,
    to_marginals,
)

R = np.array([[1.0, 0.6, -0.2], [0.6, 1.0, 0.1], [-0.2, 0.1, 1.0]])


def all_scores(plan):
    return np.concatenate(list(plan))


@given(st.integers(1, 6), st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_one_factor_matrix(size, rho):
    matrix = one_factor(size, rho).matrix
    np.testing.assert_allclose(np.diag(matrix), 1.0)
    np.testing.assert_allclose(matrix[~np.eye(size, dtype=bool)], rho, atol=1e-12)


def test_several_factors():
    loadings = np.array([[0.5, 0.5], [0.5, 0.0], [0.0, -0.5]])
    matrix = factor_copula(loadings).matrix
    np.testing.assert_allclose(np.diag(matrix), 1.0)
    np.testing.assert_allclose(matrix[0, 1:], [0.25, -0.25])


@pytest.mark.parametrize(
    "matrix", [R, np.eye(2), np.ones((3, 3)), np.array([[1.0, -1.0], [-1.0, 1.0]])]
)
def test_matrix_copula_reproduces_its_matrix(matrix):
    np.testing.assert_allclose(matrix_copula(matrix).matrix, matrix, atol=1e-12)


@pytest.mark.parametrize("method", ["sobol", "random"])
@pytest.mark.parametrize(
    "copula", [one_factor(3, 0.3), matrix_copula(R), factor_copula([[0.6, 0.3], [0.6, 0.0]])]
)
def test_scores_are_normal_with_the_asked_correlation(copula, method):
    z = all_scores(Plan(copula, 1 << 16, 7, method))
    np.testing.assert_allclose(np.corrcoef(z.T), copula.matrix, atol=0.015)
    for column in z.T:
        assert stats.kstest(column, "norm").pvalue > 1e-4
        assert abs(column.mean()) < 0.02
        assert column.std() == pytest.approx(1.0, abs=0.01)


def test_pseudo_random_normals_have_normal_tails_and_no_serial_link():
    z = all_scores(Plan(independent(3), 1 << 19, 11, "random"))
    n = z.size
    for x in (2.0, 3.0, 4.0):
        expected = n * 2 * stats.norm.sf(x)
        assert abs((np.abs(z) > x).sum() - expected) < 5 * np.sqrt(expected)
    assert abs(np.corrcoef(z[:-1, 0], z[1:, 0])[0, 1]) < 5 / np.sqrt(len(z))
    # The two normals of one Box–Muller pair share a radius; their squares must still be unrelated.
    assert abs(np.corrcoef(z[:, 0] ** 2, z[:, 2] ** 2)[0, 1]) < 5 / np.sqrt(len(z))


@pytest.mark.parametrize("method", ["sobol", "random"])
def test_blocks_can_be_made_alone_and_in_any_process(method):
    plan = Plan(one_factor(4, 0.5), 1 << 12, 3, method, block=1 << 9)
    blocks = list(plan)
    assert len(blocks) == len(plan) == 8
    np.testing.assert_array_equal(plan.scores(5), blocks[5])
    for got, index in zip(plan.blocks([1, 6]), (1, 6), strict=True):
        np.testing.assert_array_equal(got, blocks[index])
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2) as processes:
        for pool in (threads, processes):
            for got, expected in zip(pool.map(plan.scores, range(8)), blocks, strict=True):
                np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(plan)).scores(0), blocks[0])


def test_last_block_is_short_and_memory_is_bounded_by_the_block():
    plan = Plan(independent(2), 1000, 1, "random", block=256)
    assert [len(b) for b in plan] == [256, 256, 256, 232]


@pytest.mark.parametrize("method", ["sobol", "random"])
def test_seed_decides(method):
    def first(seed):
        return Plan(independent(2), 64, seed, method).scores(0)

    np.testing.assert_array_equal(first(5), first(5))
    assert not np.array_equal(first(5), first(6))


def test_replicates_differ_and_give_an_honest_standard_error():
    """The true P85 lies within four standard errors, and the error is neither zero nor idle."""
    plan = Plan(one_factor(2, 0.5), 1 << 11, 9)
    summary = replicated(lambda z: z.sum(axis=1), plan, replicates=16, probabilities=(0.5, 0.85))
    truth = np.sqrt(3.0) * stats.norm.ppf([0.5, 0.85])
    error = summary.quantile_errors[:, 0]
    assert np.all(np.abs(summary.quantiles[:, 0] - truth) < 4 * error)
    assert np.all((error > 1e-5) & (error < 0.02))
    assert summary.replicates == 16
    assert summary.draws == 1 << 11
    firsts = {float(p.scores(0)[0, 0]) for p in plan.replicates(4)}
    assert len(firsts) == 4


def test_sobol_is_more_accurate_than_pseudo_random():
    def error(method):
        plan = Plan(independent(3), 1 << 12, 2, method)
        return replicated(lambda z: np.exp(0.3 * z).sum(axis=1), plan, 8).mean_error[0]

    assert error("sobol") < 0.2 * error("random")


def test_samples_follow_their_marginals():
    laws = [Triangular(0, 1, 4), stats.gamma(3), quantile_table(Lognormal(2, 0.4))]
    plan = Plan(one_factor(3, 0.4), 1 << 14, 4, block=1 << 12)
    x = np.concatenate(list(sample(laws, plan)))
    assert x.shape == (1 << 14, 3)
    for column, law in zip(x.T, [laws[0], laws[1], Lognormal(2, 0.4)], strict=True):
        np.testing.assert_allclose(
            np.quantile(column, [0.1, 0.5, 0.9]), law.ppf([0.1, 0.5, 0.9]), rtol=0.01
        )
    rank = stats.spearmanr(x).statistic[0, 1]
    assert rank == pytest.approx(6 / np.pi * np.arcsin(0.2), abs=0.02)


def test_marginals_are_applied_column_by_column():
    z = np.array([[0.0, 1.0], [-1.0, 0.0]])
    out = to_marginals([Lognormal(3, 1), stats.norm(5, 2)], z)
    np.testing.assert_allclose(out, [[3, 7], [3 / np.e, 5]])


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], "eigenvalue -0.8: must be positive semi"),
        ([[1, 0.2], [0.3, 1]], r"correlation\[0, 1\] = 0.2: must be symmetric"),
        ([[1, 1.2], [1.2, 1]], r"correlation\[0, 1\] = 1.2: must be in \[-1, 1\]"),
        ([[1, 0], [0, 0.9]], r"correlation\[1, 1\] = 0.9: must be 1 on the diagonal"),
        ([[1, float("nan")], [float("nan"), 1]], "NaN"),
        ([[1, 0, 0], [0, 1, 0]], r"shape \(2, 3\): must be square"),
    ],
)
def test_impossible_matrices_are_refused(matrix, message):
    with pytest.raises(ValueError, match=message):
        matrix_copula(matrix)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: one_factor(3, 1.5), r"rho = 1.5: must be in \[0, 1\]"),
        (lambda: one_factor(3, float("nan")), "rho = nan"),
        (lambda: one_factor(0, 0.5), "size = 0: must be at least 1"),
        (lambda: factor_copula([[0.5], [1.1]]), r"loadings\[1\] have a sum of squares of 1.21"),
        (lambda: factor_copula([0.5, 0.5]), r"shape \(2,\)"),
        (lambda: factor_copula([[float("inf")]]), "finite"),
        (lambda: Plan(independent(2), 0), "draws = 0: must be at least 1"),
        (lambda: Plan(independent(2), 1000), "draws = 1000: must be a power of two.* such as 1024"),
        (
            lambda: Plan(independent(2), 64, method="halton"),
            "'halton': must be 'sobol' or 'random'",
        ),
        (lambda: Plan(independent(2), 64, block=100), "block = 100: must be a power of two"),
        (lambda: Plan(independent(2), 64).replicates(1), "replicates = 1: must be at least 2"),
        (lambda: next(sample([Lognormal(1, 1)], Plan(independent(2), 64))), "1 marginals for .* 2"),
        (lambda: summarise([np.ones(3)], [0.5]), "replicates = 1"),
        (lambda: summarise([np.ones(3), np.ones(4)], [0.5]), "same shape"),
        (lambda: summarise([np.ones(3)] * 2, [0.0]), r"must each be in \(0, 1\)"),
        (lambda: summarise([np.array([np.nan])] * 2, [0.5]), "outcomes hold NaN"),
    ],
)
def test_bad_input_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_block_outside_the_plan():
    with pytest.raises(IndexError, match=r"block 4: must be in 0\.\.3"):
        Plan(independent(1), 64, block=16).scores(4)
