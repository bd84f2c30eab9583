"""The typed, frozen configuration of runs: schema only; `build` turns it into objects."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from ravine.config.energyless import refusal
from ravine.config.mining import MiningConfig, mixture_of
from ravine.config.released import with_our_names
from ravine.denoise.base import Denoise
from ravine.denoise.score import Score
from ravine.energies.base import EnergyConfig
from ravine.energies.mlp import MLPConfig
from ravine.mining.propose.base import Propose
from ravine.precision import Precision
from ravine.registry import KindExternal, NamedExternal, Registry, with_default_tags
from ravine.section import Count, Lax, NotNegative, Number, Positive, Section, Share, text
from ravine.tasks.base import TaskConfig
from ravine.tasks.matrices.inverse import InverseConfig
from ravine.terms import TermConfig
from ravine.tracking.base import TrackerConfig

TASKS = Registry("ravine.tasks", TaskConfig, "name", "ravine.tasks")
DENOISERS = Registry("ravine.denoise", Denoise, "kind", "ravine.denoise")
ENERGIES = Registry("ravine.energies", EnergyConfig, "name", "ravine.energies")
TRACKERS = Registry("ravine.tracking", TrackerConfig, "kind", "ravine.trackers")

if TYPE_CHECKING:  # the unions are made of what the folders hold
    TaskChoice = TaskConfig | NamedExternal
    EnergyChoice = EnergyConfig | NamedExternal
    DenoiseChoice = Denoise | KindExternal
    TrackerChoice = TrackerConfig | KindExternal
else:
    TaskChoice, EnergyChoice, DenoiseChoice = TASKS.field(), ENERGIES.field(), DENOISERS.field()
    TrackerChoice = TRACKERS.field()


class DiffusionConfig(Section):
    """The annealed landscapes."""

    schedule: Literal["cosine", "log-snr"] = "cosine"
    """log-snr: evenly spaced in the logarithm of the signal-to-noise ratio, from `sharpest` to sigma = .999."""
    landscapes: Count = 10
    """How many there are."""
    sharpest: Annotated[float, Field(gt=0, lt=0.9)] = 0.01
    """Sigma of the sharpest landscape (log-snr)."""


class OptimizerConfig(Section):
    """Adam, and the learning rate over steps."""

    learning_rate: Positive = 1e-4
    betas: Annotated[tuple[Share, Share], Lax] = (0.9, 0.99)
    """Adam's decay of the first and second moment."""
    clip: Positive = 1.0
    """Greatest norm of the gradient."""
    schedule: Literal["constant", "cosine", "linear"] = "constant"
    """The rate after `warmup`: falling to 0 at the last step, or constant."""
    warmup: Number = 0
    """Steps over which the rate rises linearly."""


class AverageConfig(Section):
    """The exponential moving average of the weights: the model that is evaluated.

    It copies the weights until `every` steps; its u-th update has the decay (1 + u) / (10 + u) if that is less.
    """

    decay: Share = 0.995
    """Weight of the earlier average at each update."""
    every: Count = 10
    """Update the average on every N-th optimiser step."""


class RollbackConfig(Section):
    """A run that diverges goes back to its newest checkpoint of `checkpoint_every`, else to its beginning."""

    times: Number = 0
    """How often it does; 0: it stops."""
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Each time the learning rate is multiplied by this, from there on to the end."""
    limit: Positive = 1000.0
    """A logged loss above this counts as diverged, as one does that is not finite; at first losses are about 1."""


class TrainingConfig(Section):
    """How long, how much at once, and what happens when; all in optimiser steps."""

    steps: Count = 1000
    start_from: str | None = None
    """A trained run's directory: begin with the averaged weights of its newest checkpoint."""
    start_weights: Annotated[str, text(r"[0-9a-f]{16}", "16 hexadecimal digits")] | None = None
    """The digest of those weights, which a run writes itself: it begins with these, wherever they lie, or not."""
    batch: Count = 256
    """Problems per optimiser step, over all accumulated parts."""
    denoise: DenoiseChoice = Score()
    """The denoising loss: a name, or a table with its `kind`."""
    terms: Annotated[tuple[TermConfig, ...], Lax] = ()
    """Further terms of the loss, of your own: tables with name, weight and factory."""
    accumulation: Count = 1
    """Equal parts that a batch is computed in, one after the other, to save memory."""
    log_every: Count = 50
    """Write a row to `metrics.jsonl` on every N-th step."""
    validate_every: Number = 0
    """Score the validation sets on every N-th step; 0: never."""
    validate_extra: Number = 1
    """Score the further splits at every N-th validation; 0: only at the end."""
    validation_problems: Count = 256
    """Problems per validation set."""
    checkpoint_every: Number = 0
    """Write a checkpoint on every N-th step; 0: only at the end."""
    balance_every: Number = 5
    """Measure the two loss terms' gradients against one another for every N-th logged row; each costs about a step."""
    rollback: RollbackConfig = RollbackConfig()

    @field_validator("denoise", mode="before")
    @classmethod
    def _names_are_kinds(cls, denoise: Any) -> Any:
        return {"kind": denoise} if isinstance(denoise, str) else denoise

    @field_validator("terms")
    @classmethod
    def _terms_have_names(cls, terms: tuple[TermConfig, ...]) -> tuple[TermConfig, ...]:
        names = [term.name for term in terms]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name!r} is named twice; write one name for each term")
        return terms

    @model_validator(mode="after")
    def _weights_have_a_place(self) -> Self:
        if self.start_weights is not None and self.start_from is None:
            raise ValueError("start_weights are those of no run; write start_from")
        return self

    @model_validator(mode="after")
    def _parts_are_equal(self) -> Self:
        if self.batch % self.accumulation:
            raise ValueError(f"batch = {self.batch} is not a multiple of accumulation = {self.accumulation}")
        return self


