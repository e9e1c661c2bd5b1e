import pytest
from ragrpc.v1 import rag_service_pb2, retrieval_pb2

from rag_client import (
    AlreadyExists,
    Answer,
    DeadlineExceeded,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    RagError,
    ResourceExhausted,
    Span,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)
from rag_client._convert import answers as convert
from rag_client.cli import answers
from rag_client.cli.report import report
from rag_client.cli.session import Session

PLAIN = Session("there:1", None, None, None, None, False, None, json=False)


def answered(**fields: object) -> Answer:
    return convert.answer(rag_service_pb2.QueryResponse(**fields))  # type: ignore[arg-type]  # any fields


@pytest.mark.parametrize(
    ("error", "words", "code"),
    [
        (Unavailable("failed to connect"), "cannot reach a server at there:1", 1),
        (Unavailable("draining", reason="NOT_READY"), "draining; try again", 1),
        (Unauthenticated("no key"), "RAGRPC_API_KEY", 1),
        (PermissionDenied("writer needed"), "use a key that has the role", 1),
        (NotFound("gone", reason="COLLECTION_NOT_FOUND"), "ragrpc collections list", 1),
        (NotFound("gone", reason="DOCUMENT_NOT_FOUND"), "ragrpc documents list", 1),
        (NotFound("gone", reason="PIPELINE_NOT_FOUND"), "ragrpc status", 1),
        (AlreadyExists("taken"), "choose another name", 1),
        (DeadlineExceeded("slow"), "--timeout", 1),
        (ResourceExhausted("busy", reason="OVERLOADED"), "try again", 1),
        (ResourceExhausted("big", reason="MESSAGE_TOO_LARGE"), "send less", 1),
        (FailedPrecondition("none", reason="GENERATOR_NOT_CONFIGURED"), "--generator", 1),
        (Unimplemented("what"), "older than this client", 1),
        (Internal("defect", request_id="id-7"), "[request id-7]", 1),
        (RagError("odd\nthing"), "ragrpc: odd thing", 1),
        (InvalidArgument.of("top_k", "too large"), "top_k: too large", 2),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(
    error: RagError, words: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(error, PLAIN) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert words in captured.err


def test_an_abstention_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    answers.show_answer(answered(abstain_reasons=[rag_service_pb2.ABSTAIN_REASON_NO_SUPPORT]))
    assert "No answer: nothing that was found supports one." in capsys.readouterr().out


def test_unsupported_parts_and_degradations_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    degradation = retrieval_pb2.Degradation(
        kind=retrieval_pb2.Degradation.KIND_INDEX_AWAY, stage="search", detail="scanned"
    )
    span = retrieval_pb2.Span(start=0, end=5)
    answers.show_answer(
        answered(answer="Maybe so.", unsupported_spans=[span], degradations=[degradation])
    )
    shown = capsys.readouterr().out
    assert "unsupported: 'Maybe'" in shown
    assert "degraded (index_away, search): scanned" in shown


def test_spans_are_of_bytes() -> None:
    assert Span(0, 5).of("café!") == "café"
