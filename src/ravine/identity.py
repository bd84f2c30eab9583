"""The identity of the code that a run uses: hashes of its modules, found by following their imports.

What is followed are the library's numeric modules and the user's own; never the standard library or site-packages,
except the package of a module that is `named`, as plug-ins are. Imports that no `import` statement shows are not seen.
"""

import ast
import functools
import hashlib
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec, resolve_name
from pathlib import Path

from ravine.version import VERSION

LIBRARY = "ravine"
NUMERIC = (
    *("batch", "build.training", "contrast", "denoise", "descent", "diffusion", "energies", "evaluation", "mining"),
    *("objective", "sampling", "seeding", "solution", "solver", "stopping", "tasks", "terms", "training"),
)
"""The library's modules and packages on which numbers can depend; of these a run's identity holds what it uses."""
DIGITS = 12
Code = Mapping[str, str]
"""Module -> the first 12 hexadecimal digits of the SHA-256 of its file."""


def code_of(parts: Iterable[object], named: Iterable[str] = ()) -> dict[str, str]:
    """Return the code behind `parts` (objects, classes, functions) and modules `named` by the user, by module."""
    named = list(named)
    packages = {top(name) for name in named}
    waiting = [*named, *(name for part in parts for name in modules_of(part))]
    found: dict[str, str] = {}
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        file = file_of(name) if followed(name, packages) else None
        if file is None:
            continue
        content = file.read_bytes()
        found[name] = hashlib.sha256(content).hexdigest()[:DIGITS]
        waiting += parents(name)
        if file.suffix == ".py":
            waiting += imports(name, content, package=file.name == "__init__.py")
    return dict(sorted(found.items()))


def version_of(code: Code) -> str:
    """Return the library's version with the first 8 hexadecimal digits of the hash of a run's whole code."""
    listed = "".join(f"{name} {digest}\n" for name, digest in sorted(code.items()))
    return f"{VERSION}+{hashlib.sha256(listed.encode()).hexdigest()[:8]}"


def changes(before: Code, after: Code) -> list[str]:
    """Return the modules in which two codes differ, those that one of them lacks included."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def modules_of(part: object) -> list[str]:
    """Return the modules of a part and of the classes that it is made of."""
    kind = part if isinstance(part, type) else type(part)
    own = getattr(part, "__module__", None)
    return [name for name in (own, *(base.__module__ for base in kind.__mro__)) if isinstance(name, str)]


def top(name: str) -> str:
    """Return a module's outermost package."""
    return name.partition(".")[0]


def parents(name: str) -> list[str]:
    """Return the packages that importing a module runs first; the library's own hold no numbers."""
    above = name.rpartition(".")[0]
    return [above] if above and top(name) != LIBRARY else []


def followed(name: str, packages: set[str]) -> bool:
    """Return whether a module's code counts; `packages`: those of named modules, wherever they are installed."""
    if top(name) == LIBRARY:
        inside = name.removeprefix(f"{LIBRARY}.")
        return any(inside == numeric or inside.startswith(f"{numeric}.") for numeric in NUMERIC)
    if top(name) in sys.stdlib_module_names:
        return False
    return top(name) in packages or (bool(places := places_of(top(name))) and not any(map(installed, places)))


def installed(place: Path) -> bool:
    """Return whether a top-level file or folder belongs to the standard library or an installed package.

    Packages that an installer put elsewhere (`pip install --target`) have their metadata beside them.
    """
    paths = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    folders = (Path(path).resolve() for path in (*paths, *site.getsitepackages(), site.getusersitepackages()) if path)
    holder = place.parent.parent if place.name == "__init__.py" else place.parent
    return any(place.is_relative_to(folder) for folder in folders) or any(holder.glob("*.dist-info"))


def file_of(name: str) -> Path | None:
    """Return the file of a module; None for one that does not exist, for a namespace and for one without a file."""
    return next((place for place in places_of(name) if place.is_file()), None)


def places_of(name: str) -> list[Path]:
    """Return a module's file, or a namespace's folders; none for what cannot be found."""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    places = [spec.origin] if spec.has_location and spec.origin else list(spec.submodule_search_locations or [])
    return [Path(place).resolve() for place in places]


@functools.cache
def import_statements(content: bytes) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """Return the import statements of a module's file; kept, for the runs that one process begins."""
    return tuple(node for node in ast.walk(ast.parse(content)) if isinstance(node, ast.Import | ast.ImportFrom))


def imports(name: str, content: bytes, package: bool) -> Iterator[str]:
    """Yield the modules that a module's import statements may mean; some of them may not exist."""
    base = name if package else name.rpartition(".")[0]
    for node in import_statements(content):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        else:
            origin = "." * node.level + (node.module or "")
            origin = resolve_name(origin, base) if node.level else origin
            yield origin
            for alias in node.names:
                yield f"{origin}.{alias.name}"
                # What a package hands on from elsewhere, lazily perhaps, lives where it says itself.
                home = getattr(getattr(sys.modules.get(origin), alias.name, None), "__module__", None)
                yield from [home] if isinstance(home, str) else []
