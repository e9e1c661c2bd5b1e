"""What is looked at to doubt a value."""

from collections.abc import Sequence
from datetime import date

import pytest

from rag_server.core.call import Call, Deadline
from rag_server.core.metadata_schema import FieldSchema, FieldType, MetadataSchema
from rag_server.core.principal import ANONYMOUS
from rag_server.retrievers.self_query import doubting
from rag_server.retrievers.self_query.comparators import Bound, bound_at
from rag_server.retrievers.self_query.grammar import GrammarUnderstander
from rag_server.retrievers.self_query.words import Word


def test_a_list_without_end_is_not_read_for_each_of_its_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0

    def counted(words: Sequence[Word], first: int) -> Bound | None:
        nonlocal asked
        asked += 1
        return bound_at(words, first)

    monkeypatch.setattr(doubting, "bound_at", counted)
    schema = MetadataSchema((FieldSchema("urgent", FieldType.BOOL),))
    call = Call(ANONYMOUS, Deadline(60.0))
    found = GrammarUnderstander().understand("urgent " * 300, schema, date(2025, 3, 12), 0.6, call)
    assert len(found.clauses) == 300
    assert asked < 300 * 30
