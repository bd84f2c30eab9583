"""The error of an energy for a task of another shape."""

from ravine.batch import Shape
from ravine.errors import ConfigurationError


def misfit(name: str, needs: str, shape: Shape, instead: str | None = None) -> ConfigurationError:
    """Return the error of an energy that `needs` another shape; `instead`: what to do, by default to write mlp."""
    mlp = f"write {'mlp-denoiser' if name.endswith('-denoiser') else 'mlp'}"
    words = mlp if instead is None else instead
    return ConfigurationError(f"energy.name: {name} needs {needs}, not {shape.x} and {shape.y}{words and f'; {words}'}")
