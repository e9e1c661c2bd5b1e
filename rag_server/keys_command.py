"""The command `ragrpc-server keys`: make, list and revoke API keys.

Works on the catalog while a server runs on it: the server sees changes at the next call.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from rag_server.core.principal import Role
from rag_server.core.protocols import KeyRecord, KeyStore
from rag_server.settings import load_settings
from rag_server.transport.convert.metadata import filter_from_json

keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)

DataDir = Annotated[Path | None, typer.Option(help="Directory of the catalog.")]
Config = Annotated[Path | None, typer.Option(help="YAML file of settings.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@keys.command()
def create(
    tenant: Annotated[
        str, typer.Option(help="Tenant whose collections the key opens.")
    ] = "default",
    role: Annotated[
        list[Role] | None, typer.Option(help="reader, writer or admin; repeat for several.")
    ] = None,
    name: Annotated[str, typer.Option(help="Whom or what the key is for.")] = "",
    filter: Annotated[
        str | None,
        typer.Option(help="Mandatory filter of every read, as JSON of ragrpc.v1.Filter."),
    ] = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it. It is stored as a hash only: keep it now."""
    with _store(data_dir, config) as store:
        record, secret = store.create(
            tenant,
            frozenset(role or [Role.READER]),
            name,
            filter_from_json(filter) if filter else None,
        )
    typer.echo(json.dumps({**_row(record), "key": secret}) if as_json else secret)


@keys.command(name="list")
def list_keys(data_dir: DataDir = None, config: Config = None, as_json: AsJson = False) -> None:
    """List all keys, oldest first, without their secrets."""
    with _store(data_dir, config) as store:
        rows = [_row(record) for record in store.all()]
    if as_json:
        typer.echo(json.dumps({"keys": rows}))
        return
    for row in rows:
        state = "revoked" if row["revoked_at"] else "active"
        typer.echo(
            f"{row['id']}  {row['tenant']}  {'+'.join(row['roles'])}  {state}  {row['name']}"
        )


@keys.command()
def revoke(
    id: Annotated[str, typer.Argument(help="Id of the key, as `keys list` shows it.")],
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Revoke a key from now on."""
    with _store(data_dir, config) as store:
        store.revoke(id)
    typer.echo(f"key {id} is revoked")


def _row(record: KeyRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "tenant": record.principal.tenant,
        "roles": sorted(record.principal.roles),
        "name": record.name,
        "filtered": record.principal.filter is not None,
        "created_at": record.created_at.isoformat(),
        "revoked_at": record.revoked_at and record.revoked_at.isoformat(),
    }


@contextmanager
def _store(data_dir: Path | None, config: Path | None) -> Iterator[KeyStore]:
    from rag_server.composition.catalog import catalog_location
    from rag_server.stores.catalog.catalog import open_catalog

    settings = load_settings(config, {"data.directory": data_dir})
    catalog = open_catalog(catalog_location(settings))
    try:
        yield catalog.keys
    finally:
        catalog.close()
