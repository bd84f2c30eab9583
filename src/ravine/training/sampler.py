"""Draws everything random of a step from the run's streams, each consumer from a stream of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from ravine.batch import replaced
from ravine.denoise.base import Denoise
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.mining.context import MiningContext
from ravine.mining.curriculum import MiningSettings
from ravine.mining.focus import Focus
from ravine.mining.miner import Miner
from ravine.mining.shares import Share, shares
from ravine.objective import SCORE, ArmDraw, Draw
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
class Plan:
    """What the host decides of a step before anything is drawn: two steps of equal plans do the same work.

    `shares`: the rows of each arm; `variant`: the energy's own random choice, if it makes one.
    """

    settings: MiningSettings
    shares: tuple[Share, ...]
    variant: int | None


@dataclass(frozen=True)
class Sampler:
    """Draws batches of `size` problems with landscapes, noise and the proposals of the arms in use.

    `solver`: the run's way of solving, for proposals that ask for it; `focuses`: how arms draw that draw problems of
    high loss more often, by `denoise`.
    """

    task: Task
    energy: Energy[Any]
    diffusion: Diffusion
    miners: Mapping[str, Miner | None]
    size: int
    solver: Solver | None = None
    focuses: Mapping[str, Focus] = field(default_factory=dict)
    denoise: Denoise = SCORE

    def draw(
        self,
        step: int,
        settings: MiningSettings,
        generators: Mapping[str, torch.Generator],
        memories: Mapping[str, Tensor],
    ) -> Draw:
        """Return the draw of optimiser step `step`."""
        return self.planned(self.plan(step, settings, generators), generators, memories)

    def plan(self, step: int, settings: MiningSettings, generators: Mapping[str, torch.Generator]) -> Plan:
        """Return what the host decides of optimiser step `step`."""
        divided = shares(settings.mixture, self.size, step) if settings.active else ()
        return Plan(settings, divided, self.energy.draw_variant(generators["energy"]))

    def planned(self, plan: Plan, generators: Mapping[str, torch.Generator], memories: Mapping[str, Tensor]) -> Draw:
        """Return the draw of a step of this plan."""
        draw = self._plain(self.size, generators, plan.variant)
        mining, arms = generators["mining"], []
        for share in plan.shares:
            if share.arm in self.focuses:
                draw = self._focused(draw, share.rows, self.focuses[share.arm], mining)
        for share in plan.shares:
            miner = self.miners[share.arm]
            if miner is not None:
                context = self.context(draw, memories.get(share.arm))
                arms.append(drawn(share, miner, context.rows(share.rows), mining))
        return replace(draw, arms=tuple(arms))

    def context(self, draw: Draw, memory: Tensor | None = None) -> MiningContext:
        """Return what a miner may see of a draw."""
        return MiningContext(self.energy, self.task, draw.batch, draw.k, self.diffusion, self.solver, memory)

    def _plain(self, size: int, generators: Mapping[str, torch.Generator], variant: int | None) -> Draw:
        batch = self.task.sample(size, generators["problems"])
        k = self.diffusion.draw_landscapes(size, generators["landscapes"])
        noise = generators["noise"]
        return Draw(batch, k, torch.randn(batch.y.shape, generator=noise, device=noise.device), variant=variant)

    @torch.no_grad()
    def _focused(self, draw: Draw, rows: slice, focus: Focus, generator: torch.Generator) -> Draw:
        """Return the draw with its `rows` chosen anew from a pool of their own."""
        size = rows.stop - rows.start
        pool = self._plain(focus.pool * size, dict.fromkeys(STREAMS, generator), draw.variant)
        energy, eps, level = (
            self.energy.varied(draw.variant),
            pool.batch.free(pool.eps),
            self.diffusion.noise_level(pool.k),
        )
        y_k = self.diffusion.noise(pool.batch.y, pool.k, eps)
        losses = self.denoise(energy, energy.condition(pool.batch.x, pool.k), y_k, eps, pool.batch, level).loss
        index, chosen = focus.choose(losses, size, generator)
        kept = Draw(pool.batch.rows(index), pool.k[index], pool.eps[index])
        weights = torch.ones_like(draw.k, dtype=chosen.dtype) if draw.weights is None else draw.weights
        return replace(
            draw,
            batch=draw.batch.replaced(rows, kept.batch),
            k=replaced(draw.k, rows, kept.k),
            eps=replaced(draw.eps, rows, kept.eps),
            weights=replaced(weights, rows, chosen),
            searched=draw.searched + len(pool.k),
        )


def drawn(share: Share, miner: Miner, context: MiningContext, generator: torch.Generator) -> ArmDraw:
    """Return one arm's share of a step, with all randomness of its mining."""
    proposals, noise = miner.proposals(context, generator), miner.draw(context, generator)
    evaluations = miner.select.candidates * miner.propose.evaluations(context)
    return ArmDraw(share.arm, miner, share.rows, proposals, noise, evaluations)
