"""Catalog, index, embedders and what keeps the index in step."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from socket import gethostname
from uuid import uuid4

from rag_server.composition.backups import open_backups
from rag_server.composition.catalog import catalog_location
from rag_server.composition.index import open_index, open_lexical
from rag_server.core.documents import View
from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.core.follower import Follower
from rag_server.core.followers import Followers
from rag_server.core.leadership import Leadership
from rag_server.core.protocols import Embedder, ImageEmbedder, Tokenising
from rag_server.core.telemetry import Telemetry
from rag_server.core.vector_applier import VectorApplier
from rag_server.embedders import EMBEDDERS, IMAGE_EMBEDDERS
from rag_server.indexes.lexical.applier import LexicalApplier
from rag_server.indexes.lexical.index import LexicalIndex
from rag_server.indexes.resident.index import ResidentIndex
from rag_server.resilience.priority import give_way
from rag_server.settings import Settings
from rag_server.stores.backup.backups import Backups
from rag_server.stores.catalog.catalog import SqlCatalog, open_catalog
from rag_server.stores.chroma import ChromaIndex
from rag_server.stores.lock import DirectoryLock

# Name of the lease.
_FOLLOWER = "follower"


@dataclass(frozen=True, slots=True)
class Engines:
    """What everything else stands on."""

    catalog: SqlCatalog
    index: ChromaIndex
    embedder: Embedder
    embedders: Mapping[str, Embedder]
    image_embedders: Mapping[str, ImageEmbedder]
    lexical: LexicalIndex
    followers: Followers
    resident: ResidentIndex
    backups: Backups | None

    def committed(self, view: View) -> None:
        """Tell all that follow that a commit made `view`."""
        self.followers.notify(view)
        self.resident.notify(view)


async def open_engines(
    settings: Settings,
    telemetry: Telemetry,
    embedder: Embedder | None,
    others: Sequence[Embedder],
    stack: AsyncExitStack,
) -> Engines:
    """Opened in order, closed in reverse by `stack`. `embedder` replaces the one of the settings,
    `others` serve beside it. Raises RagError where one cannot be opened."""
    directory = settings.data.directory
    stack.enter_context(DirectoryLock(directory))
    catalog = await asyncio.to_thread(open_catalog, catalog_location(settings), telemetry)
    stack.callback(catalog.close)
    # Both take about a second, most of it outside of the interpreter.
    index, model, image_model = await asyncio.gather(
        asyncio.to_thread(open_index, settings, catalog.identity, telemetry),
        asyncio.to_thread(_load_embedder, settings, embedder),
        asyncio.to_thread(IMAGE_EMBEDDERS[settings.images.embedder], settings.images.model),
    )
    stack.callback(index.close)
    lexical = await asyncio.to_thread(open_lexical, settings, catalog.identity, telemetry)
    stack.callback(lexical.close)
    followers = _followers(settings, catalog, index, lexical, telemetry)
    await asyncio.to_thread(followers.start)
    stack.callback(followers.stop)
    resident = _resident(settings, catalog, telemetry)
    resident.start()
    stack.callback(resident.stop)
    embedders = {each.name: each for each in _with_variants((*others, model))}
    backups = open_backups(settings, catalog, telemetry)
    images = {image_model.name: image_model}
    return Engines(catalog, index, model, embedders, images, lexical, followers, resident, backups)


def _followers(
    settings: Settings,
    catalog: SqlCatalog,
    index: ChromaIndex,
    lexical: LexicalIndex,
    telemetry: Telemetry,
) -> Followers:
    shared = settings.catalog.url is not None
    # No call takes longer, so that none reads what was deleted before.
    grace = timedelta(seconds=settings.server.max_deadline_seconds)
    return Followers(
        Follower(
            catalog,
            VectorApplier(catalog, index),
            telemetry,
            give_way,
            _leadership(settings, catalog),
            shared=shared,
        ),
        Follower(
            catalog, LexicalApplier(catalog, lexical, grace), telemetry, give_way, shared=shared
        ),
    )


def _resident(settings: Settings, catalog: SqlCatalog, telemetry: Telemetry) -> ResidentIndex:
    return ResidentIndex(
        catalog.collections,
        catalog.log,
        telemetry,
        memory_bytes=settings.resident.memory_bytes,
        retention=settings.maintenance.tombstone_retention_seconds,
        prepare_thread=give_way,
    )


def _leadership(settings: Settings, catalog: SqlCatalog) -> Leadership | None:
    """None where nobody else can have the catalog. Raises PreconditionFailed when an index of
    our own would not hear of what another server removes."""
    if settings.catalog.url is None:
        return None
    if settings.chroma.mode != "embedded":
        return Leadership(catalog.leases, _FOLLOWER, f"{gethostname()}:{uuid4()}")
    # The same after a restart, which need not wait for its own lease to run out.
    owner = f"{gethostname()}:{settings.data.directory.resolve()}"
    alone = Leadership(catalog.leases, _FOLLOWER, owner)
    if not alone.held():
        raise PreconditionFailed(
            "another server uses this catalog: servers that share one also share a Chroma "
            "server, see the setting chroma.mode",
            Reason.NOT_READY,
        )
    return alone


def _with_variants(embedders: Sequence[Embedder]) -> Iterator[Embedder]:
    """Each, and as it keeps the vectors of tokens if it can."""
    for each in embedders:
        yield each
        if isinstance(each, Tokenising):
            yield each.with_tokens()


def _load_embedder(settings: Settings, given: Embedder | None) -> Embedder:
    return given or EMBEDDERS[settings.embedder.name](settings.data.cache_directory)
