"""A study from its configuration to its results: plan, run, collect, report."""

import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ravine import build
from ravine.analysis.interim import FILE as INTERIM
from ravine.analysis.interim import half, look
from ravine.analysis.measure import measures_of
from ravine.analysis.outcome import read_run
from ravine.analysis.pairing import comparisons
from ravine.analysis.plan import PlannedRun
from ravine.config.faults import unknown
from ravine.config.points import places
from ravine.config.sources import arm_run
from ravine.config.study import StudyConfig
from ravine.errors import ConfigurationError, RunError
from ravine.experiments.claiming import STUDY, claim, held_study, refuse_trained_otherwise
from ravine.experiments.collecting import collected, study_baselines
from ravine.experiments.executors.base import ExecutorConfig
from ravine.experiments.executors.coordinator import ATTEMPTS, Coordinator
from ravine.experiments.executors.local import LocalConfig
from ravine.experiments.owner import Ownership
from ravine.experiments.planning import check_study, pinned, plan, recorded_metrics, registration
from ravine.experiments.progress import Progress
from ravine.experiments.registering import History
from ravine.experiments.standing import PlannedRow, write_plan
from ravine.launch import require_alone
from ravine.report.listing import unended_runs
from ravine.report.page import NAME, write
from ravine.runs.threads import check_threads
from ravine.training.directory import read_json, write_json


@dataclass(frozen=True)
class Outcome:
    """A study's results, the page that tells of them, and whether every planned run was tried."""

    results: dict[str, Any]
    page: Path
    complete: bool

    @property
    def unended(self) -> list[str]:
        """The runs that neither finished nor diverged, each with its state and the reason."""
        return unended_runs(self.results)


def compare(
    study: StudyConfig,
    out: str | Path,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    stop: Callable[[], bool] = lambda: False,
    executor: ExecutorConfig | None = None,
) -> Outcome:
    """Run what a study still lacks in the directory `out`, and write `results.json` and the report.

    Finished and diverged runs are not repeated; interrupted ones go on from their newest checkpoint. Runs that failed
    stand in the result; a `RunError` with the first one's reason if not a single run came to its end. A `RunError` says
    who owns the study where another process is at it. `executor`: where runs are started; processes of this machine
    by default.
    """
    outcome = run_study(study, out, on_progress, stop, executor=executor)
    total = sum(len(entry["runs"]) for entry in outcome.results.get("arms", {}).values())
    total += sum(
        len(runs) for place in outcome.results.get("axes", ()) if place["name"] for runs in place["arms"].values()
    )
    if total and len(outcome.unended) == total:
        raise RunError(f"{out}: none of {total} runs came to an end; {outcome.unended[0]}; mend it and compare again")
    return outcome


def run_study(
    study: StudyConfig,
    out: str | Path,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    stop: Callable[[], bool] = lambda: False,
    command: str = "",
    executor: ExecutorConfig | None = None,
    attempts: int = ATTEMPTS,
) -> Outcome:
    """Do what `compare` does, for any states in which runs end; `command` goes into the report.

    `attempts`: deaths of a run in a row at the same checkpoint after which it has failed.
    """
    require_alone()
    check_study(study)
    study, out = pinned(study), Path(out)
    chosen = executor or LocalConfig(workers=study.workers)
    for arm in study.arms:
        config = arm_run(study, arm, study.first_seed)
        if chosen.here and not (out / STUDY).exists():
            check_threads(config)
        if why := chosen.misfit(config.model_dump(mode="json")):
            raise ConfigurationError(why)
    held_study(study, out)
    placed = chosen.executor(out, workers(study))
    with Ownership(out) as own:
        made_plan = plan(study, out)
        refuse_trained_otherwise(made_plan)
        history = claim(study, out)
        write_plan(out, planned_rows(made_plan), command, chosen.model_dump(), list(map(asdict, places(study))))

        def ended() -> bool:
            if own.lost:
                raise RunError(f"{out}: another process took the study over while this one was silent")
            return stop() or own.asked_to_stop

        return carried_out(study, out, made_plan, history, Coordinator(out, placed, on_progress, ended, attempts))


