"""Fields of any type are traced, or skipped with a reason."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from ravine.config import RunConfig
from ravine.doctor.examine import examine
from ravine.doctor.own import Own
from ravine.doctor.own.fields import other, traced_fields
from ravine.registry import NamedExternal
from ravine.section import Positive, Section

Config = Callable[..., RunConfig]


class Many(Section):
    """A field of every type."""

    flag: bool = True
    even: Annotated[int, Field(ge=4, multiple_of=2)] = 4
    small: Annotated[int, Field(ge=1, le=2)] = 2
    share: Annotated[float, Field(gt=0, le=1)] = 0.9
    form: Literal["wide", "deep"] = "wide"
    limit: Positive | None = None
    sizes: tuple[int, ...] = (1, 2)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("flag", False),
        ("even", 8),
        ("small", 1),
        ("share", 0.18),
        ("form", "deep"),
        ("limit", 0.05),
        ("sizes", None),
    ],
)
def test_another_value_that_a_field_may_have(name: str, wanted: Any) -> None:
    assert other(Many(), name) == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)


def test_an_energy_of_one_s_own_is_skipped_with_a_reason(config: Config) -> None:
    energy = NamedExternal(name="custom", factory="module:energy", options={"width": [1, 2]})
    own = config("mlp").model_copy(update={"energy": energy})
    assert traced_fields(own, [], contrasting=True)["energy.options"] == (
        {},
        "only its factory knows which options are allowed",
    )


def test_a_solver_whose_answers_all_lie_at_its_bound_shows_nothing_of_its_steps(config: Config) -> None:
    made = Own(config("matrix", "solve.bound=1e-6"))
    (finding,) = examine(made, codes=["D105"]).findings
    assert finding.status == "pass", finding.says
    assert finding.evidence["skipped"]["solve.steps"].startswith(
        "all answers of the solver or the arm lie at the bound"
    )
