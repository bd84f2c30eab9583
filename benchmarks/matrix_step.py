"""A denoising step of the matrix energies beside the obvious one, in one run.

    python benchmarks/matrix_step.py [--threads 1] [--repeats 15]

The obvious one sends problem and answer through every layer together, mixes channels with einsum and takes the
gradient in y by autograd. `products` is the same energy as the library writes it. `matrix` lets the problem alone
through the layers, so that the gradient in y costs next to nothing and nothing is differentiated twice.
"""

import argparse
import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ravine.diffusion import Diffusion
from ravine.energies.base import Energy
from ravine.energies.matrix import MatrixConfig, MatrixEnergy
from ravine.energies.products import MatrixProducts
from ravine.tasks.matrices.inverse import Inverse

BATCH, N, CHANNELS, LAYERS, LANDSCAPES = 256, 20, 16, 4, 8
Gradient = Callable[[Tensor, Tensor, Tensor], Tensor]


def obvious(energy: MatrixProducts) -> Gradient:
    """Return the gradient in y of the energy of `products`, written as one would first write it."""

    def energies(x: Tensor, y: Tensor, k: Tensor) -> Tensor:
        n = x.shape[-1]
        identity = torch.eye(n).expand(len(x), 1, n, n)
        entering = torch.cat([energy.enter_problem, energy.enter_answer], 1)
        inputs = torch.cat([x * energy.scale[:, None, None], identity, y[:, None]], 1)
        z = torch.einsum("dc,bcnm->bdnm", entering, inputs)
        gains = (1 + energy.gains(energy.embedding.table()))[k].reshape(len(k), LAYERS, CHANNELS, 1, 1)
        for layer in range(LAYERS):
            left = torch.einsum("dc,bcnm->bdnm", energy.left[layer], z)
            right = torch.einsum("dc,bcnm->bdnm", energy.right[layer], z)
            product = (left @ right) * gains[:, layer] / math.sqrt(n)
            z = z + torch.einsum("dc,bcnm->bdnm", energy.back[layer], product)
        return torch.einsum("dc,bcnm->bdnm", energy.readout, z).square().sum((1, 2, 3))

    def gradient(x: Tensor, y: Tensor, k: Tensor) -> Tensor:
        point = y.detach().requires_grad_()
        return torch.autograd.grad(energies(x, point, k).sum(), point, create_graph=True)[0]

    return gradient


def ours(energy: Energy[Any]) -> Gradient:
    """Return the energy's own gradient in y."""
    return lambda x, y, k: energy.energy_and_gradient(energy.condition(x, k), y).gradient


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    generator = torch.Generator().manual_seed(0)
    diffusion = Diffusion.log_snr(LANDSCAPES, 0.01)
    batch = Inverse(N).sample(BATCH, generator)
    k = diffusion.draw_landscapes(BATCH, generator)
    eps = torch.randn(batch.y.shape, generator=generator)
    y = diffusion.noise(batch.y, k, eps)
    matrix = MatrixEnergy(1, N, diffusion.signal, generator, MatrixConfig(channels=CHANNELS, layers=LAYERS))
    products = MatrixProducts(1, N, LANDSCAPES, generator, CHANNELS, LAYERS, readout=4, embedding_width=32)
    for parameter in products.back:
        parameter.data.normal_(0, 0.1, generator=generator)
    torch.testing.assert_close(ours(products)(batch.x, y, k), obvious(products)(batch.x, y, k), rtol=1e-3, atol=1e-3)
    steps: dict[str, tuple[Energy[Any], Gradient]] = {
        "obvious": (products, obvious(products)),
        "products": (products, ours(products)),
        "matrix": (matrix, ours(matrix)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(options.repeats):
        for name, (energy, gradient) in steps.items():
            start = time.perf_counter()
            energy.zero_grad()
            (gradient(batch.x, y, k) - eps).square().mean().backward()  # type: ignore[no-untyped-call]
            seconds[name].append(time.perf_counter() - start)
    print(f"batch {BATCH}, n = {N}, {CHANNELS} channels, {LAYERS} layers, {options.threads} threads")
    slow = statistics.median(seconds["obvious"])
    for name, taken in seconds.items():
        median = statistics.median(taken)
        print(f"{name:10} {1e3 * median:7.1f} ms a step   obvious / this {slow / median:.2f}")


if __name__ == "__main__":
    main()
