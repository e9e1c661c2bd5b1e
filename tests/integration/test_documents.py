import pytest

from rag_client import Document, F, InvalidArgument, NotFound, OutcomeKind, RagClient

HANDBOOK = "Staff get 25 days of vacation. Ask your manager early.\n\nThe office opens at eight."


def test_an_upserted_document_can_be_read_back(rag: RagClient, collection: str) -> None:
    document = Document(
        "vacation", HANDBOOK, title="Handbook", metadata={"year": 2026, "tags": ["hr"]}
    )
    (outcome,) = rag.documents.upsert(collection, [document]).outcomes
    assert outcome.kind is OutcomeKind.CREATED
    stored = rag.documents.get(collection, "vacation")
    assert (stored.text, stored.title) == (HANDBOOK, "Handbook")
    assert stored.metadata["year"] == 2026
    assert list(stored.metadata["tags"]) == ["hr"]  # type: ignore[arg-type]  # a list was stored


def test_chunks_stand_where_their_spans_say(rag: RagClient, collection: str) -> None:
    text = "Über Zoë. " * 200 + "\n\n" + "日本語の文です。" * 100
    rag.documents.upsert(collection, [Document("u", text)])
    encoded = rag.documents.get(collection, "u").text.encode()
    chunks = list(rag.documents.chunks(collection, "u", page_size=2))
    assert len(chunks) > 2
    assert [encoded[c.span.start : c.span.end].decode() for c in chunks] == [c.text for c in chunks]
    assert [c.ordinal for c in chunks] == list(range(len(chunks)))


def test_the_same_document_again_is_unchanged(rag: RagClient, collection: str) -> None:
    document = Document("a", HANDBOOK, metadata={"n": 1})
    first = rag.documents.upsert(collection, [document])
    second = rag.documents.upsert(collection, [document])
    assert [each.kind for each in second.outcomes] == [OutcomeKind.UNCHANGED]
    assert second.outcomes[0].embedded_chunk_count == 0
    assert rag.collections.get(collection).revision == 1
    assert first.outcomes[0].chunk_count == second.outcomes[0].chunk_count


def test_new_metadata_is_an_update_that_embeds_nothing(rag: RagClient, collection: str) -> None:
    rag.documents.upsert(collection, [Document("a", HANDBOOK, metadata={"n": 1})])
    (outcome,) = rag.documents.upsert(
        collection, [Document("a", HANDBOOK, metadata={"n": 1.0})]
    ).outcomes
    assert (outcome.kind, outcome.embedded_chunk_count) == (OutcomeKind.UPDATED, 0)


def test_a_failed_document_does_not_fail_its_neighbours(rag: RagClient, collection: str) -> None:
    result = rag.documents.upsert(
        collection,
        [
            Document("good", HANDBOOK),
            Document("blank", "<p> </p>", content_type="html"),
            Document("nan", "text", title="x" * 2_000),
            Document("also good", "More text."),
        ],
    )
    kinds = [each.kind for each in result.outcomes]
    assert kinds == [
        OutcomeKind.CREATED,
        OutcomeKind.FAILED,
        OutcomeKind.FAILED,
        OutcomeKind.CREATED,
    ]
    errors = [each.error for each in result.outcomes[1:3]]
    assert [error.violations[0].field for error in errors if error] == ["content", "title"]
    assert {each.id for each in rag.documents.list(collection)} == {"good", "also good"}


def test_html_is_stored_as_its_reader_sees_it(rag: RagClient, collection: str) -> None:
    html = """<html><head><title>Rules</title><script>x()</script></head>
        <body><h1>Rules</h1><p>Be <b>kind</b>.</p></body></html>"""
    rag.documents.upsert(collection, [Document("h", html, content_type="html")])
    stored = rag.documents.get(collection, "h")
    assert stored.title == "Rules"
    assert "Be kind." in stored.text
    assert "x()" not in stored.text


