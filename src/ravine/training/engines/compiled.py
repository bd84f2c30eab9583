"""The engine that compiles an objective: what lies between two matrix products becomes one pass over memory."""

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from ravine.energies.base import Energy
from ravine.objective import Objective
from ravine.training.engines.base import Engine

OPTIONS: dict[str, Any] = {"combo_kernels": True}
"""Of PyTorch's compiler: small kernels that need nothing of one another are one, which a GPU starts faster."""


@dataclass(frozen=True)
class Compiled(Engine):
    """`torch.compile` of refinement, selection and losses as one graph; `backend`: PyTorch's compiler.

    An objective that turns out not to be compilable is computed eagerly from then on, and a warning says why.
    """

    name: ClassVar[str] = "compiled"
    backend: str | Callable[..., Any] = "inductor"

    def prepared(self, objective: Objective) -> Objective:
        """Return the objective, its weights and parts shared, compiled when first called."""
        twin = copy.copy(objective)
        twin.__dict__["forward"] = self.computed(objective.forward)
        return twin

    def computed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of tensors, compiled when first called."""
        import torch._functorch.config as functorch  # here, as what compiles nothing need not import it

        # Where gradients of one loss are taken twice, as for their balance, buffers must outlive the first time.
        functorch.donated_buffer = False
        # PyTorch's compiler looks at gradients of what is no leaf, and then warns of its own doing.
        warnings.filterwarnings("ignore", message=r"The \.grad attribute of a Tensor that is not a leaf")
        return Program(function, self.backend)

    def misfit(self, energy: Energy[Any], device: torch.device) -> str | None:
        """Return why an energy cannot be compiled: its gradient is autograd's, or it is another one at every step."""
        kind = type(energy)
        if not kind.has_energy or kind.energy_and_gradient is Energy.energy_and_gradient:
            return f"{kind.__name__} has no gradient in closed form, and none that is differentiated twice compiles"
        if kind.draw_variant is not Energy.draw_variant or kind.varied is not Energy.varied:
            return f"{kind.__name__} draws another number of rounds at every step"
        return None


def uncompiled(objective: Objective) -> Objective:
    """Return an objective as it is written, its weights and parts shared, whether it was prepared or not."""
    twin = copy.copy(objective)
    twin.__dict__.pop("forward", None)
    return twin


class Program:
    """A function, compiled at its first call, or the function itself if that fails."""

    def __init__(self, function: Callable[..., Any], backend: str | Callable[..., Any]) -> None:
        self.function = function
        options = OPTIONS if backend == "inductor" else None
        self.call: Callable[..., Any] = torch.compile(function, backend=backend, options=options)

    def __call__(self, *arguments: Any) -> Any:
        """Return what the function returns."""
        try:
            return self.call(*arguments)
        except torch._dynamo.exc.TorchDynamoException as error:
            self.call = self.function
            why = " ".join(str(error).strip().splitlines()[:2])
            warnings.warn(f"compute.engine: {self.function.__qualname__} runs eagerly, {why}", stacklevel=2)
            return self.function(*arguments)
