"""Every shipped strategy conforms, on every task; and the kit catches what does not."""

from pathlib import Path

import pytest
import torch
from jaxtyping import TypeCheckError
from tests.testing.registered import tasks
from tests.testing.toy import Shift
from torch import Tensor

from ravine import build
from ravine.config import read_run
from ravine.errors import MiningError
from ravine.mining.arms import NAMED_ARMS
from ravine.mining.context import MiningContext
from ravine.mining.miner import Miner
from ravine.mining.propose.base import Propose
from ravine.mining.propose.noise import Noise
from ravine.mining.refine.descent import Descend
from ravine.mining.select.lowest import Lowest
from ravine.mining.select.most_deceptive import MostDeceptive
from ravine.mining.select.only import Only
from ravine.tasks.base import Task
from ravine.testing import check_harder, check_miner

TASKS = {**tasks(), "shift": Shift()}
SELECTIONS = [
    Only(),
    Only(candidates=3),
    Lowest(candidates=4),
    MostDeceptive(candidates=4, weight=0.0),
    MostDeceptive(candidates=4, weight=2.0),
]


def shipped(arm: str, task: str = "inverse 0") -> tuple[Miner, Task]:
    config = read_run("inverse-quick", [f"mining.arm={arm}"])
    made = build.miners(config)[arm]
    assert made is not None
    return made, TASKS[task]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("arm", [name for name, arm in NAMED_ARMS.items() if arm.mines])
def test_every_named_arm_conforms(arm: str, task: str) -> None:
    check_miner(*shipped(arm, task))


@pytest.mark.parametrize("steps", [0, 1, 5])
@pytest.mark.parametrize("select", SELECTIONS)
@pytest.mark.parametrize("radius", [None, 0.5])
def test_combinations_conform(steps: int, select: Only | Lowest | MostDeceptive, radius: float | None) -> None:
    _, task = shipped("random")
    check_miner(Miner(Noise(scale=3.0), Descend(steps=steps, radius=radius), select), task)


@pytest.mark.parametrize(("easy", "hard"), [("random", "adversarial"), ("adversarial", "adversarial-10")])
def test_harder_arms_mine_lower_energies(easy: str, hard: str) -> None:
    check_harder(shipped(easy)[0], *shipped(hard))


class Faulty(Propose):
    """A proposal with one fault."""

    fault: str

    def __call__(self, context: MiningContext, candidates: int, generator: torch.Generator) -> Tensor:
        y = context.batch.y[:, None]
        z = torch.randn(y.shape, generator=generator)
        match self.fault:
            case "shape":
                return (y + z)[:, 0].clamp(-1, 1)
            case "unbounded":
                return y + 100 * (2 + z.abs())
            case "not finite":
                return (y + z).clamp(-1, 1) / (z > -1)
            case "right answer":
                return y + 0 * z
            case "deaf to the generator":
                return (y + 0.1).clamp(-1, 1)
            case "changes the batch":
                context.batch.y.mul_(0.5)
            case "looks at other rows":
                return (y.mean(0, keepdim=True) + z).clamp(-1, 1)
            case "waits":
                return (y + z * float(z.abs().max() > 0)).clamp(-1, 1)
            case "masks":
                z[z > 1] = 0
            case "global":
                return (y + torch.rand(y.shape) + z).clamp(-1, 1)
            case "gradient":
                return (y + z + next(context.energy.parameters()).sum()).clamp(-1, 1)
            case "mode":
                context.energy.requires_grad_(False)
        return (y + z).clamp(-1, 1)


FAULTS = {
    "shape": r"propose returned a tensor \(24, 3, 3\)",
    "unbounded": "leaves the bound",
    "not finite": "not finite",
    "right answer": "right answer",
    "deaf to the generator": "gave one result",
    "changes the batch": "answers were changed|two results",
    "looks at other rows": "other rows",
    "waits": "waits for the device",
    "masks": "waits for the device",
    "global": "global random state|two results",
    "mode": "mode",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_caught(fault: str) -> None:
    state = torch.get_rng_state()
    _, task = shipped("random")
    try:
        with pytest.raises((AssertionError, MiningError, TypeCheckError), match=FAULTS[fault]):
            check_miner(Miner(Faulty(fault=fault), Descend(steps=0), Only()), task)
    finally:
        torch.set_rng_state(state)


def test_a_right_answer_that_refinement_moves_is_caught() -> None:
    _, task = shipped("random")
    with pytest.raises(AssertionError, match="every proposal is the right answer"):
        check_miner(Miner(Faulty(fault="right answer"), Descend(steps=1), Only()), task)


def test_a_refinement_that_ascends_is_caught() -> None:
    _, task = shipped("random")
    with pytest.raises(AssertionError, match="raised an energy"):
        check_miner(
            Miner(Noise(scale=3.0), Descend.model_construct(steps=2, step_scale=-10.0, keep="all"), Only()), task
        )


def test_no_arm_of_the_quick_preset_is_left_out(tmp_path: Path) -> None:
    assert set(build.miners(read_run("inverse-quick"))) <= set(NAMED_ARMS)
