"""What a finished run keeps of its checkpoints: for large studies the averaged weights alone, or nothing."""

from ravine.training import checkpoint
from ravine.training.directory import RunDirectory
from ravine.training.files import Keep
from ravine.training.start import AVERAGE


def thin(directory: RunDirectory, keep: Keep) -> None:
    """Take away what a finished run need not keep: at most three checkpoints, of which the newest holds all there is.

    weights: the newest one's averaged weights, with which the run can be used, and not trained on. none: nothing.
    """
    newest = checkpoint.newest(directory.checkpoints)
    if keep == "all" or newest is None:
        return
    if keep == "weights":
        found = checkpoint.load(newest)
        weights = {name: value for name, value in found.tensors.items() if name.startswith(AVERAGE)}
        checkpoint.save(newest, weights, {**found.facts, "kept": keep})
    for file in directory.checkpoints.glob(f"*{checkpoint.SUFFIX}"):
        if keep == "none" or file != newest:
            file.unlink()
