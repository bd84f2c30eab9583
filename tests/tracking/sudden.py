"""A tracked run that dies in the middle, for the tests of every tracker."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.training.conftest import tiny

from ravine import runs
from ravine.training.callbacks import Callbacks


def train_until_a_sudden_end(words: Sequence[str], run: Path) -> None:
    """Train until step 9, where something outside the run breaks."""

    def die(step: int) -> None:
        if step == 9:
            raise RuntimeError("a sudden end")

    with pytest.raises(RuntimeError, match="sudden"):
        runs.train(tiny(*words), run, callbacks=Callbacks(on_step=die))
