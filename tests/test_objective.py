"""The objective: what it says it evaluated is what was evaluated, and its parts average to the whole."""

from collections import Counter
from typing import Any

import pytest
import torch

from ravine import build
from ravine.batch import Batch
from ravine.build.cost import evaluations, step_cost
from ravine.config import read_run
from ravine.denoise.score import noise_error
from ravine.energies.mlp import MLP
from ravine.mining.arms import NAMED_ARMS
from ravine.mining.contrast.softplus import Softplus
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Objective
from ravine.seeding import Seeds
from ravine.training.sampler import Sampler, start_memories, streams

WORDS = ["energy.name=mlp", "task.n=3", "energy.width=8", "energy.embedding_width=8", "diffusion.landscapes=4"]
SIZE = 8


@pytest.mark.parametrize("arm", ["none", *NAMED_ARMS])
def test_every_evaluation_is_counted(arm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config = read_run("inverse-quick", [*WORDS, f"mining.arm={arm}"])
    task, landscapes, miners = build.task(config), build.diffusion(config), build.miners(config)
    energy = build.energy(config, task)
    rows: Counter[str] = Counter()
    for name in ("energy", "energy_and_gradient"):
        original = getattr(MLP, name)

        def counting(self: MLP, condition: Any, y: torch.Tensor, original: Any = original, name: str = name) -> Any:
            rows[name] += len(y)
            return original(self, condition, y)

        monkeypatch.setattr(MLP, name, counting)
    seeds, settings = Seeds(0), MiningSettings(((arm, 1.0),), 1.0, 1.0)
    memories = start_memories(miners, task, seeds, "cpu")
    sampler = Sampler(task, energy, landscapes, miners, SIZE, build.solver(config, task), build.focuses(config))
    draw = sampler.draw(0, settings, streams(seeds, "cpu"), memories)
    told = Objective(energy, landscapes, task, Softplus())(draw, settings).evaluations
    assert told == sum(rows.values())
    assert step_cost(config, evaluations).by_arm[arm] == told / SIZE


def test_parts_with_unequal_givens_average_to_the_whole() -> None:
    generator = torch.Generator().manual_seed(0)
    gradient, eps = (torch.randn(4, 3, 3, generator=generator) for _ in range(2))
    given = torch.zeros(4, 9, dtype=torch.bool)
    for row, count in enumerate((0, 2, 5, 9)):
        given[row, :count] = True
    batch = Batch(torch.zeros(4, 1), torch.zeros(4, 3, 3), given.view(4, 3, 3))
    parts = [noise_error(gradient[rows], eps[rows], batch.rows(rows)) for rows in (slice(0, 2), slice(2, 4))]
    torch.testing.assert_close(torch.cat(parts), noise_error(gradient, eps, batch))
