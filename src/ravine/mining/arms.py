"""Mining strategies: three choices each, and the named ones that ship."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from ravine import presets
from ravine.mining.contrast.base import Contrast
from ravine.mining.propose.base import Propose
from ravine.mining.propose.noise import Noise
from ravine.mining.refine.base import Refine
from ravine.mining.refine.descent import Descend
from ravine.mining.select.base import Select
from ravine.mining.select.only import Only
from ravine.registry import KindExternal, Registry, with_default_tags
from ravine.section import Section

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
    """A mining strategy: propose, refine, select."""

    propose: ProposeChoice = Noise()
    refine: RefineChoice = Descend()
    select: SelectChoice = Only()

    @model_validator(mode="before")
    @classmethod
    def _kinds_have_defaults(cls, values: Any) -> Any:
        return with_default_tags(values, "kind", DEFAULT_KINDS)


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
