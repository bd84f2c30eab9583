"""Conformance kits: what every task, metric, energy, miner and loss must satisfy, shipped or your own.

    from ravine.testing import check_task
    check_task(my_task)

Each check raises an `AssertionError` that says which rule is broken.
"""

from ravine.testing.choices import check_contrast, check_selection
from ravine.testing.denoise import check_denoise
from ravine.testing.energy import check_energy
from ravine.testing.metric import check_metric
from ravine.testing.miner import check_harder, check_miner
from ravine.testing.task import check_task
from ravine.testing.term import check_term

__all__ = [
    "check_contrast",
    "check_denoise",
    "check_energy",
    "check_harder",
    "check_metric",
    "check_miner",
    "check_selection",
    "check_task",
    "check_term",
]
