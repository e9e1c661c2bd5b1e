"""`ragrpc status`."""

import typer

from rag_client.cli import output
from rag_client.cli.report import FAILURE
from rag_client.cli.session import session_of
from rag_client.types import Breaker, ComponentStatus, Health, ServerInfo


def status(context: typer.Context) -> None:
    """Shows whether the server is ready, and what it is and allows.

    Ends with exit code 1 where the server is not ready.

    Example: ragrpc --address rag.internal:50051 --tls-ca ca.pem status
    """
    session = session_of(context)
    with session.client() as rag:
        health, info = rag.health(), rag.server_info()
    if session.json:
        output.json_line({"address": session.address, "health": health, "server": info})
    else:
        _show(session.address, health, info)
    if health is not Health.SERVING:
        raise typer.Exit(FAILURE)


def _state(part: ComponentStatus) -> str:
    breaker = "" if part.breaker is Breaker.NONE else f"circuit breaker {part.breaker}"
    return ", ".join(each for each in (part.state, part.detail, breaker) if each)


def _show(address: str, health: Health, info: ServerInfo) -> None:
    caller, limits = info.caller, info.limits
    embedder = f"{info.embedder.name}, {info.embedder.dimension} dimensions"
    rows = [
        ("server", f"{address}, version {info.version}"),
        ("health", health),
        ("up", info.uptime),
        ("tenant", f"{caller.tenant} ({', '.join(caller.roles)})"),
        ("embedder", f"{embedder}, {info.embedder.max_tokens} tokens"),
        ("generators", ", ".join(info.generators)),
        *((f"pipeline {each.name}", each.description) for each in info.pipelines),
        *((f"part {each.name}", _state(each)) for each in info.components),
        ("largest document", f"{limits.max_document_bytes:,} bytes"),
        ("largest file", f"{limits.max_data_bytes:,} bytes"),
        ("largest top_k", f"{limits.max_top_k:,}"),
        ("longest deadline", f"{limits.max_deadline.total_seconds():g} s"),
    ]
    output.table(("what", "value"), rows)
