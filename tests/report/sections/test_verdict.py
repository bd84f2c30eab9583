"""What the verdict's section says of a study that many metrics describe."""

from pathlib import Path

from ravine.report.reading.directory import read
from ravine.report.sections.verdict import verdict

STUDY = Path(__file__).parents[3] / "studies/paths-mining"


def test_exploratory_comparisons_are_told_apart_by_split_and_metric() -> None:
    found = verdict(read(STUDY)).exploratory
    places = [where for where, _ in found]
    assert any(where == "harder" for where in places)  # other pairs of arms, by the registered metric
    assert any(where.startswith("harder, first move") for where in places)
    assert len({(where, sentence.words) for where, sentence in found}) == len(found)
