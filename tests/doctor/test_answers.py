"""An adapter that answers in another form than the protocol's is told so, before any check is asked."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from examples import foreign_pipeline

from ravine.doctor.examine import examine
from ravine.doctor.shown import Plan
from ravine.errors import AdapterError
from ravine.mining.curriculum import MiningSettings

Foreign = foreign_pipeline.Foreign


def answering(name: str, change: Callable[[Any], Any]) -> Any:
    """Return the foreign pipeline with one method's answer changed."""
    made: Any = foreign_pipeline.pipeline()
    original = getattr(made, name)
    setattr(made, name, lambda *args: change(original(*args)))
    return made


def mixture_as_dict(settings: MiningSettings) -> Any:
    return SimpleNamespace(mixture=dict(settings.mixture), temperature=1.0, weight=0.5, active=True)


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("energy", lambda e: e[:, None], r"energy\(\) has the shape \(40, 1\), and should have \(40,\)"),
        ("problems", lambda b: (b.x, b.y), r"problems\(\) returned tuple; return ravine.Batch\(x, y\)"),
        ("landscapes", lambda a: replace(a, sigma=a.sigma[:5]), r"landscapes\(\).sigma has the shape \(5,\)"),
        (
            "landscapes",
            lambda a: replace(a, sigma=list(a.sigma)),
            r"landscapes\(\).sigma is of type list, and should be a tensor",
        ),
        ("mine", lambda m: replace(m, negatives=m.negatives[:, 0]), r"mine\(\).negatives has the shape \(40, 6\)"),
        (
            "loss",
            lambda t: replace(t, denoise=float(t.denoise.detach())),
            r"loss\(\).denoise is of type float, and should be a tensor",
        ),
        ("loss", lambda t: replace(t, energy_negative=t.energy_negative[:, 0]), r"loss\(\).energy_negative"),
        ("loss", lambda t: replace(t, energy_positive=t.energy_positive.long()), "is of torch.int64"),
        ("settings_at", mixture_as_dict, r'settings_at\(0\).mixture .*: write \(\("arm", share\), ...\)'),
    ],
)
def test_another_form_is_refused_with_the_form_that_is_wanted(
    name: str, change: Callable[[Any], Any], says: str
) -> None:
    with pytest.raises(AdapterError, match=says):
        examine(answering(name, change))


def test_a_plan_without_stages_is_refused() -> None:
    made: Any = foreign_pipeline.pipeline()
    made.plan = lambda: Plan(())
    with pytest.raises(AdapterError, match="has no stages"):
        examine(made)


def test_what_is_not_implemented_is_not_applicable() -> None:
    def missing() -> Plan:
        raise NotImplementedError("later")

    made: Any = foreign_pipeline.pipeline()
    made.plan = missing
    (finding,) = examine(made, codes=["D201"]).findings
    assert (finding.status, finding.says) == ("not applicable", "not implemented: later")
