"""Draws everything random of a step from the run's streams, each consumer from a stream of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.mining.context import MiningContext
from ravine.mining.curriculum import MiningSettings
from ravine.mining.miner import Miner
from ravine.mining.propose import Replay
from ravine.mining.shares import shares
from ravine.objective import ArmDraw, Draw
from ravine.seeding import Seeds
from ravine.tasks.base import Task

STREAMS = ("problems", "landscapes", "noise", "mining")


def streams(seeds: Seeds, device: torch.device | str) -> dict[str, torch.Generator]:
    """Return a run's generators on `device`: one each for problems, landscapes, noise and mining.

    What one of them draws moves none of the others: arms of equal seed see the same problems under the same noise.
    """
    return {name: seeds.child("training", name).generator(device) for name in STREAMS}


def start_memories(
    miners: Mapping[str, Miner | None], task: Task, seeds: Seeds, device: torch.device | str
) -> dict[str, Tensor]:
    """Return the memory of every arm that replays, as it is before the first step."""
    return {
        arm: miner.propose.start_memory(task.y_shape, seeds.child("memory", arm).generator(device))
        for arm, miner in miners.items()
        if miner is not None and isinstance(miner.propose, Replay)
    }


@dataclass(frozen=True)
class Sampler:
    """Draws batches of `size` problems with landscapes, noise and the proposals of the arms in use."""

    task: Task
    energy: Energy[Any]
    diffusion: Diffusion
    miners: Mapping[str, Miner | None]
    size: int

    def draw(
        self,
        step: int,
        settings: MiningSettings,
        generators: Mapping[str, torch.Generator],
        memories: Mapping[str, Tensor],
    ) -> Draw:
        """Return the draw of optimiser step `step`."""
        batch = self.task.sample(self.size, generators["problems"])
        k = self.diffusion.draw_landscapes(self.size, generators["landscapes"])
        noise = generators["noise"]
        eps = torch.randn(batch.y.shape, generator=noise, device=noise.device)
        arms = []
        for share in shares(settings.mixture, self.size, step) if settings.active else ():
            miner = self.miners[share.arm]
            if miner is not None:
                memory = memories.get(share.arm)
                context = MiningContext(self.energy, batch, k, self.diffusion, self.task.bound, memory)
                proposals = miner.proposals(context.rows(share.rows), generators["mining"])
                arms.append(ArmDraw(share.arm, miner, share.rows, proposals))
        return Draw(batch, k, eps, tuple(arms))
