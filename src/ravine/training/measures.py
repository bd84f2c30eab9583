"""From a step's tensors to the plain numbers of one row in `metrics.jsonl`; reading them waits for the device."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ravine.batch import per_problem
from ravine.mining.curriculum import MiningSettings
from ravine.mining.free import root_mean_square
from ravine.objective import ArmLosses, Losses
from ravine.training.step import Stepped

AT_BOUND = 1 - 1e-4


def step_row(stepped: Stepped, settings: MiningSettings) -> dict[str, Any]:
    """Return the losses, energies and norms of a step as numbers, means over its parts and problems."""
    parts = stepped.parts
    mean = {
        name: float(torch.stack([getattr(part, name).detach().float().mean() for part in parts]).mean())
        for name in ("total", "denoise", "contrast")
    }
    positive = [part.energy_positive.float().mean() for part in parts if part.energy_positive is not None]
    names = {name for part in parts for name in part.arms}
    return {
        "loss": mean["total"],
        "denoise": mean["denoise"],
        "denoise_plain": plain_error(parts),
        "contrast": mean["contrast"],
        "terms": {
            name: float(torch.stack([part.own[name].value.detach().float() for part in parts]).mean())
            for name in parts[0].own
        },
        "term_weights": {name: own.weight for name, own in parts[0].own.items()},
        "contrast_over_denoise": settings.weight * mean["contrast"] / mean["denoise"] if names else None,
        "energy_positive": float(torch.stack(positive).mean()) if positive else None,
        "gradient_norm": float(stepped.gradient_norm),
        "temperature": settings.temperature,
        "weight": settings.weight,
        "mining": settings.active,
        "arms": {name: arm_row(name, parts) for name in sorted(names)},
    }


def plain_error(parts: Sequence[Losses]) -> float | None:
    """Return the mean denoising loss at noised right answers; None where examples have taken the place of them all."""
    errors = []
    for part in parts:
        plain = torch.ones_like(part.errors, dtype=torch.bool)
        for arm in part.arms.values():
            if arm.eps is not None:
                plain[arm.rows] = False
        errors.append(part.errors.detach()[plain])
    every = torch.cat(errors)
    return float(every.float().mean()) if len(every) else None


def arm_row(name: str, parts: Sequence[Losses]) -> dict[str, float | None]:
    """Return what one arm's negatives did in a step, means over its rows; None where nothing was measured.

    `gap`: E(neg) - E(pos), noised; `energy_before`, `energy_after`: of noise-free candidates round refinement;
    `distance`: of negatives from right answers, over the answers' root mean square; `candidates_spread`: standard
    deviation of the candidates' energies, or other values that they are chosen by; `right`: share of mined points that
    are right by the task's verifier and so no negatives; `empty`: share of places that selection left empty; `denoise`,
    `in_sigma`: of points used as examples, their denoising loss and their distance from right answers in units of the
    landscape's noise; `invalid`: share that breaks a rule of mining.
    """
    found = [(part, part.arms[name]) for part in parts if name in part.arms]
    rows: list[int] = [arm.rows.stop - arm.rows.start for _, arm in found]
    total = sum(len(part.errors) for part in parts)

    def mean(measure: Callable[[Losses, ArmLosses], Tensor | None]) -> float | None:
        weighted = 0.0
        for count, (part, arm) in zip(rows, found, strict=True):
            value = measure(part, arm)
            if value is None:
                return None
            weighted += count * float(value.detach().float().mean())
        return weighted / sum(rows)

    return {"share": sum(rows) / total, **{key: mean(measure) for key, measure in MEASURES.items()}}


def gap(part: Losses, arm: ArmLosses) -> Tensor | None:
    """Return E(neg) - E(pos) of the noised points, (rows, s)."""
    if arm.energy_negative is None or arm.energy_positive is None:
        return None
    return arm.energy_negative.detach() - arm.energy_positive[:, None]


def distance(part: Losses, arm: ArmLosses) -> Tensor:
    """Return the root mean square offset of negatives from right answers over the right answers' root mean square."""
    negatives, right = arm.mined.negatives, arm.context.batch.y[:, None]
    offset = (negatives - right).flatten(2).square().mean(2).sqrt()
    return offset / per_problem(arm.context.spread(), offset)


def at_bound(part: Losses, arm: ArmLosses) -> Tensor:
    """Return which entries of the negatives lie at the bound."""
    return arm.mined.negatives.abs() >= arm.context.bound * AT_BOUND


def candidates_spread(part: Losses, arm: ArmLosses) -> Tensor | None:
    """Return the standard deviation of each problem's candidates' energies."""
    values = arm.mined.values
    return None if values is None or values.shape[1] == 1 else values.std(1)


def in_sigma(part: Losses, arm: ArmLosses) -> Tensor | None:
    """Return the root mean square of (z - sqrt(abar_k) y) / sigma_k over free entries, z the examples."""
    return None if arm.eps is None else root_mean_square(arm.eps, arm.context.batch)


def invalid(part: Losses, arm: ArmLosses) -> Tensor:
    """Return which negatives are not finite or outside the bound."""
    negatives = arm.mined.negatives
    wrong = ~negatives.isfinite() | (negatives.abs() > arm.context.bound * (2 - AT_BOUND))
    return wrong.flatten(2).any(2)


MEASURES: dict[str, Callable[[Losses, ArmLosses], Tensor | None]] = {
    "energy_negative": lambda part, arm: arm.energy_negative,
    "gap": gap,
    "energy_before": lambda part, arm: arm.mined.refined.energy_before,
    "energy_after": lambda part, arm: arm.mined.refined.energy_after,
    "accepted": lambda part, arm: arm.mined.refined.accepted,
    "at_bound": at_bound,
    "distance": distance,
    "candidates_spread": candidates_spread,
    "right": lambda part, arm: arm.right,
    "empty": lambda part, arm: arm.mined.empty,
    "denoise": lambda part, arm: arm.error,
    "in_sigma": in_sigma,
    "invalid": invalid,
}
