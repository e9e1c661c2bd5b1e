"""Reading settings: the command line over the environment over `.env` over YAML over defaults."""

import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from rag_server.settings.model import Settings
from rag_server.settings.problem import SettingsError
from rag_server.settings.reference import PREFIX, Entry, entries

DOTENV = Path(".env")


def load_settings(config: Path | None, overrides: Mapping[str, object] = {}) -> Settings:
    """The settings from all sources.

    `config` is a YAML file of sections. `overrides` come from the command line, by
    path ("server.port"); a None is not given. Raises SettingsError.
    """
    given = {path: value for path, value in overrides.items() if value is not None}
    document = _read_yaml(config)
    known = {entry.path: entry for entry in entries()}
    _refuse_unknown_variables(known.values())
    try:
        return Settings(**_merged(_nested(given), *_variables(), document))
    except ValidationError as error:
        # Unchained: pydantic's own text spans lines.
        raise SettingsError(_line(error, known, given, document, config)) from None


class _DotEnv(DotEnvSettingsSource):
    """`.env` without the variables that other programs keep there."""

    def __call__(self) -> dict[str, Any]:
        fields = self.settings_cls.model_fields
        return {name: value for name, value in super().__call__().items() if name in fields}


def _variables() -> tuple[dict[str, Any], dict[str, Any]]:
    return EnvSettingsSource(Settings)(), _DotEnv(Settings)()


def _merged(*sources: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of all sources, the first source over the later ones."""
    merged: dict[str, Any] = {}
    for source in reversed(sources):
        for section, content in source.items():
            below = merged.get(section)
            if isinstance(below, dict) and isinstance(content, dict):
                content = below | content
            merged[section] = content
    return merged


def _read_yaml(config: Path | None) -> dict[str, Any]:
    if config is None:
        return {}
    try:
        document = yaml.safe_load(config.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"the configuration file {config} cannot be read") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        raise SettingsError(f"the configuration file {config} is not valid YAML{line}") from None
    return _sections(document, config)


def _sections(document: object, config: Path) -> dict[str, Any]:
    if document is None:
        return {}
    if not isinstance(document, dict) or not all(isinstance(name, str) for name in document):
        raise SettingsError(f"the configuration file {config} must be a mapping of sections")
    for name in sorted(document.keys() - Settings.model_fields.keys()):
        hint = _suggestion(name, Settings.model_fields)
        raise SettingsError(f"unknown setting {name} from {config}{hint}")
    # A section whose lines are all commented out sets nothing.
    return {name: content for name, content in document.items() if content is not None}


def _refuse_unknown_variables(known: Iterable[Entry]) -> None:
    names = {entry.variable for entry in known}
    for origin, variables in (("the environment", os.environ), (str(DOTENV), _dotenv())):
        for variable in sorted(variables):
            name = variable.upper()
            if _is_setting(name) and name not in names:
                raise SettingsError(
                    f"unknown setting {variable} from {origin}{_suggestion(name, names)}"
                )


def _is_setting(name: str) -> bool:
    """Whether a variable means this server. The prefix alone says little: Kubernetes sets
    RAGRPC_PORT and more beside a Service named ragrpc, and the client has its own."""
    below = name.removeprefix(PREFIX)
    return below != name and ("__" in below or below.lower() in Settings.model_fields)


def _dotenv() -> dict[str, str | None]:
    return dotenv_values(DOTENV) if DOTENV.is_file() else {}


def _suggestion(name: str, names: Iterable[str]) -> str:
    near = get_close_matches(name, list(names), n=1)
    return f"; did you mean {near[0]}?" if near else "; docs/settings.md lists what there is"


def _nested(flat: Mapping[str, object]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for path, value in flat.items():
        section, _, name = path.partition(".")
        nested.setdefault(section, {})[name] = value
    return nested


def _line(
    error: ValidationError,
    known: Mapping[str, Entry],
    given: Mapping[str, object],
    document: Mapping[str, Any],
    config: Path | None,
) -> str:
    problems = error.errors(include_url=False, include_input=False)
    first = problems[0]
    path = first.get("ctx", {}).get("setting") or ".".join(str(part) for part in first["loc"][:2])
    origin = _origin(path, given, document, config)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    if first["type"] == "extra_forbidden":
        return f"unknown setting {path} from {origin}{_suggestion(path, known)}{more}"
    return f"setting {path} from {origin} {_rule(first, known.get(path))}{more}"


def _rule(problem: ErrorDetails, entry: Entry | None) -> str:
    if problem["type"] == "rule":
        return problem["msg"]
    return f"must be {entry.allowed}" if entry else "must be a mapping of settings"


def _origin(
    path: str, given: Mapping[str, object], document: Mapping[str, Any], config: Path | None
) -> str:
    if path in given:
        return "the command line"
    variable = PREFIX + path.replace(".", "__").upper()
    for origin, variables in (("the environment", os.environ), (str(DOTENV), _dotenv())):
        if any(name.upper() == variable and value for name, value in variables.items()):
            return f"{origin} ({variable})"
    section, _, name = path.partition(".")
    content = document.get(section)
    written = name in content if isinstance(content, dict) and name else section in document
    return str(config) if written else "the defaults"
