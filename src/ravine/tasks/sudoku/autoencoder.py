"""The autoencoder of latent boards: three numbers a cell stand for its digit.

python -m ravine.tasks.sudoku.autoencoder OUT [--n 9] [--channels 16] [--steps 4000] [--seed 0]    # in a minute
"""

import argparse
from importlib import resources
from pathlib import Path

import torch
from jaxtyping import Float
from safetensors.torch import save_file
from torch import Tensor, nn

from ravine.errors import ConfigurationError, InputError
from ravine.seeding import Seeds
from ravine.tasks.sudoku.shape import square
from ravine.tasks.sudoku.task import Sudoku
from ravine.tasks.tensor_files import read_plain

LATENT = 3
SCALE = 4.0
"""Answers are latents over this, as released."""
SHIPPED = (4, 6, 9)
BATCH, NOISE, RATE = 64, 0.1, 0.5


class Autoencoder(nn.Module):
    """3 x 3 convolutions to latents of three numbers a cell, and back to a logit per digit: layers as released.

    conv1 to conv3 encode, conv4 to conv6 decode, with ReLUs inside each and a 1 x 1 convolution last. Released
    weights have 128 channels.
    """

    def __init__(self, n: int, channels: int) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3 = three(n, channels), three(channels, channels), three(channels, LATENT)
        self.conv4, self.conv5 = three(LATENT, channels), three(channels, channels)
        self.conv6 = nn.Conv2d(channels, n, 1, device="meta")

    def encode(self, boards: Float[Tensor, "b n n digits"]) -> Float[Tensor, "b n n three"]:
        """Return the latents of one-hot boards of +-1."""
        hidden = self.conv2(self.conv1(boards.movedim(3, 1)).relu()).relu()
        latent: Tensor = self.conv3(hidden)
        return latent.movedim(1, 3)

    def decode(self, latent: Float[Tensor, "b n n three"]) -> Float[Tensor, "b n n digits"]:
        """Return the logits of every cell's digits."""
        hidden = self.conv5(self.conv4(latent.movedim(3, 1)).relu()).relu()
        logits: Tensor = self.conv6(hidden)
        return logits.movedim(1, 3)


def three(inputs: int, outputs: int) -> nn.Conv2d:
    """Return a 3 x 3 convolution that keeps the board, without weights yet."""
    return nn.Conv2d(inputs, outputs, 3, padding=1, device="meta")


def initial(n: int, channels: int, generator: torch.Generator) -> Autoencoder:
    """Return an autoencoder with PyTorch's own initial law, drawn from `generator`."""
    made = Autoencoder(n, channels)
    weights = {}
    for name, parameter in made.named_parameters():
        layer = made.get_parameter(name.replace("bias", "weight"))
        bound = layer[0].numel() ** -0.5
        weights[name] = (torch.rand(parameter.shape, generator=generator) * 2 - 1) * bound
    made.load_state_dict(weights, assign=True)
    return made.requires_grad_()


def trained(task: Sudoku, channels: int, steps: int, seed: int) -> Autoencoder:
    """Return an autoencoder trained on the task's training boards, half of them with cells redrawn.

    So no cell is read off its neighbours: a wrong board decodes to itself. Latents are noised, by `NOISE` at the scale
    of answers, and kept within +-`SCALE` by a penalty; the loss is the cross-entropy of the digits.
    """
    seeds = Seeds(seed, ("autoencoder", task.identity))
    model = initial(task.box.n, channels, seeds.child("weights").generator())
    adam = torch.optim.Adam(model.parameters(), lr=3e-3)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    draw = seeds.child("boards").generator()
    for _ in range(steps):
        batch = task.sample(BATCH, draw)
        boards = torch.cat([batch.y[::2], task.space.corrupt(batch.y[1::2], None, RATE, draw)])
        y = model.encode(boards) / SCALE
        noised = y + NOISE * torch.randn(y.shape, generator=draw)
        logits = model.decode(SCALE * noised)
        loss = nn.functional.cross_entropy(logits.flatten(0, 2), boards.argmax(-1).flatten())
        beyond = (y.abs() - 0.9).relu().square().mean()
        adam.zero_grad()
        torch.autograd.backward(loss + 10 * beyond)
        adam.step()
        rate.step()
    return model.requires_grad_(False)


def load(path: str | None, n: int) -> Autoencoder:
    """Return the autoencoder in a file of ours or of released weights, or for None the one that ships for n.

    An `InputError` names the parameter that is missing or of another size.
    """
    if path is None and n not in SHIPPED:
        raise ConfigurationError(
            f"task.autoencoder: none ships for {n} x {n} boards; make one by "
            f"`python -m ravine.tasks.sudoku.autoencoder OUT --n {n}` and write autoencoder = OUT"
        )
    file = Path(str(resources.files("ravine.tasks.sudoku") / file_name(n))) if path is None else Path(path)
    weights = read_plain(file)
    first = weights.get("conv1.weight") if isinstance(weights, dict) else None
    if not isinstance(first, Tensor) or first.dim() != 4:
        raise InputError(f"{file}: no autoencoder of boards, which has a convolution conv1")
    made = Autoencoder(n, len(first))
    for name, parameter in made.named_parameters():
        if not isinstance(weights.get(name), Tensor) or weights[name].shape != parameter.shape:
            raise InputError(f"{file}: {name} is missing, or not of shape {tuple(parameter.shape)} as n = {n} asks")
    made.load_state_dict({name: weights[name] for name, _ in made.named_parameters()}, assign=True)
    return made.float().requires_grad_(False)


def file_name(n: int) -> str:
    """Return the name of the shipped file for n digits."""
    return f"autoencoder-{n}.safetensors"


def main() -> None:
    """Train an autoencoder and write it."""
    parser = argparse.ArgumentParser(prog="python -m ravine.tasks.sudoku.autoencoder", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT", help="a .safetensors file")
    for name, default in (("n", 9), ("channels", 16), ("steps", 4000), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    box = square(asked.n)
    if box is None or asked.out.suffix != ".safetensors":
        parser.error("n needs a box of at least 2 x 2, and OUT ends in .safetensors")
    model = trained(Sudoku(box), asked.channels, asked.steps, asked.seed)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()}, asked.out)


if __name__ == "__main__":
    main()
