"""Who works on jobs, and which are made by the clock."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

from rag_server.composition.backups import backup_handlers, backup_schedules
from rag_server.composition.parts import Parts
from rag_server.core import collector
from rag_server.core.collector import GarbageCollector
from rag_server.core.job_runner import JobRunner, RunnerOptions
from rag_server.core.job_schedule import JobSchedule
from rag_server.core.jobs import JobHandler, JobRequest
from rag_server.core.reindex import Reindexer
from rag_server.resilience.priority import give_way
from rag_server.settings import Settings

# Garbage collections that can still be looked up.
_SHOWN_COLLECTIONS = 20


def job_runner(parts: Parts) -> JobRunner:
    """With a handler for every kind of jobs that this server can do."""
    followers = parts.engines.followers

    def may_begin(kind: str) -> bool:
        # What takes from the index and what adds to it must be one server.
        return kind != collector.KIND or followers.leads

    handlers: list[JobHandler] = [
        _collector(parts),
        _reindexer(parts),
        *backup_handlers(parts.settings, parts.engines.backups, parts.engines.committed),
    ]
    return JobRunner(
        parts.engines.catalog.jobs,
        handlers,
        _options(parts.settings),
        parts.telemetry,
        give_way,
        may_begin,
    )


def start_jobs(parts: Parts, runner: JobRunner, stack: AsyncExitStack) -> None:
    """Work on jobs, and make those of the clock, until `stack` ends it."""
    runner.start()
    stack.push_async_callback(asyncio.to_thread, runner.stop)
    settings, telemetry = parts.settings, parts.telemetry
    garbage = JobSchedule(
        parts.engines.catalog.jobs,
        JobRequest(None, collector.KIND),
        timedelta(seconds=settings.maintenance.janitor_interval_seconds),
        telemetry,
        runner.wake,
    )
    backups = backup_schedules(settings, parts.engines.catalog, telemetry, runner.wake)
    for schedule in (garbage, *backups):
        schedule.start()
        stack.push_async_callback(asyncio.to_thread, schedule.stop)


def _options(settings: Settings) -> RunnerOptions:
    asked = settings.jobs
    return RunnerOptions(
        asked.threads,
        timedelta(seconds=asked.lease_seconds),
        beat=timedelta(seconds=min(1.0, asked.lease_seconds / 3)),
        max_attempts=asked.max_attempts,
        retrying=timedelta(seconds=asked.retry_seconds),
    )


def _reindexer(parts: Parts) -> Reindexer:
    return Reindexer(
        parts.engines.catalog,
        parts.engines.index,
        parts.engines.followers,
        parts.preparation,
        parts.telemetry,
        parts.settings.retrieval.tail_limit,
    )


def _collector(parts: Parts) -> GarbageCollector:
    asked = parts.settings.maintenance
    return GarbageCollector(
        parts.engines.catalog,
        parts.engines.index,
        parts.engines.followers,
        parts.telemetry,
        retention=timedelta(seconds=asked.tombstone_retention_seconds),
        job_retention=timedelta(seconds=parts.settings.jobs.retention_seconds),
        own_retention=timedelta(seconds=_SHOWN_COLLECTIONS * asked.janitor_interval_seconds),
    )
