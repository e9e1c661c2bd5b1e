"""Values that are near to what is said in meaning, where the field is named: "the advertising
department", "severity: catastrophic".

The last step of linking. A value is taken only where it stands out: all colours are near to
"purple", and none is meant.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from rag_server.core.metadata_schema import TEXTUAL, FieldSchema
from rag_server.retrievers.self_query.lexicon import Entry, Link
from rag_server.retrievers.self_query.reading import Piece, Reading
from rag_server.retrievers.self_query.vocabulary import (
    ASKING,
    CONNECTORS,
    HEADS,
    INTERROGATIVE,
    NEGATIONS,
    PREPOSITIONS,
    RESTRICTING,
    SUBJECTS,
    TOPICAL,
)
from rag_server.text.vocabulary import STOP_WORDS

# Texts -> unit float32 (n, d).
Embed = Callable[[Sequence[str]], NDArray[np.float32]]

# Cosine of span and value, and how far the second value must be behind.
_NEAR, _APART = 0.6, 0.1
# A field of more values has names, which are spelled rather than described.
_MOST_VALUES = 64
# Spans of a question that are embedded, and their words.
_MOST_SPANS, _LONGEST = 4, 2
_KEPT_FIELDS = 64
_INTRODUCING = {":", "=", "is"}
_OTHER = STOP_WORDS | RESTRICTING | TOPICAL | INTERROGATIVE | ASKING | CONNECTORS | PREPOSITIONS
_OTHER |= NEGATIONS | SUBJECTS


@dataclass(frozen=True, slots=True)
class _Span:
    """Words [first, last) stand where a value of the field would."""

    field: FieldSchema
    first: int
    last: int


class Nearness:
    """Links spans to values by their embeddings; those of values are kept by field's values, for
    each tenant: how long a question takes must not tell one of another's values."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._kept = lru_cache(_KEPT_FIELDS)(self._of)

    def added(self, reading: Reading, tenant: str) -> Reading:
        """The reading with a piece for every span that one value stands out for."""
        found = [
            piece
            for span in islice(_spans(reading), _MOST_SPANS)
            if (piece := self._linked(reading, span, tenant)) is not None
        ]
        if not found:
            return reading
        return Reading(reading.words, _disjoint([*reading.pieces, *found]))

    def _of(self, tenant: str, values: tuple[str, ...]) -> NDArray[np.float32]:
        del tenant
        return self._embed(values)

    def _linked(self, reading: Reading, span: _Span, tenant: str) -> Piece | None:
        values = span.field.values
        text = " ".join(reading.between(span.first, span.last))
        cosines = self._kept(tenant, values) @ self._embed([text])[0]
        best, second = np.argsort(-cosines, kind="stable")[:2]
        if cosines[best] < _NEAR or cosines[best] - cosines[second] < _APART:
            return None
        entry = Entry(span.field, values[best], Link.NEAR, values[best])
        return Piece(span.first, span.last, values=(entry,))


def _spans(reading: Reading) -> Iterator[_Span]:
    """Unknown words right before or behind the name of a field that no value stands beside."""
    for piece in reading.pieces:
        for field in piece.names:
            if _has_few_values(field) and not _has_value(reading, field, piece):
                yield from _around(reading, field, piece)


def _has_few_values(field: FieldSchema) -> bool:
    # Of one value nothing can be said to stand out.
    return field.type in TEXTUAL and 2 <= len(field.values) <= _MOST_VALUES


def _has_value(reading: Reading, field: FieldSchema, name: Piece) -> bool:
    beside = [reading.piece_at(name.first - 1), reading.piece_at(name.last)]
    beside.append(reading.piece_at(name.last + 1))
    return any(each is not None and field in _fields(each) for each in beside)


def _fields(piece: Piece) -> list[FieldSchema]:
    return [each.field for each in piece.values]


def _around(reading: Reading, field: FieldSchema, name: Piece) -> Iterator[_Span]:
    first = name.first
    while name.first - first < _LONGEST and _is_unknown(reading, first - 1):
        first -= 1
    if first < name.first:
        yield _Span(field, first, name.first)
        return
    introduced = reading.between(name.last, name.last + 1)[:1]
    start = name.last + (bool(introduced) and introduced[0] in _INTRODUCING)
    last = start
    while last - start < _LONGEST and _is_unknown(reading, last):
        last += 1
    if last > start:
        yield _Span(field, start, last)


def _is_unknown(reading: Reading, at: int) -> bool:
    if not 0 <= at < len(reading.words) or reading.piece_at(at) is not None:
        return False
    word = reading.words[at]
    return word.fold.isalpha() and word.fold not in _OTHER and word.stem not in HEADS


def _disjoint(pieces: Sequence[Piece]) -> list[Piece]:
    kept: list[Piece] = []
    for each in sorted(pieces, key=lambda piece: (piece.first, piece.last)):
        if not kept or each.first >= kept[-1].last:
            kept.append(each)
    return kept
