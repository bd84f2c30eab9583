"""The typed, frozen configuration of runs: schema only; `build` turns it into objects."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ravine.config.arms import NAMED_ARMS, ReplayConfig
from ravine.config.mining import MiningConfig, mixture_of
from ravine.config.section import Count, Lax, Number, Positive, Section, Share, text


class MatrixTaskConfig(Section):
    """A matrix task of IRED."""

    name: Literal["inverse", "addition", "completion"] = "inverse"
    n: Annotated[int, Field(ge=2, le=200)] = 20
    """Rows and columns of the matrices."""


class CustomTaskConfig(Section):
    """A task of your own: `factory` = "module:callable" returns a `ravine.Task`, called with `options`."""

    name: Literal["custom"]
    factory: str
    options: dict[str, Any] = {}


class MLPConfig(Section):
    """IRED's energy for continuous tasks."""

    name: Literal["mlp"] = "mlp"
    width: Count = 512
    """Units of each hidden layer."""
    embedding_width: Annotated[int, Field(ge=4, multiple_of=2)] = 128
    """Entries of the landscape's embedding."""


class MatrixConfig(Section):
    """An energy that verifies a learned relation of problem and answer, preconditioned by matrix products."""

    name: Literal["matrix"]
    channels: Count = 16
    """n x n matrices that each layer works on."""
    layers: Count = 7
    """Layers of the tower."""
    products: Count = 8
    """Matrix products per layer."""
    entrywise: Number = 0
    """How many of the products are taken entry by entry."""
    tied: bool = False
    """One set of weights for all layers."""
    masks: bool = False
    """Give the tower the places where the matrices are not zero."""
    verifiers: Number = 4
    """Preconditioned copies of the relation."""
    predictors: Number = 0
    """Answers computed from the problem."""

    @model_validator(mode="after")
    def _something_is_read_out(self) -> Self:
        if self.verifiers + self.predictors == 0:
            raise ValueError("neither verifiers nor predictors: nothing would depend on y; write verifiers = 4")
        if self.entrywise > self.products:
            raise ValueError(f"entrywise = {self.entrywise} of products = {self.products}; write no more than that")
        return self


class ProductsConfig(Section):
    """An energy whose layers multiply matrices, the answer's among them: it computes rather than verifies."""

    name: Literal["products"]
    channels: Count = 16
    """n x n matrices that each layer works on."""
    layers: Count = 4
    readout: Count = 4
    """n x n matrices that the energy is read from."""
    embedding_width: Annotated[int, Field(ge=4, multiple_of=2)] = 32
    """Entries of the landscape's embedding."""


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
    """How the rate goes on after `warmup`: falling to 0 at the last step, or constant."""
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


class TrainingConfig(Section):
    """How long, how much at once, and what happens when; all in optimiser steps."""

    steps: Count = 1000
    batch: Count = 256
    """Problems per optimiser step, over all accumulated parts."""
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
    restarts: Count = 1
    """Starts per problem; the answer of lowest energy counts."""


class EvaluationConfig(Section):
    """The fixed test sets."""

    problems: Count = 2000
    """Problems per test set."""
    splits: Annotated[tuple[str, ...], Lax] | None = None
    """Default: all of the task's."""


class ComputeConfig(Section):
    """Where and in what arithmetic."""

    device: Annotated[str, text(r"auto|cpu|cuda(:\d+)?", "devices are auto, cpu, cuda, cuda:0, cuda:1, ...")] = "auto"
    """auto: the first GPU if there is one, else the CPU."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """bfloat16: autocast of the objective; weights, moments and solving stay float32."""
    threads: Number = 0
    """CPU threads; 0: PyTorch's default."""


DEFAULT_NAMES = {"task": "inverse", "energy": "mlp"}


class RunConfig(Section):
    """One training with one seed."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Fixes initial weights, problems and noise."""
    task: Annotated[MatrixTaskConfig | CustomTaskConfig, Field(discriminator="name")] = MatrixTaskConfig()
    energy: Annotated[MLPConfig | MatrixConfig | ProductsConfig, Field(discriminator="name")] = MLPConfig()
    diffusion: DiffusionConfig = DiffusionConfig()
    mining: MiningConfig = MiningConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    average: AverageConfig = AverageConfig()
    training: TrainingConfig = TrainingConfig()
    solve: SolveConfig = SolveConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    compute: ComputeConfig = ComputeConfig()

    @model_validator(mode="before")
    @classmethod
    def _names_have_defaults(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        named = {
            key: {"name": name, **values[key]}
            for key, name in DEFAULT_NAMES.items()
            if isinstance(values.get(key), dict)
        }
        return {**values, **named}

    @model_validator(mode="after")
    def _replays_hold_a_batch(self) -> Self:
        chosen = {self.mining.arm, *(self.mining.mixture or ())}
        for stage in self.mining.resolved_stages:
            chosen.update(mixture_of(stage.arm, stage.mixture))
        for name, arm in {**NAMED_ARMS, **self.mining.arms}.items():
            propose, batch = arm.propose, self.training.batch
            used = name in self.mining.arms or name in chosen
            if used and isinstance(propose, ReplayConfig) and propose.capacity < batch:
                path = f"mining.arms.{name}.propose.capacity"
                raise ValueError(f"{path}: {propose.capacity} is less than a batch; write at least {batch}")
        return self
