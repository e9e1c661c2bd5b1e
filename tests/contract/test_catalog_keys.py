import re
from collections.abc import Callable
from typing import Any

import pytest

from rag_server.core.errors import NotAuthenticated, NotFound, Reason
from rag_server.core.filters import AnyOf, Comparison, Operator
from rag_server.core.principal import Principal, Role
from rag_server.core.protocols import Catalog

READER = frozenset({Role.READER})


@pytest.fixture
def catalog(catalog_under_test: Catalog) -> Catalog:
    return catalog_under_test


def test_key_authenticates_its_principal(catalog: Catalog) -> None:
    roles = frozenset({Role.READER, Role.WRITER})
    record, key = catalog.keys.create("acme", roles, "ci", None)
    assert catalog.keys.authenticate(key) == Principal("acme", roles, None, record.id)


def test_mandatory_filter_belongs_to_the_principal(catalog: Catalog) -> None:
    narrowed = AnyOf(
        (Comparison("team", Operator.IN, ("a", "b")), Comparison("open", Operator.EXISTS, True))
    )
    _, key = catalog.keys.create("acme", READER, "narrow", narrowed)
    assert catalog.keys.authenticate(key).filter == narrowed


def test_key_has_the_published_shape(catalog: Catalog) -> None:
    record, key = catalog.keys.create("acme", READER, "ci", None)
    assert re.fullmatch(rf"rk_{record.id}_[A-Za-z0-9_-]{{43}}", key)
    assert re.fullmatch("[0-9a-f]{8}", record.id)


def test_every_wrong_key_is_refused_alike(catalog: Catalog) -> None:
    record, key = catalog.keys.create("acme", READER, "ci", None)
    other, _ = catalog.keys.create("acme", READER, "revoked", None)
    revoked, revoked_key = catalog.keys.create("acme", READER, "revoked", None)
    catalog.keys.revoke(revoked.id)
    secret = key.split("_", 2)[2]
    wrong = [
        "",
        "rk_",
        "nonsense",
        key[:-1],
        key + "A",
        key + "\n",
        key.upper(),
        f"rk_{record.id}_{'A' * 43}",
        f"rk_{other.id}_{secret}",
        f"rk_00000000_{secret}",
        f"rk_{record.id}_{'ü' * 43}",
        "rk_" + "\udcff" * 52,
        revoked_key,
    ]
    refusals = []
    for each in wrong:
        with pytest.raises(NotAuthenticated) as caught:
            catalog.keys.authenticate(each)
        refusals.append((caught.value.message, caught.value.reason, dict(caught.value.metadata)))
    assert set(map(str, refusals)) == {str(refusals[0])}
    assert refusals[0][1] == Reason.INVALID_API_KEY


def test_keys_are_listed_oldest_first_without_secrets(catalog: Catalog, catalog_clock: Any) -> None:
    first, key = catalog.keys.create("acme", READER, "first", None)
    revoked_at = catalog_clock.pass_seconds(1)
    catalog.keys.create("globex", frozenset({Role.ADMIN}), "second", None)
    catalog.keys.revoke(first.id)
    listed = catalog.keys.all()
    assert [each.name for each in listed] == ["first", "second"]
    assert [each.revoked_at for each in listed] == [revoked_at, None]
    assert key.split("_", 2)[2] not in repr(listed)


def test_revoking_again_keeps_the_first_time(catalog: Catalog, catalog_clock: Any) -> None:
    record, _ = catalog.keys.create("acme", READER, "ci", None)
    first = catalog_clock.pass_seconds(1)
    catalog.keys.revoke(record.id)
    catalog_clock.pass_seconds(1)
    catalog.keys.revoke(record.id)
    (listed,) = catalog.keys.all()
    assert listed.revoked_at == first


def test_revoking_an_unknown_key_is_not_found(catalog: Catalog) -> None:
    with pytest.raises(NotFound):
        catalog.keys.revoke("00000000")


def test_key_made_by_another_process_is_known_at_once(
    catalog_opener: Callable[[], Any],
) -> None:
    server, command = catalog_opener(), catalog_opener()
    record, key = command.keys.create("acme", READER, "ci", None)
    principal = server.keys.authenticate(key)
    command.keys.revoke(record.id)
    with pytest.raises(NotAuthenticated):
        server.keys.authenticate(key)
    command.close()
    server.close()
    assert principal.key_id == record.id


def test_secret_is_nowhere_on_disk(
    catalog: Catalog, catalog_files: Callable[[], list[bytes]]
) -> None:
    record, key = catalog.keys.create("acme", READER, "ci", None)
    secret = key.split("_", 2)[2].encode()
    files = catalog_files()
    assert any(record.id.encode() in file for file in files)
    assert not any(secret in file for file in files)
