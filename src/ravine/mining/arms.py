"""Mining strategies: three choices each, and the named ones that ship."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from ravine import presets
from ravine.mining.contrast.base import Contrast
from ravine.mining.focus import Focus
from ravine.mining.propose.base import Propose
from ravine.mining.propose.noise import Noise
from ravine.mining.refine.base import Refine
from ravine.mining.refine.descent import Descend
from ravine.mining.select.base import Select
from ravine.mining.select.only import Only
from ravine.registry import KindExternal, Registry, with_default_tags
from ravine.section import Lax, NotNegative, Number, Section

PROPOSALS = Registry("ravine.mining.propose", Propose, "kind", "ravine.propose")
REFINEMENTS = Registry("ravine.mining.refine", Refine, "kind", "ravine.refine")
SELECTIONS = Registry("ravine.mining.select", Select, "kind", "ravine.select")
CONTRASTS = Registry("ravine.mining.contrast", Contrast, "kind", "ravine.contrast")

if TYPE_CHECKING:  # the unions are made of what the folders hold
    ProposeChoice = Propose | KindExternal
    RefineChoice = Refine | KindExternal
    SelectChoice = Select | KindExternal
    ContrastChoice = Contrast | KindExternal
else:
    ProposeChoice, RefineChoice = PROPOSALS.field(), REFINEMENTS.field()
    SelectChoice, ContrastChoice = SELECTIONS.field(), CONTRASTS.field()

DEFAULT_KINDS = {"propose": "noise", "refine": "descent", "select": "only"}


class ArmConfig(Section):
    """A mining strategy: propose, refine, select, and what the mined points are used for."""

    propose: ProposeChoice = Noise()
    refine: RefineChoice = Descend()
    select: SelectChoice = Only()
    use: Literal["contrast", "target", "both", "neither"] = "contrast"
    """Mined points are negatives of the contrast, examples in place of plain ones in the denoising loss, or both."""
    noise: NotNegative = 1.0
    """Of a hard example, in units of its landscape's noise: 1 is the plain shell, 0 a noise-free state of a solver."""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Of the arm's problems that are mined; the others train as with `none`."""
    landscapes: Annotated[tuple[Number, ...], Lax] = ()
    """Landscapes in which points are mined; default: all."""
    focus: Focus | None = None
    """Draw problems of high loss more often; default: all alike."""

    @model_validator(mode="before")
    @classmethod
    def _kinds_have_defaults(cls, values: Any) -> Any:
        return with_default_tags(values, "kind", DEFAULT_KINDS)

    @property
    def mines(self) -> bool:
        """Whether points are mined at all."""
        return self.use != "neither"


NONE = "none"
"""The arm that mines nothing."""

NAMED_ARMS: Mapping[str, ArmConfig] = MappingProxyType(
    {name: ArmConfig.model_validate(table) for name, table in presets.read("mining", "arms").items()}
)
"""What each named arm mines with."""

NAMED_MIXTURES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {name: MappingProxyType(shares) for name, shares in presets.read("mining", "mixtures").items()}
)
"""Names for mixtures of arms."""
