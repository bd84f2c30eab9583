"""A user's checkout of the released IRED code at the same work: a training step, problems included, and solving.

Its parts are called by their names and as its `train.py` calls them, on one process and without the average of weights.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from benchmarks.speed.clock import Work
from torch.utils.data import DataLoader

from ravine.config import RunConfig
from ravine.errors import InputError

DATASETS = {"inverse": "Inverse", "addition": "Addition", "completion": "LowRankDataset"}
"""Our tasks, and the released classes that make their problems."""
MINED = {"none": False, "adversarial": True}
"""Arms that the released code has for them, and whether its loss has the contrast."""
NAMES = ("diffusion_lib.denoising_diffusion_pytorch_1d", "models", "dataset")


@contextmanager
def importing(path: Path) -> Iterator[None]:
    """Let a checkout's modules be found first, and keep what they do to the interpreter from lasting."""
    hook = sys.excepthook
    sys.path.insert(0, str(path))
    try:
        yield
    except ImportError as error:
        raise InputError(f"--upstream {path}: cannot be imported ({error}); install what it asks for") from None
    finally:
        sys.path.remove(str(path))
        sys.excepthook = hook


def modules(path: Path) -> tuple[ModuleType, ...]:
    """Return the checkout's diffusion, networks and data; an `InputError` says what is missing."""
    here = path.resolve()
    with importing(here):
        found = tuple(map(importlib.import_module, NAMES))
    for module in found:
        if not Path(str(module.__file__)).is_relative_to(here):
            raise InputError(f"--upstream {path}: {module.__name__} was imported from {module.__file__}; run it alone")
    return found


@dataclass(frozen=True)
class Upstream:
    """The released code for one of our runs: its `diffusion` with the network in it, its `data`, and where they are."""

    diffusion: Any
    data: Any
    device: torch.device

    @classmethod
    def of(cls, path: Path, config: RunConfig, device: torch.device) -> "Upstream | None":
        """Return the checkout at a run's work; None where it has no such thing."""
        task: Any = config.task
        known = task.name in DATASETS and getattr(config.energy, "name", "") == "mlp" and config.mining.arm in MINED
        if not known or config.compute.precision != "float32":
            return None
        diffusion, networks, datasets = modules(path)
        data = getattr(datasets, DATASETS[task.name])("train", task.n, False)
        network = networks.DiffusionWrapper(networks.EBM(inp_dim=data.inp_dim, out_dim=data.out_dim))
        made = diffusion.GaussianDiffusion1D(
            network,
            seq_length=32,
            objective="pred_noise",
            timesteps=config.diffusion.landscapes,
            sampling_timesteps=config.diffusion.landscapes,
            supervise_energy_landscape=MINED[config.mining.arm],
            use_innerloop_opt=True,
            show_inference_tqdm=False,
            continuous=True,
        )
        return cls(made.to(device), data, device)

    def step(self, size: int) -> Work:
        """Return a training step, its problems included."""
        adam = torch.optim.Adam(self.diffusion.parameters(), lr=1e-4, betas=(0.9, 0.99))
        problems = iter(DataLoader(self.data, batch_size=size))  # ten million problems, drawn anew whenever asked for

        def work() -> None:
            x, y = (each.float().to(self.device) for each in next(problems))
            loss, _ = self.diffusion(x, y, None)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.diffusion.parameters(), 1.0)
            adam.step()
            adam.zero_grad()

        return work

    def solving(self, size: int) -> Work:
        """Return solving of `size` problems, which are made beforehand."""
        x, y = (each.float().to(self.device) for each in next(iter(DataLoader(self.data, batch_size=size))))
        return lambda: self.diffusion.sample(x, y, None, batch_size=size)
