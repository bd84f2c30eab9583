"""The contract of a tracker: what is configured of it, what it needs, and the callbacks that it makes."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any, ClassVar

from ravine.errors import ConfigurationError
from ravine.section import Section
from ravine.training.callbacks import Callbacks


class TrackerConfig(Section, ABC):
    """A tracker's configuration; `package`: what it needs, which ravine's extra of the name `extra` installs."""

    package: ClassVar[str]
    extra: ClassVar[str]

    @abstractmethod
    def callbacks(self) -> Callbacks:
        """Return what a run calls on its way; `stop` and `save` are not asked."""

    def require(self) -> None:
        """Raise a `ConfigurationError` that names the extra where the package is not installed."""
        if find_spec(self.package) is None:
            raise ConfigurationError(
                f'tracking: {self.package} is not installed; pip install "ravine[{self.extra}]", or leave it out'
            )


def numbers(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers of a row of `metrics.jsonl` by name, those of nested tables as "arms/adversarial/gap"."""
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from numbers(value, f"{prefix}{name}/")
        elif isinstance(value, int | float) and (prefix or name != "step"):
            yield prefix + name, float(value)
