"""A step of ours against the plain one, and what may not change it."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ravine.mining.arms import NAMED_ARMS
from ravine.training.loop import Trainer
from ravine.training.plain import plain_loss, plain_step

Make = Callable[..., Trainer]
SMALL_MEMORY = "mining.arms.replay={propose={kind='replay', capacity=24}}"
"""A batch: what a step remembers, the next one replays."""


def weights(trainer: Trainer) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in trainer.state.energy.state_dict().items()}


@pytest.mark.parametrize(("arm", "steps"), [("none", 0), ("random", 0), ("adversarial", 2)])
@pytest.mark.parametrize("accumulation", [1, 3])
def test_three_steps_equal_the_plain_steps(trainer: Make, arm: str, steps: int, accumulation: int) -> None:
    ours = trainer(f"mining.arm={arm}", f"training.accumulation={accumulation}", "mining.temperature=2.0")
    energy = copy.deepcopy(ours.state.energy)
    optimizer = torch.optim.Adam(energy.parameters(), lr=1e-3, betas=(0.9, 0.99))
    for step in range(3):
        settings = ours.curriculum.settings_at(step)
        draw = ours.sampler.draw(step, settings, ours.state.generators, {})
        rate = ours.learning_rate.at(step)
        stepped = ours.stepper.step(step, draw, settings, rate)
        loss = plain_loss(energy, ours.sampler.diffusion, draw, steps, 2.0, 0.5, 2.0)
        plain_step(energy, optimizer, loss, 1.0, rate)
        total = torch.stack([part.total for part in stepped.parts]).mean()
        torch.testing.assert_close(total, loss, rtol=1e-4, atol=1e-5)
        for name, value in weights(ours).items():
            torch.testing.assert_close(value, energy.state_dict()[name], rtol=1e-3, atol=2e-5, msg=name)


@pytest.mark.parametrize("arm", ["none", "ensemble", *NAMED_ARMS])
def test_accumulation_changes_nothing_beyond_rounding(trainer: Make, arm: str) -> None:
    words = (f"mining.arm={arm}", SMALL_MEMORY, "training.validate_every=0")
    whole, parts = (trainer(*words, f"training.accumulation={count}", folder=str(count)) for count in (1, 4))
    for each in (whole, parts):
        each.run()
    assert whole.state.step == parts.state.step == 12
    assert whole.state.evaluations == parts.state.evaluations
    for name, value in weights(whole).items():
        torch.testing.assert_close(value, weights(parts)[name], rtol=1e-3, atol=2e-5, msg=name)


def test_only_the_arm_changes_between_arms(trainer: Make) -> None:
    made = {arm: trainer(f"mining.arm={arm}", folder=arm) for arm in ("none", "random", "adversarial")}
    initial = [weights(each) for each in made.values()]
    for other in initial[1:]:
        assert all(torch.equal(initial[0][name], other[name]) for name in other)
    for step in range(5):
        draws = {}
        for arm, each in made.items():
            settings = each.curriculum.settings_at(step)
            draws[arm] = each.sampler.draw(step, settings, each.state.generators, {})
            each.stepper.step(step, draws[arm], settings, 1e-3)
        for arm in ("random", "adversarial"):
            for field in ("x", "y"):
                assert torch.equal(getattr(draws["none"].batch, field), getattr(draws[arm].batch, field))
            assert torch.equal(draws["none"].k, draws[arm].k)
            assert torch.equal(draws["none"].eps, draws[arm].eps)
        assert torch.equal(draws["random"].arms[0].proposals, draws["adversarial"].arms[0].proposals)
    assert not torch.equal(*(weights(made[arm])["fc1.weight"] for arm in ("none", "random")))
    assert not torch.equal(*(weights(made[arm])["fc1.weight"] for arm in ("random", "adversarial")))


def test_seeds_differ_in_weights_and_problems(trainer: Make) -> None:
    first, second = trainer("seed=0", folder="0"), trainer("seed=1", folder="1")
    settings = first.curriculum.settings_at(0)
    draws = [each.sampler.draw(0, settings, each.state.generators, {}) for each in (first, second)]
    assert not torch.equal(draws[0].batch.x, draws[1].batch.x)
    assert not torch.equal(draws[0].eps, draws[1].eps)
    assert not torch.equal(weights(first)["fc1.weight"], weights(second)["fc1.weight"])


def test_between_mining_steps_the_contrast_is_absent(trainer: Make) -> None:
    ours = trainer("mining.every=3", "training.log_every=1")
    ours.run()
    rows = [row for row in ours.directory.rows() if "loss" in row]
    for row in rows:
        mining = (row["step"] - 1) % 3 == 0
        assert row["mining"] is mining
        assert bool(row["arms"]) is mining
        assert (row["contrast"] > 0) is mining
        expected = row["denoise"] + row["weight"] * row["contrast"]
        assert row["loss"] == pytest.approx(expected, rel=1e-5)


def test_weight_zero_trains_as_no_mining_does(trainer: Make) -> None:
    none, unweighted = trainer("mining.arm=none", folder="none"), trainer("mining.weight=0.0", folder="zero")
    none.run()
    unweighted.run()
    for name, value in weights(none).items():
        torch.testing.assert_close(value, weights(unweighted)[name], rtol=1e-5, atol=1e-7, msg=name)


def test_bfloat16_stays_near_float32_and_keeps_float32_weights(trainer: Make) -> None:
    exact, rough = trainer(folder="32"), trainer("compute.precision=bfloat16", folder="16")
    for each in (exact, rough):
        each.run()
    assert all(value.dtype == torch.float32 for value in weights(rough).values())
    losses = [next(iter(each.directory.rows()))["loss"] for each in (exact, rough)]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)
