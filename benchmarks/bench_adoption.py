"""Time the exact site chain against Mesa and plain numpy: 40,000 users, 300 sites, 60 months.

Run: python benchmarks/bench_adoption.py [--quick]. Times are milliseconds per 1,000 runs. The chain
does them; numpy and Mesa (pip install mesa), which follow every user, do one to a few and are
scaled up. All three play the same world, with thresholds from the same law.
"""

from __future__ import annotations

import argparse
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy import stats
from turns import Run, in_turns, table, target

from analysis.methods import adoption

MONTHS, LAW, RATE, ALONE, OWN = 60, stats.beta(2, 4), 0.08, 0.004, 0.5


def sizes() -> np.ndarray:
    drawn = np.random.default_rng(0).lognormal(4, 1.2, 300)
    out = np.maximum(1, np.round(drawn * 40_000 / drawn.sum())).astype(int)
    out[np.argmax(out)] += 40_000 - out.sum()
    return out


USERS = sizes()
SITE = np.repeat(np.arange(len(USERS)), USERS)
RANK = np.concatenate([np.arange(1, n + 1) for n in USERS])


def thresholds(stream: np.random.Generator) -> np.ndarray:
    return LAW.ppf((RANK - stream.random(len(USERS))[SITE]) / USERS[SITE])


def numpy_users(seed: int) -> np.ndarray:
    """Share of adopters by month, every user followed in arrays."""
    stream = np.random.default_rng(seed)
    needs = thresholds(stream)
    adopted = np.zeros(len(SITE), dtype=bool)
    path = [0.0]
    for _ in range(MONTHS):
        around = (1 - OWN) * adopted.mean() + OWN * np.bincount(SITE, adopted) / USERS
        chance = np.where(around[SITE] >= needs, RATE, ALONE)
        adopted |= stream.random(len(SITE)) < chance
        path.append(float(adopted.mean()))
    return np.array(path)


def mesa_users(seed: int) -> np.ndarray:
    """The same with one Mesa agent per user."""
    import mesa

    class User(mesa.Agent):
        def __init__(self, model: mesa.Model, site: int, need: float) -> None:
            super().__init__(model)
            self.site, self.need, self.adopted = site, need, False

        def step(self) -> None:
            if not self.adopted:
                world = self.model
                ready = world.around[self.site] >= self.need
                if world.random.random() < (RATE if ready else ALONE):
                    self.adopted = True
                    world.count[self.site] += 1

    class World(mesa.Model):
        def __init__(self) -> None:
            super().__init__(seed=seed)
            self.count = [0] * len(USERS)
            needs = thresholds(np.random.default_rng(seed)).tolist()
            for site, need in zip(SITE.tolist(), needs, strict=True):
                User(self, site, need)

        def step(self) -> None:
            share = sum(self.count) / len(SITE)
            self.around = [
                (1 - OWN) * share + OWN * n / size
                for n, size in zip(self.count, USERS.tolist(), strict=True)
            ]
            self.agents.do("step")

    world = World()
    path = [0.0]
    for _ in range(MONTHS):
        world.step()
        path.append(sum(world.count) / len(SITE))
    return np.array(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="100 runs, one repeat")
    quick = parser.parse_args().quick
    warnings.simplefilter("ignore")
    runs, repeats = (125, 1) if quick else (1000, 3)
    model = adoption.sites(
        USERS, np.zeros(len(USERS), dtype=int), [LAW], rate=RATE, spontaneous=ALONE, own=OWN
    )
    some = 2 if quick else 8
    contest: dict[str, Run] = {
        "ours, exact chain": lambda: adoption.simulate(model, MONTHS, runs),
        "numpy, every user": lambda: [numpy_users(k) for k in range(some)],
    }
    scale = {"ours, exact chain": 1000 / runs, "numpy, every user": 1000 / some}
    pool = ThreadPoolExecutor(2)
    contest["ours, two threads"] = lambda: adoption.simulate(model, MONTHS, runs, executor=pool)
    scale["ours, two threads"] = 1000 / runs
    try:
        import mesa  # noqa: F401
    except ImportError:
        pass
    else:
        contest["Mesa, every user"] = lambda: mesa_users(1)
        scale["Mesa, every user"] = 1000.0
    times = in_turns(contest, repeats, once=("Mesa, every user",))
    pool.shutdown()
    chain = adoption.simulate(model, MONTHS, runs).share()[:, 36]
    users = np.array([numpy_users(100 + k)[36] for k in range(6 if quick else 30)])
    notes = {
        "ours, exact chain": f"month 36: {chain.mean():.4f} (sd {chain.std():.4f})",
        "numpy, every user": f"month 36: {users.mean():.4f} (sd {users.std():.4f})",
        "Mesa, every user": "one run",
    }
    title = "Adoption, 40,000 users, 300 sites, 60 months, milliseconds per 1,000 runs"
    table(title, times, notes, scale)
    if not quick:
        target("1,000 runs on one core", times["ours, exact chain"].best, 4, " s")


if __name__ == "__main__":
    main()
