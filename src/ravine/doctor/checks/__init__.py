"""The checks, a module an idea; importing this package fills the table."""

import importlib
import pkgutil

from ravine.doctor.registry import CHECKS

for found in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(found.name)

__all__ = ["CHECKS"]
