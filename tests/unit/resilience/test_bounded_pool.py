import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from contextvars import ContextVar

import pytest

from rag_server.core.call import Deadline
from rag_server.core.errors import DeadlineExceeded, Exhausted, Reason, Unavailable
from rag_server.resilience.pool import BoundedPool

LONG = 60.0


@pytest.fixture
async def pool() -> AsyncIterator[BoundedPool]:
    pool = BoundedPool("read", threads=1, queue=1)
    yield pool
    await asyncio.to_thread(pool.close, wait=True)


class Gate:
    """Work that begins, tells so, and goes on when it is let."""

    def __init__(self) -> None:
        self._begun = threading.Event()
        self._open = threading.Event()

    def __call__(self) -> str:
        self._begun.set()
        assert self._open.wait(LONG)
        return "through"

    async def begun(self) -> None:
        assert await asyncio.to_thread(self._begun.wait, LONG)

    @property
    def has_begun(self) -> bool:
        return self._begun.is_set()

    def open(self) -> None:
        self._open.set()


@pytest.fixture
async def gate(pool: BoundedPool) -> AsyncIterator[Gate]:
    # Needs the pool, so that it opens before the pool waits for its threads.
    gate = Gate()
    yield gate
    gate.open()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONG):
        while not condition():  # noqa: ASYNC110 - threads change it and set no asyncio.Event
            await asyncio.sleep(0)


def start(pool: BoundedPool, work: Callable[[], str], seconds: float = LONG) -> asyncio.Task[str]:
    return asyncio.create_task(pool.run(work, Deadline(seconds)))


async def test_work_runs_in_a_thread_of_the_pool_and_its_result_comes_back(
    pool: BoundedPool,
) -> None:
    name = await pool.run(lambda: threading.current_thread().name, Deadline(LONG))
    assert name.startswith("ragrpc-read")


@pytest.mark.parametrize("error", [KeyError("k"), StopIteration(), SystemExit(3)])
async def test_what_the_work_raises_comes_back(pool: BoundedPool, error: BaseException) -> None:
    def fail() -> None:
        raise error

    # A coroutine cannot raise StopIteration.
    expected = RuntimeError if isinstance(error, StopIteration) else type(error)
    with pytest.raises(expected):
        await pool.run(fail, Deadline(LONG))
    assert (pool.running, pool.waiting) == (0, 0)


async def test_context_variables_of_the_caller_are_seen_by_the_work(pool: BoundedPool) -> None:
    variable = ContextVar("variable", default="unset")
    variable.set("caller")
    assert await pool.run(variable.get, Deadline(LONG)) == "caller"


async def test_jobs_begin_in_the_order_in_which_they_came() -> None:
    pool, gate, order = BoundedPool("read", threads=1, queue=8), Gate(), list[int]()
    first = start(pool, gate)
    await gate.begun()
    rest = [
        asyncio.create_task(pool.run(lambda n=n: order.append(n), Deadline(LONG)))  # type: ignore[misc]  # the lambda's default binds n
        for n in range(8)
    ]
    await until(lambda: pool.waiting == 8)
    gate.open()
    await asyncio.gather(first, *rest)
    assert order == list(range(8))
    await asyncio.to_thread(pool.close, wait=True)


async def test_what_is_beyond_the_queue_is_turned_away_at_once_with_a_pushback(
    pool: BoundedPool, gate: Gate
) -> None:
    running, waiting = start(pool, gate), start(pool, lambda: "waited")
    await until(lambda: (pool.running, pool.waiting) == (1, 1))
    with pytest.raises(Exhausted) as refused:
        await pool.run(lambda: "never", Deadline(LONG))
    assert refused.value.reason == Reason.OVERLOADED
    assert refused.value.metadata == {"pool": "read"}
    assert refused.value.retry_after_ms is not None
    assert 20 <= refused.value.retry_after_ms <= 10_000
    gate.open()
    assert [await running, await waiting] == ["through", "waited"]
    assert (pool.running, pool.waiting) == (0, 0)


async def test_the_pushback_grows_with_the_time_that_jobs_take() -> None:
    pool, gate = BoundedPool("read", threads=1, queue=0), Gate()
    pause = threading.Event()
    for _ in range(2):
        await pool.run(lambda: pause.wait(0.2), Deadline(LONG))
    running = start(pool, gate)
    await gate.begun()
    with pytest.raises(Exhausted) as refused:
        await pool.run(lambda: None, Deadline(LONG))
    assert refused.value.retry_after_ms is not None
    # A job takes at least 200 ms; the spread begins at half of that.
    assert refused.value.retry_after_ms >= 100
    gate.open()
    await running
    await asyncio.to_thread(pool.close, wait=True)


