"""What the configurations of tasks on boards share."""

from abc import ABC
from typing import Annotated

from pydantic import Field, model_validator

from ravine.section import Count, Lax, text
from ravine.tasks.base import TaskConfig
from ravine.tasks.sudoku.shape import Box, square


class BoardsConfig(TaskConfig, ABC):
    """The size of the boards and where those of training come from."""

    metrics = ("solved", "cells", "consistency")

    n: Annotated[int, Field(ge=4, le=36)] = 9
    """Rows, columns and digits."""
    box: Annotated[tuple[int, int] | None, Lax] = None
    """Rows and columns of a box, whose product is n; default: as square as n allows, wide rather than high."""
    boards: Count | None = None
    """Boards in the training pool, which symmetries multiply; default: 4,000 that are made, or all of the source's."""
    source: Annotated[str, text(r"(satnet|rrn):.+", "write satnet:FOLDER or rrn:FOLDER")] | None = None
    """Published boards in the place of `same`'s: a folder with features.pt and labels.pt, or the three CSV files."""
    symmetries: bool = True
    """Show training boards each time under a new symmetry; the released code shows them as they are."""

    @model_validator(mode="after")
    def _boxes_fill_the_board(self) -> "BoardsConfig":
        if self.box is not None and self.box[0] * self.box[1] != self.n:
            raise ValueError(f"box = {list(self.box)} makes boards of {self.box[0] * self.box[1]}, not n = {self.n}")
        if self.box is None and square(self.n) is None:
            raise ValueError(f"n = {self.n} has no box of at least 2 x 2; write 4, 6, 8, 9, 10, 12, 15 or 16")
        return self

    @property
    def shape(self) -> Box:
        """The box."""
        made = Box(*self.box) if self.box is not None else square(self.n)
        assert made is not None
        return made
