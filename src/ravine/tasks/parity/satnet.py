"""SATNet's parity files: features.pt and labels.pt in a folder, bits and parities."""

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor

from ravine.errors import InputError
from ravine.tasks.parity.strings import LEAST, Part, parity

TESTED = 10
"""One string of so many is for testing, the last ones; of the rest as many as for testing are for validation."""


@dataclass(frozen=True)
class Strings:
    """Strings of 0 and 1, (N, length), in the order of the file."""

    bits: Int[Tensor, "N length"]

    def part(self, part: Part) -> Int[Tensor, "some length"]:
        """Return the last tenth (test), the tenth before it (validation) or the rest, which alone may hold copies.

        A test or validation string that training or the other of the two holds as well is left out.
        """
        count = len(self.bits) // TESTED
        train, validation, test = torch.split(self.bits, [len(self.bits) - 2 * count, count, count])
        if part == "train":
            return train
        return unseen(validation, train) if part == "validation" else unseen(test, torch.cat([train, validation]))


def unseen(strings: Int[Tensor, "b length"], seen: Int[Tensor, "c length"]) -> Int[Tensor, "some length"]:
    """Return the strings that are not among those `seen`."""
    known = set(map(tuple, seen.tolist()))
    return strings[torch.tensor([tuple(row) not in known for row in strings.tolist()], dtype=torch.bool)]


def read_folder(folder: str | Path) -> Strings:
    """Return the strings in a folder's features.pt and labels.pt; an `InputError` names the first fault.

    Nothing in the files is executed. Of labels with two axes the last column counts, as in SATNet.
    """
    features, labels = (tensor(Path(folder) / name) for name in ("features.pt", "labels.pt"))
    path = Path(folder) / "features.pt"
    if features.dim() != 2 or features.shape[1] < LEAST:
        raise InputError(f"{path}: shape {tuple(features.shape)}; strings are (N, length), of {LEAST} bits or more")
    if labels.dim() not in (1, 2) or len(labels) != len(features):
        path = path.with_name("labels.pt")
        raise InputError(f"{path}: shape {tuple(labels.shape)} for {len(features)} strings; labels are (N,) or (N, m)")
    if len(features) < TESTED:
        raise InputError(f"{path}: {len(features)} strings; {TESTED} are the least that can be split")
    bits, odd = (
        whole(features, path),
        whole(labels if labels.dim() == 1 else labels[:, -1], path.with_name("labels.pt")),
    )
    for index in (parity(bits) != odd).nonzero()[:1]:
        raise InputError(f"{path}: the label of string {int(index)} is not its parity (1 for an odd number of ones)")
    return Strings(bits)


def tensor(path: Path) -> Tensor:
    """Return the tensor in a file; an `InputError` if it holds none."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise InputError(f"task.folder: {path}: {error.strerror or error}") from None
    except Exception as error:  # torch.load has no error of its own: a foreign file can fail in any way
        raise InputError(f"{path}: not a file of one PyTorch tensor, and nothing else is read") from error
    if not isinstance(content, Tensor):
        raise InputError(f"{path}: holds {type(content).__name__}, not one tensor")
    return content


def whole(values: Tensor, path: Path) -> Int[Tensor, "*shape"]:
    """Return numbers as bits; an `InputError` if one of them is neither 0 nor 1."""
    bits = values.long()
    if not ((bits == values) & ((bits == 0) | (bits == 1))).all():
        raise InputError(f"{path}: holds numbers that are neither 0 nor 1")
    return bits
