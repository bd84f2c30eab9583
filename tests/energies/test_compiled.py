"""What may be compiled of an energy, and what is refused since nothing would be."""

from typing import cast

import pytest
import torch
from torch import nn

from ravine.descent import Descent
from ravine.diffusion import Diffusion
from ravine.energies.base import refuse_compiled
from ravine.energies.mlp import MLP
from ravine.errors import InputError
from ravine.mining.contrast.softplus import Softplus
from ravine.objective import Objective
from ravine.solver import Solver
from ravine.tasks.matrices.inverse import Inverse

TASK = Inverse(3)
DIFFUSION = Diffusion.cosine(4)


def made() -> MLP:
    return MLP(TASK.x_shape, TASK.y_shape, 4, torch.Generator().manual_seed(0), width=8, embedding_width=8)


def test_a_wrapped_energy_is_refused() -> None:
    with pytest.raises(InputError, match="energy_and_gradient"):
        refuse_compiled(cast("nn.Module", torch.compile(made(), backend="eager")))


def test_objective_and_solver_refuse_a_module_compiled_in_place() -> None:
    energy = made()
    energy.compile(backend="eager")
    with pytest.raises(InputError, match="forward alone"):
        Objective(energy, DIFFUSION, TASK, Softplus())
    with pytest.raises(InputError, match="forward alone"):
        Solver(DIFFUSION, Descent(1), 2.0).solve(energy, TASK.sample(2, torch.Generator()), torch.zeros(1, 2, 3, 3))
