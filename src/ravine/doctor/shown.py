"""What a pipeline shows the doctor: schedule, recipes, mined points, losses, steps, curriculum, log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from ravine.mining.curriculum import Curriculum, MiningSettings

LOSSES = ("total", "denoise", "contrast")
Selection = Literal["only", "lowest", "most-deceptive", "own"]
Rule = Literal["gradient", "normalised", "sign", "own"]
Score = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Solved:
    """Answers (b, ...), and of every start what they were chosen from: (starts, b, ...) and its energy (starts, b)."""

    answer: Float[Tensor, "b *answer"]
    answers: Float[Tensor, "starts b *answer"] | None = None
    energies: Float[Tensor, "starts b"] | None = None


@dataclass(frozen=True)
class Landscapes:
    """The noise schedule by landscape: sqrt(alpha_bar), sqrt(1 - alpha_bar) and the step size eta, each (K,)."""

    signal: Float[Tensor, " K"]
    sigma: Float[Tensor, " K"]
    step_size: Float[Tensor, " K"]

    def __len__(self) -> int:
        return len(self.signal)


@dataclass(frozen=True)
class Recipe:
    """How an arm is configured to mine.

    `steps` of `step_scale` eta times the gradient, of each row's gradient over its norm (`rule` "normalised"), of its
    signs ("sign", as in projected gradient descent), or by a rule of your own; `noise`: whether steps draw noise, as
    Langevin's do; `radius`: around the right answer, over its root mean square; `candidates` a problem; `weight` of the
    distance in a "most-deceptive" selection. `score`: of a `selection` of your "own", from one problem's energies and
    distances, (m,) each, to its scores, (m,), of which the highest is chosen; None where there is none to compare with.
    """

    steps: int = 0
    step_scale: float = 1.0
    keep: Literal["falling", "all"] = "falling"
    radius: float | None = None
    candidates: int = 1
    selection: Selection = "only"
    weight: float = 0.0
    score: Score | None = None
    rule: Rule = "gradient"
    noise: bool = False


@dataclass(frozen=True)
class Mining:
    """One call of a miner, all in answer space: negatives (b, s, ...), what they were chosen from (b, m, ...), the
    energies they were chosen by (b, m), and the energy evaluations per problem."""

    negatives: Float[Tensor, "b s *answer"]
    candidates: Float[Tensor, "b m *answer"] | None = None
    energies: Float[Tensor, "b m"] | None = None
    evaluations: int | None = None


@dataclass(frozen=True)
class Terms:
    """The losses of one call, with their graph: scalars, the right answers' energies (b,), the negatives' (b, s), the
    negatives themselves (b, s, ...), and what is denoised: points of the landscapes and the noise that is asked for
    there, both (b, ...). `others`: the total's further terms by name, as they stand in it, weighted; `eps`: the noise
    of both sides of the contrast, where it is not the one that the loss was called with."""

    total: Tensor
    denoise: Tensor
    contrast: Tensor
    energy_positive: Float[Tensor, " b"] | None = None
    energy_negative: Float[Tensor, "b s"] | None = None
    negatives: Float[Tensor, "b s *answer"] | None = None
    points: Float[Tensor, "b *answer"] | None = None
    targets: Float[Tensor, "b *answer"] | None = None
    others: Mapping[str, Tensor] = field(default_factory=dict)
    eps: Float[Tensor, "b *answer"] | None = None

    def added(self, weight: float) -> Tensor:
        """Return the sum that the total should be."""
        return self.denoise + weight * self.contrast + sum(self.others.values())

    @staticmethod
    def mean(parts: "Sequence[Terms]") -> "Terms":
        """Return the losses of a step's parts as one."""
        total, denoise, contrast = (torch.stack([getattr(part, n) for part in parts]).mean() for n in LOSSES)
        others = {name: torch.stack([part.others[name] for part in parts]).mean() for name in parts[0].others}
        return Terms(total, denoise, contrast, others=others)


@dataclass(frozen=True)
class ArmSeen:
    """What one arm did in a training step: problems x, right answers and landscapes, (rows, ...), proposals,
    candidates and negatives, (rows, m, ...), noised energies, and which `rows` of the batch were its own."""

    proposals: Tensor | None
    candidates: Tensor | None
    negatives: Tensor
    right: Tensor
    k: Tensor
    energy_negative: Tensor | None = None
    energy_positive: Tensor | None = None
    rows: slice | None = None
    x: Tensor | None = None


@dataclass(frozen=True)
class Seen:
    """What a training step used, as far as the adapter can see it; None where it cannot.

    `batch_size`: problems in the step; `arms`: by name, empty where nothing was mined;
    `gradient`: what the optimiser was given, flat, after clipping, in the order of the model's parameters, zeros
    where a parameter has none; `gradient_norm`: before clipping;
    `again`: computes the same losses once more, with the weights as they then are.
    """

    settings: MiningSettings | None = None
    batch_size: int | None = None
    arms: Mapping[str, ArmSeen] | None = None
    terms: Terms | None = None
    gradient: Tensor | None = None
    gradient_norm: float | None = None
    learning_rate: float | None = None
    again: Callable[[], Terms] | None = None

    @property
    def whole_gradient(self) -> Tensor | None:
        """The gradient before clipping, where its norm is shown: one of a single parameter says nothing afterwards."""
        if self.gradient is None or self.gradient_norm is None:
            return self.gradient
        size: Tensor = self.gradient.norm().clamp(min=1e-30)
        return self.gradient * (self.gradient_norm / size)


@dataclass(frozen=True)
class Plan(Curriculum):
    """The curriculum as the user configured it, for a training of so many steps."""

    steps: int = 1000


@dataclass(frozen=True)
class Resumed:
    """Two trainings of equal length, one of them stopped and taken up again half-way.

    `clocks`: steps each says it has taken; `whole`, `resumed`: the tensors of the whole state at the end, by name.
    """

    steps: int
    clocks: tuple[int, int]
    clock_at_resume: int
    stopped_at: int
    whole: Mapping[str, Tensor]
    resumed: Mapping[str, Tensor]


@dataclass(frozen=True)
class History:
    """What a run logged: rows with `step`, `denoise`, `evaluations` or `validation` (a metric by split).

    `cost`: turns the metric so that lower is better; `final`: the last validation's cost, and `trivial`: the best
    trivial predictor's on the same problems.
    """

    rows: Sequence[Mapping[str, Any]]
    trivial: float | None = None
    final: float | None = None
    cost: Callable[[float], float] = float
