"""The package's version, and the identity of the code that decides a run's numbers."""

import hashlib
from functools import cache
from pathlib import Path

VERSION = "0.1.0"
NUMERIC = (
    *("batch", "build", "contrast", "descent", "diffusion", "energies", "evaluation/score", "mining", "objective"),
    *("seeding", "solver", "tasks", "training"),
)
"""Modules and packages on which the numbers of a run depend."""


@cache
def code_version() -> str:
    """Return the version with the first 8 hexadecimal digits of the SHA-256 of the code that decides numbers."""
    root, digest = Path(__file__).parent, hashlib.sha256()
    for name in NUMERIC:
        module = root / f"{name}.py"
        for file in [module] if module.exists() else sorted((root / name).rglob("*.py")):
            digest.update(file.relative_to(root).as_posix().encode() + file.read_bytes())
    return f"{VERSION}+{digest.hexdigest()[:8]}"
