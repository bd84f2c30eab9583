"""A study's directory: what it holds, whether this study may go on there, and how to fork one that may not."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ravine.analysis.plan import PlannedRun, point_path
from ravine.config.axes import flat
from ravine.config.faults import checked
from ravine.config.study import StudyConfig
from ravine.errors import RunError
from ravine.experiments.owner import FOLDER as OWNER
from ravine.experiments.planning import explored_studies, plan, registration
from ravine.experiments.registering import History, register
from ravine.training.directory import RunDirectory, difference, identity, read_json, write_json

STUDY = "study.json"
ANEW = "choose another --out, where all of it is run again"
RENAME = "give a changed arm another name, which keeps the runs of the others, or choose another --out"


def claim(study: StudyConfig, out: Path) -> History:
    """Make the study's directory and return the registrations it holds; a `RunError` if its runs are of another one.

    More seeds, other arms and other points of axes may be added to a study, and a registration that changes is kept
    beside the earlier ones; what its runs are made of may not change.
    """
    earlier = held_study(study, out)
    out.mkdir(parents=True, exist_ok=True)
    history = register(out, registration(study), None if earlier is None else registration(earlier))
    write_json(out / STUDY, study.model_dump(mode="json"))
    for name, each in explored_studies(study).items():
        point_path(out, name).mkdir(parents=True, exist_ok=True)
        write_json(point_path(out, name) / STUDY, each.model_dump(mode="json"))
    return history


def held_study(study: StudyConfig, out: Path) -> StudyConfig | None:
    """Return the study that a directory holds, if it holds one; a `RunError` if that has other runs, or is no study."""
    file = out / STUDY
    if file.exists():
        held = read_json(file)
        refuse_changed(held, study, out)
        return checked(StudyConfig, held, f"{file}: ")
    if out.exists() and any(path.name != OWNER for path in out.iterdir()):
        raise RunError(f"{out} is not empty and not a study's directory; choose another --out")
    return None


def refuse_changed(held: Mapping[str, Any], study: StudyConfig, out: Path) -> None:
    """Raise a `RunError` that says what changed, and how to fork, if a directory's runs are of another study."""
    wanted = study.model_dump(mode="json")
    both = [arm for arm in wanted["arms"] if arm in held.get("arms", {})]
    bases, arms = [], []
    for each in (held, wanted):
        bases.append({"run": identity(each.get("run", {})), "matching": each.get("matching", "steps")})
        arms.append({"arms": {arm: flat(each["arms"][arm]) for arm in both}})
    for (before, now), fork in ((bases, ANEW), (arms, RENAME)):
        if before != now:
            raise RunError(f"{out} holds another study ({difference(before, now)}); {fork}")


def refuse_trained_otherwise(made_plan: Sequence[PlannedRun]) -> None:
    """Raise a `RunError` if a planned run's directory holds another run, as where its arm's steps are now others."""
    for run in made_plan:
        file = RunDirectory(run.path).config
        if file.exists() and (held := identity(read_json(file))) != (now := identity(run.config)):
            raise RunError(f"{run.path} holds another run ({difference(held, now)}); {RENAME}")


def planned_again(out: Path) -> list[PlannedRun]:
    """Return the plan of the study that a directory holds."""
    file = out / STUDY
    return plan(checked(StudyConfig, read_json(file), f"{file}: "), out)
