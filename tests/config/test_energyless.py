"""What a run cannot ask of a network without an energy is refused as it is read, in one line with what to write."""

from typing import Any

import pytest
import torch

from ravine import build
from ravine.batch import Shape
from ravine.config import RunConfig, read_run
from ravine.config.energyless import asks_for_energy
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.energies.mlp import MLP
from ravine.energies.mlp_denoiser import MLPDenoiser
from ravine.errors import ConfigurationError
from ravine.mining.arms import NAMED_ARMS

SOUND = ("task.n=3", "energy.name=mlp-denoiser", "mining.arm=none", "solve.steps=0")
WITHOUT = {"failures", "pgd-target", "random-target", "trajectory"}
"""Named arms that mine without an energy."""


def read(*changes: str) -> RunConfig:
    return read_run("inverse-quick", [*SOUND, *changes])


@pytest.mark.parametrize("arm", sorted(WITHOUT))
def test_hard_examples_need_no_energy(arm: str) -> None:
    assert read(f"mining.arm={arm}").mining.arm == arm


def test_every_other_named_arm_asks_for_one() -> None:
    assert {name for name, arm in NAMED_ARMS.items() if asks_for_energy(arm) is None} == WITHOUT
    for name in sorted(NAMED_ARMS.keys() - WITHOUT):
        with pytest.raises(ConfigurationError, match=f'mining.arm = "{name}".*; write mining.arm = "none"$'):
            read(f"mining.arm={name}")


@pytest.mark.parametrize(
    ("change", "told", "instead"),
    [
        ("solve.steps=3", "solve.steps = 3 asks", "solve.steps = 0"),
        ("solve.starts=4", "solve.starts = 4 asks", "solve.starts = 1"),
        ("solve.rank=2", "solve.rank = 2 asks", "solve.rank = 0"),
        ("solve.rank_rounds=2", "solve.rank_rounds = 2 asks", "no solve.rank_rounds"),
        ("solve.renoise=2", "solve.renoise = 2 asks", "solve.renoise = 1"),
        (
            "evaluation.budgets=[[0, 1], [5, 1]]",
            "evaluation.budgets with \\[5, 1\\] asks",
            "evaluation.budgets = \\[\\]",
        ),
        ("mining.mixture={none = 0.5, hard = 0.5}", 'an arm = "hard"', 'an arm = "none"'),
        ("mining.curriculum=warm-up", "an arm|mining.arm", '"none"'),
        ('mining.arms.mine={use = "target", refine = {steps = 1}}', None, None),
        ('mining.arms.mine={use = "target", propose = {kind = "trajectory", steps = 2}}', None, None),
        ('mining.arms.mine={use = "target", select = {kind = "lowest", candidates = 2}}', None, None),
    ],
)
def test_each_ask_is_named_with_what_to_write(change: str, told: str | None, instead: str | None) -> None:
    if told is None:  # an arm of the run's own, asked for by name
        read(change)
        change, told, instead = f"{change}|mining.arm=mine", 'mining.arm = "mine"', 'mining.arm = "none"'
    with pytest.raises(ConfigurationError, match=f"^energy.name: mlp-denoiser .*{told}.*; write .*{instead}") as error:
        read(*change.split("|"))
    assert "\n" not in str(error.value)


def test_all_asks_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as error:
        read_run("inverse-quick", ["energy.name=mlp-denoiser", "solve.starts=2"])
    assert str(error.value) == (
        "energy.name: mlp-denoiser predicts the noise and has no energy, for which "
        'mining.arm = "adversarial" (use = contrast), solve.steps = 5, solve.starts = 2 ask; '
        'write mining.arm = "none", solve.steps = 0, solve.starts = 1'
    )


def own(shape: Shape, diffusion: Diffusion, generator: torch.Generator) -> Energy[Any]:
    """A denoiser of the user's own, by its factory."""
    return MLPDenoiser(MLP(shape.x, shape.y, diffusion.landscapes, generator, 8, 8))


def test_one_of_the_users_own_is_refused_when_it_is_built() -> None:
    factory = f'energy={{name = "custom", factory = "{__name__}:own"}}'
    for changes, words in ((["solve.steps=2"], "custom .*solve.steps = 2"), ([], None)):
        config = read_run("inverse-quick", ["task.n=3", factory, "mining.arm=none", "solve.steps=0", *changes])
        task = build.task(config)
        if words is None:
            assert not build.energy(config, task).has_energy
            assert not build.has_energy(config, task)
        else:
            with pytest.raises(ConfigurationError, match=words):
                build.energy(config, task)
