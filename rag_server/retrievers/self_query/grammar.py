"""The deterministic understander: no model, the same result for the same question."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from rag_server.core.call import Call
from rag_server.core.metadata_schema import MetadataSchema
from rag_server.core.understanding import Clause, Fate, Sort, Understanding, fate_of
from rag_server.core.values import Span
from rag_server.retrievers.self_query.bounding import Bounded, bounded
from rag_server.retrievers.self_query.condition import Condition
from rag_server.retrievers.self_query.coordination import Joined, clauses_of
from rag_server.retrievers.self_query.dating import dated
from rag_server.retrievers.self_query.describing import described
from rag_server.retrievers.self_query.lexicon import Lexicon, lexicon_of
from rag_server.retrievers.self_query.measuring import measured
from rag_server.retrievers.self_query.nearness import Embed, Nearness
from rag_server.retrievers.self_query.negation import negated
from rag_server.retrievers.self_query.reading import Reading, is_plural, read
from rag_server.retrievers.self_query.rewriting import rewritten
from rag_server.retrievers.self_query.shape import Shape, shape_of
from rag_server.retrievers.self_query.spelling import Speller
from rag_server.retrievers.self_query.superlatives import Ranking, ranking_of
from rag_server.retrievers.self_query.valuing import valued
from rag_server.retrievers.self_query.words import Word, words_of

NAME = "grammar"
_KEPT_SCHEMAS = 64


class GrammarUnderstander:
    """Implements `Understander`."""

    def __init__(self, embed: Embed | None = None) -> None:
        """`embed`: unit float32 (n, d) of texts, by which values are linked that only mean what
        is said; without it, that step is left out."""
        self._known = lru_cache(_KEPT_SCHEMAS)(_prepared)
        self._nearness = Nearness(embed) if embed is not None else None

    def understand(
        self, question: str, schema: MetadataSchema, today: date, threshold: float, call: Call
    ) -> Understanding:
        """Reads the conditions, the order and the limit that the question states."""
        words = words_of(question)
        lexicon, speller = self._known(schema)
        ranking = ranking_of(words, schema, lexicon)
        taken = frozenset(range(ranking.first, ranking.last)) if ranking else frozenset()
        reading = read(words, lexicon, today, taken, speller.at)
        if self._nearness is not None:
            reading = self._nearness.added(reading, call.principal.tenant)
        joined = _conditions(reading, schema, today)
        clauses = [_clause(question, words, each, threshold) for each in joined]
        spans = [
            (each.first, each.last)
            for each, clause in zip(joined, clauses, strict=True)
            if clause.fate is Fate.FILTER
        ]
        return Understanding(
            rewritten(question, words, spans),
            tuple(clauses),
            _sort(question, words, ranking),
            ranking.limit if ranking else None,
            NAME,
        )


def _prepared(schema: MetadataSchema) -> tuple[Lexicon, Speller]:
    lexicon = lexicon_of(schema)
    return lexicon, Speller.of(lexicon)


def _conditions(reading: Reading, schema: MetadataSchema, today: date) -> list[Joined]:
    words = reading.words
    plural = [each.last - 1 for each in reading.pieces if is_plural(words, each)]
    linked = {at for each in reading.pieces for at in range(each.first, each.last)}
    shape = shape_of(words, plural, linked)
    found, comparing = _stated(reading, schema, shape, today)
    taken = {at for each in found for at in range(each.first, each.last)}
    found += described(words, schema, taken, shape)
    found.sort(key=lambda each: (each.first, each.last))
    return clauses_of(words, negated(words, found, comparing, shape.heads))


def _stated(
    reading: Reading, schema: MetadataSchema, shape: Shape, today: date
) -> tuple[list[Condition], set[int]]:
    """Conditions of the pieces, and the words of their comparators."""
    conditions: list[Condition] = []
    comparing: set[int] = set()
    done = 0
    for at, piece in enumerate(reading.pieces):
        if piece.first < done or (piece.names and not piece.values):
            continue
        found = bounded(reading, at)
        condition = _condition(reading, found, schema, shape, today)
        if condition is None:
            continue
        conditions.append(condition)
        done = max(piece.last, condition.last)
        if found.bound is not None:
            comparing.update(range(found.bound.first, found.bound.last))
    return conditions, comparing


def _condition(
    reading: Reading, found: Bounded, schema: MetadataSchema, shape: Shape, today: date
) -> Condition | None:
    piece = found.piece
    readings = [
        valued(reading, found, shape) if piece.values else None,
        dated(reading, found, schema, shape) if piece.period else None,
        measured(reading, found, schema, shape, today) if piece.quantity else None,
    ]
    known = [each for each in readings if each is not None]
    return max(known, key=lambda each: each.confidence, default=None)


def _clause(question: str, words: Sequence[Word], joined: Joined, threshold: float) -> Clause:
    fate, reason = fate_of(joined.confidence, threshold)
    span = _span(question, words, joined.first, joined.last)
    told = "; ".join(filter(None, (reason, joined.note)))
    return Clause(joined.filter, round(joined.confidence, 3), span, joined.kind, fate, told)


def _sort(question: str, words: Sequence[Word], ranking: Ranking | None) -> Sort | None:
    if ranking is None or ranking.field is None:
        return None
    span = _span(question, words, ranking.first, ranking.last)
    return Sort(ranking.field.name, ranking.descending, span)


def _span(question: str, words: Sequence[Word], first: int, last: int) -> Span:
    """Words [first, last) as bytes of the question."""
    start, end = words[first].start, words[last - 1].end
    before = len(question[:start].encode())
    return Span(before, before + len(question[start:end].encode()))
