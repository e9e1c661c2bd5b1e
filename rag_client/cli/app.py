"""The commands and the options that they share."""

from pathlib import Path
from typing import Annotated

import typer

from rag_client.cli import (
    backups,
    collections,
    documents,
    ingest,
    jobs,
    questions,
    reranking,
    status,
)
from rag_client.cli.group import RootGroup
from rag_client.cli.session import Session

_HELP = """Retrieval-augmented generation over gRPC, from the command line.

Exit codes: 0 ok, 1 failure, 2 usage, 130 interrupted, 141 broken pipe.
"""
_EPILOG = """Examples:

ragrpc ingest docs -c handbook

ragrpc query -c handbook "How many vacation days do I get?"

ragrpc status --json

The option --json may stand anywhere, the other options of this page before the command.
"""


def build_app() -> typer.Typer:
    """The command line as a typer application."""
    app = typer.Typer(
        cls=RootGroup,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help=_HELP,
        epilog=_EPILOG,
        callback=root,
    )
    app.command("ingest")(ingest.ingest)
    app.command("retrieve")(questions.retrieve)
    app.command("query")(questions.query)
    app.command("rerank")(reranking.rerank)
    app.command("status")(status.status)
    app.add_typer(_collections(), name="collections")
    app.add_typer(_documents(), name="documents")
    app.add_typer(_jobs(), name="jobs")
    app.add_typer(_backups(), name="backups")
    return app


def _collections() -> typer.Typer:
    group = typer.Typer(
        no_args_is_help=True, help="Lists, shows, creates, deletes, reindexes collections."
    )
    group.command("list")(collections.list_)
    group.command("get")(collections.get)
    group.command("schema")(collections.schema)
    group.command("create")(collections.create)
    group.command("delete")(collections.delete)
    group.command("reindex")(collections.reindex)
    return group


def _documents() -> typer.Typer:
    group = typer.Typer(no_args_is_help=True, help="Lists, shows, deletes documents.")
    group.command("list")(documents.list_)
    group.command("get")(documents.get)
    group.command("delete")(documents.delete)
    group.command("chunks")(documents.chunks)
    return group


def _backups() -> typer.Typer:
    group = typer.Typer(
        no_args_is_help=True, help="Makes, lists, verifies, restores, deletes backups."
    )
    group.command("create")(backups.create)
    group.command("list")(backups.list_)
    group.command("get")(backups.get)
    group.command("verify")(backups.verify)
    group.command("restore")(backups.restore)
    group.command("delete")(backups.delete)
    return group


def _jobs() -> typer.Typer:
    group = typer.Typer(no_args_is_help=True, help="Lists, shows, follows, cancels long work.")
    group.command("list")(jobs.list_)
    group.command("get")(jobs.get)
    group.command("watch")(jobs.watch)
    group.command("cancel")(jobs.cancel)
    return group


def root(
    context: typer.Context,
    address: Annotated[
        str, typer.Option("--address", "-a", envvar="RAGRPC_ADDRESS", help="The server.")
    ] = "localhost:50051",
    api_key: Annotated[
        str | None,
        typer.Option(envvar="RAGRPC_API_KEY", help="Key to authenticate with; better set by env."),
    ] = None,
    tls_ca: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Roots to trust, PEM; turns TLS on.")
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Own certificate for mTLS, PEM.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Own private key for mTLS, PEM.")
    ] = None,
    allow_insecure_key: Annotated[
        bool, typer.Option("--allow-insecure-key", help="Send the key in plaintext anywhere.")
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=0.001, help="Seconds per call. Default: 30; an ingest goes on as long as it must."
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON; one document, or a line per event.")
    ] = False,
) -> None:
    """Makes the session that the command uses."""
    context.obj = Session(
        address, api_key, tls_ca, tls_cert, tls_key, allow_insecure_key, timeout, json
    )
