"""What a training step costs: ours beside the plain one, side by side in one run.

    python benchmarks/training_step.py [--n 20] [--batch 2048] [--rounds 5] [--threads 2] [field=value ...]

Prints the time to make a batch of problems, and per arm the median seconds of our step and of the textbook step
(autograd all over, nothing cached) with their ratio; compute.device=cuda or cpu says where.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from ravine import build
from ravine.config import read_run
from ravine.training.plain import plain_loss, plain_step

ARMS = {"none": 0, "random": 0, "adversarial": 2}


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.synchronize()
    return time.perf_counter() - began


def medians(works: list[Callable[[], object]], rounds: int) -> list[float]:
    """Time the works in turn, so that a drift of the machine's speed meets all of them."""
    taken = [[seconds(work) for work in works] for _ in range(rounds + 1)][1:]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=20)
    parser.add_argument("--batch", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("overrides", nargs="*")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    base = [f"task.n={options.n}", f"training.batch={options.batch}", "training.validation_problems=1"]
    where = build.device(read_run("inverse-paper", [*base, *options.overrides]))
    name = torch.cuda.get_device_name() if where.type == "cuda" else f"CPU, {options.threads} threads"
    print(f"n = {options.n}, batch {options.batch}, {name}, torch {torch.__version__}")
    for arm, steps in ARMS.items():
        config = read_run("inverse-paper", [*base, *options.overrides, f"mining.arm={arm}"])
        with TemporaryDirectory() as folder:
            trainer = build.trainer(config, Path(folder))
        settings, generators = trainer.curriculum.settings_at(0), trainer.state.generators
        energy, diffusion = trainer.state.energy, trainer.sampler.diffusion
        draw = trainer.sampler.draw(0, settings, generators, {})
        adam = torch.optim.Adam(energy.parameters(), lr=1e-4, betas=(0.9, 0.99))

        def ours() -> None:
            drawn = trainer.sampler.draw(0, settings, generators, {})  # noqa: B023
            trainer.stepper.step(0, drawn, settings, 1e-4)  # noqa: B023

        def plain() -> None:
            loss = plain_loss(energy, diffusion, draw, steps, 2.0, 0.5, 1.0)  # noqa: B023
            plain_step(energy, adam, loss, 1.0, 1e-4)  # noqa: B023

        def problems() -> None:
            trainer.sampler.task.sample(options.batch, generators["problems"])  # noqa: B023

        made, our, their = medians([problems, ours, plain], options.rounds)
        line = f"ours {our:.3f} s   plain {their:.3f} s   plain / ours {their / our:.2f}"
        print(f"{arm:12} problems {made * 1e3:6.1f} ms   {line}", flush=True)


if __name__ == "__main__":
    main()
