"""A run's directory as the doctor sees it: its newest checkpoint, its metrics, and how trivial predictors do."""

from pathlib import Path

from ravine.config.sources import checked_run
from ravine.doctor.own.pipeline import Own
from ravine.doctor.shown import History
from ravine.errors import CheckpointError, RunError
from ravine.evaluation.baselines import baseline_scores
from ravine.tasks.fixed import fixed_split
from ravine.training import checkpoint
from ravine.training.directory import RunDirectory, read_json

FIT_PROBLEMS = 5000
"""Problems that trivial predictors are fitted on here: their level to a few percent, in a second."""

EXACT = 1e-9
"""Cost of a trivial predictor over the worst one's: below, it is exact to a rounding."""


class OwnRun(Own):
    """A finished or unfinished run."""

    def __init__(self, path: Path) -> None:
        self.directory = RunDirectory(path)
        if not self.directory.config.exists():
            raise RunError(f"{path}: not a run's directory (no config.json)")
        held = read_json(self.directory.config)
        config = checked_run(held, f"{self.directory.config}: ")
        file = checkpoint.newest(self.directory.checkpoints)
        if file is None:
            raise RunError(f"{path}: no checkpoint yet; name its config.json to examine the configuration")
        found = checkpoint.load(file)
        weights = {n.removeprefix("model/"): t for n, t in found.tensors.items() if n.startswith("model/")}
        try:
            super().__init__(config, weights, int(found.facts["step"]), str(path))
        except RuntimeError as error:
            raise CheckpointError(f"{file}: does not fit its configuration ({' '.join(str(error).split())})") from None

    def history(self) -> History:
        """Return what the run logged, with the best trivial predictor's cost on its first validation split."""
        rows = self.directory.rows()
        validations = [row["validation"] for row in rows if row.get("validation")]
        if not validations:
            return History(rows)
        name, task = next(iter(validations[-1])), self.task()
        split = fixed_split(task, name, self.whole_config.training.validation_problems, "validation")
        scores = baseline_scores(task, [split], FIT_PROBLEMS)
        metric = task.metrics()[0]
        costs = [metric.cost(entry.value(name, metric.name)) for entry in scores if entry.trivial]
        trivial = min(costs, default=None)
        if trivial is not None and trivial <= EXACT * max(costs):
            trivial = None  # an exact one can be reached and not be beaten: no plateau shows against it
        last = validations[-1][name]
        final = None if last is None else metric.cost(float(last))
        return History(rows, trivial, final, metric.cost)
