"""Retrievers of other packages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rag_server.core.errors import Reason
from rag_server.core.protocols import ChunkStore, Retriever
from rag_server.core.specs import CustomSpec, RetrieverSpec, parts_of
from rag_server.plugins import PluginGroup


@dataclass(frozen=True, slots=True)
class RetrieverPlugin:
    """What an entry point of the group names. `parameters` is the JSON schema (draft 2020-12) of
    an object; `make` is called once, with the catalog's chunks and a retriever that searches as
    any spec says. What it makes gets searches whose spec is a CustomSpec, from several threads."""

    description: str
    parameters: Mapping[str, Any]
    make: Callable[[ChunkStore, Retriever], Retriever]


GROUP = PluginGroup("ragrpc.retrievers", RetrieverPlugin, "retriever", Reason.RETRIEVER_NOT_FOUND)


def check(spec: RetrieverSpec, plugins: Mapping[str, RetrieverPlugin]) -> None:
    """Raises NotFound where a part is of no plug-in, InvalidRequest where it takes no such
    parameters."""
    if isinstance(spec, CustomSpec):
        GROUP.check(spec.name, spec.parameters, plugins)
    for part in parts_of(spec):
        check(part, plugins)
