"""Deep copies of other people's trainers, which hold what Python does not copy: iterators and locks."""

import copy
import copyreg
import itertools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import GeneratorType
from typing import Any, TypeVar

from torch.utils.data.dataloader import _MultiProcessingDataLoaderIter, _SingleProcessDataLoaderIter

T = TypeVar("T")
ITERATORS: tuple[type[Any], ...] = (
    GeneratorType,
    *(enumerate, map, zip, itertools.chain, itertools.cycle, itertools.islice),
    *(_SingleProcessDataLoaderIter, _MultiProcessingDataLoaderIter),
)
LOCKS: Mapping[type[Any], Any] = {type(make()): make for make in (threading.Lock, threading.RLock)}
"""Of which a copy has an open one of its own."""
UNCOPIED = (TypeError, RuntimeError, NotImplementedError, copy.Error)
"""What `copied` raises for an object that cannot be copied: a file, a tensor that belongs to a graph."""


class Shared:
    """An iterator, and what it has yielded so far, that all copies have in common."""

    def __init__(self, source: Iterator[Any]) -> None:
        self.source, self.items = source, list[Any]()

    def __deepcopy__(self, memo: Any) -> "Shared":
        return self


class Replayed:
    """A copy of an iterator: it yields what any other copy of it yields."""

    def __init__(self, shared: Shared, at: int = 0) -> None:
        self.shared, self.at = shared, at

    def __iter__(self) -> "Replayed":
        return self

    def __next__(self) -> Any:
        while len(self.shared.items) <= self.at:
            self.shared.items.append(next(self.shared.source))
        self.at += 1
        return self.shared.items[self.at - 1]


@contextmanager
def iterators_copied() -> Iterator[None]:
    """Let `copy.deepcopy` copy iterators for a while."""
    before, made = dict(copyreg.dispatch_table), dict[int, Shared]()

    def reduced(source: Iterator[Any]) -> Any:
        return Replayed, (made.setdefault(id(source), Shared(source)),)

    def opened(lock: Any) -> Any:
        return LOCKS[type(lock)], ()

    copyreg.dispatch_table.update(dict.fromkeys(ITERATORS, reduced))
    copyreg.dispatch_table.update(dict.fromkeys(LOCKS, opened))
    try:
        yield
    finally:
        copyreg.dispatch_table.clear()
        copyreg.dispatch_table.update(before)


def copied(thing: T, kept: Mapping[int, Any] | None = None) -> T:
    """Return a deep copy, which shares what is `kept`, by its id, with the original."""
    with iterators_copied():
        return copy.deepcopy(thing, dict(kept or {}))
