"""Reindexing over gRPC: a real server with a cheap embedder."""

import signal
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from rag_client import (
    AlreadyExists,
    Document,
    F,
    Job,
    JobState,
    NotFound,
    RagClient,
    RecursiveChunking,
    Reindexing,
    Retrieval,
)
from tests.serving import ServerProcess, serving
from tests.waiting import eventually

COMMAND = (sys.executable, "-m", "tests.chaos.server")
DOCUMENTS = 40
FINER = Reindexing(RecursiveChunking(max_tokens=16))
SLOWLY = Reindexing(RecursiveChunking(max_tokens=24), documents_per_second=25)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with serving(tmp_path_factory.mktemp("data"), command=COMMAND) as running:
        yield running


@pytest.fixture
def rag(server: ServerProcess) -> Iterator[RagClient]:
    with RagClient(server.address) as client:
        yield client


@pytest.fixture
def name(rag: RagClient) -> str:
    made = f"c{uuid4().hex[:12]}"
    fill(rag, made)
    return made


def text(number: int, version: int) -> str:
    """Some chunks, of which each says whose it is."""
    words = " ".join(f"w{number}x{i}" for i in range(12))
    return "\n\n".join(f"doc {number} version {version} part {p} {words}" for p in range(4))


def document(number: int, version: int = 1) -> Document:
    metadata: Any = {"all": True, "number": number, "version": version}
    return Document(id=f"d{number:03}", text=text(number, version), title="", metadata=metadata)


def fill(rag: RagClient, name: str) -> None:
    rag.collections.create(name)
    rag.documents.upsert(name, [document(number) for number in range(DOCUMENTS)])


def end(rag: RagClient, job: Job) -> Job:
    *_, last = rag.jobs.watch(job.id)
    return last


def everything(rag: RagClient, name: str) -> Retrieval:
    return rag.retrieve(name, "anything", filter=F("number") >= 0, top_k=1_000)


def versions(found: Retrieval) -> dict[int, int]:
    """Version by document; fails where one is not there whole, exactly once."""
    parts: dict[str, list[Any]] = defaultdict(list)
    for hit in found.hits:
        parts[hit.document_id].append(hit)
    seen = {}
    for hits in parts.values():
        number, version = (hits[0].metadata[key] for key in ("number", "version"))
        assert isinstance(number, int)
        assert isinstance(version, int)
        joined = "".join(each.text for each in sorted(hits, key=lambda hit: hit.ordinal))
        assert "".join(joined.split()) == "".join(text(number, version).split())
        seen[number] = version
    return seen


ALL_FIRST = dict.fromkeys(range(DOCUMENTS), 1)


def test_new_chunking_serves_after_the_job(rag: RagClient, name: str) -> None:
    before = rag.collections.get(name)
    job = end(rag, rag.collections.reindex(name, FINER))
    assert (job.state, job.kind, job.collection) == (JobState.SUCCEEDED, "reindex", name)
    after = rag.collections.get(name)
    assert (after.generation, after.chunking) == (2, RecursiveChunking(max_tokens=16))
    assert after.chunk_count > before.chunk_count
    made = {"generation": 2, "revision": after.revision, "documents": DOCUMENTS}
    assert job.result == made
    found = everything(rag, name)
    assert versions(found) == ALL_FIRST
    assert (found.provenance.generation, found.provenance.embedder) == (2, "hashing")
    again = rag.documents.upsert(name, [document(0)])
    assert again.outcomes[0].kind == "unchanged"


def test_other_embedder_answers_with_its_own_vectors(rag: RagClient, name: str) -> None:
    job = end(rag, rag.collections.reindex(name, Reindexing(embedder="hashing-small")))
    assert job.state is JobState.SUCCEEDED
    rag.documents.upsert(name, [Document(id="short", text="a short one", title="")])
    found = rag.retrieve(name, "a short one", top_k=1, pipeline="fast")
    assert found.hits[0].document_id == "short"
    assert found.hits[0].score == pytest.approx(1.0, abs=1e-4)
    assert (found.provenance.embedder, found.provenance.generation) == ("hashing-small", 2)
    rag.documents.upsert(name, [document(7, version=2)])
    assert versions(everything(rag, name))[7] == 2


class Traffic:
    """Writers and a reader beside a reindexing, until they are stopped."""

    def __init__(self, address: str, name: str) -> None:
        self.written: dict[int, int] = {}
        self.generations: list[int] = []
        self.failures: list[BaseException] = []
        self._address = address
        self._name = name
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,))
            for work in (self._write_even, self._write_odd, self._read)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _guarded(self, work: Callable[[RagClient], None]) -> None:
        try:
            with RagClient(self._address) as rag:
                while not self._stop.is_set():
                    work(rag)
        except BaseException as error:
            self.failures.append(error)

    def _write_even(self, rag: RagClient) -> None:
        self._write(rag, range(0, DOCUMENTS, 4))

    def _write_odd(self, rag: RagClient) -> None:
        self._write(rag, range(1, DOCUMENTS, 4))

    def _write(self, rag: RagClient, numbers: range) -> None:
        for number in numbers:
            version = self.written.get(number, 1) + 1
            rag.documents.upsert(self._name, [document(number, version)])
            self.written[number] = version
            # Rebuilding must be able to keep up, on a machine that is busy with more.
            self._stop.wait(0.05)

    def _read(self, rag: RagClient) -> None:
        found = everything(rag, self._name)
        assert len(versions(found)) == DOCUMENTS
        self.generations.append(found.provenance.generation)