class SolveConfig(Section):
    """How answers are inferred."""

    steps: Number = 5
    """Descent steps per landscape."""
    step_scale: Positive = 1.0
    """Multiplies each landscape's own step size."""
    bound: Positive | None = None
    """Entries of answers stay within +-bound; default: the task's own for solving."""
    starts: Count = 1
    """Starts per problem, of which the answer of lowest energy is kept."""
    stop: Literal["never", "solved"] = "never"
    """solved: a problem is not started again once the task's verifier, not the energy, takes one of its answers for
    right; what is reached so is a ceiling for choosing by energy."""
    renoise: NotNegative = 0.0
    """Noise added between landscapes, in units of the next one's: keeps starts apart."""
    landscapes: Annotated[tuple[Number, ...], Lax] = ()
    """Landscapes in the order visited, some repeatedly perhaps; default: all, the smoothest first."""
    rank: Number = 0
    """The landscape at which decoded answers of several starts are ranked."""
    rank_rounds: Count | None = None
    """Rounds of an energy of tied layers when ranking; default: those of solving."""
    rounds: Count | None = None
    """Rounds of an energy of tied layers when solving; default: those that it was built with."""
    precision: Precision = "float32"
    """Arithmetic of the products, those of ranking apart. bfloat16 suits large networks and ruins exact answers: see on
    validation problems what it costs."""

    @model_validator(mode="before")
    @classmethod
    def _starts_were_restarts(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or "restarts" not in values:
            return values
        return {**{key: value for key, value in values.items() if key != "restarts"}, "starts": values["restarts"]}


class EvaluationConfig(Section):
    """The fixed test sets."""

    problems: Count = 2000
    """Problems per test set."""
    splits: Annotated[tuple[str, ...], Lax] | None = None
    """Default: all of the task's."""
    metrics: Annotated[tuple[str, ...], Lax] = ()
    """Metrics beside the task's own: the entry point of an installed package, or "module:callable" for one of yours."""
    budgets: Annotated[tuple[Annotated[tuple[Number, Count], Lax], ...], Lax] = ()
    """Pairs of descent steps per landscape and starts, scored beside the run's own way of solving."""


class ComputeConfig(Section):
    """Where and in what arithmetic."""

    device: Annotated[str, text(r"auto|cpu|cuda(:\d+)?", "devices are auto, cpu, cuda, cuda:0, cuda:1, ...")] = "auto"
    """auto: the first GPU if there is one, else the CPU."""
    precision: Precision = "float32"
    """bfloat16: autocast of the objective; tf32: its products, on a GPU; weights and moments stay float32."""
    threads: Number = 0
    """CPU threads; 0: PyTorch's default."""
    engine: Literal["auto", "eager", "compiled", "captured", "captured-compiled"] = "auto"
    """How steps are computed, up to rounding; auto: captured (a CUDA graph) on a GPU, compiled where that pays."""


DEFAULT_NAMES = {"task": "inverse", "energy": "mlp"}


def shipped_names() -> dict[str, Collection[str]]:
    """Return the names of tasks and energies that ship, by the section of a run that holds them."""
    return {"task": TASKS.shipped.keys(), "energy": ENERGIES.shipped.keys()}


class RunConfig(Section):
    """One training run with one seed."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    task: TaskChoice = InverseConfig()
    energy: EnergyChoice = MLPConfig()
    diffusion: DiffusionConfig = DiffusionConfig()
    mining: MiningConfig = MiningConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    average: AverageConfig = AverageConfig()
    training: TrainingConfig = TrainingConfig()
    solve: SolveConfig = SolveConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    compute: ComputeConfig = ComputeConfig()
    tracking: Annotated[tuple[TrackerChoice, ...], Lax] = ()
    """Trackers that follow the run while it trains: names, or tables with their `kind`."""

    @field_validator("tracking", mode="before")
    @classmethod
    def _names_are_trackers(cls, tracking: Any) -> Any:
        listed = [tracking] if isinstance(tracking, str | Mapping) else tracking
        if not isinstance(listed, list | tuple):
            return tracking
        return [{"kind": each} if isinstance(each, str) else each for each in listed]

    @model_validator(mode="before")
    @classmethod
    def _names_have_defaults(cls, values: Any) -> Any:
        return with_our_names(with_default_tags(values, "name", DEFAULT_NAMES), shipped_names())

    @model_validator(mode="after")
    def _energies_are_there_where_asked_for(self) -> Self:
        # Whether one of the user's own has an energy is known when it is built.
        if isinstance(self.energy, EnergyConfig) and not self.energy.has_energy and (why := refusal(self)):
            raise ValueError(why)
        return self

    @model_validator(mode="after")
    def _proposals_fit_the_batch(self) -> Self:
        chosen = {self.mining.arm, *(self.mining.mixture or ())}
        for stage in self.mining.resolved_stages:
            chosen.update(mixture_of(stage.arm, stage.mixture))
        for name, arm in self.mining.every_arm.items():
            used = name in self.mining.arms or name in chosen
            if used and isinstance(arm.propose, Propose) and (why := arm.propose.misfit(self.training.batch)):
                raise ValueError(f"mining.arms.{name}.propose.{why}")
        return self
