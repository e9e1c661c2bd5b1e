from collections.abc import Callable

from tests.contract.conftest import Clock, ClosableCatalog


def test_a_lease_has_one_owner_who_may_renew_it(catalog_under_test: ClosableCatalog) -> None:
    leases = catalog_under_test.leases
    assert leases.take("follow", "one", 10)
    assert not leases.take("follow", "two", 10)
    assert leases.take("follow", "one", 10)


def test_leases_of_other_names_are_others(catalog_under_test: ClosableCatalog) -> None:
    leases = catalog_under_test.leases
    assert leases.take("follow", "one", 10)
    assert leases.take("sweep", "two", 10)


def test_a_lease_that_ran_out_is_anybodys(
    catalog_under_test: ClosableCatalog, catalog_clock: Clock
) -> None:
    leases = catalog_under_test.leases
    assert leases.take("follow", "one", 10)
    catalog_clock.pass_seconds(9.9)
    assert not leases.take("follow", "two", 10)
    catalog_clock.pass_seconds(0.1)
    assert leases.take("follow", "two", 10)
    assert not leases.take("follow", "one", 10)


def test_a_lease_that_was_renewed_runs_from_then(
    catalog_under_test: ClosableCatalog, catalog_clock: Clock
) -> None:
    leases = catalog_under_test.leases
    assert leases.take("follow", "one", 10)
    catalog_clock.pass_seconds(6)
    assert leases.take("follow", "one", 10)
    catalog_clock.pass_seconds(6)
    assert not leases.take("follow", "two", 10)


def test_only_the_owner_ends_a_lease(catalog_under_test: ClosableCatalog) -> None:
    leases = catalog_under_test.leases
    assert leases.take("follow", "one", 10)
    leases.release("follow", "two")
    assert not leases.take("follow", "two", 10)
    leases.release("follow", "one")
    assert leases.take("follow", "two", 10)


def test_a_lease_outlives_its_server(catalog_opener: Callable[[], ClosableCatalog]) -> None:
    first = catalog_opener()
    assert first.leases.take("follow", "one", 10)
    first.close()
    second = catalog_opener()
    assert not second.leases.take("follow", "two", 10)
    second.close()