def test_writers_and_readers_go_on_and_each_read_sees_one_generation(
    rag: RagClient, name: str, server: ServerProcess
) -> None:
    traffic = Traffic(server.address, name)
    traffic.start()
    eventually(lambda: traffic.failures or traffic.generations)
    try:
        job = end(rag, rag.collections.reindex(name, FINER))
        assert (job.state, job.error) == (JobState.SUCCEEDED, None)
        eventually(lambda: traffic.failures or traffic.generations[-1:] == [2])
    finally:
        traffic.stop()
    assert traffic.failures == []
    assert traffic.generations == sorted(traffic.generations)
    assert set(traffic.generations) == {1, 2}
    now = versions(everything(rag, name))
    assert {number: now[number] for number in traffic.written} == traffic.written


def test_cancelled_reindexing_leaves_nothing_and_may_be_begun_again(
    rag: RagClient, name: str
) -> None:
    job = rag.collections.reindex(name, SLOWLY)
    for change in rag.jobs.watch(job.id):
        if change.phase == "build" and change.done:
            rag.jobs.cancel(job.id)
            rag.jobs.cancel(job.id)
            break
    cancelled = end(rag, job)
    assert (cancelled.state, cancelled.cancel_requested) == (JobState.CANCELLED, True)
    assert rag.jobs.cancel(job.id) == cancelled
    assert rag.collections.get(name).generation == 1
    assert versions(everything(rag, name)) == ALL_FIRST
    assert end(rag, rag.collections.reindex(name)).state is JobState.SUCCEEDED


def test_one_at_a_time_and_the_same_request_begins_once(rag: RagClient, name: str) -> None:
    job = rag.collections.reindex(name, SLOWLY, request_id=f"mine-{name}")
    assert rag.collections.reindex(name, SLOWLY, request_id=f"mine-{name}").id == job.id
    with pytest.raises(AlreadyExists) as other:
        rag.collections.reindex(name, FINER, request_id=f"mine-{name}")
    assert other.value.reason == "REQUEST_ID_REUSED"
    with pytest.raises(AlreadyExists) as second:
        rag.collections.reindex(name, FINER)
    assert (second.value.reason, second.value.metadata["job"]) == ("JOB_IN_PROGRESS", job.id)

    def listed() -> list[Job]:
        running = [JobState.RUNNING]
        return list(rag.jobs.list(kind="reindex", collection=name, states=running))

    assert [each.id for each in eventually(listed)] == [job.id]
    rag.jobs.cancel(job.id)
    end(rag, job)


def test_what_is_not_there_is_refused_at_once(rag: RagClient, name: str) -> None:
    with pytest.raises(NotFound) as caught:
        rag.collections.reindex(name, Reindexing(embedder="unheard-of"))
    assert caught.value.reason == "EMBEDDER_NOT_FOUND"
    assert caught.value.metadata["embedders"] == "hashing, hashing-small"
    with pytest.raises(NotFound):
        rag.collections.reindex("nowhere")
    for call in (rag.jobs.get, rag.jobs.cancel, lambda job: list(rag.jobs.watch(job))):
        with pytest.raises(NotFound) as missing:
            call("unheard-of")
        assert missing.value.reason == "JOB_NOT_FOUND"


def test_garbage_collections_are_jobs_of_the_server(rag: RagClient) -> None:
    done = [JobState.SUCCEEDED]
    eventually(lambda: list(rag.jobs.list(kind="collect_garbage", server_wide=True, states=done)))
    assert list(rag.jobs.list(kind="collect_garbage")) == []


def test_deleted_collection_ends_its_reindexing(rag: RagClient, name: str) -> None:
    job = rag.collections.reindex(name, SLOWLY)
    eventually(lambda: rag.jobs.get(job.id).done)
    rag.collections.delete(name)
    failed = end(rag, job)
    assert failed.state is JobState.FAILED
    assert failed.error is not None
    assert failed.error.reason == "COLLECTION_NOT_FOUND"


def test_killed_again_and_again_it_is_finished_by_the_next(tmp_path: Path) -> None:
    for attempt, point in enumerate(("reindex.batch", "reindex.swapped"), 1):
        command = (*COMMAND, "--point", point)
        with serving(tmp_path, command=command) as server, RagClient(server.address) as rag:
            if attempt == 1:
                fill(rag, "docs")
                rag.collections.reindex("docs", FINER)
            assert server.process.wait(60) == -signal.SIGKILL
    with serving(tmp_path, command=COMMAND) as server, RagClient(server.address) as rag:
        assert versions(everything(rag, "docs")) == ALL_FIRST
        (job,) = rag.jobs.list(kind="reindex")
        ended = end(rag, job)
        # The second one got further than the first.
        assert (ended.state, ended.attempt) == (JobState.SUCCEEDED, 2)
        found = everything(rag, "docs")
        assert (found.provenance.generation, ended.result["generation"]) == (2, 2)
        assert versions(found) == ALL_FIRST
