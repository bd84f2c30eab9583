"""As a user installs it: the wheel in an empty environment, and what the pages ask for in an empty folder.

    python -m benchmarks.install [--python python3.12] [--uv] [--torch-index URL] [--pages README.md docs/models.md]
    python -m benchmarks.install --steps 4      # runs of 4 steps, scored on 100 problems, and studies of 2 seeds

Builds sdist and wheel (the wheel from the sdist), makes an environment outside the repository, installs PyTorch and the
wheel, and follows the pages in the site's order: writes their files, types their lines, runs their programs. Each must
exit with 0, or with what its page says; beside it stand its seconds and its peak memory, and at the end those of each
page as a table. `--keep DIR`: where all of it is left, and an environment is used again.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.pages import ROOT, Step, cut, pages, steps


@dataclass(frozen=True)
class Done:
    """What a step took, and whether it exited as its page says."""

    well: bool
    seconds: float
    megabytes: float


def build(place: Path, python: Path) -> Path:
    """Build sdist and wheel from a copy of the repository, and return the wheel."""
    for old in ("source", "dist"):
        shutil.rmtree(place / old, ignore_errors=True)
    copy = place / "source"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "out", "__pycache__", "*.egg-info"))
    subprocess.run([python, "-m", "build", "--outdir", place / "dist", copy], check=True, capture_output=True)
    (wheel,) = (place / "dist").glob("*.whl")
    return wheel


def environment(asked: argparse.Namespace, place: Path) -> tuple[dict[str, str], Path]:
    """Build and install; return the variables under which the environment's programs are found first, and the wheel."""
    here = place / "env"
    python = here / "bin/python"
    if here.exists():
        subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "ravine"], check=True)
    else:
        subprocess.run([asked.python, "-m", "venv", here], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "build", *(["uv"] if asked.uv else [])], check=True)
    wheel = build(place, python)
    wanted = re.search(r"^torch==.*$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    torch = wanted.group() if wanted else "torch"
    uv = [str(here / "bin/uv"), "pip", "install", "--quiet", "--python", str(python)]
    installer = uv if asked.uv else pip
    subprocess.run([*installer, torch, *(["--index-url", asked.torch_index] if asked.torch_index else [])], check=True)
    subprocess.run([*installer, str(wheel)], check=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PATH": f"{here / 'bin'}{os.pathsep}{os.environ['PATH']}"}, wheel


def run(command: Sequence[str], status: int, variables: dict[str, str], folder: Path) -> Done:
    """Run a command, print what it took, and what it said if it exits with another status."""
    began = time.perf_counter()
    with (folder.parent / "said.txt").open("w+", encoding="utf-8") as said:
        process = subprocess.Popen(command, env=variables, cwd=folder, stdout=said, stderr=subprocess.STDOUT)
        _, waited, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(waited)
        done = Done(process.returncode == status, time.perf_counter() - began, used.ru_maxrss / 1000)
        shown = command[-1].strip().splitlines()[0][:90]
        print(f"{process.returncode:>3} {done.seconds:>7.1f} s {done.megabytes:>6.0f} MB  {shown}", flush=True)
        if not done.well:
            said.seek(0)
            print(said.read(), flush=True)
    return done


def follow(step: Step, count: int | None, wheel: Path, variables: dict[str, str], folder: Path) -> list[Done]:
    """Do what a step asks for; a file is written without a word, what is left out is said."""
    if step.kind == "file":
        with (folder / step.name).open("a", encoding="utf-8") as file:
            file.write(step.text)
        return []
    if why := step.left_out():
        print(f"left out ({why}): {step.text.splitlines()[0][:90]}", flush=True)
        return []
    if step.kind == "program":
        return [run(["python", "-c", step.text], step.status(), variables, folder)]
    line = (step.text if count is None else cut(step.text, count)).replace('"ravine[', f'"{wheel}[')
    return [run(["bash", "-c", line], step.status(), variables, folder)]


def table(followed: dict[Path, list[Done]]) -> list[str]:
    """Return what each page took, in Markdown."""
    rows = [
        f"| `{page.relative_to(ROOT)}` | {len(took)} | {sum(done.seconds for done in took):.0f} "
        f"| {max(done.seconds for done in took):.0f} | {max(done.megabytes for done in took) / 1000:.1f} |"
        for page, took in followed.items()
        if took
    ]
    return ["| page | commands | seconds | the longest | peak memory, GB |", "|---|---|---|---|---|", *rows]


def main() -> None:
    """Install, follow the pages, and exit with 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--pages", nargs="*", type=lambda name: Path(name).resolve(), default=pages())
    parser.add_argument("--steps", type=int)
    parser.add_argument("--torch-index")
    parser.add_argument("--uv", action="store_true")
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    place = (asked.keep or Path(tempfile.mkdtemp(prefix="ravine-"))).resolve()
    place.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    variables, wheel = environment(asked, place)
    folder = place / "empty"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "examples", folder / "examples")  # as a clone has them
    size = wheel.stat().st_size / 1e6
    print(f"installed in {time.perf_counter() - began:.0f} s; the wheel has {size:.2f} MB", flush=True)
    followed: dict[Path, list[Done]] = {}
    for page in asked.pages:
        print(f"\n{page.relative_to(ROOT)}", flush=True)
        followed[page] = [done for step in steps(page) for done in follow(step, asked.steps, wheel, variables, folder)]
    if asked.keep is None:
        shutil.rmtree(place)
    well = [done.well for took in followed.values() for done in took]
    print("", *table(followed), f"{sum(well)} of {len(well)} commands exit as their pages say", sep="\n")
    sys.exit(0 if all(well) else 1)


if __name__ == "__main__":
    main()
