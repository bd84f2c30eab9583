from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from ravine.diffusion import Diffusion
from ravine.energies.mlp import MLP
from ravine.errors import MiningError
from ravine.mining.context import MiningContext
from ravine.mining.miner import Miner
from ravine.mining.propose.noise import Noise
from ravine.mining.refine.base import Refined
from ravine.mining.refine.descent import Descend
from ravine.mining.select.lowest import Lowest
from ravine.mining.select.only import Only
from ravine.tasks.matrices.inverse import Inverse

TASK = Inverse(3)
DIFFUSION = Diffusion.cosine(10)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def context(energy: MLP, size: int = 40) -> MiningContext:
    return MiningContext(energy, TASK, TASK.sample(size, generator(1)), torch.arange(size) % 10, DIFFUSION)


@pytest.fixture
def energy() -> MLP:
    return MLP(TASK.x_shape, TASK.y_shape, 10, generator(2), width=32, embedding_width=8)


def test_noise_is_the_right_answer_under_scaled_noise(energy: MLP) -> None:
    around = context(energy)
    proposals = Noise(scale=3.0)(around, 2, generator())
    z = torch.randn(40, 2, 3, 3, generator=generator())
    for row in range(40):
        k = around.k[row]
        y_k = DIFFUSION.signal[k] * around.batch.y[row] + 3.0 * DIFFUSION.sigma[k] * z[row]
        expected = (y_k / DIFFUSION.signal[k]).clamp(-TASK.bound, TASK.bound)
        torch.testing.assert_close(proposals[row], expected, rtol=1e-4, atol=1e-5)


def test_refinement_lowers_the_energy_and_reports_it(energy: MLP) -> None:
    around = context(energy)
    condition = energy.condition(around.batch.x, around.k)
    mined = Miner(Noise(scale=3.0), Descend(steps=3), Only()).mine(condition, around, generator())
    before, after = mined.refined.energy_before, mined.refined.energy_after
    assert before is not None
    assert after is not None
    assert (after <= before).all()
    assert (after < before).float().mean() > 0.9
    at_negative = energy(around.batch.x, DIFFUSION.scale(mined.negatives[:, 0], around.k), around.k)
    torch.testing.assert_close(at_negative, after, rtol=1e-3, atol=1e-4)


def test_no_steps_leave_the_proposals_and_cost_nothing(energy: MLP) -> None:
    around = context(energy)
    condition = energy.condition(around.batch.x, around.k)
    mined = Miner(Noise(scale=3.0), Descend(steps=0), Only()).mine(condition, around, generator())
    assert torch.equal(mined.negatives, Noise(scale=3.0)(around, 1, generator()))
    assert mined.evaluations == 0


def test_given_entries_are_held(energy: MLP) -> None:
    around = context(energy)
    given = torch.zeros(40, 3, 3, dtype=torch.bool)
    given[:, 0] = True
    held = replace(around, batch=replace(around.batch, given=given))
    condition = energy.condition(held.batch.x, held.k)
    negatives: Tensor = Miner(Noise(), Descend(steps=2), Only()).mine(condition, held, generator()).negatives[:, 0]
    assert torch.equal(negatives[given], held.batch.y[given])
    assert not torch.equal(negatives[~given], held.batch.y[~given])


def changed(part: Any, change: Callable[[Any], object]) -> Any:
    """Return the same part with its result changed."""
    kind = type(part)

    def call(self: Any, *given: Any) -> Any:
        return change(kind.__call__(self, *given))

    def run(self: Any, *given: Any) -> Any:
        return change(kind.run(self, *given))

    return type("Changed", (kind,), {"__call__": call, "run": run} if hasattr(kind, "run") else {"__call__": call})()


def raises(_: object) -> object:
    raise LookupError("nothing there")


def mine(energy: MLP, part: str, change: Callable[[Any], object]) -> object:
    parts: dict[str, Any] = {"propose": Noise(), "refine": Descend(steps=1), "select": Lowest(candidates=3)}
    around = context(energy)
    made = Miner(**{**parts, part: changed(parts[part], change)}, arm="own")
    return made.mine(energy.condition(around.batch.x, around.k), around, generator())


FORMS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "none proposed": ("propose", lambda made: None),
    "an array": ("propose", lambda made: made.numpy()),
    "a tuple": ("propose", lambda made: (made,)),
    "double precision": ("propose", Tensor.double),
    "whole numbers": ("propose", Tensor.long),
    "no candidates": ("propose", lambda made: made[:, :0]),
    "fewer candidates": ("propose", lambda made: made[:, :2]),
    "fewer rows": ("propose", lambda made: made[1:]),
    "one candidate": ("propose", lambda made: made[:, 0]),
    "none refined": ("refine", lambda made: None),
    "answers alone": ("refine", lambda made: made.answers.double()),
    "refined into another shape": ("refine", lambda made: Refined(made.answers.flatten(1))),
    "none selected": ("select", lambda made: None),
    "a mask": ("select", lambda made: made > 0),
    "a flat index": ("select", lambda made: made[:, 0]),
    "an empty index": ("select", lambda made: made[:, :0]),
}


@pytest.mark.parametrize("fault", FORMS)
def test_another_form_is_named_with_arm_and_part(fault: str, energy: MLP) -> None:
    part, change = FORMS[fault]
    with pytest.raises(MiningError, match=f"^arm 'own': {part} returned .*, expected a tensor .*$"):
        mine(energy, part, change)


@pytest.mark.parametrize("part", ["propose", "refine", "select"])
def test_what_a_part_raises_is_noted_with_arm_and_part(part: str, energy: MLP) -> None:
    with pytest.raises(LookupError, match="nothing there") as raised:
        mine(energy, part, raises)
    assert raised.value.__notes__ == [f"arm 'own', {part}"]
