"""Progress: nothing for what is quick, plain lines where there is no terminal, silence when asked for."""

import pytest

from ravine.cli import progress
from ravine.cli.progress import ProgressLine
from ravine.cli.tables import show_table
from ravine.experiments.page import duration


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(progress, "time", made)
    return made


def test_what_takes_less_than_ten_seconds_says_nothing_in_a_file(
    clock: Time, capsys: pytest.CaptureFixture[str]
) -> None:
    with ProgressLine("training", 100, "steps") as line:
        for step in range(9):
            clock.now += 1
            line.at(step)
    assert capsys.readouterr() == ("", "")


def test_a_plain_line_has_loss_rate_and_time_left(clock: Time, capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressLine("training", 100, "steps", done=10) as line:
        clock.now += 20
        line.at(50, "loss 0.25")
        clock.now += 1
        line.at(52, "loss 0.24")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "training: 50/100 steps, loss 0.25, 2 steps/s, 0:25 left\n"


def test_quiet_is_quiet_however_long_it_takes(clock: Time, capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressLine("training", 100, "steps", quiet=True) as line:
        clock.now += 3600
        line.advance(50)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar_after_two_seconds(
    clock: Time, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with ProgressLine("training", 100, "steps") as line:
        line.at(1)
        assert line.bar is not None
        assert not line.bar.started
        clock.now += 3
        line.at(30, "loss 0.25")
        assert line.bar.started
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.9, "0:59"), (61, "1:01"), (3600, "1:00:00")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize("colour", ["", "1"])
def test_a_log_and_a_notebook_hold_plain_lines(
    colour: str, clock: Time, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", colour)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    with ProgressLine("training", 100, "steps") as line:
        for step in range(0, 100, 20):
            clock.now += 11
            line.at(step, "loss 0.25")
    show_table(["arm", "MSE"], [["none", "0.5"]], title="scores")
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 5
    assert "none" in said.out  # in a notebook rich would show a table in a cell of its own
    for text in (said.err,) if colour else said:  # who forces colour means tables
        assert not set("\r\b\x1b") & set(text)
