"""When what is mined, and how it weighs: an arm, a mixture, or a curriculum of them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import ValidationInfo, field_validator

from ravine import presets
from ravine.config.faults import unknown
from ravine.mining.arms import NAMED_ARMS, NAMED_MIXTURES, NONE, ArmConfig, ContrastChoice
from ravine.mining.contrast.softplus import Softplus
from ravine.section import Count, Lax, NotNegative, Number, Positive, Proportion, Section, Share

Mixture = dict[str, Proportion]
ROUNDING = 1e-6


class StageConfig(Section):
    """Settings from `start` on, a fraction of training, or from optimiser step `start_step`, if that is given.

    What is None is as in `mining`; `mixture` goes before `arm`.
    """

    start: Share = 0.0
    """Fraction of training at which the stage begins."""
    start_step: Number | None = None
    """Optimiser step at which the stage begins, in place of `start`."""
    arm: str = NONE
    """As in `mining`."""
    mixture: Mixture | None = None
    """As in `mining`."""
    weight: NotNegative | None = None
    """Default: that of `mining`."""
    temperature: Positive | None = None
    """Default: that of `mining`."""

    def first_step(self, steps: int) -> int:
        """Return the stage's first optimiser step in a training of `steps`."""
        return round(self.start * steps) if self.start_step is None else self.start_step


NAMED_CURRICULA: Mapping[str, tuple[StageConfig, ...]] = MappingProxyType(
    {
        name: tuple(map(StageConfig.model_validate, entry["stages"]))
        for name, entry in presets.read("mining", "curricula").items()
    }
)
"""Stages by name; `constant` is `mining.arm` all the time."""


class MiningConfig(Section):
    """Where negatives come from, when, and how they weigh."""

    arms: dict[str, ArmConfig] = {}
    """Arms of your own, beside the named ones."""
    arm: str = "adversarial"
    """A named arm or mixture (`ravine list`), or one defined under `mining.arms`."""
    mixture: Mixture | None = None
    """Arms with their shares of the batch, summing to 1; goes before `arm`."""
    weight: NotNegative = 0.5
    """Of the contrastive term beside the denoising term."""
    weight_end: NotNegative | None = None
    """What the weight, of stages too, has become at the last step; default: it does not move."""
    decay: Literal["linear", "cosine"] = "linear"
    """How the weight moves to `weight_end` over all of training: evenly, or along half a cosine."""
    temperature: Positive = 1.0
    """Divides the energies in the contrastive term."""
    every: Count = 1
    """Mine on every N-th optimiser step; in between the contrastive term is absent."""
    contrast: ContrastChoice = Softplus()
    """The form of the contrastive term: a name, or a table with its `kind`."""
    curriculum: Literal["constant", "warm-up", "anneal"] = "constant"
    """Named stages; `stages` of your own go before it."""
    stages: Annotated[tuple[StageConfig, ...], Lax] = ()
    interpolate: bool = False
    """Move linearly from stage to stage, not in jumps."""

    @property
    def known_arms(self) -> list[str]:
        """The names that `arm` may take."""
        return names_of(self.arms)

    @property
    def every_arm(self) -> dict[str, ArmConfig]:
        """The arms that ship and the run's own, by name."""
        return {**NAMED_ARMS, **self.arms}

    @property
    def resolved_stages(self) -> tuple[StageConfig, ...]:
        """The stages in force, at least one."""
        return self.stages or NAMED_CURRICULA[self.curriculum] or (StageConfig(arm=self.arm, mixture=self.mixture),)

    @field_validator("contrast", mode="before")
    @classmethod
    def _names_are_kinds(cls, contrast: Any) -> Any:
        return {"kind": contrast} if isinstance(contrast, str) else contrast

    @field_validator("arms")
    @classmethod
    def _names_are_free(cls, arms: dict[str, ArmConfig]) -> dict[str, ArmConfig]:
        # These two mean something already, and the arm would silently not be used.
        for name in arms:
            if name == NONE or name in NAMED_MIXTURES:
                raise ValueError(f"{name!r} is taken by what ships under that name; write another name")
        return arms

    @field_validator("arm")
    @classmethod
    def _arm_is_known(cls, arm: str, info: ValidationInfo) -> str:
        # Where `arms` itself has faults it is absent here, and nothing can be said about the names in it.
        if "arms" in info.data and arm not in (known := names_of(info.data["arms"])):
            raise ValueError(unknown("arm", arm, known))
        return arm

    @field_validator("mixture")
    @classmethod
    def _mixture_is_whole(cls, mixture: Mixture | None, info: ValidationInfo) -> Mixture | None:
        check_mixture(mixture, info.data.get("arms"))
        return mixture

    @field_validator("stages")
    @classmethod
    def _stages_are_in_order(cls, stages: tuple[StageConfig, ...], info: ValidationInfo) -> tuple[StageConfig, ...]:
        check_order(stages)
        for index, stage in enumerate(stages):
            check_mixture(stage.mixture, info.data.get("arms"), f"stage {index}: ")
            if "arms" in info.data and stage.arm not in (known := names_of(info.data["arms"])):
                raise ValueError(f"stage {index}: arm: {unknown('arm', stage.arm, known)}")
        return stages


def names_of(own: Iterable[str]) -> list[str]:
    """Return every name that an arm may have, given the run's own arms."""
    return [NONE, *NAMED_ARMS, *NAMED_MIXTURES, *own]


def mixture_of(arm: str, mixture: Mapping[str, float] | None) -> dict[str, float]:
    """Return the arms and shares that a choice of arm or mixture means."""
    if mixture is not None:
        return dict(mixture)
    return dict(NAMED_MIXTURES.get(arm, {arm: 1.0}))


def check_mixture(mixture: Mixture | None, own: dict[str, Any] | None, where: str = "") -> None:
    """Raise a ValueError unless the shares sum to 1 and the arms exist (unknown own arms: None, not checked)."""
    if mixture is None:
        return
    if abs(sum(mixture.values()) - 1) > ROUNDING:
        total = sum(mixture.values())
        rest = 1 - total + mixture.get(NONE, 0.0)
        mend = f"write the rest as {NONE} = {rest:g}" if rest >= 0 else "write smaller shares"
        raise ValueError(f"{where}shares sum to {total:g}, not 1; {mend}")
    for name in mixture if own is not None else ():
        if name in NAMED_MIXTURES or name not in (known := names_of(own or {})):
            raise ValueError(f"{where}{unknown('arm', name, known)}")


def check_order(stages: tuple[StageConfig, ...]) -> None:
    """Raise a ValueError unless stages begin at 0 and each after the one before, all by fraction or all by step."""
    if not stages:
        return
    for index, stage in enumerate(stages):
        if stage.start_step is not None and stage.start > 0:
            raise ValueError(f"stage {index} has both start and start_step; write one of them")
    by_step = [stage.start_step is not None for stage in stages[1:]]
    if len(set(by_step)) > 1:
        raise ValueError("some stages start by fraction and some by step; write all with start or all with start_step")
    if (stages[0].start_step or 0) > 0 or stages[0].start > 0:
        raise ValueError("stage 0 starts after the beginning; write start = 0")
    starts = [float(stage.start if stage.start_step is None else stage.start_step) for stage in stages]
    for index in range(1, len(stages)):
        if starts[index] <= starts[index - 1]:
            before = f"stage {index - 1} at {starts[index - 1]:g}"
            raise ValueError(f"stage {index} starts at {starts[index]:g}, not after {before}; write them in order")
