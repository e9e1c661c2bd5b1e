import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.values import Span
from rag_server.text.offsets import ByteOffsets


@given(st.text())
def test_every_character_begins_where_the_bytes_before_it_end(text: str) -> None:
    offsets = ByteOffsets(text)
    expected = [len(text[:index].encode()) for index in range(len(text) + 1)]
    assert expected == [offsets.byte(index) for index in range(len(text) + 1)]
    assert expected == offsets.bytes(np.arange(len(text) + 1)).tolist()


def test_spans_are_in_bytes() -> None:
    assert (Span(0, 3), Span(3, 7)) == ByteOffsets("a\u00e9\U0001f600").spans([(0, 2), (2, 3)])
