"""What other people's trainers do otherwise than ravine, and may."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from examples import foreign_pipeline
from torch import Tensor, nn

from ravine.doctor.examine import examine
from ravine.doctor.shown import Plan, Recipe, Seen
from ravine.mining.curriculum import MiningSettings, Stage


def foreign(fault: str = "") -> Any:
    return foreign_pipeline.pipeline(fault)


def status(pipeline: Any, code: str) -> str:
    (finding,) = examine(pipeline, codes=[code]).findings
    return finding.status


class Biased(nn.Module):
    """An energy with a bias, which moves all energies alike."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner, self.bias = inner, nn.Parameter(torch.tensor(0.3))

    def forward(self, inp: Tensor, y: Tensor, t: Tensor) -> Tensor:
        value: Tensor = self.inner(inp, y, t) + self.bias
        return value


@pytest.mark.parametrize("code", ["D108", "D506", "D507", "D508"])
def test_an_additive_constant_has_no_gradient_and_needs_none(code: str) -> None:
    made = foreign()
    made.diffusion.model = Biased(made.diffusion.model)
    made.trainer.opt = torch.optim.Adam(made.diffusion.parameters(), lr=1e-3)
    assert status(made, code) in {"pass", "not applicable"}


def test_a_parameter_that_no_energy_depends_on_is_found_all_the_same() -> None:
    made = foreign()
    made.diffusion.model = Biased(made.diffusion.model)
    made.diffusion.model.unused = nn.Parameter(torch.ones(3))
    made.trainer.opt = torch.optim.Adam(made.diffusion.parameters(), lr=1e-3)
    (finding,) = examine(made, codes=["D508"]).findings
    assert (finding.status, finding.evidence["still"]) == ("fail", ["unused"])


def test_a_learning_rate_that_begins_at_zero() -> None:
    made = foreign()
    train, optimizer = made.trainer.train_one, made.trainer.opt

    def warmed() -> Tensor:
        optimizer.param_groups[0]["lr"] = 1e-3 * min(1.0, made.trainer.step / 10)
        loss: Tensor = train()
        return loss

    made.fresh = lambda **changes: made
    made.trainer.train_one = warmed
    assert status(made, "D304") == "pass"


class Accumulating(foreign_pipeline.Foreign):
    """Parts of a step that each draw their own problems and noise, averaged or added up."""

    divide = True

    def fresh(self, **changes: Any) -> Any:
        parts = changes.pop("accumulation", 2)
        made: Any = super().fresh(**changes)
        made.trainer.accumulate = parts
        return made

    def step(self) -> Seen:
        seen = super().step()
        assert seen.gradient is not None
        longer = 1 if self.divide else self.trainer.accumulate
        return Seen(gradient=seen.gradient * longer, gradient_norm=float(seen.gradient.norm()) * longer)


@pytest.mark.parametrize(("divide", "wanted"), [(True, "pass"), (False, "fail")])
def test_parts_that_draw_for_themselves(divide: bool, wanted: str) -> None:
    made = Accumulating(foreign().trainer)
    made.divide = divide
    assert status(made, "D511") == wanted


class Scaled(foreign_pipeline.Foreign):
    """A descent of half the step, which solves within a bound of its own."""

    def descend(self, place: str, batch: Any, start: Tensor, k: Tensor, steps: int) -> Tensor:
        held, bound = self.diffusion.opt_step_size, self.diffusion.continuous_bound
        self.diffusion.opt_step_size = 0.5 * held
        self.diffusion.continuous_bound = 1.0 if place == "solving" else bound
        try:
            return super().descend(place, batch, start, k, steps)
        finally:
            self.diffusion.opt_step_size, self.diffusion.continuous_bound = held, bound


def test_a_descent_with_another_step_scale_within_another_bound() -> None:
    made: Any = Scaled(foreign().trainer)
    assert status(made, "D512") == "fail"
    made.recipe = lambda arm: Recipe(steps=2, step_scale=0.5)
    assert status(made, "D512") == "fail"
    made.solve_bound = lambda: 1.0
    assert status(made, "D512") == "pass"


class Staged(foreign_pipeline.Foreign):
    """A curriculum of two stages that mine."""

    stages: tuple[tuple[float, float], ...] = ((1e-3, 1.0), (0.5, 1.0))

    def plan(self) -> Plan:
        mixture = (("mining", 1.0),)
        return Plan(tuple(Stage(100 * i, mixture, t, w) for i, (w, t) in enumerate(self.stages)), steps=200)

    def settings_at(self, step: int) -> MiningSettings:
        weight, temperature = self.stages[step >= 100]
        return MiningSettings((("mining", 1.0),), temperature, weight)


@pytest.mark.parametrize(
    ("stages", "failing"),
    [
        (((1e-3, 1.0), (0.5, 1.0)), []),
        (((1e-4, 1.0), (1e-4, 1.0)), ["D311"]),
        (((0.5, 1.0), (1e5, 1.0)), ["D311"]),
        (((0.5, 1.0), (0.5, 1e-9)), ["D310", "D311"]),
    ],
)
def test_every_stage_is_looked_at(stages: tuple[tuple[float, float], ...], failing: list[str]) -> None:
    made = Staged(foreign().trainer)
    made.stages = stages
    assert examine(made, codes=["D310", "D311"]).fired() == failing


@pytest.mark.parametrize(("wrong", "code"), [("answer", "D317"), ("roll", "D317"), ("detached", "D109")])
def test_the_denoising_term_is_computed_again(wrong: str, code: str) -> None:
    made = foreign()
    p_losses, gradient = made.diffusion.p_losses, made.diffusion.gradient

    def other(inp: Tensor, target: Tensor, t: Tensor, noise: Tensor) -> Any:
        _, (mse, energy) = p_losses(inp, target, t, noise)
        if wrong == "detached":
            return mse.detach() + 0.5 * energy, (mse.detach(), energy)
        y = made.diffusion.q_sample(target, t, noise).requires_grad_()
        aim = target if wrong == "answer" else noise.roll(1, 0)
        mse = (gradient(inp, y, t, graph=True) - aim).square().mean()
        return mse + 0.5 * energy, (mse, energy)

    assert status(made, code) == "pass"
    made.diffusion.__class__ = type("Other", (type(made.diffusion),), {"p_losses": lambda self, *a: other(*a)})
    assert status(made, code) == "fail"


def test_another_reduction_of_the_denoising_loss_is_allowed() -> None:
    made = foreign()
    whole = made.diffusion.p_losses

    def summed(*given: Any) -> Any:
        total, (mse, energy) = whole(*given)
        return total, (6 * mse, energy)

    made.diffusion.__class__ = type("Other", (type(made.diffusion),), {"p_losses": lambda self, *a: summed(*a)})
    assert status(made, "D317") == "pass"


def test_a_pick_beside_the_seed_is_called_so() -> None:
    made = foreign()
    mine, generator = made.mine, torch.Generator().manual_seed(0)

    def picked(*given: Any) -> Any:
        found = mine(*given)
        return replace(found, negatives=found.negatives * (torch.rand(1, generator=generator) > 0.5))

    made.mine, made.leaves_traces = picked, False
    (finding,) = examine(made, codes=["D407"]).findings
    assert "equal seeds give different negatives" in finding.says
    assert "a fallback that picks at random" in finding.advice
