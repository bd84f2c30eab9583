"""The typed, frozen configuration of studies: schema only."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from ravine.analysis.plan import Matching
from ravine.config.axes import AxesConfig
from ravine.config.faults import unknown
from ravine.config.schema import RunConfig
from ravine.section import Count, Lax, Number, Section, text
from ravine.training.files import Keep

FileName = Annotated[str, text(r"\w[\w.+-]*", "write letters, digits, '-', '+', '.' and '_' alone")]
"""Arms name folders."""


def arm_or_steps(value: Any) -> str | int:
    """Return an arm's name or a number of steps; a `ValueError` for anything else."""
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise ValueError(f"name an arm of the study, or a number of steps of 1 or more; not {value!r}")


Longer = Annotated[str | Count, BeforeValidator(arm_or_steps)]


class StudyConfig(Section):
    """Arms compared over seeds; what is decided before the first run."""

    run: RunConfig = RunConfig()
    arms: Annotated[dict[FileName, dict[str, Any]], Field(min_length=1)]
    """Each arm's changes to `run`, by dotted path or table; a plain list of names sets `mining.arm`."""
    axes: AxesConfig = AxesConfig()
    """Fields of the run that are explored at other values: all arms and seeds are run at every point."""
    baseline: str = "none"
    """The arm that the others are compared with."""
    comparisons: Annotated[tuple[FileName, ...], Lax] | None = None
    """The arms whose comparison with the baseline decides; default: all others. What is not named is exploratory."""
    seeds: Annotated[int, Field(ge=1, le=100_000)] = 10
    first_seed: Number = 0
    split: str = "same"
    """The split that decides; the others are exploratory."""
    metric: str | None = None
    """What decides, of the final averaged energy on the fixed test set of `split`: a metric of the task, one of
    `evaluation.metrics`, or one at a budget, such as "solved@5x16"; default: the task's first. All others explore."""
    also: Annotated[tuple[str, ...], Lax] = ()
    """Metrics that are registered beside `metric`: their comparisons share one error rate with its own. The study's
    outcome is by `metric` alone."""
    margin: Annotated[float, Field(gt=0, lt=1)] | None = None
    """The least improvement that matters; default: 0.05 of an error, 0.01 (a point) of a share."""
    matching: Matching = "steps"
    """What arms have in common: optimiser steps, or what training costs, to which arms' steps are scaled: energy
    evaluations (`compute`), or the operations of matrix products and convolutions."""
    longer: dict[FileName, Longer] = {}
    """Arms that train for as many operations as another arm of the study takes, or for a number of steps, whatever
    `matching` says of the rest: longer = { none-longer = "adversarial", none-900 = 900 }."""
    divergence: Literal["worse-than-zero", "non-finite"] = "worse-than-zero"
    """Which runs count as diverged, at the zero predictor's error or, for non-finite ones, the worst error seen; of a
    metric in points only runs without a finite value, at the worst share there is."""
    interim: bool = False
    """Look once at half of the seeds, and stop there if every comparison is clear or hopeless."""
    workers: Number = 0
    """Runs at a time on this machine; 0: as many as cores allow at `compute.threads` each."""

    keep: Keep = "all"
    """Checkpoints that a finished run keeps: all three that it has at most, its averaged weights alone, or none."""

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

    @field_validator("comparisons")
    @classmethod
    def _comparisons_are_other_arms(
        cls, comparisons: tuple[str, ...] | None, info: ValidationInfo
    ) -> tuple[str, ...] | None:
        arms, baseline = info.data.get("arms", {}), info.data.get("baseline")
        for index, arm in enumerate(comparisons or ()):
            if arms and arm not in arms:
                raise ValueError(unknown("arm", arm, list(arms)))
            if arm == baseline or arm in (comparisons or ())[:index]:
                why = "is the baseline" if arm == baseline else "is named twice"
                raise ValueError(f"{arm!r} {why}; name each of the other arms once")
        return comparisons

    @field_validator("longer")
    @classmethod
    def _longer_arms_are_arms(cls, longer: dict[str, str | int], info: ValidationInfo) -> dict[str, str | int]:
        arms = info.data.get("arms", {})
        for arm, other in longer.items():
            for name in (arm, other) if arms else ():
                if isinstance(name, str) and name not in arms:
                    raise ValueError(unknown("arm", name, list(arms)))
            if other in longer:
                raise ValueError(f"{arm}: {other!r} is such an arm itself; name one of the others")
        return longer

    @property
    def registered(self) -> tuple[str, ...]:
        """The arms whose comparison with the baseline decides."""
        return tuple(arm for arm in self.arms if arm != self.baseline) if self.comparisons is None else self.comparisons


def named_arms(arms: Any) -> Any:
    """Return a study's arms as a table of changes where they are a plain list of names."""
    return {str(name): {"mining.arm": name} for name in arms} if isinstance(arms, list) else arms
