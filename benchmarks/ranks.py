"""Runs of one, two and four processes are one run: gradients and weights of every energy, held against each other.

    python -m benchmarks.ranks [--steps 50] [--energies mlp,cells] [--out out/ranks]

Every shipped energy is trained on a small task that it fits, of problems with unequally many unknown entries where it
fits one, and with a mixture of plain, random and replayed negatives where it has an energy: the same four parts of each
step by one process (accumulation 4), by two (accumulation 2) and by four that torchrun starts. Prints, against the
single process, the largest difference of the first step's gradient, over its largest entry, and of the weights after
all steps. Exits 1 where one is not 0: parts are summed in one order, so that no bit may differ. "whole": the same of a
single process that takes the batch as one part, which sums in another order; how far rounding leads is the energy's.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tests.testing.registered import QUICK, QUICK_TASKS

from ravine import build
from ravine.config import RunConfig, read_run
from ravine.config.schema import ENERGIES, TASKS
from ravine.errors import ConfigurationError
from ravine.launch import joined
from ravine.training.loop import Trainer
from ravine.training.ranks import Ranks

PARTS, BATCH = 4, 24
SIZES = (1, 2, 4)
WHOLE = 0
"""Stands for the single process that takes the batch as one part."""
KINDS = ("gradient", "weight")
FIRST = ("sudoku", "completion", "sort", "connectivity")
"""Tasks to try first: their problems have unequally many unknown entries, or few."""
SMALL: dict[str, dict[str, object]] = {"sudoku": {"n": 4, "boards": 50}, "sudoku-latent": {"boards": 50}}
SMALLEST = (4, 8)
REPLAY = ("mining.mixture={none=0.25,random=0.35,replay=0.4}",)
PLAIN = ("mining.arm=none", "solve.steps=0")
"""For networks that predict the noise alone: there is nothing to mine with."""
COMMON = (
    *("diffusion.landscapes=3", f"training.batch={BATCH}", "training.validate_every=0", "evaluation.problems=8"),
    *("optimizer.warmup=0", "average.every=1", "compute.threads=1", "compute.device=cpu", "training.balance_every=0"),
)


def toml(value: object) -> str:
    """Return a value as an override has it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + "}"
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def candidates(energy: str) -> Iterator[tuple[str, str, RunConfig]]:
    """Yield tasks and mining with which an energy may be trained, the telling ones first."""
    own = f"energy={toml({'name': energy, **QUICK.get(energy, {})})}"
    for mining, words in (("replay", REPLAY), ("none", PLAIN)):
        for task, n in product(dict.fromkeys([*FIRST, *TASKS.shipped]), SMALLEST):
            sizes = {"n": n} if "n" in TASKS.shipped[task].model_fields else {}
            where = {"name": task, **SMALL.get(task, QUICK_TASKS.get(task, sizes))}
            try:
                config = read_run("inverse-quick", [f"task={toml(where)}", own, *words, *COMMON])
                build.energy(config, build.task(config))
            except ConfigurationError:
                continue
            yield task, mining, config


def case(energy: str) -> tuple[str, str, RunConfig]:
    """Return the task, the mining and the run by which an energy is tried."""
    return next(candidates(energy))


def trained(config: RunConfig, folder: Path, ranks: Ranks, steps: int, parts: int = PARTS) -> dict[str, torch.Tensor]:
    """Return the first step's gradients and the weights after all steps."""
    accumulation = {"training": config.training.model_copy(update={"accumulation": parts // ranks.size})}
    trainer: Trainer = build.trainer(config.model_copy(update=accumulation), folder, ranks=ranks)
    kept: dict[str, torch.Tensor] = {}
    for step in range(steps):
        trainer.step()
        trainer.stepper.health.check()
        for name, parameter in trainer.state.energy.named_parameters() if step == 0 else ():
            if parameter.grad is not None:
                kept[f"gradient/{name}"] = parameter.grad.clone()
    return kept | {f"weight/{name}": value.detach().clone() for name, value in trainer.state.energy.named_parameters()}


def work(out: Path, energies: Sequence[str], steps: int) -> None:
    """Train every energy as one of the processes that torchrun started; the first keeps what it has."""
    torch.set_num_threads(1)
    with joined("cpu") as here:
        ranks = Ranks(here.rank, here.size)
        for energy in energies:
            found = trained(case(energy)[2], out / "run", ranks, steps)
            if ranks.first:
                save_file(found, out / f"{energy}-{here.size}.safetensors")
            if ranks.size == 1:
                whole = trained(case(energy)[2], out / "run", ranks, steps, parts=1)
                save_file(whole, out / f"{energy}-{WHOLE}.safetensors")


def started(size: int, out: Path, energies: Sequence[str], steps: int) -> None:
    """Train every energy by so many processes."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={size}"]
    words = ["-m", "benchmarks.ranks", "--work", "--out", str(out), "--steps", str(steps)]
    words += ["--energies", ",".join(energies)]
    subprocess.run([*torchrun, *words], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


def differences(out: Path, energy: str, size: int) -> dict[str, float]:
    """Return the largest difference from the single process's gradient, over its largest entry, and of the weights."""
    alone, several = (load_file(out / f"{energy}-{each}.safetensors") for each in (1, size))
    assert alone.keys() == several.keys()
    found = {}
    for kind in KINDS:
        names = [name for name in alone if name.startswith(f"{kind}/")]
        largest = max(float(alone[name].abs().max()) for name in names)
        most = max(float((alone[name] - several[name]).abs().max()) for name in names)
        found[kind] = most / largest if kind == "gradient" else most
    return found


def show(out: Path, energies: Sequence[str]) -> bool:
    """Print the table; return whether several processes have every bit of the single one."""
    kept, compared = True, {"two": 2, "four": 4, "whole": WHOLE}
    titles = "".join(f"{name + ' grad':>12}{'weight':>10}" for name in compared)
    print(f"{'energy':22}{'task':18}{'mining':9}{titles}")
    for energy in energies:
        task, mining, _ = case(energy)
        found = {size: differences(out, energy, size) for size in compared.values()}
        kept = kept and not any(found[size][kind] for size in SIZES[1:] for kind in KINDS)
        cells = "".join(f"{entry['gradient']:12.1e}{entry['weight']:10.1e}" for entry in found.values())
        print(f"{energy:22}{task:18}{mining:9}{cells}")
    return kept


def main() -> int:
    """Train, compare and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/ranks"))
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--energies", default=",".join(ENERGIES.shipped))
    parser.add_argument("--work", action="store_true", help="as one of the processes that torchrun starts")
    given = parser.parse_args()
    energies = given.energies.split(",")
    if given.work:
        work(given.out, energies, given.steps)
        return 0
    given.out.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        started(size, given.out, energies, given.steps)
    return int(not show(given.out, energies))


if __name__ == "__main__":
    sys.exit(main())
