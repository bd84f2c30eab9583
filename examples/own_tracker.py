"""A tracker of one's own: the losses of a run as a spreadsheet reads them.

ravine train inverse-quick 'tracking=[{kind="custom", factory="examples.own_tracker:spreadsheet"}]'
"""

import csv
from collections.abc import Mapping
from typing import Any

from ravine import Callbacks
from ravine.training.callbacks import Began, Ended


class Spreadsheet:
    def __init__(self, name: str) -> None:
        self.name = name

    def start(self, began: Began) -> None:
        file = began.directory / self.name
        text = file.read_text(encoding="utf-8") if file.exists() and began.step else ""
        kept = list(csv.reader(text.splitlines()))
        self.file = file.open("w", encoding="utf-8", newline="")
        self.rows = csv.writer(self.file)
        # What lies after the checkpoint is trained again.
        self.rows.writerows([row for row in kept if int(row[0]) <= began.step])

    def row(self, row: Mapping[str, Any]) -> None:
        if "loss" in row:
            self.rows.writerow([row["step"], row["loss"]])
            self.file.flush()

    def end(self, ended: Ended) -> None:
        self.file.close()


def spreadsheet(name: str = "losses.csv") -> Callbacks:
    made = Spreadsheet(name)
    return Callbacks(on_start=made.start, on_row=made.row, on_end=made.end)
