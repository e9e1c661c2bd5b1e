"""Threads and processes by class of work."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

from rag_server.ingestion.sandbox.limits import Limits
from rag_server.ingestion.sandbox.pool import ParsingPool
from rag_server.observability.metrics import Metrics
from rag_server.resilience.pool import BoundedPool
from rag_server.resilience.priority import give_way
from rag_server.settings import Settings

# Commits mostly wait for the disk together: threads are cheap here and make groups larger.
_COMMIT_THREADS = 8
# Calls that wait for the target of backups, which may be slow.
_BACKUP_THREADS = 2
_BACKUP_QUEUE = 16
# Each key is looked up once a second at most, where the catalog is not in this process.
_KEY_THREADS, _KEY_QUEUE = 2, 1_000


@dataclass(frozen=True, slots=True)
class Pools:
    """Threads by class of work, so that none starves another, and what `parses` waits for."""

    reads: BoundedPool
    writes: BoundedPool
    parses: BoundedPool
    commits: BoundedPool
    generation: BoundedPool
    models: BoundedPool
    reranks: BoundedPool
    keys: BoundedPool
    parsers: ParsingPool
    backups: BoundedPool


def open_pools(settings: Settings, metrics: Metrics, stack: AsyncExitStack) -> Pools:
    """Closed in reverse by `stack`, once what they work on is done; watched by `metrics`."""
    asked = settings.pools
    pools = Pools(
        BoundedPool("read", asked.read_threads, asked.read_queue),
        BoundedPool("write", asked.write_threads, asked.write_queue, give_way),
        BoundedPool("parse", settings.parsing.processes, asked.write_queue, give_way),
        BoundedPool("commit", _COMMIT_THREADS, asked.write_queue),
        BoundedPool("generation", asked.generation_threads, asked.generation_queue),
        BoundedPool("model", asked.model_threads, asked.model_queue),
        BoundedPool("rerank", asked.rerank_threads, asked.rerank_queue),
        BoundedPool("keys", _KEY_THREADS, _KEY_QUEUE),
        ParsingPool(parsing_limits(settings)),
        BoundedPool("backup", _BACKUP_THREADS, _BACKUP_QUEUE),
    )
    stack.callback(pools.parsers.close)
    threads = (
        pools.reads,
        pools.writes,
        pools.parses,
        pools.commits,
        pools.generation,
        pools.models,
        pools.reranks,
        pools.keys,
        pools.backups,
    )
    for pool in threads:
        metrics.watch(pool)
        stack.push_async_callback(asyncio.to_thread, pool.close, wait=True)
    return pools


def parsing_limits(settings: Settings) -> Limits:
    """What one document may cost to parse."""
    asked = settings.parsing
    return Limits(
        asked.max_input_bytes, asked.max_text_bytes, asked.timeout_seconds, asked.max_memory_bytes
    )
