"""The catalog's collections and their generations."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from rag_server.core.documents import Build, Collection, GenerationSettings, Unbuilt, View
from rag_server.core.metadata_schema import MetadataSchema


class CollectionStore(Protocol):
    """Collections of the catalog."""

    def create(
        self,
        tenant: str,
        name: str,
        description: str,
        settings: GenerationSettings,
        schema: MetadataSchema | None = None,
    ) -> Collection:
        """Raises AlreadyExists."""
        ...

    def update(
        self,
        tenant: str,
        name: str,
        description: str | None,
        schema: MetadataSchema | None,
    ) -> None:
        """Change what is not None; a schema without fields removes the declared one. Raises
        NotFound."""
        ...

    def metadata_schema(self, collection_id: int) -> MetadataSchema | None:
        """What was declared for the collection, by its row."""
        ...

    def get(self, tenant: str, name: str, counts: bool = False) -> Collection:
        """Newest state, with document and chunk counts if asked. Raises NotFound."""
        ...

    def page(self, tenant: str, after: str, limit: int) -> list[Collection]:
        """Ascending by name, those above `after`, with counts."""
        ...

    def delete(self, tenant: str, name: str) -> int:
        """Delete with all documents; number of documents. Raises NotFound."""
        ...

    def documents(self) -> int:
        """Number of visible documents in all collections of all tenants."""
        ...

    def views(self, *, retired: bool = False) -> list[View]:
        """Newest view of every generation, serving or being built (and of those retired), of
        every live collection of every tenant."""
        ...

    def settings(self, view: View) -> GenerationSettings:
        """What the view's generation is made with. Raises NotFound unless `views` has it."""
        ...


class GenerationStore(Protocol):
    """Generations of collections: each is built beside the serving one, takes its place, and
    is removed after another has taken its own. At most one of a collection is being built."""

    def building(self, collection: Collection) -> int | None:
        """The one that is being built."""
        ...

    def begin(self, collection: Collection, settings: GenerationSettings) -> int:
        """A new one, to be built; its number was never that of another whose rows are there.
        Raises NotFound if the collection is gone, AlreadyExists while another is built."""
        ...

    def unbuilt(
        self, collection: Collection, generation: int, recipe: bytes, after: str, limit: int
    ) -> list[Unbuilt]:
        """Live documents with an id above `after` (UTF-8 bytes) whose chunks are not there as
        the recipe makes them, ascending."""
        ...

    def left(self, collection: Collection, generation: int, recipe: bytes) -> tuple[int, int]:
        """(number of such documents, number of all)."""
        ...

    def build(self, collection: Collection, generation: int, builds: Sequence[Build]) -> int:
        """Add the chunks of those versions that are still live, in one commit; the revision it
        made. Readers see nothing of it. Raises NotFound if the collection is gone or the
        generation is not being built."""
        ...

    def swap(
        self,
        collection: Collection,
        generation: int,
        recipe: bytes,
        builds: Sequence[Build],
        *,
        applied: Callable[[], int],
        tail: int,
    ) -> int | None:
        """Add the chunks and let the generation serve, in one commit; the revision it made.

        None, and nothing is changed, unless then every live document has its chunks as the
        recipe makes them, and at most `tail` of those are newer than the revision that the
        vector index has `applied`. Raises as `build`."""
        ...

    def abandon(self, collection_id: int, generation: int) -> bool:
        """Give up what is being built; whether its rows are to be forgotten."""
        ...

    def retired(self, before: datetime) -> list[View]:
        """Views of generations of live collections that have not served since that time."""
        ...

    def forget(self, view: View) -> None:
        """Remove all rows of a retired generation; another one is left alone."""
        ...
