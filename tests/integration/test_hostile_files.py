"""Files that are made to hurt fail by themselves; their neighbours and the server go on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from rag_client import Document, InvalidArgument, OutcomeKind, RagClient, UpsertOutcome
from tests import hostile
from tests.files import a_docx, a_pdf
from tests.serving import ServerProcess, serving

LIMITS = {
    "RAGRPC_PARSING__TIMEOUT_SECONDS": "4",
    "RAGRPC_PARSING__MAX_MEMORY_BYTES": str(2**28),
}


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with small limits."""
    with serving(tmp_path_factory.mktemp("careful") / "data", env=LIMITS) as running:
        yield running


@pytest.fixture
def rag(careful: ServerProcess) -> Iterator[RagClient]:
    with RagClient(careful.address) as client:
        client.collections.create("files", exist_ok=True)
        yield client


def parsers_of(server: ServerProcess) -> list[psutil.Process]:
    return psutil.Process(server.process.pid).children()


def upserted(rag: RagClient, *documents: Document) -> list[UpsertOutcome]:
    return list(rag.documents.upsert("files", documents, timeout=200).outcomes)


# Made only when a test asks for them: some are large before they are packed.
FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "long docx": ("docx", lambda: hostile.zip_bomb(8), "PARSING_LIMIT"),
    "zip bomb": ("docx", lambda: hostile.zip_bomb(160), "PARSING_LIMIT"),
    "billion laughs": ("docx", hostile.billion_laughs, "UNREADABLE_DOCUMENT"),
    "deep xml": ("docx", lambda: hostile.deep_xml(10_000), "UNREADABLE_DOCUMENT"),
    "inflated pdf": ("pdf", lambda: hostile.inflated_pdf(160), "UNREADABLE_DOCUMENT"),
    "endless pdf": ("pdf", lambda: hostile.endless_pdf(10**6), "UNREADABLE_DOCUMENT"),
    "looping pdf": ("pdf", hostile.looping_pdf, "UNREADABLE_DOCUMENT"),
    "image bomb": ("image", lambda: hostile.bomb_png(60_000, 60_000), "PARSING_LIMIT"),
    "large image": ("image", lambda: hostile.bomb_png(7_000, 7_000), "PARSING_LIMIT"),
    "deep json": ("jsonl", lambda: hostile.deep_json(100_000), "UNREADABLE_DOCUMENT"),
    "long line": ("jsonl", lambda: b'"' + b"x" * 10_000_000 + b'"', "PARSING_LIMIT"),
    "growing table": ("csv", lambda: hostile.growing_csv(10**6, 10**4), "PARSING_LIMIT"),
    "endless page": ("html", lambda: b"<h1>a" * 2_000_000, "PARSING_LIMIT"),
    "long text": ("plain", lambda: b"x" * 5_000_000, "PARSING_LIMIT"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_fails_alone(rag: RagClient, name: str) -> None:
    content_type, make, reason = FILES[name]
    before, bad, after = upserted(
        rag,
        Document("before", data=a_pdf([[f"Before a {name}."]]), content_type="pdf"),
        Document("bad", data=make(), content_type=content_type),  # type: ignore[arg-type]  # any
        Document("after", data=a_docx(f"After a {name}."), content_type="docx"),
    )
    assert isinstance(bad.error, InvalidArgument)
    assert bad.error.reason == reason
    assert OutcomeKind.FAILED not in (before.kind, after.kind)


def test_an_entity_never_stands_for_a_file_of_the_server(rag: RagClient) -> None:
    document = Document("entity", data=hostile.outside_entity(), content_type="docx")
    upserted(rag, document)
    assert "root" not in rag.documents.get("files", "entity").text


def test_a_document_over_the_limit_is_refused_before_it_is_parsed(rag: RagClient) -> None:
    result = rag.documents.ingest(
        "files",
        [
            Document("huge", data=b"1," * (16 * 2**20 + 1), content_type="csv"),
            Document("small", data=b"a,b\n1,2\n", content_type="csv"),
        ],
    )
    assert [each.document_id for each in result.failed] == ["huge"]
    assert "33,554,432 bytes" in result.failed[0].error.message


def test_parsers_that_are_killed_are_started_again(rag: RagClient, careful: ServerProcess) -> None:
    upserted(rag, Document("first", data=a_docx("First."), content_type="docx"))
    for each in parsers_of(careful):
        each.kill()
    (outcome,) = upserted(rag, Document("second", data=a_docx("Second."), content_type="docx"))
    assert outcome.kind is OutcomeKind.CREATED


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_parsers_end_with_the_server(tmp_path: Path, end: str) -> None:
    with serving(tmp_path / "data") as server, RagClient(server.address) as rag:
        rag.collections.create("files")
        upserted(rag, Document("a", data=a_docx("Text."), content_type="docx"))
        parsers = parsers_of(server)
        assert parsers
        getattr(server, end)()
        assert psutil.wait_procs(parsers, timeout=20)[1] == []
