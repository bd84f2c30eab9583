"""The ablation study: a file of few lines, and its zero point is the `random` arm."""

from pathlib import Path

import torch

import ravine
from ravine.config import arm_run, read_run, read_study
from ravine.training import checkpoint

ROOT = Path(__file__).parents[2]
TINY = [
    "task.n=3",
    "energy.name=mlp",
    "energy.width=16",
    "training.steps=8",
    "training.batch=16",
    "training.validate_every=0",
]
FAST = ["training.validation_problems=10", "evaluation.problems=20", "compute.threads=1"]


def test_refining_by_0_steps_is_the_random_arm_bit_for_bit(tmp_path: Path) -> None:
    study = read_study(str(ROOT / "examples/ablation.toml"), [*TINY, *FAST])
    assert len(study.arms) == 8
    named = read_run("inverse-quick", [*TINY, *FAST, "mining.arm=random"])
    tensors = []
    for name, config in (("ablation", arm_run(study, "steps-0", 0)), ("named", named)):
        ravine.train(config, tmp_path / name)
        newest = checkpoint.newest(tmp_path / name / "checkpoints")
        assert newest is not None
        tensors.append(checkpoint.load(newest).tensors)
    assert tensors[0].keys() == tensors[1].keys()
    assert all(torch.equal(tensors[0][name], tensors[1][name]) for name in tensors[0])


def test_every_arm_of_the_ablation_changes_what_it_names() -> None:
    study = read_study(str(ROOT / "examples/ablation.toml"))
    mining = {arm: arm_run(study, arm, 0).mining for arm in study.arms}
    steps = {arm: config.arms["mine"].refine.model_dump()["steps"] for arm, config in mining.items()}
    assert [steps[f"steps-{count}"] for count in (0, 1, 2, 5, 10)] == [0, 1, 2, 5, 10]
    assert mining["scale-1"].arms["mine"].propose.model_dump()["scale"] == 1.0
    assert mining["lowest-of-4"].arms["mine"].select.model_dump() == {"kind": "lowest", "candidates": 4}
    assert mining["every-4"].every == 4