def carried_out(
    study: StudyConfig, out: Path, made_plan: Sequence[PlannedRun], history: History, coordinator: Coordinator
) -> Outcome:
    """Bring a study's runs to an end, with the look at half of them where it takes one, and write what they came to."""
    interim, made_plan = None, list(made_plan)
    explored = [run for run in made_plan if run.point]
    if study.interim:
        half_plan = first_half([run for run in made_plan if not run.point], study)
        if not coordinator.run(half_plan):
            return Outcome({}, out / NAME, complete=False)
        interim = interim_look(study, half_plan, out)
        made_plan = [*half_plan, *explored] if interim["action"] == "stop" else made_plan
    if not coordinator.run(made_plan):
        return Outcome({}, out / NAME, complete=False)
    found = collected(study, out, made_plan, history, interim)
    return Outcome(found, write([out]).page, complete=True)


def planned_rows(made_plan: Sequence[PlannedRun]) -> list[PlannedRow]:
    """Return a plan's runs as `write_plan` takes them."""
    rows = [(run.point, (run.arm, run.seed, int(run.config["training"]["steps"]))) for run in made_plan]
    return [(*row, point) if point else row for point, row in rows]


def first_half(made_plan: Sequence[PlannedRun], study: StudyConfig) -> list[PlannedRun]:
    """Return the runs up to the interim look."""
    end = study.first_seed + half(registration(study))
    return [run for run in made_plan if run.seed < end]


def interim_look(study: StudyConfig, made_plan: Sequence[PlannedRun], out: Path) -> dict[str, Any]:
    """Return the study's one look: the one that was taken already, or else one at the runs of the first half.

    A look that was taken for another number of seeds is used up, and stops nothing.
    """
    file, decided = out / INTERIM, registration(study)
    if file.exists():
        held = read_json(file)
        return held if held["planned"] == decided.seeds else {**held, "action": "go-on"}
    runs = [read_run(run, decided.split) for run in made_plan]
    measures = measures_of(recorded_metrics(study.run, build.task(study.run)))
    found = comparisons(runs, list(study.arms), study_baselines(study.run, out), measures, decided)
    seen = look(found, decided)
    write_json(file, seen)
    return seen


def pick(study: StudyConfig, arms: Sequence[str]) -> StudyConfig:
    """Return the study with these arms alone, its own or named ones; a `ConfigurationError` names any other."""
    known = [*study.arms, *(name for name in study.run.mining.known_arms if name not in study.arms)]
    if not arms:
        raise ConfigurationError(f"--arms: names no arm; there are {', '.join(known)}")
    for arm in arms:
        if arm not in known:
            raise ConfigurationError(f"--arms: {arm!r}: {unknown('arm', arm, known)}")
    for arm, other in study.longer.items():
        if arm in arms and isinstance(other, str) and other not in arms:
            raise ConfigurationError(f"--arms: {arm} trains for as long as {other}; name that too")
    chosen = {arm: study.arms.get(arm, {"mining.arm": arm}) for arm in arms}
    baseline = study.baseline if study.baseline in chosen else arms[0]
    # What the file did not register cannot become registered on the command line.
    decided = {study.baseline, *study.registered} & set(study.arms)
    comparisons = tuple(arm for arm in chosen if arm in decided and arm != baseline)
    longer = {arm: other for arm, other in study.longer.items() if arm in chosen}
    changes = {"arms": chosen, "baseline": baseline, "comparisons": comparisons, "longer": longer}
    return study.model_copy(update=changes)


def workers(study: StudyConfig) -> int:
    """Return how many runs to have at a time: as asked, else one a GPU process, else what the cores allow."""
    if study.workers:
        return study.workers
    if build.device(study.run).type == "cuda":
        return 1
    cores = len(os.sched_getaffinity(0))
    return max(1, cores // (study.run.compute.threads or cores))


def command_line(words: Sequence[str]) -> str:
    """Return the command that repeats a study."""
    return shlex.join(["ravine", *words])
