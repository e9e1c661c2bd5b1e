"""Where the catalog is, and its backups."""

import os
from pathlib import Path

from pydantic import Field, SecretStr

from rag_server.settings.sections.base import LocalPath, Seconds, Section


def _cache_directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "ragrpc"


class Data(Section):
    """Where state lives."""

    directory: LocalPath = Field(
        default=Path("ragrpc-data"),
        description="Directory of the catalog and its indexes; owned by one server at a time.",
    )
    cache_directory: LocalPath = Field(
        default_factory=_cache_directory,
        description="Directory of what can be made again, such as quantised models.",
        json_schema_extra={"default": "$XDG_CACHE_HOME/ragrpc, else ~/.cache/ragrpc"},
    )


class Catalog(Section):
    """Where the catalog is; the pool and the times are those of PostgreSQL."""

    url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL database that servers share, "
        "`postgresql://user@host:5432/database?sslmode=verify-full`; unset: SQLite in "
        "`data.directory`.",
    )
    password: SecretStr | None = Field(
        default=None,
        description="Password of its user, never shown; unset: the URL's, or libpq's own ways "
        "(`passfile` in the URL, PGPASSFILE, PGPASSWORD).",
    )
    pool_size: int = Field(
        default=16, ge=2, le=200, description="Connections that this server opens at most."
    )
    pool_timeout_seconds: Seconds = Field(
        default=5.0, description="Longest wait for a free connection, in seconds."
    )
    connect_timeout_seconds: Seconds = Field(
        default=5.0, description="Longest wait for a new connection, in seconds; 2 at least."
    )
    statement_timeout_seconds: Seconds = Field(
        default=10.0,
        description="Longest time of one statement, in seconds; a second later a server that says "
        "nothing is given up.",
    )
    lock_timeout_seconds: Seconds = Field(
        default=5.0,
        description="Longest wait for another server's commit to the same collection, in seconds.",
    )


class Backup(Section):
    """Where backups go, and when they are made and removed by themselves."""

    url: str | None = Field(
        default=None,
        min_length=1,
        description="Directory of backups, or `s3://bucket/prefix` (extra `s3`); unset: the "
        "server makes none.",
    )
    s3_endpoint_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+",
        description="Address of what speaks S3's protocol; unset: the provider's own.",
    )
    s3_region: str | None = Field(
        default=None, min_length=1, description="Region of the bucket; unset: as the SDK finds it."
    )
    s3_access_key_id: SecretStr | None = Field(
        default=None,
        description="Access key, never shown; unset: the SDK's own sources, such as "
        "`AWS_ACCESS_KEY_ID` or the machine's role.",
    )
    s3_secret_access_key: SecretStr | None = Field(
        default=None, description="Secret of `backup.s3_access_key_id`, never shown."
    )
    interval_seconds: int | None = Field(
        default=None,
        ge=1,
        le=365 * 86_400,
        description="Time between two backups of the whole server, in seconds; unset: none are "
        "made by themselves.",
    )
    full_every: int = Field(
        default=7,
        ge=1,
        le=1_000,
        description="How many backups made by themselves form a chain: the first is full, the "
        "others hold what is new.",
    )
    keep_last: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="Newest backups of a scope (server, tenant or collection) that are kept; "
        "unset: no rule by number. Without any rule all are kept.",
    )
    keep_seconds: int | None = Field(
        default=None,
        ge=1,
        le=100 * 365 * 86_400,
        description="Age up to which backups are kept, in seconds; unset: no rule by age. A "
        "backup goes when no rule keeps it and none that is kept builds on it.",
    )
