from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from rag_server.core.job_schedule import JobSchedule
from rag_server.core.jobs import JobQuery, JobRequest, JobState, JobStore, Progress
from rag_server.core.telemetry import SILENT
from rag_server.stores.catalog.catalog import open_catalog
from tests.waiting import eventually

REQUEST = JobRequest(None, "sweep")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    catalog = open_catalog(tmp_path)
    yield catalog.jobs
    catalog.close()


def made(store: JobStore) -> int:
    return len(store.page(JobQuery(None), "", 100))


def test_servers_that_share_a_catalog_make_one_job_at_a_time(store: JobStore) -> None:
    woken = Event()
    every = timedelta(seconds=0.02)
    schedules = [JobSchedule(store, REQUEST, every, SILENT, woken.set) for _ in range(2)]
    for each in schedules:
        each.start()
    assert woken.wait(30)
    Event().wait(0.2)
    assert made(store) == 1
    claim = store.claim(["sweep"], timedelta(hours=1))
    assert claim is not None
    store.finish(claim, JobState.SUCCEEDED, Progress(), {})
    eventually(lambda: made(store) == 2)
    for each in schedules:
        each.stop()
    assert made(store) == 2


def test_none_is_made_before_its_time(store: JobStore) -> None:
    job = store.create(REQUEST)
    store.request_cancel(job.id)
    schedule = JobSchedule(store, REQUEST, timedelta(hours=1), SILENT, lambda: None)
    schedule.start()
    Event().wait(0.1)
    schedule.stop()
    assert made(store) == 1
