"""`ragrpc documents`."""

from itertools import islice
from typing import Annotated

import typer

from rag_client.cli import conditions, output
from rag_client.cli.options import CollectionName, Filters
from rag_client.cli.session import session_of
from rag_client.types import Chunk, StoredDocument

Id = Annotated[str, typer.Argument(help="Id of the document.", metavar="ID")]
Limit = Annotated[
    int | None, typer.Option("--limit", "-n", min=1, help="Show at most this many. Default: all.")
]


def list_(
    context: typer.Context, collection: CollectionName, filter: Filters = None, limit: Limit = None
) -> None:
    """Lists documents by id.

    Example: ragrpc documents list -c handbook -f 'year>=2025' -n 20
    """
    session = session_of(context)
    with session.client() as rag:
        wanted = conditions.all_of(filter or [])
        found = list(islice(rag.documents.list(collection, filter=wanted), limit))
    if session.json:
        output.json_line({"documents": found})
        return
    rows = [(each.id, each.title, each.chunk_count, each.size_bytes) for each in found]
    output.table(("document", "title", "chunks", "bytes"), rows)


def get(
    context: typer.Context,
    collection: CollectionName,
    document_id: Id,
    text: Annotated[bool, typer.Option("--text", help="Print the text alone.")] = False,
) -> None:
    """Shows one document with its parsed text.

    Example: ragrpc documents get -c handbook vacation.md --text
    """
    session = session_of(context)
    with session.client() as rag:
        document = rag.documents.get(collection, document_id)
    if session.json:
        output.json_line(document)
        return
    if not text:
        _head(document)
        output.line()
    output.line(document.text)


def _head(document: StoredDocument) -> None:
    rows = [
        ("id", document.id),
        ("title", document.title),
        ("type", document.content_type),
        ("updated", document.updated_at.isoformat()),
        ("revision", document.revision),
        ("chunks", document.chunk_count),
        ("bytes", document.size_bytes),
        *((f"metadata {name}", value) for name, value in document.metadata.items()),
    ]
    output.table(("field", "value"), rows)


def delete(
    context: typer.Context,
    collection: CollectionName,
    ids: Annotated[list[str], typer.Argument(help="Ids of the documents.", metavar="ID")],
) -> None:
    """Deletes documents by id; an id that is not there is passed over.

    Example: ragrpc documents delete -c handbook vacation.md travel.md
    """
    session = session_of(context)
    with session.client() as rag:
        result = rag.documents.delete(collection, ids)
    if session.json:
        output.json_line(result)
    else:
        output.line(f"deleted {len(result.deleted_ids)} of {len(dict.fromkeys(ids))} documents")


def chunks(
    context: typer.Context, collection: CollectionName, document_id: Id, limit: Limit = None
) -> None:
    """Shows the chunks of a document, in order.

    Example: ragrpc documents chunks -c handbook vacation.md
    """
    session = session_of(context)
    with session.client() as rag:
        found = list(islice(rag.documents.chunks(collection, document_id), limit))
    if session.json:
        output.json_line({"chunks": found})
        return
    for each in found:
        output.line(f"{each.ordinal}. {each.id}  {_place(each)}\n{each.text.rstrip()}\n")


def _place(chunk: Chunk) -> str:
    parts = [f"bytes {chunk.span.start}-{chunk.span.end}", f"{chunk.token_count} tokens"]
    if chunk.parent:
        parts.append(f"parent {chunk.parent.start}-{chunk.parent.end}")
    if chunk.page is not None:
        parts.append(f"page {chunk.page}")
    if chunk.heading:
        parts.append(f"under {chunk.heading}")
    return ", ".join(parts)
