"""Curves for Weights & Biases, kept in the run's directory until somebody sends them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal
from uuid import uuid4

from ravine.tracking.base import TrackerConfig, numbers
from ravine.training.callbacks import Began, Callbacks, Ended
from ravine.training.directory import read_json, write_json
from ravine.training.rollback import sentence

SENT = "wandb.json"
EXIT = {"finished": 0, "interrupted": 0}


class WandB(TrackerConfig):
    """Rows for Weights & Biases in the run's folder `wandb`; offline by default, to be sent by `wandb sync`."""

    kind: Literal["wandb"] = "wandb"
    mode: Literal["offline", "online"] = "offline"
    """online: sent while the run trains, which needs the network and a login."""
    project: str = "ravine"
    entity: str | None = None
    """The user or team; default: the one logged in."""
    group: str | None = None
    """Default: of a study's run the study's folder."""
    title: str | None = None
    """What the run is called there; default: the run's folder, of a study's run its arm and seed."""

    package: ClassVar[str] = "wandb"
    extra: ClassVar[str] = "wandb"

    def callbacks(self) -> Callbacks:
        """Return the callbacks of a run there."""
        sent = Sent(self)
        return Callbacks(on_start=sent.start, on_row=sent.row, on_end=sent.end)


class Sent:
    """Logs a run's rows; `wandb.json` holds the run's name there and the last row, so that none is logged twice.

    Rows cannot be taken back there: where a run went back to an earlier checkpoint both ways are shown, told apart by
    `rollbacks`.
    """

    def __init__(self, config: WandB) -> None:
        self.config = config

    def start(self, began: Began) -> None:
        """Begin the run there, or go on with it."""
        import wandb

        self.file = began.directory / SENT
        held = read_json(self.file) if self.file.exists() else {}
        self.id = str(held.get("id") or uuid4().hex[:12])
        self.last = tuple(held.get("last", ()))
        self.rollbacks = began.rollbacks
        folder = began.directory.resolve()
        self.run = wandb.init(
            project=self.config.project,
            entity=self.config.entity,
            group=self.config.group or group_of(folder),
            name=self.config.title or name_of(folder),
            id=self.id,
            resume="allow",
            mode=self.config.mode,
            dir=str(folder),
            config=dict(began.config),
            settings=wandb.Settings(console="off", silent=True, x_disable_stats=True, disable_git=True),
        )
        self.run.define_metric("step")
        self.run.define_metric("*", step_metric="step")

    def row(self, row: Mapping[str, Any]) -> None:
        """Log a row's numbers, unless they were logged before the run was taken up again."""
        if "rollback" in row:
            self.rollbacks = row["rollback"]["number"]
        kind = "validation" in row
        here = (self.rollbacks, row["step"], kind)
        if here <= self.last:
            return
        self.last = here
        write_json(self.file, {"id": self.id, "last": here})
        told = {"rollback": sentence(row["rollback"])} if "rollback" in row else dict(numbers(row))
        self.run.log({**told, "rollbacks": self.rollbacks, "step": row["step"]})

    def end(self, ended: Ended) -> None:
        """Write the scores and how the run ended, and close it."""
        self.run.summary.update(dict(numbers({"scores": ended.scores})))
        self.run.summary["state"] = ended.state
        if ended.error is not None:
            self.run.summary["error"] = ended.error
        self.run.finish(exit_code=EXIT.get(ended.state, 1))


def group_of(folder: Path) -> str | None:
    """Return the study's name of a run in STUDY/runs/ARM/seed-N; None of any other run."""
    return folder.parents[2].name if folder.parents[1].name == "runs" else None


def name_of(folder: Path) -> str:
    """Return what a run is called: of a study's run its arm and seed."""
    return f"{folder.parent.name}/{folder.name}" if group_of(folder) else folder.name
