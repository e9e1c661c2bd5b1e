import pytest

from rag_client import (
    AbstainReason,
    CitationFound,
    Completed,
    Document,
    ExtractiveGenerator,
    FailedPrecondition,
    HitsFound,
    OpenAiGenerator,
    RagClient,
    Started,
    TextDelta,
)

GUIDE = """Everything about the office.

Staff get 25 days of vacation a year. Unused days expire in March.

The coffee machine is on the second floor. It is cleaned every Friday.
"""


@pytest.fixture
def office(rag: RagClient, collection: str) -> str:
    rag.documents.upsert(
        collection,
        [
            Document("guide", GUIDE, title="Office guide"),
            Document("fire", "In case of fire leave by the stairs. Do not use the lift."),
        ],
    )
    return collection


def test_an_answer_quotes_and_cites_the_stored_text(rag: RagClient, office: str) -> None:
    answer = rag.query(office, "How many days of vacation do staff get?")
    assert "Staff get 25 days of vacation a year." in answer.text
    assert answer.abstain_reasons == ()
    assert answer.citations
    for citation in answer.citations:
        stored = rag.documents.get(office, citation.document_id).text.encode()
        source, part = citation.source_span, citation.answer_span
        assert stored[source.start : source.end].decode() == citation.source_text
        assert answer.text.encode()[part.start : part.end].decode() == citation.source_text
        assert citation.support == 1.0
        assert answer.hits[citation.hit_index].document_id == citation.document_id


def test_nothing_relevant_is_an_abstention_not_an_error(rag: RagClient, office: str) -> None:
    answer = rag.query(office, "Who won the chess world championship in 1972?")
    assert (answer.text, answer.citations) == ("", ())
    assert answer.abstain_reasons == (AbstainReason.NO_SUPPORT,)
    assert answer.hits


def test_an_empty_collection_abstains_without_hits(rag: RagClient, collection: str) -> None:
    assert rag.query(collection, "anything?").abstain_reasons == (AbstainReason.NO_HITS,)


def test_a_stream_ends_with_what_query_returns(rag: RagClient, office: str) -> None:
    question = "Where is the coffee machine?"
    with rag.stream_query(office, question) as stream:
        events = list(stream)
    assert isinstance(events[0], Started)
    assert isinstance(events[1], HitsFound)
    assert isinstance(events[-1], Completed)
    streamed = "".join(each.text for each in events if isinstance(each, TextDelta))
    unary = rag.query(office, question)
    final = events[-1].answer
    assert streamed == final.text == unary.text
    assert final.citations == unary.citations
    cited = tuple(each.citation for each in events if isinstance(each, CitationFound))
    assert cited == final.citations


def test_the_number_of_sentences_is_bounded(rag: RagClient, office: str) -> None:
    answer = rag.query(
        office, "What about vacation days?", generator=ExtractiveGenerator(max_sentences=1)
    )
    assert len(answer.citations) == 1


def test_an_answer_says_where_the_time_went(rag: RagClient, office: str) -> None:
    answer = rag.query(office, "When is the coffee machine cleaned?")
    assert {"embed", "search", "read", "generate", "check"} <= {e.stage for e in answer.timings}
    assert answer.provenance.generator == "extractive"


def test_a_language_model_that_is_not_there_is_said_so(rag: RagClient, office: str) -> None:
    with pytest.raises(FailedPrecondition) as caught:
        rag.query(office, "anything?", generator=OpenAiGenerator())
    assert caught.value.reason == "GENERATOR_NOT_CONFIGURED"
