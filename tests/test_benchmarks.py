"""`python -m benchmarks`: every preset is in its sample, and a checkout of the released code is timed beside ours."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
from benchmarks import __main__ as program
from benchmarks.speed.upstream import NAMES
from benchmarks.speed.works import Timed, quick, solving_of, step_of

from ravine.config import preset_names
from ravine.errors import InputError

DIFFUSION = """
import torch
import not_there


class GaussianDiffusion1D(torch.nn.Module):
    def __init__(self, model, *, supervise_energy_landscape, **others):
        super().__init__()
        self.model, self.mined = model, supervise_energy_landscape

    def forward(self, x, y, mask):
        assert mask is None
        assert self.mined
        assert x.dtype == torch.float32
        loss = (self.model(x) - y).square().mean()
        return loss, (loss, loss, loss)

    def sample(self, x, y, mask, batch_size):
        assert (len(x), len(y)) == (batch_size, batch_size)
        return self.model(x)
"""
MODELS = """
import torch


def EBM(inp_dim, out_dim):
    return torch.nn.Linear(inp_dim, out_dim)


def DiffusionWrapper(model):
    return model
"""
DATASET = """
import numpy as np


class Inverse:
    def __init__(self, split, rank, ood):
        assert (split, ood) == ("train", False)
        self.rank, self.inp_dim, self.out_dim = rank, rank * rank, rank * rank

    def __len__(self):
        return 10**7

    def __getitem__(self, index):
        return np.eye(self.rank).flatten(), np.eye(self.rank).flatten()
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for a checkout: its files and names, and a linear map in place of all that they do."""
    for name, content in zip(NAMES, (DIFFUSION, MODELS, DATASET), strict=True):
        file = tmp_path / f"{name.replace('.', '/')}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
    for name in (*NAMES, "diffusion_lib"):
        monkeypatch.setitem(sys.modules, name, sys)
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(program, "product_rate", lambda device, dtype: 1e11)
    monkeypatch.setattr(program, "every", small)
    return tmp_path


def small(words: Sequence[str]) -> Iterator[Timed]:
    """Yield works of milliseconds."""
    tiny = [*words, "compute.device=cpu", "task.n=3", "energy.width=8", "training.batch=4"]
    yield step_of("inverse-paper", tiny, "mined")
    yield step_of("inverse-paper", [*tiny, "compute.precision=bfloat16"], "rounded")
    yield step_of("inverse-paper", [*tiny, "mining.arm=random"], "random")
    yield solving_of("inverse-paper", tiny, 5)


def times(monkeypatch: pytest.MonkeyPatch, checkout: Path) -> list[dict[str, float | None]]:
    """Return the rows that the program measures."""
    out = checkout / "speed.json"
    words = ["--rounds", "1", "--json", str(out), "--upstream", str(checkout)]
    threads = torch.get_num_threads()
    monkeypatch.setattr(sys, "argv", ["benchmarks", *words])
    try:
        with torch.random.fork_rng(devices=[]):  # released code, and so its stand-in, draws from the global generator
            program.main()
    finally:
        torch.set_num_threads(threads)
    rows: list[dict[str, float | None]] = json.loads(out.read_text())["results"]
    return rows


def test_a_checkout_is_timed_where_it_has_the_work(monkeypatch: pytest.MonkeyPatch, checkout: Path) -> None:
    monkeypatch.setitem(sys.modules, "not_there", sys)
    hook = sys.excepthook
    mined, rounded, random, solving = times(monkeypatch, checkout)
    for row in (mined, solving):
        assert row["fast_ms"]
        assert row["upstream_ms"]
        assert row["upstream_ratio"] == pytest.approx(row["upstream_ms"] / row["fast_ms"])
    for row in (rounded, random):
        assert row["fast_ms"]
        assert row["upstream_ms"] is None
    assert str(checkout) not in sys.path
    assert sys.excepthook is hook


def test_what_a_checkout_lacks_is_named(monkeypatch: pytest.MonkeyPatch, checkout: Path) -> None:
    with pytest.raises(InputError, match=r"--upstream .*: cannot be imported \(No module named 'not_there'\)"):
        times(monkeypatch, checkout)


def test_modules_of_the_same_name_from_elsewhere_are_refused(monkeypatch: pytest.MonkeyPatch, checkout: Path) -> None:
    monkeypatch.setitem(sys.modules, "not_there", sys)
    monkeypatch.setitem(sys.modules, "models", pytest)
    with pytest.raises(InputError, match=r"--upstream .*: pytest was imported from .*; run it alone"):
        times(monkeypatch, checkout)


def test_every_preset_is_in_the_sample() -> None:
    names = {timed.name for timed in quick([])}
    for preset in preset_names("runs"):
        assert any(name.startswith(f"step {preset} ") and name.endswith(", batch 16") for name in names)
