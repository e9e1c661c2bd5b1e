"""Where the catalog of given settings is."""

from pathlib import Path

from rag_server.settings import Settings
from rag_server.stores.catalog.location import Location, PostgresOptions


def catalog_location(settings: Settings) -> Location:
    """The data directory, or the PostgreSQL database that is named instead."""
    asked = settings.catalog
    if asked.url is None:
        return settings.data.directory
    return PostgresOptions(
        asked.url.get_secret_value(),
        asked.password.get_secret_value() if asked.password else None,
        pool_size=asked.pool_size,
        pool_timeout=asked.pool_timeout_seconds,
        connect_timeout=asked.connect_timeout_seconds,
        statement_timeout=asked.statement_timeout_seconds,
        lock_timeout=asked.lock_timeout_seconds,
    )


def place_of(location: Location) -> str:
    """The same for a person: without an address that may hold a password."""
    return str(location) if isinstance(location, Path) else "the PostgreSQL database"
