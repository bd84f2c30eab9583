"""The named strategies; `none` has no miner at all."""

from collections.abc import Mapping
from types import MappingProxyType

from ravine.mining.miner import Miner
from ravine.mining.propose import Noise
from ravine.mining.refine import Refine
from ravine.mining.select import Only

NAMED_ARMS: Mapping[str, Miner | None] = MappingProxyType(
    {
        "none": None,
        "random": Miner(Noise(3.0), Refine(0), Only()),
        "adversarial": Miner(Noise(3.0), Refine(2), Only()),
    }
)
"""What each named arm mines with; `adversarial` is IRED's released default on continuous tasks."""
