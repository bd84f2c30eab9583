"""From a step's tensors to the plain numbers of one row in `metrics.jsonl`; reading them waits for the device."""

from typing import Any

import torch

from ravine.mining.curriculum import MiningSettings
from ravine.training.step import Stepped


def step_row(stepped: Stepped, settings: MiningSettings) -> dict[str, Any]:
    """Return the losses, energies and norms of a step as numbers, means over its parts and problems."""
    parts = stepped.parts
    mean = {
        name: torch.stack([getattr(part, name).detach().float().mean() for part in parts]).mean()
        for name in ("total", "denoise", "contrast", "energy_positive")
    }
    row: dict[str, Any] = {
        "loss": float(mean["total"]),
        "denoise": float(mean["denoise"]),
        "contrast": float(mean["contrast"]),
        "energy_positive": float(mean["energy_positive"]),
        "gradient_norm": float(stepped.gradient_norm),
        "temperature": settings.temperature,
        "weight": settings.weight,
        "mining": settings.active,
    }
    names = {name for part in parts for name in part.arms}
    row["arms"] = {name: arm_row(name, stepped) for name in sorted(names)}
    return row


def arm_row(name: str, stepped: Stepped) -> dict[str, float]:
    """Return what one arm's negatives did in a step: its share, and energies of right and wrong."""
    rows, gap, negative = 0, 0.0, 0.0
    for part in stepped.parts:
        if name not in part.arms:
            continue
        arm = part.arms[name]
        count = arm.rows.stop - arm.rows.start
        energies = arm.energy_negative.detach().float()
        gap += float((energies - part.energy_positive[arm.rows, None].float()).mean()) * count
        negative += float(energies.mean()) * count
        rows += count
    total = sum(len(part.energy_positive) for part in stepped.parts)
    return {"share": rows / total, "energy_negative": negative / rows, "gap": gap / rows}