async def test_a_permit_is_held_until_the_thread_of_a_cancelled_job_ends(
    pool: BoundedPool, gate: Gate
) -> None:
    abandoned = start(pool, gate)
    await gate.begun()
    abandoned.cancel()
    with pytest.raises(asyncio.CancelledError):
        await abandoned
    assert pool.running == 1
    waiting = start(pool, lambda: "waited")
    await until(lambda: pool.waiting == 1)
    with pytest.raises(Exhausted):
        await pool.run(lambda: None, Deadline(LONG))
    gate.open()
    assert await waiting == "waited"


async def test_cancelling_moves_the_deadline_so_that_the_thread_stops(pool: BoundedPool) -> None:
    deadline, gate = Deadline(LONG), Gate()
    stopped = threading.Event()

    def work() -> None:
        gate()
        try:
            deadline.check("next stage")
        except DeadlineExceeded:
            stopped.set()

    task = asyncio.create_task(pool.run(work, deadline))
    await gate.begun()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.open()
    assert await asyncio.to_thread(stopped.wait, LONG)


async def test_a_cancelled_job_that_has_not_begun_never_begins_and_frees_its_place(
    pool: BoundedPool, gate: Gate
) -> None:
    running, never = start(pool, gate), Gate()
    await gate.begun()
    cancelled = start(pool, never)
    await until(lambda: pool.waiting == 1)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert pool.waiting == 0
    after = start(pool, lambda: "after")
    gate.open()
    assert [await running, await after] == ["through", "after"]
    assert not never.has_begun


async def test_a_deadline_that_passes_in_the_queue_ends_the_wait_and_the_job_never_begins(
    pool: BoundedPool, gate: Gate
) -> None:
    running, never = start(pool, gate), Gate()
    await gate.begun()
    with pytest.raises(DeadlineExceeded) as late:
        await pool.run(never, Deadline(0.01))
    assert late.value.metadata == {"stage": "read"}
    assert pool.waiting == 0
    gate.open()
    await running
    await pool.run(lambda: None, Deadline(LONG))
    assert not never.has_begun


async def test_a_deadline_that_passes_while_running_ends_the_wait_at_once(
    pool: BoundedPool, gate: Gate
) -> None:
    with pytest.raises(DeadlineExceeded):
        await pool.run(gate, Deadline(0.01))
    assert pool.running == 1
    gate.open()
    await until(lambda: pool.running == 0)


async def test_a_pool_without_a_queue_serves_one_call_after_another() -> None:
    pool = BoundedPool("read", threads=1, queue=0)
    served = [await pool.run(lambda: "served", Deadline(LONG)) for _ in range(500)]
    assert served == ["served"] * 500
    await asyncio.to_thread(pool.close, wait=True)


async def test_a_call_whose_time_is_up_takes_no_place(pool: BoundedPool) -> None:
    never = Gate()
    with pytest.raises(DeadlineExceeded):
        await pool.run(never, Deadline(0.0))
    assert not never.has_begun


async def test_a_job_whose_deadline_is_cancelled_in_the_queue_never_begins(
    pool: BoundedPool, gate: Gate
) -> None:
    running, never, deadline = start(pool, gate), Gate(), Deadline(LONG)
    await gate.begun()
    waiting = asyncio.create_task(pool.run(never, deadline))
    await until(lambda: pool.waiting == 1)
    deadline.cancel()
    gate.open()
    await running
    with pytest.raises(DeadlineExceeded):
        await waiting
    assert not never.has_begun


async def test_closing_drops_what_waits_and_refuses_what_comes(
    pool: BoundedPool, gate: Gate
) -> None:
    running, never = start(pool, gate), Gate()
    await gate.begun()
    waiting = start(pool, never)
    await until(lambda: pool.waiting == 1)
    pool.close(wait=False)
    with pytest.raises(Unavailable):
        await waiting
    with pytest.raises(Unavailable):
        await pool.run(lambda: None, Deadline(LONG))
    gate.open()
    assert await running == "through"
    assert not never.has_begun


async def test_closing_can_wait_for_what_runs(pool: BoundedPool, gate: Gate) -> None:
    running = start(pool, gate)
    await gate.begun()
    closing = asyncio.create_task(asyncio.to_thread(pool.close, wait=True))
    gate.open()
    await closing
    assert pool.running == 0
    assert await running == "through"


def test_a_thread_that_outlives_its_loop_ends_quietly() -> None:
    pool, gate = BoundedPool("read", threads=1, queue=0), Gate()

    async def abandon() -> None:
        task = start(pool, gate)
        await gate.begun()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(abandon())
    gate.open()
    pool.close(wait=True)
    assert pool.running == 0


async def test_never_do_more_jobs_run_than_there_are_threads() -> None:
    pool, lock = BoundedPool("read", threads=2, queue=200), threading.Lock()
    now, most = 0, 0

    def work() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        with lock:
            now -= 1

    await asyncio.gather(*(pool.run(work, Deadline(LONG)) for _ in range(200)))
    assert 1 <= most <= 2
    assert (pool.running, pool.waiting) == (0, 0)
    await asyncio.to_thread(pool.close, wait=True)
