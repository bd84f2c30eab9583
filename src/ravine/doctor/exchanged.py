"""What passes between a pipeline and the doctor: schedules, recipes, negatives, losses, steps, logs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from jaxtyping import Float
from torch import Tensor

from ravine.mining.curriculum import Decay, MiningSettings, Stage


@dataclass(frozen=True)
class Solved:
    """Answers (b, ...), and of every start what they were chosen from: (starts, b, ...) and its energy (starts, b)."""

    answer: Float[Tensor, "b *answer"]
    answers: Float[Tensor, "starts b *answer"] | None = None
    energies: Float[Tensor, "starts b"] | None = None


Selection = Literal["only", "lowest", "most-deceptive", "own"]
Place = Literal["mining", "solving"]


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
    """How an arm is configured to mine; `selection` "own" is one that the doctor has no oracle for.

    `steps` of `step_scale` eta; `candidates` a problem; `weight` of
    the distance in a "most-deceptive" selection.
    """

    steps: int = 0
    step_scale: float = 1.0
    keep: Literal["falling", "all"] = "falling"
    radius: float | None = None
    candidates: int = 1
    selection: Selection = "only"
    weight: float = 0.0


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
    """The losses of one call, with their graph: scalars, the right answers' energies (b,), the negatives' (b, s), and
    the negatives themselves in answer space (b, s, ...)."""

    total: Tensor
    denoise: Tensor
    contrast: Tensor
    energy_positive: Float[Tensor, " b"] | None = None
    energy_negative: Float[Tensor, "b s"] | None = None
    negatives: Float[Tensor, "b s *answer"] | None = None


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


@dataclass(frozen=True)
class Plan:
    """The curriculum as the user configured it."""

    stages: tuple[Stage, ...]
    every: int = 1
    interpolate: bool = False
    steps: int = 1000
    decay: Decay | None = None


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
    trivial predictor's on the same problems; `nothing`: the denoising loss of an energy that predicts no noise at all.
    """

    rows: Sequence[Mapping[str, Any]]
    trivial: float | None = None
    final: float | None = None
    cost: Callable[[float], float] = float
    nothing: float | None = None
