"""From preset names, files and `field=value` words to a valid configuration."""

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ravine import presets
from ravine.config.faults import checked, faults_of, listed, nearest
from ravine.config.layers import Raw, changed, merged
from ravine.config.released import named
from ravine.config.schema import RunConfig, shipped_names
from ravine.config.study import StudyConfig, named_arms
from ravine.errors import ConfigurationError, why

Kind = Literal["runs", "studies"]
Tell = Callable[[str], object]
COMMAND = {"runs": "ravine train", "studies": "ravine compare"}


def preset_names(kind: Kind) -> list[str]:
    """Return the names of the shipped presets."""
    return presets.names(kind)


def read_run(source: str | Path, overrides: Sequence[str] = (), tell: Tell = lambda line: None) -> RunConfig:
    """Return the run that a preset's name or a TOML or JSON file describes, with `field=value` overrides.

    `tell` is told what released names stand for.
    """
    raw = with_base(read_source(source, "runs"))
    raw = changed(RunConfig, raw, map(parse_override, overrides))
    tell_names(raw, tell)
    return checked_run(raw)


def tell_names(run: Any, tell: Tell) -> None:
    """Tell what the released names in a run's fields stand for."""
    for section, known in named(run, shipped_names()):
        tell(known.sentence(section))


def read_study(
    source: str | Path, overrides: Sequence[str] = (), tell: Tell = lambda line: None, **fields: Any
) -> StudyConfig:
    """Return the study that a preset or file describes; overrides name fields of the study or of its run.

    `fields` that are not None replace fields of the study; `tell` is told what released names in its run stand for.
    """
    raw = read_source(source, "studies")
    if isinstance(run := raw.setdefault("run", {}), dict):
        raw["run"] = with_base(run)
    words = map(parse_override, overrides)
    changes = [(path if path[0] in StudyConfig.model_fields else ("run", *path), value) for path, value in words]
    raw = changed(StudyConfig, raw, changes)
    raw |= {key: value for key, value in fields.items() if value is not None}
    if isinstance(raw["run"], dict):
        tell_names(raw["run"], tell)
    if faults := [*faults_of(StudyConfig, raw), *arm_faults(raw)]:
        raise ConfigurationError(listed([fault.replace("axes.grid.", "axes.") for fault in faults]))
    study = checked(StudyConfig, raw)
    check_arms_differ(study)
    return study


def check_arms_differ(study: StudyConfig) -> None:
    """Raise a `ConfigurationError` where two arms of a study are the same run, trained for the same steps."""
    seen: dict[str, str] = {}
    for arm in study.arms:
        content = arm_run(study, arm, 0).model_dump_json() + str(study.longer.get(arm, ""))
        if (other := seen.setdefault(content, arm)) != arm:
            raise ConfigurationError(
                f"arms: {other} and {arm} are the same run; write what each changes, or names of strategies, as in "
                f'arms = ["none", "random"]'
            )


def arm_faults(raw: Raw) -> list[str]:
    """Return the faults of each arm's changes to a study's run, without those that the run itself has."""
    run, arms = raw["run"], named_arms(raw["arms"])
    if not (isinstance(run, dict) and isinstance(arms, dict)):
        return []
    own = faults_of(RunConfig, run)
    return [
        f"arms.{arm}: {fault}"
        for arm, changes in arms.items()
        if isinstance(changes, dict)
        for fault in faults_of(RunConfig, with_changes(run, changes))
        if fault not in own
    ]


def arm_run(study: StudyConfig, arm: str, seed: int) -> RunConfig:
    """Return the run of one arm and seed of a study."""
    raw = with_changes(study.run.model_dump(mode="json"), study.arms[arm])
    return checked_run({**raw, "seed": seed}, f"arms.{arm}: ")


def with_changes(run: Raw, changes: Mapping[str, Any]) -> Raw:
    """Return a run's fields with an arm's changes, each under a dotted path or in nested tables."""
    return changed(RunConfig, run, [(path.split("."), value) for path, value in changes.items()])


def with_overrides(config: RunConfig, overrides: Sequence[str], sections: Sequence[str]) -> RunConfig:
    """Return the run with `field=value` words applied; they may change fields of these `sections` alone."""
    changes = list(map(parse_override, overrides))
    for path, _ in changes:
        if path[0] not in sections:
            known = ", ".join(sections)
            raise ConfigurationError(f"{'.'.join(path)}: a trained run keeps it; only {known} can be changed")
    return checked_run(changed(RunConfig, config.model_dump(mode="json"), changes))


def checked_run(raw: Raw, prefix: str = "") -> RunConfig:
    """Return `raw` as a run; a `ConfigurationError` lists every fault."""
    return checked(RunConfig, raw, prefix)


def read_source(source: str | Path, kind: Kind) -> Raw:
    """Return the content of a preset or of a TOML or JSON file."""
    path = Path(source)
    if path.suffix not in {".toml", ".json"} and not path.is_file():
        if not (str(source) and path.is_dir()) or str(source) in preset_names(kind):
            return read_preset(str(source), kind)
        file = "config.json" if kind == "runs" else "study.json"
        raise ConfigurationError(f"{source}: a directory; name its {file} or a TOML file")
    try:
        text = path.read_text(encoding="utf-8-sig")
        raw = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigurationError(f"{source}: no such file") from None
    except OSError as error:
        raise ConfigurationError(f"{source}: {why(error)}") from None
    except (ValueError, RecursionError) as error:
        form = "JSON" if path.suffix == ".json" else "TOML"
        raise ConfigurationError(f"{source}: cannot be read as {form} ({why(error)})") from None
    if not isinstance(raw, dict):
        raise ConfigurationError(f"{source}: holds no table of fields")
    wrong = "arms" not in raw if kind == "studies" else "arms" in raw
    if wrong:
        other: Kind = "runs" if kind == "studies" else "studies"
        raise ConfigurationError(f"{source}: describes no {one(kind)} but a {one(other)}; use `{COMMAND[other]}`")
    return raw


def read_preset(name: str, kind: Kind) -> Raw:
    """Return the content of a shipped preset."""
    known = preset_names(kind)
    if name not in known:
        other: Kind = "runs" if kind == "studies" else "studies"
        if name in preset_names(other):
            raise ConfigurationError(f"{name!r} is a {one(other)}; use `{COMMAND[other]} {name}`")
        raise ConfigurationError(f"no preset or file {name!r}; {nearest(name, known)}")
    return presets.read(kind, name)


def with_base(raw: Raw) -> Raw:
    """Return a run's fields laid over those of the preset that its `base` names, if it names one."""
    base = raw.pop("base", None)
    return raw if base is None else merged(with_base(read_preset(str(base), "runs")), raw, RunConfig)


def parse_override(word: str) -> tuple[tuple[str, ...], Any]:
    """Return path and value of a `dotted.path=value`; the value is TOML, [words,words], or else the text itself."""
    path, equals, text = word.partition("=")
    if not equals or not path:
        raise ConfigurationError(
            f"{word!r}: an override is written field=value without spaces, as in training.steps=500"
        )
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text[1:-1].split(",") if re.fullmatch(r"\[[\w-]+(,[\w-]+)*\]", text) else text
    return tuple(path.strip().split(".")), value


def one(kind: Kind) -> str:
    """Return the singular of a kind of preset."""
    return {"runs": "run", "studies": "study"}[kind]
