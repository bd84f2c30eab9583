"""The trained models that ship: a folder each, as `ravine export` writes it."""

from pathlib import Path

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Return the names of the models."""
    return sorted(entry.name for entry in FOLDER.iterdir() if (entry / "config.json").is_file())


def folder(name: str) -> Path:
    """Return the folder of a model."""
    return FOLDER / name


def about(name: str) -> str:
    """Return the line under the title of a model's card."""
    lines = (FOLDER / name / "README.md").read_text(encoding="utf-8").splitlines()
    title = lines.index(f"# {name}")
    return next(line for line in lines[title + 1 :] if line)
