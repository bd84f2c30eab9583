"""What an energy has learned, landscape by landscape: order, direction and size of its gradient."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.batch import Batch
from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.evaluation.rivals import Rivals, auc
from ravine.seeding import Seeds
from ravine.tasks.answers import AnswerSpace, Reals

REALS = Reals()
DISTANCES = (0.0, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
"""Distances from the right answer, root mean square per entry, in units of the landscape's noise sigma_k."""
WRONG = DISTANCES.index(1.0)
"""The distance at which an answer counts as wrong: one standard deviation of the noise that training shows."""
CANDIDATES = 16
"""Answers per problem, each in a direction of its own, whose energies are ranked against their errors."""


@dataclass(frozen=True)
class Landscape:
    """Means over problems at landscape `k`; nan for what does not exist, as energies where a network has none.

    `gap`: E(wrong) - E(right); `rank_correlation`: Spearman's, of energy with error over wrong answers at up to the
    distance that counts as wrong; `cosine`: of the descent direction with the direction to the right answer;
    `noise_norm`: root mean square per entry of the noise prediction, 1 where it is as large as the noise; `accepted`:
    the share of the solver's steps kept; `auc`: the probability that the right answer's energy lies below that of one
    of the solver's own wrong answers to the same problem; `energies`: by distance.
    """

    k: int
    cosine: float
    noise_norm: float
    accepted: float
    gap: float = math.nan
    rank_correlation: float = math.nan
    auc: float = math.nan
    energies: tuple[float, ...] = ()


def landscapes(
    energy: Energy[Any],
    batch: Batch,
    diffusion: Diffusion,
    accepted: Sequence[float],
    seeds: Seeds,
    space: AnswerSpace = REALS,
    rivals: Rivals | None = None,
) -> list[Landscape]:
    """Measure every landscape on a batch of problems; `accepted`: the share of solving steps kept at each.

    Points lie round the scaled right answer, in random directions of each problem and landscape that `space` draws:
    normal ones for real answers, to other answers elsewhere. Given entries are held. Without `rivals` there is no AUC.
    """
    found, right = [], batch.to("cpu")
    for k in range(diffusion.landscapes):
        # Drawn on the CPU, so that measures do not depend on where they are computed.
        eps = space.directions(right.y, right.given, 1 + CANDIDATES, seeds.child(str(k)).generator()).to(batch.y)
        found.append(measure(energy, batch, diffusion, k, eps, accepted[k], rivals))
    return found


@torch.no_grad()
def measure(
    energy: Energy[Any],
    batch: Batch,
    diffusion: Diffusion,
    k: int,
    eps: Float[Tensor, "directions b *answer"],
    accepted: float,
    rivals: Rivals | None = None,
) -> Landscape:
    """Measure one landscape along the first of the directions `eps`, of length 1, and rank answers in the others."""
    level = torch.full((len(batch),), k, device=batch.y.device)
    away, *others = eps * diffusion.sigma[k]
    condition = energy.condition(batch.x, level)
    right = diffusion.scale(batch.y, level)
    noise = energy.noise_and_energy(condition, right + DISTANCES[WRONG] * away).noise
    direction = Landscape(
        k=k,
        cosine=mean(torch.nn.functional.cosine_similarity(noise.flatten(1), away.flatten(1), dim=1)),
        noise_norm=mean(noise.flatten(1).square().mean(1).sqrt()),
        accepted=accepted,
    )
    if not energy.has_energy:
        return direction
    energies = torch.stack([energy.energy(condition, right + distance * away) for distance in DISTANCES])
    offsets = [(rank + 1) / len(others) * other for rank, other in enumerate(others)]
    ranked = torch.stack([energy.energy(condition, right + offset) for offset in offsets])
    errors = torch.stack([offset.flatten(1).square().mean(1) for offset in offsets])
    return replace(
        direction,
        gap=mean(energies[WRONG] - energies[0]),
        rank_correlation=float(rank_correlation(ranked, errors).double().nanmean()),
        auc=math.nan if rivals is None else auc(energy, condition, level, energies[0], rivals, diffusion),
        energies=tuple(mean(row) for row in energies),
    )


def rank_correlation(first: Float[Tensor, "points b"], second: Float[Tensor, "points b"]) -> Float[Tensor, " b"]:
    """Return Spearman's correlation over points, problem by problem, (b,); ties share a rank, all equal is nan."""
    a, b = centred_ranks(first), centred_ranks(second)
    return (a * b).sum(0) / (a.square().sum(0) * b.square().sum(0)).sqrt()


def centred_ranks(values: Float[Tensor, "points b"]) -> Float[Tensor, "points b"]:
    """Return twice the ranks over points, less their mean."""
    return (values[:, None] - values[None]).sign().sum(1)


def mean(values: Tensor) -> float:
    """Return the mean over problems."""
    return float(values.double().mean())


def described(found: Sequence[Landscape]) -> dict[str, Any]:
    """Return the measures as entries of `landscapes.json`; without energies there are none by distance."""
    energies = [list(entry.energies) for entry in found if entry.energies]
    return {
        "landscapes": [
            {
                "k": entry.k,
                "gap": entry.gap,
                "rank_correlation": entry.rank_correlation,
                "cosine": entry.cosine,
                "noise_norm": entry.noise_norm,
                "accepted": entry.accepted,
                "auc": entry.auc,
            }
            for entry in found
        ],
        **({"distance": {"distances": list(DISTANCES), "energy": energies}} if energies else {}),
    }
