"""Adam without the import of PyTorch's compiler."""

import subprocess
import sys

import torch

from ravine.training.optimizer import Adam

START = """
import sys
from ravine import build
from ravine.cli.gate import refuse_failing
from ravine.config import read_run
config = read_run("inverse-quick", ["task.n=4"])
refuse_failing(config)
build.trainer(config, "nowhere").step()
build.training_cost(config, build.operations)
print(*sorted({"torch._dynamo", "sympy", "matplotlib", "scipy.stats", "scipy.optimize", "rich"} & sys.modules.keys()))
"""


def test_a_training_starts_without_what_takes_long_to_import() -> None:
    """The doctor's checks and the first step are behind it then."""
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_steps_are_those_of_pytorch_and_none_where_something_is_not_finite() -> None:
    generator = torch.Generator().manual_seed(0)
    ours, theirs = (torch.nn.Parameter(torch.linspace(-1, 1, 7)) for _ in range(2))
    first = Adam([ours], lr=0.1, fused=True)
    second = torch.optim.Adam([theirs], lr=0.1, fused=True)
    for broken in (0.0, 1.0, 0.0):
        gradient = torch.randn(7, generator=generator)
        for optimizer, weights in ((first, ours), (second, theirs)):
            optimizer.zero_grad(set_to_none=True)
            assert weights.grad is None
            weights.grad = gradient.clone()
            optimizer.found_inf = torch.tensor(broken)  # type: ignore[attr-defined]
            before = weights.detach().clone()
            optimizer.step()
            assert torch.equal(weights, before) == bool(broken)
        assert torch.equal(ours, theirs)
    assert all(torch.equal(first.state[ours][key], value) for key, value in second.state[theirs].items())
