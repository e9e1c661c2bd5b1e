import time
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from rag_server.core.call import Call, Deadline
from rag_server.core.documents import Embedding, Passage
from rag_server.core.errors import DeadlineExceeded
from rag_server.core.given import GivenText, GivenTexts
from rag_server.core.principal import ANONYMOUS
from rag_server.core.question import AskedQuestion, Encoded


class Slow:
    """An encoder that takes its time for each text, and counts them."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.count = 0

    def encode(self, text: str, tenant: str) -> tuple[Encoded, bool]:
        return Encoded(np.array([1, 0], np.float32)), False

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise AssertionError

    def embeddings(self, passages: Sequence[Passage]) -> list[Embedding]:
        time.sleep(self.seconds)
        self.count += len(passages)
        return [Embedding(np.array([1, 0], np.float32), np.zeros((0, 2), np.int8))]


def by_cosine(encoder: Slow, seconds: float) -> Call:
    call = Call(ANONYMOUS, Deadline(seconds))
    texts = [GivenText(str(number), "text") for number in range(200)]
    GivenTexts(texts, encoder, call).by_cosine(AskedQuestion("q", encoder, call))
    return call


def test_texts_are_embedded_once_each() -> None:
    encoder = Slow(0.0)
    assert by_cosine(encoder, 60.0).usage.text_embeddings == 200
    assert encoder.count == 200


def test_what_cannot_be_done_in_time_is_given_up_early() -> None:
    """200 texts take 20 s: after a few, that is known of 10 s."""
    encoder = Slow(0.1)
    with pytest.raises(DeadlineExceeded, match="send fewer"):
        by_cosine(encoder, 10.0)
    assert encoder.count < 50


def test_nothing_is_embedded_for_a_call_that_is_over() -> None:
    encoder = Slow(0.0)
    with pytest.raises(DeadlineExceeded):
        by_cosine(encoder, 0.0)
    assert encoder.count == 0
