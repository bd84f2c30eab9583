"""Mined points as examples: the point, the noise that it is denoised to, and whose rows they are."""

from pathlib import Path

import pytest
import torch
from tests.testing.registered import tasks
from torch import Tensor

from ravine import build
from ravine.config import read_run
from ravine.diffusion import Diffusion
from ravine.energies.mlp import MLP
from ravine.errors import ConfigurationError, MiningError
from ravine.mining.context import MiningContext
from ravine.mining.contrast.softplus import Softplus
from ravine.mining.curriculum import MiningSettings
from ravine.mining.focus import Focus
from ravine.mining.miner import Miner
from ravine.mining.propose.base import Propose
from ravine.mining.propose.corruption import Corruption
from ravine.mining.propose.noise import Noise
from ravine.mining.refine.descent import Descend
from ravine.mining.select.only import Only
from ravine.mining.use import Use
from ravine.objective import Draw, Losses, Objective
from ravine.seeding import Seeds
from ravine.tasks.base import Task
from ravine.training.sampler import Sampler, streams

DIFFUSION = Diffusion.cosine(4)
SETTINGS = MiningSettings((("mine", 0.5), ("none", 0.5)), 1.0, 0.5)
TASKS = tasks()
SIZE = 128


class Right(Propose):
    """The right answer."""

    def __call__(self, context: MiningContext, candidates: int, generator: torch.Generator) -> Tensor:
        return context.batch.y[:, None]


def losses(
    task: Task, use: Use, propose: Propose, count: int = 1, focus: Focus | None = None
) -> tuple[Draw, Losses, MLP]:
    """Return one step of an arm that mines half of the batch."""
    energy = MLP(task.x_shape, task.y_shape, 4, Seeds(0).generator(), width=16, embedding_width=8)
    miners = {"mine": Miner(propose, Descend(), Only(candidates=count), "mine", use), "none": None}
    sampler = Sampler(task, energy, DIFFUSION, miners, SIZE, focuses={"mine": focus} if focus else {})
    draw = sampler.draw(0, SETTINGS, streams(Seeds(0), "cpu"), {})
    return draw, Objective(energy, DIFFUSION, task, Softplus())(draw, SETTINGS), energy


@pytest.mark.parametrize("name", TASKS)
def test_examples_that_are_right_answers_are_plain_training_bit_for_bit(name: str) -> None:
    _, plain, energy = losses(TASKS[name], Use(contrast=False, landscapes=(9,)), Right())
    _, examples, same = losses(TASKS[name], Use(contrast=False, target=True), Right())
    assert torch.equal(plain.total, examples.total)
    one, two = (
        torch.autograd.grad(made.total, list(of.parameters())) for made, of in ((plain, energy), (examples, same))
    )
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("noise", [1.0, 0.5, 0.0])
@pytest.mark.parametrize("name", ["inverse 0", "completion 0", "sudoku 0"])
def test_an_example_asks_for_the_noise_that_leads_to_the_right_answer(name: str, noise: float) -> None:
    draw, made, energy = losses(TASKS[name], Use(contrast=False, target=True, noise=noise), Corruption())
    (arm,) = made.arms.values()
    batch, k = draw.batch.rows(arm.rows), draw.k[arm.rows]
    z = DIFFUSION.noise(arm.mined.negatives[:, 0], k, noise * batch.free(draw.eps[arm.rows]))
    assert arm.eps is not None
    assert arm.error is not None
    torch.testing.assert_close(DIFFUSION.noise(batch.y, k, arm.eps), z)
    gradient = energy.energy_and_gradient(energy.condition(batch.x, k), z).gradient
    error = (gradient - arm.eps).square().flatten(1)
    free = torch.ones_like(error) if batch.given is None else (~batch.given).flatten(1).float()
    torch.testing.assert_close(arm.error, (error * free).sum(1) / free.sum(1))
    assert made.contrast == 0
    assert arm.energy_negative is None


def test_both_uses_contrast_at_the_plain_point() -> None:
    _, both, _ = losses(TASKS["inverse 0"], Use(contrast=True, target=True), Corruption())
    (arm,) = both.arms.values()
    _, contrast, _ = losses(TASKS["inverse 0"], Use(), Corruption())
    (alone,) = contrast.arms.values()
    torch.testing.assert_close(arm.energy_positive, alone.energy_positive)
    torch.testing.assert_close(both.contrast, contrast.contrast)
    assert both.denoise != contrast.denoise
    assert both.evaluations == contrast.evaluations + SIZE // 2


