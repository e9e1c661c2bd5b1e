"""`ragrpc retrieve` and `ragrpc query`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rag_client.cli import answers, conditions, encoding, output
from rag_client.cli.options import (
    CollectionName,
    Explain,
    Filters,
    Fresh,
    MinScore,
    Pipeline,
    TopK,
)
from rag_client.cli.session import session_of
from rag_client.streams import AnswerStream
from rag_client.types import (
    Answer,
    DenseRetriever,
    ExtractiveGenerator,
    Generator,
    Modality,
    MultimodalRetriever,
    OpenAiGenerator,
    PipelineSpec,
    SelfQueryRetriever,
    WeightedField,
)

Question = Annotated[str, typer.Argument(help="The question.", metavar="QUESTION")]


class GeneratorName(StrEnum):
    """Who writes the answer."""

    EXTRACTIVE = "extractive"
    OPENAI = "openai"


_GENERATORS: dict[GeneratorName, Generator] = {
    GeneratorName.EXTRACTIVE: ExtractiveGenerator(),
    GeneratorName.OPENAI: OpenAiGenerator(),
}


# What --image asks for by itself.
_SEEN = PipelineSpec(
    MultimodalRetriever([WeightedField(Modality.TEXT), WeightedField(Modality.IMAGE)])
)


def retrieve(
    context: typer.Context,
    collection: CollectionName,
    question: Annotated[
        str, typer.Argument(help="The question; may be left out with --image.", metavar="QUESTION")
    ] = "",
    filter: Filters = None,
    top_k: TopK = None,
    pipeline: Pipeline = None,
    min_score: MinScore = None,
    fresh: Fresh = None,
    explain: Explain = False,
    self_query: Annotated[
        bool, typer.Option("--self-query", help="Turn what it says on metadata into filters.")
    ] = False,
    image: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Find what looks like this image, and fits the question; without --pipeline by "
            "text and image alike.",
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Show the whole text of a hit.")] = False,
) -> None:
    """Finds the passages that fit a question best.

    Example: ragrpc retrieve -c handbook "vacation days" -f 'year>=2025' -k 3

    Example: ragrpc retrieve -c handbook "policies of last year on travel" --self-query --explain

    Example: ragrpc retrieve -c photos --image barn.jpg
    """
    if pipeline is None and image is not None:
        if min_score is not None or self_query:
            raise typer.BadParameter("cannot be had with --min-score or --self-query")
        spec: PipelineSpec | None = _SEEN
    else:
        spec = _spec(min_score, self_query=self_query)
    session = session_of(context)
    with session.client() as rag:
        found = rag.retrieve(
            collection,
            question,
            top_k=top_k,
            filter=conditions.all_of(filter or []),
            pipeline=pipeline,
            spec=spec,
            at_least_as_fresh=fresh,
            explain=explain,
            image=image,
        )
    if session.json:
        output.json_line(found)
    else:
        answers.show_retrieval(found, full=full)


def query(
    context: typer.Context,
    question: Question,
    collection: CollectionName,
    filter: Filters = None,
    top_k: TopK = None,
    pipeline: Pipeline = None,
    min_score: MinScore = None,
    fresh: Fresh = None,
    explain: Explain = False,
    generator: Annotated[
        GeneratorName | None, typer.Option(help="Who writes. Default: the server's choice.")
    ] = None,
    stream: Annotated[
        bool, typer.Option("--stream/--no-stream", help="Show the answer as it comes.")
    ] = True,
) -> None:
    """Answers a question from a collection, with citations.

    Example: ragrpc query -c handbook "How many vacation days do I get?"
    """
    session = session_of(context)
    with session.client() as rag:
        ask = rag.stream_query if stream else rag.query
        answer = ask(
            collection,
            question,
            top_k=top_k,
            filter=conditions.all_of(filter or []),
            pipeline=pipeline,
            spec=_spec(min_score),
            generator=_GENERATORS[generator] if generator else None,
            at_least_as_fresh=fresh,
            explain=explain,
        )
        _print(answer, as_json=session.json)


def _print(answer: Answer | AnswerStream, *, as_json: bool) -> None:
    match answer:
        case AnswerStream() if as_json:
            for event in answer:
                output.json_line(encoding.event(event))
        case AnswerStream():
            answers.stream_answer(answer)
        case Answer() if as_json:
            output.json_line(answer)
        case Answer():
            answers.show_answer(answer)


def _spec(min_score: float | None, *, self_query: bool = False) -> PipelineSpec | None:
    base = None if min_score is None else DenseRetriever(min_score)
    if self_query:
        return PipelineSpec(SelfQueryRetriever(base))
    return None if base is None else PipelineSpec(base)
