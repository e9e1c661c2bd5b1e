"""The commands `ragrpc-server backup`, `restore` and `backups`: for who has the data directory.

Backups are made while a server runs on it, too; restoring needs the server stopped.
"""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag_server.core.backups import Backup, Scope, Wish
from rag_server.core.errors import InvalidRequest, PreconditionFailed, Reason, Violation
from rag_server.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from rag_server.stores.backup.backups import Backups
    from rag_server.stores.backup.vault import Vault

DataDir = Annotated[Path | None, typer.Option(help="Directory of the catalog.")]
Config = Annotated[Path | None, typer.Option(help="YAML file of settings.")]
Url = Annotated[
    str | None, typer.Option(help="Directory or URL of the backups, instead of the setting's.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Tenant = Annotated[str | None, typer.Option(help="Only what belongs to this tenant.")]
Collection = Annotated[
    str | None, typer.Option(help="Only this collection of the tenant, which must be named.")
]
BackupId = Annotated[str, typer.Argument(help="Id of the backup, as `backups list` shows it.")]

backups = typer.Typer(help="List, verify and remove backups.", no_args_is_help=True)


def backup(
    tenant: Tenant = None,
    collection: Collection = None,
    incremental: Annotated[
        bool,
        typer.Option(
            "--incremental", help="Hold only what came after the newest backup of the same scope."
        ),
    ] = False,
    base: Annotated[
        str | None, typer.Option(help="Build on this backup instead of the newest.")
    ] = None,
    url: Url = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Back up the whole server (API keys as hashes included), a tenant, or a collection.

    The server may go on running.
    """
    scope = _scope(tenant, collection)
    settings = load_settings(config, {"data.directory": data_dir})
    _must_exist(settings)
    with _backups(settings, url) as here:
        parent = here.vault.get(base) if base else None
        if incremental and parent is None:
            parent = here.vault.newest(scope)
        made = here.create(scope, parent=parent)
    typer.echo(json.dumps(_row(made)) if as_json else made.id)


def restore(
    backup_id: BackupId,
    tenant: Tenant = None,
    collection: Collection = None,
    name: Annotated[
        str | None, typer.Option("--as", help="Restore the collection under this name.")
    ] = None,
    to_tenant: Annotated[
        str | None, typer.Option(help="Restore into this tenant instead of its own.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace what has the name already.")
    ] = False,
    with_keys: Annotated[
        bool, typer.Option("--keys", help="Restore API keys that are not there, too.")
    ] = False,
    url: Url = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Restore from a backup; all of it, unless told which part.

    The server must be stopped, unless the catalog is on PostgreSQL.
    """
    wish = Wish(_scope(tenant, collection), to_tenant, name, replace)
    settings = load_settings(config, {"data.directory": data_dir})
    with _exclusively(settings), _backups(settings, url) as here:
        restored = here.restore(backup_id, wish)
        keys = here.restore_keys(backup_id) if with_keys else 0
    typer.echo(f"restored {len(restored)} collections" + (f", {keys} keys" if with_keys else ""))


@backups.command(name="list")
def list_backups(url: Url = None, config: Config = None, as_json: AsJson = False) -> None:
    """List all backups, oldest first."""
    found = [_row(each) for each in _vault(load_settings(config, {}), url).all()]
    if as_json:
        typer.echo(json.dumps({"backups": found}))
        return
    for row in found:
        scope = "/".join(each for each in (row["tenant"], row["collection"]) if each) or "server"
        typer.echo(
            f"{row['id']}  {row['kind'].lower():11}  {scope}  {row['documents']} documents  "
            f"{row['bytes']} bytes  {row['parent'] or ''}".rstrip()
        )


@backups.command()
def verify(
    backup_id: BackupId,
    tenant: Tenant = None,
    collection: Collection = None,
    url: Url = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into a scratch catalog, and compare texts, spans and queries."""
    vault = _vault(load_settings(config, {}), url)
    verdict = vault.verify(backup_id, Wish(_scope(tenant, collection)))
    if as_json:
        typer.echo(json.dumps({"backup": backup_id, **asdict(verdict)}))
        return
    typer.echo(
        f"backup {backup_id} is whole: {verdict.collections} collections, "
        f"{verdict.documents} documents, {verdict.chunks} chunks, {verdict.queries} queries"
    )


@backups.command()
def delete(backup_id: BackupId, url: Url = None, config: Config = None) -> None:
    """Remove a backup that no other builds on."""
    _vault(load_settings(config, {}), url).delete(backup_id)
    typer.echo(f"backup {backup_id} is removed")


@backups.command()
def expire(url: Url = None, config: Config = None) -> None:
    """Remove what the settings `backup.keep_last` and `backup.keep_seconds` do not keep."""
    from rag_server.stores.backup.retention import Retention

    settings = load_settings(config, {})
    rule = Retention.of(settings.backup.keep_last, settings.backup.keep_seconds)
    for each in _vault(settings, url).expire(rule):
        typer.echo(f"backup {each.id} is removed")


def _scope(tenant: str | None, collection: str | None) -> Scope:
    if collection is not None and tenant is None:
        raise InvalidRequest.of(Violation("--collection", "needs its --tenant"))
    return Scope(tenant, collection)


def _row(backup: Backup) -> dict[str, Any]:
    return {
        "id": backup.id,
        "kind": backup.kind,
        "parent": backup.parent,
        "tenant": backup.scope.tenant,
        "collection": backup.scope.collection,
        "created_at": backup.created_at.isoformat(),
        "bytes": backup.size,
        "documents": sum(each.documents for each in backup.collections),
        "collections": len(backup.collections),
        "keys": backup.keys,
    }


def _vault(settings: Settings, url: str | None) -> "Vault":
    from rag_server.composition.backups import open_vault

    place = url or settings.backup.url
    if place is None:
        raise SettingsError("set backup.url, or say where the backups are with --url")
    return open_vault(settings, place)


def _must_exist(settings: Settings) -> None:
    """Opening would make a new catalog, and a backup of that would hide the mistake."""
    from rag_server.composition.catalog import catalog_location, place_of
    from rag_server.stores.migration import REVISIONS, pending

    location = catalog_location(settings)
    if pending(location) == REVISIONS:
        message = f"there is no catalog in {place_of(location)}"
        raise PreconditionFailed(message, Reason.NOT_READY)


def _exclusively(settings: Settings) -> AbstractContextManager[object]:
    """The server of the directory is stopped; those on PostgreSQL hear of what is new."""
    from rag_server.stores.lock import DirectoryLock

    return nullcontext() if settings.catalog.url else DirectoryLock(settings.data.directory)


@contextmanager
def _backups(settings: Settings, url: str | None) -> Iterator["Backups"]:
    from rag_server.composition.catalog import catalog_location
    from rag_server.stores.backup.backups import Backups
    from rag_server.stores.catalog.catalog import open_catalog

    vault = _vault(settings, url)
    catalog = open_catalog(catalog_location(settings))
    try:
        yield Backups(catalog, vault)
    finally:
        catalog.close()
