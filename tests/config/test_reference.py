"""The page of all fields is what the schema says, whatever the schema grows to."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from ravine.config.reference import Part, docstrings, page, parts, section
from ravine.section import Positive, Section

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


class Round(Section):
    """A ball."""

    kind: Literal["round"] = "round"
    radius: Positive | None = None
    """In metres."""


class Square(Section):
    """A box."""

    kind: Literal["square"]
    sides: tuple[int, int] = (1, 2)


Shape = Annotated[Round | Square, Field(discriminator="kind")]


class Shelf(Section):
    """What holds shapes."""

    first: Shape = Round()
    others: dict[str, tuple[Shape, ...]] = {}


def test_the_page_is_what_the_schema_says() -> None:
    wanted = PAGE.read_text(encoding="utf-8")
    assert wanted == page(), "write it again: python -m ravine.config.reference > docs/configuration.md"


def test_unions_lists_and_tables_are_walked() -> None:
    found = [(part.path, part.tag, part.model, part.default) for part in parts(Shelf)]
    assert found == [
        ("first", '"round"', Round, True),
        ("first", '"square"', Square, False),
        ("others.NAME[]", '"round"', Round, False),
        ("others.NAME[]", '"square"', Square, False),
    ]


def test_a_section_says_values_defaults_and_meanings() -> None:
    assert "| `radius` | number, > 0 |  | In metres. |" in section(Part("first", '"round"', Round))
    lines = section(Part("first", '"square"', Square)).splitlines()
    assert lines[0] == '### `first` with `kind` = "square"'
    assert '| `kind` | `"square"` | required |  |' in lines
    assert "| `sides` | list of 2: integer | `[1, 2]` |  |" in lines
    assert docstrings(Round) == {"radius": "In metres."}
