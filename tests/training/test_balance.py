"""The balance of the loss's terms where one of them is not there."""

from pathlib import Path

from ravine import build
from ravine.config import read_run
from ravine.training.balance import gradient_balance


def test_nothing_contrasted_has_no_share_in_the_gradient(tmp_path: Path) -> None:
    words = ["mining.arms.own={propose={kind='corruption'}, use='target'}", "mining.arm=own", "training.batch=8"]
    trainer = build.trainer(read_run("sudoku-4", ["compute.device=cpu", "compute.threads=1", *words]), tmp_path)
    settings = trainer.curriculum.settings_at(0)
    draw = trainer.sampler.draw(0, settings, trainer.state.generators, trainer.state.memories)
    found = gradient_balance(trainer.stepper.objective, draw, settings)
    assert (found.ratio, found.cosine) == (0.0, 0.0)
    assert found.examples is not None
    assert found.examples > 0
