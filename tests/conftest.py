"""What tests of every kind share."""

from collections.abc import Iterator

import pytest

from tests.postgres_server import PostgresServer, postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server that stays up: who stops or pauses one starts another."""
    with postgres() as server:
        yield server
