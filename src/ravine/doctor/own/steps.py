"""What one step of ravine's own trainer used."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ravine.doctor.shown import ArmSeen, Seen, Terms
from ravine.mining.curriculum import MiningSettings
from ravine.objective import Draw, Losses
from ravine.training.step import Stepped, Stepper

Call = tuple[Draw, MiningSettings, Losses]


def seen(calls: Sequence[Call], stepped: Stepped, stepper: Stepper) -> Seen:
    """Return what the objective was called with in one step, and what the optimiser was given."""
    gradients = [p.grad.detach().flatten() for p in stepper.objective.parameters() if p.grad is not None]

    def again() -> Terms:
        return Terms.mean([terms_of(stepper.losses(draw, settings)) for draw, settings, _ in calls])

    return Seen(
        settings=calls[0][1],
        batch_size=sum(len(draw.batch) for draw, _, _ in calls),
        arms=arms_seen(calls),
        terms=detached(Terms.mean([terms_of(losses) for *_, losses in calls])),
        gradient=torch.cat(gradients) if gradients else None,
        gradient_norm=float(stepped.gradient_norm),
        learning_rate=float(stepper.optimizer.param_groups[0]["lr"]),
        again=again,
    )


def detached(terms: Terms) -> Terms:
    """Return the terms as numbers."""
    others = {name: term.detach() for name, term in terms.others.items()}
    return Terms(terms.total.detach(), terms.denoise.detach(), terms.contrast.detach(), others=others)


def terms_of(losses: Losses) -> Terms:
    """Return the losses of a draw, terms of the user's own by name."""
    others = {name: term.weight * term.value for name, term in losses.own.items()}
    return Terms(losses.total, losses.denoise, losses.contrast, others=others)


def arms_seen(calls: Sequence[Call]) -> dict[str, ArmSeen]:
    """Return each arm's work in a step, the parts of an accumulated step joined."""
    found: dict[str, list[tuple[Draw, Losses]]] = {}
    for draw, _, losses in calls:
        for name in losses.arms:
            found.setdefault(name, []).append((draw, losses))
    return {name: joined(name, parts) for name, parts in found.items()}


def joined(name: str, parts: Sequence[tuple[Draw, Losses]]) -> ArmSeen:
    """Return one arm's work over the parts of a step."""
    arms = [losses.arms[name] for _, losses in parts]
    proposals = {arm.arm: arm.proposals for draw, _ in parts for arm in draw.arms}

    def contrasted(name: str) -> Tensor | None:
        values = [getattr(arm, name) for arm in arms]
        return None if values[0] is None else torch.cat([value.detach() for value in values])

    return ArmSeen(
        proposals=proposals[name] if len(parts) == 1 else None,
        candidates=torch.cat([arm.mined.candidates for arm in arms]),
        negatives=torch.cat([arm.mined.negatives for arm in arms]),
        right=torch.cat([arm.context.batch.y for arm in arms]),
        k=torch.cat([arm.context.k for arm in arms]),
        energy_negative=contrasted("energy_negative"),
        energy_positive=contrasted("energy_positive"),
        rows=arms[0].rows if len(parts) == 1 else None,
        x=torch.cat([draw.batch.x[losses.arms[name].rows] for draw, losses in parts]),
    )
