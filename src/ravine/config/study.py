"""The typed, frozen configuration of studies: schema only."""

from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ravine.config.faults import unknown
from ravine.config.schema import RunConfig
from ravine.config.section import Count, Number, Section

FileName = Annotated[str, Field(pattern=r"^\w[\w.+-]*$")]
"""Arms name folders."""


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
        return (
            {**values, "arms": named_arms(values["arms"])} if isinstance(values, dict) and "arms" in values else values
        )

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
