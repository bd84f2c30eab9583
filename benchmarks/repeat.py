"""Whether a study's runs, trained again, give the numbers that its `results.json` holds, bit for bit.

    python benchmarks/repeat.py paths-mining --arms none,adversarial --seeds 0,1

For each run and metric of the deciding split: the recorded value, the value now, and "equal" or their relative
difference. Equal is promised on the kind of machine and the version of PyTorch that `environment` in the results names;
elsewhere rounding differs. `--first-steps` writes the losses of the runs' first steps to `first-steps.json` beside the
results instead; `tests/experiments/test_repeat.py` trains these steps again.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

import ravine
from ravine import build
from ravine.analysis.plan import PlannedRun, run_path
from ravine.config.sources import arm_run, checked_run
from ravine.environment import environment
from ravine.experiments.planning import steps_of

STUDIES = Path(__file__).parents[1] / "studies"
SOURCES = ("torch", "processor")
"""What of the environment decides rounding."""
STEPS = 5


def runs(study: str, arms: Sequence[str], seeds: Sequence[int], out: Path) -> Iterator[PlannedRun]:
    """Yield the study's planned runs of these arms and seeds, in directories under `out`."""
    config = ravine.read_study(study)
    for arm in arms:
        steps = steps_of(config, arm)
        for seed in seeds:
            run = build.with_steps(arm_run(config, arm, seed), steps)
            yield PlannedRun(arm, seed, run.model_dump(mode="json"), run_path(out, arm, seed))


def first_losses(run: PlannedRun, steps: int = STEPS) -> list[float]:
    """Return the losses of a run's first steps, trained on one thread and written nowhere."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        trainer = build.trainer(checked_run(dict(run.config)), Path("unused"))
        return [sum(float(part.total.detach()) for part in trainer.step().parts) for _ in range(steps)]
    finally:
        torch.set_num_threads(before)


def here() -> dict[str, Any]:
    """Return what decides rounding in this process."""
    values = environment(torch.device("cpu"))
    return {name: values[name] for name in SOURCES}


def record(study: str, arms: Sequence[str], seeds: Sequence[int]) -> None:
    """Write the losses of the runs' first steps beside the study's results."""
    losses = {run.key: first_losses(run) for run in runs(study, arms, seeds, Path("unused"))}
    text = json.dumps({"environment": here(), "losses": losses}, indent=1)
    (STUDIES / study / "first-steps.json").write_text(text + "\n", encoding="utf-8")


def again(study: str, arms: Sequence[str], seeds: Sequence[int], out: Path) -> Iterator[tuple[str, str, float, float]]:
    """Train the runs again; yield each one's key and registered metrics: name, recorded value, and value now."""
    results = json.loads((STUDIES / study / "results.json").read_text(encoding="utf-8"))
    decided = results["registration"]
    for run in runs(study, arms, seeds, out):
        ravine.train(checked_run(dict(run.config)), run.path)
        now = json.loads((run.path / "evaluation.json").read_text(encoding="utf-8"))["splits"][decided["split"]]
        (held,) = [each for each in results["arms"][run.arm]["runs"] if each["seed"] == run.seed]
        for metric in (decided["metric"], *decided["also"]):
            old = held["splits"][decided["split"]]["metrics"][metric]["value"]
            yield run.key, metric, old, now["metrics"][metric]["value"]


def repeat(study: str, arms: Sequence[str], seeds: Sequence[int], out: Path) -> None:
    """Train the runs again, and print their registered metrics beside the recorded ones."""
    for key, metric, old, new in again(study, arms, seeds, out):
        said = "equal" if old == new else f"differs by {abs(new - old) / abs(old):.1e}" if old else "differs"
        print(f"{key:<20}{metric:<16}{old!r:<24}{new!r:<24}{said}", flush=True)


def main() -> None:
    """Repeat, or record first steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study")
    parser.add_argument("--arms", default="none,adversarial")
    parser.add_argument("--seeds", default="0,1")
    parser.add_argument("--first-steps", action="store_true")
    given = parser.parse_args()
    arms, seeds = given.arms.split(","), [int(seed) for seed in given.seeds.split(",")]
    if given.first_steps:
        record(given.study, arms, seeds)
    else:
        with tempfile.TemporaryDirectory() as out:
            repeat(given.study, arms, seeds, Path(out))


if __name__ == "__main__":
    main()
