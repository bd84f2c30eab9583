"""The released code's names of data sets and networks, and what they are called here."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ravine import presets

FILES: Mapping[str, str] = {"task": "tasks", "energy": "energies"}
"""The sections of a run that take a released name, and the table of such names."""
SAYS, STAR = "says", "*"
Table = Mapping[str, Any]


@dataclass(frozen=True)
class Released:
    """What a released name stands for: fields of ours, the `name` among them, and what else is to be said."""

    released: str
    fields: Table
    says: str = ""

    def sentence(self, section: str) -> str:
        """Return in words what the name stands for in a section of a run."""
        told = f"; {self.says}" * bool(self.says)
        return f'{section}.name: "{self.released}", as released, is {in_words(self.fields)}{told}'


def meaning(section: str, name: object, shipped: Collection[str]) -> Released | None:
    """Return what a released name stands for; None for any other, and for one that is `shipped` as it is."""
    if not isinstance(name, str) or name in shipped:
        return None
    for pattern, table in presets.read("released", FILES[section]).items():
        if found := re.fullmatch(re.escape(pattern).replace(r"\*", r"(\d+)"), name):
            fields = {key: int(found[1]) if value == STAR else value for key, value in table.items() if key != SAYS}
            return Released(name, fields, table.get(SAYS, ""))
    return None


def with_our_names(run: Any, shipped: Mapping[str, Collection[str]]) -> Any:
    """Return a run's fields with released names replaced by what they stand for; fields beside a name go before."""
    if not isinstance(run, Mapping):
        return run
    changed = {
        section: {**known.fields, **{key: value for key, value in run[section].items() if key != "name"}}
        for section, known in named(run, shipped)
    }
    return {**run, **changed}


def named(run: Table, shipped: Mapping[str, Collection[str]]) -> Iterator[tuple[str, Released]]:
    """Yield the sections of a run that have a released name, with what it stands for."""
    for section in FILES:
        table = run.get(section)
        if isinstance(table, Mapping) and (known := meaning(section, table.get("name"), shipped[section])):
            yield section, known


def in_words(fields: Table) -> str:
    """Return fields of ours in words: the name, and the others in brackets."""
    others = ", ".join(f"{key} = {value}" for key, value in fields.items() if key != "name")
    return f'"{fields["name"]}"' + f" ({others})" * bool(others)
