import time

import pytest

from rag_server.core.call import Call, Deadline
from rag_server.core.errors import DeadlineExceeded
from rag_server.core.principal import ANONYMOUS
from rag_server.core.retrieval import DegradationKind


def a_call(seconds: float = 60.0) -> Call:
    return Call(ANONYMOUS, Deadline(seconds))


def test_a_deadline_counts_down_and_is_never_negative() -> None:
    deadline = Deadline(60.0)
    assert 0 < deadline.remaining() <= 60.0
    assert Deadline(-1.0).remaining() == 0.0


def test_a_stage_after_the_deadline_is_refused_by_name() -> None:
    with pytest.raises(DeadlineExceeded) as caught, a_call(0.0).stage("embed"):
        pass
    assert caught.value.metadata == {"stage": "embed"}


def test_a_cancelled_deadline_fails_the_next_check() -> None:
    call = a_call()
    call.deadline.cancel()
    with pytest.raises(DeadlineExceeded):
        call.deadline.check("search")


def test_a_stage_within_a_stage_counts_for_itself_only() -> None:
    call = a_call()
    with call.stage("search"), call.stage("embed"):
        time.sleep(0.02)
    timings = {each.stage: each.milliseconds for each in call.timings()}
    assert timings["embed"] >= 20
    assert timings["search"] < timings["embed"]


def test_times_of_parallel_parts_add_up() -> None:
    call, part = a_call(), a_call()
    call.spent("embed", 0.001)
    part.spent("embed", 0.002)
    call.absorb(part)
    assert [each.milliseconds for each in call.timings()] == [pytest.approx(3.0)]


def test_a_degradation_is_kept_for_the_response() -> None:
    call = a_call()
    call.degrade(DegradationKind.INDEX_AWAY, "search", "away")
    assert [each.kind for each in call.degradations] == [DegradationKind.INDEX_AWAY]


def test_what_waits_hears_of_a_cancelled_deadline_even_afterwards() -> None:
    deadline = Deadline(60.0)
    heard: list[str] = []
    deadline.on_cancel(lambda: heard.append("first"))
    assert heard == []
    deadline.cancel()
    deadline.on_cancel(lambda: heard.append("second"))
    assert heard == ["first", "second"]
