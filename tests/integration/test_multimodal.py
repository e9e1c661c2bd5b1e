"""Images are found by images, by words, and by both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_client import (
    AlreadyExists,
    Document,
    F,
    FailedPrecondition,
    Hit,
    HybridRetriever,
    InvalidArgument,
    Job,
    JobState,
    MmrReranker,
    Modality,
    MultimodalRetriever,
    OutcomeKind,
    PipelineSpec,
    RagClient,
    ReciprocalRankFusion,
    Reindexing,
    SentenceChunking,
    WeightedField,
    WeightedRetriever,
)
from tests.pictures import SCENES, Picture, cropped, darker, drawn, saved
from tests.serving import ServerProcess, serving

SEEN = PipelineSpec(MultimodalRetriever([WeightedField(Modality.IMAGE)]))
BOTH = PipelineSpec(
    MultimodalRetriever([WeightedField(Modality.TEXT), WeightedField(Modality.IMAGE)])
)
NOTES = "The harbour master's notes on tides and moorings."


def photo(scene: str, name: str = "", picture: Picture | None = None, **options: str) -> Document:
    content = saved(picture or drawn(scene))
    fields: dict[str, str | int] = {"scene": scene, "year": 2020 + SCENES.index(scene)}
    title = options.get("title")
    return Document(name or f"{scene}.png", "", "image", title=title, metadata=fields, data=content)


@pytest.fixture
def photos(rag: RagClient, collection: str) -> str:
    """A collection with one photo of each scene, and a text."""
    name = f"{collection}-photos"
    made = rag.collections.create(name, fields=["image"])
    assert [each.modality for each in made.fields] == [Modality.IMAGE]
    documents = [*map(photo, SCENES), Document("notes", NOTES)]
    rag.documents.upsert(name, documents).raise_for_failures()
    return name


def found(
    rag: RagClient, name: str, picture: Picture, query: str = "", **options: object
) -> list[Hit]:
    image = saved(picture, "JPEG", quality=85)
    given = {"spec": SEEN, **options}
    return list(rag.retrieve(name, query, image=image, **given).hits)  # type: ignore[arg-type]


def finished(rag: RagClient, job: Job) -> None:
    *_, last = rag.jobs.watch(job.id)
    assert last.state is JobState.SUCCEEDED


@pytest.mark.parametrize("change", [cropped, darker, lambda picture: picture.resize((90, 70))])
def test_an_image_finds_its_own_scene_first(rag: RagClient, photos: str, change: object) -> None:
    for scene in SCENES:
        hits = found(rag, photos, change(drawn(scene)))  # type: ignore[operator]
        assert [hit.metadata["scene"] for hit in hits][:1] == [scene]
        assert len(hits) == len(SCENES)
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)
        stages = {each.stage: each.rank for each in hits[0].stage_scores}
        assert stages == {"image": 1, "multimodal": 1}


def test_a_path_is_as_good_as_bytes(rag: RagClient, photos: str, tmp_path: Path) -> None:
    path = tmp_path / "asked.webp"
    path.write_bytes(saved(drawn("snow"), "WEBP"))
    assert rag.retrieve(photos, spec=SEEN, image=path).hits[0].metadata["scene"] == "snow"
    with pytest.raises(InvalidArgument, match="cannot be read"):
        rag.retrieve(photos, spec=SEEN, image=tmp_path / "none.png")


def test_words_and_image_decide_together(rag: RagClient, photos: str) -> None:
    twins = [
        photo("sunset", "beach.png", title="Our beach holiday"),
        photo("sunset", "roof.png", title="From the roof of the office"),
    ]
    rag.documents.upsert(photos, twins).raise_for_failures()
    for words, wanted in (("holiday at the beach", "beach.png"), ("office roof", "roof.png")):
        best = found(rag, photos, drawn("sunset"), words, spec=BOTH)[0]
        assert best.document_id == wanted
        assert {"text", "image", "multimodal"} <= {each.stage for each in best.stage_scores}
    fields = [WeightedField(Modality.TEXT, 3), WeightedField(Modality.IMAGE)]
    ranks = MultimodalRetriever(fields, ReciprocalRankFusion())
    hits = found(rag, photos, drawn("sunset"), "office roof", spec=PipelineSpec(ranks))
    assert hits[0].document_id == "roof.png"


def test_a_text_without_an_image_is_found_by_its_words(rag: RagClient, photos: str) -> None:
    hits = rag.retrieve(photos, "when is the tide?", spec=BOTH, explain=True)
    assert hits.hits[0].document_id == "notes"
    (left_out,) = [each for each in hits.funnel if each.step == "image"]
    assert left_out.detail == "left out: the question shows no image"


def test_a_collection_without_the_field_answers_by_words(rag: RagClient, collection: str) -> None:
    rag.documents.upsert(collection, [photo("snow"), Document("notes", NOTES)])
    hits = found(rag, collection, drawn("forest"), "tides", spec=BOTH)
    assert hits[0].document_id == "notes"
    with pytest.raises(FailedPrecondition) as caught:
        found(rag, collection, drawn("forest"))
    assert caught.value.reason == "FIELD_MISSING"


def test_filters_hold(rag: RagClient, photos: str) -> None:
    hits = found(rag, photos, drawn("sunset"), filter=F("year") >= 2021)
    assert {hit.metadata["scene"] for hit in hits} == {"forest", "street", "snow"}
    assert found(rag, photos, drawn("sunset"), filter=F("year") > 2099) == []
    hits = found(rag, photos, drawn("sunset"), "tides", spec=BOTH, filter=F("scene") == "snow")
    assert [hit.document_id for hit in hits] == ["snow.png"]


def test_what_is_replaced_or_deleted_is_found_no_more(rag: RagClient, photos: str) -> None:
    assert found(rag, photos, drawn("street"), top_k=1)[0].document_id == "street.png"
    changed = photo("snow", "street.png")
    (outcome,) = rag.documents.upsert(photos, [changed]).outcomes
    assert outcome.kind is OutcomeKind.UPDATED
    (outcome,) = rag.documents.upsert(photos, [changed]).outcomes
    assert outcome.kind is OutcomeKind.UNCHANGED
    twins = found(rag, photos, drawn("snow"), top_k=2)
    assert {hit.document_id for hit in twins} == {"snow.png", "street.png"}
    assert twins[0].score == pytest.approx(twins[1].score)
    rag.documents.delete(photos, ["snow.png"])
    assert "snow.png" not in {hit.document_id for hit in found(rag, photos, drawn("snow"))}


def test_it_may_be_a_part_of_a_hybrid(rag: RagClient, photos: str) -> None:
    parts = [WeightedRetriever(SEEN.retriever), WeightedRetriever(BOTH.retriever)]
    spec = PipelineSpec(HybridRetriever(parts))
    assert found(rag, photos, drawn("forest"), spec=spec)[0].document_id == "forest.png"


def test_reindexing_keeps_the_vectors(rag: RagClient, photos: str) -> None:
    before = found(rag, photos, drawn("forest"))
    job = rag.collections.reindex(photos, Reindexing(SentenceChunking(max_tokens=40)))
    finished(rag, job)
    assert rag.collections.get(photos).generation == 2
    assert [each.modality for each in rag.collections.get(photos).fields] == [Modality.IMAGE]
    after = found(rag, photos, drawn("forest"))
    assert [(hit.document_id, hit.score) for hit in after] == [
        (hit.document_id, hit.score) for hit in before
    ]


@pytest.mark.parametrize(
    ("query", "image", "spec", "field"),
    [
        ("", None, SEEN, "query"),
        ("tides", b"GIF89a", SEEN, "image"),
        ("tides", b"x" * (8 * 2**20 + 1), SEEN, "image"),
        ("tides", saved(drawn("snow")), None, "image"),
        ("", saved(drawn("snow")), PipelineSpec(SEEN.retriever, [MmrReranker()]), "query"),
        ("tides", None, PipelineSpec(MultimodalRetriever([])), "spec.retriever.multimodal.fields"),
        (
            "tides",
            None,
            PipelineSpec(MultimodalRetriever([WeightedField(Modality.TEXT)] * 2)),
            "spec.retriever.multimodal.fields",
        ),
    ],
)
def test_a_wrong_question_names_what_is_wrong(
    rag: RagClient, photos: str, query: str, image: bytes | None, spec: PipelineSpec, field: str
) -> None:
    with pytest.raises(InvalidArgument) as caught:
        rag.retrieve(photos, query, image=image, spec=spec)
    assert field in {each.field for each in caught.value.violations}


def test_an_answer_needs_words(rag: RagClient, photos: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        rag.query(photos, "", spec=SEEN, image=saved(drawn("snow")))
    assert {each.field for each in caught.value.violations} == {"retrieval.query"}
    answer = rag.query(photos, "Whose notes on tides?", spec=BOTH, image=saved(drawn("snow")))
    assert answer.hits


def test_fields_are_decided_once(rag: RagClient, photos: str) -> None:
    with pytest.raises(AlreadyExists):
        rag.collections.create(photos, fields=["image"])
    with pytest.raises(InvalidArgument):
        rag.collections.create("x", fields=["smell"])


@pytest.fixture
def backed_up(tmp_path: Path) -> Iterator[ServerProcess]:
    env = {"RAGRPC_BACKUP__URL": str(tmp_path / "backups"), "RAGRPC_IMAGES__MEMORY_BYTES": "0"}
    with serving(tmp_path / "data", env=env) as server:
        yield server


def test_a_restored_collection_finds_the_same(backed_up: ServerProcess) -> None:
    with RagClient(backed_up.address) as rag:
        rag.collections.create("photos", fields=["image"])
        rag.documents.upsert("photos", [*map(photo, SCENES)]).raise_for_failures()
        before = found(rag, "photos", drawn("street"))
        job = rag.backups.create()
        finished(rag, job)
        (backup,) = rag.backups.list()
        finished(rag, rag.backups.verify(backup.id))
        finished(rag, rag.backups.restore(backup.id, collection="photos", name="again"))
        after = found(rag, "again", darker(drawn("street")))
    assert after[0].document_id == before[0].document_id == "street.png"
    assert len(after) == len(before) == len(SCENES)
