"""Energies matter up to a constant: E + 1000 trains, mines, descends, ranks and is judged as E is."""

import math
from dataclasses import fields
from typing import Any

import pytest
import torch
from torch import Tensor

from ravine import build, read_run
from ravine.build.mining import contrast, denoise
from ravine.config.schema import RunConfig
from ravine.energies.base import Energy, EnergyAndGradient
from ravine.energies.mlp import MLP, MLPCondition
from ravine.evaluation.landscapes import landscapes
from ravine.evaluation.rivals import rivals_of
from ravine.mining.arms import CONTRASTS, NAMED_ARMS
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Losses, Objective
from ravine.seeding import Seeds
from ravine.training.measures import step_row
from ravine.training.sampler import Sampler, start_memories, streams
from ravine.training.step import Stepped

OFFSET, SIZE = 1000.0, 8
WORDS = ["energy.name=mlp", "task.n=3", "energy.width=8", "energy.embedding_width=8", "diffusion.landscapes=4"]


class Offset(MLP):
    """An energy and a constant, in float64: rounding at 1000 must not decide what a test sees."""

    offset = 0.0

    def condition(self, x: Tensor, k: Tensor) -> MLPCondition:
        return super().condition(x.double(), k)

    def energy(self, condition: MLPCondition, y: Tensor) -> Tensor:
        return super().energy(condition, y.double()) + self.offset

    def energy_and_gradient(self, condition: MLPCondition, y: Tensor) -> EnergyAndGradient:
        point = super().energy_and_gradient(condition, y.double())
        return EnergyAndGradient(point.energy + self.offset, point.gradient.to(y.dtype))


def both(config: RunConfig) -> list[Energy[Any]]:
    """The same weights twice, once with the constant."""
    shape, generators = build.task(config).shape, [Seeds(0).generator() for _ in range(2)]
    energies = [Offset(shape.x, shape.y, config.diffusion.landscapes, each, 8, 8) for each in generators]
    energies[1].offset = OFFSET
    return [energy.double() for energy in energies]


def close(first: Tensor | float, second: Tensor | float) -> None:
    torch.testing.assert_close(torch.as_tensor(first), torch.as_tensor(second), rtol=1e-7, atol=1e-9, equal_nan=True)


def losses_of(config: RunConfig, energy: Energy[Any]) -> Losses:
    """The losses of a step that is all of the configured arm's."""
    task, diffusion, known, seeds = build.task(config), build.diffusion(config), build.miners(config), Seeds(0)
    objective = Objective(energy, diffusion, task, contrast(config), denoise(config, energy))
    solver, focuses = build.solver(config, task), build.focuses(config)
    sampler = Sampler(task, energy, diffusion, known, SIZE, solver, focuses, objective.denoise)
    settings = MiningSettings(((config.mining.arm, 1.0),), 1.0, 1.0)
    memories = start_memories(known, task, seeds, "cpu")
    losses: Losses = objective(sampler.draw(0, settings, streams(seeds, "cpu"), memories), settings)
    return losses


CASES = [
    *([f"mining.arm={arm}"] for arm in NAMED_ARMS),
    *([f"mining.contrast={kind}", "mining.arm=adversarial"] for kind in CONTRASTS.shipped),
    *([f"mining.contrast={kind}", "mining.arm=many"] for kind in CONTRASTS.shipped),
    ["training.denoise={kind='score', emphasis=0.5}", "mining.arm=hard"],  # the posterior reads no energy
]
MANY = "mining.arms.many.select={kind='only', candidates=3}"


@pytest.mark.parametrize("words", CASES, ids=" ".join)
def test_training_and_mining(words: list[str]) -> None:
    config = read_run("inverse-quick", [*WORDS, MANY, *words])
    rows, slopes, mined = [], [], []
    for energy in both(config):
        losses = losses_of(config, energy)
        slopes.append(torch.autograd.grad(losses.total, list(energy.parameters()), allow_unused=True))
        mined.append({name: arm.mined.negatives for name, arm in losses.arms.items()})
        rows.append(step_row(Stepped((losses,), torch.zeros(())), MiningSettings((), 1.0, 1.0)))
    close(rows[0]["loss"], rows[1]["loss"])
    assert any(slope is not None and bool(slope.any()) for slope in slopes[0])
    for first, second in zip(*slopes, strict=True):
        assert (first is None) == (second is None)
        if first is not None and second is not None:
            close(first, second)
    for name, negatives in mined[0].items():
        close(negatives, mined[1][name])
        measured = [{key: value for key, value in row["arms"][name].items() if value is not None} for row in rows]
        for key, value in measured[0].items():
            shift = OFFSET * key.startswith("energy")
            assert value + shift == pytest.approx(measured[1][key], rel=1e-6, abs=1e-9)  # logged in float32


@pytest.mark.parametrize("starts", [1, 4])
def test_solving_and_ranking(starts: int) -> None:
    config = read_run("inverse-quick", [*WORDS, "solve.renoise=0.5"])
    task, noise = build.task(config), torch.randn(starts, SIZE, 3, 3, generator=Seeds(1).generator())
    batch = task.sample(SIZE, Seeds(0).generator())

    def renoise(visit: int, starts: slice) -> Tensor:
        return noise.flip(0)[starts]

    first, second = (
        build.solver(config, task).solve(energy.requires_grad_(False), batch, noise, renoise) for energy in both(config)
    )
    close(first.answer, second.answer)
    assert first.energy is not None
    assert second.energy is not None
    close(first.energy + OFFSET, second.energy)
    close(first.answers, second.answers)
    close(first.trajectory.accepted, second.trajectory.accepted)
    assert starts == 1 or not torch.equal(first.answer, first.answers[0])  # ranking has something to choose


def test_what_is_measured_of_landscapes() -> None:
    config = read_run("inverse-quick", WORDS)
    task, diffusion, solver = build.task(config), build.diffusion(config), build.solver(config, build.task(config))
    batch = task.sample(SIZE, Seeds(0).generator())
    found = [
        landscapes(
            energy,
            batch,
            diffusion,
            [1.0] * 4,
            Seeds(0),
            task.space,
            rivals_of(task, energy, solver, "same", batch),
        )
        for energy in both(config)
    ]
    for first, second in zip(*found, strict=True):
        assert 0 < first.auc < 1
        for name in (each.name for each in fields(first) if each.name != "energies"):
            close(getattr(first, name), getattr(second, name))
        close(torch.tensor(first.energies) + OFFSET, torch.tensor(second.energies))
        assert not math.isnan(first.auc)
