"""Adoption: published equilibria and curves, limiting cases, and the chain against single users."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.methods import adoption
from analysis.methods.adoption import (
    bass_peak,
    bass_share,
    cascade,
    coordination_equilibria,
    fixed_points,
    global_game_threshold,
    segment_equilibria,
    simulate,
    sites,
)


class TestCoordination:
    """Rohlfs (1974): with weights uniform on 0 to 1 the equilibria solve n (1 - n) = cost."""

    @pytest.mark.parametrize(("cost", "roots"), [(0.16, (0.2, 0.8)), (0.24, (0.4, 0.6))])
    def test_tipping_point_and_upper_equilibrium(self, cost, roots):
        none, tipping, upper = coordination_equilibria(cost)
        assert (none.share, none.stable, none.basin) == (0.0, True, (0.0, pytest.approx(roots[0])))
        assert (tipping.share, tipping.stable) == (pytest.approx(roots[0]), False)
        assert (upper.share, upper.stable) == (pytest.approx(roots[1]), True)
        assert upper.basin == (pytest.approx(roots[0]), 1.0)

    def test_nobody_joins_above_a_quarter(self):
        (only,) = coordination_equilibria(0.2501)
        assert (only.share, only.stable, only.basin) == (0.0, True, (0.0, 1.0))

    def test_at_a_quarter_the_two_roots_meet(self):
        none, both = coordination_equilibria(0.25)
        assert none.basin == (0.0, pytest.approx(0.5, abs=1e-6))
        assert both.share == pytest.approx(0.5, abs=1e-6)
        assert not both.stable  # a push down is not undone
        assert both.basin[1] == 1.0

    def test_all_join_when_it_pays_alone(self):
        (only,) = coordination_equilibria(0.1, stand_alone=0.2)
        assert (only.share, only.stable) == (1.0, True)

    @settings(max_examples=50, deadline=None)
    @given(cost=st.floats(0.01, 0.24), stand_alone=st.floats(0.0, 0.3))
    def test_every_equilibrium_confirms_itself(self, cost, stand_alone):
        law = stats.uniform()
        for point in coordination_equilibria(cost, stand_alone=stand_alone, network=law):
            needed = (cost - stand_alone) / max(point.share, 1e-300)
            assert law.sf(needed) == pytest.approx(point.share, abs=1e-8)
            assert point.basin[0] <= point.share <= point.basin[1]


class TestFixedPoints:
    def test_a_jump_is_a_tipping_point(self):
        low, tipping, high = fixed_points(lambda x: np.where(x < 0.3, 0.1, 0.9))
        assert (low.share, high.share) == (0.1, pytest.approx(0.9))
        assert tipping.share == pytest.approx(0.3)
        assert (low.stable, tipping.stable, high.stable) == (True, False, True)

    def test_basins_fill_the_range(self):
        points = fixed_points(stats.norm(0.4, 0.1).cdf)
        stable = [p for p in points if p.stable]
        assert stable[0].basin[0] == 0
        assert stable[-1].basin[1] == 1
        assert stable[0].basin[1] == stable[-1].basin[0] == points[1].share

    @pytest.mark.parametrize(
        ("response", "message"),
        [
            (lambda x: 1 - x, "response falls after 0"),
            (lambda x: 2 * x, "must be in \\[0, 1\\]"),
            (lambda x: x * np.nan, "response\\[0\\] = nan"),
            (lambda x: x, "leaves every share near 0 as it is"),
            (lambda x: np.zeros(3), "must be the same"),
        ],
    )
    def test_bad_maps(self, response, message):
        with pytest.raises(ValueError, match=message):
            fixed_points(response)


class TestSegments:
    def test_one_segment_is_the_simple_model(self):
        law = stats.norm(0.4, 0.1)
        simple = fixed_points(law.cdf)
        found = segment_equilibria([law], [[1.0]])
        assert [e.shares[0] for e in found] == pytest.approx([e.share for e in simple], abs=1e-6)
        assert [e.stable for e in found] == [True, False, True]
        low, high = simple[0].basin
        assert found[0].basin == pytest.approx(high - low, abs=2e-3)

    def test_equal_segments_behave_as_one(self):
        law = stats.norm(0.4, 0.1)
        found = segment_equilibria([law, law], [[0.5, 0.5], [0.5, 0.5]])
        assert found[0].shares[0] == pytest.approx(found[0].shares[1])
        assert found[0].shares[0] == pytest.approx(fixed_points(law.cdf)[0].share, abs=1e-6)

    def test_a_mandate_in_one_segment_can_carry_the_others(self):
        laws = [stats.norm(0.4, 0.1)] * 2
        mixing = [[0.5, 0.5], [0.6, 0.4]]
        alone = segment_equilibria(laws, mixing)
        pushed = segment_equilibria(laws, mixing, mandatory=[1.0, 0.0])
        assert alone[0].shares.max() < 0.01
        assert pushed[0].shares == pytest.approx([1, 1], abs=1e-3)
        assert len(pushed) == 1
        assert pushed[0].basin == 1

    def test_each_point_confirms_itself_and_basins_fill_the_cube(self):
        laws = [stats.norm(0.4, 0.15), stats.norm(0.5, 0.1), stats.norm(0.5, 0.1)]
        mixing = np.array([[0.6, 0.2, 0.2], [0.4, 0.4, 0.2], [0.3, 0.2, 0.5]])
        must = np.array([0.2, 0.0, 0.0])
        found = segment_equilibria(laws, mixing, mandatory=must)
        for point in found:
            seen = mixing @ point.shares
            after = must + (1 - must) * [law.cdf(s) for law, s in zip(laws, seen, strict=True)]
            assert after == pytest.approx(point.shares, abs=1e-6)
        assert sum(e.basin for e in found) == pytest.approx(1, abs=0.01)
        assert [e.stable for e in found] == [True, False, True]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"mixing": [[0.5, 0.4], [0.5, 0.5]]}, r"mixing\[0\] = .* with sum 1"),
            ({"mixing": [[1.0]]}, r"mixing has shape \(1, 1\): must be \(2, 2\)"),
            ({"mandatory": 1.5}, r"mandatory = 1.5: must be in \[0, 1\]"),
            ({"starts": 100}, "starts = 100: must be a power of two"),
        ],
    )
    def test_bad_input(self, change, message):
        call = {"mixing": np.eye(2), **change}
        with pytest.raises(ValueError, match=message):
            segment_equilibria([stats.uniform()] * 2, **call)


class TestCascade:
    """Granovetter (1978): the same group but for one person ends up all in, or almost all out."""

    def test_thresholds_from_0_to_99(self):
        assert cascade(np.arange(100)).tolist() == list(range(101))

    def test_two_in_place_of_one(self):
        thresholds = np.arange(100)
        thresholds[1] = 2
        assert cascade(thresholds).tolist() == [0, 1]

    def test_more_at_the_start_never_means_fewer_at_the_end(self):
        thresholds = np.random.default_rng(0).integers(1, 60, 50)
        ends = [cascade(thresholds, start)[-1] for start in range(51)]
        assert (np.diff(ends) >= 0).all()

    def test_bad_input(self):
        with pytest.raises(ValueError, match=r"start = 4: must be in 0\.\.3"):
            cascade([0, 1, 2], start=4)
        with pytest.raises(ValueError, match=r"thresholds\[1\] = nan"):
            cascade([0, np.nan])


class TestGlobalGame:
    """Morris and Shin (2003), section 2: the choice that is best against uniform beliefs."""

    def test_investment_game(self):
        # Payoff state - 1 + share: both equilibria exist for states in (0, 1); the cut is at 1/2.
        assert global_game_threshold(lambda s, n: s - 1 + n, -1, 2) == pytest.approx(0.5)

    def test_regime_change(self):
        # Adopting costs 0.3 and pays 1 when at least 1 - state adopt: the threshold is the cost.
        cut = global_game_threshold(lambda s, n: (n >= 1 - s) - 0.3, 0, 1)
        assert cut == pytest.approx(0.3, abs=1e-4)

    def test_bad_input(self):
        with pytest.raises(ValueError, match="must be negative at low and positive at high"):
            global_game_threshold(lambda s, n: 1.0, 0, 1)
        with pytest.raises(ValueError, match="low must be below high"):
            global_game_threshold(lambda s, n: s, 1, 0)


class TestBass:
    """Peak formulas of Bass (1969), with the parameters of the clinic and telephone examples."""

    @pytest.mark.parametrize(
        ("p", "q", "time", "share", "rate"),
        [(0.028, 0.25, 7.8750, 0.44400, 0.07728), (0.010, 0.42, 8.6923, 0.48810, 0.11006)],
    )
    def test_peak(self, p, q, time, share, rate):
        peak = bass_peak(p, q)
        assert peak.time == pytest.approx(time, abs=5e-5)
        assert peak.share == pytest.approx(share, abs=5e-6)
        assert peak.rate == pytest.approx(rate, abs=5e-6)
        assert bass_share(peak.time, p, q) == pytest.approx(share, abs=5e-6)
        step = 1e-4
        slope = (bass_share(peak.time + step, p, q) - bass_share(peak.time - step, p, q)) / 2 / step
        assert slope == pytest.approx(rate, abs=5e-6)

    def test_limits(self):
        assert bass_share([0.0, 1e4], 0.01, 0.4).tolist() == [0, 1]
        assert bass_share(3.0, 0.2, 0.0) == pytest.approx(1 - np.exp(-0.6))
        assert bass_peak(0.3, 0.1) == adoption.BassPeak(0.0, 0.0, 0.3)

    def test_bad_input(self):
        with pytest.raises(ValueError, match=r"innovation = 0\.0: must be above 0"):
            bass_share(1, 0, 0.4)
        with pytest.raises(ValueError, match="time must be finite numbers of at least 0"):
            bass_share([-1], 0.01, 0.4)


USERS = np.array([1, 3, 8, 20, 5, 40])
SEGMENT = np.array([0, 1, 0, 1, 2, 2])
MIXING = np.array([[0.5, 0.3, 0.2], [0.2, 0.6, 0.2], [0.1, 0.1, 0.8]])
RATES = {
    "rate": [0.3, 0.2, 0.25],
    "spontaneous": [0.05, 0.02, 0.04],
    "mixing": MIXING,
    "own": 0.4,
    "start": [0, 2, 0, 1, 0, 3],
    "join_rate": [1.0, 0.5, 0.7],
    "join_threshold": [0, 0.02, 0, 0, 0.05, 0],
    "leave_rate": [0.0, 0.02, 0.03],
}


def one_by_one(months, runs, seed):
    """The same world with every user followed: thresholds, readiness and choice one at a time."""
    stream = np.random.default_rng(seed)
    site = np.repeat(np.arange(len(USERS)), USERS)
    rank = np.concatenate([np.arange(1, n + 1) for n in USERS])
    of = SEGMENT[site]
    total = np.bincount(SEGMENT, USERS)
    out = np.zeros((runs, 3))
    for run in range(runs):
        offset = stream.random(len(USERS))
        threshold = (rank - offset[site]) / USERS[site]  # uniform law: the share that is needed
        adopted = np.zeros(len(site), dtype=bool)
        ready = np.zeros(len(site), dtype=bool)
        on, gone = np.zeros(len(USERS), dtype=bool), np.zeros(len(USERS), dtype=bool)
        for month in range(months):
            share = np.bincount(of, adopted, 3) / total
            seen = (MIXING @ share)[SEGMENT]
            left = on & (stream.random(len(USERS)) < np.array(RATES["leave_rate"])[SEGMENT])
            on &= ~left
            gone |= left
            adopted &= on[site]
            may = (np.array(RATES["start"]) <= month) & (seen >= RATES["join_threshold"]) & ~gone
            on |= may & (stream.random(len(USERS)) < np.array(RATES["join_rate"])[SEGMENT])
            around = 0.6 * seen + 0.4 * np.bincount(site, adopted) / USERS
            ready |= on[site] & (around[site] >= threshold)
            past, before = (np.array(RATES[name])[of] for name in ("rate", "spontaneous"))
            chance = np.where(ready, past, before)
            adopted |= on[site] & (stream.random(len(site)) < chance)
        out[run] = np.bincount(of, adopted, 3)
    return out


class TestSiteChain:
    def test_counts_follow_the_law_of_users_taken_one_by_one(self):
        months, runs = 10, 3000
        model = sites(USERS, SEGMENT, [stats.uniform()] * 3, **RATES)
        chain = simulate(model, months, runs, seed=5).adopted[:, -1]
        users = one_by_one(months, runs, seed=6)
        for s in range(3):
            spread = np.sqrt((chain[:, s].var() + users[:, s].var()) / runs)
            assert abs(chain[:, s].mean() - users[:, s].mean()) < 4 * spread
            assert chain[:, s].std() == pytest.approx(users[:, s].std(), rel=0.07)
            assert stats.ks_2samp(chain[:, s], users[:, s]).pvalue > 1e-3
        # Segments move together in the same way.
        assert np.corrcoef(chain.T) == pytest.approx(np.corrcoef(users.T), abs=0.08)

    def test_many_users_come_close_to_the_mean_field(self):
        law = stats.beta(2, 4)
        model = sites([200_000] * 5, [0] * 5, [law], rate=0.1, spontaneous=0.01)
        waiting, ready, adopted = 1.0, 0.0, 0.0
        reached = 0.0
        for _ in range(48):
            more = law.cdf(adopted)
            moved = waiting * (more - reached) / (1 - reached)
            reached = more
            waiting, ready = waiting - moved, ready + moved
            adopted += 0.1 * ready + 0.01 * waiting
            ready, waiting = 0.9 * ready, 0.99 * waiting
        paths = simulate(model, 48, 8)
        assert paths.share()[:, -1] == pytest.approx(adopted, abs=5e-3)

    def test_without_thresholds_it_is_geometric(self):
        ready_at_once = stats.uniform(-2, 1)  # all thresholds below 0
        model = sites([1000] * 20, [0] * 20, [ready_at_once], rate=0.05)
        share = simulate(model, 24, 40).share()
        assert share.mean(axis=0) == pytest.approx(1 - 0.95 ** np.arange(25), abs=3e-3)

    def test_nobody_moves_without_a_first_mover(self):
        model = sites(USERS, [0] * 6, [stats.uniform(0.1, 0.8)], rate=0.5)
        assert simulate(model, 24, 30).adopted.max() == 0

    @settings(max_examples=25, deadline=None)
    @given(
        users=st.lists(st.integers(1, 60), min_size=2, max_size=12),
        rate=st.floats(0, 1),
        spontaneous=st.floats(0, 0.3),
        own=st.floats(0, 1),
        leave=st.sampled_from([0.0, 0.1]),
        seed=st.integers(0, 99),
    )
    def test_counts_stay_within_the_users(self, users, rate, spontaneous, own, leave, seed):
        segment = np.arange(len(users)) % 2
        model = sites(
            users,
            segment,
            [stats.beta(2, 3), stats.uniform()],
            rate=rate,
            spontaneous=spontaneous,
            own=own,
            leave_rate=leave,
        )
        paths = simulate(model, 12, 5, seed)
        assert paths.users.sum() == sum(users)
        assert (paths.adopted >= 0).all()
        assert (paths.adopted <= paths.users).all()
        assert (paths.joined <= np.bincount(segment)).all()
        assert (paths.adopted[:, 0] == 0).all()
        if leave == 0.0:
            assert (np.diff(paths.adopted, axis=1) >= 0).all()

    def test_sites_join_from_their_start(self):
        model = sites([10, 10, 10], [0, 0, 0], [stats.uniform()], rate=1, start=[0, 3, 50])
        joined = simulate(model, 6, 2).joined[0, :, 0]
        assert joined.tolist() == [0, 1, 1, 1, 2, 2, 2]

    def test_sites_that_leave_take_their_users_along(self):
        model = sites(
            [30] * 40, [0] * 40, [stats.uniform(-2, 1)], rate=1.0, leave_rate=0.1, join_rate=1.0
        )
        paths = simulate(model, 12, 20)
        assert (paths.adopted == 30 * paths.joined).all()
        assert paths.joined[:, 1:, 0].mean(axis=0) == pytest.approx(
            40 * 0.9 ** np.arange(12), abs=1.5
        )

    def test_same_seed_same_paths_with_any_executor(self):
        model = sites(USERS, SEGMENT, [stats.uniform()] * 3, **RATES)
        one = simulate(model, 6, 300, seed=3)
        with ThreadPoolExecutor(2) as pool:
            other = simulate(model, 6, 300, seed=3, executor=pool)
        assert (one.adopted == other.adopted).all()
        assert (one.adopted != simulate(model, 6, 300, seed=4).adopted).any()
        assert one.quantiles().shape == (3, 7)
        assert (np.diff(one.quantiles(), axis=0) >= 0).all()
        assert one.share(2).max() <= 1

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"users": [0, 3]}, "users = 0.0: must be a whole number, at least 1"),
            ({"users": [1.5, 3]}, "users = 1.5: must be a whole number"),
            ({"segment": [0]}, r"segment has shape \(1,\): must be \(2,\)"),
            ({"segment": [0, 2]}, "thresholds has 2 laws: must have 3"),
            ({"segment": [0, 0]}, "segment 1 has no site"),
            ({"rate": 1.2}, r"rate = 1.2: must be in \[0, 1\]"),
            ({"rate": [0.1]}, r"rate has shape \(1,\): must be a number or \(2,\)"),
            ({"own": -0.1}, r"own = -0.1: must be a finite number in \[0, 1\]"),
            ({"mixing": [[1, 1], [0, 1]]}, r"mixing\[0\] = \[1.0, 1.0\]"),
            ({"start": [-1, 0]}, "start = -1.0: must be a whole number, at least 0"),
            ({"spontaneous": np.nan}, "spontaneous = nan: must be a finite number"),
        ],
    )
    def test_bad_input(self, change, message):
        call = {"users": [2, 3], "segment": [0, 1], "rate": 0.1, **change}
        with pytest.raises(ValueError, match=message):
            sites(thresholds=[stats.uniform()] * 2, **call)

    def test_no_months_or_runs(self):
        model = sites([2], [0], [stats.uniform()], rate=0.1)
        with pytest.raises(ValueError, match="months = 0: must be at least 1"):
            simulate(model, 0, 1)
        with pytest.raises(ValueError, match="runs = 0: must be at least 1"):
            simulate(model, 1, 0)
