"""How fast this machine multiplies matrices of the sizes that the paper's network has."""

import statistics

import torch
from benchmarks.speed.clock import Work, seconds

ROWS, WIDTH, ROUNDS = 2048, 512, 9


def recorded(work: Work) -> Work:
    """Return a work of the device alone, which no launch keeps waiting."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


def product_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Return the operations a second, two for each multiply-add, of (2048, 512) times (512, 512)."""
    generator = torch.Generator(device).manual_seed(0)
    left, right = (
        torch.randn(shape, generator=generator, device=device).to(dtype) for shape in ((ROWS, WIDTH), (WIDTH, WIDTH))
    )
    out = torch.empty(ROWS, WIDTH, device=device, dtype=dtype)

    def several() -> None:
        for _ in range(10):
            torch.mm(left, right, out=out)

    several()
    work = several if device.type == "cpu" else recorded(several)
    taken = statistics.median(seconds(work) for _ in range(ROUNDS))
    return 10 * 2 * ROWS * WIDTH * WIDTH / taken
