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
from ravine.mining.shares import Share, shares
from ravine.objective import ArmDraw, Draw
from ravine.seeding import Seeds
from ravine.solver import Solver
from ravine.tasks.base import Task

STREAMS = ("problems", "landscapes", "noise", "mining", "energy")


def streams(seeds: Seeds, device: torch.device | str) -> dict[str, torch.Generator]:
    """Return a run's generators on `device`: one each for problems, landscapes, noise, mining and the energy's own.

    What one of them draws moves none of the others: arms of equal seed see the same problems under the same noise.
    """
    # What the energy chooses is a number that the host must know: drawn there, nothing waits for the device.
    where = {"energy": "cpu"}
    return {name: seeds.child("training", name).generator(where.get(name, device)) for name in STREAMS}


def start_memories(
    miners: Mapping[str, Miner | None], task: Task, seeds: Seeds, device: torch.device | str
) -> dict[str, Tensor]:
    """Return the memory of every arm that remembers anything, as it is before the first step."""
    memories = {}
    for arm, miner in miners.items():
        generator = seeds.child("memory", arm).generator(device)
        memory = None if miner is None else miner.propose.start_memory(task.y_shape, generator)
        if memory is not None:
            memories[arm] = memory
    return memories


@dataclass(frozen=True)
class Sampler:
    """Draws batches of `size` problems with landscapes, noise and the proposals of the arms in use.

    `solver`: the run's way of solving, for proposals that ask for it.
    """

    task: Task
    energy: Energy[Any]
    diffusion: Diffusion
    miners: Mapping[str, Miner | None]
    size: int
    solver: Solver | None = None

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
                context = MiningContext(self.energy, self.task, batch, k, self.diffusion, self.solver, memory)
                arms.append(drawn(share, miner, context.rows(share.rows), generators["mining"]))
        return Draw(batch, k, eps, tuple(arms), self.energy.draw_variant(generators["energy"]))


def drawn(share: Share, miner: Miner, context: MiningContext, generator: torch.Generator) -> ArmDraw:
    """Return one arm's share of a step, with all randomness of its mining."""
    proposals, noise = miner.proposals(context, generator), miner.draw(context, generator)
    evaluations = miner.select.candidates * miner.propose.evaluations(context)
    return ArmDraw(share.arm, miner, share.rows, proposals, noise, evaluations)
