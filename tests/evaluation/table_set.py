"""Sets of questions whose answers are rows of tables: a directory of files with `questions.jsonl`,
a question a line: {"question", "document": a file's name, "answer": what its row alone holds}."""

from dataclasses import dataclass
from pathlib import Path

from tests.evaluation.datasets.raw import Malformed, records

_QUESTIONS = "questions.jsonl"
_KINDS = frozenset((".md", ".html", ".docx", ".csv"))
_NAMES = ("question", "document", "answer")


@dataclass(frozen=True, slots=True)
class RowQuestion:
    """A question, and what a hit of that document holds if the row is in it."""

    question: str
    document: str
    answer: str


@dataclass(frozen=True, slots=True)
class TableSet:
    """Files in order of their names, and what is asked of them."""

    files: tuple[Path, ...]
    questions: tuple[RowQuestion, ...]


def read(directory: Path) -> TableSet | None:
    """The set in a directory; None where there is none. Raises Malformed."""
    path = directory / _QUESTIONS
    files = tuple(sorted(each for each in directory.iterdir() if each.suffix in _KINDS))
    if not files or not path.is_file():
        return None
    questions = tuple(_question(*each) for each in records(path))
    strange = {each.document for each in questions} - {each.name for each in files}
    if strange or not questions:
        raise Malformed(f"{_QUESTIONS} asks nothing, or names a file that is not there")
    return TableSet(files, questions)


def _question(number: int, record: dict[str, object]) -> RowQuestion:
    values = [record.get(name) for name in _NAMES]
    if not all(isinstance(each, str) and each for each in values):
        raise Malformed(f"{_QUESTIONS} line {number} lacks one of {', '.join(_NAMES)}")
    return RowQuestion(*map(str, values))
