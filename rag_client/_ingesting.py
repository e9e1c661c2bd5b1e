"""An ingest carried through for a caller that blocks: pull, send, listen, open again."""

from collections.abc import Iterator
from time import sleep

from rag_client._duplex import Duplex
from rag_client._ingest import Ingest
from rag_client._reconnecting import Broken, Reconnecting
from rag_client._sources import loaded
from rag_client._transport import Transport
from rag_client.errors import InvalidArgument
from rag_client.files import Source
from rag_client.types import Document


def carry_through(
    transport: Transport,
    collection: str,
    entries: Iterator[Document | Source],
    ingest: Ingest,
    reconnecting: Reconnecting,
) -> None:
    """Returns when all entries are answered for; raises what no other stream can mend."""
    while not ingest.done:
        try:
            with transport.ingest(collection) as stream:
                _one_stream(stream, entries, ingest, reconnecting)
        except Broken as broken:
            sleep(reconnecting.pause(broken.error, ingest.answered))


def _one_stream(
    stream: Duplex,
    entries: Iterator[Document | Source],
    ingest: Ingest,
    reconnecting: Reconnecting,
) -> None:
    for response in stream.received(wait=True):
        ingest.accept(response)
    reconnecting.opened()
    while not ingest.done:
        if ingest.wanting:
            _offer(entries, ingest)
        if frames := ingest.frames():
            stream.send(frames)
        for response in stream.received(wait=not (frames or ingest.wanting or ingest.done)):
            ingest.accept(response)
    stream.finish()


def _offer(entries: Iterator[Document | Source], ingest: Ingest) -> None:
    entry = next(entries, None)
    if entry is None:
        ingest.exhausted = True
        return
    try:
        ingest.offer(loaded(entry, ingest.largest))
    except InvalidArgument as error:
        ingest.fail(entry.id, error)
