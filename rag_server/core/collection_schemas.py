"""The metadata schema of a collection as a caller may know it: what was declared, and what the
documents hold that the caller may see."""

from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock

from rag_server.core.call import Deadline
from rag_server.core.documents import View
from rag_server.core.filters import Filter, matches
from rag_server.core.metadata_schema import (
    CollectionSchema,
    FieldCatalogue,
    Tallies,
)
from rag_server.core.protocols import Catalog
from rag_server.core.resident import Resident, ResidentView
from rag_server.core.values import Metadata

# Values of a field that are known by name; a field of more is rather free text.
MOST_VALUES = 1_000
# Documents read at a time where nothing is in memory.
_BATCH = 500
_KEPT = 64


class CollectionSchemas:
    """Looks at each view once: columns in memory where they are loaded and the caller may see
    everything, else the documents one by one."""

    def __init__(self, catalog: Catalog, resident: Resident) -> None:
        self._catalog = catalog
        self._resident = resident
        self._known: OrderedDict[tuple[View, Filter | None], CollectionSchema] = OrderedDict()
        self._lock = Lock()

    def of(self, view: View, hidden: Filter | None, deadline: Deadline) -> CollectionSchema:
        """`hidden`: the mandatory filter of the caller's key. Raises DeadlineExceeded."""
        declared = self._catalog.collections.metadata_schema(view.collection_id)
        key = (view, hidden)
        with self._lock:
            known = self._known.get(key)
        if known is None or known.declared != declared:
            known = CollectionSchema(declared, self._catalogue(view, hidden, deadline))
            with self._lock:
                self._known[key] = known
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
        return known

    def _catalogue(
        self, view: View, hidden: Filter | None, deadline: Deadline
    ) -> tuple[FieldCatalogue, ...]:
        resident = self._resident.view(view, deadline) if hidden is None else None
        if resident is not None:
            return _in_memory(resident)
        tallies = Tallies()
        for metadata in self._documents(view, deadline):
            if hidden is None or matches(hidden, metadata):
                tallies.add(metadata)
        return tallies.catalogue(MOST_VALUES)

    def _documents(self, view: View, deadline: Deadline) -> Iterator[Metadata]:
        after = ""
        while True:
            deadline.check("schema")
            batch = self._catalog.documents.page(view, after, _BATCH)
            yield from (each.metadata for each in batch)
            if len(batch) < _BATCH:
                return
            after = batch[-1].id


def _in_memory(resident: ResidentView) -> tuple[FieldCatalogue, ...]:
    tallies = Tallies()
    for field in resident.fields():
        for value, count in resident.values(field):
            tallies.add({field: value}, count)
    return tallies.catalogue(MOST_VALUES)
