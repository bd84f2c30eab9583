"""From preset names, files and `field=value` words to a valid configuration."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from ravine.config.faults import checked, listed, unknown
from ravine.config.schema import RunConfig, StudyConfig
from ravine.errors import ConfigurationError

Kind = Literal["runs", "studies"]
Raw = dict[str, Any]
COMMAND = {"runs": "ravine train", "studies": "ravine compare"}


def preset_names(kind: Kind) -> list[str]:
    """Return the names of the shipped presets."""
    folder = resources.files("ravine") / "presets" / kind
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def read_run(source: str, overrides: Sequence[str] = ()) -> RunConfig:
    """Return the run that a preset's name or a TOML or JSON file describes, with `field=value` overrides."""
    raw = with_base(read_source(source, "runs"))
    for path, value in map(parse_override, overrides):
        put(raw, path, value)
    return checked_run(raw)


def read_study(source: str, overrides: Sequence[str] = (), **fields: Any) -> StudyConfig:
    """Return the study that a preset or file describes; overrides name fields of the study or of its run.

    `fields` that are not None replace fields of the study.
    """
    raw = read_source(source, "studies")
    raw["run"] = with_base(dict(raw.get("run", {})))
    for path, value in map(parse_override, overrides):
        put(raw, path if path[0] in StudyConfig.model_fields else ("run", *path), value)
    raw |= {key: value for key, value in fields.items() if value is not None}
    study = checked(StudyConfig, raw)
    for faults in (check_mining(study.run, "run."), check_baseline(study)):
        if faults:
            raise ConfigurationError(listed(faults))
    for arm in study.arms:
        arm_run(study, arm, study.first_seed)
    return study


def arm_run(study: StudyConfig, arm: str, seed: int) -> RunConfig:
    """Return the run of one arm and seed of a study."""
    raw = study.run.model_dump(mode="json")
    for path, value in study.arms[arm].items():
        put(raw, tuple(path.split(".")), value)
    raw["seed"] = seed
    return checked_run(raw, f"arms.{arm}: ")


def checked_run(raw: Raw, prefix: str = "") -> RunConfig:
    """Return `raw` as a run; a `ConfigurationError` lists every fault."""
    run = checked(RunConfig, raw, prefix)
    if faults := check_mining(run, prefix):
        raise ConfigurationError(listed(faults))
    return run


def check_mining(run: RunConfig, prefix: str) -> list[str]:
    """Return the faults of a run's choice of arm."""
    known = run.mining.known_arms
    return [] if run.mining.arm in known else [f"{prefix}mining.arm: {unknown('arm', run.mining.arm, known)}"]


def check_baseline(study: StudyConfig) -> list[str]:
    """Return the faults of a study's choice of baseline and arms."""
    if not study.arms:
        return ["arms: a study needs at least one arm"]
    known = list(study.arms)
    if study.baseline in known or len(known) == 1:
        return []
    return [f"baseline: {unknown('arm', study.baseline, known)}"]


def read_source(source: str, kind: Kind) -> Raw:
    """Return the content of a preset or of a TOML or JSON file."""
    path = Path(source)
    if path.suffix not in {".toml", ".json"} and not path.is_file():
        return read_preset(source, kind)
    if path.is_dir():
        raise ConfigurationError(f"{source}: a directory; name its config.json or a TOML file")
    try:
        text = path.read_text()
        raw = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigurationError(f"{source}: no such file") from None
    except (ValueError, OSError) as error:
        raise ConfigurationError(f"{source}: {error}") from None
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
        raise ConfigurationError(f"no preset or file {name!r}; {unknown('preset', name, known)}")
    return tomllib.loads((resources.files("ravine") / "presets" / kind / f"{name}.toml").read_text())


def with_base(raw: Raw) -> Raw:
    """Return a run's fields laid over those of the preset that its `base` names, if it names one."""
    base = raw.pop("base", None)
    return raw if base is None else merged(with_base(read_preset(str(base), "runs")), raw)


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> Raw:
    """Return `over` laid over `under`, table by table."""
    result = dict(under)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else value
    return result


def parse_override(word: str) -> tuple[tuple[str, ...], Any]:
    """Return path and value of a `dotted.path=value`; the value is TOML, or else the text itself."""
    path, equals, text = word.partition("=")
    if not equals or not path:
        raise ConfigurationError(f"{word!r}: an override is written field=value, as in training.steps=500")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    return tuple(path.strip().split(".")), value


def put(raw: Raw, path: Sequence[str], value: Any) -> None:
    """Set the field at `path`, making tables on the way."""
    for key in path[:-1]:
        inner = raw.get(key)
        raw[key] = dict(inner) if isinstance(inner, Mapping) else {}
        raw = raw[key]
    raw[path[-1]] = value


def one(kind: Kind) -> str:
    """Return the singular of a kind of preset."""
    return {"runs": "run", "studies": "study"}[kind]
