"""A pipeline with other weights for a while."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from ravine.doctor.bench import SEED
from ravine.doctor.pipeline import Pipeline
from ravine.seeding import Seeds


@contextmanager
def jittered(pipeline: Pipeline, share: float = 0.05) -> Iterator[None]:
    """Move every weight a little for a while, so that weights that start at zero hide no path; then put them back."""
    generator = Seeds(SEED, ("doctor", "jitter")).generator()

    def moved(weight: Tensor) -> Tensor:
        scale = share * (float(weight.square().mean().sqrt()) or 1.0)
        return weight + scale * torch.randn(weight.shape, generator=generator).to(weight.device)

    with changed_weights(pipeline, moved):
        yield


@contextmanager
def weakened(pipeline: Pipeline, factor: float) -> Iterator[None]:
    """Multiply every weight by a factor for a while, then put them back."""
    with changed_weights(pipeline, lambda weight: weight * factor):
        yield


@contextmanager
def changed_weights(pipeline: Pipeline, change: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Change every weight for a while, then put them back."""
    parameters = list(pipeline.model().parameters())
    held = [p.detach().clone() for p in parameters]
    with torch.no_grad():
        for parameter in parameters:
            parameter.copy_(change(parameter))
    try:
        yield
    finally:
        with torch.no_grad():
            for parameter, value in zip(parameters, held, strict=True):
                parameter.copy_(value)
