"""Token vectors: opted in by the embedder's name, used by max_sim, kept by all that keeps."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_client import (
    Document,
    FailedPrecondition,
    Job,
    JobState,
    MaxSimReranker,
    NotFound,
    PipelineSpec,
    RagClient,
    Reindexing,
    Retrieval,
)
from tests.serving import serving

DOCUMENTS = [
    Document("cats", "Cats purr when they are content.", title="Cats"),
    Document("eels", "Eels swim to the Sargasso Sea.", title="Eels"),
    Document("ants", "Ants farm aphids.", title="Ants"),
]
SPEC = PipelineSpec(rerankers=[MaxSimReranker(weight=1.0)])
QUESTION = "Who swims in the Sargasso Sea?"


@pytest.fixture
def keeping(rag: RagClient) -> str:
    return f"{rag.server_info().embedder.name}+tokens"


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RagClient]:
    home: Path = tmp_path_factory.mktemp("tokens")
    environment = {"RAGRPC_BACKUP__URL": (home / "backups").as_uri()}
    with (
        serving(home / "data", env=environment) as running,
        RagClient(running.address) as client,
    ):
        yield client


def end(rag: RagClient, job: Job) -> Job:
    *_, last = rag.jobs.watch(job.id)
    return last


def stages(found: Retrieval) -> list[str]:
    assert found.hits[0].document_id == "eels"
    assert found.degradations == ()
    return [each.stage for each in found.hits[0].stage_scores]


def test_a_collection_that_opts_in_has_them(rag: RagClient, keeping: str) -> None:
    rag.collections.create("with-tokens", embedder=keeping)
    rag.documents.upsert("with-tokens", DOCUMENTS)
    once = "Who goes to the Sargasso Sea, and how?"
    found = rag.retrieve("with-tokens", once, spec=SPEC)
    assert stages(found) == ["dense", "max_sim"]
    assert found.usage.query_embedding_count == 1
    assert found.provenance.embedder == keeping
    assert rag.retrieve("with-tokens", once, spec=SPEC).cache.query_embedding_hit


def test_one_that_does_not_is_refused_until_it_is_reindexed(
    rag: RagClient, keeping: str, collection: str
) -> None:
    rag.documents.upsert(collection, DOCUMENTS)
    with pytest.raises(FailedPrecondition) as caught:
        rag.retrieve(collection, QUESTION, spec=SPEC)
    assert caught.value.reason == "RERANKER_NOT_CONFIGURED"
    job = rag.collections.reindex(collection, Reindexing(embedder=keeping))
    assert end(rag, job).state == JobState.SUCCEEDED
    assert stages(rag.retrieve(collection, QUESTION, spec=SPEC)) == ["dense", "max_sim"]


def test_the_precise_pipeline_takes_what_there_is(rag: RagClient, keeping: str) -> None:
    """What a collection cannot have is no degradation of each of its calls."""
    for name, embedder in (("precise-with", keeping), ("precise-without", "")):
        rag.collections.create(name, embedder=embedder)
        rag.documents.upsert(name, DOCUMENTS)
    with_tokens = rag.retrieve("precise-with", QUESTION, pipeline="precise", explain=True)
    without = rag.retrieve("precise-without", QUESTION, pipeline="precise", explain=True)
    assert "max_sim" in stages(with_tokens)
    assert "max_sim" not in stages(without)
    assert "left_out" not in [each.step for each in with_tokens.funnel]
    (left_out,) = [each for each in without.funnel if each.step == "left_out"]
    assert left_out.detail.startswith("max_sim: there are no token vectors")


def test_an_embedder_that_there_is_not_is_named(rag: RagClient) -> None:
    with pytest.raises(NotFound) as caught:
        rag.collections.create("nowhere", embedder="none+tokens")
    assert caught.value.reason == "EMBEDDER_NOT_FOUND"


def test_a_backup_holds_them(backed_up: RagClient) -> None:
    backed_up.collections.create("kept", embedder=f"{backed_up.server_info().embedder.name}+tokens")
    backed_up.documents.upsert("kept", DOCUMENTS)
    job = backed_up.backups.create("kept")
    backup = str(end(backed_up, job).result["backup"])
    restored = backed_up.backups.restore(backup, "kept", name="again")
    assert end(backed_up, restored).state == JobState.SUCCEEDED
    assert stages(backed_up.retrieve("again", QUESTION, spec=SPEC)) == ["dense", "max_sim"]
