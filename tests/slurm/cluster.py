"""A SLURM cluster of this machine for tests: two virtual nodes, brought up where Debian packages can be installed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
PORTS = {"CTLD_PORT": "26817", "D_PORT": "26820", "DBD_PORT": "26819", "DB_PORT": "23306"}
UP_SECONDS = 180


def lacking() -> str | None:
    """Return why there can be no cluster here, or None."""
    if os.geteuid() != 0:
        return "a SLURM cluster of one's own takes root"
    if shutil.which("slurmctld") is None and shutil.which("apt-get") is None:
        return "no SLURM here, and no apt-get to install it with"
    return None


@contextmanager
def cluster(**settings: str) -> Iterator[dict[str, str]]:
    """Bring a cluster up and yield the environment in which its commands work; a `RuntimeError` where it does not."""
    base = Path(tempfile.mkdtemp(prefix="slurm-"))
    base.chmod(0o755)
    environment = {**os.environ, **PORTS, "SLURM_BASE": str(base), "SLURM_NODES": "2", **settings}
    try:
        done = subprocess.run([HERE / "up.sh"], env=environment, capture_output=True, text=True, timeout=UP_SECONDS)
        if done.returncode:
            raise RuntimeError(f"no SLURM cluster could be brought up: {(done.stderr or done.stdout).strip()[-300:]}")
        yield {"SLURM_CONF": str(base / "etc" / "slurm.conf")}
    finally:
        subprocess.run([HERE / "down.sh"], env={**environment, "CLEAN": "1"}, capture_output=True, timeout=UP_SECONDS)
        shutil.rmtree(base, ignore_errors=True)
