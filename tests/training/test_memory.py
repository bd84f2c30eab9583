"""Replay memories and curricula survive being killed, with and without accumulation."""

from collections.abc import Callable

import pytest

from ravine.training import checkpoint
from ravine.training.callbacks import Callbacks
from ravine.training.loop import Trainer

Make = Callable[..., Trainer]


MOVING = "mining.stages=[{arm='random'}, {start_step=10, mixture={replay=0.5, hard=0.5}}]\nmining.interpolate=true"
"""Two overrides: stages with interpolation, and a memory that comes into use on the way."""


class KilledError(Exception):
    """Stands for SIGKILL."""


def newest(trainer: Trainer) -> bytes:
    path = checkpoint.newest(trainer.directory.checkpoints)
    assert path is not None
    return path.read_bytes()


@pytest.mark.parametrize("accumulation", [1, 4])
@pytest.mark.parametrize("mining", ["mining.arm=replay", "mining.curriculum=anneal", "mining.arm=ensemble", MOVING])
def test_a_killed_run_resumes_to_the_same_end(trainer: Make, mining: str, accumulation: int) -> None:
    words = (*mining.splitlines(), f"training.accumulation={accumulation}")
    whole = trainer(*words, folder="whole")
    whole.run()

    def kill(step: int) -> None:
        if step == 8:
            raise KilledError

    with pytest.raises(KilledError):
        trainer(*words, folder="killed", callbacks=Callbacks(on_step=kill)).run()
    resumed = trainer(*words, folder="killed")
    resumed.resume()
    assert resumed.state.step == 5
    resumed.run()
    assert newest(resumed) == newest(whole)


def test_replay_remembers_the_newest_negatives(trainer: Make) -> None:
    made = trainer("mining.arm=replay", "training.steps=1")
    before = made.state.memories["replay"].clone()
    made.run()
    after = made.state.memories["replay"]
    assert after.shape == before.shape
    assert bool((after[24:] == before[:-24]).all())
    assert not bool((after[:24] == before[:24]).any())
