"""What is ingested: documents as they are, files and directories as documents."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from rag_client.files import Selection, Source, read
from rag_client.types import Document

One: TypeAlias = Document | str | PathLike[str]
Sources: TypeAlias = One | Iterable[One]
AsyncSources: TypeAlias = Sources | AsyncIterable[One]


def entries(sources: Sources) -> Iterator[Document | Source]:
    """Documents, and files that are still to be read, in order; a directory stands for the files
    below it."""
    each_one = [sources] if isinstance(sources, Document | str | PathLike) else sources
    for each in each_one:
        yield from _entries(each)


async def aio_entries(sources: AsyncSources) -> AsyncIterator[Document | Source]:
    """The same of what may be an asynchronous iterable."""
    if isinstance(sources, AsyncIterable):
        async for each in sources:
            for entry in _entries(each):
                yield entry
    else:
        for entry in entries(sources):
            yield entry


def loaded(entry: Document | Source, max_bytes: int) -> Document:
    """The document of an entry. InvalidArgument where a file cannot become one."""
    return entry if isinstance(entry, Document) else read(entry, {}, max_bytes)


def _entries(one: One) -> Iterable[Document | Source]:
    return [one] if isinstance(one, Document) else Selection().sources([Path(one)])
