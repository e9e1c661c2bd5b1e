"""`ragrpc jobs`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rag_client.cli import output
from rag_client.cli.report import FAILURE
from rag_client.cli.session import Session, session_of
from rag_client.types import Job, JobState

Id = Annotated[str, typer.Argument(help="Id of the job.", metavar="JOB")]


def list_(
    context: typer.Context,
    kind: Annotated[str, typer.Option(help="Only of this kind, e.g. reindex.")] = "",
    collection: Annotated[
        str, typer.Option("--collection", "-c", help="Only about this collection.", metavar="NAME")
    ] = "",
    state: Annotated[
        list[JobState] | None, typer.Option(help="Only in this state. May be repeated.")
    ] = None,
    server: Annotated[
        bool, typer.Option("--server", help="Those of the whole server; for its operator.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Most jobs.")] = 50,
) -> None:
    """Lists jobs, newest first.

    Example: ragrpc jobs list --state running
    """
    session = session_of(context)
    with session.client() as rag:
        asked = rag.jobs.list(
            kind=kind,
            collection=collection,
            states=state or (),
            server_wide=server,
            page_size=min(limit, 1_000),
        )
        found = [job for job, _ in zip(asked, range(limit), strict=False)]
    if session.json:
        output.json_line({"jobs": found})
        return
    rows = [(each.id, each.kind, each.collection, each.state, _how_far(each)) for each in found]
    output.table(("job", "kind", "collection", "state", "progress"), rows)


def get(context: typer.Context, job: Id) -> None:
    """Shows one job.

    Example: ragrpc jobs get 0656a3c1f2d4e0a1b2c3d4e5
    """
    session = session_of(context)
    with session.client() as rag:
        show(rag.jobs.get(job), as_json=session.json)


def watch(context: typer.Context, job: Id) -> None:
    """Follows a job until it has ended; with --json a line per change.

    Leaving does not cancel it. Ends with exit code 1 where the job did not succeed.

    Example: ragrpc jobs watch 0656a3c1f2d4e0a1b2c3d4e5
    """
    follow(session_of(context), job)


def cancel(context: typer.Context, job: Id) -> None:
    """Asks for the end of a job, which is then undone.

    Example: ragrpc jobs cancel 0656a3c1f2d4e0a1b2c3d4e5
    """
    session = session_of(context)
    with session.client() as rag:
        show(rag.jobs.cancel(job), as_json=session.json)


def follow(session: Session, job_id: str) -> None:
    """Show a job as it goes on; exit code 1 where it does not succeed."""
    last: Job | None = None
    with session.client() as rag, _teller(session) as tell:
        for last in rag.jobs.watch(job_id):
            tell(last)
    if last is not None and not session.json:
        show(last, as_json=False)
    if last is None or last.state is not JobState.SUCCEEDED:
        raise typer.Exit(FAILURE)


@contextmanager
def _teller(session: Session) -> Iterator[Callable[[Job], None]]:
    """Says how far a job is, in the way that fits where it goes."""
    if session.json:
        yield output.json_line
    elif sys.stderr.isatty():
        with _bar() as bar:
            task = bar.add_task("", total=None)
            yield lambda job: bar.update(
                task, description=_phase(job), completed=job.done, total=job.total or None
            )
    else:
        yield lambda job: output.note(f"{_phase(job)} {_how_far(job)}".strip())


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


def _phase(job: Job) -> str:
    return f"{job.kind} {job.state}" + (f", {job.phase}" if job.phase else "")


def _how_far(job: Job) -> str:
    return f"{job.done} of {job.total}" if job.total else ""


def show(job: Job, *, as_json: bool) -> None:
    """All of a job."""
    if as_json:
        output.json_line(job)
        return
    rows = [
        ("job", job.id),
        ("kind", job.kind),
        ("collection", job.collection),
        ("state", f"{job.state}, to be cancelled" if _cancelling(job) else job.state),
        ("phase", job.phase),
        ("progress", _how_far(job)),
        ("attempt", job.attempt),
        ("created", job.created_at.isoformat()),
        ("ended", job.ended_at.isoformat() if job.ended_at else ""),
        *((f"asked {name}", value) for name, value in job.spec.items()),
        *((f"result {name}", value) for name, value in job.result.items()),
        ("error", job.error.message if job.error else ""),
    ]
    output.table(("field", "value"), rows)


def _cancelling(job: Job) -> bool:
    return job.cancel_requested and not job.ended
