from collections.abc import Callable
from typing import Any

import pytest

from rag_server.core.documents import GenerationSettings, IndexSettings, NewDocument, View
from rag_server.core.errors import AlreadyExists, NotFound, Reason
from rag_server.core.protocols import Catalog

Draw = Callable[..., NewDocument]


@pytest.fixture
def catalog(catalog_under_test: Catalog) -> Catalog:
    return catalog_under_test


def test_new_collection_is_empty_at_revision_zero(catalog: Catalog, catalog_clock: Any) -> None:
    made = catalog.collections.create("acme", "docs", "what it holds", GenerationSettings("minilm"))
    assert (made.revision, made.generation, made.document_count) == (0, 1, 0)
    assert made.created_at == catalog_clock.now
    assert catalog.collections.get("acme", "docs") == made
    assert catalog.collections.get("acme", "docs", counts=True) == made


def test_name_is_taken_once_per_tenant(catalog: Catalog) -> None:
    catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    other = catalog.collections.create("globex", "docs", "", GenerationSettings("minilm"))
    with pytest.raises(AlreadyExists) as caught:
        catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    assert caught.value.reason == Reason.COLLECTION_EXISTS
    assert catalog.collections.get("globex", "docs").id == other.id


@pytest.mark.parametrize("counts", [False, True])
def test_unknown_name_or_other_tenant_is_not_found(catalog: Catalog, counts: bool) -> None:
    catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    for tenant, name in [("acme", "other"), ("globex", "docs")]:
        with pytest.raises(NotFound) as caught:
            catalog.collections.get(tenant, name, counts)
        assert caught.value.reason == Reason.COLLECTION_NOT_FOUND


def test_counts_are_those_of_the_newest_revision(catalog: Catalog, catalog_document: Draw) -> None:
    made = catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    catalog.documents.write(made, [catalog_document("a", "one two"), catalog_document("b", "one")])
    catalog.documents.write(made, [catalog_document("a", "three")])
    catalog.documents.delete(made, ["b"])
    found = catalog.collections.get("acme", "docs", counts=True)
    assert (found.revision, found.document_count, found.chunk_count) == (3, 1, 1)


def test_page_ascends_by_name_within_the_tenant(catalog: Catalog) -> None:
    for name in ["b", "a_", "a-", "c", "a1"]:
        catalog.collections.create("acme", name, "", GenerationSettings("minilm"))
    catalog.collections.create("globex", "x", "", GenerationSettings("minilm"))
    first = catalog.collections.page("acme", "", 3)
    rest = catalog.collections.page("acme", first[-1].name, 3)
    assert [each.name for each in first] == ["a-", "a1", "a_"]
    assert [each.name for each in rest] == ["b", "c"]


def test_page_carries_counts(catalog: Catalog, catalog_document: Draw) -> None:
    made = catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    catalog.documents.write(made, [catalog_document("a", "one two three")])
    (listed,) = catalog.collections.page("acme", "", 10)
    assert listed == catalog.collections.get("acme", "docs", counts=True)
    assert (listed.document_count, listed.chunk_count) == (1, 3)


def test_deleted_name_is_free_at_once_under_a_new_id(
    catalog: Catalog, catalog_document: Draw
) -> None:
    old = catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    catalog.documents.write(old, [catalog_document("a"), catalog_document("b")])
    assert catalog.collections.delete("acme", "docs") == 2
    with pytest.raises(NotFound):
        catalog.collections.get("acme", "docs")
    new = catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    assert new.id != old.id
    assert catalog.documents.page(new.view, "", 10) == []


def test_id_is_never_used_again(catalog: Catalog) -> None:
    old = catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    catalog.collections.delete("acme", "docs")
    catalog.feed.forget(old.view)
    assert catalog.collections.create("acme", "docs", "", GenerationSettings("minilm")).id > old.id


def test_delete_of_unknown_collection_is_not_found(catalog: Catalog) -> None:
    catalog.collections.create("globex", "docs", "", GenerationSettings("minilm"))
    with pytest.raises(NotFound):
        catalog.collections.delete("acme", "docs")
    assert catalog.collections.get("globex", "docs").name == "docs"


def test_views_are_those_of_live_collections_of_all_tenants(
    catalog: Catalog, catalog_document: Draw
) -> None:
    one = catalog.collections.create("acme", "one", "", GenerationSettings("minilm"))
    two = catalog.collections.create("globex", "two", "", GenerationSettings("minilm"))
    catalog.collections.create("acme", "gone", "", GenerationSettings("minilm"))
    catalog.collections.delete("acme", "gone")
    catalog.documents.write(two, [catalog_document("a")])
    assert catalog.collections.views() == [View(one.id, 1, 0), View(two.id, 1, 1)]


def test_settings_are_known_by_view_while_the_generation_is_followed(catalog: Catalog) -> None:
    asked = GenerationSettings("minilm", index=IndexSettings(ef_search=77))
    made = catalog.collections.create("acme", "docs", "", asked)
    assert catalog.collections.settings(made.view) == asked
    catalog.collections.delete("acme", "docs")
    for view in (made.view, View(999, 1, 0)):
        with pytest.raises(NotFound):
            catalog.collections.settings(view)
