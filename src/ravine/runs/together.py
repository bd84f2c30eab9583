"""Several runs that differ in their seeds alone, trained as one program."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from ravine.config.schema import RunConfig
from ravine.errors import ConfigurationError
from ravine.launch import Launch, require_alone
from ravine.runs.training import refuse_held, train_here
from ravine.training.callbacks import Callbacks
from ravine.training.directory import RunDirectory, State, difference
from ravine.training.files import Keep
from ravine.training.meeting import Meeting


def train_together(
    runs: Mapping[Path, RunConfig],
    resume: bool = False,
    callbacks: Callable[[Path], Callbacks] = lambda out: Callbacks(),
    keep: Keep = "all",
) -> dict[Path, State | Exception]:
    """Train runs that differ in their seeds alone in this one process, and return how each ended, by its directory.

    Each is the run that `train` makes of it, but for rounding: with weights, problems, noise, checkpoints and scores of
    its own. What they compute alike is computed once for all of them where PyTorch can, else run by run; a warning says
    why. Where one fails the others go on. `callbacks`: of the run in a directory. A `ConfigurationError` says so where
    runs differ in more, a `RunError` where a directory holds a run already, or torchrun started this process.
    """
    require_alone()
    require_alike(runs)
    for out in () if resume else runs:
        refuse_held(RunDirectory(out))
    meeting, ends = Meeting(len(runs)), dict[Path, State | Exception]()

    def train_one(out: Path, config: RunConfig) -> None:
        with meeting.attended():
            try:
                ends[out] = train_here(config, out, resume, callbacks(out), keep, Launch(), meeting)
            except Exception as error:
                ends[out] = error

    # Daemons, as nobody waits for them where this thread is interrupted.
    threads = [threading.Thread(target=train_one, args=each, daemon=True) for each in runs.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {out: ends[out] for out in runs}


def require_alike(runs: Mapping[Path, RunConfig]) -> None:
    """Raise a `ConfigurationError` where runs differ in more than their seeds, or have trackers, which know one run."""
    first, *others = [config.model_dump(mode="json") | {"seed": 0} for config in runs.values()]
    for out, other in zip([*runs][1:], others, strict=True):
        if other != first:
            raise ConfigurationError(
                f"{out}: {difference(other, first)}; runs are trained together that differ in seeds"
            )
    if any(config.tracking for config in runs.values()):
        raise ConfigurationError("tracking: a tracker follows one run a process; train such runs one by one")
