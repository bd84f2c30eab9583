"""The typed, frozen configuration of runs and studies: schema only; `build` turns it into objects."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from ravine.config.faults import unknown
from ravine.mining.names import NAMED

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
Number = Annotated[int, Field(ge=0)]
FileName = Annotated[str, Field(pattern=r"^\w[\w.+-]*$")]


class Section(BaseModel):
    """A part of the configuration: frozen, and closed to fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, validate_default=True)


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
    embedding_width: Annotated[int, Field(ge=4, multiple_of=2)] = 128


class DiffusionConfig(Section):
    """The annealed landscapes."""

    schedule: Literal["cosine"] = "cosine"
    landscapes: Count = 10


class NoiseConfig(Section):
    """Propose the right answer under `scale` times its landscape's noise."""

    kind: Literal["noise"] = "noise"
    scale: Positive = 3.0


class RefineConfig(Section):
    """Refine proposals by descent at the same landscape."""

    steps: Number = 0
    step_scale: Positive = 1.0
    keep: Literal["falling", "all"] = "falling"


class OnlyConfig(Section):
    """Select the only candidate."""

    kind: Literal["only"] = "only"


class ArmConfig(Section):
    """A mining strategy: propose, refine, select."""

    propose: NoiseConfig = NoiseConfig()
    refine: RefineConfig = RefineConfig()
    select: OnlyConfig = OnlyConfig()


class MiningConfig(Section):
    """Where negatives come from, and how they weigh."""

    arms: dict[str, ArmConfig] = {}
    arm: str = "adversarial"
    """A named arm (`ravine list`) or one defined under `mining.arms`."""
    weight: NotNegative = 0.5
    temperature: Positive = 1.0
    every: Count = 1
    """Mine on every N-th optimiser step; in between the contrastive term is absent."""
    contrast: Literal["softplus"] = "softplus"

    @property
    def known_arms(self) -> list[str]:
        """The names that `arm` may take."""
        return [*NAMED, *self.arms]

    @field_validator("arm")
    @classmethod
    def _arm_is_known(cls, arm: str, info: ValidationInfo) -> str:
        # Where `arms` itself has faults it is absent here, and nothing can be said about the names in it.
        known = [*NAMED, *info.data.get("arms", [arm])]
        if arm not in known:
            raise ValueError(unknown("arm", arm, known))
        return arm


class OptimizerConfig(Section):
    """Adam, and the learning rate over steps."""

    learning_rate: Positive = 1e-4
    betas: tuple[Share, Share] = (0.9, 0.99)
    clip: Positive = 1.0
    """Greatest norm of the gradient."""
    schedule: Literal["constant", "cosine", "linear"] = "constant"
    warmup: Number = 0


class AverageConfig(Section):
    """The exponential moving average of the weights: the model that is evaluated."""

    decay: Share = 0.995
    every: Count = 10


class TrainingConfig(Section):
    """How long, how much at once, and what happens when; all in optimiser steps."""

    steps: Count = 1000
    batch: Count = 256
    """Problems per optimiser step, over all accumulated parts."""
    accumulation: Count = 1
    log_every: Count = 50
    validate_every: Number = 0
    validate_extra: Number = 1
    """Score the further splits at every N-th validation; 0: only at the end."""
    validation_problems: Count = 256
    checkpoint_every: Number = 0

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
    bound: Positive | None = None
    """Entries of answers stay within +-bound; default: the task's own for solving."""
    restarts: Count = 1


class EvaluationConfig(Section):
    """The fixed test sets."""

    problems: Count = 2000
    splits: tuple[str, ...] | None = None
    """Default: all of the task's."""


class ComputeConfig(Section):
    """Where and in what arithmetic."""

    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")] = "auto"
    precision: Literal["float32", "bfloat16"] = "float32"
    """bfloat16: autocast of the objective; weights, moments and solving stay float32."""
    threads: Number = 0
    """CPU threads; 0: PyTorch's default."""


class RunConfig(Section):
    """One training with one seed."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    task: Annotated[MatrixTaskConfig | CustomTaskConfig, Field(discriminator="name")] = MatrixTaskConfig()
    energy: MLPConfig = MLPConfig()
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
    def _task_has_a_name(cls, values: Any) -> Any:
        if isinstance(values, dict) and isinstance(values.get("task"), dict):
            return {**values, "task": {"name": "inverse", **values["task"]}}
        return values


class StudyConfig(Section):
    """Arms compared over seeds; what is decided before the first run."""

    run: RunConfig = RunConfig()
    arms: Annotated[dict[FileName, dict[str, Any]], Field(min_length=1)]
    """Each arm's changes to `run`, by dotted path or table; a plain list of names sets `mining.arm`."""
    baseline: str = "none"
    """The arm that the others are compared with."""
    seeds: Count = 10
    first_seed: Number = 0
    split: str = "same"
    """The split that decides; the others are exploratory."""
    margin: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """The least improvement that matters."""
    workers: Number = 0
    """Runs at a time on this machine; 0: as many as cores allow at `compute.threads` each."""

    @model_validator(mode="before")
    @classmethod
    def _names_are_arms(cls, values: Any) -> Any:
        return {**values, "arms": named_arms(values["arms"])} if isinstance(values, dict) and "arms" in values else values

    @field_validator("baseline")
    @classmethod
    def _baseline_is_an_arm(cls, baseline: str, info: ValidationInfo) -> str:
        arms = info.data.get("arms", {})
        if len(arms) > 1 and baseline not in arms:
            raise ValueError(unknown("arm", baseline, list(arms)))
        return baseline


def named_arms(arms: Any) -> Any:
    """Return a study's arms as a table of changes where they are a plain list of names."""
    return {str(name): {"mining.arm": name} for name in arms} if isinstance(arms, list) else arms
