"""A pipeline with other weights for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ravine.doctor.bench import SEED
from ravine.doctor.pipeline import Pipeline
from ravine.seeding import Seeds


@contextmanager
def jittered(pipeline: Pipeline, share: float = 0.05) -> Iterator[None]:
    """Move every weight a little for a while, so that weights that start at zero hide no path; then put them back."""
    generator, parameters = Seeds(SEED, ("doctor", "jitter")).generator(), list(pipeline.model().parameters())
    held = [p.detach().clone() for p in parameters]
    with torch.no_grad():
        for weight in parameters:
            scale = share * (float(weight.square().mean().sqrt()) or 1.0)
            weight.add_(scale * torch.randn(weight.shape, generator=generator).to(weight.device))
    try:
        yield
    finally:
        with torch.no_grad():
            for weight, value in zip(parameters, held, strict=True):
                weight.copy_(value)
