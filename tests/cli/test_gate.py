"""What the gate before a training says of a miner's faults: the arm and the cause, in one line."""

from typing import Any

import pytest
import torch

from ravine.cli.gate import refuse_failing
from ravine.config import read_run
from ravine.errors import DoctorError
from ravine.mining.context import MiningContext
from ravine.mining.propose.base import Propose


class Faulty(Propose):
    """A proposal of the user's own, with a fault."""

    fault: str

    def __call__(self, context: MiningContext, candidates: int, generator: torch.Generator) -> Any:
        y = context.batch.y
        z = torch.randn((len(y), candidates, *y.shape[1:]), generator=generator)
        sound = context.around_right(z)
        match self.fault:
            case "raises":
                raise LookupError("nothing\nthere")
            case "nothing":
                return None
            case "array":
                return sound.numpy()
            case "double":
                return sound.double()
            case "empty":
                return sound[:, :0]
            case "not finite":
                return torch.where(z > 1.5, float("nan"), sound)
            case "right":
                return y[:, None].expand_as(z).clone()
            case "constant":
                return torch.full_like(sound, 0.3)
        return sound


SAYS = {
    "raises": r"D309: .*arm 'mine', propose: it raises LookupError: nothing there \(test_gate.py:\d+\)",
    "nothing": r"D309: .*arm 'mine': propose returned NoneType, expected a tensor \(32, 1, 5, 5\) of torch.float32",
    "array": "D309: .*arm 'mine': propose returned ndarray",
    "double": r"D309: .*arm 'mine': propose returned a tensor \(32, 1, 5, 5\) of torch.float64",
    "empty": r"D309: .*arm 'mine': propose returned a tensor \(32, 0, 5, 5\)",
    "not finite": "D309: .*arm 'mine': a negative is not finite",
    "right": "D305: .*arm 'mine': negatives are right answers",
    "constant": "D306: .*offsets or answers repeat: mine, answers",
}


def ask(fault: str, steps: int) -> None:
    """Ask the gate about a run that mines with the faulty proposal, refined by some steps."""
    propose = f"{{kind = 'custom', factory = 'tests.cli.test_gate:Faulty', options = {{fault = '{fault}'}}}}"
    arm = f"mining.arms.mine={{propose = {propose}, refine = {{steps = {steps}}}}}"
    sizes = ("energy.name=mlp", "energy.width=16", "task.n=5", "compute.device=cpu", "compute.threads=1")
    refuse_failing(read_run("inverse-quick", [*sizes, "mining.arm=mine", arm]))


@pytest.mark.parametrize("steps", [0, 2])
@pytest.mark.parametrize("fault", SAYS)
def test_a_miners_fault_is_named_with_arm_and_cause(fault: str, steps: int) -> None:
    with pytest.raises(DoctorError, match=f"check {SAYS[fault]}") as refused:
        ask(fault, steps)
    assert "D101" not in str(refused.value)
    assert "more)" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("steps", [0, 2])
def test_a_sound_miner_passes(steps: int) -> None:
    ask("", steps)
