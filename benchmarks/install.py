"""As a user installs it: the wheel in an empty environment, and every command of the pages in an empty directory.

    python benchmarks/install.py [--python python3.12] [--pages README.md docs/models.md] [--torch-index URL] [--uv]

Builds sdist and wheel (the wheel from the sdist), makes an environment outside the repository, installs PyTorch and the
wheel, and runs the `ravine` and `echo` lines of the pages' console blocks in their order, and their Python blocks. Each
must exit with 0; beside it stand its seconds and its peak memory. `--keep DIR`: where all of it is left, and an
environment is used again.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUN = ("ravine", "echo")
"""Words that lines begin with which are run; `make`, `pip` and others are what this program stands in for."""


def blocks(page: Path, language: str) -> list[str]:
    """Return the code blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def commands(page: Path) -> Iterator[list[str]]:
    """Yield every command of a page, as an argument list for a shell; lines after a `$` line are its output."""
    for block in blocks(page, "console"):
        lines = block.splitlines()
        typed = [line[2:] for line in lines if line.startswith("$ ")] or lines
        yield from (["bash", "-c", line] for line in typed if line.split(" ")[0] in RUN)
    yield from (["python", "-c", block] for block in blocks(page, "python"))


def environment(python: str, place: Path, torch_index: str | None, uv: bool) -> dict[str, str]:
    """Build and install; return the variables under which the environment's programs are found first."""
    here = place / "env"
    bin_ = here / "bin"
    if here.exists():
        subprocess.run([bin_ / "python", "-m", "pip", "uninstall", "--quiet", "--yes", "ravine"], check=True)
    else:
        subprocess.run([python, "-m", "venv", here], check=True)
    for old in ("source", "dist", "empty"):
        shutil.rmtree(place / old, ignore_errors=True)
    installer = [str(bin_ / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*installer, "build", *(["uv"] if uv else [])], check=True)
    if uv:
        installer = [str(bin_ / "uv"), "pip", "install", "--quiet", "--python", str(bin_ / "python")]
    copy = place / "source"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "out", "__pycache__", "*.egg-info"))
    subprocess.run([bin_ / "python", "-m", "build", "--outdir", place / "dist", copy], check=True, capture_output=True)
    (wheel,) = (place / "dist").glob("*.whl")
    wanted = re.search(r"^torch==.*$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    torch = wanted.group() if wanted else "torch"
    subprocess.run([*installer, torch, *(["--index-url", torch_index] if torch_index else [])], check=True)
    subprocess.run([*installer, str(wheel)], check=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}"}


def run(command: Sequence[str], variables: dict[str, str], folder: Path) -> bool:
    """Run a command, print what it took, and return whether it exited with 0."""
    began = time.perf_counter()
    with (folder.parent / "said.txt").open("w+", encoding="utf-8") as said:
        process = subprocess.Popen(command, env=variables, cwd=folder, stdout=said, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        shown = command[-1].strip().splitlines()[0][:90]
        seconds, megabytes = time.perf_counter() - began, used.ru_maxrss / 1000
        print(f"{process.returncode:>3} {seconds:>7.1f} s {megabytes:>6.0f} MB  {shown}", flush=True)
        if process.returncode:
            said.seek(0)
            print(said.read())
    return process.returncode == 0


def main() -> None:
    """Install, run, and exit with 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--pages", nargs="*", type=Path, default=[ROOT / "README.md", ROOT / "docs/models.md"])
    parser.add_argument("--torch-index")
    parser.add_argument("--uv", action="store_true")
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    place = asked.keep or Path(tempfile.mkdtemp(prefix="ravine-"))
    place.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    variables = environment(asked.python, place, asked.torch_index, asked.uv)
    size = sum(file.stat().st_size for file in (place / "dist").glob("*.whl"))
    print(f"installed in {time.perf_counter() - began:.0f} s; the wheel has {size / 1e6:.2f} MB", flush=True)
    folder = place / "empty"
    folder.mkdir()
    passed = [run(command, variables, folder) for page in asked.pages for command in commands(page)]
    if asked.keep is None:
        shutil.rmtree(place)
    print(f"{sum(passed)} of {len(passed)} commands exit with 0")
    sys.exit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
