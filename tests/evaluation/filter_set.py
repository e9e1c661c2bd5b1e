"""Sets of questions and the filters that they mean, in their own format or converted."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rag_server.core.filters import AllOf, Comparison, Filter, Operator
from rag_server.core.metadata_schema import FieldSchema, FieldType, MetadataSchema
from rag_server.core.values import Metadata
from rag_server.evaluation.filter_sets import (
    LabelledQuestion,
    metadata_of,
    question_of,
    schema_of,
)
from tests.evaluation.datasets.raw import Malformed, records

_PAIRS = "query_metadata_filters.json"
# Its questions have no relative dates.
_TODAY = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Item:
    """A document with its metadata."""

    id: str
    text: str
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class FilterSet:
    """What one directory has; `executable`: the documents are the set's own, so that what a
    filter selects means something."""

    schema: MetadataSchema
    documents: Sequence[Item]
    questions: Sequence[LabelledQuestion]
    executable: bool = True


def read(path: Path) -> FilterSet | None:
    """The set of a directory; None where it has none. Raises Malformed."""
    names = ("schema.json", "documents.jsonl", "questions.jsonl")
    if all((path / name).is_file() for name in names):
        return _own(path)
    return _pairs(path / _PAIRS) if (path / _PAIRS).is_file() else None


def _own(path: Path) -> FilterSet:
    schema = _read(path / "schema.json", lambda: schema_of(_json(path / "schema.json")))

    def document(text: Mapping[str, Any]) -> Item:
        return Item(text["id"], text["text"], metadata_of(text.get("metadata") or {}, schema))

    documents = list(_lines(path / "documents.jsonl", document))
    questions = list(_lines(path / "questions.jsonl", lambda text: question_of(text, schema)))
    return FilterSet(schema, documents, questions)


def _lines(path: Path, convert: Callable[[dict[str, Any]], Any]) -> Iterator[Any]:
    for number, text in records(path):
        try:
            yield convert(text)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Malformed(f"{path.name} line {number} is not as the format says") from None


def _read(path: Path, convert: Callable[[], MetadataSchema]) -> MetadataSchema:
    try:
        return convert()
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Malformed(f"{path.name} is not as the format says") from None


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8-sig"))


def _pairs(path: Path) -> FilterSet:
    """Multi-Meta-RAG: pairs of a question and a filter over source and date, both texts, without
    documents. The values that occur in it are those that there are."""
    texts = _json(path)
    fields = []
    for name in ("source", "published_at"):
        values = sorted({value for each in texts for value in _values(each["filter"], name)})
        fields.append(FieldSchema(name, FieldType.STRING, values=tuple(values)))
    schema = MetadataSchema(tuple(fields))
    questions = [
        LabelledQuestion(each["query"], _pair_filter(each["filter"]), _TODAY) for each in texts
    ]
    metadata = {name.name: name.values[0] for name in fields}
    return FilterSet(schema, [Item("all", "news", metadata)], questions, executable=False)


def _values(text: Mapping[str, Any], name: str) -> list[str]:
    return [value for values in text.get(name, {}).values() for value in values]


def _pair_filter(text: Mapping[str, Any]) -> Filter:
    operators = {"$in": Operator.IN, "$nin": Operator.NOT_IN}
    tests = [
        Comparison(name, operators[operator], tuple(values))
        for name, condition in text.items()
        for operator, values in condition.items()
    ]
    return tests[0] if len(tests) == 1 else AllOf(tuple(tests))
