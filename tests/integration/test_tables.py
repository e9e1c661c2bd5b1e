"""Tables within documents are found by what they hold."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import docx
import pytest

from rag_client import (
    ContentType,
    Document,
    F,
    FailedPrecondition,
    Hit,
    InvalidArgument,
    Job,
    JobState,
    Modality,
    MultimodalRetriever,
    OutcomeKind,
    PipelineSpec,
    RagClient,
    Reindexing,
    SentenceChunking,
    WeightedField,
)
from tests.serving import ServerProcess, serving

TABLES = PipelineSpec(MultimodalRetriever([WeightedField(Modality.TABLE)]))
TEXT = PipelineSpec(MultimodalRetriever([WeightedField(Modality.TEXT)]))
BOTH = PipelineSpec(
    MultimodalRetriever([WeightedField(Modality.TEXT), WeightedField(Modality.TABLE)])
)
PLANTS = ("Aldermoor", "Brightwater", "Carrow", "Dunfell", "Elmstead", "Farleigh", "Greywick")
HEADER, ROWS = (
    ("Plant", "Nitrogen oxides, t", "Dust, kg"),
    [(name, f"{41 + 7 * n}.{n}", str(3_120 - 211 * n)) for n, name in enumerate(PLANTS)],
)
ASKED = "How many tonnes of nitrogen oxides did the Dunfell plant emit?"
PROSE = (
    "The emissions of nitrogen oxides by our plants are a concern of everyone who lives near "
    "them. How many tonnes a plant emits depends on its burners, on the fuel and on the care of "
    "its crew. Dunfell is a plant whose crew has cared about nitrogen oxides for many years.\n\n"
    "Every plant reports the nitrogen oxides that it emitted to the authority, in tonnes, and "
    "the Dunfell plant was the first to do so of its own accord. The report is read by many.\n\n"
)
OTHER = (
    "Our canteens served more vegetables than ever. The choir sang at the summer party.\n\n" * 12
)


def pipes(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(each)} |" for each in lines)


def others() -> str:
    """Sections with a table each that is not asked for."""
    years = [(str(2019 + n), str(n * 31)) for n in range(5)]
    kinds = (("Staff", "Apprentices"), ("Water", "Wells"), ("Bicycles", "Rides"), ("Trees", "Oaks"))
    return "\n\n".join(f"## {kind}\n\n{OTHER}{pipes(('Year', of), years)}" for kind, of in kinds)


def report(rows: Sequence[tuple[str, ...]] = ROWS) -> str:
    table = pipes(HEADER, rows)
    return f"# Annual report\n\n{OTHER}## People\n\n{PROSE}## Air\n\n{table}\n\n## Food\n\n{OTHER}"


def markdown(id: str = "report", text: str = "", **metadata: int) -> Document:
    return Document(id, text or report(), "markdown", metadata=dict(metadata))


@pytest.fixture
def reports(rag: RagClient, collection: str) -> str:
    """An empty collection that has the field."""
    made = rag.collections.create(f"{collection}-reports", fields=["table"])
    (field,) = made.fields
    assert (field.modality, field.embedder) == (Modality.TABLE, made.embedder)
    return made.name


def found(
    rag: RagClient, name: str, query: str = ASKED, spec: PipelineSpec = TABLES, **options: object
) -> list[Hit]:
    return list(rag.retrieve(name, query, spec=spec, **options).hits)  # type: ignore[arg-type]


def finished(rag: RagClient, job: Job) -> None:
    *_, last = rag.jobs.watch(job.id)
    assert last.state is JobState.SUCCEEDED


def test_a_figure_is_found_where_the_text_prefers_prose(rag: RagClient, reports: str) -> None:
    long = markdown(text=f"{report()}{others()}")
    rag.documents.upsert(reports, [long]).raise_for_failures()
    assert "| 62.3 |" not in found(rag, reports, spec=TEXT)[0].text
    best = found(rag, reports, spec=BOTH)[0]
    assert "| Dunfell | 62.3 |" in best.text
    assert {"text", "table", "multimodal"} <= {each.stage for each in best.stage_scores}
    hits = found(rag, reports)
    assert len(hits) == 5
    assert hits[0].chunk_id == best.chunk_id


def test_a_long_table_is_found_at_the_part_that_answers(rag: RagClient, reports: str) -> None:
    rows = [(f"Station {n:03}", f"{n * 7 % 90}.5", f"{n * 13 % 400}") for n in range(120)]
    rag.documents.upsert(reports, [markdown(text=report(rows))]).raise_for_failures()
    hits = found(rag, reports, "dust at station 093")
    assert len(hits) > 3
    assert all("| Station" in hit.text for hit in hits)
    assert len({hit.chunk_id for hit in hits}) == len(hits)


def word_file() -> bytes:
    document = docx.Document()
    document.add_heading("Air", 1)
    table = document.add_table(rows=0, cols=len(HEADER))
    for row in (HEADER, *ROWS):
        for cell, words in zip(table.add_row().cells, row, strict=True):
            cell.text = words
    document.add_paragraph(OTHER)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def page() -> str:
    rows = (f"<tr>{''.join(f'<td>{cell}' for cell in row)}" for row in (HEADER, *ROWS))
    return f"<h1>Air</h1><p>{OTHER}</p><table>{''.join(rows)}</table>"


FILES = [
    ("markdown", report().encode(), "| Dunfell | 62.3 |"),
    ("html", page().encode(), "Dunfell\t62.3"),
    ("docx", word_file(), "Dunfell\t62.3"),
    (
        "csv",
        "\n".join(";".join(row) for row in (HEADER, *ROWS)).encode(),
        "Plant: Dunfell; Nitrogen oxides, t: 62.3",
    ),
]


@pytest.mark.parametrize(("kind", "content", "row"), FILES, ids=[kind for kind, *_ in FILES])
def test_tables_of_every_format(
    rag: RagClient, reports: str, kind: str, content: bytes, row: str
) -> None:
    document = Document("file", "", ContentType(kind), data=content)
    rag.documents.upsert(reports, [document]).raise_for_failures()
    (hit, *_) = found(rag, reports)
    assert row in hit.text


def test_plain_text_has_no_tables(rag: RagClient, reports: str) -> None:
    rag.documents.upsert(reports, [Document("plain", report())]).raise_for_failures()
    assert found(rag, reports) == []
    assert found(rag, reports, spec=BOTH)


def test_filters_and_revisions_hold(rag: RagClient, reports: str) -> None:
    rag.documents.upsert(reports, [markdown("old", year=2023), markdown("new", year=2024)])
    assert {hit.document_id for hit in found(rag, reports)} == {"old", "new"}
    (hit,) = found(rag, reports, filter=F("year") == 2024)
    assert hit.document_id == "new"
    assert found(rag, reports, filter=F("year") > 2030) == []


def test_what_is_replaced_or_deleted_is_found_no_more(rag: RagClient, reports: str) -> None:
    rag.documents.upsert(reports, [markdown(), markdown("other")]).raise_for_failures()
    (again,) = rag.documents.upsert(reports, [markdown()]).outcomes
    assert again.kind is OutcomeKind.UNCHANGED
    changed = markdown(text=report().replace("62.3", "11.9"))
    rag.documents.upsert(reports, [changed]).raise_for_failures()
    held = {hit.document_id: hit.text for hit in found(rag, reports)}
    assert "| Dunfell | 11.9 |" in held["report"]
    assert "| Dunfell | 62.3 |" in held["other"]
    rag.documents.delete(reports, ["report"])
    assert {hit.document_id for hit in found(rag, reports)} == {"other"}
    rag.documents.upsert(reports, [markdown("other", text=f"# Air\n\n{PROSE}")])
    assert found(rag, reports) == []


def test_a_collection_without_the_field_answers_by_words(rag: RagClient, collection: str) -> None:
    rag.documents.upsert(collection, [markdown()]).raise_for_failures()
    answered = rag.retrieve(collection, ASKED, spec=BOTH, explain=True)
    assert answered.hits
    (left_out,) = [each for each in answered.funnel if each.step == "table"]
    assert left_out.detail == "left out: the collection has no such field"
    with pytest.raises(FailedPrecondition) as caught:
        found(rag, collection)
    assert caught.value.reason == "FIELD_MISSING"
    with pytest.raises(InvalidArgument, match="query"):
        found(rag, collection, "")


def test_reindexing_keeps_the_vectors(rag: RagClient, reports: str) -> None:
    rag.documents.upsert(reports, [markdown()]).raise_for_failures()
    (before,) = found(rag, reports)
    embedder = rag.collections.get(reports).embedder
    changes = Reindexing(SentenceChunking(max_tokens=64), embedder=f"{embedder}+tokens")
    finished(rag, rag.collections.reindex(reports, changes))
    now = rag.collections.get(reports)
    assert (now.embedder, now.fields[0].embedder) == (f"{embedder}+tokens", embedder)
    (after,) = found(rag, reports)
    assert after.score == pytest.approx(before.score, abs=1e-5)
    (again,) = rag.documents.upsert(reports, [markdown()]).outcomes
    assert again.kind is OutcomeKind.UNCHANGED


@pytest.fixture
def backed_up(tmp_path: Path) -> Iterator[ServerProcess]:
    env = {"RAGRPC_BACKUP__URL": str(tmp_path / "backups"), "RAGRPC_IMAGES__MEMORY_BYTES": "0"}
    with serving(tmp_path / "data", env=env) as server:
        yield server


def test_a_restored_collection_finds_the_same(backed_up: ServerProcess) -> None:
    with RagClient(backed_up.address) as rag:
        rag.collections.create("reports", fields=["image", "table"])
        rag.documents.upsert("reports", [markdown(), markdown("b")]).raise_for_failures()
        rag.documents.delete("reports", ["b"])
        before = found(rag, "reports")
        finished(rag, rag.backups.create())
        (backup,) = rag.backups.list()
        finished(rag, rag.backups.verify(backup.id))
        finished(rag, rag.backups.restore(backup.id, collection="reports", name="again"))
        fields = {each.modality for each in rag.collections.get("again").fields}
        after = found(rag, "again")
    assert fields == {Modality.IMAGE, Modality.TABLE}
    assert [(hit.document_id, hit.text, hit.score) for hit in after] == [
        (hit.document_id, hit.text, hit.score) for hit in before
    ]
    assert [hit.document_id for hit in after] == ["report"]
