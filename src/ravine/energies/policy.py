"""A policy that compares: which places are chosen, given how surely which value is where."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ravine.energies.initial import linear, normal

RELATIONS = 4


class Policy(nn.Module):
    """Logits of choices among places, read from `rounds` tied rounds in which places hear of one another.

        m = softplus(M z);   h_i = [1 - exp(-sum_j R_ij m_j) for four relations R];   z += W2 silu(W0 z + V h + b) + b2

    The relations: j is before or after i, and holds a smaller or a larger value; the latter as surely as beliefs say.
    A place is known by nothing else: logits move with the places if places and values keep their order.
    """

    def __init__(self, choices: int, generator: torch.Generator, channels: int, hidden: int, rounds: int) -> None:
        super().__init__()
        self.rounds = rounds
        self.first = normal((channels,), 1.0, generator)
        self.say = linear(channels, channels, generator)
        self.hear = linear((1 + RELATIONS) * channels, hidden, generator)
        self.change = linear(hidden, channels, generator)
        self.read = linear(channels, choices, generator, bias=False)

    def forward(self, at: Float[Tensor, "b n n"]) -> Float[Tensor, "b choices n"]:
        """Return the logits for beliefs `at`, (b, places, values), values in rising order."""
        relations = compared(at)
        z = self.first.expand(*at.shape[:2], -1)
        for _ in range(self.rounds):
            rates = relations @ nn.functional.softplus(self.say(z))[:, None]
            heard = -torch.expm1(-rates).movedim(1, 2).flatten(2)
            z = z + self.change(nn.functional.silu(self.hear(torch.cat([z, heard], 2))))
        logits: Tensor = self.read(z)
        return logits.mT


def compared(at: Float[Tensor, "b n n"]) -> Float[Tensor, "b four n n"]:
    """Return how surely [i, j]: j is before (0, 1) or after (2, 3) i, and holds a smaller (0, 2) or a larger value."""
    n = at.shape[1]
    below = torch.ones(n, n, dtype=at.dtype, device=at.device).tril(-1)
    smaller = at @ below @ at.mT
    pairs = [side * value for side in (below, below.mT) for value in (smaller, smaller.mT)]
    return torch.stack(pairs, 1)
