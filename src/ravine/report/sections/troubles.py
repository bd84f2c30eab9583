"""What went wrong: every run that diverged, failed, was interrupted or is missing."""

from ravine import statistics
from ravine.evaluation.lag import ADVICE, AVERAGED, RAW, lag
from ravine.report.panel import Data, Section, Table
from ravine.report.reading.subject import ENDED, Subject, mapping, real
from ravine.report.sections.errors import DIVERGED, counted


def troubles(subject: Subject) -> Section:
    """Return every run that did not finish, and how often arms diverged; or that there is none."""
    bad = [run for run in subject.runs if run.status != ENDED]
    total = len(subject.runs)
    heading = "Divergences and failures"
    arms = [told for arm in subject.arms if (told := worse_than_zero(subject, arm))]
    worse = (
        [f"Finished runs worse than predicting zero, which count as if they did: {'; '.join(arms)}."] if arms else []
    )
    worse += [*lagging(subject), *untracked(subject)]
    back = rolled_back(subject)
    if not bad:
        all_ = "The run finished." if total == 1 else f"None: all {total} runs finished."
        return Section("troubles", heading, [all_, *worse], back)
    header = ["arm", "seed", "state", "step", "why"]
    rows = [[run.arm, str(run.seed), run.status, str(run.facts.get("steps") or "—"), run.reason] for run in bad]
    states = [run.status for run in bad]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    words = [
        f"{len(bad)} of {total} runs did not finish: {counts}. Diverged runs count in comparisons; none is dropped."
    ]
    if DIVERGED in states:
        words.append(rates(subject))
    table = Table("Runs that did not finish", header, rows, folded=len(rows) > 30, data=Data(header, rows))
    return Section("troubles", heading, [*words, *worse], [table, *back])


def rates(subject: Subject) -> str:
    """Return how often each arm's runs diverged, with Wilson's 95 % interval."""
    parts = []
    for arm, runs in subject.by_arm.items():
        ended = [run for run in runs if run.status in {ENDED, DIVERGED}]
        if ended:
            wild = sum(run.status == DIVERGED for run in ended)
            rate = statistics.wilson_interval(wild, len(ended))
            parts.append(f"{arm} {wild} of {len(ended)} ({rate.low:.0%} to {rate.high:.0%})")
    return f"Diverged, with 95 % intervals of the rate: {', '.join(parts)}."


def lagging(subject: Subject) -> list[str]:
    """Return a sentence on the arms whose averaged weights lag behind the raw ones; none if there is none."""
    parts, validated = [], next(iter(subject.described.values()), subject.metric)
    for arm, runs in subject.by_arm.items():
        found = [mapping(run.facts.get("validation")) for run in runs]
        lags = [lag(*(validated.cost(real(entry.get(which))) for which in (AVERAGED, RAW))) for entry in found]
        if ratios := [ratio for ratio in lags if ratio is not None]:
            parts.append(f"{arm} {max(ratios):.3g} times ({len(ratios)} of {len(runs)} runs)")
    if not parts:
        return []
    return [f"The averaged weights, which are scored, err more than the raw ones: {'; '.join(parts)}; {ADVICE}."]


def rolled_back(subject: Subject) -> list[Table]:
    """Return the table of runs that diverged and went on from an earlier checkpoint; none where none did."""
    header = ["arm", "seed", "diverged at step", "back to step", "learning rate", "why"]
    rows = [
        [run.arm, str(run.seed), str(entry["from"]), str(entry["to"]), f"times {entry['rate']:.3g}", str(entry["why"])]
        for run in subject.runs
        for entry in run.facts.get("rollbacks") or ()
    ]
    title = "Runs that diverged and went on from an earlier checkpoint with a lower learning rate"
    return [Table(title, header, rows, folded=len(rows) > 30, data=Data(header, rows))] if rows else []


def untracked(subject: Subject) -> list[str]:
    """Return a sentence for every tracker that failed; it decided nothing."""
    return [
        f"{run.arm}, seed {run.seed}, tracking: {line}."
        for run in subject.runs
        for line in run.facts.get("untracked") or ()
    ]


def worse_than_zero(subject: Subject, arm: str) -> str:
    """Return how many finished runs of an arm no error of their own can stand for, by split; none if there are none."""
    finished = [run for run in subject.by_arm[arm] if run.status == ENDED]
    found = {split: int(counted(subject, subject.metric, finished, split).capped.sum()) for split in subject.splits}
    parts = [f"{count} on {split}" for split, count in found.items() if count]
    return f"{arm} {', '.join(parts)}" if parts else ""
