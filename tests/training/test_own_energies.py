"""Energies of one's own, whatever their parameters and buffers: a resumed run ends bitwise as an undisturbed one."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from tests.training.conftest import tiny
from torch import Tensor, nn

from ravine import build
from ravine.build import training
from ravine.doctor.examine import examine
from ravine.doctor.own import Own
from ravine.energies.base import Condition, Energy, squared_norm
from ravine.training import checkpoint
from ravine.training.callbacks import Callbacks
from ravine.training.loop import Trainer


@dataclass(frozen=True)
class Problem(Condition):
    x: Tensor


class Small(Energy[Problem]):
    """|tanh(W (x, y))|^2 in which every subclass has something unusual."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Parameter(torch.randn(18, 9, generator=torch.Generator().manual_seed(0)) / 3)

    def condition(self, x: Tensor, k: Tensor) -> Problem:
        return Problem(x.flatten(1) * (1 + k[:, None]))

    def energy(self, condition: Problem, y: Tensor) -> Tensor:
        return squared_norm(torch.tanh(torch.cat([condition.x, y.flatten(1)], 1) @ self.inner) @ self.outer())

    def outer(self) -> Tensor:
        return torch.eye(9)


class Tied(Small):
    """One parameter under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.again = self.inner

    def outer(self) -> Tensor:
        return self.again[:9]


class Transposed(Small):
    """A parameter that is stored column by column."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Parameter(self.inner.detach().t().contiguous().t())


class Strided(Small):
    """A parameter with gaps in its storage."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Parameter(self.inner.detach().repeat_interleave(2, 1)[:, ::2])


class Counting(Small):
    """A buffer that moves with every condition in training, and on which the energy depends."""

    calls: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def condition(self, x: Tensor, k: Tensor) -> Problem:
        if self.training:
            self.calls += 1
        return super().condition(x, k)

    def outer(self) -> Tensor:
        return torch.eye(9) * (1 + 0.01 * self.calls.clone())


ENERGIES = [Tied, Transposed, Strided, Counting]
Make = Callable[..., Trainer]


@pytest.fixture(params=ENERGIES, ids=lambda kind: kind.__name__)
def own(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[Small]:
    chosen: type[Small] = request.param
    monkeypatch.setattr(training, "energy", lambda config, made_for: chosen())
    monkeypatch.setattr(build, "energy", lambda config, made_for: chosen())
    return chosen


def newest(trainer: Trainer) -> dict[str, Tensor]:
    path = checkpoint.newest(trainer.directory.checkpoints)
    assert path is not None
    return checkpoint.load(path).tensors


def test_a_resumed_run_ends_as_an_undisturbed_one(trainer: Make, own: type[Small]) -> None:
    whole = trainer(folder="whole")
    whole.run()
    taken: list[int] = []
    stopped = trainer(folder="stopped", callbacks=Callbacks(taken.append, stop=lambda: len(taken) == 5))
    assert stopped.run() == "interrupted"
    resumed = trainer(folder="stopped")
    resumed.resume()
    assert resumed.state.step == 6
    resumed.run()
    ours, theirs = newest(resumed), newest(whole)
    assert ours.keys() == theirs.keys()
    assert [name for name, value in theirs.items() if not torch.equal(ours[name], value)] == []


@pytest.mark.parametrize("kind", [Transposed, Strided])
def test_the_layout_of_a_parameter_changes_nothing(
    trainer: Make, monkeypatch: pytest.MonkeyPatch, kind: type[Small]
) -> None:
    weights = []
    for made in (Small, kind):
        monkeypatch.setattr(training, "energy", lambda config, made_for, made=made: made())
        run = trainer(folder=made.__name__)
        run.run()
        weights.append(run.state.energy.get_parameter("inner").detach())
    torch.testing.assert_close(weights[1], weights[0], rtol=1e-4, atol=1e-6)


def test_the_averaged_energy_has_the_buffers(trainer: Make, own: type[Small]) -> None:
    made = trainer("average.every=1")
    made.run()
    for name, buffer in made.state.energy.named_buffers():
        assert torch.equal(made.state.average.get_buffer(name), buffer)


def test_the_doctor_can_put_a_nan_into_every_parameter(own: type[Small]) -> None:
    (finding,) = examine(Own(tiny("training.batch=32")), codes={"D312"}).findings
    assert finding.status == "pass", finding.sentence
