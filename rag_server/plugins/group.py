"""Plug-ins of one kind, which an entry point group names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, Protocol, TypeVar

from jsonschema import Draft202012Validator, SchemaError

from rag_server.core.errors import (
    InvalidRequest,
    NotFound,
    PreconditionFailed,
    Reason,
    Violation,
)
from rag_server.core.values import Metadata, Value


class Plugin(Protocol):
    """What every plug-in says of itself; `parameters` is the JSON schema (draft 2020-12) of an
    object."""

    @property
    def description(self) -> str:
        """What it does, in one sentence."""
        ...

    @property
    def parameters(self) -> Mapping[str, Any]:
        """A JSON schema of draft 2020-12."""
        ...


Kind = TypeVar("Kind", bound=Plugin)


@dataclass(frozen=True, slots=True)
class PluginGroup(Generic[Kind]):
    """Entry points of the group `name`, each of which names a `kind`; `strategy` is what that
    brings, in a word, `missing` the reason where there is none of a name."""

    name: str
    kind: type[Kind]
    strategy: str
    missing: Reason

    def installed(self) -> Mapping[str, Kind]:
        """By name. Raises PreconditionFailed for one that cannot be used: whoever installed it
        wants it to work."""
        return {point.name: self._loaded(point) for point in entry_points(group=self.name)}

    def check(self, name: str, parameters: Metadata, plugins: Mapping[str, Kind]) -> None:
        """Raises NotFound where none of `plugins` has the name, InvalidRequest where it takes no
        such parameters."""
        schema = self._named(name, plugins).parameters
        given = {field: _plain(value) for field, value in parameters.items()}
        wrong = [
            Violation(f"custom({name}).parameters{each.json_path[1:]}", each.message[:512])
            for each in Draft202012Validator(schema).iter_errors(given)
        ]
        if wrong:
            raise InvalidRequest.of(*wrong)

    def _named(self, name: str, plugins: Mapping[str, Kind]) -> Kind:
        try:
            return plugins[name]
        except KeyError:
            there = ", ".join(sorted(plugins)) or "none"
            raise NotFound(
                f"no plug-in brings a {self.strategy} of that name; there are: {there}",
                self.missing,
            ) from None

    def _loaded(self, point: EntryPoint) -> Kind:
        package = point.dist.name if point.dist else "an unknown package"
        try:
            plugin = point.load()
            assert isinstance(plugin, self.kind), f"it is no {self.kind.__name__}"
            Draft202012Validator.check_schema(plugin.parameters)
        except SchemaError:
            raise self._unusable(point, package, "its schema of parameters is none") from None
        except Exception as error:
            # Whatever a stranger's code does on import.
            why = f"{type(error).__name__}: {error}"
            raise self._unusable(point, package, why) from error
        return plugin

    def _unusable(self, point: EntryPoint, package: str, why: str) -> PreconditionFailed:
        return PreconditionFailed(
            f"the {self.strategy} {point.name} of the plug-in {package} cannot be used: {why}; "
            "repair or uninstall it",
            Reason.NOT_READY,
        )


def _plain(value: Value) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value
