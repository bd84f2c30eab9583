"""What every part of a configuration is made of: frozen, typed, closed to fields that it does not know."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, lt=1)]
Proportion = Annotated[float, Field(ge=0, le=1)]


def of_the_machine(value: int) -> int:
    """Return a whole number that a processor can hold."""
    if value >= 2**63:
        raise ValueError(f"expected a whole number below 2^63, not {value}")
    return value


Count = Annotated[int, Field(ge=1), AfterValidator(of_the_machine)]
Number = Annotated[int, Field(ge=0), AfterValidator(of_the_machine)]


Lax = Field(strict=False)
"""For tuples: TOML and JSON know lists alone. What is inside stays strict: true is no 1, and "5" is no 5."""


def text(pattern: str, meaning: str) -> AfterValidator:
    """Return the check that a text has the form `pattern`, which `meaning` puts in words for those who see no regex."""

    def checked(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{meaning}, not {value!r}")
        return value

    return AfterValidator(checked)


class Section(BaseModel):
    """A part of the configuration: frozen, and closed to fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)
