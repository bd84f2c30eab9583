"""One seed grows a tree of named generators; no randomness of the library comes from anywhere else."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Seeds:
    """A node of the tree of seeds: the root seed and the path of names that leads to the node.

    Two nodes of different path or root give unrelated streams, so that adding a consumer of randomness moves no other.
    """

    root: int
    path: tuple[str, ...] = ()

    def child(self, *names: str) -> "Seeds":
        """Return the node below this one along `names`."""
        return Seeds(self.root, self.path + names)

    def integer(self) -> int:
        """Return the node's own seed: 63 bits of the SHA-256 of the root seed and the path."""
        text = "/".join((str(self.root), *self.path))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1

    def generator(self, device: torch.device | str = "cpu") -> torch.Generator:
        """Return a fresh generator on `device`, seeded with the node's own seed."""
        return torch.Generator(device=device).manual_seed(self.integer())


def capture(generators: Mapping[str, torch.Generator]) -> dict[str, Tensor]:
    """Return the state of every generator as a uint8 tensor on the CPU, to be stored in a checkpoint."""
    return {name: generator.get_state().clone() for name, generator in generators.items()}


def restore(generators: Mapping[str, torch.Generator], states: Mapping[str, Tensor], anew: Seeds) -> None:
    """Set every generator to its captured state; a `KeyError` names a generator without one.

    The state of another kind of device's generator says nothing to this one, which then begins a stream of `anew`.
    """
    for name, generator in generators.items():
        if states[name].numel() == generator.get_state().numel():
            generator.set_state(states[name].cpu())
        else:
            generator.manual_seed(anew.child(name).integer())
