"""Other people's trainers: the example, its planted faults, and what cannot be asked."""

from pathlib import Path

import pytest
from examples import foreign_pipeline
from examples.foreign_trainer import FAULTS

from ravine.doctor.bench import Bench
from ravine.doctor.checks import CHECKS
from ravine.doctor.examine import examine
from ravine.doctor.pipeline import NotOffered, Pipeline

MEANT = {
    "counter in the loop": "D101",
    "ascent": "D301",
    "other noise": "D308",
    "first landscape": "D407",
    "detached": "D107",
    "nan replaced": "D312",
    "own negative": "D305",
    "wrong sign": "D303",
    "all pairs": "D318",
}


def test_the_healthy_foreign_trainer() -> None:
    found = examine(foreign_pipeline.pipeline())
    assert found.healthy, found.fired()
    assert sum(f.status == "pass" for f in found.findings) >= 28
    assert all(f.says for f in found.findings if f.status == "not applicable")


@pytest.mark.parametrize("fault", FAULTS)
def test_its_faults_are_caught(fault: str) -> None:
    fired = examine(foreign_pipeline.pipeline(fault)).fired()
    assert fired == [MEANT[fault]]


def test_a_pipeline_that_offers_nothing_is_asked_nothing() -> None:
    found = examine(Pipeline())
    assert {f.status for f in found.findings} == {"not applicable"}
    assert len(found.findings) == len(CHECKS)
    with pytest.raises(NotOffered, match="no "):
        _ = Bench(Pipeline()).batch


def test_the_adapter_is_short() -> None:
    text = Path(foreign_pipeline.__file__).read_text()
    code = [line for line in text.splitlines() if line.strip() and "import" not in line]
    assert len(code) <= 68


def test_a_pipeline_that_raises_is_a_finding_and_no_crash() -> None:
    broken = foreign_pipeline.pipeline()
    broken.mine = None  # type: ignore[assignment, method-assign]
    found = examine(broken)
    raising = [f for f in found.findings if "TypeError" in f.says]
    assert "adapter failed" in {f.status for f in raising}
    assert found.fired() == []
    assert not found.healthy
