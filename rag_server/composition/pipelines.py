"""The named pipelines: shipped ones, and those of the operator's own file."""

from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from google.protobuf.json_format import ParseDict, ParseError
from ragrpc.v1 import pipeline_pb2

from rag_server.core.errors import InvalidRequest
from rag_server.core.specs import PipelineSpec
from rag_server.settings import Settings, SettingsError
from rag_server.transport.convert.pipelines import pipeline_of
from rag_server.transport.validation import check, is_name

_SETTING = "retrieval.pipelines_file"


def named_pipelines(settings: Settings) -> Mapping[str, PipelineSpec]:
    """By name. Raises SettingsError where the operator's file is not what it should be, or the
    default pipeline is not among them."""
    shipped = _pipelines(files(__package__).joinpath("shipped.yaml").read_text("utf-8"))
    own = _own(settings.retrieval.pipelines_file)
    known = {**shipped, **own}
    default = settings.retrieval.default_pipeline
    if default not in known:
        there = ", ".join(sorted(known))
        raise SettingsError(
            f"setting retrieval.default_pipeline names {default!r}, which is not one of: {there}"
        )
    return known


def _own(path: Path | None) -> Mapping[str, PipelineSpec]:
    if path is None:
        return {}
    try:
        return _pipelines(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingsError(f"setting {_SETTING}: {path} cannot be read: {reason}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise SettingsError(f"setting {_SETTING}: {path} is not valid YAML{where}") from None
    except _Wrong as error:
        raise SettingsError(f"setting {_SETTING}: {path}: {error}") from None


class _Wrong(Exception):
    """What stands in a file is not a set of pipelines."""


def _pipelines(text: str) -> dict[str, PipelineSpec]:
    read = yaml.safe_load(text)
    match read:
        case {"pipelines": dict(entries)} if len(read) == 1:
            return {str(name): _pipeline(str(name), entry) for name, entry in entries.items()}
        case _:
            raise _Wrong("must hold `pipelines:` and nothing else at the top")


def _pipeline(name: str, entry: Any) -> PipelineSpec:
    if not is_name(name):
        raise _Wrong(f"{name!r} is not a name: 1 to 63 of a-z, 0-9, '-' and '_'")
    if not isinstance(entry, dict):
        raise _Wrong(f"pipeline {name}: must be a mapping with `retriever`")
    description = entry.get("description", "")
    if not isinstance(description, str):
        raise _Wrong(f"pipeline {name}: description must be text")
    spelled = {key: value for key, value in entry.items() if key != "description"}
    try:
        message = ParseDict(spelled, pipeline_pb2.PipelineSpec())
        check(message)
        spec = pipeline_of(message, name)
    except ParseError as error:
        raise _Wrong(f"pipeline {name}: {error}") from None
    except InvalidRequest as error:
        wrong = "; ".join(f"{each.field} {each.description}" for each in error.violations)
        raise _Wrong(f"pipeline {name}: {wrong}") from None
    return replace(spec, name=name, description=description)
