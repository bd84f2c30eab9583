"""The engine that records a whole step as a CUDA graph and plays it again: the GPU waits for no launch in between."""

import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import torch
from torch import Tensor

from ravine.energies.base import Energy
from ravine.objective import Objective
from ravine.seeding import capture
from ravine.training.engines.base import Engine, Generators, Take, Work
from ravine.training.engines.compiled import Compiled
from ravine.training.engines.eager import Eager
from ravine.training.engines.tensors import replaced
from ravine.training.step import Stepped

WARM = 3
"""Steps of a plan taken before it is recorded: the first ones compile, tune and allocate."""
PLANS = 64
"""Recordings at most: each holds the memory of what its step leaves behind."""


@runtime_checkable
class Recording(Protocol):
    """A step on the device, to be taken again."""

    def replay(self) -> None:
        """Take it."""


Record = Callable[[Work, Sequence[Generators]], tuple[Recording, list[Stepped]]]
"""Records a work without doing it; the result lies where every replay leaves it."""


@dataclass(frozen=True)
class Captured(Engine):
    """Steps of equal plans are recorded once; `inner` computes what is recorded.

    Recorded is everything: problems, mining, losses, gradients, guard, optimiser. Randomness goes on as it would have,
    by the generators' own counters, so that a run is the run of `inner` bit for bit and is resumed like it.
    """

    name: ClassVar[str] = "captured"
    inner: ClassVar[Engine] = Eager()

    def prepared(self, objective: Objective) -> Objective:
        """Return the objective as `inner` computes it."""
        return self.inner.prepared(objective)

    def computed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of tensors as `inner` computes it."""
        return self.inner.computed(function)

    def taking(self, *generators: Generators) -> Take:
        """Return how steps are recorded and taken again."""
        return Recorded(generators)

    def misfit(self, energy: Energy[Any], device: torch.device) -> str | None:
        """Return that only a GPU records steps, or what `inner` has to say."""
        if device.type != "cuda":
            return f"steps are recorded on a GPU only, not on {device.type}"
        return self.inner.misfit(energy, device)


@dataclass(frozen=True)
class CapturedCompiled(Captured):
    """Recorded is what PyTorch's compiler makes of the losses."""

    name: ClassVar[str] = "captured-compiled"
    inner: ClassVar[Engine] = Compiled()


class Recorded:
    """Steps by their plans, each recorded once it has been taken a few times; nothing is where that fails."""

    def __init__(self, generators: Sequence[Generators], record: Record | None = None) -> None:
        self.generators = generators
        self.record = record or Graphs()
        self.taken: Counter[Hashable] = Counter()
        self.known: dict[Hashable, tuple[Recording, list[Stepped]]] = {}
        self.failed = False

    def __call__(self, plan: Hashable, work: Work) -> list[Stepped]:
        """Take a step of this plan."""
        if (known := self.known.get(plan)) is None:
            if not self._comes_back(plan):
                return work()
            if (known := self._recorded(work)) is None:
                return work()
            self.known[plan] = known
        recording, stepped = known
        recording.replay()
        return stepped

    def _comes_back(self, plan: Hashable) -> bool:
        """Return whether a plan has been taken often enough to be recorded; settings that move on never are."""
        if self.failed or len(self.known) >= PLANS:
            return False
        self.taken[plan] += 1
        if len(self.taken) > 8 * PLANS:
            self.taken = Counter({plan: self.taken[plan]})
        return self.taken[plan] > WARM

    def _recorded(self, work: Work) -> tuple[Recording, list[Stepped]] | None:
        """Return the recording of a work, or warn in one line that there is none, all randomness as it was."""
        before = [capture(each) for each in self.generators]
        try:
            recording, stepped = self.record(work, self.generators)
            return recording, [left_of(one) for one in stepped]
        except RuntimeError as error:
            self.failed = True
            why = str(error).strip().splitlines()[0]
            warnings.warn(f"compute.engine: steps are not recorded but taken eagerly, {why}", stacklevel=4)
        for each, states in zip(self.generators, before, strict=True):
            for name, state in states.items():  # one that was being recorded is of no use any more
                each[name] = torch.Generator(each[name].device)
                each[name].set_state(state)
        return None


def left_of(stepped: Stepped) -> Stepped:
    """Return what every replay of a step writes, without the way back through it, which other plans would share."""
    return Stepped(replaced(stepped.parts, Tensor.detach), stepped.gradient_norm)


class Graphs:
    """Records works as CUDA graphs that share one pool of memory."""

    def __init__(self) -> None:
        self.pool: Any = None

    def __call__(self, work: Work, generators: Sequence[Generators]) -> tuple[Recording, list[Stepped]]:
        """Return the graph of a work and where its results lie."""
        graph, stream = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        for generator in (one for each in generators for one in each.values()):
            if generator.device.type == "cuda":
                graph.register_generator_state(generator)
        try:
            with torch.cuda.graph(graph, pool=self.pool, capture_error_mode="thread_local"):
                stepped = work()
        finally:
            torch.cuda.set_stream(stream)  # a recording that fails leaves its own behind
        self.pool = graph.pool()
        return graph, stepped
