"""`ragrpc backups`."""

from typing import Annotated

import typer

from rag_client.cli import output
from rag_client.cli.jobs import follow, show
from rag_client.cli.session import Session, session_of
from rag_client.types import Backup, Job

Id = Annotated[str, typer.Argument(help="Id of the backup.", metavar="BACKUP")]
Collection = Annotated[
    str, typer.Option("--collection", "-c", help="Only this collection.", metavar="NAME")
]
RequestId = Annotated[
    str | None, typer.Option(help="The same id begins one job only, however often.")
]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")]


def create(
    context: typer.Context,
    collection: Collection = "",
    incremental: Annotated[
        bool, typer.Option("--incremental", help="Only what came after the newest of the same.")
    ] = False,
    base: Annotated[str, typer.Option(help="Build on this backup instead of the newest.")] = "",
    request_id: RequestId = None,
    wait: Wait = True,
) -> None:
    """Backs up the tenant's collections, or one, while everything goes on.

    It goes on when you leave; see `ragrpc jobs`.

    Example: ragrpc backups create -c handbook --incremental
    """
    session = session_of(context)
    with session.client() as rag:
        job = rag.backups.create(
            collection, incremental=incremental, base_id=base, request_id=request_id
        )
    _begun(session, job, wait=wait)


def list_(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most backups.")] = 50,
) -> None:
    """Lists backups, newest first.

    Example: ragrpc backups list
    """
    session = session_of(context)
    with session.client() as rag:
        asked = rag.backups.list(page_size=min(limit, 1_000))
        found = [backup for backup, _ in zip(asked, range(limit), strict=False)]
    if session.json:
        output.json_line({"backups": found})
        return
    rows = [(each.id, each.kind, _scope(each), _documents(each), each.size_bytes) for each in found]
    output.table(("backup", "kind", "of", "documents", "bytes"), rows)


def get(context: typer.Context, backup: Id) -> None:
    """Shows one backup.

    Example: ragrpc backups get 20260131T120000000Z-0a1b2c
    """
    session = session_of(context)
    with session.client() as rag:
        found = rag.backups.get(backup)
    if session.json:
        output.json_line(found)
        return
    rows = [
        ("backup", found.id),
        ("kind", found.kind),
        ("builds on", found.parent_id),
        ("of", _scope(found)),
        ("created", found.created_at.isoformat()),
        ("bytes", found.size_bytes),
        *(
            (
                f"collection {each.name}",
                f"{each.document_count} documents, revision {each.revision}",
            )
            for each in found.collections
        ),
    ]
    output.table(("field", "value"), rows)


def delete(context: typer.Context, backup: Id) -> None:
    """Deletes a backup that no other builds on.

    Example: ragrpc backups delete 20260131T120000000Z-0a1b2c
    """
    session = session_of(context)
    with session.client() as rag:
        rag.backups.delete(backup)
    if session.json:
        output.json_line({"backup": backup})
    else:
        output.note(f"backup {backup} is deleted")


def verify(
    context: typer.Context, backup: Id, request_id: RequestId = None, wait: Wait = True
) -> None:
    """Restores a backup into a scratch place and compares; exit code 1 where it is damaged.

    Example: ragrpc backups verify 20260131T120000000Z-0a1b2c
    """
    session = session_of(context)
    with session.client() as rag:
        job = rag.backups.verify(backup, request_id=request_id)
    _begun(session, job, wait=wait)


def restore(
    context: typer.Context,
    backup: Id,
    collection: Collection = "",
    name: Annotated[str, typer.Option("--as", help="Restore it under this name.")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace what has the name already.")
    ] = False,
    request_id: RequestId = None,
    wait: Wait = True,
) -> None:
    """Restores the tenant's collections of a backup, or one of them.

    Example: ragrpc backups restore 20260131T120000000Z-0a1b2c -c handbook --as handbook-then
    """
    session = session_of(context)
    with session.client() as rag:
        job = rag.backups.restore(
            backup, collection, name=name, replace=replace, request_id=request_id
        )
    _begun(session, job, wait=wait)


def _begun(session: Session, job: Job, *, wait: bool) -> None:
    if wait:
        follow(session, job.id)
    else:
        show(job, as_json=session.json)


def _scope(backup: Backup) -> str:
    return backup.collection or ("server" if backup.server_wide else "tenant")


def _documents(backup: Backup) -> int:
    return sum(each.document_count for each in backup.collections)
