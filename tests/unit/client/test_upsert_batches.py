from collections.abc import Sequence

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from rag_client import Document, InvalidArgument
from rag_client._batches import BATCH_ITEMS, MESSAGE_BYTES, delete_batches, upsert_batches


def requests_of(documents: Sequence[Document], batch_bytes: int) -> list[Message]:
    return [each.call.request for each in upsert_batches("c", documents, batch_bytes)]


@given(st.lists(st.integers(1, 400), max_size=60), st.integers(1, 900))
def test_batches_keep_the_order_and_the_bound(sizes: list[int], batch_bytes: int) -> None:
    documents = [Document(str(at), "x" * size) for at, size in enumerate(sizes)]
    batches = list(upsert_batches("c", documents, batch_bytes))
    sent = [each.id for batch in batches for each in batch.call.request.documents]  # type: ignore[attr-defined]  # an upsert
    assert sent == [each.id for each in documents]
    for batch in batches:
        alone = len(batch.call.request.documents) == 1  # type: ignore[attr-defined]  # an upsert
        assert batch.size <= batch_bytes or alone
        assert batch.call.request.ByteSize() <= batch.size + len("c") + 2


def test_the_largest_batch_is_below_the_servers_default_limit() -> None:
    documents = [Document(str(at), "x" * 1_000_000) for at in range(32)]
    sizes = [each.ByteSize() for each in requests_of(documents, MESSAGE_BYTES)]
    assert max(sizes) < 16 * 1024 * 1024
    assert len(sizes) == 3


def test_a_batch_has_at_most_a_thousand_documents() -> None:
    documents = [Document(str(at), "x") for at in range(2 * BATCH_ITEMS + 1)]
    batches = list(upsert_batches("c", documents, MESSAGE_BYTES))
    counts = [len(each.call.request.documents) for each in batches]  # type: ignore[attr-defined]  # an upsert
    assert counts == [1_000, 1_000, 1]


def test_a_document_larger_than_a_message_is_refused_before_any_batch() -> None:
    documents = [Document("a", "x"), Document("b", "x" * (MESSAGE_BYTES + 1))]
    with pytest.raises(InvalidArgument, match=r"documents\[1\]"):
        upsert_batches("c", documents, MESSAGE_BYTES)


def test_an_id_that_repeats_is_refused_even_across_batches() -> None:
    documents = [Document("a", "x"), Document("b", "x"), Document("a", "y")]
    with pytest.raises(InvalidArgument, match=r"documents\[2\]\.id: repeats"):
        upsert_batches("c", documents, 10)


def test_an_iterator_is_checked_as_it_is_read() -> None:
    batches = upsert_batches("c", iter([Document("a", "x"), Document("a", "y")]), 10)
    with pytest.raises(InvalidArgument, match=r"documents\[1\]\.id"):
        list(batches)


@pytest.mark.parametrize("batch_bytes", [0, -1, MESSAGE_BYTES + 1])
def test_a_bound_that_cannot_be_kept_is_refused(batch_bytes: int) -> None:
    with pytest.raises(InvalidArgument, match="batch_bytes"):
        upsert_batches("c", [], batch_bytes)


def test_ids_to_delete_are_sent_once() -> None:
    (call,) = delete_batches("c", ["a", "b", "a"], validate_only=False)
    assert list(call.request.document_ids) == ["a", "b"]  # type: ignore[attr-defined]  # a delete
