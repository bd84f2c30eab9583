"""What went wrong first, kept on the device until somebody reads it back."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from ravine.errors import MiningError, NonFiniteError
from ravine.mining.postcondition import RULES
from ravine.training.rollback import ADVICE


class Health:
    """The first non-finite step and the first broken mining rule of a run.

    The verdict of every step stays on the device, where it keeps the optimiser from stepping; `check` reads it back.
    """

    def __init__(self, device: torch.device | str, arms: Sequence[str]) -> None:
        self.arms = list(arms)
        self.step = torch.zeros((), dtype=torch.int64, device=device)
        self.non_finite = torch.full((), -1, dtype=torch.int64, device=device)
        self.violation = torch.full((4,), -1, dtype=torch.int64, device=device)

    def begin(self, step: int) -> None:
        """Say which step is observed next."""
        self.step.fill_(step)

    def observe(self, finite: Tensor, violations: Iterable[tuple[str, int, Tensor]]) -> Tensor:
        """Record the step begun and return 1.0 if the optimiser must not step, else 0.0, as a scalar on the device.

        Everything is written where it lies: a recorded step (`engines.captured`) finds it there again.

        `violations`: arm, row of its slice's start in the batch, and the (rule, row) of its postcondition.
        """
        self.non_finite.copy_(torch.where((self.non_finite < 0) & ~finite, self.step, self.non_finite))
        for arm, first_row, found in violations:
            where = torch.stack([found[0], found[1] + first_row])
            # Made where it lies: a list of numbers would be copied there, which waits.
            named = torch.cat([self.step[None], where.new_full((1,), self.arms.index(arm)), where])
            self.violation.copy_(torch.where((self.violation[0] < 0) & (found[0] >= 0), named, self.violation))
        return ((self.non_finite >= 0) | (self.violation[0] >= 0)).float()

    def forget(self) -> None:
        """Forget a step that was not finite: its run went back to before it."""
        self.non_finite.fill_(-1)

    def check(self) -> None:
        """Raise `NonFiniteError` or `MiningError` for the first recorded fault; waits for the device."""
        step, arm, rule, row = (int(value) for value in self.violation)
        if step >= 0:
            raise MiningError(f"arm {self.arms[arm]!r}, step {step}, row {row}: the negative {RULES[rule]}")
        if (bad := int(self.non_finite)) >= 0:
            raise NonFiniteError(bad, ADVICE)
