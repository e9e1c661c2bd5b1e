"""Files of all kinds go in, and what is found says where it stands."""

import docx
import pytest

from rag_client import Document, InvalidArgument, OutcomeKind, RagClient
from tests import pictures
from tests.files import a_docx, a_pdf, saved

PAGES = [
    ["Handbook", "", "Vacation", "Staff get 25 days of vacation a year."],
    ["Unused days expire in March.", "", "Travel", "Trains are booked by the office."],
]


@pytest.fixture
def handbook(rag: RagClient, collection: str) -> str:
    """A collection with one PDF of two pages."""
    content = a_pdf(PAGES, "Staff handbook", [("Vacation", 1), ("Travel", 2)])
    document = Document("handbook.pdf", data=content, content_type="pdf", metadata={"year": 2026})
    rag.documents.upsert(collection, [document]).raise_for_failures()
    return collection


def test_a_pdf_is_found_with_page_and_heading(rag: RagClient, handbook: str) -> None:
    (hit, *_) = rag.retrieve(handbook, "Who books trains?").hits
    assert "Trains are booked" in hit.text
    assert hit.title == "Staff handbook"
    assert hit.metadata["page"] == 2
    assert hit.metadata["year"] == 2026


def test_a_citation_names_the_page_of_its_hit(rag: RagClient, handbook: str) -> None:
    answer = rag.query(handbook, "How many days of vacation do staff get?")
    (citation, *_) = answer.citations
    assert answer.hits[citation.hit_index].metadata["page"] == 1
    stored = rag.documents.get(handbook, "handbook.pdf").text.encode()
    span = citation.source_span
    assert stored[span.start : span.end].decode() == citation.source_text


def test_metadata_of_the_document_comes_first(rag: RagClient, collection: str) -> None:
    own: dict[str, str | int] = {"page": "cover", "heading": 7}
    content = a_pdf([["Trains are booked by the office."]])
    rag.documents.upsert(
        collection, [Document("a", data=content, content_type="pdf", metadata=own)]
    ).raise_for_failures()
    (hit,) = rag.retrieve(collection, "trains").hits
    assert dict(hit.metadata) == own


def test_word_is_read_in_order_with_its_headings(rag: RagClient, collection: str) -> None:
    document = docx.Document()
    document.add_heading("Rules of the house", 0)
    document.add_heading("Kitchen", 1)
    document.add_heading("Dishes", 2)
    document.add_paragraph("Everybody washes what they used.")
    content = saved(document)
    rag.documents.upsert(
        collection, [Document("rules.docx", data=content, content_type="docx")]
    ).raise_for_failures()
    stored = rag.documents.get(collection, "rules.docx")
    assert stored.title == "Rules of the house"
    assert stored.text.split("\n\n")[1:] == [
        "Kitchen", "Dishes", "Everybody washes what they used.",
    ]  # fmt: skip


def test_rows_of_a_table_are_found_with_their_names(rag: RagClient, collection: str) -> None:
    csv = "name,born,field\nAda Lovelace,1815,mathematics\nEmmy Noether,1882,algebra\n"
    rag.documents.upsert(collection, [Document("people.csv", csv, content_type="csv")])
    answer = rag.query(collection, "When was Emmy Noether born?")
    assert answer.text == "name: Emmy Noether; born: 1882; field: algebra"


def test_json_lines_are_found_by_their_paths(rag: RagClient, collection: str) -> None:
    lines = '{"team": {"name": "Search"}, "lead": "Zo\\u00eb"}\n{"team": {"name": "Ads"}}\n'
    rag.documents.upsert(
        collection, [Document("teams", data=lines.encode(), content_type="jsonl")]
    ).raise_for_failures()
    assert rag.documents.get(collection, "teams").text == (
        "team.name: Search; lead: Zoë\n\nteam.name: Ads"
    )


def test_code_is_kept_as_it_is(rag: RagClient, collection: str) -> None:
    code = "def f(x):\n    # twice\n    return 2 * x\n"
    rag.documents.upsert(collection, [Document("f.py", code, content_type="code")])
    assert rag.documents.get(collection, "f.py").text == code


def test_an_image_is_found_by_its_title_or_else_by_its_name(
    rag: RagClient, collection: str
) -> None:
    barn, tower = (
        Document(path, "", "image", title, data=pictures.saved(pictures.drawn(scene)))
        for path, scene, title in (
            ("img/red-barn_at.dusk.png", "sunset", None),
            ("img/7.png", "street", "The old water tower"),
        )
    )
    rag.documents.upsert(collection, [barn, tower]).raise_for_failures()
    assert rag.documents.get(collection, "img/red-barn_at.dusk.png").text == "red barn at dusk"
    (hit, *_) = rag.retrieve(collection, "water tower").hits
    assert (hit.document_id, hit.text, hit.title) == ("img/7.png", *["The old water tower"] * 2)


def test_a_file_that_is_the_same_is_unchanged(rag: RagClient, collection: str) -> None:
    document = Document("a", data=a_docx("Some text."), content_type="docx")
    rag.documents.upsert(collection, [document])
    (outcome,) = rag.documents.upsert(collection, [document]).outcomes
    assert outcome.kind is OutcomeKind.UNCHANGED


@pytest.mark.parametrize(
    ("document", "reason", "words"),
    [
        (Document("x", "%PDF", content_type="pdf"), "INVALID_REQUEST", "sent as data"),
        (Document("x", data=b"", content_type="pdf"), "INVALID_REQUEST", "is empty"),
        (Document("x", data=b"%PDF-1.7", content_type="pdf"), "UNREADABLE_DOCUMENT", "damaged"),
        (Document("x", data=b"PK", content_type="docx"), "UNREADABLE_DOCUMENT", "not a Word"),
        (Document("x", "GIF89a", content_type="image"), "INVALID_REQUEST", "sent as data"),
        (Document("x", data=b"GIF89a", content_type="image"), "UNREADABLE_DOCUMENT", "damaged"),
        (Document("x", '{"a"\n', content_type="jsonl"), "UNREADABLE_DOCUMENT", "line 1"),
        (Document("x", data=b"\xff"), "UNREADABLE_DOCUMENT", "not UTF-8"),
        (Document("x", data=a_pdf([[""]]), content_type="pdf"), "INVALID_REQUEST", "no visible"),
    ],
)
def test_a_file_that_cannot_be_read_fails_alone(
    rag: RagClient, collection: str, document: Document, reason: str, words: str
) -> None:
    good = Document("good", data=a_pdf([["Text."]]), content_type="pdf")
    refused, taken = rag.documents.upsert(collection, [document, good]).outcomes
    assert taken.kind is OutcomeKind.CREATED
    assert isinstance(refused.error, InvalidArgument)
    assert refused.error.reason == reason
    assert words in refused.error.message
    assert [each.id for each in rag.documents.list(collection)] == ["good"]
