"""Every error a user can cause: what was wrong, where, and what to do about it.

The command line prints these as one line and exits with status 2. Any other exception is a bug of ours and keeps its
traceback.
"""

import errno


def why(error: Exception) -> str:
    """Return in words why something could not be read or written, without the numbers of the operating system."""
    if isinstance(error, FileExistsError):
        return "is a file, not a directory"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


class RavineError(Exception):
    """An error that the user can mend; its text says what was wrong, where, and what to do."""


class ConfigurationError(RavineError):
    """A configuration that cannot be run; lists every fault found, each with its field's path."""


class InputError(RavineError):
    """Data given by the user that does not fit: a file, a matrix, a directory."""


class OutputError(RavineError):
    """A file that cannot be written: a full disk, a quota, a place without permission."""

    @property
    def full(self) -> bool:
        """Whether there was no room: a disk or a quota that is used up."""
        cause = self.__cause__
        return isinstance(cause, OSError) and cause.errno in {errno.ENOSPC, errno.EDQUOT}


class CheckpointError(RavineError):
    """A checkpoint that is truncated, foreign, or of another configuration."""


class RunError(RavineError):
    """A run's directory that cannot be used: absent, in use, or holding another configuration."""


class DoctorError(RavineError):
    """A mining pipeline that failed the doctor's checks before its training."""


class AdapterError(RavineError):
    """An adapter for the doctor that answers in another form than the protocol's: nothing it says can be used."""


class DivergedError(RavineError):
    """Training that left all bounds at `step`, for which `why` stands in words; the last good checkpoint is kept."""

    def __init__(self, step: int, why: str, advice: str) -> None:
        super().__init__(f"{why} at step {step}; {advice}")
        self.step = step
        self.why = why
        self.advice = advice


class NonFiniteError(DivergedError):
    """A loss or gradient that stopped being finite."""

    def __init__(self, step: int, advice: str) -> None:
        super().__init__(step, "loss or gradient not finite", advice)


class MiningError(RavineError):
    """A miner that broke its contract; names the miner, the arm, the step and the row."""
