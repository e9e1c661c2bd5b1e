from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rag_server.core.errors import AlreadyExists, Reason
from rag_server.core.jobs import (
    Claim,
    JobError,
    JobQuery,
    JobRequest,
    JobState,
    JobStore,
    Progress,
)

LEASE = timedelta(seconds=30)
REQUEST = JobRequest("acme", "reindex", "docs", {"b": [1, {"c": None}], "a": "ü"})


@pytest.fixture
def jobs(catalog_under_test: Any) -> JobStore:
    store: JobStore = catalog_under_test.jobs
    return store


@pytest.fixture
def other_server(catalog_opener: Callable[[], Any], jobs: JobStore) -> Iterator[JobStore]:
    catalog = catalog_opener()
    yield catalog.jobs
    catalog.close()


def claimed(jobs: JobStore, *kinds: str) -> Claim:
    claim = jobs.claim(kinds or ("reindex",), LEASE)
    assert claim is not None
    return claim


def test_new_job_waits_as_it_was_asked_for(jobs: JobStore, catalog_clock: Any) -> None:
    job = jobs.create(REQUEST)
    assert (job.tenant, job.kind, job.collection) == ("acme", "reindex", "docs")
    assert job.spec == REQUEST.spec
    assert (job.state, job.attempt, job.progress) == (JobState.QUEUED, 0, Progress())
    assert job.created_at == job.updated_at == catalog_clock.now
    assert jobs.get(job.id) == job
    assert jobs.get("unknown") is None


@pytest.mark.parametrize("tenant", ["acme", None])
def test_request_id_names_one_job_of_its_tenant(jobs: JobStore, tenant: str | None) -> None:
    asked = replace(REQUEST, tenant=tenant, request_id="r1")
    job = jobs.create(asked)
    assert jobs.create(replace(asked, spec={"a": "ü", "b": [1, {"c": None}]})) == job
    assert jobs.create(replace(asked, tenant="globex")).id != job.id
    for other in (replace(asked, spec={}), replace(asked, collection="x")):
        with pytest.raises(AlreadyExists) as caught:
            jobs.create(other)
        assert caught.value.reason == Reason.REQUEST_ID_REUSED
    assert [each.id for each in jobs.page(JobQuery(tenant), "", 10)] == [job.id]


def test_only_one_where_only_one_may_be(jobs: JobStore) -> None:
    first = jobs.create(REQUEST, alone=True)
    with pytest.raises(AlreadyExists) as caught:
        jobs.create(REQUEST, alone=True)
    assert (caught.value.reason, caught.value.metadata) == (
        Reason.JOB_IN_PROGRESS,
        {"job": first.id},
    )
    jobs.create(replace(REQUEST, tenant="globex"), alone=True)
    jobs.create(replace(REQUEST, collection="other"), alone=True)
    jobs.create(replace(REQUEST, kind="backup"), alone=True)
    jobs.request_cancel(first.id)
    jobs.create(REQUEST, alone=True)


def test_two_servers_find_one_place_only(jobs: JobStore, other_server: JobStore) -> None:
    def create(store: JobStore) -> bool:
        try:
            store.create(REQUEST, alone=True)
        except AlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(create, [jobs, other_server] * 2))
    assert sorted(made) == [False, False, False, True]


def test_oldest_job_of_a_known_kind_is_claimed(jobs: JobStore, catalog_clock: Any) -> None:
    jobs.create(replace(REQUEST, kind="unheard of"))
    older = jobs.create(REQUEST)
    catalog_clock.pass_seconds(1)
    newer = jobs.create(REQUEST)
    first, second = claimed(jobs), claimed(jobs)
    assert (first.job.id, second.job.id) == (older.id, newer.id)
    assert (first.job.state, first.job.attempt, first.checkpoint) == (JobState.RUNNING, 1, {})
    assert first.job.started_at == catalog_clock.now
    assert jobs.claim(("reindex",), LEASE) is None


def test_work_of_the_server_goes_before_that_of_tenants(jobs: JobStore, catalog_clock: Any) -> None:
    jobs.create(REQUEST)
    assert jobs.claim(("reindex",), LEASE, server_wide=True) is None
    catalog_clock.pass_seconds(1)
    own = jobs.create(replace(REQUEST, tenant=None))
    assert claimed(jobs).job.id == own.id
    assert claimed(jobs).job.tenant == "acme"


def test_tenant_with_a_long_queue_does_not_keep_others_waiting(
    jobs: JobStore, catalog_clock: Any
) -> None:
    for tenant in ("acme", "acme", "acme", "globex", "globex"):
        jobs.create(replace(REQUEST, tenant=tenant))
        catalog_clock.pass_seconds(1)
    order = [claimed(jobs).job.tenant for _ in range(5)]
    assert order == ["acme", "globex", "acme", "globex", "acme"]


