"""Coverage and false-positive rates of `ravine.statistics` on planted data.

    python benchmarks/statistics_simulation.py [--studies 40000] [--seed 0]

Every rate is printed with its simulation error (one standard error) beside what it should be. The last part goes the
whole way of a study, from its runs to its outcome in words.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ravine.analysis.kinds import Kind
from ravine.analysis.outcome import RunResult
from ravine.analysis.plan import Registration
from ravine.experiments.results import results_of
from ravine.statistics import (
    RATIO,
    InterimAction,
    Verdict,
    compare,
    differences,
    holm,
    impute_diverged,
    interim_look,
    power_of,
    sign_flip_test,
    simultaneous_interval,
    verdict,
    wilson_interval,
)
from ravine.statistics.distributions import BoolArray, FloatArray

SPREAD = 0.05
Sampler = Callable[[np.random.Generator, tuple[int, ...]], FloatArray]

# Log-ratios of mean 0 and variance 1 whose shape is not what the t interval assumes.
SHAPES: dict[str, Sampler] = {
    "normal": lambda generator, shape: generator.normal(size=shape),
    "heavy tails (t, 5 df)": lambda generator, shape: generator.standard_t(5, shape) / math.sqrt(5 / 3),
    "skewed (gamma, shape 4)": lambda generator, shape: (generator.gamma(4, size=shape) - 4) / 2,
}


def line(name: str, hits: BoolArray, expected: str) -> None:
    rate = float(np.mean(hits))
    error = 100 * math.sqrt(rate * (1 - rate) / len(hits))
    print(f"  {name:<58}{100 * rate:7.2f} % ± {error:.2f}   {expected}")


def coverage(generator: np.random.Generator, studies: int) -> None:
    print("Coverage of the interval (true ratio 0.9)")
    for shape, sample in SHAPES.items():
        for n in (5, 10, 20):
            for m in (1, 2):
                d = math.log(0.9) + SPREAD * sample(generator, (studies, n))
                interval = simultaneous_interval(d, m)
                hits = np.asarray((interval.low < math.log(0.9)) & (interval.high > math.log(0.9)))
                line(f"{shape}, n = {n}, m = {m}", hits, f"nominal {100 - 5 / m:.1f} %")
    for n in (5, 10, 20):
        arms = generator.normal(0, SPREAD, (studies, 3, n))
        both = simultaneous_interval(arms[:, 1:] - arms[:, :1], 2)
        joint = np.asarray(((both.low < 0) & (both.high > 0)).all(axis=1))
        line(f"joint, two arms against one baseline, n = {n}", joint, "at least 95.0 %")


def points(generator: np.random.Generator, studies: int) -> None:
    print("Coverage in points: shares of 2000 problems, arms of .9 and .05 more, at most 1, spread over seeds .03")
    for n in (5, 10, 20):
        right = np.clip(generator.normal([[[0.9]], [[0.95]]], 0.03, (2, studies, n)), 0, 1)
        truth = float(np.mean(right[1] - right[0]))
        base, arm = generator.binomial(2000, right) / 2000
        interval = simultaneous_interval(base - arm)
        hits = np.asarray((interval.low < -truth) & (interval.high > -truth))
        line(f"shares near the ceiling, n = {n}", hits, "nominal 95.0 %")


def verdicts(generator: np.random.Generator, studies: int) -> None:
    print(f"Verdicts of {studies} studies with 10 seeds, spread {SPREAD}, m = 2")
    for ratio in (0.9, 0.95, 1.0, 1 / 0.9):
        b = np.exp(generator.normal(-4, 0.3, (studies, 10)))
        a = ratio * b * np.exp(generator.normal(0, SPREAD, b.shape))
        found = Counter(verdict(compare(x, y, 2), 10).verdict for x, y in zip(a, b, strict=True))
        print(f"  true ratio {ratio:.3f}")
        for row in Verdict:
            if found[row]:
                rate = wilson_interval(found[row], studies)
                bounds = f"({100 * rate.low:.2f} to {100 * rate.high:.2f})"
                print(f"    {row.words():<56}{100 * rate.rate:7.2f} % {bounds}")


def false_positives(generator: np.random.Generator, studies: int) -> None:
    print("False positives where there is no effect (nominal 5 % unless said)")
    d = generator.normal(0, SPREAD, (studies, 10))
    line("the whole study, t test, m = 1", excludes_one(d), "")
    for last in (10, 20):
        longer = generator.normal(0, SPREAD, (studies, last))
        peeks = np.array([excludes_one(longer[:, :n]) for n in range(3, last + 1)])
        line(
            f"a peek after every seed from 3 to {last}",
            np.asarray(peeks.any(axis=0)),
            "what one look at half avoids",
        )
    line("one interim look at 5 of 10, registered gain 5 %", with_interim(d, 0.95), "")
    at_margin = simultaneous_interval(math.log(0.95) + d, 2)
    line(
        "'at least 5 %' confirmed where it is exactly 5 %, m = 2", at_margin.high < -RATIO.delta(0.05), "nominal 1.25 %"
    )
    some = min(studies, 4000)
    line("sign-flip test, n = 10", np.array([sign_flip_test(x).p <= 0.05 for x in d[:some]]), "")
    p = generator.uniform(size=(some, 3))
    line("any of 3 comparisons after Holm", np.array([(holm(x) <= 0.05).any() for x in p]), "")
    line("15 % of runs diverge in both arms, imputed, n = 10", diverging(generator, some), "")


def excludes_one(d: FloatArray) -> BoolArray:
    interval = simultaneous_interval(d)
    return np.asarray((interval.high < 0) | (interval.low > 0))


def with_interim(d: FloatArray, registered_ratio: float) -> BoolArray:
    some = d[: min(len(d), 4000)]
    success = excludes_one(some)
    for study, seeds in enumerate(some):
        look = interim_look(compare(np.exp(seeds[:5]), np.ones(5)), 10, math.log(registered_ratio))
        if look.action is not InterimAction.GO_ON:
            success[study] = look.action is InterimAction.STOP_EFFICACY
    return success


def diverging(generator: np.random.Generator, studies: int) -> BoolArray:
    found = []
    for _ in range(studies):
        errors = np.exp(generator.normal(-3, 0.1, (2, 10)))
        errors[generator.uniform(size=errors.shape) < 0.15] = math.nan
        pair = impute_diverged(errors[0], errors[1], cap=1.0)
        d = differences(pair.a, pair.b)
        found.append(bool(excludes_one(d[None])[0]))
    return np.array(found)


def power(generator: np.random.Generator, studies: int) -> None:
    print("Power, m = 2")
    for ratio, spread, n in ((0.95, 0.05, 12), (0.95, 0.1, 39), (0.9, 0.05, 5), (0.9, 0.1, 12)):
        interval = simultaneous_interval(generator.normal(math.log(ratio), spread, (studies, n)), 2)
        expected = f"computed {100 * power_of(n, math.log(ratio), spread, 2):.2f} %"
        line(f"ratio {ratio}, spread {spread}, {n} seeds", np.asarray(interval.high < 0), expected)


METRICS = {"mse": {"label": "MSE", "better": "lower", "scale": "ratio", "target": 0.0}}
ARMS: tuple[tuple[str, Kind], ...] = (("none", "none"), ("random", "random"), ("adversarial", "mined"))


def results_from(errors: Sequence[FloatArray], splits: Sequence[str]) -> dict[str, Any]:
    """The results of a study whose arms have these errors, each (splits, seeds), and nothing else that differs."""
    runs = []
    for (name, kind), arm in zip(ARMS, errors, strict=False):
        for seed, row in enumerate(arm.T):
            scores = {
                split: {"metrics": {"mse": {"value": float(mse), "standard_error": 0.0}}}
                for split, mse in zip(splits, row, strict=True)
            }
            runs.append(RunResult(name, seed, "finished", scores, {}, kind=kind))
    zero = {"zero": {split: {"trivial": True, "metrics": {"mse": 1e6}} for split in splits}}
    return results_of("planted", runs, zero, Registration("none", errors[0].shape[1], splits[0], 0.05), metrics=METRICS)


def through_results(generator: np.random.Generator, studies: int) -> None:
    print(f"The whole way of a study, from its runs to its results, spread {SPREAD}")
    names = [f"split-{index}" for index in range(studies)]
    for n in (5, 10, 20):
        b = np.exp(generator.normal(-4, 0.3, (studies, n)))
        found = results_from([b, 0.9 * b * np.exp(generator.normal(0, SPREAD, b.shape))], names)["comparisons"]
        hits = np.array([entry["low"] < 0.9 < entry["high"] for entry in found])
        line(f"coverage, n = {n}, m = 1", hits, "nominal 95.0 %")
    for ratio in (0.9, 1.0):
        b = np.exp(generator.normal(-4, 0.3, (studies, 10)))
        found = results_from([b, ratio * b * np.exp(generator.normal(0, SPREAD, b.shape))], names)["comparisons"]
        words = [entry["verdict"] for entry in found]
        confirmed = np.array([verdict.startswith("improvement of at least") for verdict in words])
        better = np.array([verdict.startswith("better") for verdict in words])
        line(f"true ratio {ratio}, 10 seeds: at least 5 % confirmed", confirmed, "" if ratio < 1 else "at most 2.5 %")
        line(
            f"true ratio {ratio}, 10 seeds: confirmed or better",
            confirmed | better,
            "" if ratio > 0.9 else "at least 95 %",
        )


def outcomes(generator: np.random.Generator, studies: int) -> None:
    print(f"Outcomes of {studies} studies of three arms with 10 seeds, spread {SPREAD}")
    for random, mined in ((1.0, 1.0), (1.0, 0.9), (0.9, 0.9), (0.9, 0.8), (1.1, 1.1)):
        found: Counter[str] = Counter()
        for _ in range(studies):
            b = np.exp(generator.normal(-4, 0.3, (1, 10)))
            arms = [b, *(ratio * b * np.exp(generator.normal(0, SPREAD, b.shape)) for ratio in (random, mined))]
            found[results_from(arms, ["same"])["outcome"]["name"]] += 1
        print(f"  true ratios to none: random {random}, adversarial {mined}")
        for name, count in found.most_common():
            rate = wilson_interval(count, studies)
            print(f"    {name:<56}{100 * rate.rate:7.2f} % ({100 * rate.low:.2f} to {100 * rate.high:.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=40_000, help="simulated studies per rate")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    generator, start = np.random.default_rng(arguments.seed), time.perf_counter()
    coverage(generator, arguments.studies)
    points(generator, min(arguments.studies, 10_000))
    verdicts(generator, min(arguments.studies, 2000))
    false_positives(generator, arguments.studies)
    power(generator, arguments.studies)
    through_results(generator, min(arguments.studies, 10_000))
    outcomes(generator, min(arguments.studies, 400))
    print(f"{time.perf_counter() - start:.1f} s, seed {arguments.seed}, {arguments.studies} studies per rate")


if __name__ == "__main__":
    main()
