"""Known faults of mining pipelines, each a context manager in which ravine has it.

    from ravine.doctor import faults
    with faults.ascent():
        ...  # every miner's refinement climbs the energy
    with faults.planted("ascent"):
        ...  # the same, by name; `faults.FAULTS` is the table

They change ravine's own classes for a while, so that tests of any project that trains with ravine can use them.
"""

import importlib
import pkgutil

from ravine.doctor.faults.planted import FAULTS, Fault, planted

for found in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(found.name)

__all__ = ["FAULTS", "Fault", "planted", *sorted(name.replace("-", "_") for name in FAULTS)]

globals().update({n.replace("-", "_"): f.plant for n, f in FAULTS.items()})
