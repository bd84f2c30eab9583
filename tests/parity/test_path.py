"""Numerical parity of the plan network with the released one: energy, gradient, loss, descent, solving, scores."""

from collections.abc import Callable

import pytest
import torch
from tests.parity.conftest import released_weights
from torch import Tensor

from ravine.batch import Batch
from ravine.denoise.weighted import Weighted
from ravine.descent import Descent, projection
from ravine.diffusion import Diffusion
from ravine.energies.path import Path, path_from_released
from ravine.tasks.answers import OneHot
from ravine.tasks.plans.follow import follow
from ravine.tasks.plans.metrics import Agreement, FirstMove

pytestmark = pytest.mark.parity
Read = Callable[[str], dict[str, Tensor]]
DIFFUSION = Diffusion.cosine(10).to("cpu", torch.float64)
LAST_CLIP = 0.1
"""As released, an answer is clipped so after each landscape's descent; during it the bound is 1."""


@pytest.fixture
def path() -> Path:
    return path_from_released(released_weights("path")).double().requires_grad_(False)


def plans(released: Tensor) -> Tensor:
    """Return released plans, (b, steps, n, 1), as ours."""
    return released[..., 0].double()


def assert_equal(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours.detach().double(), theirs.double(), rtol=1e-4, atol=1e-5)


def test_energy_and_gradient(arrays: Read, path: Path) -> None:
    v = arrays("path")
    point = path.energy_and_gradient(path.condition(v["x"].double(), v["k"]), plans(v["y_k"]))
    assert_equal(point.energy, v["energy"])
    assert_equal(point.gradient, plans(v["gradient"]))


def test_the_denoising_loss_weighs_entries_by_the_right_answer(arrays: Read, path: Path) -> None:
    v = arrays("extra/path-solve")
    batch, eps = Batch(v["x"], plans(v["y"])), plans(v["epsilon"])
    y_k = DIFFUSION.noise(batch.y, v["k"], eps)
    ours = Weighted()(path, path.condition(v["x"], v["k"]), y_k, eps, batch, DIFFUSION.noise_level(v["k"]))
    assert_equal(ours.loss, v["denoising_loss"])


@pytest.mark.parametrize("level", [0, 4, 9])
@pytest.mark.parametrize("steps", [1, 5])
def test_descent(arrays: Read, path: Path, level: int, steps: int) -> None:
    v, k = arrays("extra/path-solve"), torch.full((4,), level)
    start = DIFFUSION.scale(plans(v["initial"]), k)
    end = Descent(steps).run(
        path, path.condition(v["x"], k), start, DIFFUSION.step_size[k], projection(DIFFUSION, k, 1.0)
    )
    assert_equal(end.y, plans(v[f"descent_k{level}_steps{steps}"]))


@torch.no_grad()
def solved(path: Path, x: Tensor, initial: Tensor) -> list[Tensor]:
    """Return the answers after each landscape of the released solver, which ends each with a clip of its own."""
    point, answers = initial, list[Tensor]()
    for level in reversed(range(10)):
        k = torch.full((len(x),), level)
        condition = path.condition(x, k)
        point = DIFFUSION.scale(answers[-1], k) if answers else point
        clean = DIFFUSION.predict_clean(point, k, path.energy_and_gradient(condition, point).gradient).clamp(-1, 1)
        project = projection(DIFFUSION, k, 1.0)
        end = Descent(5).run(path, condition, DIFFUSION.scale(clean, k), DIFFUSION.step_size[k], project)
        answers.append(DIFFUSION.unscale(DIFFUSION.clip(end.y, k, LAST_CLIP), k))
    return answers


def test_solving(arrays: Read, path: Path) -> None:
    v = arrays("extra/path-solve")
    answers = solved(path, v["x"], plans(v["initial"]))
    off = (torch.stack(answers) - v["answers_per_landscape"][..., 0]).abs()
    # The clip leaves nodes exactly alike: to which of them the maximum's gradient goes hangs on the last bit.
    assert (off < 1e-5).double().mean() > 0.99
    assert off.max() < 2e-3
    final = DIFFUSION.scale(answers[-1], torch.zeros(4, dtype=torch.int64))
    torch.testing.assert_close(final, plans(v["final"]), rtol=0, atol=2e-3)


def test_the_last_clip_makes_ties_of_which_the_lowest_node_is_read(arrays: Read) -> None:
    """Most entries end exactly at the bound: what is read is the numbering of nodes, not the energy."""
    final = plans(arrays("extra/path-solve")["final"])
    most = final == final.amax(-1, keepdim=True)
    tied = most.sum(-1) > 1
    assert tied.float().mean() > 0.5
    assert torch.equal(OneHot().decode(final).argmax(-1), most.long().argmax(-1))
    renamed = OneHot().decode(final.flip(-1)).argmax(-1)
    assert (final.shape[-1] - 1 - renamed != most.long().argmax(-1))[tied].all()


def test_scores(arrays: Read) -> None:
    v = arrays("extra/scores")
    batch, predicted = Batch(v["path_x"], plans(v["path_right"]).float()), plans(v["path_predicted"]).float()
    assert_equal(Agreement().values(batch, predicted), v["path_argmax_accuracy"])
    assert_equal(FirstMove().values(batch, predicted), v["path_first_action_accuracy_2"])
    assert_equal(follow(batch.x, predicted).edge[:, 0], v["path_first_action_feasibility"])
    assert_equal(predicted.argmax(-1)[:, 0] == batch.y.argmax(-1)[:, 0], v["path_first_action_accuracy"])
