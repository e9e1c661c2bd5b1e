"""An ingest carried through for asyncio: pull, send, listen, open again."""

import asyncio
from collections.abc import AsyncIterator

from rag_client._aio_duplex import AioDuplex
from rag_client._aio_transport import AioTransport
from rag_client._ingest import Ingest
from rag_client._reconnecting import Broken, Reconnecting
from rag_client._sources import loaded
from rag_client.errors import InvalidArgument
from rag_client.files import Source
from rag_client.types import Document


async def carry_through(
    transport: AioTransport,
    collection: str,
    entries: AsyncIterator[Document | Source],
    ingest: Ingest,
    reconnecting: Reconnecting,
) -> None:
    """Returns when all entries are answered for; raises what no other stream can mend."""
    while not ingest.done:
        try:
            async with transport.ingest(collection) as stream:
                await _one_stream(stream, entries, ingest, reconnecting)
        except Broken as broken:
            await asyncio.sleep(reconnecting.pause(broken.error, ingest.answered))


async def _one_stream(
    stream: AioDuplex,
    entries: AsyncIterator[Document | Source],
    ingest: Ingest,
    reconnecting: Reconnecting,
) -> None:
    for response in await stream.received(wait=True):
        ingest.accept(response)
    reconnecting.opened()
    while not ingest.done:
        if ingest.wanting:
            await _offer(entries, ingest)
        if frames := ingest.frames():
            stream.send(frames)
        waiting = not (frames or ingest.wanting or ingest.done)
        for response in await stream.received(wait=waiting):
            ingest.accept(response)
    await stream.finish()


async def _offer(entries: AsyncIterator[Document | Source], ingest: Ingest) -> None:
    try:
        entry = await anext(entries)
    except StopAsyncIteration:
        ingest.exhausted = True
        return
    try:
        if isinstance(entry, Source):
            ingest.offer(await asyncio.to_thread(loaded, entry, ingest.largest))
        else:
            ingest.offer(entry)
    except InvalidArgument as error:
        ingest.fail(entry.id, error)
