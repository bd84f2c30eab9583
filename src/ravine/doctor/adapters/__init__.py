"""Adapters to subclass, for trainers of a shape that is often met: wrap, name what is called otherwise, done."""

from ravine.doctor.adapters.diffusion import Diffusion1D

__all__ = ["Diffusion1D"]
