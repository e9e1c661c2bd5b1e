import re
from collections.abc import Sequence

from rag_server.core.documents import StoredChunk, View
from rag_server.core.draft import Draft
from rag_server.core.protocols import Support
from rag_server.core.retrieval import (
    AbstainReason,
    Citation,
    Hit,
    Provenance,
    Retraction,
    Retrieval,
)
from rag_server.core.values import Span

TEXT = "Zoë works. Cats purr."
PREFIX = "ä: "
VIEW = View(1, 1, 1)
REPORT = Retrieval((), Provenance("m", 1, 1, "default"))


def a_hit() -> Hit:
    chunk = StoredChunk(
        row=1,
        id="c",
        document_id="d",
        ordinal=0,
        span=Span(len(PREFIX.encode()), len((PREFIX + TEXT).encode())),
        text=TEXT,
        tokens=5,
        title="",
        metadata={},
    )
    return Hit(chunk, 0.9, ())


class QuotingCiter:
    """Supports exactly what the first hit holds word for word."""

    def cite(self, statement: str, hits: Sequence[Hit]) -> Support | None:
        at = hits[0].chunk.text.encode().find(statement.encode())
        return None if at < 0 else Support(0, Span(at, at + len(statement.encode())), 1.0)

    def statements(self, text: str) -> tuple[Span, ...]:
        return tuple(
            Span(len(text[: m.start()].encode()), len(text[: m.end()].encode()))
            for m in re.finditer(r"[^ .][^.]*\.?", text)
        )


class StoredText:
    """Reads the one stored document, which may differ from what the hit says."""

    def __init__(self, text: str = PREFIX + TEXT) -> None:
        self._encoded = text.encode()

    def text(self, view: View, document_id: str, span: Span) -> bytes:
        return span.of(self._encoded)

    def of_document(self, view: View, id: str, after: int, limit: int) -> None:
        return None


def a_draft(stored: str = PREFIX + TEXT) -> Draft:
    return Draft([a_hit()], QuotingCiter(), StoredText(stored), VIEW)


def test_a_statement_is_settled_once_the_next_one_begins() -> None:
    draft = a_draft()
    assert not draft.add("Zoë works")
    assert not draft.add(".")
    assert draft.add(" Cats")
    (citation,) = draft.settle()
    assert isinstance(citation, Citation)
    assert citation.answer_span == Span(0, len("Zoë works.".encode()))
    assert citation.source_text == "Zoë works."


def test_the_source_span_refers_to_the_stored_document() -> None:
    draft = a_draft()
    draft.add("Cats purr.")
    draft.finish()
    (citation,) = draft.settle()
    assert isinstance(citation, Citation)
    assert citation.source_span.of((PREFIX + TEXT).encode()) == b"Cats purr."


def test_a_statement_without_support_is_retracted_and_marked() -> None:
    draft = a_draft()
    draft.add("Cats purr. Dogs fly.")
    draft.finish()
    events = draft.settle()
    assert [type(each) for each in events] == [Citation, Retraction]
    answer = draft.answer(REPORT)
    assert answer.text == "Cats purr. Dogs fly."
    assert [each.of(answer.text.encode()) for each in answer.unsupported] == [b"Dogs fly."]


def test_an_answer_without_any_support_is_withheld() -> None:
    draft = a_draft()
    draft.add("Dogs fly.")
    draft.finish()
    draft.settle()
    answer = draft.answer(REPORT)
    assert (answer.text, answer.abstain_reasons) == ("", (AbstainReason.NOT_GROUNDED,))


def test_a_citation_that_the_stored_text_does_not_bear_out_is_dropped() -> None:
    draft = a_draft(stored=PREFIX + "Zoë works. Cats hiss.")
    draft.add("Cats purr.")
    draft.finish()
    assert [type(each) for each in draft.settle()] == [Retraction]


def test_a_declined_answer_is_empty_with_its_reason() -> None:
    draft = a_draft()
    draft.add("Cats purr.")
    draft.decline(AbstainReason.MODEL_DECLINED)
    draft.finish()
    assert draft.settle() == []
    answer = draft.answer(REPORT)
    assert (answer.text, answer.abstain_reasons) == ("", (AbstainReason.MODEL_DECLINED,))


def test_an_answer_of_nothing_is_no_answer() -> None:
    draft = a_draft()
    draft.finish()
    assert draft.answer(REPORT).abstain_reasons == (AbstainReason.NOT_GROUNDED,)
