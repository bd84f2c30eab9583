"""Whether what an adapter answers has the shapes that the protocol asks for: asked once, before the checks."""

from typing import Any

import torch
from torch import Tensor

from ravine.batch import Batch
from ravine.doctor.bench import Bench
from ravine.errors import AdapterError


def ask_once(bench: Bench) -> None:
    """Ask for everything that checks build on, and raise an `AdapterError` for an answer of another type or shape.

    What a pipeline has not got, and what raises, is left to the checks.
    """
    for ask in (schedule, problems, energies, mined, losses, curriculum):
        try:
            ask(bench)
        except AdapterError:
            raise
        except Exception:
            continue


def schedule(bench: Bench) -> None:
    """Ask for the noise schedule."""
    at = bench.pipeline.landscapes()
    for name in ("signal", "sigma", "step_size"):
        wanted("landscapes()." + name, getattr(at, name), (len(at.signal),))


def problems(bench: Bench) -> None:
    """Ask for problems."""
    found = bench.pipeline.problems(bench.size, 0)
    if not isinstance(found, Batch):
        raise AdapterError(f"problems() returned {type(found).__name__}; return ravine.Batch(x, y)")
    wanted("problems().y", found.y, (bench.size, *found.y.shape[1:]))
    wanted("problems().x", found.x, (bench.size, *found.x.shape[1:]))


def energies(bench: Bench) -> None:
    """Ask for energies and their gradient."""
    pipeline, batch = bench.pipeline, bench.batch
    wanted("energy()", pipeline.energy(batch.x, bench.y_k, bench.k), (bench.size,))
    wanted("gradient()", pipeline.gradient(batch.x, bench.y_k, bench.k), tuple(batch.y.shape))


def mined(bench: Bench) -> None:
    """Ask every arm for proposals and negatives."""
    for arm in bench.arms:
        proposals, found = bench.proposals_or_none(arm), bench.mined(arm)
        for name, answers in (("proposals()", proposals), ("mine().negatives", found.negatives)):
            if answers is not None:
                several(name, answers, bench)
        if found.candidates is not None:
            several("mine().candidates", found.candidates, bench)
            if found.energies is not None:
                wanted("mine().energies", found.energies, tuple(found.candidates.shape[:2]))


def losses(bench: Bench) -> None:
    """Ask every arm for its losses."""
    for arm in bench.arms:
        terms = bench.loss(arm)
        for name in ("total", "denoise", "contrast"):
            wanted(f"loss().{name}", getattr(terms, name), ())
        if terms.energy_positive is not None:
            wanted("loss().energy_positive", terms.energy_positive, (bench.size,))
        if terms.negatives is not None:
            several("loss().negatives", terms.negatives, bench)
            if terms.energy_negative is not None:
                wanted("loss().energy_negative", terms.energy_negative, tuple(terms.negatives.shape[:2]))


def curriculum(bench: Bench) -> None:
    """Ask for the curriculum's settings and stages."""
    settings = bench.pipeline.settings_at(0)
    pairs(f"settings_at(0).mixture {settings.mixture!r}", settings.mixture)
    plan = bench.pipeline.plan()
    if not plan.stages:
        raise AdapterError("plan() has no stages; return at least one, from step 0")
    for stage in plan.stages:
        pairs(f"plan(): mixture {stage.mixture!r}", stage.mixture)


def pairs(name: str, mixture: Any) -> None:
    """Refuse a mixture that is no sequence of (arm, share)."""
    if not isinstance(mixture, tuple | list) or any(len(pair) != 2 for pair in mixture):
        raise AdapterError(f'{name}: write (("arm", share), ...)')


def wanted(name: str, found: Any, shape: tuple[int, ...]) -> None:
    """Refuse what is no tensor of floating-point numbers of a shape."""
    if not isinstance(found, Tensor):
        raise AdapterError(f"{name} is of type {type(found).__name__}, and should be a tensor")
    if tuple(found.shape) != shape:
        raise AdapterError(f"{name} has the shape {tuple(found.shape)}, and should have {shape}")
    if not torch.is_floating_point(found):
        raise AdapterError(f"{name} is of {found.dtype}, and should be of a floating-point type")


def several(name: str, found: Any, bench: Bench) -> None:
    """Refuse what is not several answers for each problem."""
    count = found.shape[1] if isinstance(found, Tensor) and found.dim() > 1 else 1
    wanted(name, found, (bench.size, count, *bench.batch.y.shape[1:]))
