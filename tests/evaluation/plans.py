"""The pipelines that are measured: what the server lists, what the default is made of, and
what the caller spells out."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from google.protobuf.json_format import ParseDict, ParseError
from ragrpc.v1 import admin_service_pb2, pipeline_pb2
from ragrpc.v1 import rag_service_pb2 as pb


class InvalidPlans(Exception):
    """A file of pipelines that cannot be used; says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A pipeline by the name under which its figures go; `spec` None: the server knows it by
    that name. `part` marks one that the default is made of."""

    name: str
    description: str = ""
    spec: pipeline_pb2.PipelineSpec | None = None
    part: bool = False

    def request(self, collection: str, query: str, top_k: int) -> pb.RetrieveRequest:
        """A question to this pipeline."""
        request = pb.RetrieveRequest(collection=collection, query=query, top_k=top_k)
        if self.spec is None:
            request.pipeline = self.name
        else:
            request.spec.CopyFrom(self.spec)
        return request


def listed(info: admin_service_pb2.GetServerInfoResponse) -> list[Plan]:
    """What a server lists, the default first."""
    ordered = sorted(info.pipelines, key=lambda each: not each.default)
    return [Plan(each.name, each.description) for each in ordered]


def parts(info: admin_service_pb2.GetServerInfoResponse) -> Iterator[Plan]:
    """What the default is made of, each as a pipeline of its own under its strategy's name;
    nothing where it is of one piece."""
    for pipeline in info.pipelines:
        if pipeline.default:
            for each in pipeline.spec.retriever.hybrid.parts:
                spec = pipeline_pb2.PipelineSpec(retriever=each.retriever)
                name = each.retriever.WhichOneof("strategy") or "part"
                yield Plan(name, f"A part of {pipeline.name}.", spec, part=True)


def spelled_out(path: Path) -> list[Plan]:
    """The pipelines of a file in the form of `retrieval.pipelines_file`, as YAML or JSON.
    Raises InvalidPlans."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidPlans(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, ValueError):
        raise InvalidPlans(f"{path} is neither YAML nor JSON") from None
    named = content.get("pipelines") if isinstance(content, dict) else None
    if not isinstance(named, dict) or not named:
        raise InvalidPlans(f"{path} must have names and their pipelines under `pipelines`")
    return [_plan(str(name), written) for name, written in named.items()]


def _plan(name: str, written: object) -> Plan:
    if not isinstance(written, dict):
        raise InvalidPlans(f"pipeline {name} must be a mapping, as in retriever: {{dense: {{}}}}")
    shape = {key: value for key, value in written.items() if key != "description"}
    try:
        spec = ParseDict(shape, pipeline_pb2.PipelineSpec())
    except ParseError as error:
        raise InvalidPlans(f"pipeline {name}: {error}") from None
    return Plan(name, str(written.get("description", json.dumps(shape))), spec)


def without_doubles(plans: Sequence[Plan]) -> Iterator[Plan]:
    """All of them; a later one that has the name of an earlier one gets a number."""
    taken: set[str] = set()
    for plan in plans:
        name, number = plan.name, 1
        while name in taken:
            number += 1
            name = f"{plan.name}-{number}"
        taken.add(name)
        # Only one that is spelled out can go under another name than the server's.
        yield plan if name == plan.name else Plan(name, plan.description, plan.spec, plan.part)
