import pytest

from rag_client import (
    DenseRetriever,
    Document,
    Expansion,
    F,
    HierarchicalChunking,
    Hit,
    ParentDocumentRetriever,
    PipelineSpec,
    RagClient,
)

# Paragraphs of one subject each, so that they become parents; sentences become children.
SUBJECTS = {
    "harbour": [
        "The harbour master keeps a list of every vessel that enters.",
        "Vessels longer than forty metres must take a pilot on board.",
        "The pilot station answers on channel twelve at any hour.",
        "Anchoring within the fairway is forbidden and costs a fine.",
    ],
    "orchard": [
        "Apple trees are pruned in late winter before the buds open.",
        "Old wood is cut back to the trunk with a clean saw.",
        "Young trees need a stake on the side of the wind.",
        "The fruit is picked when the stalk comes off by a twist.",
    ],
    "library": [
        "Borrowed books go back to the desk within four weeks.",
        "A reader who is late pays ten cents for each day.",
        "Maps and newspapers are for the reading room alone.",
        "The tower of the old library is closed in winter.",
    ],
}
TEXT = "\n\n".join(" ".join(sentences) for sentences in SUBJECTS.values())
QUESTION = "Which vessels must take a pilot on board?"


@pytest.fixture
def town(rag: RagClient, collection: str) -> str:
    name = f"{collection}-town"
    rag.collections.create(name, chunking=HierarchicalChunking(16, 64))
    documents = [
        Document("town", TEXT, title="Rules of the town", metadata={"kind": "rules"}),
        Document("song", "A song about a ship that no pilot ever saw.", metadata={"kind": "song"}),
    ]
    rag.documents.upsert(name, documents).raise_for_failures()
    return name


def found(
    rag: RagClient, collection: str, parents: ParentDocumentRetriever, top_k: int | None = None
) -> list[Hit]:
    spec = PipelineSpec(parents)
    rules = F("kind") == "rules"
    return list(rag.retrieve(collection, QUESTION, spec=spec, filter=rules, top_k=top_k).hits)


def test_the_parent_of_what_was_found_is_returned(rag: RagClient, town: str) -> None:
    best = found(rag, town, ParentDocumentRetriever())[0]
    text = rag.documents.get(town, "town").text.encode()
    assert best.text == " ".join(SUBJECTS["harbour"])
    assert [text[span.start : span.end].decode() for span in best.spans] == [best.text]
    matched = [text[span.start : span.end].decode() for span in best.matched_spans]
    assert any("take a pilot on board" in each for each in matched)
    assert best.stage_scores[-1].stage == "parent_document"
    # The best child's.
    child = rag.retrieve(town, QUESTION, spec=PipelineSpec(DenseRetriever())).hits[0]
    assert best.score == pytest.approx(child.score, abs=1e-6)


def test_as_many_parents_are_found_as_are_asked_for(rag: RagClient, town: str) -> None:
    parents = found(rag, town, ParentDocumentRetriever(child_k=1), top_k=3)
    assert len(parents) == 3
    assert len({each.chunk_id for each in parents}) == 3
    assert [each.score for each in parents] == sorted((e.score for e in parents), reverse=True)
    assert len(found(rag, town, ParentDocumentRetriever(parent_k=2), top_k=3)) == 2


def test_ids_are_the_same_after_another_ingest(rag: RagClient, town: str, collection: str) -> None:
    again = f"{collection}-again"
    rag.collections.create(again, chunking=HierarchicalChunking(16, 64))
    rag.documents.upsert(
        again,
        [
            Document(
                "town",
                f"{TEXT}\n\nA new rule.",
                title="Rules of the town",
                metadata={"kind": "rules"},
            )
        ],
    )
    before, after = (found(rag, name, ParentDocumentRetriever())[0] for name in (town, again))
    assert before.chunk_id == after.chunk_id


def test_a_parent_over_the_budget_becomes_a_window_around_the_best(
    rag: RagClient, town: str
) -> None:
    best = found(rag, town, ParentDocumentRetriever(max_tokens=32))[0]
    assert "take a pilot on board" in best.text
    assert len(best.text) < len(" ".join(SUBJECTS["harbour"]))
    text = rag.documents.get(town, "town").text.encode()
    assert text[best.spans[0].start : best.spans[0].end].decode() == best.text


def test_few_chunks_of_a_parent_do_not_stand_for_it(rag: RagClient, town: str) -> None:
    merging = ParentDocumentRetriever(expansion=Expansion.AUTO_MERGE, child_k=1, parent_k=1)
    assert [len(each.matched_spans) for each in found(rag, town, merging)] == [0]
    easily = ParentDocumentRetriever(
        expansion=Expansion.AUTO_MERGE, child_k=12, parent_k=1, merge_ratio=0.0
    )
    assert found(rag, town, easily)[0].text == " ".join(SUBJECTS["harbour"])


def test_the_whole_document_can_be_returned(rag: RagClient, town: str) -> None:
    whole = ParentDocumentRetriever(expansion=Expansion.DOCUMENT)
    (document,) = found(rag, town, whole)
    assert document.text.split() == TEXT.split()


def test_without_parents_the_chunk_itself_is_returned(rag: RagClient, collection: str) -> None:
    rag.documents.upsert(
        collection, [Document("a", "A pilot comes on board.", metadata={"kind": "rules"})]
    )
    (only,) = found(rag, collection, ParentDocumentRetriever())
    assert (only.text, only.matched_spans) == ("A pilot comes on board.", ())


def test_an_answer_from_parents_is_cited_in_the_document(rag: RagClient, town: str) -> None:
    answer = rag.query(town, QUESTION, spec=PipelineSpec(ParentDocumentRetriever()))
    assert "Vessels longer than forty metres must take a pilot on board." in answer.text
    text = rag.documents.get(town, "town").text.encode()
    first = answer.citations[0]
    assert text[first.source_span.start : first.source_span.end].decode() == first.source_text
