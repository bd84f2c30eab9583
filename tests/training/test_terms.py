"""Terms of the loss that are the user's own: they train, are logged, and belong to what a run is."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from tests.training.conftest import Make, tiny

from ravine import build, runs
from ravine.config.schema import RunConfig
from ravine.errors import ConfigurationError, RunError
from ravine.training.callbacks import Callbacks

MODULE = """from ravine.terms import Term
class Size(Term):
    evaluations = 1
    def __init__(self, power=2):
        self.power = power
    def __call__(self, energy, condition, y_k, eps, batch, noise_level):
        return {result}
def nothing():
    return None
"""
RESULT = "energy.energy(condition, y_k) ** self.power"
Write = Callable[..., list[str]]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes a module of one's own, and returns the words that add its term."""
    monkeypatch.syspath_prepend(tmp_path / "lib")
    (tmp_path / "lib").mkdir()

    def write(result: str = RESULT, factory: str = "Size", options: str = "{}") -> list[str]:
        sys.modules.pop("own_term", None)
        (tmp_path / "lib" / "own_term.py").write_text(MODULE.format(result=result))
        table = f"name='size', factory='own_term:{factory}', weight=0.25, options={options}"
        return [f"training.terms=[{{{table}}}]", "training.balance_every=0"]

    yield write
    sys.modules.pop("own_term", None)


def gradient(config: RunConfig, tmp_path: Path, weight: float | None = None) -> torch.Tensor:
    """The gradient of the first step's loss; with a weight, of the term alone, by hand."""
    trainer = build.trainer(config, tmp_path)
    settings = trainer.curriculum.settings_at(0)
    draw = trainer.sampler.draw(0, settings, trainer.state.generators, trainer.state.memories)
    energy = trainer.state.energy
    loss = trainer.stepper.objective(draw, settings).total
    if weight is not None:
        y_k = trainer.sampler.diffusion.noise(draw.batch.y, draw.k, draw.eps)
        loss = weight * (energy(draw.batch.x, y_k, draw.k) ** 3).mean()
    slopes = torch.autograd.grad(loss, list(energy.parameters()), allow_unused=True)
    return torch.cat([torch.zeros(0) if slope is None else slope.flatten() for slope in slopes])


def test_a_term_joins_the_loss_with_its_weight(own: Write, tmp_path: Path) -> None:
    words = own(options="{power=3}")
    found, plain = gradient(tiny(*words), tmp_path), gradient(tiny(), tmp_path)
    by_hand = gradient(tiny(), tmp_path, weight=0.25)
    assert by_hand.norm() > 0
    torch.testing.assert_close(found - plain, by_hand, rtol=1e-3, atol=1e-5 * float(plain.norm()))


def test_its_value_and_weight_are_logged_and_its_evaluations_counted(own: Write, trainer: Make) -> None:
    made, plain = trainer(*own(), folder="own"), trainer(folder="plain")
    made.run()
    plain.run()
    rows = [row for row in made.directory.rows() if "loss" in row]
    for row in rows:
        assert row["term_weights"] == {"size": 0.25}
        total = row["denoise"] + row["weight"] * row["contrast"] + 0.25 * row["terms"]["size"]
        assert row["loss"] == pytest.approx(total, rel=1e-5)
    assert rows[0]["terms"]["size"] > 0
    assert made.state.evaluations == plain.state.evaluations + 12 * 24
    assert [row["terms"] for row in plain.directory.rows() if "loss" in row] == [{}] * 6


def test_parts_of_a_batch_average_to_the_whole(own: Write, trainer: Make) -> None:
    words = own()
    whole, parts = trainer(*words, folder="whole"), trainer(*words, "training.accumulation=4", folder="parts")
    first, second = (
        [row["terms"]["size"] for row in made.directory.rows() if "loss" in row]
        for made in (whole, parts)
        if made.run()
    )
    assert first == pytest.approx(second, rel=1e-4)


def test_a_run_that_goes_on_has_the_same_term(own: Write, tmp_path: Path) -> None:
    words, out = [*own(), "training.checkpoint_every=2", "compute.device=cpu"], tmp_path / "out"
    runs.train(tiny(*words), out, callbacks=Callbacks(stop=lambda: True))
    held = json.loads((out / "config.json").read_text())["training"]["terms"]
    assert [(term["name"], term["weight"], term["factory"]) for term in held] == [("size", 0.25, "own_term:Size")]
    config = tiny(*words)
    assert "own_term" in build.code(config, build.trainer(config, tmp_path))
    own(result=f"2 * {RESULT}")
    with pytest.raises(RunError, match="other code \\(own_term changed\\)"):
        runs.train(config, out, resume=True)
    own()
    assert runs.train(config, out, resume=True) == "finished"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"result": "energy.energy(condition, y_k).mean()"}, r"^training\.terms: size returned \(\), not one loss per"),
        ({"result": "1.0"}, r"^training\.terms: size returned float, not one loss per problem, \(24,\)"),
        ({"factory": "nothing"}, r"^training\.terms\.0\.factory: own_term:nothing returned no Term but None"),
        ({"factory": "Absent"}, r"^training\.terms\.0\.factory: "),
        ({"options": "{pwer=2}"}, r"^training\.terms\.0\.options: own_term:Size does not take them"),
    ],
)
def test_what_is_no_term_is_told(own: Write, trainer: Make, changes: dict[str, str], why: str) -> None:
    words = own(**changes)
    with pytest.raises(ConfigurationError, match=why) as error:
        trainer(*words).step()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ("[{name='a', factory='m:f'}, {name='a', factory='m:g'}]", r"^training\.terms: 'a' is named twice"),
        ("[{factory='m:f'}]", r"^training\.terms\.0\.name: "),
        ("[{name='a', factory='m:f', weight=-1}]", r"^training\.terms\.0\.weight: "),
    ],
)
def test_faults_of_terms_are_told(terms: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        tiny(f"training.terms={terms}")
