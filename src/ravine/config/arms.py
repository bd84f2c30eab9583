"""Mining strategies as configuration: three choices, and the named ones that ship."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ravine.config.section import Count, NotNegative, Number, Positive, Proportion, Section


class NoiseConfig(Section):
    """Propose the right answer under `scale` times its landscape's noise."""

    kind: Literal["noise"] = "noise"
    scale: Positive = 3.0


class MatchedNoiseConfig(Section):
    """Propose the right answer plus noise of `scale` times its own root mean square."""

    kind: Literal["matched-noise"] = "matched-noise"
    scale: Positive = 1.0


class CorruptionConfig(Section):
    """Propose the task's corruption of the right answer."""

    kind: Literal["corruption"] = "corruption"
    rate: Annotated[float, Field(gt=0, le=1)] = 0.25
    """Share of the entries that are touched."""


class SolverConfig(Section):
    """Propose the solver's present answer, with `steps` descent steps per landscape."""

    kind: Literal["solver"] = "solver"
    steps: Number = 0


class ReplayConfig(Section):
    """Propose earlier negatives' offsets from a buffer of `capacity`; a share `refresh` is fresh noise of `scale`."""

    kind: Literal["replay"] = "replay"
    capacity: Count = 8192
    refresh: Proportion = 0.1
    scale: Positive = 3.0


class DescentConfig(Section):
    """Refine proposals by descent at the same landscape."""

    kind: Literal["descent"] = "descent"
    steps: Number = 0
    """Descent steps."""
    step_scale: Positive = 1.0
    """Multiplies each landscape's own step size."""
    keep: Literal["falling", "all"] = "falling"
    """falling: only steps that do not raise the energy."""
    radius: Positive | None = None
    """Farthest distance from the right answer, in units of its root mean square."""


class OnlyConfig(Section):
    """Select all candidates there are: the only one, or several for a contrast of many negatives."""

    kind: Literal["only"] = "only"
    candidates: Count = 1


class LowestConfig(Section):
    """Select the candidate of lowest energy."""

    kind: Literal["lowest"] = "lowest"
    candidates: Annotated[int, Field(ge=2)] = 10


class MostDeceptiveConfig(Section):
    """Select the candidate of low energy far from right; `weight` of the distance."""

    kind: Literal["most-deceptive"] = "most-deceptive"
    candidates: Annotated[int, Field(ge=2)] = 10
    weight: NotNegative = 1.0


class PluginConfig(Section):
    """A choice of your own: `factory`, an entry point's name or "module:callable", is called with `options`."""

    kind: Literal["custom"]
    factory: str
    options: dict[str, Any] = {}


ProposeConfig = Annotated[
    NoiseConfig | MatchedNoiseConfig | CorruptionConfig | SolverConfig | ReplayConfig | PluginConfig,
    Field(discriminator="kind"),
]
RefineConfig = Annotated[DescentConfig | PluginConfig, Field(discriminator="kind")]
SelectConfig = Annotated[OnlyConfig | LowestConfig | MostDeceptiveConfig | PluginConfig, Field(discriminator="kind")]
DEFAULT_KINDS = {"propose": "noise", "refine": "descent", "select": "only"}


class ArmConfig(Section):
    """A mining strategy: propose, refine, select."""

    propose: ProposeConfig = NoiseConfig()
    refine: RefineConfig = DescentConfig()
    select: SelectConfig = OnlyConfig()

    @model_validator(mode="before")
    @classmethod
    def _kinds_have_defaults(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        return {
            key: {"kind": DEFAULT_KINDS[key], **value} if key in DEFAULT_KINDS and isinstance(value, Mapping) else value
            for key, value in values.items()
        }


NONE = "none"
"""The arm that mines nothing."""

NAMED_ARMS: Mapping[str, ArmConfig] = MappingProxyType(
    {
        "random": ArmConfig(),
        "random-matched": ArmConfig(propose=MatchedNoiseConfig()),
        "adversarial": ArmConfig(refine=DescentConfig(steps=2)),
        "adversarial-5": ArmConfig(refine=DescentConfig(steps=5)),
        "adversarial-10": ArmConfig(refine=DescentConfig(steps=10)),
        "hard": ArmConfig(refine=DescentConfig(steps=5), select=MostDeceptiveConfig()),
        "corrupt": ArmConfig(propose=CorruptionConfig()),
        "corrupt-adversarial": ArmConfig(propose=CorruptionConfig(), refine=DescentConfig(steps=2)),
        "replay": ArmConfig(propose=ReplayConfig()),
        "self": ArmConfig(propose=SolverConfig()),
    }
)
"""What each named arm mines with; `adversarial` is IRED's released default on continuous tasks."""

NAMED_MIXTURES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {"ensemble": MappingProxyType({"random": 0.5, "adversarial": 0.5})}
)
"""Names for mixtures of arms."""
