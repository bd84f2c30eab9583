"""The code that a run uses: what is in its identity, what is not, and that a change shows."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from ravine import build, read_run
from ravine.identity import code_of, version_of

TINY = ("task.n=4", "energy.name=mlp", "energy.width=8", "energy.embedding_width=4", "compute.threads=1")
OWN = "propose={kind='custom', factory='own_propose:Mine'}"
Write = Callable[[Mapping[str, str]], None]


def code(*overrides: str) -> dict[str, str]:
    config = read_run("inverse-quick", [*TINY, *overrides])
    return build.code(config, build.trainer(config, Path("unused")))


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Modules of the user's own, written by dotted name and text, and forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)

    def write(texts: Mapping[str, str]) -> None:
        for name, text in texts.items():
            file = tmp_path / f"{name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    yield write
    for name in set(sys.modules) - before:
        if not name.startswith("ravine"):
            del sys.modules[name]


def test_a_run_is_of_its_own_parts_and_the_core_alone() -> None:
    found = code("mining.arm=adversarial")
    assert {"ravine.objective", "ravine.descent", "ravine.training.loop", "ravine.mining.miner"} <= set(found)
    assert {"ravine.tasks.matrices.inverse", "ravine.energies.mlp", "ravine.evaluation.score"} <= set(found)
    strangers = {"ravine.energies.products", "ravine.energies.matrix", "ravine.build.parts", "ravine.runs"}
    assert not strangers & set(found)
    assert all(name.startswith("ravine.") for name in found)


def test_a_new_task_or_energy_changes_no_other_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ravine.energies
    import ravine.tasks

    before = code()
    for package in (ravine.tasks, ravine.energies):
        (tmp_path / "added.py").write_text("SIZE = 3\n")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    assert code_of([], ["ravine.tasks.added"])
    assert code() == before


def test_stopping_is_a_runs_code_where_it_is_asked_for() -> None:
    assert "ravine.stopping" in code("solve.stop=solved")
    assert "ravine.stopping" not in code()


def test_another_energy_is_other_code() -> None:
    assert version_of(code()) != version_of(code("energy={name='products'}"))


TASK = """from ravine.tasks.matrices.inverse import Inverse
import own_numbers
from own_package import inner
def made():
    from own_late import SCALE
    return Inverse(4)
"""
TEXTS = {
    "own_task": TASK,
    "own_numbers": "ONE = 1\n",
    "own_late": "SCALE = 1\n",
    "own_package/__init__": "from .deep import value\n",
    "own_package/inner": "from ravine import Task\n",
    "own_package/deep": "value = 2\n",
}


def test_the_users_modules_are_followed_and_nothing_installed(modules: Write) -> None:
    modules({**TEXTS, "own_task": TASK + "import numpy, torch.nn.functional, json\n", "own_unused": ""})
    task = "task={name='custom', factory='own_task:made'}"
    found = {name for name in code(task) if not name.startswith("ravine.")}
    packaged = {"own_package", "own_package.inner", "own_package.deep"}
    assert found == {"own_task", "own_numbers", "own_late", *packaged}


def test_packages_beside_their_metadata_are_installed_wherever_that_is(modules: Write, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "apart-1.0.dist-info").mkdir(parents=True)
    sys.path.append(str(elsewhere))
    try:
        modules({**TEXTS, "own_task": TASK + "import apart.inner\n"})
        modules({"elsewhere/apart/__init__": "", "elsewhere/apart/inner": "ONE = 1\n"})
        assert not [name for name in code("task={name='custom', factory='own_task:made'}") if "apart" in name]
    finally:
        sys.path.remove(str(elsewhere))


@pytest.mark.parametrize("name", TEXTS)
def test_a_constant_that_changes_shows(modules: Write, name: str) -> None:
    modules(TEXTS)
    task = "task={name='custom', factory='own_task:made'}"
    before = code(task)
    modules({name: TEXTS[name] + "CHANGED = 1\n"})
    after = code(task)
    assert [module for module in before if before[module] != after[module]] == [
        name.replace("/", ".").removesuffix(".__init__")
    ]
    assert version_of(before) != version_of(after)


PROPOSE = """from ravine.mining.propose.noise import Noise
class Mine(Noise):
    def __init__(self):
        super().__init__(scale=1.0)
"""


def test_an_arm_of_ones_own_counts_where_it_is_used(modules: Write) -> None:
    modules({"own_propose": PROPOSE})
    arm = f"mining.arms.mine={{{OWN}}}"
    assert "own_propose" in code(arm, "mining.arm=mine")
    assert "own_propose" in code(arm, "mining.mixture={mine=0.5, random=0.5}")
    assert "own_propose" not in code(arm, "mining.arm=random")


def test_a_plug_in_is_followed_within_its_package(modules: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    modules({"own_plugin/__init__": "", "own_plugin/miners": "from own_plugin.rates import RATE\nimport own_other\n"})
    modules({"own_plugin/rates": "RATE = 1\n", "own_other": ""})
    monkeypatch.setattr("ravine.identity.installed", lambda place: True)
    found = {name for name in code_of([], ["own_plugin.miners"]) if not name.startswith("ravine.")}
    assert found == {"own_plugin", "own_plugin.miners", "own_plugin.rates"}
