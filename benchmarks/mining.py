"""What mining does and costs, on an energy trained for a few hundred steps.

    python benchmarks/mining.py [--steps 500] [--rounds 15]

Prints (1) per landscape the mean energy of right answers, proposals, `adversarial` and `hard` negatives, noise-free,
from the same stream of proposals, with the share of rows that refinement lowers; (2) the median time of a training step
of each arm over that of `none`; (3) the share of a step that the postcondition takes.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from ravine import build
from ravine.config import RunConfig, read_run
from ravine.mining.context import MiningContext
from ravine.mining.postcondition import first_violation
from ravine.seeding import Seeds
from ravine.training.loop import Trainer

ARMS = ("none", "random", "adversarial", "replay", "adversarial-10", "hard")
ROWS = 4000


def config_of(arm: str, steps: int, *overrides: str) -> RunConfig:
    words = [f"mining.arm={arm}", f"training.steps={steps}", "training.validate_every=0", "compute.threads=1"]
    return read_run("inverse-quick", [*words, *overrides])


def trained(arm: str, steps: int) -> Trainer:
    with TemporaryDirectory() as folder:
        trainer = build.trainer(config_of(arm, steps), Path(folder) / "run")
        trainer.directory.claim(trainer.config)
        trainer.run()
    return trainer


@torch.no_grad()
def landscapes(trainer: Trainer) -> None:
    """Print mean energies by landscape; every arm starts from the same proposals' stream."""
    energy, task, diffusion = trainer.state.energy, trainer.sampler.task, trainer.sampler.diffusion
    seeds = Seeds(7)
    batch = task.sample(ROWS, seeds.child("problems").generator())
    k = torch.arange(ROWS) % diffusion.landscapes
    context = MiningContext(energy, task, batch, k, diffusion)
    condition = energy.condition(batch.x, k)
    energies = {"right": energy.energy(condition, diffusion.scale(batch.y, k))}
    lowered = torch.zeros(ROWS)
    for arm in ("random", "adversarial", "hard"):
        miner = build.miners(config_of(arm, 1))[arm]
        assert miner is not None
        mined = miner.mine(condition, context, seeds.child("mining").generator())
        energies[arm] = energy.energy(condition, diffusion.scale(mined.negatives[:, 0], k))
        if arm == "adversarial":
            before, after = mined.refined.energy_before, mined.refined.energy_after
            assert before is not None
            assert after is not None
            lowered = (after < before).float()
    print("k  " + "".join(f"{name:>14}" for name in energies) + "  lowered by adversarial")
    for level in range(diffusion.landscapes):
        cells = "".join(f"{float(values[k == level].mean()):14.4g}" for values in energies.values())
        print(f"{level:<3}{cells}  {float(lowered[k == level].mean()):.1%}")
    print(f"all rows: refinement lowers the energy in {float(lowered.mean()):.2%}")


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def stepper(arm: str) -> Callable[[], object]:
    """Return the function that takes one training step of an arm, drawing included."""
    with TemporaryDirectory() as folder:
        trainer = build.trainer(config_of(arm, 1000, "optimizer.learning_rate=1e-6"), Path(folder))
    return trainer.step


def costs(rounds: int) -> None:
    """Print each arm's time per step over that of `none`, taken in turn."""
    works = {arm: stepper(arm) for arm in ARMS}
    for work in works.values():
        work()
    taken = [{arm: seconds(work) for arm, work in works.items()} for _ in range(rounds)]
    medians = {arm: statistics.median(row[arm] for row in taken) for arm in works}
    for arm, value in medians.items():
        print(f"{arm:16} {value * 1e3:7.1f} ms   {value / medians['none']:.2f} x none")
    print(f"replay over random: {medians['replay'] / medians['random']:.2f}")


def postcondition(rounds: int) -> None:
    """Print the postcondition's share of an adversarial step."""
    with TemporaryDirectory() as folder:
        trainer = build.trainer(config_of("adversarial", 1000), Path(folder))
    settings = trainer.curriculum.settings_at(0)
    draw = trainer.sampler.draw(0, settings, trainer.state.generators, {})
    arm = trainer.stepper.objective(draw, settings).arms["adversarial"]
    checks = [seconds(lambda: first_violation(arm.mined.negatives, arm.context)) for _ in range(rounds)]
    steps = [seconds(lambda: trainer.stepper.step(0, draw, settings, 1e-6)) for _ in range(rounds)]
    print(f"postcondition: {statistics.median(checks) / statistics.median(steps):.2%} of a step")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(1)
    landscapes(trained("adversarial", options.steps))
    costs(options.rounds)
    postcondition(options.rounds)


if __name__ == "__main__":
    main()
