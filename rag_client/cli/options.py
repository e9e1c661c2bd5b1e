"""Options that several commands share."""

from typing import Annotated

import typer

CollectionName = Annotated[
    str, typer.Option("--collection", "-c", help="Name of the collection.", metavar="NAME")
]
Filters = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        "-f",
        metavar="CONDITION",
        help="Only documents whose metadata pass, e.g. 'year>=2025', 'team in hr,legal', "
        "'tags contains draft', 'owner exists'. May be repeated: all must pass.",
    ),
]
TopK = Annotated[
    int | None, typer.Option("--top-k", "-k", min=1, help="Most hits. Default: the server's, 10.")
]
Pipeline = Annotated[
    str | None,
    typer.Option("--pipeline", "-p", metavar="NAME", help="Pipeline; `ragrpc status` lists them."),
]
MinScore = Annotated[
    float | None,
    typer.Option("--min-score", help="Drop hits whose cosine is lower, -1 to 1; no --pipeline."),
]
Fresh = Annotated[
    str | None,
    typer.Option("--fresh", metavar="TOKEN", help="See the write that returned this token."),
]
Explain = Annotated[bool, typer.Option("--explain", help="Show how candidates were found.")]
