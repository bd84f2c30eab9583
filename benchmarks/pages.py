"""What the pages of the documentation ask of a reader, in order: files to write, lines to type, programs to run."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[1]
RUN = (
    "ravine",
    "echo",
    "printf",
    "cat",
    "head",
    "python -c",
    "python -m ravine",
    'pip install "ravine[',
    "pip install examples/",
)
"""How lines begin that are run; the rest is for a clone (`make`, `pytest`, `python benchmarks/...`), or installs."""
LEFT_OUT: Mapping[str, str] = {
    r"FOLDER|FILE\b|out/satnet": "a file of the reader's",
    r"--gpus 0,1|out/slurm(?!.*--dry-run)": "needs GPUs or SLURM",
    r"tensorboard --logdir|--open": "goes on until it is closed",
    r"images\.npy": "needs photographed boards",
    r"from tests\.": "a part of the tests",
}
"""Commands that are not run, by what they hold, and why."""
FAILS: Mapping[str, int] = {"fault=(?!.*[|])": 1, "mining.weigth": 2}
"""Commands whose page says that they do not exit with 0, and with what they do."""


@dataclass(frozen=True)
class Step:
    """A file to write (`name`), a line to type or a program to run."""

    kind: Literal["file", "line", "program"]
    text: str
    name: str = ""

    def left_out(self) -> str | None:
        """Return why it is not run, if it is not."""
        return next((why for held, why in LEFT_OUT.items() if re.search(held, self.text)), None)

    def status(self) -> int:
        """Return what it exits with, as its page says."""
        return next((status for held, status in FAILS.items() if re.search(held, self.text)), 0)


def pages() -> list[Path]:
    """Return the README and every page of the site, in the site's order."""
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    trees = re.findall(r"^```{toctree}\n(?::[^\n]*\n)*(.*?)^```", index, re.DOTALL | re.MULTILINE)
    files = [ROOT / f"docs/{name}.md" for name in dict.fromkeys("\n".join(trees).split())]
    return [ROOT / "README.md", *(file for file in files if file.exists())]


def steps(page: Path) -> Iterator[Step]:
    """Yield what a page asks for; programs without an import are excerpts, lines after a `$` line are its output."""
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    for language, body in blocks:
        if named := re.match(r"# (\w+\.(?:py|toml))\n", body):
            yield Step("file", body, named[1])
        elif language == "python" and re.match(r"(from|import) ", body):
            yield Step("program", body)
        elif language in ("console", "bash"):
            lines = body.splitlines()
            typed = [line[2:] for line in lines if line.startswith("$ ")] or lines
            yield from (Step("line", line) for line in typed if line.startswith(RUN))


def cut(line: str, count: int) -> str:
    """Return a command with its run cut to `count` steps and 100 test problems, a study to two seeds as well."""
    line = re.sub(r"\s+#.*", "", line)
    if not re.match("ravine (train|compare) ", line) or "--dry-run" in line:
        return line
    line = re.sub(r" (training\.steps|evaluation\.problems)=\d+", "", line)
    line += f" training.steps={count} evaluation.problems=100"
    return re.sub(r" --seeds \d+", "", line) + " --seeds 2" if line.startswith("ravine compare") else line