def test_markdown_takes_its_title_from_the_first_heading(rag: RagClient, collection: str) -> None:
    text = "```\n# not this\n```\n\n# Guide\n\nRead me."
    rag.documents.upsert(collection, [Document("m", text, content_type="markdown")])
    stored = rag.documents.get(collection, "m")
    assert (stored.title, stored.text) == ("Guide", text)


def test_a_deleted_document_is_gone_everywhere(rag: RagClient, collection: str) -> None:
    rag.documents.upsert(collection, [Document("a", HANDBOOK), Document("b", "Cats purr.")])
    assert rag.documents.delete(collection, ["a", "nobody"], validate_only=True).deleted_ids == (
        "a",
    )
    assert rag.documents.delete(collection, ["a", "nobody"]).deleted_ids == ("a",)
    with pytest.raises(NotFound) as caught:
        rag.documents.get(collection, "a")
    assert caught.value.reason == "DOCUMENT_NOT_FOUND"
    hits = rag.retrieve(collection, "vacation days").hits
    assert [hit.document_id for hit in hits] == ["b"]
    assert [each.id for each in rag.documents.list(collection)] == ["b"]


def test_lists_page_in_order_of_id_and_filter(rag: RagClient, collection: str) -> None:
    rag.documents.upsert(
        collection, [Document(f"d{i}", f"Text {i}.", metadata={"n": i}) for i in range(7)]
    )
    listed = rag.documents.list(collection, filter=F("n") >= 2, page_size=2)
    assert [each.id for each in listed] == ["d2", "d3", "d4", "d5", "d6"]


def test_collections_are_created_listed_and_deleted(rag: RagClient, collection: str) -> None:
    rag.documents.upsert(collection, [Document("a", HANDBOOK)])
    found = {each.name: each for each in rag.collections.list(page_size=1)}
    assert found[collection].document_count == 1
    assert found[collection].chunk_count >= 1
    assert rag.collections.delete(collection, validate_only=True) == 1
    assert rag.collections.delete(collection) == 1
    with pytest.raises(NotFound) as caught:
        rag.collections.get(collection)
    assert caught.value.reason == "COLLECTION_NOT_FOUND"
    assert rag.collections.create(collection).document_count == 0
    assert list(rag.documents.list(collection)) == []


def test_validate_only_creates_nothing(rag: RagClient) -> None:
    rag.collections.create("only-checked", validate_only=True)
    with pytest.raises(NotFound):
        rag.collections.get("only-checked")


def test_a_read_with_the_token_of_a_write_sees_it(rag: RagClient, collection: str) -> None:
    token = rag.documents.upsert(collection, [Document("a", HANDBOOK)]).consistency_token
    found = rag.retrieve(collection, "vacation", at_least_as_fresh=token)
    assert [hit.document_id for hit in found.hits][:1] == ["a"]


def test_a_token_of_another_collection_is_refused(rag: RagClient, collection: str) -> None:
    other = rag.collections.create(f"{collection}-other").name
    token = rag.documents.upsert(other, [Document("a", HANDBOOK)]).consistency_token
    with pytest.raises(InvalidArgument) as caught:
        rag.retrieve(collection, "vacation", at_least_as_fresh=token)
    assert caught.value.reason == "INVALID_CONSISTENCY_TOKEN"


def test_a_long_document_is_stored_whole_and_its_title_cut(rag: RagClient, collection: str) -> None:
    text = "\n\n".join(
        f"# Section {n}\n\nNumber {n} is the one after {n - 1}." for n in range(1_500)
    )
    title = "An endless title " * 10_000
    html = f"<title>{title}</title><p>{text}</p>"
    (outcome,) = rag.documents.upsert(
        collection, [Document("long", html, content_type="html")], timeout=240
    ).outcomes
    assert outcome.kind is OutcomeKind.CREATED
    assert outcome.chunk_count > 90
    assert len(rag.documents.get(collection, "long").title.encode()) <= 1_024
