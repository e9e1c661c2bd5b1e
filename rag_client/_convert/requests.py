"""From the client's values to request messages."""

from collections.abc import Callable
from functools import wraps
from os import PathLike
from pathlib import Path
from typing import ParamSpec, TypeVar, assert_never

from ragrpc.v1 import document_service_pb2, rag_service_pb2, retrieval_pb2

from rag_client._convert.metadata import filter_message, metadata_messages
from rag_client._convert.pipelines import pipeline_message
from rag_client.errors import InvalidArgument
from rag_client.types import (
    ContentType,
    Document,
    ExtractiveGenerator,
    Generator,
    Modality,
    OpenAiGenerator,
    RetrieveRequest,
)

Params = ParamSpec("Params")
Built = TypeVar("Built")


def encodable(build: Callable[Params, Built]) -> Callable[Params, Built]:
    """`build`, raising InvalidArgument for what protobuf cannot encode (lone surrogates,
    integers out of range). Its own words would quote the text, so they are not passed on."""

    @wraps(build)
    def guarded(*args: Params.args, **kwargs: Params.kwargs) -> Built:
        try:
            return build(*args, **kwargs)
        except UnicodeEncodeError:
            raise InvalidArgument.of("request", "a text in it is not valid Unicode") from None
        except ValueError:
            raise InvalidArgument.of("request", "a number in it is out of range") from None

    return guarded


@encodable
def document(document: Document, field: str) -> document_service_pb2.Document:
    """A document to store; `field` is its path for errors, such as `documents[3]`."""
    _check_source(document, f"{field}.")
    return document_service_pb2.Document(
        id=document.id,
        content=document.text if document.data is None else None,
        data=document.data,
        content_type=_content_type(document, field),
        title=document.title,
        metadata=metadata_messages(f"{field}.metadata", document.metadata),
    )


@encodable
def ingest_header(
    document: Document, number: int
) -> tuple[document_service_pb2.IngestHeader, bytes]:
    """A document as an item of a stream, and its content."""
    _check_source(document, "")
    content = document.text.encode() if document.data is None else document.data
    header = document_service_pb2.IngestHeader(
        item_id=number,
        document_id=document.id,
        content_type=_content_type(document, "document"),
        title=document.title,
        metadata=metadata_messages("metadata", document.metadata),
        size_bytes=len(content),
    )
    return header, content


def _check_source(document: Document, prefix: str) -> None:
    if document.data is not None and document.text:
        raise InvalidArgument.of(f"{prefix}data", "give text or data, not both")


def _content_type(document: Document, field: str) -> str:
    try:
        return f"CONTENT_TYPE_{ContentType(document.content_type).name}"
    except ValueError:
        known = ", ".join(ContentType)
        raise InvalidArgument.of(f"{field}.content_type", f"must be one of {known}") from None


def modality(field: Modality | str) -> str:
    """The label of a vector field. Raises InvalidArgument for what is none."""
    try:
        return f"MODALITY_{Modality(field).name}"
    except ValueError:
        known = ", ".join(Modality)
        raise InvalidArgument.of("fields", f"must be of {known}") from None


def consistency(at_least_as_fresh: str | None) -> retrieval_pb2.Consistency | None:
    """How fresh a read must be; None and "" ask for nothing."""
    if not at_least_as_fresh:
        return None
    return retrieval_pb2.Consistency(at_least_as_fresh=at_least_as_fresh)


def retrieve(request: RetrieveRequest) -> rag_service_pb2.RetrieveRequest:
    """One question; InvalidArgument where it names a pipeline and a spec."""
    if request.pipeline is not None and request.spec is not None:
        raise InvalidArgument.of("pipeline", "give a pipeline or a spec, not both")
    return rag_service_pb2.RetrieveRequest(
        collection=request.collection,
        query=request.query,
        top_k=request.top_k,
        filter=filter_message(request.filter) if request.filter is not None else None,
        pipeline=request.pipeline,
        spec=pipeline_message(request.spec) if request.spec is not None else None,
        consistency=consistency(request.at_least_as_fresh),
        explain=request.explain,
        image=_image(request.image),
    )


def _image(image: bytes | str | PathLike[str] | None) -> bytes | None:
    if image is None or isinstance(image, bytes):
        return image
    try:
        return Path(image).read_bytes()
    except OSError as error:
        message = f"the image cannot be read: {error.strerror}"
        raise InvalidArgument(message, reason="UNREADABLE_FILE") from None


def query(request: RetrieveRequest, generator: Generator | None) -> rag_service_pb2.QueryRequest:
    """A question to answer."""
    return rag_service_pb2.QueryRequest(
        retrieval=retrieve(request),
        generator=_generator(generator) if generator is not None else None,
    )


def _generator(generator: Generator) -> rag_service_pb2.Generator:
    match generator:
        case ExtractiveGenerator(max_sentences):
            extractive = rag_service_pb2.ExtractiveGenerator(max_sentences=max_sentences)
            return rag_service_pb2.Generator(extractive=extractive)
        case OpenAiGenerator(tokens, temperature):
            openai = rag_service_pb2.OpenAiGenerator(
                max_output_tokens=tokens, temperature=temperature
            )
            return rag_service_pb2.Generator(openai=openai)
        case _:
            assert_never(generator)