@pytest.mark.parametrize("use", [Use(landscapes=(1, 3)), Use(contrast=False, target=True, landscapes=(1, 3))])
def test_an_arm_mines_in_its_landscapes_alone(use: Use) -> None:
    draw, made, _ = losses(TASKS["inverse 0"], use, Corruption())
    _, plain, _ = losses(TASKS["inverse 0"], Use(contrast=False, landscapes=(1,)), Corruption())
    (arm,) = made.arms.values()
    mined = (draw.k == 1) | (draw.k == 3)
    mined[arm.rows.stop :] = False
    assert mined.any()
    if use.target:
        assert torch.equal(made.errors != plain.errors, mined)
    else:
        assert arm.energy_positive is not None
        assert arm.energy_negative is not None
        per_row = Softplus()(arm.energy_positive, arm.energy_negative, 1.0)
        torch.testing.assert_close(made.contrast, (per_row * mined[arm.rows]).sum() / SIZE)


def test_an_example_takes_one_point_per_problem() -> None:
    with pytest.raises(MiningError, match="'mine': select chose several points per problem"):
        losses(TASKS["inverse 0"], Use(target=True), Noise(), 2)


def test_a_share_of_an_arms_problems_is_mined() -> None:
    config = read_run("inverse-quick", ["mining.arms.some.share=0.25", "mining.mixture={some = 0.5, random = 0.5}"])
    assert dict(build.curriculum(config).settings_at(0).mixture) == {"some": 0.125, "none": 0.375, "random": 0.5}


def test_a_landscape_that_there_is_not_is_refused(tmp_path: Path) -> None:
    config = read_run("inverse-quick", ["mining.arm=some", "mining.arms.some.landscapes=[99]"])
    with pytest.raises(ConfigurationError, match=r"mining.arms.some.landscapes: there is no landscape 99"):
        build.trainer(config, tmp_path)


def test_problems_of_high_loss_are_drawn_more_often_and_weighted_back() -> None:
    values, generator = (
        torch.rand(64, generator=torch.Generator().manual_seed(1)).square(),
        torch.Generator().manual_seed(0),
    )
    index, weights = Focus(correction=1.0).choose(values, 200_000, generator)
    assert float((weights * values[index]).mean()) == pytest.approx(float(values.mean()), rel=1e-5)
    other = torch.rand(64, generator=generator)  # any loss of the same problems is kept, not only the one that chose
    assert float((weights * other[index]).mean()) == pytest.approx(float(other.mean()), rel=0.05)
    index, weights = Focus(correction=0.0).choose(values, 200_000, generator)
    assert torch.equal(weights, torch.ones_like(weights))
    assert float(values[index].mean()) == pytest.approx(float((values**2).sum() / values.sum()), rel=0.02)


def test_a_focus_reaches_the_loss_and_is_paid_for() -> None:
    draw, made, _ = losses(TASKS["inverse 0"], Use(contrast=False, landscapes=(9,)), Right(), focus=Focus(pool=3))
    _, plain, _ = losses(TASKS["inverse 0"], Use(contrast=False, landscapes=(9,)), Right())
    assert made.evaluations == plain.evaluations + 3 * SIZE // 2
    assert draw.weights is not None
    assert torch.equal(draw.weights[SIZE // 2 :], torch.ones(SIZE // 2))
    assert torch.equal(made.errors[SIZE // 2 :], plain.errors[SIZE // 2 :])
    assert not torch.isclose(made.errors[: SIZE // 2], plain.errors[: SIZE // 2]).any()
    assert sum(part.searched for part in draw.parts(4)) == draw.searched


def test_losses_that_are_not_finite_are_not_hidden() -> None:
    _, weights = Focus().choose(torch.tensor([1.0, float("nan")]), 4, torch.Generator().manual_seed(0))
    assert weights.isnan().all()


def test_what_examples_do_is_logged(tmp_path: Path) -> None:
    table = "mining.arms.some={use='target', share=0.5, propose={kind='right'}, refine={kind='ascent', radius=0.3}}"
    words = [table, "mining.arm=some", "training.steps=4", "training.log_every=2", "training.balance_every=1"]
    trainer = build.trainer(
        read_run("inverse-quick", [*words, "task.n=3", "training.validate_every=0"]), tmp_path / "run"
    )
    trainer.directory.claim(trainer.config)
    trainer.run()
    row = trainer.directory.rows()[-1]
    arm = row["arms"]["some"]
    assert row["denoise"] == pytest.approx((row["denoise_plain"] + arm["denoise"]) / 2, rel=1e-4)
    assert 0 < row["gradient_examples"] < 1
    assert 0.8 < arm["in_sigma"] < 1.4
    assert arm["gap"] is None
    assert row["gradient_ratio"] == 0
