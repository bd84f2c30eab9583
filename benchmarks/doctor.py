"""How often the doctor accuses a healthy pipeline: presets x tasks x named arms x seeds, untrained and trained.

    python -m benchmarks.doctor --presets inverse-quick,inverse --seeds 0,1,2 --steps 0,200 --workers 2

Prints one line for every examination in which something failed or warned, then the totals by check.
"""

import argparse
import itertools
import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import torch

from ravine.config import preset_names, read_run
from ravine.config.arms import NAMED_ARMS, NAMED_MIXTURES
from ravine.doctor.examine import Examination, examine
from ravine.doctor.finding import Finding
from ravine.doctor.own import Own

TASKS = ("inverse", "addition", "completion")
Case = tuple[str, str, str, int, int, tuple[str, ...]]


def trained(case: Case) -> Own:
    """Return a case's pipeline after its steps of training on small batches."""
    preset, task, arm, seed, steps, words = case
    own = Own(read_run(preset, [f"task.name={task}", f"mining.arm={arm}", f"seed={seed}", *words]))
    if not steps:
        return own
    copy = own.fresh(constant_rate=True)
    for _ in range(steps):
        copy.step()
    weights = {name: value.clone() for name, value in copy.model().state_dict().items()}
    return Own(own.whole_config, weights, steps)


def examined(case: Case) -> tuple[Case, Examination]:
    """Examine one case."""
    torch.set_num_threads(1)
    return case, examine(trained(case))


def told(findings: tuple[Finding, ...]) -> Iterator[str]:
    """Yield what failed or warned."""
    yield from (finding.sentence for finding in findings if finding.status in {"fail", "warn"})


def listed(text: str) -> list[str]:
    """Return the words of a list with commas."""
    return [word for word in text.split(",") if word]


def main() -> None:
    """Run the sweep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--presets", type=listed, default=preset_names("runs"))
    parser.add_argument("--tasks", type=listed, default=list(TASKS))
    parser.add_argument("--arms", type=listed, default=["none", *NAMED_ARMS, *NAMED_MIXTURES])
    parser.add_argument("--seeds", type=listed, default=["0", "1", "2"])
    parser.add_argument("--steps", type=listed, default=["0", "200"])
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("words", nargs="*", help="field=value")
    given = parser.parse_args()
    cases: list[Case] = [
        (preset, task, arm, int(seed), int(steps), tuple(given.words))
        for preset, task, arm, seed, steps in itertools.product(
            given.presets, given.tasks, given.arms, given.seeds, given.steps
        )
    ]
    began, counts, accused, slowest = time.perf_counter(), Counter[str](), 0, 0.0
    with ProcessPoolExecutor(given.workers, get_context("spawn")) as pool:
        for case, found in pool.map(examined, cases):
            slowest = max(slowest, found.seconds)
            counts.update(f"{f.code} {f.status}" for f in found.findings if f.status in {"fail", "warn"})
            accused += not found.healthy
            for sentence in told(found.findings):
                print(*case[:5], sentence, flush=True)
    seconds = time.perf_counter() - began
    print(f"{len(cases)} examinations in {seconds:.0f} s, the slowest {slowest:.1f} s; {accused} with a failed check")
    print(dict(sorted(counts.items())))


if __name__ == "__main__":
    main()
