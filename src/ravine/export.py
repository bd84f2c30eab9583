"""A finished run as a folder that model hubs take: weights, configuration, scores, and a card that says what it is."""

import json
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ravine import presets, runs
from ravine.config.axes import flat
from ravine.config.schema import RunConfig
from ravine.config.sources import read_run
from ravine.errors import InputError, RunError
from ravine.experiments.collecting import study_baselines
from ravine.report.card import Card, Problems
from ravine.report.reading.directory import read
from ravine.training import exported
from ravine.training.directory import RunDirectory, identity, read_json, write_json
from ravine.training.files import write_atomically

MOST_WORDS = 5
"""A run that differs from a preset in more fields is its own."""


def export(run: str | Path, out: str | Path) -> Path:
    """Write a finished run's averaged weights, configuration, scores and card into `out`, and return that folder.

    `out` is new or empty; its name is the model's. The baselines are measured, unless the run's `baselines.json` has
    them. Raises `RunError` for a run that is not finished, and `InputError` for a folder that holds something.
    """
    source, target = Path(run), Path(out)
    check_source(source)
    check_target(target)
    loaded = runs.load(source)
    study_baselines(loaded.config, source)
    text = card_of(target.resolve().name, loaded).text()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as aside:
        folder = Path(aside) / "model"
        folder.mkdir()
        write_json(folder / exported.CONFIG, without_places(loaded.config))
        write_atomically(folder / exported.CARD, text.encode())
        write_atomically(folder / loaded.directory.evaluation.name, loaded.directory.evaluation.read_bytes())
        exported.write(folder, loaded.energy.state_dict(), {"step": loaded.step, "version": version_of(loaded)})
        folder.replace(target)
    return target


def check_source(run: Path) -> None:
    """Raise an error that says why what is in a directory cannot be exported, if so."""
    if (run / "study.json").exists() or (run / "results.json").exists():
        raise InputError(f"{run}: a study's directory; export one of its runs, as in {run}/runs/ARM/seed-0")
    if not (run / exported.CONFIG).exists():
        raise RunError(f"{run}: not a run's directory (no config.json)")
    if exported.is_exported(run):
        raise InputError(f"{run}: a model already; copy the folder")
    state = RunDirectory(run).status()["state"]
    if state != "finished":
        hint = "" if state == "diverged" else f"; finish it with `ravine train {run}/config.json --out {run} --resume`"
        raise RunError(f"{run}: the run is {state}, and only a finished one has scores to report{hint}")


def check_target(out: Path) -> None:
    """Raise an `InputError` if a folder cannot be written to `out`."""
    if out.is_dir() and any(out.iterdir()):
        raise InputError(f"--out {out}: not empty; name a new folder, which is the model's name")
    if out.exists() and not out.is_dir():
        raise InputError(f"--out {out}: a file; name a new folder, which is the model's name")


def card_of(name: str, loaded: runs.LoadedRun) -> Card:
    """Return a finished run's card under a name."""
    path, problems = loaded.directory.path, problems_of(loaded.directory)
    weights = sum(parameter.numel() for parameter in loaded.energy.parameters())
    command = command_of(loaded.config)
    return Card(name, read(path), loaded.config, problems, weights, loaded.task.verifiable, command, version_of(loaded))


def problems_of(directory: RunDirectory) -> Problems:
    """Return every test problem's metrics; a `RunError` if the file cannot be read."""
    try:
        with directory.errors.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except (ValueError, OSError, BadZipFile) as error:
        raise RunError(f"{directory.errors}: cannot be read ({error}); train the run again") from None


def version_of(loaded: runs.LoadedRun) -> str:
    """Return the version of the code that trained a run."""
    return str(read_json(loaded.directory.evaluation)["version"])


def command_of(config: RunConfig) -> str:
    """Return what trains such a run: the nearest shipped preset with the few fields that differ, or its own file."""
    wanted = flat(identity(config.model_dump(mode="json")))
    chosen = {field: wanted[field] for field in ("task.name", "energy.name")}
    words: dict[str, list[str]] = {}
    for name in presets.names("runs"):
        held = flat(identity(read_run(name).model_dump(mode="json")))
        if wanted.keys() == held.keys() and chosen.items() <= held.items():
            words[name] = [f"{field}={json.dumps(value)}" for field, value in wanted.items() if value != held[field]]
    nearest = min(words, key=lambda name: len(words[name]), default=None)
    if nearest is None or len(words[nearest]) > MOST_WORDS or any(word.endswith("=null") for word in words[nearest]):
        return f"ravine train {exported.CONFIG}"
    return shlex.join(["ravine", "train", nearest, *words[nearest]])


def without_places(config: RunConfig) -> Mapping[str, Any]:
    """Return a run's fields without the path of the run that it began with: only the name of its folder stays."""
    fields: dict[str, Any] = json.loads(config.model_dump_json())
    if (begun := fields["training"]["start_from"]) is not None:
        fields["training"]["start_from"] = Path(begun).name
    return fields
