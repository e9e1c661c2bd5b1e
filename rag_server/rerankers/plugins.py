"""Rerankers of other packages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rag_server.core.errors import Reason
from rag_server.core.protocols import Reranker
from rag_server.core.specs import CustomRerankSpec, RerankerSpec
from rag_server.plugins import PluginGroup


@dataclass(frozen=True, slots=True)
class RerankerPlugin:
    """What an entry point of the group names. `parameters` is the JSON schema (draft 2020-12) of
    an object; `make` is called once. What it makes is asked from several threads, with a spec
    that is a CustomRerankSpec; what candidates hold is in `contents`."""

    description: str
    parameters: Mapping[str, Any]
    make: Callable[[], Reranker]


GROUP = PluginGroup("ragrpc.rerankers", RerankerPlugin, "reranker", Reason.RERANKER_NOT_FOUND)


def check(spec: RerankerSpec, plugins: Mapping[str, RerankerPlugin]) -> None:
    """Raises NotFound where no plug-in brings it, InvalidRequest where it takes no such
    parameters."""
    if isinstance(spec, CustomRerankSpec):
        GROUP.check(spec.name, spec.parameters, plugins)
