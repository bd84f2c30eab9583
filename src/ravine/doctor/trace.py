"""One training step followed with a finger: settings, arms, energies, loss terms, gradients."""

from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

from ravine.batch import per_problem
from ravine.doctor.finding import shown
from ravine.doctor.gradients import flat_gradients, norm_of
from ravine.doctor.guarded import untouched
from ravine.doctor.pipeline import NotOffered, Pipeline
from ravine.doctor.shown import ArmSeen, Seen


@dataclass(frozen=True)
class Traced:
    """What one training step did, stage by stage, as numbers by name; a stage that cannot be seen is absent."""

    step: int
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Return one line a stage."""
        width = max(map(len, self.stages), default=0)
        told = [
            f"  {name:<{width}}  " + ", ".join(f"{key} {shown(value)}" for key, value in entry.items())
            for name, entry in self.stages.items()
        ]
        return [f"step {self.step}", *told]

    def as_json(self) -> dict[str, Any]:
        """Return the step as plain values."""
        return {"step": self.step, "stages": self.stages}


def traced(pipeline: Pipeline, steps: int) -> list[Traced]:
    """Follow a copy of the pipeline through its first training steps."""
    copy = untouched(pipeline).fresh()
    return [one_step(copy) for _ in range(steps)]


def one_step(pipeline: Pipeline) -> Traced:
    """Take one step and tell of it; energies and gradients are those at the weights before it."""
    number, model = pipeline.clock(), pipeline.model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    seen = pipeline.step()
    after = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(before)
    stages: dict[str, dict[str, Any]] = {}
    if seen.settings is not None:
        stages["settings"] = {**asdict(seen.settings), "mixture": dict(seen.settings.mixture)}
    for name, arm in (seen.arms or {}).items():
        stages[f"arm {name}"] = slice_of(arm, seen.batch_size)
        if energies := energies_of(pipeline, arm):
            stages[f"energies {name}"] = energies
    stages |= losses_of(seen) | gradients_of(pipeline, seen)
    model.load_state_dict(after)
    moved = sum(float((after[n].double() - before[n].double()).square().sum()) for n in before) ** 0.5
    stages["optimiser"] = {"weights moved by": moved}
    if seen.learning_rate is not None:
        stages["optimiser"] |= {"learning rate": seen.learning_rate}
    return Traced(number, stages)


def slice_of(arm: ArmSeen, batch: int | None) -> dict[str, Any]:
    """Return which rows an arm was given, and on how many landscapes."""
    told: dict[str, Any] = {"problems": len(arm.negatives), "of": batch, "negatives each": arm.negatives.shape[1]}
    if arm.rows is not None:
        told["rows"] = f"{arm.rows.start} to {arm.rows.stop - 1}"
    return {**told, "landscapes": len(set(arm.k.tolist()))}


def energies_of(pipeline: Pipeline, arm: ArmSeen) -> dict[str, float]:
    """Return mean energies, noise-free at their own landscapes, then those of the noised points in the loss."""
    told: dict[str, float] = {}
    parts = {"right": arm.right[:, None], "proposed": arm.proposals, "refined": arm.candidates, "chosen": arm.negatives}
    for name, answers in parts.items():
        if answers is not None and arm.x is not None:
            with suppress(NotOffered):  # a network that predicts the noise alone
                told[name] = mean_energy(pipeline, arm, answers)
    noised = {"E+": arm.energy_positive, "E-": arm.energy_negative}
    return told | {name: float(value.mean()) for name, value in noised.items() if value is not None}


def mean_energy(pipeline: Pipeline, arm: ArmSeen, answers: Tensor) -> float:
    """Return the mean energy of several answers a problem."""
    assert arm.x is not None
    count, signal = answers.shape[1], pipeline.landscapes().signal[arm.k]
    points = (answers * per_problem(signal, answers)).flatten(0, 1)
    with torch.no_grad():
        return float(pipeline.energy(arm.x.repeat_interleave(count, 0), points, arm.k.repeat_interleave(count)).mean())


def losses_of(seen: Seen) -> dict[str, dict[str, Any]]:
    """Return each loss term before and after its weight."""
    if seen.terms is None:
        return {}
    told = {"denoise": float(seen.terms.denoise.detach()), "contrast": float(seen.terms.contrast.detach())}
    if seen.settings is not None:
        told["weighted contrast"] = seen.settings.weight * told["contrast"]
    told |= {name: float(term.detach()) for name, term in seen.terms.others.items()}
    return {"losses": {**told, "total": float(seen.terms.total.detach())}}


def gradients_of(pipeline: Pipeline, seen: Seen) -> dict[str, dict[str, Any]]:
    """Return the gradient's norm by source: each weighted term, the total, and what the optimiser was given."""
    told: dict[str, Any] = {}
    if seen.again is not None and seen.settings is not None:
        terms = seen.again()
        sources = {"denoise": terms.denoise, "weighted contrast": seen.settings.weight * terms.contrast}
        told = {name: norm_of(flat_gradients(term, pipeline)) for name, term in sources.items()}
        told["total"] = norm_of(flat_gradients(terms.total, pipeline))
    if seen.gradient is not None:
        told["given to the optimiser"] = float(seen.gradient.norm())
    return {"gradient norms": told} if told else {}
