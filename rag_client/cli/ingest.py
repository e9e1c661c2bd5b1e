"""`ragrpc ingest`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer

from rag_client import RagClient, files
from rag_client.cli import literals, output, progress
from rag_client.cli.options import CollectionName
from rag_client.cli.report import FAILURE
from rag_client.cli.session import session_of
from rag_client.errors import InvalidArgument, RagError
from rag_client.types import ContentType, Document, IngestProgress, IngestResult, OutcomeKind
from rag_client.values import Metadata


def ingest(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        typer.Argument(
            exists=True, metavar="PATH", help="Files, and directories with all below them."
        ),
    ],
    collection: CollectionName,
    metadata: Annotated[
        list[str] | None,
        typer.Option(
            "--metadata",
            "-m",
            metavar="KEY=VALUE",
            help="Metadata of every document; 7, 0.5, true, 2025-01-31T12:00Z and JSON lists "
            "are typed, anything else is a string. May be repeated.",
        ),
    ] = None,
    glob: Annotated[
        list[str] | None,
        typer.Option("--glob", metavar="PATTERN", help="Only names or ids that match."),
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, help="Ids are relative to it. Default: each PATH."
        ),
    ] = None,
    type: Annotated[
        ContentType | None, typer.Option("--type", help="Read every file as this, by no suffix.")
    ] = None,
    no_create: Annotated[
        bool, typer.Option("--no-create", help="Fail where the collection does not exist.")
    ] = False,
) -> None:
    """Stores files as documents; what has not changed is skipped, so that the same command goes
    on where an earlier one was interrupted.

    The suffix says what a file is: plain text, markdown, HTML, PDF, Word (.docx), CSV, JSON
    lines, images or source code. Hidden files and directories are left out.

    Ends with exit code 1 where a document failed; the others are stored.

    Example: ragrpc ingest docs README.md -c handbook -m year=2026 --glob '*.md'
    """
    session = session_of(context)
    selection = files.Selection(tuple(glob or ()), type, base)
    load = Load(selection.sources(paths), literals.metadata(metadata or []))
    if not load.sources:
        raise InvalidArgument.of("PATH", "no file that can be ingested was found")
    started = perf_counter()
    with session.client() as rag:
        if not no_create:
            rag.collections.create(collection, exist_ok=True)
        load.max_bytes = rag.server_info().limits.max_data_bytes
        result = _stream(rag, collection, load, quiet=session.json)
    report = load.report(collection, result, perf_counter() - started)
    _print(report, as_json=session.json)
    if report["failures"]:
        raise typer.Exit(FAILURE)


def _stream(rag: RagClient, collection: str, load: "Load", *, quiet: bool) -> IngestResult:
    done = 0

    def hear(progress: IngestProgress) -> None:
        nonlocal done
        done = progress.documents + len(load.unread)
        meter(done)

    with progress.meter(len(load.sources), quiet=quiet) as meter:
        try:
            return rag.documents.ingest(collection, load.documents(), on_progress=hear)
        except KeyboardInterrupt:
            output.note(
                f"interrupted: {done} of {len(load.sources)} documents are done; run the same "
                "command again to go on"
            )
            raise


@dataclass(slots=True)
class Load:
    """The files of one ingest; `unread` collects those that could not become documents."""

    sources: Sequence[files.Source]
    metadata: Metadata
    max_bytes: int = 0
    unread: dict[str, RagError] = field(default_factory=dict)

    def documents(self) -> Iterator[Document]:
        """The documents, read as they are asked for."""
        for source in self.sources:
            try:
                yield files.read(source, self.metadata, self.max_bytes)
            except InvalidArgument as error:
                self.unread[source.id] = error

    def report(self, collection: str, result: IngestResult, seconds: float) -> dict[str, Any]:
        """What became of all files, in the form that --json prints."""
        failed = {each.document_id: each.error for each in result.failed} | self.unread
        return {
            "collection": collection,
            "documents": len(self.sources),
            "counts": {
                OutcomeKind.CREATED: result.created,
                OutcomeKind.UPDATED: result.updated,
                OutcomeKind.UNCHANGED: result.unchanged,
                OutcomeKind.FAILED: len(failed),
            },
            "chunk_count": result.chunk_count,
            "embedded_chunk_count": result.embedded_chunk_count,
            "seconds": seconds,
            "documents_per_second": len(self.sources) / seconds,
            "consistency_token": result.consistency_token,
            "revision": result.revision,
            "failures": [{"document_id": each, "error": failed[each]} for each in sorted(failed)],
        }


def _print(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        output.json_line(report)
        return
    counts = ", ".join(f"{count} {kind}" for kind, count in report["counts"].items())
    output.line(f"{report['collection']}: {report['documents']} documents ({counts})")
    chunks = f"{report['chunk_count']} chunks, {report['embedded_chunk_count']} embedded"
    rate = f"{report['documents_per_second']:.1f} documents/s"
    output.line(f"{chunks}, in {report['seconds']:.1f} s ({rate})")
    for failure in report["failures"]:
        output.note(f"failed: {failure['document_id']}: {failure['error'].message}")
