"""What a run is computed with: shown where it changes, never part of the run's identity."""

import platform
import socket
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ravine.version import VERSION

CPU_INFO = Path("/proc/cpuinfo")
INFORMATION = frozenset({"host", "engine_why"})
"""Fields that tell where a run was or why it was computed so, and nothing of its numbers."""
Environment = dict[str, Any]


def environment(device: torch.device) -> Environment:
    """Return the versions, the device and its name, CPU threads, processor, and the host's name as information."""
    return {
        "ravine": VERSION,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "device": str(device),
        "device_name": torch.cuda.get_device_name(device) if device.type == "cuda" else processor(),
        "threads": torch.get_num_threads(),
        "processor": processor(),
        "host": socket.gethostname(),
    }


def processor() -> str:
    """Return the processor's model, or its architecture where the system tells no more."""
    lines = CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines() if CPU_INFO.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "") or platform.processor() or platform.machine()


def changed(before: Environment, after: Environment) -> str:
    """Return in words in which fields two environments differ, as in "torch 2.11.0, then 2.12.0"; "" for none."""
    fields = [name for name in dict.fromkeys([*before, *after]) if name not in INFORMATION]
    return "; ".join(
        f"{name.replace('_', ' ')} {before.get(name)}, then {after.get(name)}"
        for name in fields
        if before.get(name) != after.get(name)
    )
