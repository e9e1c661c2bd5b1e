"""The vector index on Chroma, embedded or as a server; the only importer of chromadb.

Chroma holds ids and vectors, nothing else. How far the feed is applied stands in the
metadata of Chroma's own collection, so that what was wiped or replaced reads as revision 0
and is filled again.
"""

from rag_server.stores.chroma.address import Address
from rag_server.stores.chroma.embedded import EmbeddedEngine
from rag_server.stores.chroma.index import ChromaIndex
from rag_server.stores.chroma.remote import Limits, RemoteEngine

__all__ = ["Address", "ChromaIndex", "EmbeddedEngine", "Limits", "RemoteEngine"]
