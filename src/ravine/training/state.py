"""Everything that a run must remember to go on as if it had never stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ravine.energies.base import Energy
from ravine.seeding import Seeds, capture, restore

GROUPS = ("model", "average", "optimizer", "generator", "memory")
"""What the names of a checkpoint's tensors begin with."""


@dataclass
class TrainingState:
    """Weights, their average, the optimiser, every generator, replay memories, the step, the best validation so far.

    `evaluations`: energy evaluations so far, over all problems; `best`: the validation metric's cost at the best one;
    `rollbacks`: when the run went back to an earlier state, as its records tell of it.
    """

    energy: Energy[Any]
    average: Energy[Any]
    optimizer: torch.optim.Optimizer
    generators: dict[str, torch.Generator]
    memories: dict[str, Tensor] = field(default_factory=dict)
    step: int = 0
    evaluations: int = 0
    best: float = field(default=float("inf"))
    rollbacks: Sequence[Mapping[str, Any]] = ()

    def __post_init__(self) -> None:
        """Lay every parameter out row by row: fused Adam walks weights, gradients and moments in one order."""
        for parameter in self.energy.parameters():
            parameter.data = parameter.data.contiguous()

    def begin(self, weights: Mapping[str, Tensor]) -> None:
        """Take trained weights for the energy and for its average; the optimiser and all else stay as they are."""
        self.energy.load_state_dict(dict(weights))
        self.average.load_state_dict(dict(weights))

    def tensors(self) -> dict[str, Tensor]:
        """Return all tensors of the state, by name, as a checkpoint stores them."""
        result = {f"model/{name}": value for name, value in self.energy.state_dict().items()}
        result |= {f"average/{name}": value for name, value in self.average.state_dict().items()}
        for name, parameter in self.energy.named_parameters():
            for key, value in self.optimizer.state[parameter].items():
                result[f"optimizer/{key}/{name}"] = value
        result |= {f"generator/{name}": value for name, value in capture(self.generators).items()}
        result |= {f"memory/{arm}": value for arm, value in self.memories.items()}
        return {name: value.detach() for name, value in result.items()}

    def load(self, tensors: dict[str, Tensor], anew: Seeds) -> None:
        """Take all tensors of the state from a checkpoint; a `KeyError` or `RuntimeError` says what does not fit.

        `anew`: seeds of the streams that begin anew, where those of the checkpoint are another kind of device's.
        """
        groups: dict[str, dict[str, Tensor]] = {name: {} for name in GROUPS}
        for name, value in tensors.items():
            group, key = name.split("/", 1)
            groups[group][key] = value
        self.energy.load_state_dict(groups["model"])
        self.average.load_state_dict(groups["average"])
        parameters = dict(self.energy.named_parameters())
        self.optimizer.state.clear()
        for name, value in groups["optimizer"].items():
            key, parameter = name.split("/", 1)
            self.optimizer.state[parameters[parameter]][key] = value.to(parameters[parameter].device).clone()
        restore(self.generators, groups["generator"], anew)
        self.memories = {arm: groups["memory"][arm].to(memory.device) for arm, memory in self.memories.items()}
