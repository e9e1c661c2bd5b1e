import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rag_client import IngestProgress, IngestResult, RagClient, RetryPolicy
from tests.chaos.inspection import COLLECTION
from tests.chaos.story import document, text
from tests.serving import serving, start

_COMMAND = (sys.executable, "-m", "tests.chaos.server")
_IDS = [f"story-{number}" for number in range(40)]


def test_a_stream_goes_on_after_its_server_was_killed_and_loses_nothing_answered(
    tmp_path: Path,
) -> None:
    dying = start(tmp_path, "--point", "stream.answered", "--visit", "4", command=_COMMAND)
    heard: list[IngestProgress] = []

    def load() -> IngestResult:
        with RagClient(dying.address, retry=RetryPolicy(max_backoff=0.5)) as rag:
            rag.collections.create(COLLECTION)
            stories = (document(each, 1) for each in _IDS)
            return rag.documents.ingest(
                COLLECTION, stories, on_progress=heard.append, patience=300.0
            )

    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load)
        dying.process.wait(300)
        # At another port, where the client does not find it.
        with serving(tmp_path, command=_COMMAND) as server, RagClient(server.address) as rag:
            stored = [each.id for each in rag.documents.list(COLLECTION)]
        assert 0 < heard[-1].documents <= len(stored) < len(_IDS)
        with (
            serving(tmp_path, "--port", str(dying.port), command=_COMMAND) as server,
            RagClient(server.address) as rag,
        ):
            result = loading.result(300)
            assert (result.documents, result.failed) == (len(_IDS), ())
            found = {each: rag.documents.get(COLLECTION, each).text for each in _IDS}
    assert found == {each: text(each, 1) for each in _IDS}
