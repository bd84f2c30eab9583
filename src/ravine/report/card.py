"""A model's card: what a run's own records say of its weights, in the form that model hubs read."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ravine.config.schema import RunConfig
from ravine.registry import External
from ravine.report.measure import Measure, Values
from ravine.report.page import environment
from ravine.report.reading.subject import Facts, Run, Subject, mapping, real
from ravine.statistics import mean_interval

Problems = Mapping[str, Values]
"""Each test problem's metrics as "split/metric", and as "split/metric/weights" how they count: `errors.npz`."""


@dataclass(frozen=True)
class Card:
    """What a card is written from.

    `name`: the model's; `subject`: its run; `config`: the run's; `problems`: every test problem's metrics; `weights`:
    how many there are; `verifiable`: whether the task can check an answer without knowing the right one; `command`:
    what trains such a run; `version`: of the code that trained it.
    """

    name: str
    subject: Subject
    config: RunConfig
    problems: Problems
    weights: int
    verifiable: bool
    command: str
    version: str

    def text(self) -> str:
        """Return the card: a header of metadata, then Markdown."""
        return environment().get_template("card.md").render(card=self, header=header(self))

    @property
    def run(self) -> Run:
        """The run that trained the model."""
        return self.subject.runs[0]

    @property
    def measures(self) -> list[Measure]:
        """The task's metrics, without those at other budgets of solving; the one that it was trained by first."""
        return [measure for measure in self.subject.described.values() if measure.name == measure.base]

    @property
    def environment(self) -> Facts:
        """What the run was computed with."""
        return mapping(self.run.facts["environment"])

    @cached_property
    def limits(self) -> list[str]:
        """What the scores do not say, and where they are poor."""
        return list(limits(self))

    def about(self, section: str) -> str:
        """Return the first sentence of what the task or the energy says of itself; of one of the user's own its place.

        `section`: task or energy.
        """
        chosen = getattr(self.config, section)
        if isinstance(chosen, External):
            return "not part of ravine: its package, or its file, has to be there to use these weights."
        return " ".join((type(chosen).__doc__ or "").split("\n\n")[0].split())

    def fact(self, split: str, name: str) -> Any:
        """Return what the run recorded of a split."""
        return mapping(self.run.splits[split])[name]

    def interval(self, split: str, measure: Measure) -> tuple[float, float] | None:
        """Return the 95 % interval of a metric's mean over the split's problems; None of a single one."""
        values = self.problems[f"{split}/{measure.name}"]
        weights = self.problems.get(f"{split}/{measure.name}/weights")
        return mean_interval(values, measure.scale_name, weights) if len(values) > 1 else None

    def scored(self, split: str, measure: Measure) -> str:
        """Return the model's score with its interval."""
        value, ends = self.run.value(split, measure.name), self.interval(split, measure)
        low, high = (measure.text(end).removesuffix(" %") for end in ends or (value, value))
        return measure.text(value) + f" ({low} to {high})" * (ends is not None)

    def rows(self, split: str) -> list[list[str]]:
        """Return a split's table: the model, its skill, and the rules beside it."""
        skills = [self.subject.skill(self.run.value(split, m.name), split, m) for m in self.measures]
        rows = [["**this model**", *(self.scored(split, measure) for measure in self.measures)]]
        rows.append(["skill", *("—" if skill is None else f"{skill:.3g}" for skill in skills)])
        trivial = self.subject.baselines(split, self.measures[0], trivial=True)
        for name in self.subject.baselines(split, self.measures[0]):
            values = [self.subject.baselines(split, measure).get(name) for measure in self.measures]
            cells = [measure.text(value) for measure, value in zip(self.measures, values, strict=True)]
            rows.append([name if name in trivial else f"{name} (for reference)", *cells])
        return rows


def header(card: Card) -> str:
    """Return the card's metadata: YAML whose values are JSON, which YAML reads alike."""
    results = [
        {
            "task": {"type": card.config.task.name},
            "dataset": {"type": card.config.task.name, "name": f"{card.subject.results['task']}, {split}"},
            "metrics": [
                {"type": measure.name, "name": measure.label, "value": card.run.value(split, measure.name)}
                for measure in card.measures
            ],
        }
        for split in card.run.splits
    ]
    tags = ["energy-based-model", "reasoning", card.config.task.name, card.config.energy.name]
    fields = {"library_name": "ravine", "tags": tags, "model-index": [{"name": card.name, "results": results}]}
    return "\n".join(f"{key}: {json.dumps(value)}" for key, value in fields.items())


def limits(card: Card) -> Iterator[str]:
    """Yield a card's limits, each one sentence or two."""
    first = card.measures[0]
    trained = next(iter(card.run.splits))
    yield (
        "One run with one seed. The intervals are 95 % over test problems of the same kind; they do not say how "
        "another seed would do."
    )
    yield f"Trained on problems like those of `{trained}` alone; kinds, sizes and scales beyond the tables: untested."
    for split in card.run.splits:
        yield from poor(card, split, first)
        yield from unsolved(split, card.problems[f"{split}/solved"])
    if card.verifiable:
        yield "A low energy is no proof. `ravine solve` says of each answer whether the task's verifier takes it."
    else:
        yield "The task cannot check an answer without knowing the right one, so nothing says which answers are wrong."


def poor(card: Card, split: str, measure: Measure) -> Iterator[str]:
    """Yield a sentence on each kind of rule that is as good as the model on a split, or better."""
    value = card.run.value(split, measure.name)
    ends = card.interval(split, measure) or (value, value)
    worst = max(map(measure.cost, ends))
    others = {
        trivial: named(card.subject.baselines(split, measure, trivial=trivial), measure, worst)
        for trivial in (True, False)
    }
    if others[True]:
        yield f"On `{split}` it is not clearly better, by {measure.label}, than the trivial {others[True]}."
    if others[False]:
        yield f"On `{split}` exact or known methods do as well or better: {others[False]}. They are the tool to use."


def named(values: Mapping[str, float], measure: Measure, worst: float) -> str:
    """Return the names of those whose cost is at most the `worst` that the model's interval allows."""
    return ", ".join(f"`{name}`" for name, value in values.items() if measure.cost(value) <= worst)


def unsolved(split: str, solved: Values) -> Iterator[str]:
    """Yield how many problems of a split the model leaves unsolved, if any."""
    if missed := round(len(solved) - solved.sum()):
        yield f"On `{split}` {missed} of {len(solved)} problems are not solved, as it solves by itself."


def count(value: Any) -> str:
    """Return a count as people write it."""
    return f"{real(value):,.0f}"


environment().filters["count"] = count
