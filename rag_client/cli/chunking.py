"""Options that say how a collection is chunked."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, Literal

import typer

from rag_client.errors import InvalidArgument
from rag_client.types.chunking import STRATEGIES, Chunking, strategy_of

Strategy = Annotated[
    Literal["recursive", "sentence", "markdown", "code", "hierarchical"] | None,
    typer.Option("--chunking", help="How its documents are cut. Default: the server's."),
]
MaxTokens = Annotated[
    int | None, typer.Option("--max-tokens", help="Longest chunk, 16 to 8192; with --chunking.")
]
Overlap = Annotated[
    int | None,
    typer.Option("--overlap", help="Sentences that neighbours share, 0 to 10; sentence only."),
]
Language = Annotated[
    str | None,
    typer.Option("--language", help="Language of all documents, e.g. python; code only."),
]
ParentTokens = Annotated[
    int | None, typer.Option("--parent-tokens", help="Longest parent; hierarchical only.")
]


def chunking_of(strategy: str | None, options: Mapping[str, Any]) -> Chunking | None:
    """What the options ask for; None where they name no strategy. Raises InvalidArgument for an
    option that the strategy does not have."""
    given = {name: value for name, value in options.items() if value is not None}
    kind = STRATEGIES[strategy] if strategy else None
    known = {field.name for field in fields(kind)} if kind else set()
    for name in given:
        if name not in known:
            option = f"--{name.replace('_', '-')}"
            needed = " or ".join(each for each, made in STRATEGIES.items() if _has(made, name))
            raise InvalidArgument.of(option, f"needs --chunking {needed}")
    return kind(**given) if kind else None


def _has(kind: type[Chunking], option: str) -> bool:
    return any(field.name == option for field in fields(kind))


def described(chunking: Chunking | None) -> str:
    """For a person: the strategy with its options."""
    if chunking is None:
        return "unknown to this client"
    options = ((field.name, getattr(chunking, field.name)) for field in fields(chunking))
    said = (f"{name.replace('_', ' ')} {value}" for name, value in options if value is not None)
    return ", ".join((strategy_of(chunking), *said))
