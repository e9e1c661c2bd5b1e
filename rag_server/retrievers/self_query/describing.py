"""Flags told in the words of their description: "that customers did not notice"."""

from collections.abc import Sequence

from rag_server.core.filters import Operator
from rag_server.core.metadata_schema import FieldSchema, FieldType, MetadataSchema
from rag_server.core.understanding import ClauseKind
from rag_server.retrievers.self_query.condition import Condition
from rag_server.retrievers.self_query.shape import Shape
from rag_server.retrievers.self_query.words import Word, words_of
from rag_server.text.vocabulary import STOP_WORDS

_PLAIN = {"whether", "can", "flag", "true", "if", "document", "item", "yes", "indicates"}
_WINDOW = 3


def described(
    words: Sequence[Word], schema: MetadataSchema, taken: set[int], shape: Shape
) -> list[Condition]:
    """Conditions on flags of which all content words of the description stand together."""
    found = []
    for field in schema.fields:
        stems = _content(field) if field.type is FieldType.BOOL else frozenset()
        stretch = _stretch(words, stems, taken) if len(stems) > 1 else None
        if stretch is not None:
            first, last = stretch
            confidence = 0.68 - 0.25 * (shape.factual or first in shape.topic)
            test = (Operator.EQUAL, True)
            found.append(Condition(field, ClauseKind.FLAG, first, last, confidence, (test,)))
    return found


def _content(field: FieldSchema) -> frozenset[str]:
    return frozenset(
        word.stem
        for word in words_of(field.description)
        if word.fold not in STOP_WORDS | _PLAIN and word.fold.isalpha()
    )


def _stretch(
    words: Sequence[Word], stems: frozenset[str], taken: set[int]
) -> tuple[int, int] | None:
    places = [at for at, word in enumerate(words) if word.stem in stems and at not in taken]
    for start, first in enumerate(places):
        inside = [at for at in places[start:] if at < first + len(stems) + _WINDOW]
        if {words[at].stem for at in inside} == stems:
            return first, inside[-1] + 1
    return None
