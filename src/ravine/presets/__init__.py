"""What ships as data: runs and studies, named arms, mixtures and curricula."""

from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def names(kind: str) -> list[str]:
    """Return the names of the presets in the folder `kind`."""
    return sorted(
        entry.name.removesuffix(".toml") for entry in (FOLDER / kind).iterdir() if entry.name.endswith(".toml")
    )


def read(kind: str, name: str) -> dict[str, Any]:
    """Return the content of a preset."""
    import tomllib  # here, as help needs the names alone

    return tomllib.loads((FOLDER / kind / f"{name}.toml").read_text(encoding="utf-8"))
