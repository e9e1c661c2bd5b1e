"""Strategies of other packages, found by entry point."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from jsonschema import Draft202012Validator, SchemaError

from rag_server.core.errors import (
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    Reason,
    Violation,
)
from rag_server.core.protocols import ChunkStore, Retriever
from rag_server.core.specs import CustomSpec, RetrieverSpec, parts_of
from rag_server.core.values import Value

GROUP = "ragrpc.retrievers"


@dataclass(frozen=True, slots=True)
class RetrieverPlugin:
    """What an entry point of the group names. `parameters` is the JSON schema (draft 2020-12) of
    an object; `make` is called once, with the catalog's chunks and a retriever that searches as
    any spec says. What it makes gets searches whose spec is a CustomSpec, from several threads."""

    description: str
    parameters: Mapping[str, Any]
    make: Callable[[ChunkStore, Retriever], Retriever]


def installed() -> Mapping[str, RetrieverPlugin]:
    """By name. Raises PreconditionFailed for one that cannot be used: whoever installed it wants
    it to work."""
    return {point.name: _loaded(point) for point in entry_points(group=GROUP)}


def check(spec: RetrieverSpec, plugins: Mapping[str, RetrieverPlugin]) -> None:
    """Raises NotFound where a part is of no plug-in, InvalidRequest where it takes no such
    parameters."""
    if isinstance(spec, CustomSpec):
        _check_parameters(spec, _named(spec.name, plugins))
    for part in parts_of(spec):
        check(part, plugins)


def _named(name: str, plugins: Mapping[str, RetrieverPlugin]) -> RetrieverPlugin:
    try:
        return plugins[name]
    except KeyError:
        there = ", ".join(sorted(plugins)) or "none"
        raise NotFound(
            f"no plug-in brings a retriever of that name; there are: {there}",
            Reason.RETRIEVER_NOT_FOUND,
        ) from None


def _check_parameters(spec: CustomSpec, plugin: RetrieverPlugin) -> None:
    given = {name: _plain(value) for name, value in spec.parameters.items()}
    wrong = [
        Violation(f"custom({spec.name}).parameters{each.json_path[1:]}", each.message[:512])
        for each in Draft202012Validator(plugin.parameters).iter_errors(given)
    ]
    if wrong:
        raise InvalidRequest.of(*wrong)


def _plain(value: Value) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _loaded(point: EntryPoint) -> RetrieverPlugin:
    package = point.dist.name if point.dist else "an unknown package"
    try:
        plugin = point.load()
        assert isinstance(plugin, RetrieverPlugin), "it is no RetrieverPlugin"
        Draft202012Validator.check_schema(plugin.parameters)
    except SchemaError:
        raise _unusable(point.name, package, "its schema of parameters is none") from None
    except Exception as error:
        # Whatever a stranger's code does on import.
        raise _unusable(point.name, package, f"{type(error).__name__}: {error}") from error
    return plugin


def _unusable(name: str, package: str, why: str) -> PreconditionFailed:
    return PreconditionFailed(
        f"the retriever {name} of the plug-in {package} cannot be used: {why}; repair or "
        "uninstall it",
        Reason.NOT_READY,
    )
