"""`ragrpc collections`."""

from typing import Annotated

import typer

from rag_client.cli import output
from rag_client.cli.chunking import (
    Language,
    MaxTokens,
    Overlap,
    ParentTokens,
    Strategy,
    chunking_of,
    described,
)
from rag_client.cli.jobs import follow, show
from rag_client.cli.report import FAILURE
from rag_client.cli.session import session_of
from rag_client.types import (
    Collection,
    FieldCatalogue,
    FieldType,
    MetadataField,
    Modality,
    Reindexing,
)

_SHOWN_VALUES = 5
Name = Annotated[str, typer.Argument(help="Name of the collection.", metavar="COLLECTION")]


def list_(context: typer.Context) -> None:
    """Lists the collections by name.

    Example: ragrpc collections list
    """
    session = session_of(context)
    with session.client() as rag:
        found = list(rag.collections.list())
    if session.json:
        output.json_line({"collections": found})
        return
    rows = [(each.name, each.document_count, each.chunk_count, each.description) for each in found]
    output.table(("collection", "documents", "chunks", "description"), rows)


def get(context: typer.Context, name: Name) -> None:
    """Shows one collection.

    Example: ragrpc collections get handbook
    """
    session = session_of(context)
    with session.client() as rag:
        _show(rag.collections.get(name), as_json=session.json)


def schema(context: typer.Context, name: Name) -> None:
    """Shows what the metadata of a collection's documents means and holds.

    Example: ragrpc collections schema handbook
    """
    session = session_of(context)
    with session.client() as rag:
        found = rag.collections.schema(name)
    if session.json:
        output.json_line(found)
        return
    declared = {each.name: each for each in found.declared.fields} if found.declared else {}
    held = {each.field: each for each in found.catalogue}
    rows = [
        _described_field(field, declared.get(field), held.get(field))
        for field in dict.fromkeys((*declared, *held))
    ]
    output.table(("field", "type", "unit", "values", "description"), rows)


def _described_field(
    name: str, declared: MetadataField | None, held: FieldCatalogue | None
) -> tuple[str, str, str, str, str]:
    kind = declared.type if declared else held.type if held else ""
    unit, description = (declared.unit, declared.description) if declared else ("", "")
    return name, kind, unit, _values(declared, held), description


def _values(declared: MetadataField | None, held: FieldCatalogue | None) -> str:
    """A few of them; of numbers and dates the range."""
    if declared is not None and declared.values:
        return ", ".join(declared.values)
    if held is None or held.least is None:
        return ""
    if held.type in (FieldType.INT64, FieldType.DOUBLE, FieldType.TIMESTAMP):
        return f"{held.least} to {held.most}"
    shown = ", ".join(str(value) for value, _ in held.values[:_SHOWN_VALUES])
    more = held.distinct_count - _SHOWN_VALUES
    return f"{shown} and {more:,} more" if more > 0 else shown


def create(
    context: typer.Context,
    name: Name,
    description: Annotated[str, typer.Option(help="What it holds.")] = "",
    exist_ok: Annotated[bool, typer.Option("--exist-ok", help="Fine if it is there.")] = False,
    chunking: Strategy = None,
    max_tokens: MaxTokens = None,
    overlap: Overlap = None,
    language: Language = None,
    parent_tokens: ParentTokens = None,
    field: Annotated[
        list[Modality] | None,
        typer.Option(
            help="A vector field beside the text, by which images (image) or tables (table) are "
            "found. May be repeated."
        ),
    ] = None,
) -> None:
    """Creates an empty collection.

    Example: ragrpc collections create handbook --description "Rules of the house"

    Example: ragrpc collections create manual --chunking markdown --max-tokens 150
    """
    options = {
        "max_tokens": max_tokens,
        "overlap": overlap,
        "language": language,
        "parent_tokens": parent_tokens,
    }
    asked = chunking_of(chunking, options)
    session = session_of(context)
    with session.client() as rag:
        made = rag.collections.create(
            name,
            description=description,
            chunking=asked,
            fields=field or (),
            exist_ok=exist_ok,
        )
    _show(made, as_json=session.json)


def delete(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Deletes a collection with all its documents.

    Example: ragrpc collections delete handbook --yes
    """
    session = session_of(context)
    with session.client() as rag:
        if not yes:
            count = rag.collections.delete(name, validate_only=True)
            if not typer.confirm(f"Delete {name} with its {count} documents?", err=True):
                output.note("ragrpc: nothing was deleted")
                raise typer.Exit(FAILURE)
        deleted = rag.collections.delete(name)
    if session.json:
        output.json_line({"collection": name, "deleted_document_count": deleted})
    else:
        output.line(f"deleted {name} with {deleted} documents")


def reindex(
    context: typer.Context,
    name: Name,
    chunking: Strategy = None,
    max_tokens: MaxTokens = None,
    overlap: Overlap = None,
    language: Language = None,
    parent_tokens: ParentTokens = None,
    embedder: Annotated[
        str | None, typer.Option(help="Name of the embedder. Default: as it is.")
    ] = None,
    share: Annotated[
        float | None, typer.Option(help="Share of the time that is worked, 0.01 to 1.")
    ] = None,
    documents_per_second: Annotated[
        float | None, typer.Option("--documents-per-second", help="Documents a second at most.")
    ] = None,
    request_id: Annotated[
        str | None, typer.Option(help="The same id begins one job only, however often.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")] = True,
) -> None:
    """Builds a collection's chunks and vectors anew, beside those that serve.

    It goes on when you leave; see `ragrpc jobs`.

    Example: ragrpc collections reindex manual --chunking markdown --share 0.5
    """
    options = {
        "max_tokens": max_tokens,
        "overlap": overlap,
        "language": language,
        "parent_tokens": parent_tokens,
    }
    asked = Reindexing(
        chunking_of(chunking, options),
        embedder,
        share=share,
        documents_per_second=documents_per_second,
    )
    session = session_of(context)
    with session.client() as rag:
        job = rag.collections.reindex(name, asked, request_id=request_id)
    if wait:
        follow(session, job.id)
    else:
        show(job, as_json=session.json)


def _show(collection: Collection, *, as_json: bool) -> None:
    if as_json:
        output.json_line(collection)
        return
    rows = [
        ("name", collection.name),
        ("description", collection.description),
        ("created", collection.created_at.isoformat()),
        ("documents", collection.document_count),
        ("chunks", collection.chunk_count),
        ("revision", collection.revision),
        ("generation", collection.generation),
        ("embedder", collection.embedder),
        ("chunking", described(collection.chunking)),
        ("fields", ", ".join(f"{each.modality} ({each.embedder})" for each in collection.fields)),
    ]
    output.table(("field", "value"), rows)
