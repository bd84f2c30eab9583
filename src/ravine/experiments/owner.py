"""One process owns a study: numbered files, each made atomically and beaten like a heart, on any file system.

The owner is the process in the file of the highest number. Who finds it gone makes the next number, which only one can
do; nothing is locked, so that nothing need be unlocked when a machine dies. Times are compared on the file system's own
clock.
"""

import errno
import json
import os
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from ravine.errors import RunError
from ravine.training.files import write_atomically, writing

FOLDER = "owner"
BEAT_SECONDS = 5.0
SILENT_SECONDS = 60.0
"""After so long without a heartbeat the owner on another machine counts as dead."""
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Process:
    """A process that can be told from any other: its host, that host's boot and namespace, its id and start."""

    host: str
    machine: str
    pid: int
    started: str
    since: str

    @classmethod
    def own(cls) -> Self:
        """Return this process."""
        now = time.strftime("%Y-%m-%d %H:%M:%S")
        return cls(socket.gethostname(), machine(), os.getpid(), start_of(os.getpid()) or "", now)

    @property
    def here(self) -> bool:
        """Whether its process id means something to this process."""
        return self.machine == machine()

    @property
    def alive(self) -> bool:
        """Whether it still runs; asked here alone. Another process of the same id started at another time."""
        return start_of(self.pid) == self.started

    def told(self) -> str:
        """Return it in words."""
        return f"process {self.pid} on {self.host} since {self.since}"


def machine() -> str:
    """Return what a process id belongs to: a boot of a machine, and a namespace of it."""
    boot = BOOT.read_text(encoding="utf-8").strip() if BOOT.exists() else ""
    space = Path("/proc/self/ns/pid")
    return f"{socket.gethostname()} {boot} {os.readlink(space) if space.exists() else ''}".strip()


def start_of(pid: int) -> str | None:
    """Return when a process started, in the system's ticks; None where there is no such process, or a dead one."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if words[0] in {"Z", "X"} else words[19]


@dataclass(frozen=True)
class Claim:
    """One file of ownership: its number, who made it, and whether it was given up."""

    path: Path
    process: Process | None
    released: bool

    @property
    def holds(self) -> bool:
        """Whether its owner still owns the study."""
        if self.released:
            return False
        if self.process is not None and self.process.here:
            return self.process.alive
        return silence(self.path) < SILENT_SECONDS


def current(study: Path) -> Claim | None:
    """Return the claim of the highest number, holding or not; None where a study never had an owner."""
    files = sorted((study / FOLDER).glob("[0-9]*.json"), key=lambda file: int(file.stem))
    for file in reversed(files):
        try:
            content: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:  # a newer owner has taken it away since
            return current(study)
        except ValueError:  # cut off by a crash, or being written this very moment
            return Claim(file, None, silence(file) >= SILENT_SECONDS)
        return Claim(file, Process(**content["process"]), bool(content["released"]))
    return None


def owner_of(study: Path) -> Process | None:
    """Return the process that owns a study now, if one does."""
    claim = current(study)
    return claim.process if claim is not None and claim.holds else None


def silence(file: Path) -> float:
    """Return the seconds since a file's last heartbeat, by the clock of its file system."""
    probe = file.with_name(f".now.{uuid4().hex}")
    try:
        with writing(probe):
            probe.touch()
        return probe.stat().st_mtime - file.stat().st_mtime
    except FileNotFoundError:  # the claim has been taken over or given up meanwhile
        return 0.0
    finally:
        probe.unlink(missing_ok=True)


def refuse_owned(study: Path) -> None:
    """Raise a `RunError` that says who owns the study, if another process does."""
    owner = owner_of(study)
    if owner is not None and not (owner.here and owner.pid == os.getpid()):
        raise RunError(owned(study, owner))


def owned(study: Path, owner: Process) -> str:
    """Return in words that a study is in other hands, and what to do."""
    return (
        f"{study} is run by {owner.told()}; `ravine study status {study}` shows how far it is, "
        f"`ravine study stop {study}` stops it"
    )


@dataclass
class Ownership:
    """Owns a study for as long as the block lasts; a `RunError` says who owns it, where another process does.

    `lost` is true once another process has taken over, as after a long suspension of this one.
    """

    study: Path
    lost: bool = False
    before: Process | None = field(default=None, init=False)
    """The owner that died, where one did."""
    _claim: Path | None = field(default=None, init=False)
    _ended: threading.Event = field(default_factory=threading.Event, init=False)

    def __enter__(self) -> Self:
        folder = self.study / FOLDER
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        while self._claim is None:
            held = current(self.study)
            if held is not None and held.holds:
                if held.process is None:
                    raise RunError(f"{self.study}: another process is just taking it; try again")
                raise RunError(owned(self.study, held.process))
            self._claim = made(folder, 1 if held is None else int(held.path.stem) + 1)
            self.before = held.process if held is not None and not held.released else None
        for old in folder.glob("[0-9]*"):
            if int(old.name.partition(".")[0]) < int(self._claim.stem):
                old.unlink(missing_ok=True)
        threading.Thread(target=self._beat, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._claim is not None and not self.lost and self._claim.exists():
            write_claim(self._claim, released=True)

    @property
    def asked_to_stop(self) -> bool:
        """Whether `ravine study stop` asks for an end."""
        return self._claim is not None and stop_file(self._claim).exists()

    def _beat(self) -> None:
        assert self._claim is not None
        while not self._ended.wait(BEAT_SECONDS):
            try:
                os.utime(self._claim)
            except FileNotFoundError:  # only a newer owner takes it away
                self.lost = True
                return


def made(folder: Path, number: int) -> Path | None:
    """Make the claim of a number, whole at once, and return its file; None where another process was first."""
    aside, file = folder / f".claim.{uuid4().hex}", folder / f"{number:06d}.json"
    write_claim(aside, released=False)
    try:
        os.link(aside, file)
    except FileExistsError:
        return None
    except OSError as error:  # a file system without hard links: the name is taken first, the content follows
        if error.errno not in {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}:
            raise
        try:
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return None
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
    return file


def write_claim(file: Path, released: bool) -> None:
    """Write this process's claim."""
    content = {"process": asdict(Process.own()), "released": released}
    write_atomically(file, (json.dumps(content) + "\n").encode())


def stop_file(claim: Path) -> Path:
    """Return the file by which a claim's owner is asked to stop."""
    return claim.with_suffix(".stop")


def ask_to_stop(study: Path) -> Claim | None:
    """Ask the study's owner, wherever it runs, to stop; return its claim, or None where nobody owns it."""
    claim = current(study)
    if claim is None or not claim.holds:
        return None
    with writing(claim.path):
        stop_file(claim.path).touch()
    return claim
