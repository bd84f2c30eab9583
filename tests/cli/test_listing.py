"""`ravine list`."""

import json

from tests.cli.said import Ravine


def test_everything_that_can_be_named_is_listed(ravine: Ravine) -> None:
    done = ravine("list")
    assert done.returncode == 0
    for name in ("inverse", "addition", "completion", "custom", "mlp", "none", "random", "adversarial", "pilot"):
        assert name in done.stdout
    for name in ("inverse-paper", "inverse-quick", "inverse-mining"):
        assert name in done.stdout


def test_json_is_one_document(ravine: Ravine) -> None:
    content = json.loads(ravine("list", "--json").stdout)
    assert {"inverse", "addition", "completion", "custom"} <= set(content["tasks"])
    assert {"none", "random", "adversarial"} <= set(content["arms"])
    assert set(content) >= {"tasks", "energies", "arms"}
    assert json.loads(ravine("list", "--json", "--quiet").stdout) == content


def test_quiet_says_nothing(ravine: Ravine) -> None:
    assert ravine("list", "--quiet").stdout == ""
