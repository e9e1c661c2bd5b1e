"""What docs/contract.md says of the wire is so."""

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict, Parse
from google.protobuf.message_factory import GetMessageClass

from rag_server.core.filters import Comparison, Operator, matches
from rag_server.core.values import Value
from rag_server.transport.contract import SERVICES
from tests.docs.pages import ROOT, Page
from tests.serving import ServerProcess

CONTRACT = Page(ROOT / "docs" / "contract.md")
_REASON = re.compile(r"// ([A-Z_]+): (?:(?!= \d).)*?ERROR_REASON_(\w+) = \d", re.DOTALL)


def rows(first: str) -> list[list[str]]:
    """Cells of the table whose first heading is `first`, without its head."""
    table = CONTRACT.text.split(f"\n| {first} |", 1)[1].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


@pytest.fixture
def channel(server: ServerProcess) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.address) as opened:
        yield opened


def answered(channel: grpc.Channel, path: str, body: str) -> list[dict[str, object]]:
    """Messages that answer a call whose request is given as JSON."""
    service, name = path.split("/")
    method = SERVICES[service].methods_by_name[name]
    request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    start = channel.unary_stream if method.server_streaming else channel.unary_unary
    call: Any = start(
        f"/{path}",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )
    reply = call(Parse(body, request()), timeout=60)
    return [MessageToDict(each) for each in (reply if method.server_streaming else [reply])]


def test_the_example_calls_work_in_order(channel: grpc.Channel) -> None:
    seen = {}
    for command in CONTRACT.commands("grpcurl"):
        words = shlex.split(command)
        if "-d" not in words:
            continue
        path = words[-1]
        seen[path.split("/")[1]] = answered(channel, path, words[words.index("-d") + 1])
    assert set(seen) == {
        "GetServerInfo", "CreateCollection", "UpsertDocuments", "Retrieve", "StreamQuery",
    }  # fmt: skip
    assert json.dumps(seen["Retrieve"]).count('"documentId": "vacation"') == 1
    events = [next(iter(each.keys() - {"sequence"})) for each in seen["StreamQuery"]]
    assert events == ["started", "hits", "delta", "citation", "completed"]


def test_described_symbols_and_listed_methods_are_those_of_the_contract() -> None:
    described = [each.split()[-1] for each in CONTRACT.commands("grpcurl") if "describe" in each]
    assert described == ["ragrpc.v1.RagService"]
    listed = {cells[0].strip("`"): cells[1].split(", ") for cells in rows("service")}
    for service in SERVICES.values():
        assert listed[service.name] == [method.name for method in service.methods]


def test_every_reason_stands_under_its_code() -> None:
    contract = (ROOT / "protos" / "ragrpc" / "v1" / "error.proto").read_text()
    expected = {reason: code for code, reason in _REASON.findall(contract)}
    assert {cells[0].strip("`"): cells[1] for cells in rows("reason")} == expected


def test_the_truth_table_is_that_of_the_reference() -> None:
    head = CONTRACT.text.split("\n| comparison |", 1)[1].splitlines()[0]
    fields = [value(cell.strip(" `")) for cell in head.strip("|").split("|")]
    for cells in rows("comparison"):
        operator, operand = re.fullmatch(r"(\w+) `(.+)`", cells[0]).groups()  # type: ignore[union-attr]  # each row has both
        comparison = Comparison("x", Operator(operator), value(operand) or False)
        found = [matches(comparison, {} if field is None else {"x": field}) for field in fields]
        assert ["yes" if each else "no" for each in found] == cells[1:], cells[0]


def value(text: str) -> Value | None:
    """A value as the table writes it; None for a missing field."""
    if text == "missing":
        return None
    found = json.loads(text)
    return tuple(found) if isinstance(found, list) else found
