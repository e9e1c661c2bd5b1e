from collections.abc import Callable, Sequence
from typing import Any

import pytest

from rag_server.core.documents import Collection, GenerationSettings, NewDocument
from rag_server.core.findings import Finding, Kind

Make = Callable[..., NewDocument]
Broken = dict[Kind, Sequence[str]]


@pytest.fixture
def collection(catalog_under_test: Any, catalog_document: Make) -> Collection:
    """Versions that live, that were replaced, deleted, and sent twice in a batch."""
    catalog = catalog_under_test
    made: Collection = catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    catalog.documents.write(made, [catalog_document("a", "alpha größe beta")])
    catalog.documents.write(made, [catalog_document("b", "beta"), catalog_document("b", "gamma")])
    catalog.documents.write(made, [catalog_document("a", "alpha delta")])
    catalog.documents.write(made, [catalog_document("c", "gone"), catalog_document("e", "")])
    catalog.documents.delete(made, ["c"])
    catalog.collections.create("acme", "dropped", "", GenerationSettings("minilm"))
    catalog.collections.delete("acme", "dropped")
    return made


def execute(catalog: Any, statement: str) -> None:
    with catalog._database.writing() as connection:
        assert connection.exec_driver_sql(statement).rowcount


def look(catalog: Any) -> list[Finding]:
    found: list[Finding] = catalog.audit.look(lambda what, done: None)
    return found


def broken(catalog: Any) -> Broken:
    return {each.kind: each.examples for each in look(catalog)}


def test_catalog_that_was_only_used_keeps_its_rules(
    catalog_under_test: Any, collection: Collection
) -> None:
    assert look(catalog_under_test) == []


def test_old_versions_that_are_half_removed_break_no_rule(
    catalog_under_test: Any, collection: Collection
) -> None:
    execute(catalog_under_test, "DELETE FROM chunks WHERE deleted_rev IS NOT NULL")
    assert look(catalog_under_test) == []


@pytest.mark.parametrize(
    ("statement", "kind", "example"),
    [
        ("UPDATE chunks SET text = 'other' WHERE chunk_id = 'a:delta'", Kind.WRONG_TEXT, "a:delta"),
        (
            "UPDATE chunks SET span_end = span_end - 1 WHERE chunk_id = 'b:gamma'",
            Kind.WRONG_TEXT,
            "b:gamma",
        ),
        ("UPDATE documents SET size_bytes = 7 WHERE document_id = 'e'", Kind.WRONG_SIZE, "e"),
        (
            "DELETE FROM chunks WHERE chunk_id = 'a:delta'",
            Kind.WRONG_CHUNK_COUNT,
            "a",
        ),
        (
            "DELETE FROM builds WHERE document IN"
            " (SELECT id FROM documents WHERE document_id = 'e')",
            Kind.WRONG_CHUNK_COUNT,
            "e",
        ),
        (
            "UPDATE chunks SET deleted_rev = 4 WHERE chunk_id = 'a:delta'",
            Kind.WRONG_LIFE,
            "a:delta",
        ),
        (
            "UPDATE documents SET created_rev = 99 WHERE document_id = 'e'",
            Kind.BEYOND_REVISION,
            "e",
        ),
        (
            "UPDATE documents SET deleted_rev = 4 WHERE document_id = 'a' AND deleted_rev = 3",
            Kind.SEVERAL_VERSIONS,
            "a",
        ),
        ("UPDATE generations SET state = 'retired'", Kind.NO_GENERATION, "docs"),
        ("UPDATE collections SET generation = 2", Kind.NO_GENERATION, "docs"),
    ],
)
def test_broken_rule_is_found(
    catalog_under_test: Any, collection: Collection, statement: str, kind: Kind, example: str
) -> None:
    execute(catalog_under_test, statement)
    found = broken(catalog_under_test)
    assert example in found[kind]
    assert not kind.derived


@pytest.mark.parametrize(
    ("column", "kind"),
    [("vector", Kind.WRONG_EMBEDDING), ("sentences", Kind.WRONG_SENTENCES)],
)
def test_blobs_of_another_length_are_found(
    catalog_under_test: Any, collection: Collection, column: str, kind: Kind
) -> None:
    execute(
        catalog_under_test,
        f"UPDATE embeddings SET {column} = (SELECT text FROM documents WHERE document_id = 'b'"
        " AND deleted_rev IS NULL)",
    )
    assert broken(catalog_under_test).keys() == {kind}


def test_vector_that_is_not_of_length_one_is_found(
    catalog_under_test: Any, collection: Collection
) -> None:
    execute(catalog_under_test, "UPDATE embeddings SET dimension = 4")
    assert Kind.WRONG_EMBEDDING in broken(catalog_under_test)


def test_audit_tells_how_far_it_is(catalog_under_test: Any, collection: Collection) -> None:
    heard: dict[str, int] = {}
    catalog_under_test.audit.look(heard.__setitem__)
    assert (heard["documents"], heard["embeddings"]) == (6, 6)
