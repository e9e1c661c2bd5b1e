"""`ragrpc rerank`."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rag_client.cli import answers, output
from rag_client.cli.session import session_of
from rag_client.types import (
    CrossEncoderReranker,
    LlmReranker,
    MaxSimReranker,
    MmrReranker,
    Reranker,
    Text,
)


class RerankerName(StrEnum):
    """Who orders the texts."""

    MAX_SIM = "max_sim"
    MMR = "mmr"
    CROSS_ENCODER = "cross_encoder"
    LLM = "llm"


_RERANKERS: dict[RerankerName, Reranker] = {
    RerankerName.MAX_SIM: MaxSimReranker(),
    RerankerName.MMR: MmrReranker(),
    RerankerName.CROSS_ENCODER: CrossEncoderReranker(),
    RerankerName.LLM: LlmReranker(),
}


def rerank(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="The question.", metavar="QUESTION")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            exists=True,
            dir_okay=False,
            metavar="[FILE]...",
            help="A text each, in UTF-8. Without any, each line of the standard input is one.",
        ),
    ] = None,
    top_k: Annotated[
        int | None, typer.Option("--top-k", "-k", min=1, help="Most texts. Default: all.")
    ] = None,
    reranker: Annotated[
        RerankerName | None, typer.Option(help="Who orders them. Default: the server's choice.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Show whole texts.")] = False,
) -> None:
    """Puts texts of your own in order by how well they fit a question.

    Example: ragrpc rerank "How many vacation days do I get?" notes/*.txt -k 3
    """
    texts = _read(files or [])
    if not texts:
        raise typer.BadParameter("there is no text", param_hint="FILE")
    session = session_of(context)
    with session.client() as rag:
        ranking = rag.rerank(
            question, texts, top_k=top_k, reranker=_RERANKERS[reranker] if reranker else None
        )
    if session.json:
        output.json_line(ranking)
    else:
        answers.show_ranking(ranking, texts, full=full)


def _read(files: Sequence[Path]) -> list[Text]:
    """Of files, named by their paths, or of lines, named by their numbers from 1."""
    if files:
        return [Text(str(each), _text(each)) for each in files]
    lines = enumerate(sys.stdin.read().splitlines(), start=1)
    return [Text(str(number), each) for number, each in lines if each.strip()]


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise typer.BadParameter(f"{file}: {why}", param_hint="FILE") from None
