"""What docs/reproducibility.md claims and no other test shows."""

import re
from pathlib import Path

import pytest
import torch
from tests.training.conftest import TINY

import ravine
from ravine import build
from ravine.config.sources import checked_run
from ravine.experiments.comparison import pick
from ravine.report import part
from ravine.report.sections.table import tables
from ravine.training.directory import read_json

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/reproducibility.md").read_text()


def stepped(preset: str, steps: int, threads: int) -> torch.Tensor:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        made = build.trainer(ravine.read_run(preset, ["compute.device=cpu"]), Path("unused"))
        for _ in range(steps):
            made.step()
    finally:
        torch.set_num_threads(before)
    return torch.cat([parameter.detach().flatten() for parameter in made.state.energy.parameters()])


def test_threads_change_no_weight_of_a_small_matrix_energy() -> None:
    assert torch.equal(stepped("inverse-quick", 3, 1), stepped("inverse-quick", 3, 2))


@pytest.mark.usefixtures("unchecked")
def test_a_worker_trains_as_this_process_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part, "sections", lambda subject, looks: [tables(subject)])
    study = pick(ravine.read_study("pilot", TINY, seeds=1, workers=2), ["none", "random"])
    assert ravine.compare(study, tmp_path / "study").unended == []
    for arm in ("none", "random"):
        there, here = tmp_path / f"study/runs/{arm}/seed-0", tmp_path / arm
        ravine.train(checked_run(read_json(there / "config.json")), here)
        for name in ("checkpoints/step-000000012.safetensors", "errors.npz"):
            assert (there / name).read_bytes() == (here / name).read_bytes()


def test_the_code_on_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    before = torch.get_num_threads()
    try:
        exec(re.sub(r", (10|5), ", ", 1, ", code).replace('"inverse-paper"', '"inverse-quick"'), {})
    finally:
        torch.set_num_threads(before)
    differences = [float(line.rsplit(" ", 1)[1]) for line in capsys.readouterr().out.splitlines()]
    assert len(differences) == 4
    assert max(differences) < 1e-4


def test_the_tests_that_the_page_names_exist() -> None:
    for path in re.findall(r"tests/[\w/]+\.py", PAGE):
        assert (ROOT / path).is_file(), path
    for path, word in re.findall(r"pytest (tests/[\w/]+\.py) -k (\w+)", PAGE):
        names = re.findall(r"def (test_\w+)", (ROOT / path).read_text())
        assert any(word in name for name in names), (path, word)