def test_each_job_is_claimed_once(jobs: JobStore, other_server: JobStore) -> None:
    made = {jobs.create(REQUEST).id for _ in range(6)}

    def claim(store: JobStore) -> str | None:
        found = store.claim(("reindex",), LEASE)
        return found.job.id if found else None

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(claim, [jobs, other_server] * 6))
    assert sorted(each for each in taken if each) == sorted(made)


def test_expired_lease_is_taken_over_at_the_checkpoint(
    jobs: JobStore, other_server: JobStore, catalog_clock: Any
) -> None:
    jobs.create(REQUEST)
    dead = claimed(jobs)
    started_at = dead.job.started_at
    assert jobs.save(dead, {"after": "d7"}, Progress("copy", 7, 10))
    catalog_clock.pass_seconds(29.9)
    assert other_server.claim(("reindex",), LEASE) is None
    catalog_clock.pass_seconds(0.1)
    heir = claimed(other_server)
    assert (heir.job.attempt, heir.checkpoint) == (2, {"after": "d7"})
    assert (dead.inherited, heir.inherited) == (False, True)
    assert (heir.job.progress, heir.job.started_at) == (Progress("copy", 7, 10), started_at)


def test_whoever_lost_the_lease_changes_nothing(jobs: JobStore, catalog_clock: Any) -> None:
    job = jobs.create(REQUEST)
    lost = claimed(jobs)
    catalog_clock.pass_seconds(31)
    claimed(jobs)
    before = jobs.get(job.id)
    assert jobs.heartbeat(lost, Progress("x"), LEASE) is None
    assert not jobs.save(lost, {"x": 1}, Progress("x"))
    assert not jobs.condemn(lost, JobError(Reason.INTERNAL, "x"))
    assert not jobs.release(lost, again_in=timedelta(0), count=True)
    assert not jobs.finish(lost, JobState.SUCCEEDED, Progress("x"), {"x": 1})
    assert jobs.get(job.id) == before


def test_heartbeat_keeps_the_job_and_tells_the_progress(jobs: JobStore, catalog_clock: Any) -> None:
    jobs.create(REQUEST)
    claim = claimed(jobs)
    for _ in range(3):
        catalog_clock.pass_seconds(20)
        told = jobs.heartbeat(claim, Progress("build", 3, 9), LEASE)
        assert told is not None
        assert (told.progress, told.updated_at) == (Progress("build", 3, 9), catalog_clock.now)
        assert not told.cancel_requested
    assert jobs.claim(("reindex",), LEASE) is None


@pytest.mark.parametrize(("count", "attempt"), [(True, 2), (False, 1)])
def test_released_job_waits_for_its_time(
    jobs: JobStore, catalog_clock: Any, count: bool, attempt: int
) -> None:
    job = jobs.create(REQUEST)
    claim = claimed(jobs)
    jobs.save(claim, {"step": 1}, Progress())
    assert jobs.release(claim, again_in=timedelta(seconds=5), count=count)
    waiting = jobs.get(job.id)
    assert waiting is not None
    assert waiting.state is JobState.QUEUED
    assert jobs.claim(("reindex",), LEASE) is None
    catalog_clock.pass_seconds(5)
    again = claimed(jobs)
    assert (again.job.attempt, again.checkpoint) == (attempt, {"step": 1})
    assert not again.inherited


@pytest.mark.parametrize(("count", "attempt"), [(True, 2), (False, 1)])
def test_attempts_count_from_the_last_time_it_got_further(
    jobs: JobStore, count: bool, attempt: int
) -> None:
    jobs.create(REQUEST)
    for _ in range(3):
        jobs.release(claimed(jobs), again_in=timedelta(0), count=True)
    claim = claimed(jobs)
    assert claim.job.attempt == 4
    assert jobs.save(claim, {"step": 1}, Progress(), further=True)
    assert jobs.release(claim, again_in=timedelta(0), count=count)
    assert claimed(jobs).job.attempt == attempt


def test_finished_job_keeps_its_end(jobs: JobStore, catalog_clock: Any) -> None:
    job = jobs.create(REQUEST)
    claim = claimed(jobs)
    catalog_clock.pass_seconds(2)
    assert jobs.finish(claim, JobState.SUCCEEDED, Progress("swap", 9, 9), {"documents": 9})
    ended = jobs.get(job.id)
    assert ended is not None
    assert (ended.state, ended.result) == (JobState.SUCCEEDED, {"documents": 9})
    assert (ended.finished_at, ended.progress) == (catalog_clock.now, Progress("swap", 9, 9))
    catalog_clock.pass_seconds(100)
    assert jobs.claim(("reindex",), LEASE) is None
    assert jobs.request_cancel(job.id) == ended
    assert not jobs.finish(claim, JobState.FAILED, Progress(), {})


