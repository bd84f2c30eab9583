"""Answers of two kinds side by side: states in a space of their own, and choices of one node among all."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from ravine.tasks.answers import AnswerSpace, OneHot

CHOICE = OneHot()


@dataclass(frozen=True)
class StatesAndChoices(AnswerSpace):
    """Entries (b, steps, *nodes, channels): the first `channels` live in `states`, the others are choices of a node.

    Every channel of a choice is one one-hot group a step, over all of the `axes` axes of nodes: the node (of two axes,
    the pair of nodes) that is chosen has +1, the others -1. Cells are those of the states, then a step's choices.
    """

    states: AnswerSpace
    channels: int = 1
    axes: int = 1

    def decode(self, y: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *answer"]:
        """Return the nearest states and the nodes of the greatest entries."""
        return self._joined(self.states.decode(self._states(y)), CHOICE.decode(self._choices(y)), y)

    def cells(self, entries: Bool[Tensor, "b *answer"]) -> Bool[Tensor, "b cells"]:
        """Return which cells of the states, and then which choices, hold any of the entries."""
        choices = CHOICE.cells(self._choices(entries))
        return torch.cat([self.states.cells(self._states(entries)), choices], 1)

    def spread(self, cells: Bool[Tensor, "b cells"], like: Float[Tensor, "b *answer"]) -> Bool[Tensor, "b *answer"]:
        """Return every entry of the cells."""
        choices = like.shape[1] * (like.shape[-1] - self.channels)
        of_states = self.states.spread(cells[:, : cells.shape[1] - choices], self._states(like))
        of_choices = CHOICE.spread(cells[:, cells.shape[1] - choices :], self._choices(like))
        return self._joined(of_states, of_choices, like)

    def redrawn(self, y: Float[Tensor, "b *answer"], generator: torch.Generator) -> Float[Tensor, "b *answer"]:
        """Return other states and other choices in every cell."""
        states = self.states.redrawn(self._states(y), generator)
        return self._joined(states, CHOICE.redrawn(self._choices(y), generator), y)

    def shown(self, y: Float[Tensor, "b *answer"]) -> Float[Tensor, "b *shown"]:
        """Return every step's states, flat, and then the number of each node that is chosen, (b, steps, numbers)."""
        states = self.states.shown(self._states(y)).flatten(2)
        return torch.cat([states, CHOICE.shown(self._choices(y))], 2)

    def _states(self, y: Tensor) -> Tensor:
        return y[..., : self.channels]

    def _choices(self, y: Tensor) -> Tensor:
        """Return the choices, (b, steps, choices, nodes), the axes of nodes made one."""
        return y[..., self.channels :].movedim(-1, 2).flatten(3)

    def _joined(self, states: Tensor, choices: Tensor, like: Tensor) -> Tensor:
        """Return both, shaped as the answers `like`."""
        nodes = like.shape[2 : 2 + self.axes]
        return torch.cat([states, choices.reshape(*choices.shape[:3], *nodes).movedim(2, -1)], -1)
