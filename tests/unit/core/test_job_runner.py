import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rag_server.core.errors import PreconditionFailed, Reason, Unavailable
from rag_server.core.job_runner import JobRunner, RunnerOptions
from rag_server.core.jobs import (
    Interruption,
    Job,
    JobInterrupted,
    JobRequest,
    JobState,
    JobStore,
    JobWork,
    Progress,
)
from rag_server.core.telemetry import SILENT
from rag_server.stores.catalog.catalog import open_catalog
from tests.waiting import eventually

REQUEST = JobRequest("acme", "play")
OPTIONS = RunnerOptions(
    threads=2,
    # No machine stands still for so long: tests have the clock of the store pass it.
    lease=timedelta(seconds=60),
    beat=timedelta(seconds=0.05),
    max_attempts=2,
    retrying=timedelta(seconds=1),
    grace=timedelta(seconds=5),
)
Run = Callable[[JobWork], Mapping[str, Any]]


class Play:
    """Does what a test says; remembers what was undone."""

    kind = "play"

    def __init__(self, run: Run) -> None:
        self._run = run
        self.undone = 0

    def run(self, work: JobWork) -> Mapping[str, Any]:
        return self._run(work)

    def undo(self, work: JobWork) -> None:
        work.check()
        self.undone += 1


class Clock:
    """The time, and what tests have passed of it."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def passes(self, time: timedelta) -> None:
        self._ahead += time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[JobStore]:
    catalog = open_catalog(tmp_path, clock=clock)
    yield catalog.jobs
    catalog.close()


@pytest.fixture
def running(store: JobStore) -> Iterator[Callable[..., JobRunner]]:
    with ExitStack() as stack:

        def run(
            handler: Play,
            options: RunnerOptions = OPTIONS,
            may_begin: Callable[[str], bool] = lambda _: True,
        ) -> JobRunner:
            runner = JobRunner(store, [handler], options, SILENT, may_begin=may_begin)
            runner.start()
            stack.callback(runner.stop)
            return runner

        yield run


def ended(store: JobStore, job: Job) -> Job:
    def find() -> Job | None:
        found = store.get(job.id)
        assert found is not None
        return found if found.finished_at is not None else None

    return eventually(find)


def ended_soon(store: JobStore, job: Job, clock: Clock, runner: JobRunner) -> Job:
    """As `ended`, of a job that is put off for some time again and again."""

    def find() -> Job | None:
        found = store.get(job.id)
        assert found is not None
        if found.state is JobState.QUEUED:
            clock.passes(timedelta(seconds=1))
            runner.wake()
        return found if found.finished_at is not None else None

    return eventually(find)


def until_interrupted(work: JobWork) -> Mapping[str, Any]:
    while True:
        work.check()
        threading.Event().wait(0.005)


def test_job_is_done_and_tells_how_far_it_is(store: JobStore, running: Any) -> None:
    told = threading.Event()

    def run(work: JobWork) -> Mapping[str, Any]:
        work.progress("count", 3, 9)
        told.wait(30)
        return {"answer": 42}

    job = store.create(REQUEST)
    running(Play(run))
    eventually(lambda: (found := store.get(job.id)) and found.progress == Progress("count", 3, 9))
    told.set()
    end = ended(store, job)
    assert (end.state, end.result, end.attempt) == (JobState.SUCCEEDED, {"answer": 42}, 1)


def test_defect_fails_the_job_without_its_text(store: JobStore, running: Any) -> None:
    def run(work: JobWork) -> Mapping[str, Any]:
        raise ValueError("the secret text of a document")

    play = Play(run)
    job = store.create(REQUEST)
    running(play)
    end = ended(store, job)
    assert end.state is JobState.FAILED
    assert end.error is not None
    assert end.error.reason is Reason.INTERNAL
    assert "secret" not in end.error.message
    assert play.undone == 1


def test_error_of_the_domain_is_told_and_final(store: JobStore, running: Any) -> None:
    def run(work: JobWork) -> Mapping[str, Any]:
        raise PreconditionFailed("there is no such embedder", Reason.EMBEDDER_MISMATCH)

    job = store.create(REQUEST)
    running(Play(run))
    end = ended(store, job)
    assert end.error is not None
    assert (end.error.reason, end.error.message) == (
        Reason.EMBEDDER_MISMATCH,
        "there is no such embedder",
    )
    assert end.attempt == 1


def test_what_is_away_is_tried_again_from_the_checkpoint(
    store: JobStore, running: Any, clock: Clock
) -> None:
    def run(work: JobWork) -> Mapping[str, Any]:
        if not work.checkpoint:
            work.save({"step": 1})
            raise Unavailable("away", Reason.NOT_READY)
        return work.checkpoint

    play = Play(run)
    runner = running(play)
    end = ended_soon(store, store.create(REQUEST), clock, runner)
    assert (end.state, end.result, end.attempt) == (JobState.SUCCEEDED, {"step": 1}, 2)
    assert play.undone == 0


def test_what_stays_away_fails_after_the_last_attempt(
    store: JobStore, running: Any, clock: Clock
) -> None:
    def run(work: JobWork) -> Mapping[str, Any]:
        raise Unavailable("away", Reason.NOT_READY)

    play = Play(run)
    runner = running(play)
    end = ended_soon(store, store.create(REQUEST), clock, runner)
    assert (end.state, end.attempt, play.undone) == (JobState.FAILED, 2, 1)
    assert end.error is not None
    assert end.error.reason is Reason.NOT_READY


def test_cancelled_job_stops_and_is_undone(store: JobStore, running: Any) -> None:
    play = Play(until_interrupted)
    job = store.create(REQUEST)
    runner = running(play)
    eventually(lambda: (found := store.get(job.id)) and found.state is JobState.RUNNING)
    store.request_cancel(job.id)
    runner.wake()
    end = ended(store, job)
    assert (end.state, end.error, play.undone) == (JobState.CANCELLED, None, 1)


def test_job_that_is_anothers_waits_until_it_is_ours(store: JobStore, running: Any) -> None:
    asked, ours = threading.Event(), threading.Event()

    def may_begin(kind: str) -> bool:
        asked.set()
        return ours.is_set()

    job = store.create(REQUEST)
    runner = running(Play(lambda work: {}), may_begin=may_begin)
    assert asked.wait(30)
    found = store.get(job.id)
    assert found is not None
    assert found.state is JobState.QUEUED
    ours.set()
    runner.wake()
    assert ended(store, job).state is JobState.SUCCEEDED


def test_job_of_a_dead_server_is_taken_over(store: JobStore, running: Any, clock: Clock) -> None:
    job = store.create(REQUEST)
    dead = store.claim(["play"], OPTIONS.lease)
    assert dead is not None
    store.save(dead, {"half": True}, Progress())
    clock.passes(OPTIONS.lease)
    running(Play(lambda work: work.checkpoint))
    end = ended(store, job)
    assert (end.result, end.attempt) == ({"half": True}, 2)


def test_job_that_kills_its_servers_is_given_up_and_undone(
    store: JobStore, running: Any, clock: Clock
) -> None:
    job = store.create(REQUEST)
    for _ in range(OPTIONS.max_attempts):
        assert store.claim(["play"], OPTIONS.lease)
        clock.passes(OPTIONS.lease)
    play = Play(lambda work: {})
    running(play)
    end = ended(store, job)
    assert (end.state, play.undone) == (JobState.FAILED, 1)
    assert end.error is not None
    assert end.error.reason is Reason.JOB_GAVE_UP


def test_job_that_gets_further_outlives_any_number_of_its_servers(
    store: JobStore, running: Any, clock: Clock
) -> None:
    job = store.create(REQUEST)
    for step in range(2 * OPTIONS.max_attempts):
        dead = store.claim(["play"], OPTIONS.lease)
        assert dead is not None
        assert store.save(dead, {"step": step}, Progress(), further=True)
        clock.passes(OPTIONS.lease)
    running(Play(lambda work: work.checkpoint))
    end = ended(store, job)
    assert (end.state, end.attempt) == (JobState.SUCCEEDED, 2)


def test_job_that_gets_further_waits_for_what_is_away_any_number_of_times(
    store: JobStore, running: Any, clock: Clock
) -> None:
    def run(work: JobWork) -> Mapping[str, Any]:
        step = work.checkpoint.get("step", 0) + 1
        if step > 3:
            return work.checkpoint
        work.save({"step": step}, further=True)
        raise Unavailable("away", Reason.NOT_READY)

    runner = running(Play(run))
    end = ended_soon(store, store.create(REQUEST), clock, runner)
    assert (end.state, end.result) == (JobState.SUCCEEDED, {"step": 3})


def test_what_was_away_often_is_not_given_up_as_deadly(store: JobStore, running: Any) -> None:
    job = store.create(REQUEST)
    for _ in range(2 * OPTIONS.max_attempts):
        claim = store.claim(["play"], OPTIONS.lease)
        assert claim is not None
        store.release(claim, again_in=timedelta(0), count=True)
    running(Play(lambda work: {"done": True}))
    assert ended(store, job).result == {"done": True}


def test_failure_that_was_not_undone_is_undone_by_the_next(
    store: JobStore, running: Any, clock: Clock
) -> None:
    class Clumsy(Play):
        def undo(self, work: JobWork) -> None:
            super().undo(work)
            if self.undone == 1:
                raise Unavailable("away", Reason.NOT_READY)

    def run(work: JobWork) -> Mapping[str, Any]:
        runs.append(work.job.attempt)
        raise ValueError

    runs: list[int] = []
    play = Clumsy(run)
    runner = running(play)
    end = ended_soon(store, store.create(REQUEST), clock, runner)
    assert (end.state, play.undone, runs) == (JobState.FAILED, 2, [1])


def test_work_of_the_server_has_a_place_when_tenants_take_all(
    store: JobStore, running: Any
) -> None:
    freed = threading.Event()

    def run(work: JobWork) -> Mapping[str, Any]:
        return {"freed": work.job.tenant is not None and freed.wait(30)}

    asked = [store.create(REQUEST) for _ in range(2 * OPTIONS.threads)]
    running(Play(run))
    at_work = {JobState.RUNNING: OPTIONS.threads, JobState.QUEUED: OPTIONS.threads}

    def states() -> Counter[JobState]:
        return Counter(found.state for each in asked if (found := store.get(each.id)))

    eventually(lambda: states() == at_work)
    assert ended(store, store.create(JobRequest(None, "play"))).state is JobState.SUCCEEDED
    assert states() == at_work
    freed.set()
    assert [ended(store, each).result for each in asked] == [{"freed": True}] * len(asked)


def test_work_outlives_its_first_lease(store: JobStore, running: Any, clock: Clock) -> None:
    beats, enough = [0], threading.Event()

    def run(work: JobWork) -> Mapping[str, Any]:
        while not enough.wait(0.01):
            work.check()
            work.progress("beats", beats[0], 3)
        return {}

    play = Play(run)
    job = store.create(REQUEST)
    running(play)
    running(play)
    for beat in (1, 2, 3):
        clock.passes(OPTIONS.lease / 2)
        # Told with the heart's next beat, which is at the new time.
        beats[0] = beat
        heard = Progress("beats", beat, 3)
        eventually(lambda: (found := store.get(job.id)) and found.progress == heard)  # noqa: B023  # called here
    assert store.claim(["play"], OPTIONS.lease) is None
    enough.set()
    end = ended(store, job)
    assert (end.state, end.attempt) == (JobState.SUCCEEDED, 1)


def test_stopping_server_gives_its_job_back_at_once(store: JobStore, running: Any) -> None:
    patient = RunnerOptions(threads=1, lease=timedelta(hours=1), beat=timedelta(seconds=0.05))

    saved = threading.Event()

    def first(work: JobWork) -> Mapping[str, Any]:
        work.save({"first": True})
        saved.set()
        return until_interrupted(work)

    play = Play(first)
    job = store.create(REQUEST)
    runner = running(play, patient)
    assert saved.wait(30)
    runner.stop()
    running(Play(lambda work: work.checkpoint), patient)
    end = ended(store, job)
    assert (end.result, end.attempt, play.undone) == ({"first": True}, 1, 0)


def test_lost_lease_stops_the_work(store: JobStore, running: Any) -> None:
    stopped: list[Interruption] = []
    unheard = RunnerOptions(threads=1, lease=timedelta(seconds=0.2), beat=timedelta(hours=1))

    def run(work: JobWork) -> Mapping[str, Any]:
        try:
            return until_interrupted(work)
        except JobInterrupted as interrupted:
            stopped.append(interrupted.why)
            raise

    play = Play(run)
    job = store.create(REQUEST)
    runner = running(play, unheard)
    eventually(lambda: stopped)
    assert stopped[0] is Interruption.LEASE_LOST
    assert play.undone == 0
    store.request_cancel(job.id)
    runner.wake()
    assert ended(store, job).state is JobState.CANCELLED
