"""What a study would come to before anything is trained: runs, time, storage, and what its seeds can show."""

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ravine import build, statistics
from ravine.analysis.plan import PlannedRun
from ravine.config.sources import checked_run
from ravine.config.study import StudyConfig
from ravine.experiments.executors.base import ExecutorConfig
from ravine.experiments.page import duration
from ravine.experiments.planning import check_study, pinned, plan, registered_metric, registration
from ravine.experiments.progress import state_of
from ravine.runs.threads import set_threads
from ravine.statistics import scale_of
from ravine.statistics.scale import ScaleName
from ravine.training import checkpoint
from ravine.training.directory import DONE

PROBE_SECONDS = 1.0
"""Least time for which an arm's steps are taken, after a first one that warms up."""
MOST_SECONDS = 60.0
"""Of all probes together: the points of axes share it."""
PROBE_STEPS = 50
POWER = 0.8
SPREADS = {"ratio": (0.02, 0.05, 0.1), "points": (0.01, 0.02, 0.05)}
"""Spreads over seeds for which the least gain that is found is told; the study's own is known only afterwards."""
ROW_BYTES = 600
FILES_BYTES = 100_000
"""What a run's small files come to, about: configuration, status, scores, environment."""


@dataclass(frozen=True)
class ArmForecast:
    """One arm at one point: runs planned and still to do, steps of each, seconds and bytes of one run, as probed here.

    `arm`: "point/arm" at a point of the study's axes.
    """

    arm: str
    runs: int
    to_do: int
    steps: int
    seconds: float
    bytes: int


@dataclass(frozen=True)
class Forecast:
    """A study's arms, runs at a time where that is known, and the gains its seeds find, by spread over seeds.

    `gains`: (spread, the least true gain found with a probability of 0.8, or None); `script`: what the executor would
    be told, where that is a text.
    """

    arms: tuple[ArmForecast, ...]
    at_a_time: int
    comparisons: int
    seeds: int
    scale: ScaleName
    gains: tuple[tuple[float, float | None], ...]
    script: str

    @property
    def seconds(self) -> float:
        """Seconds of training still to do, over all runs, one after the other."""
        return sum(arm.to_do * arm.seconds for arm in self.arms)

    @property
    def bytes(self) -> int:
        """Bytes that all runs take on the disk."""
        return sum(arm.runs * arm.bytes for arm in self.arms)

    def described(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**asdict(self), "seconds": self.seconds, "bytes": self.bytes}

    def header(self) -> list[str]:
        """Return the titles of the table of arms."""
        return ["arm", "runs", "to do", "steps", "time per run", "storage per run"]

    def rows(self) -> list[list[str]]:
        """Return the table of arms."""
        return [
            [each.arm, str(each.runs), str(each.to_do), str(each.steps), duration(each.seconds), size(each.bytes)]
            for each in self.arms
        ]

    def sentences(self) -> list[str]:
        """Return what the whole comes to."""
        runs, to_do = sum(arm.runs for arm in self.arms), sum(arm.to_do for arm in self.arms)
        whole = duration(self.seconds / self.at_a_time)
        told = [
            f"{runs} runs, {to_do} to do: about {duration(self.seconds)} of training, {whole} at {self.at_a_time} runs "
            f"at a time, beside scoring; {size(self.bytes)} on the disk."
        ]
        scale = scale_of(self.scale)
        if self.comparisons:
            gains = ", ".join(
                f"{'no gain' if gain is None else scale.margin(gain)} at a spread of {scale.spread(spread)}"
                for spread, gain in self.gains
            )
            told.append(
                f"{self.seeds} seeds find, with power {POWER:g} and {self.comparisons} comparisons that share 5 %: "
                f"{gains}. `ravine power PILOT` says more from a pilot."
            )
        return told


def forecast(study: StudyConfig, out: Path, executor: ExecutorConfig) -> Forecast:
    """Return what a study would come to; nothing is written but a checkpoint in a temporary folder.

    Raises what `ravine compare` would raise for the study; each arm is trained for about a second.
    """
    check_study(study)
    made = plan(pinned(study), out)
    runs: dict[str, list[PlannedRun]] = {}
    for run in made:
        runs.setdefault(run.key.rpartition("/")[0], []).append(run)
    share = min(PROBE_SECONDS, MOST_SECONDS / len(runs))
    arms = tuple(arm_forecast(of_arm, share) for of_arm in runs.values())
    decided = registration(study)
    count = len(decided.registered(list(study.arms)))
    scale: ScaleName = registered_metric(study, build.task(study.run))[1]["scale"]
    gains = tuple((spread, least_gain(spread, study.seeds, count, scale)) for spread in SPREADS[scale])
    places = executor.places(study.workers or max(1, (os.cpu_count() or 1) // max(1, study.run.compute.threads or 1)))
    script = executor.script(out, [run for run in made if state_of(run) not in DONE])
    return Forecast(arms, places, count, study.seeds, scale, gains if count else (), script)


def arm_forecast(runs: Sequence[PlannedRun], least: float) -> ArmForecast:
    """Return one arm's forecast from a probe of its first run, of at least so many seconds or 50 steps."""
    first = runs[0]
    config = checked_run(dict(first.config))
    set_threads(config)
    with tempfile.TemporaryDirectory() as folder:
        trainer = build.trainer(config, Path(folder) / "probe")
        trainer.step()
        started, steps = time.perf_counter(), 0
        while steps < PROBE_STEPS and time.perf_counter() - started < least:
            trainer.step()
            steps += 1
        if build.device(config).type == "cuda":
            torch.cuda.synchronize()
        per_step = (time.perf_counter() - started) / steps
        file = Path(folder) / checkpoint.name_of(0)
        checkpoint.save(file, trainer.state.tensors(), {"config": dict(first.config)})
        whole = file.stat().st_size
        weights = sum(value.nbytes for name, value in trainer.state.tensors().items() if name.startswith("average/"))
    kept = {"all": 3 * whole, "weights": weights, "none": 0}[first.keep]
    total = config.training.steps
    rows = total // config.training.log_every * ROW_BYTES
    to_do = sum(state_of(run) not in DONE for run in runs)
    return ArmForecast(
        f"{first.point}/{first.arm}" if first.point else first.arm,
        len(runs),
        to_do,
        total,
        per_step * total,
        kept + rows + FILES_BYTES,
    )


def least_gain(spread: float, seeds: int, comparisons: int, scale: ScaleName) -> float | None:
    """Return the least true gain, in whole percents or points, that so many seeds find; None if 90 % is not found."""
    if not comparisons or seeds < 3:
        return None
    of = scale_of(scale)
    for percent in range(1, 91):
        if statistics.seeds_needed(of.delta(percent / 100), spread, comparisons, POWER) <= seeds:
            return percent / 100
    return None


def size(count: int) -> str:
    """Return bytes in words."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}"
    return f"{count / 1e3:.3g} KB"
