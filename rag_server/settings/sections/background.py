"""What happens beside the calls."""

from pydantic import Field

from rag_server.settings.sections.base import Seconds, Section, Threads


class Maintenance(Section):
    """What happens in the background."""

    tombstone_retention_seconds: int = Field(
        default=3_600,
        ge=60,
        le=365 * 86_400,
        description="Time that deleted rows stay readable for running calls, in seconds; more "
        "than `server.max_deadline_seconds`.",
    )
    janitor_interval_seconds: Seconds = Field(
        default=60.0,
        description="Time between two jobs that remove deleted rows for good, in seconds; one "
        "for all servers of a catalog.",
    )


class Jobs(Section):
    """Long work: reindexing, backups, garbage collection."""

    threads: Threads = Field(
        default=2,
        description="Jobs of tenants that this server works on at a time; those of the whole "
        "server have one thread more.",
    )
    lease_seconds: float = Field(
        default=30.0,
        ge=1,
        le=3_600,
        description="Time after which the job of a server that died is taken over, in seconds; "
        "clocks of servers must agree to a fraction of it.",
    )
    max_attempts: int = Field(
        default=5,
        ge=1,
        le=100,
        description="Times that a job whose server dies is begun without getting further before "
        "it has failed.",
    )
    retry_seconds: int = Field(
        default=600,
        ge=1,
        le=86_400,
        description="Time for which a job that gets no further is tried again while a part is "
        "away, in seconds; pauses grow to a minute.",
    )
    retention_seconds: int = Field(
        default=7 * 86_400,
        ge=86_400,
        le=365 * 86_400,
        description="Time that jobs can be looked up after their end, in seconds.",
    )
