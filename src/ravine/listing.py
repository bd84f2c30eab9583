"""What there is to name in a configuration, read off the sources: nothing is imported, so that a list is quick."""

import ast
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path

from ravine import presets

CHOICES: Mapping[str, tuple[str, str]] = {
    "tasks": ("tasks", "ravine.tasks"),
    "energies": ("energies", "ravine.energies"),
    "denoising losses": ("denoise", "ravine.denoise"),
    "proposals": ("mining/propose", "ravine.propose"),
    "refinements": ("mining/refine", "ravine.refine"),
    "selections": ("mining/select", "ravine.select"),
    "contrasts": ("mining/contrast", "ravine.contrast"),
}
"""Kinds of choices, the folder of each, and the group of entry points by which installed packages add theirs."""
METRICS = "ravine.metrics"
"""The group of entry points by which installed packages add metrics; a task's own come with it."""
TERMS = "ravine.terms"
"""The group of entry points by which installed packages add terms of the loss."""
OWN = "one of your own: its factory, as module:callable"


def everything() -> dict[str, dict[str, str]]:
    """Return every kind of thing that can be named, and of each kind the names with a line on what they are."""
    arms = {name: words(table) for name, table in presets.read("mining", "arms").items()}
    mixtures = {name: words(shares) for name, shares in presets.read("mining", "mixtures").items()}
    curricula = {name: stages(entry["stages"]) for name, entry in presets.read("mining", "curricula").items()}
    return {
        **{kind: choices(folder, group) for kind, (folder, group) in CHOICES.items()},
        "metrics beside a task's own": {**installed(METRICS), "module:callable": "one of your own"},
        "terms of the loss beside ours": {**installed(TERMS), "module:callable": "one of your own"},
        "arms": {"none": "no mining", **arms, **mixtures},
        "curricula": curricula,
        "run presets (ravine train)": {name: comment("runs", name) for name in presets.names("runs")},
        "study presets (ravine compare)": {name: comment("studies", name) for name in presets.names("studies")},
    }


def choices(folder: str, group: str) -> dict[str, str]:
    """Return the choices that ship in a folder, those of installed packages, and how to name one's own."""
    files = sorted((Path(__file__).parent / folder).rglob("*.py"))
    shipped = dict(sorted(pair for file in files for pair in named(ast.parse(file.read_text(encoding="utf-8")))))
    return {**shipped, **installed(group), "custom": OWN}


def installed(group: str) -> dict[str, str]:
    """Return the names that installed packages give to a group of entry points, with what each stands for."""
    return {point.name: point.value for point in entry_points(group=group)}


def named(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the name and the first sentence of every class of a module that has a literal `name` or `kind`."""
    for node in tree.body:
        for field in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(node, ast.ClassDef) and isinstance(field, ast.AnnAssign) and is_tag(field):
                line = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
                yield ast.literal_eval(field.value) if field.value else "", line


def is_tag(field: ast.AnnAssign) -> bool:
    """Return whether a field is the literal by which its class is chosen."""
    literal = isinstance(field.annotation, ast.Subscript) and ast.unparse(field.annotation.value) == "Literal"
    return literal and ast.unparse(field.target) in {"name", "kind"}


def words(table: Mapping[str, object]) -> str:
    """Return an arm's choices, or a mixture's shares, in one line."""
    parts = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            value = ", ".join(str(each) if name == "kind" else f"{name} = {each}" for name, each in value.items())
        parts.append(f"{key}: {value}")
    return "; ".join(parts) or "noise alone"


def stages(entries: list[dict[str, object]]) -> str:
    """Return a curriculum's stages in one line."""
    return ", ".join(f"{entry['arm']} from {entry.get('start', 0)}" for entry in entries) or "mining.arm all the time"


def comment(kind: str, name: str) -> str:
    """Return the first line of a preset's comment."""
    first = (presets.FOLDER / kind / f"{name}.toml").read_text(encoding="utf-8").splitlines()[0]
    return first.removeprefix("#").strip()
