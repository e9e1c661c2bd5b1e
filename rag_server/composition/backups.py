"""The parts that make and restore backups, as the settings say."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from rag_server.core.documents import View
from rag_server.core.job_schedule import JobSchedule
from rag_server.core.jobs import JobHandler, JobRequest
from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.settings import Settings, storage_options
from rag_server.stores.backup import handlers
from rag_server.stores.backup.backups import Backups
from rag_server.stores.backup.retention import Retention
from rag_server.stores.backup.target import Target
from rag_server.stores.backup.vault import Vault
from rag_server.stores.catalog.catalog import SqlCatalog


def open_vault(settings: Settings, url: str, telemetry: Telemetry = SILENT) -> Vault:
    """The backups at `url`, with the credentials of the settings."""
    return Vault(Target(url, storage_options(settings.backup, url)), telemetry)


def open_backups(settings: Settings, catalog: SqlCatalog, telemetry: Telemetry) -> Backups | None:
    """Backups of a catalog; None where no place for them is set."""
    url = settings.backup.url
    if url is None:
        return None
    return Backups(catalog, open_vault(settings, url, telemetry), telemetry)


def backup_handlers(
    settings: Settings, backups: Backups | None, notify: Callable[[View], None]
) -> Sequence[JobHandler]:
    """Those of all kinds of jobs about backups. `notify` is told what was restored."""
    if backups is None:
        return ()
    retention = Retention.of(settings.backup.keep_last, settings.backup.keep_seconds)
    return (
        handlers.BackupHandler(backups),
        handlers.RestoreHandler(backups, notify),
        handlers.VerifyHandler(backups),
        handlers.ExpireHandler(backups, retention),
    )


def backup_schedules(
    settings: Settings, catalog: SqlCatalog, telemetry: Telemetry, wake: Callable[[], None]
) -> Sequence[JobSchedule]:
    """Of backups of the whole server, and of the removal of old ones, if asked for."""
    asked = settings.backup
    if asked.interval_seconds is None:
        return ()
    every = timedelta(seconds=asked.interval_seconds)
    spec = {"incremental": True, "base": "", "full_every": asked.full_every}
    requests = (JobRequest(None, handlers.BACKUP, spec=spec), JobRequest(None, handlers.EXPIRE))
    return [JobSchedule(catalog.jobs, each, every, telemetry, wake) for each in requests]
