"""The simple format: corpus.jsonl, queries.jsonl, qrels.tsv."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.evaluation.datasets.raw import Judgement, Malformed, Raw, Text, lines, records

_CORPUS, _QUERIES, _QRELS = FILES = ("corpus.jsonl", "queries.jsonl", "qrels.tsv")
_HEADER = ["query-id", "corpus-id", "score"]


def recognises(directory: Path) -> bool:
    """Whether any of the three files is there: with fewer than all it is a set that lacks some."""
    return any((directory / name).is_file() for name in FILES)


def read(directory: Path) -> Raw:
    """The set; raises Malformed."""
    missing = [name for name in FILES if not (directory / name).is_file()]
    if missing:
        raise Malformed(f"lacks {' and '.join(missing)}")
    return Raw(
        documents=list(_texts(directory / _CORPUS)),
        queries=list(_texts(directory / _QUERIES)),
        judgements=list(_judgements(directory / _QRELS)),
    )


def _texts(path: Path) -> Iterator[Text]:
    seen: dict[str, int] = {}
    for number, record in records(path):
        where = f"{path.name} line {number}"
        name = _id(record, where)
        if name in seen:
            raise Malformed(f"{where} has the id of line {seen[name]} again")
        seen[name] = number
        yield Text(name, _string(record, "text", where), _string(record, "title", where))


def _id(record: dict[str, Any], where: str) -> str:
    value = record.get("id")
    # Numbers are ids too; true and false, which Python takes for numbers, are not.
    name = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not name:
        raise Malformed(f'{where} has no "id" that is a text or an integer')
    return name


def _string(record: dict[str, Any], key: str, where: str) -> str:
    value = record.get(key)
    if value is not None and not isinstance(value, str):
        raise Malformed(f'{where}: "{key}" is no text')
    return value or ""


def _judgements(path: Path) -> Iterator[Judgement]:
    rows = lines(path)
    _, header = next(rows, (0, ""))
    if [each.strip() for each in header.split("\t")] != _HEADER:
        raise Malformed(f"{path.name} must begin with {' '.join(_HEADER)}, tab-separated")
    for number, line in rows:
        cells = line.rstrip("\r\n").split("\t")
        if len(cells) != len(_HEADER):
            raise Malformed(f"{path.name} line {number} has {len(cells)} fields, not 3")
        yield Judgement(cells[0], cells[1], _grade(cells[2], f"{path.name} line {number}"))


def _grade(cell: str, where: str) -> int:
    try:
        grade = float(cell)
        if grade == int(grade):
            return int(grade)
    except (ValueError, OverflowError):
        pass
    raise Malformed(f"{where}: the score is no whole number")
