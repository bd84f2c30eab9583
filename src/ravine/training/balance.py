"""How the two terms of the loss pull on the weights."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw, Objective


@dataclass(frozen=True)
class Balance:
    """How the terms' gradients lie to one another.

    `ratio`, `cosine`: gradient norm of the weighted contrast over that of the denoising loss, and the cosine between
    the two; `examples`: gradient norm of the mined examples over the sum of theirs and that of the plain points.
    """

    ratio: float
    cosine: float
    examples: float | None = None


def gradient_balance(objective: Objective, draw: Draw, settings: MiningSettings) -> Balance:
    """Return the balance of the two terms on a draw, at the weights as they are; nothing is changed."""
    parameters = [parameter for parameter in objective.parameters() if parameter.requires_grad]
    losses = objective(draw, settings)
    terms = (losses.denoise, settings.weight * losses.contrast)
    denoise, contrast = (flat_gradient(term, parameters) for term in terms)
    ratio = contrast.norm() / denoise.norm()
    cosine = torch.nn.functional.cosine_similarity(denoise, contrast, dim=0)
    targets = [arm.rows for arm in losses.arms.values() if arm.eps is not None]
    if not targets:
        return Balance(float(ratio), float(cosine))
    mined = flat_gradient(sum(losses.errors[rows].sum() for rows in targets) / len(losses.errors), parameters)
    return Balance(float(ratio), float(cosine), float(mined.norm() / (mined.norm() + (denoise - mined).norm())))


def flat_gradient(term: Tensor, parameters: list[torch.nn.Parameter]) -> Tensor:
    """Return the term's gradient in all parameters as one vector; zeros where it does not reach."""
    if not term.requires_grad:  # nothing is contrasted
        return torch.cat([torch.zeros_like(parameter).flatten() for parameter in parameters])
    found = torch.autograd.grad(term, parameters, retain_graph=True, allow_unused=True)
    pairs = zip(found, parameters, strict=True)
    return torch.cat([torch.zeros_like(p).flatten() if g is None else g.flatten() for g, p in pairs])
