"""The notebooks run from top to bottom; they are stored with what they print, and small."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from tests.cli.cheap import make_cheap

NOTEBOOKS = Path(__file__).parents[2] / "docs/notebooks"
SMALL = {
    "a-landscape": "STEPS, PROBLEMS = 4, 20",
    "does-mining-help": "SEEDS, STEPS, PROBLEMS = 2, 3, 20",
}


def cells(name: str) -> list[dict[str, Any]]:
    notebook = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_every_notebook_is_run() -> None:
    assert {path.stem for path in NOTEBOOKS.glob("*.ipynb")} == set(SMALL)


@pytest.mark.parametrize("name", SMALL)
def test_a_notebook_runs(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    make_cheap(monkeypatch)
    space: dict[str, Any] = {}
    with mpl.rc_context({"backend": "agg"}):
        for cell in cells(name):
            source = "".join(cell["source"])
            exec(SMALL[name] if "parameters" in cell["metadata"].get("tags", ()) else source, space)
        drawn = [plt.figure(number).axes for number in plt.get_fignums()]
        plt.close("all")
    assert drawn
    assert all(axes.has_data() for figure in drawn for axes in figure)


@pytest.mark.parametrize("name", SMALL)
def test_a_notebook_is_stored_with_its_output_and_small(name: str) -> None:
    assert (NOTEBOOKS / f"{name}.ipynb").stat().st_size < 300_000
    outputs = [output for cell in cells(name) for output in cell["outputs"]]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [output for output in outputs if output["output_type"] == "error"]
    text = "".join("".join(output.get("text", "")) for output in outputs)
    assert text
    assert "\x1b" not in text
