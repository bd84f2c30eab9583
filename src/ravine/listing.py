"""What there is to name in a configuration, read off the sources: nothing is imported, so that a list is quick."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoints, entry_points
from pathlib import Path
from typing import Any

from ravine import models, presets

CHOICES: Mapping[str, tuple[str, str]] = {
    "tasks": ("tasks", "ravine.tasks"),
    "energies": ("energies", "ravine.energies"),
    "denoising losses": ("denoise", "ravine.denoise"),
    "proposals": ("mining/propose", "ravine.propose"),
    "refinements": ("mining/refine", "ravine.refine"),
    "selections": ("mining/select", "ravine.select"),
    "contrasts": ("mining/contrast", "ravine.contrast"),
    "trackers": ("tracking", "ravine.trackers"),
}
"""Kinds of choices, the folder of each, and the group of entry points by which installed packages add theirs."""
METRICS = "ravine.metrics"
"""The group of entry points by which installed packages add metrics; a task's own come with it."""
TERMS = "ravine.terms"
"""The group of entry points by which installed packages add terms of the loss."""
READ = re.compile(r"^ +(?:name|kind|metrics|splits|best_rule)\b.*[:=]|Literal\[", re.MULTILINE)
"""What is read off a module: one without any of it need not be parsed, which takes most of a list's time."""
FUNCTION = re.compile(r"^(?: {4})?(?:@|def |async def ).*?(?=^[^\s)]|\Z)", re.MULTILINE | re.DOTALL)
"""Functions, and a class's lines from its first method on: half of the sources, and nothing is read off them."""
Assigned = Mapping[str, ast.expr]
"""What a module assigns, by name."""
OWN = "one of your own: its factory, as module:callable"
ANY = {"module:callable": "one of your own"}


def everything() -> dict[str, dict[str, str]]:
    """Return every kind of thing that can be named, and of each kind the names with a line on what they are."""
    arms = {name: words(table) for name, table in presets.read("mining", "arms").items()}
    mixtures = {name: words(shares) for name, shares in presets.read("mining", "mixtures").items()}
    points = entry_points()  # once, as every package's files are read for them
    curricula = {name: stages(entry["stages"]) for name, entry in presets.read("mining", "curricula").items()}
    return {
        **{kind: choices(folder, points.select(group=group)) for kind, (folder, group) in CHOICES.items()},
        **{f"released names of {kind}": released(kind) for kind in ("tasks", "energies")},
        "metrics beside a task's own": installed(points.select(group=METRICS)) | ANY,
        "terms of the loss beside ours": installed(points.select(group=TERMS)) | ANY,
        "arms": {"none": "no mining", **arms, **mixtures},
        "curricula": curricula,
        "models (ravine solve --model)": {name: models.about(name) for name in models.names()},
        "run presets (ravine train)": {name: comment("runs", name) for name in presets.names("runs")},
        "study presets (ravine compare)": {name: comment("studies", name) for name in presets.names("studies")},
    }


def choices(folder: str, points: EntryPoints) -> dict[str, str]:
    """Return the choices that ship in a folder, those of installed packages, and how to name one's own."""
    shipped = dict(sorted(Sources.of(Path(__file__).parent / folder).named()))
    return {**shipped, **installed(points), "custom": OWN}


def released(kind: str) -> dict[str, str]:
    """Return what the released code's names stand for here, where they are not ours."""
    return {name: in_our_words(table) for name, table in presets.read("released", kind).items()}


def in_our_words(table: Mapping[str, object]) -> str:
    """Return what a released name stands for: our name, further fields, and what is to be said besides."""
    fields = [f"{key} = {value}" for key, value in table.items() if key not in {"name", "says"}]
    return "; ".join([", ".join([str(table["name"]), *fields]), *([str(table["says"])] if "says" in table else [])])


def installed(points: EntryPoints) -> dict[str, str]:
    """Return the names that installed packages give to entry points, with what each stands for."""
    return {point.name: point.value for point in points}


@dataclass(frozen=True)
class Sources:
    """The classes in a folder's modules, each with what its module assigns, and what that imports of the others."""

    classes: Sequence[tuple[ast.ClassDef, Assigned]]

    @classmethod
    def of(cls, folder: Path) -> "Sources":
        """Return the sources below a folder."""
        files = {
            ".".join(file.relative_to(folder).with_suffix("").parts): file for file in sorted(folder.rglob("*.py"))
        }
        texts = {name: file.read_text(encoding="utf-8") for name, file in files.items()}
        trees = {name: ast.parse(FUNCTION.sub("", text)) for name, text in texts.items() if READ.search(text)}
        own = {name: dict(pair for node in tree.body for pair in assignments(node)) for name, tree in trees.items()}
        scopes = {name: {**dict(imports(tree, own)), **own[name]} for name, tree in trees.items()}
        found = ((node, scopes[name]) for name, tree in trees.items() for node in tree.body)
        return cls([(node, scope) for node, scope in found if isinstance(node, ast.ClassDef)])

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield every name by which a class is chosen, with the class's line."""
        for node, assigned in self.classes:
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and ast.unparse(field.target) in {"name", "kind"}:
                    for name in literals(field.annotation, assigned):
                        yield name, self.line(node, name)

    def line(self, node: ast.ClassDef, name: str) -> str:
        """Return a class's first sentence, and of a task its metrics, splits and best trivial rule."""
        sentence = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
        best = self.value(node, "best_rule")
        if not best:
            return sentence
        metrics, splits = (", ".join(self.value(node, of)) for of in ("metrics", "splits"))
        rule = best[name] if isinstance(best, Mapping) else best
        return f"{sentence} Metrics: {metrics}; splits: {splits}; best trivial rule: {rule}."

    def value(self, node: ast.ClassDef, attribute: str) -> Any:
        """Return the literal that a class, or the first of its parents that does, gives to an attribute; else None."""
        own = dict(pair for line in node.body for pair in assignments(line))
        if attribute in own:
            return ast.literal_eval(own[attribute])
        bases = {ast.unparse(base) for base in node.bases}
        parents = (each for each, _ in self.classes if each.name in bases)
        return next((held for each in parents if (held := self.value(each, attribute)) is not None), None)


def imports(tree: ast.Module, own: Mapping[str, Assigned]) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a module imports of what the modules of its folder assign, by their names in the folder."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            source = next((name for name in own if f".{node.module}".endswith(f".{name}")), "")
            for alias in node.names:
                if alias.name in own.get(source, {}):
                    yield alias.asname or alias.name, own[source][alias.name]


def literals(annotation: ast.expr, assigned: Assigned) -> tuple[str, ...]:
    """Return the words of a Literal, or of the one that a name stands for; none of another annotation."""
    if isinstance(annotation, ast.Name) and annotation.id in assigned:
        return literals(assigned[annotation.id], {})
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Literal":
        held = ast.literal_eval(annotation.slice)
        return held if isinstance(held, tuple) else (held,)
    return ()


def assignments(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that a statement assigns to, with the expression."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    for target in targets:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(target, ast.Name) and node.value is not None:
            yield target.id, node.value


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
