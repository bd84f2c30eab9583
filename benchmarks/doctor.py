"""How often the doctor accuses a healthy pipeline: presets x tasks x named arms x seeds, untrained and trained.

    python -m benchmarks.doctor --sample 120 --keep out/healthy
    python -m benchmarks.doctor --presets inverse-quick,inverse --seeds 0,1,2 --trainings 0,200 --keep out/healthy
    python -m benchmarks.doctor --presets inverse-quick --seeds 0 --trainings full --keep out/healthy

A sample goes through presets with their tasks, arms, seeds and trainings side by side, each at its own pace, so that
every one of them comes equally often and none goes with another.
A training is a number of steps at a constant learning rate on the doctor's small batches, or `full`: the preset trained
to its end in a directory, and examined with its log. `--keep` keeps weights and runs, so that a sweep that was stopped
goes on, and one after a change of the doctor trains nothing again; findings go to `findings.jsonl` there.

Prints one line for every check that failed or warned, then the totals by check; `--extremes` adds the smallest and
largest number that each check saw on a healthy pipeline.
"""

import argparse
import itertools
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import gcd
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from ravine import runs
from ravine.config import RunConfig, preset_names, read_run
from ravine.doctor.examine import Examination, examine
from ravine.doctor.finding import TOLD
from ravine.doctor.own import Own, OwnRun
from ravine.mining.arms import NAMED_ARMS, NAMED_MIXTURES

KIN = (
    ("inverse", "addition", "completion"),
    ("square", "negate", "identity"),
    ("parents", "grandparents", "has-daughter", "has-father", "has-sister", "maternal-great-uncle"),
    ("shortest-path-1d", "shortest-path-10-1d", "shortest-path-15-1d"),
    ("connectivity-2", "connectivity"),
)
"""Tasks that a preset of any one of them can be set to."""
FULL = "full"


@dataclass(frozen=True)
class Case:
    """One healthy pipeline: how it is configured, and its training."""

    preset: str
    task: str
    arm: str
    seed: int
    training: str
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """The case in one word, fit for a file's name."""
        return "-".join([self.preset, self.task, self.arm, str(self.seed), self.training, *self.words])

    @property
    def config(self) -> RunConfig:
        """The run's configuration."""
        words = [f"task.name={self.task}", f"mining.arm={self.arm}", f"seed={self.seed}", *self.words]
        return read_run(self.preset, ["compute.threads=1", *words])


def pipeline(case: Case, folder: Path) -> Own:
    """Return a case's pipeline, trained as it says, from what an earlier sweep kept if it is there."""
    if case.training == FULL:
        runs.train(case.config, folder / case.name, resume=True)
        return OwnRun(folder / case.name)
    steps, file = int(case.training), folder / f"{case.name}.safetensors"
    if not steps:
        return Own(case.config)
    if not file.exists():
        copy = Own(case.config).fresh(constant_rate=True)
        for _ in range(steps):
            copy.step()
        save_file(copy.model().state_dict(), file)
    return Own(case.config, load_file(file), steps)


def examined(case: Case, folder: Path) -> Examination:
    """Examine one case on one core."""
    torch.set_num_threads(1)
    return examine(pipeline(case, folder))


def rows(file: Path) -> list[dict[str, Any]]:
    """Return what this and earlier sweeps found, a row a case."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [json.loads(line) for line in lines]


def show_totals(found: Sequence[Mapping[str, Any]]) -> None:
    """Print how many cases were examined, in how many a check failed, and how often each did or warned."""
    told = [(row["case"], f["code"], f["status"]) for row in found for f in row["findings"] if f["status"] in TOLD]
    accused = len({case for case, _, status in told if status != "warn"})
    counts = Counter(f"{code} {status}" for _, code, status in told)
    seconds = [row["seconds"] for row in found]
    print(f"{len(found)} examinations in {sum(seconds):.0f} s, the slowest {max(seconds, default=0.0):.1f} s")
    print(f"{accused} with a failed check;", dict(sorted(counts.items())))


def numbers(evidence: Any, name: str) -> Iterator[tuple[str, float]]:
    """Yield every number of a check's evidence under the name of its outermost entry."""
    if isinstance(evidence, Mapping | list | tuple):
        for entry in evidence.values() if isinstance(evidence, Mapping) else evidence:
            yield from numbers(entry, name)
    elif isinstance(evidence, int | float):
        yield name, float(evidence)


