"""A loss term's gradient in the weights."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ravine.doctor.pipeline import Pipeline


def flat_gradients(term: Tensor, pipeline: Pipeline) -> Mapping[str, Tensor]:
    """Return the term's gradient in every trainable parameter by name; zeros where it does not reach."""
    named = {name: p for name, p in pipeline.model().named_parameters() if p.requires_grad}
    if not term.requires_grad:
        return {name: torch.zeros_like(p) for name, p in named.items()}
    found = torch.autograd.grad(term, list(named.values()), retain_graph=True, allow_unused=True)
    return {name: torch.zeros_like(p) if g is None else g for (name, p), g in zip(named.items(), found, strict=True)}


def norm_of(gradients: Mapping[str, Tensor]) -> float:
    """Return the Euclidean norm over all parameters."""
    return float(torch.stack([g.double().square().sum() for g in gradients.values()]).sum().sqrt())


def cosine_of(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    """Return the cosine of the angle between two gradients over all parameters; 0 where one is zero."""
    product = float(sum((a[name].double() * b[name].double()).sum() for name in a))
    return product / max(norm_of(a) * norm_of(b), 1e-30)
