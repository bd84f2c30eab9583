"""On a trained energy mining does what its name says (`benchmarks/mining.py` prints the figures after 500 steps)."""

from pathlib import Path

import torch

from ravine import build
from ravine.config import read_run
from ravine.mining.context import MiningContext
from ravine.seeding import Seeds

ROWS = 1000
WORDS = ["training.steps=120", "optimizer.warmup=10", "training.validate_every=0", "compute.threads=1"]


def test_refined_negatives_lie_lower_and_hard_ones_lowest(tmp_path: Path) -> None:
    trainer = build.trainer(
        read_run("inverse-quick", [*WORDS, "energy.name=mlp", "energy.width=128"]), tmp_path / "run"
    )
    trainer.directory.claim(trainer.config)
    trainer.run()
    energy, task, diffusion = trainer.state.energy, trainer.sampler.task, trainer.sampler.diffusion
    batch = task.sample(ROWS, Seeds(1).generator())
    k = torch.arange(ROWS) % diffusion.landscapes
    context = MiningContext(energy, task, batch, k, diffusion)
    means = {}
    with torch.no_grad():
        condition = energy.condition(batch.x, k)
        for arm in ("random", "adversarial", "hard"):
            miner = build.miners(read_run("inverse-quick", [f"mining.arm={arm}"]))[arm]
            assert miner is not None
            mined = miner.mine(condition, context, Seeds(2).generator())
            values = energy.energy(condition, diffusion.scale(mined.negatives[:, 0], k))
            means[arm] = torch.stack([values[k == level].mean() for level in range(diffusion.landscapes)])
            before, after = mined.refined.energy_before, mined.refined.energy_after
            if before is not None and after is not None:
                assert (after < before).float().mean() >= 0.95
    # A landscape of almost no signal leaves negatives nothing to differ in: there a tie within rounding is allowed.
    assert (means["adversarial"] <= means["random"] * 1.001).all()
    assert (means["hard"] <= means["adversarial"] * 1.001).all()