def show_extremes(file: Path) -> None:
    """Print the smallest and the largest number of every check's evidence."""
    seen: dict[tuple[str, str], list[float]] = {}
    for row in rows(file):
        for finding in row["findings"]:
            for part, entry in finding["evidence"].items():
                for name, value in numbers(entry, part):
                    seen.setdefault((finding["code"], name), []).append(value)
    for (code, name), values in sorted(seen.items()):
        print(f"{code} {name}: {min(values):.4g} to {max(values):.4g} in {len(values)}")


def listed(text: str) -> list[str]:
    """Return the words of a list with commas."""
    return [word for word in text.split(",") if word]


def tasks_of(preset: str) -> Sequence[str]:
    """Return the names of the tasks that a preset is examined with."""
    own = str(read_run(preset).task.model_dump()["name"])
    return next((kin for kin in KIN if own in kin), (own,))


def diagonal(axes: Sequence[Sequence[Any]], count: int) -> Iterator[tuple[Any, ...]]:
    """Yield combinations in which every value of an axis comes equally often, whatever value the others have."""
    first, *others = axes
    for i in range(count):
        turn = i // len(first)  # by which an axis is shifted that would come round with the first
        yield (
            first[i % len(first)],
            *(axis[(i + turn * (gcd(len(first), len(axis)) > 1)) % len(axis)] for axis in others),
        )


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--presets", type=listed, default=preset_names("runs"))
    parser.add_argument("--tasks", type=listed, help="default: each preset's own and its kin")
    parser.add_argument("--arms", type=listed, default=["none", *NAMED_ARMS, *NAMED_MIXTURES])
    parser.add_argument("--seeds", type=listed, default=["0", "1", "2"])
    parser.add_argument("--trainings", type=listed, default=["0", "200"])
    parser.add_argument("--sample", type=int, help="so many of all combinations; default: all")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--findings", type=Path, help="where findings go; default: findings.jsonl in the kept folder")
    parser.add_argument("--extremes", action="store_true")
    parser.add_argument("words", nargs="*", help="field=value")
    return parser.parse_args()


def sweep(given: argparse.Namespace, folder: Path) -> None:
    """Examine all cases that the findings do not hold yet, then tell of all that they hold."""
    folder.mkdir(parents=True, exist_ok=True)
    file = given.findings or folder / "findings.jsonl"
    tasks = [(preset, task) for preset in given.presets for task in given.tasks or tasks_of(preset)]
    axes = (tasks, given.arms, given.seeds, given.trainings)
    every = itertools.product(*axes) if given.sample is None else diagonal(axes, given.sample)
    wanted = [Case(p, t, a, int(s), training, tuple(given.words)) for (p, t), a, s, training in every]
    before = {row["case"] for row in rows(file)}
    cases = [case for case in wanted if case.name not in before]
    with ProcessPoolExecutor(given.workers, get_context("spawn")) as pool, file.open("a", encoding="utf-8") as out:
        for case, found in zip(cases, pool.map(examined, cases, itertools.repeat(folder)), strict=True):
            row = {"case": case.name, "seconds": found.seconds, "findings": [f.as_json() for f in found.findings]}
            out.write(json.dumps(row) + "\n")
            out.flush()
            for finding in found.findings:
                if finding.status in TOLD:
                    print(case.name, finding.sentence, flush=True)
    names = {case.name for case in wanted}
    show_totals([row for row in rows(file) if row["case"] in names])
    if given.extremes:
        show_extremes(file)


def main() -> None:
    """Run the sweep."""
    given = arguments()
    if given.keep is not None:
        sweep(given, given.keep)
        return
    with TemporaryDirectory() as place:
        sweep(given, Path(place))


if __name__ == "__main__":
    main()
