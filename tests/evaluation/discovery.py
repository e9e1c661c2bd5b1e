"""Where sets are: the directories that EVAL_DATA names, and what lies below them."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.results import ROOT

DEFAULT = ROOT.parent / "shared" / "data"
# What a figure's name may hold; its parts are joined by dots.
_ODD = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory that may hold a set; `name` is its own, made fit for a figure's name and
    unlike all others."""

    name: str
    path: Path


def roots() -> list[Path]:
    """What EVAL_DATA names, colon-separated; else the directory beside the checkout."""
    named = os.environ.get("EVAL_DATA", "")
    return [Path(each) for each in named.split(":") if each] or [DEFAULT]


def directories(paths: Sequence[Path]) -> list[Directory]:
    """Each path and all directories below it, in order, each once."""
    found = [each for path in paths for each in _below(path)]
    unique = list(dict.fromkeys(each.resolve() for each in found))
    names = Counter(_name(each) for each in unique)
    taken: Counter[str] = Counter()
    named = []
    for path in unique:
        name = _name(path)
        if names[name] > 1:
            name = f"{_name(path.parent)}-{name}"
        taken[name] += 1
        named.append(Directory(name if taken[name] == 1 else f"{name}-{taken[name]}", path))
    return named


def with_own(found: Sequence[Directory], own: Path, wanted: Sequence[str]) -> Iterator[Directory]:
    """What was found, and the project's own below `own`: those of a name in `wanted`, or all."""
    yield from found
    known = {each.path for each in found}
    for each in directories([own]):
        if each.path not in known and (not wanted or each.name in wanted):
            yield each


def _name(path: Path) -> str:
    return _ODD.sub("_", path.name).strip("_") or "set"


def _below(path: Path) -> Iterator[Path]:
    seen: set[Path] = set()
    # Data often lies behind a link; one that leads back is followed once.
    for place, inner, _ in os.walk(path, followlinks=True):
        real = Path(place).resolve()
        inner[:] = sorted(each for each in inner if not each.startswith("."))
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        yield real
