"""Faults planted into the read path, to prove that the judge would see them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from time import monotonic, sleep
from typing import Any

from rag_server.core.documents import Collection, View
from rag_server.indexes.resident.index import ResidentIndex
from rag_server.indexes.resident.view import SnapshotView
from rag_server.stores.catalog.chunks import SqlChunks
from rag_server.stores.catalog.collections import SqlCollections

_STALE_SECONDS = 2.0
_LATE_SECONDS = 0.02
_NEWEST = 2**62


def pin_an_old_revision() -> None:
    """A server remembers the newest revision for a moment instead of asking the catalog."""
    known: dict[str, tuple[float, Collection]] = {}
    get = SqlCollections.get

    @wraps(get)
    def planted(store: SqlCollections, tenant: str, name: str, counts: bool = False) -> Collection:
        at, collection = known.get(name, (0.0, None))
        if collection is None or monotonic() - at > _STALE_SECONDS:
            collection = get(store, tenant, name, counts)
            known[name] = (monotonic(), collection)
        return collection

    _put(SqlCollections, "get", planted)


def read_past_the_pin() -> None:
    """Each statement, and what is in memory, shows the newest rows, whatever revision the request
    was pinned to; memory so late that a commit has often come in between."""
    for method in ("visible", "read_visible", "of_entries", "vectors", "count"):
        _put(SqlChunks, method, _at_newest(getattr(SqlChunks, method)))
    pinned = SnapshotView.__init__
    _put(SnapshotView, "__init__", lambda view, snapshot, _: pinned(view, snapshot, _NEWEST))
    _put(ResidentIndex, "view", _late(ResidentIndex.view))


PLANTS: Mapping[str, Callable[[], None]] = {
    "stale": pin_an_old_revision,
    "mixed": read_past_the_pin,
}


def _at_newest(read: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(read)
    def planted(store: SqlChunks, view: View, *args: Any, **kwargs: Any) -> Any:
        return read(store, replace(view, revision=_NEWEST), *args, **kwargs)

    return planted


def _late(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def planted(*args: Any, **kwargs: Any) -> Any:
        sleep(_LATE_SECONDS)
        return method(*args, **kwargs)

    return planted


def _put(owner: type, name: str, planted: Callable[..., Any]) -> None:
    # By name, since a type checker rightly refuses it.
    setattr(owner, name, planted)