def test_failure_is_noted_before_it_is_undone(jobs: JobStore, catalog_clock: Any) -> None:
    jobs.create(REQUEST)
    error = JobError(Reason.EMBEDDER_MISMATCH, "why")
    assert jobs.condemn(claimed(jobs), error)
    catalog_clock.pass_seconds(31)
    heir = claimed(jobs)
    assert heir.job.error == error
    assert jobs.finish(heir, JobState.FAILED, Progress(), {})
    ended = jobs.get(heir.job.id)
    assert ended is not None
    assert (ended.state, ended.error) == (JobState.FAILED, error)


def test_cancel_ends_what_was_never_begun(jobs: JobStore, catalog_clock: Any) -> None:
    job = jobs.create(REQUEST)
    ended = jobs.request_cancel(job.id)
    assert ended is not None
    assert (ended.state, ended.finished_at) == (JobState.CANCELLED, catalog_clock.now)
    assert jobs.request_cancel(job.id) == ended
    assert jobs.claim(("reindex",), LEASE) is None
    assert jobs.request_cancel("unknown") is None


def test_cancelled_job_that_a_draining_server_gave_back_is_undone(jobs: JobStore) -> None:
    job = jobs.create(REQUEST)
    jobs.release(claimed(jobs), again_in=timedelta(0), count=False)
    asked = jobs.request_cancel(job.id)
    assert asked is not None
    assert asked.state is JobState.QUEUED
    assert claimed(jobs).job.cancel_requested


def test_cancel_is_told_to_whoever_works_on_it(jobs: JobStore, other_server: JobStore) -> None:
    job = jobs.create(REQUEST)
    claim = claimed(jobs)
    asked = other_server.request_cancel(job.id)
    assert asked is not None
    assert (asked.state, asked.cancel_requested) == (JobState.RUNNING, True)
    told = jobs.heartbeat(claim, Progress(), LEASE)
    assert told is not None
    assert told.cancel_requested


def test_cancelled_job_does_not_wait_to_be_tried_again(jobs: JobStore) -> None:
    job = jobs.create(REQUEST)
    jobs.release(claimed(jobs), again_in=timedelta(hours=1), count=True)
    asked = jobs.request_cancel(job.id)
    assert asked is not None
    assert asked.state is JobState.QUEUED
    assert claimed(jobs).job.cancel_requested


def test_pages_are_newest_first_and_of_one_tenant(jobs: JobStore, catalog_clock: Any) -> None:
    made = []
    for kind, tenant in [("a", "acme"), ("b", "acme"), ("a", None), ("a", "globex"), ("a", "acme")]:
        made.append(jobs.create(JobRequest(tenant, kind, "docs" if kind == "a" else "")).id)
        catalog_clock.pass_seconds(1)
    a1, b, whole, other, a2 = made
    jobs.request_cancel(a1)

    def ids(query: JobQuery, before: str = "", limit: int = 10) -> list[str]:
        return [each.id for each in jobs.page(query, before, limit)]

    assert ids(JobQuery("acme")) == [a2, b, a1]
    assert ids(JobQuery("acme"), limit=2) == [a2, b]
    assert ids(JobQuery("acme"), before=b) == [a1]
    assert ids(JobQuery("acme", kind="a")) == [a2, a1]
    assert ids(JobQuery("acme", collection="docs")) == [a2, a1]
    assert ids(JobQuery("acme", states=frozenset({JobState.CANCELLED}))) == [a1]
    assert ids(JobQuery(None)) == [whole]
    assert ids(JobQuery("globex")) == [other]


def test_pruning_takes_what_ended_long_ago(jobs: JobStore, catalog_clock: Any) -> None:
    old, other = jobs.create(REQUEST), jobs.create(replace(REQUEST, kind="backup"))
    still_open = jobs.create(REQUEST)
    jobs.request_cancel(old.id)
    jobs.request_cancel(other.id)
    catalog_clock.pass_seconds(60)
    young = jobs.create(REQUEST)
    jobs.request_cancel(young.id)
    assert jobs.prune(catalog_clock.now, "reindex") == 1
    left = {each.id for each in jobs.page(JobQuery("acme"), "", 10)}
    assert left == {other.id, still_open.id, young.id}
    assert jobs.prune(catalog_clock.now) == 1
