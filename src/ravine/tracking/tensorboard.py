"""Curves for TensorBoard, in the run's directory."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ravine.tracking.base import TrackerConfig, numbers
from ravine.training.callbacks import Began, Callbacks, Ended
from ravine.training.rollback import sentence

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

FOLDER = "tensorboard"


class TensorBoard(TrackerConfig):
    """Event files for TensorBoard in the run's folder `tensorboard`: curves, configuration, scores."""

    kind: Literal["tensorboard"] = "tensorboard"

    package: ClassVar[str] = "tensorboard"
    extra: ClassVar[str] = "tensorboard"

    def callbacks(self) -> Callbacks:
        """Return the callbacks of a board."""
        board = Board()
        return Callbacks(on_start=board.start, on_row=board.row, on_end=board.end)


class Board:
    """Writes a run's rows; what was written after the step from which a run goes on is purged."""

    def start(self, began: Began) -> None:
        """Open the run's event files, from the step on at which it begins or goes on."""
        self.folder = began.directory / FOLDER
        self.writer = self.opened(began.step)
        self.writer.add_text("configuration", f"```\n{json.dumps(began.config, indent=1)}\n```", began.step)

    def opened(self, step: int) -> "SummaryWriter":
        """Return a writer whose reader forgets all rows after `step`."""
        from torch.utils.tensorboard import SummaryWriter

        return SummaryWriter(str(self.folder), purge_step=step + 1)

    def row(self, row: Mapping[str, Any]) -> None:
        """Write a row's numbers; where the run went back, forget what came after and say so."""
        step = row["step"]
        if "rollback" in row:
            self.writer.close()
            self.writer = self.opened(step)
            self.writer.add_text("rollback", sentence(row["rollback"]), step)
        else:
            for name, value in numbers(row):
                self.writer.add_scalar(name, value, step)
        self.writer.flush()  # a process that is killed must not take rows with it that its checkpoint is past

    def end(self, ended: Ended) -> None:
        """Write the scores and how the run ended, and close the files."""
        for name, value in numbers({"scores": ended.scores}):
            self.writer.add_scalar(name, value, ended.step)
        self.writer.add_text("end", ended.state if ended.error is None else f"{ended.state}: {ended.error}", ended.step)
        self.writer.close()
