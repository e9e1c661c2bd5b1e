"""What a format is read into, before anybody has looked whether it fits together."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Malformed(Exception):
    """A set that cannot be measured; says which file and line, and never quotes a text."""


@dataclass(frozen=True, slots=True)
class Text:
    """A document or, without a title, a question."""

    id: str
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How well a document suits a question: 1 and more is relevant."""

    query: str
    document: str
    grade: int


@dataclass(slots=True)
class Raw:
    """A set as its files have it."""

    documents: list[Text] = field(default_factory=list)
    queries: list[Text] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers from 1. Raises Malformed."""
    try:
        # A file's own lines: text may hold separators that `splitlines` would break at.
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except UnicodeDecodeError:
        raise Malformed(f"{path.name} is not UTF-8") from None


def records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON lines, with the numbers of their lines. Raises Malformed."""
    for number, line in lines(path):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise Malformed(f"{path.name} line {number} is not JSON") from None
        if not isinstance(record, dict):
            raise Malformed(f"{path.name} line {number} is not an object")
        yield number, record
