"""The indexes that the settings ask for."""

from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.indexes.lexical.index import LexicalIndex
from rag_server.resilience.clients import PoolPolicy
from rag_server.resilience.dependency import BreakerPolicy, Dependency
from rag_server.resilience.retry import RetryPolicy
from rag_server.settings import Settings
from rag_server.stores.chroma import Address, ChromaIndex, EmbeddedEngine, Limits, RemoteEngine

# What Chroma Cloud documents: results of a query, records of a write.
_CLOUD_RESULTS = 300
_CLOUD_RECORDS = 300
# A server has no bound on results. Records: vectors of 4,096 dimensions still fit a message.
_SERVER_RESULTS = 1_000_000
_SERVER_RECORDS = 1_000


def open_index(settings: Settings, catalog: str, telemetry: Telemetry = SILENT) -> ChromaIndex:
    """The index of `chroma.mode` for the catalog of that identity. An embedded one is opened,
    and raises Unavailable where it cannot be; a server may be away and is asked later."""
    if settings.chroma.mode == "embedded":
        engine = EmbeddedEngine(settings.data.directory / "chroma")
        return ChromaIndex(engine, catalog, telemetry)
    return ChromaIndex(_remote(settings, telemetry), catalog, telemetry)


def open_lexical(settings: Settings, catalog: str, telemetry: Telemetry = SILENT) -> LexicalIndex:
    """The index of words on this server's disk for the catalog of that identity; what of it
    cannot be read is not there any more."""
    return LexicalIndex(settings.data.directory / "lexical", catalog, telemetry)


def _remote(settings: Settings, telemetry: Telemetry) -> RemoteEngine:
    asked = settings.chroma
    pool = PoolPolicy(asked.pool_size, asked.borrow_timeout_seconds, asked.recycle_seconds)
    return RemoteEngine(
        _address(settings), _limits(settings), pool, _dependency(settings, telemetry)
    )


def _address(settings: Settings) -> Address:
    asked = settings.chroma
    host, port = asked.address
    return Address(
        host=host,
        port=port,
        tenant=asked.tenant,
        database=asked.database,
        tls=asked.tls,
        ca=asked.ca,
        api_key=asked.api_key.get_secret_value() if asked.api_key else None,
    )


def _limits(settings: Settings) -> Limits:
    asked = settings.chroma
    cloud = asked.mode == "cloud"
    return Limits(
        request_seconds=asked.request_timeout_seconds,
        write_seconds=asked.write_timeout_seconds,
        most_results=_CLOUD_RESULTS if cloud else _SERVER_RESULTS,
        most_records=_CLOUD_RECORDS if cloud else _SERVER_RECORDS,
    )


def _dependency(settings: Settings, telemetry: Telemetry) -> Dependency:
    asked = settings.chroma
    return Dependency(
        "chroma",
        "the vector index",
        RetryPolicy(
            asked.retry_attempts,
            asked.retry_base_seconds,
            asked.retry_cap_seconds,
            asked.retry_budget,
        ),
        BreakerPolicy(asked.breaker_failures, asked.breaker_reset_seconds),
        telemetry,
    )
