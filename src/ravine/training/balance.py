"""How the two terms of the loss pull on the weights."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw, Objective


@dataclass(frozen=True)
class Balance:
    """Gradient norm of the weighted contrast over that of the denoising loss, and the cosine between the two."""

    ratio: float
    cosine: float


def gradient_balance(objective: Objective, draw: Draw, settings: MiningSettings) -> Balance:
    """Return the balance of the two terms on a draw, at the weights as they are; nothing is changed."""
    parameters = [parameter for parameter in objective.parameters() if parameter.requires_grad]
    losses = objective(draw, settings)
    terms = (losses.denoise, settings.weight * losses.contrast)
    denoise, contrast = (flat_gradient(term, parameters) for term in terms)
    ratio = contrast.norm() / denoise.norm()
    cosine = torch.nn.functional.cosine_similarity(denoise, contrast, dim=0)
    return Balance(float(ratio), float(cosine))


def flat_gradient(term: Tensor, parameters: list[torch.nn.Parameter]) -> Tensor:
    """Return the term's gradient in all parameters as one vector; zeros where it does not reach."""
    found = torch.autograd.grad(term, parameters, retain_graph=True, allow_unused=True)
    pairs = zip(found, parameters, strict=True)
    return torch.cat([torch.zeros_like(p).flatten() if g is None else g.flatten() for g, p in pairs])
