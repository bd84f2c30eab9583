"""What was registered when: a study's directory remembers every registration, and how many runs had ended by then."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ravine.analysis.outcome import ENDED
from ravine.analysis.plan import Registration
from ravine.analysis.upgrade import MSE
from ravine.training.directory import RunDirectory, read_json, write_json

FILE = "registration.json"
History = list[dict[str, Any]]
"""Registrations in the order they were made: {"registration", "ended_runs"}."""


def register(study: Path, registration: Registration, before: Registration | None = None) -> History:
    """Write a registration to the study's directory and return all there were, the one in force among them.

    One made before any run had ended replaces what was there; a later one is kept beside it. `before`: the
    registration that a directory without such a file was made with.
    """
    file = study / FILE
    history: History = [upgraded(entry) for entry in read_json(file)["history"]] if file.exists() else []
    if not history and before is not None:
        history = [{"registration": plain(before), "ended_runs": 0}]
    if not any(entry["registration"] == plain(registration) for entry in history):
        ended = sum(RunDirectory(path).status()["state"] in ENDED for path in study.glob("runs/*/*"))
        history = [*(history if ended else []), {"registration": plain(registration), "ended_runs": ended}]
    write_json(file, {"history": history})
    return history


def upgraded(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry of the history with the metrics that earlier ones took for granted."""
    return {**entry, "registration": {"metric": MSE, "also": [], "longer": [], **entry["registration"]}}


def plain(registration: Registration) -> dict[str, Any]:
    """Return a registration as JSON holds it."""
    values = asdict(registration)
    comparisons = None if registration.comparisons is None else list(registration.comparisons)
    return {**values, "comparisons": comparisons, "also": list(registration.also), "longer": list(registration.longer)}


def registered_after(history: History, registration: Registration) -> int:
    """Return how many runs had ended when the registration was made."""
    return next((int(e["ended_runs"]) for e in history if e["registration"] == plain(registration)), 0)


def registration_entry(registration: Registration, arms: list[str], history: History) -> dict[str, Any]:
    """Return the registration as an entry of `results.json`, with how late it was made and what there was before."""
    late = registered_after(history, registration)
    before = [entry for entry in history if entry["registration"] != plain(registration)]
    entry: Mapping[str, Any] = plain(registration)
    return {**entry, "comparisons": registration.registered(arms), "registered_after": late, "others": before}
