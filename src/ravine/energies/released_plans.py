"""Weights of the released sorting networks, read into ours."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ravine.energies.plain_plan import PlainPlan
from ravine.energies.relational_plan import RelationalPlan
from ravine.energies.released import EMBEDDING_NAMES, renamed


def names(blocks: int, first: tuple[int, ...], second: tuple[int, ...]) -> dict[str, str]:
    """Return released layer names and ours; `first`, `second`: the orders that each relational layer makes.

    What is released and leads nowhere, the second layers' other orders, has no name of ours and is left out.
    """
    found = dict(EMBEDDING_NAMES)
    for block in range(blocks):
        for layer, orders in enumerate((first, second)):
            theirs, ours = f"block{block + 1}.nlm.layers.{layer}.logic", f"blocks.{block}.layers.{layer}.orders"
            found |= {f"{theirs}.{order}.layer.0.mlp.0": f"{ours}.{order}" for order in orders}
        found[f"block{block + 1}.conv"] = f"blocks.{block}.conv"
    return {**found, "fc_out": "leave"}


def relational_plan_from_released(tensors: Mapping[str, Tensor], landscapes: int = 10) -> RelationalPlan:
    """Return the energy of relational plans with the weights of a released `gnn-conv` for sorting.

    Names may carry any prefix, averaged weights are preferred; a `CheckpointError` names the first that is missing.
    """
    weights = renamed(tensors, names(3, (1, 2, 3), (2,)), "gnn-conv")
    energy = RelationalPlan((6, 7), landscapes, torch.Generator(), 32, 3, 32)
    energy.load_state_dict(weights)
    return energy


def plain_plan_from_released(tensors: Mapping[str, Tensor], landscapes: int = 10) -> PlainPlan:
    """Return the energy of plain plans with the weights of a released `gnn-conv-1d`; otherwise as the other."""
    weights = renamed(tensors, names(2, (0, 1, 2), (1,)), "gnn-conv-1d")
    energy = PlainPlan(3, landscapes, torch.Generator(), 32, 2, 32)
    energy.load_state_dict(weights)
    return energy
