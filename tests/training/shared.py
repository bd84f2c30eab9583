"""Trains several small runs by the processes that torchrun starts, and keeps what the first of them has in the end.

torchrun --nproc-per-node 2 tests/training/shared.py OUT
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from ravine import build
from ravine.config import read_run
from ravine.errors import RavineError
from ravine.launch import joined
from ravine.training.callbacks import Callbacks
from ravine.training.loop import Trainer
from ravine.training.ranks import Ranks
from ravine.training.start import digest

SMALL = (
    *(
        "task.n=3",
        "energy.name=mlp",
        "energy.width=16",
        "energy.embedding_width=8",
        "diffusion.landscapes=3",
        "optimizer.warmup=0",
    ),
    *("training.batch=24", "evaluation.problems=8", "training.validate_every=0", "optimizer.learning_rate=1e-3"),
    *("average.every=1", "mining.weight=0.5", "compute.threads=1"),
)
RUNS = {
    "plain": ("mining.arm=none",),
    "parts": ("mining.arm=adversarial", "training.accumulation=2"),
    "mixture": ("mining.mixture={none=0.25,random=0.35,replay=0.4}",),
    "focus": ("mining.arm=failures",),
    "matrix": ("energy={name='matrix',channels=4,layers=2,products=3,verifiers=2}", "mining.arm=corrupt"),
    "sudoku": (
        "task={name='sudoku',n=4,boards=50}",
        "energy={name='cells',rounds=3,least_rounds=2}",
        "mining.arm=none",
    ),
}
"""Every one has something that processes could share wrongly: unused weights, parts, memories, weights of rows."""
STEPS = 12


def config(name: str, **changes: int | str) -> list[str]:
    """Return the words of a run, those on the energy before its fields."""
    own = RUNS[name]
    replaced = {word.partition("=")[0] for word in own}
    kept = [word for word in SMALL if not any(word.startswith(f"{table}.") for table in replaced)]
    return [*own, *kept, *(f"{field.replace('__', '.')}={value}" for field, value in changes.items())]


def trained(name: str, folder: Path, ranks: Ranks, **changes: int) -> Trainer:
    """Return a trainer after all steps."""
    trainer = build.trainer(read_run("inverse-quick", config(name, **changes)), folder / name, ranks=ranks)
    for _ in range(STEPS):
        trainer.step()
        trainer.stepper.health.check()
    return trainer


def stopped_at(folder: Path, ranks: Ranks) -> str:
    """Return the step and the message with which a run stops where one process alone meets a loss that is no number."""
    trainer = build.trainer(read_run("inverse-quick", config("plain")), folder / "broken", ranks=ranks)
    for step in range(5):
        if step == 3 and ranks.rank == ranks.size - 1:
            next(trainer.state.energy.parameters()).data.fill_(torch.nan)
        try:
            trainer.step()
            trainer.stepper.health.check()
        except RavineError as error:
            return f"{trainer.state.step}: {error}"
    return "not stopped"


def rolled_back(folder: Path, ranks: Ranks) -> dict[str, Any]:
    """Return how a run went back that broke in one process alone, and the digest of its last weights here."""
    words = config("plain", training__steps=6, training__checkpoint_every=2, training__rollback="{times=1}")
    trainer = build.trainer(read_run("inverse-quick", words), folder / "rolled", ranks=ranks)

    def spoil(step: int) -> None:
        if step == 3 and ranks.rank == ranks.size - 1 and not trainer.state.rollbacks:
            next(trainer.state.energy.parameters()).data.fill_(torch.nan)

    trainer.callbacks = Callbacks(on_step=spoil)
    trainer.directory.claim(trainer.config)
    ranks.every(["claimed"])
    state = trainer.run()
    weights = {name: value.clone() for name, value in trainer.state.tensors().items()}
    return {"state": state, "rollbacks": list(trainer.state.rollbacks), "weights": digest(weights)}


def main() -> None:
    folder = Path(sys.argv[1])
    torch.set_num_threads(1)
    with joined("cpu") as here:
        ranks = Ranks(here.rank, here.size)
        for name in RUNS:
            trainer = trained(name, folder, ranks)
            if ranks.first:
                tensors = {key: value.clone() for key, value in trainer.state.tensors().items()}
                save_file(tensors, folder / f"{name}.safetensors", {"evaluations": str(trainer.state.evaluations)})
        (folder / f"stopped-{ranks.rank}.txt").write_text(stopped_at(folder, ranks), encoding="utf-8")
        told = json.dumps(rolled_back(folder, ranks))
        (folder / f"rolled-{ranks.rank}.json").write_text(told, encoding="utf-8")
    threads = sorted(path.read_text(encoding="utf-8").strip() for path in Path("/proc/self/task").glob("*/comm"))
    (folder / f"threads-{ranks.rank}.txt").write_text("\n".join(threads), encoding="utf-8")


if __name__ == "__main__":
    main()
