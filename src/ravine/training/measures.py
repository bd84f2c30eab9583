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


def whole_row(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the row of a whole step from those of the processes that shared it, each of equally many problems."""
    if len(rows) == 1:
        return rows[0]
    shares = [1.0 - sum(arm["share"] for arm in row["arms"].values() if arm["denoise"] is not None) for row in rows]
    names = sorted({name for row in rows for name in row["arms"]})
    means = {key: weighted([row[key] for row in rows]) for key in ("loss", "denoise", "contrast", "energy_positive")}
    return {
        **rows[0],
        **means,
        "denoise_plain": weighted([row["denoise_plain"] for row in rows], shares),
        "terms": {name: weighted([row["terms"][name] for row in rows]) for name in rows[0]["terms"]},
        "contrast_over_denoise": rows[0]["weight"] * means["contrast"] / means["denoise"] if names else None,
        "arms": {name: whole_arm([row["arms"].get(name) for row in rows]) for name in names},
    }


def whole_arm(rows: Sequence[dict[str, Any] | None]) -> dict[str, Any]:
    """Return what one arm did in a whole step, from what it did in each process, None where it had no problems."""
    seen = [row for row in rows if row is not None]
    shares = [row["share"] for row in seen]
    means = {key: weighted([row[key] for row in seen], shares) for key in seen[0] if key != "share"}
    return {"share": sum(shares) / len(rows), **means}


def weighted(values: Sequence[float | None], weights: Sequence[float] | None = None) -> Any:
    """Return the mean of the values that there are, by default of equal weight; None where there is none."""
    pairs = [(v, w) for v, w in zip(values, weights or [1.0] * len(values), strict=True) if v is not None and w > 0]
    return sum(v * w for v, w in pairs) / sum(w for _, w in pairs) if pairs else None


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
