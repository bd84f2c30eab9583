"""What only a GPU can show; skipped, with its reason printed, where there is none."""

from collections.abc import Callable

import pytest
import torch

from ravine.training.loop import Trainer

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no CUDA device on this machine"),
]
Make = Callable[..., Trainer]


@pytest.mark.parametrize("arm", ["none", "adversarial", "replay", "hard"])
def test_a_run_on_the_gpu_is_repeatable(trainer: Make, arm: str) -> None:
    words = (f"mining.arm={arm}", "compute.device=cuda")
    first, again = trainer(*words, folder="a"), trainer(*words, folder="b")
    for each in (first, again):
        assert each.run() == "finished"
    for name, value in first.state.energy.state_dict().items():
        assert torch.equal(value, again.state.energy.state_dict()[name]), name


def test_a_step_on_the_gpu_reads_nothing_back(trainer: Make) -> None:
    made = trainer("mining.arm=hard", "compute.device=cuda")
    settings = made.curriculum.settings_at(0)
    draw = made.sampler.draw(0, settings, made.state.generators, made.state.memories)
    made.stepper.step(0, draw, settings, 1e-3)
    torch.cuda.set_sync_debug_mode("error")
    try:
        made.stepper.step(1, draw, settings, 1e-3)
    finally:
        torch.cuda.set_sync_debug_mode("default")
