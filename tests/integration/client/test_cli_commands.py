import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import typer
from grpc import StatusCode
from jsonschema import Draft202012Validator
from ragrpc.v1 import rag_service_pb2
from ragrpc.v1.chunking_pb2 import (
    Chunking,
    CodeChunking,
    HierarchicalChunking,
    MarkdownChunking,
    SentenceChunking,
)
from ragrpc.v1.modality_pb2 import MODALITY_IMAGE, MODALITY_TABLE, MODALITY_TEXT
from referencing import Registry, Resource
from typer.testing import CliRunner

from rag_client.cli.app import build_app
from tests.integration.client.fake_server import BACKUPS, FakeServer, Fault, details, serving

Run = Callable[..., Any]
SCHEMAS = {
    each.name: json.loads(each.read_text())
    for each in (resources.files("rag_client.cli") / "schemas").iterdir()
    if each.name.endswith(".json")
}
REGISTRY: Registry[Any] = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)


def check(name: str, text: str) -> Any:
    """The document in `text`, once it is under its schema."""
    found = json.loads(text)
    schema = SCHEMAS[f"{name}.json"]
    Draft202012Validator(
        schema, registry=REGISTRY, format_checker=Draft202012Validator.FORMAT_CHECKER
    ).validate(found)
    return found


@pytest.fixture
def run(server: FakeServer) -> Run:
    serving(server, ready=True)
    app = build_app()
    environment = {"RAGRPC_ADDRESS": server.address, "RAGRPC_API_KEY": None, "COLUMNS": "200"}

    def invoke(*arguments: str | Path, code: int = 0, typed: str | None = None) -> Any:
        words = [str(each) for each in arguments]
        result = CliRunner().invoke(app, words, env=environment, input=typed)
        assert result.exit_code == code, result.output
        return result

    return invoke


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs" / "sub").mkdir(parents=True)
    (tmp_path / "docs" / "vacation.md").write_text("Staff get 25 days.")
    (tmp_path / "docs" / "sub" / "travel.html").write_text("<p>By train.</p>")
    return tmp_path / "docs"


@pytest.fixture
def filled(run: Run, docs: Path) -> Run:
    run("ingest", docs, "-c", "handbook", "-m", "year=2026")
    return run


def test_ingest_stores_files_under_their_relative_paths(
    run: Run, docs: Path, server: FakeServer
) -> None:
    result = run("ingest", docs, "--collection", "handbook", "--metadata", "year=2026")
    stored = server.collections["handbook"]
    assert sorted(stored) == ["sub/travel.html", "vacation.md"]
    assert stored["vacation.md"].metadata["year"].int64_value == 2026
    assert "2 documents (2 created, 0 updated, 0 unchanged, 0 failed)" in result.stdout
    assert "2 of 2 documents" in result.stderr


def test_ingest_lists_what_failed_and_stores_the_rest(
    run: Run, docs: Path, server: FakeServer
) -> None:
    (docs / "bad.txt").write_bytes(b"\xff\xfe")
    (docs / "empty.txt").write_text(" ")
    result = run("ingest", docs, "-c", "handbook", code=1)
    assert "failed: bad.txt: the file is not UTF-8 text" in result.stderr
    assert "failed: empty.txt" in result.stderr
    assert "2 created" in result.stdout
    assert "2 failed" in result.stdout
    assert sorted(server.collections["handbook"]) == ["sub/travel.html", "vacation.md"]


def test_ingest_as_json_reports_everything_and_says_nothing_else(run: Run, docs: Path) -> None:
    (docs / "bad.txt").write_bytes(b"\xff\xfe")
    result = run("ingest", docs, "-c", "handbook", "--json", code=1)
    report = check("ingest", result.stdout)
    assert report["counts"] == {"created": 2, "updated": 0, "unchanged": 0, "failed": 1}
    assert report["failures"][0]["document_id"] == "bad.txt"
    assert result.stderr == ""


def test_ingest_does_not_create_the_collection_when_told(run: Run, docs: Path) -> None:
    result = run("ingest", docs, "-c", "handbook", "--no-create", code=1)
    assert "`ragrpc collections list`" in result.stderr


def test_ingest_of_nothing_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    result = run("ingest", tmp_path, "-c", "handbook", code=2)
    assert result.stderr.startswith("ragrpc: PATH: no file")


def test_ingest_takes_a_glob_and_a_type(run: Run, docs: Path, server: FakeServer) -> None:
    (docs / "notes.log").write_text("note")
    run("ingest", docs, "-c", "logs", "--type", "plain", "--glob", "*.log")
    assert list(server.collections["logs"]) == ["notes.log"]


def test_query_streams_the_text_then_shows_citations_and_timings(filled: Run) -> None:
    shown = filled("query", "-c", "handbook", "How many days?").stdout
    text, _, rest = shown.partition("\n")
    assert text == "<p>By train.</p>"
    assert '[1] sub/travel.html  bytes 0-16  "<p>By train.</p>" (support 1.00)' in rest
    assert "generate 2.2 ms" in rest


def test_query_without_streaming_shows_the_same(filled: Run, server: FakeServer) -> None:
    streamed = filled("query", "-c", "handbook", "q").stdout
    assert filled("query", "-c", "handbook", "q", "--no-stream").stdout == streamed
    assert len(server.calls_of("Query")) == 1


def test_query_shows_the_final_answer_where_the_streamed_text_was_provisional(
    filled: Run, server: FakeServer
) -> None:
    event = rag_service_pb2.StreamQueryResponse
    server.events = [
        event(sequence=0, delta=rag_service_pb2.Delta(text="First guess")),
        event(sequence=1, completed=rag_service_pb2.QueryResponse(answer="Better")),
    ]
    assert "Final answer: Better" in filled("query", "-c", "handbook", "q").stdout


def test_query_says_why_there_is_no_answer(run: Run) -> None:
    run("collections", "create", "empty")
    assert "No answer: nothing was found." in run("query", "-c", "empty", "q").stdout


def test_options_of_a_question_reach_the_server(filled: Run, server: FakeServer) -> None:
    filled(
        "query", "-c", "handbook", "q", "-f", "year>=2025", "-f", "team in hr,legal", "-k", "3",
        "--min-score", "0.2", "--fresh", "token", "--explain", "--generator", "extractive",
    )  # fmt: skip
    request = server.calls_of("StreamQuery")[0].request.query
    assert len(request.retrieval.filter.all_of.filters) == 2
    assert request.retrieval.top_k == 3
    assert request.retrieval.spec.retriever.dense.min_score == 0.2
    assert request.retrieval.consistency.at_least_as_fresh == "token"
    assert request.retrieval.explain
    assert request.generator.WhichOneof("strategy") == "extractive"


def test_an_image_is_a_question(filled: Run, server: FakeServer, tmp_path: Path) -> None:
    image = tmp_path / "asked.png"
    image.write_bytes(b"pixels")
    filled("retrieve", "-c", "handbook", "--image", image)
    request = server.calls_of("Retrieve")[-1].request
    assert (request.query, request.image) == ("", b"pixels")
    fields = request.spec.retriever.multimodal.fields
    assert [each.field for each in fields] == [MODALITY_TEXT, MODALITY_IMAGE]
    filled("retrieve", "-c", "handbook", "q", "--image", image, "--min-score", "0.5", code=2)
    filled("collections", "create", "photos", "--field", "image")
    assert list(server.calls_of("CreateCollection")[-1].request.fields) == [MODALITY_IMAGE]
    filled("collections", "create", "reports", "--field", "table", "--field", "image")
    wanted = [MODALITY_TABLE, MODALITY_IMAGE]
    assert list(server.calls_of("CreateCollection")[-1].request.fields) == wanted


def test_retrieve_shows_hits_best_first(filled: Run) -> None:
    shown = filled("retrieve", "-c", "handbook", "days", "--explain", "-p", "fast").stdout
    assert shown.startswith("1. 0.750  sub/travel.html  bytes 0-16\n")
    assert "2. 0.750  vacation.md" in shown
    assert "step plan: 2" in shown


def test_rerank_orders_files(run: Run, docs: Path, server: FakeServer) -> None:
    files = [docs / "vacation.md", docs / "sub" / "travel.html"]
    shown = run("rerank", "How?", *files, "-k", "2", "--reranker", "mmr").stdout
    assert shown.startswith(f"1. 1.000  {files[1]}\n<p>By train.</p>\n\n2. 1.000  {files[0]}\n")
    request = server.calls_of("Rerank")[0].request
    assert (request.query, request.top_k) == ("How?", 2)
    assert request.reranker.WhichOneof("strategy") == "mmr"


def test_rerank_orders_lines_of_the_standard_input(run: Run, server: FakeServer) -> None:
    run("rerank", "How?", typed="by train\n\nby ship\n")
    texts = server.calls_of("Rerank")[0].request.texts
    assert [(each.id, each.text) for each in texts] == [("1", "by train"), ("3", "by ship")]


def test_rerank_of_nothing_or_of_no_text_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    run("rerank", "How?", typed="\n", code=2)
    (tmp_path / "bad").write_bytes(b"\xff")
    assert "not UTF-8" in run("rerank", "How?", tmp_path / "bad", code=2).stderr


def test_a_wrong_condition_is_a_usage_error(filled: Run) -> None:
    result = filled("retrieve", "-c", "handbook", "q", "-f", "year~1", code=2)
    assert result.stderr.startswith("ragrpc: --filter: 'year~1' is no condition")


def test_collections_are_listed_created_and_shown(run: Run) -> None:
    assert "handbook" in run("collections", "create", "handbook").stdout
    run("collections", "create", "handbook", code=1)
    run("collections", "create", "handbook", "--exist-ok")
    assert run("collections", "list").stdout == "handbook\t0\t0\t\n"
    shown = run("collections", "get", "handbook").stdout
    assert "embedder\ttest\n" in shown
    assert "chunking\tsentence, max tokens 200, overlap 0\n" in shown


def test_a_collection_is_created_with_its_chunking(run: Run, server: FakeServer) -> None:
    run("collections", "create", "a", "--chunking", "markdown", "--max-tokens", "150")
    run("collections", "create", "b", "--chunking", "sentence", "--overlap", "0")
    run("collections", "create", "c", "--chunking", "code", "--language", "go")
    run("collections", "create", "d", "--chunking", "hierarchical", "--parent-tokens", "500")
    run("collections", "create", "e")
    asked = [each.request.chunking for each in server.calls_of("CreateCollection")]
    assert asked == [
        Chunking(markdown=MarkdownChunking(max_tokens=150)),
        Chunking(sentence=SentenceChunking(overlap=0)),
        Chunking(code=CodeChunking(language="go")),
        Chunking(hierarchical=HierarchicalChunking(parent_tokens=500)),
        Chunking(),
    ]


def test_options_of_another_chunking_are_usage_errors(run: Run, server: FakeServer) -> None:
    options = ("--chunking", "markdown", "--overlap", "2")
    shown = run("collections", "create", "a", *options, code=2).stderr
    assert "--overlap: needs --chunking sentence" in shown
    assert "--max-tokens" in run("collections", "create", "a", "--max-tokens", "9", code=2).stderr
    assert server.calls_of("CreateCollection") == []


def test_deleting_a_collection_asks_first(filled: Run, server: FakeServer) -> None:
    result = filled("collections", "delete", "handbook", code=1, typed="n\n")
    assert "Delete handbook with its 2 documents?" in result.stderr
    assert "handbook" in server.collections
    filled("collections", "delete", "handbook", typed="y\n")
    assert server.collections == {}


def test_deleting_a_collection_with_yes_does_not_ask(filled: Run, server: FakeServer) -> None:
    shown = filled("collections", "delete", "handbook", "--yes").stdout
    assert shown == "deleted handbook with 2 documents\n"
    assert server.collections == {}


def test_nobody_to_ask_deletes_nothing(filled: Run, server: FakeServer) -> None:
    filled("collections", "delete", "handbook", code=130, typed="")
    assert "handbook" in server.collections


def test_documents_are_listed_shown_and_deleted(filled: Run) -> None:
    listed = filled("documents", "list", "-c", "handbook", "-f", "year=2026")
    assert listed.stdout == "sub/travel.html\t\t1\t16\nvacation.md\t\t1\t18\n"
    limited = filled("documents", "list", "-c", "handbook", "-n", "1").stdout
    assert limited == "sub/travel.html\t\t1\t16\n"
    shown = filled("documents", "get", "-c", "handbook", "vacation.md").stdout
    assert "metadata year\t2026\n" in shown
    assert shown.endswith("\n\nStaff get 25 days.\n")
    text = filled("documents", "get", "-c", "handbook", "vacation.md", "--text").stdout
    assert text == "Staff get 25 days.\n"
    chunks = filled("documents", "chunks", "-c", "handbook", "vacation.md").stdout
    assert chunks.startswith("0. chunk-0  bytes 0-18, 4 tokens\nStaff get 25 days.")
    deleted = filled("documents", "delete", "-c", "handbook", "vacation.md", "unknown").stdout
    assert deleted == "deleted 1 of 2 documents\n"


def test_backups_are_listed_shown_and_deleted(run: Run) -> None:
    newest, oldest = BACKUPS
    assert run("backups", "list").stdout == (
        f"{newest}\tincremental\ttenant\t3\t4096\n{oldest}\tfull\ttenant\t3\t4096\n"
    )
    assert run("backups", "list", "-n", "1").stdout.count("\n") == 1
    shown = run("backups", "get", newest).stdout
    assert f"builds on\t{oldest}\n" in shown
    assert "collection docs\t3 documents, revision 7\n" in shown
    deleted = run("backups", "delete", newest)
    assert deleted.stderr == f"backup {newest} is deleted\n"


def test_a_backup_that_is_begun_is_a_job(run: Run, server: FakeServer) -> None:
    begun = run("backups", "create", "-c", "docs", "--incremental", "--no-wait").stdout
    assert "job\tjob-1\nkind\tbackup\ncollection\tdocs\n" in begun
    request = server.calls_of("CreateBackup")[0].request
    assert (request.collection, request.incremental) == ("docs", True)
    run("backups", "restore", BACKUPS[0], "-c", "docs", "--as", "then", "--replace", "--no-wait")
    request = server.calls_of("RestoreBackup")[0].request
    assert (request.backup_id, request.collection, request.name) == (BACKUPS[0], "docs", "then")
    assert request.replace


def test_a_backup_is_followed_to_its_end(run: Run, server: FakeServer) -> None:
    assert "state\tsucceeded\n" in run("backups", "verify", BACKUPS[0]).stdout
    assert server.calls_of("WatchJob")[0].request.job_id == "job-1"


def test_status_shows_the_server_and_fails_where_it_is_not_ready(
    run: Run, server: FakeServer
) -> None:
    assert "health\tserving\n" in run("status").stdout
    serving(server, ready=False)
    assert "health\tnot_serving\n" in run("status", code=1).stdout


JSON_COMMANDS = [
    ("status", ["status"]),
    ("collections", ["collections", "list"]),
    ("collection", ["collections", "get", "handbook"]),
    ("collection", ["collections", "create", "new"]),
    ("collection_schema", ["collections", "schema", "handbook"]),
    ("collection_deletion", ["collections", "delete", "handbook", "--yes"]),
    ("documents", ["documents", "list", "-c", "handbook"]),
    ("document", ["documents", "get", "-c", "handbook", "vacation.md"]),
    ("document_deletion", ["documents", "delete", "-c", "handbook", "vacation.md"]),
    ("chunks", ["documents", "chunks", "-c", "handbook", "vacation.md"]),
    ("retrieval", ["retrieve", "-c", "handbook", "q", "--explain"]),
    ("answer", ["query", "-c", "handbook", "q", "--no-stream"]),
    ("ranking", ["rerank", "q", __file__]),
    ("jobs", ["jobs", "list"]),
    ("job", ["jobs", "get", "job-1"]),
    ("backups", ["backups", "list"]),
    ("backup", ["backups", "get", BACKUPS[0]]),
    ("backup_deletion", ["backups", "delete", BACKUPS[0]]),
    ("job", ["backups", "create", "-c", "handbook", "--no-wait"]),
    ("job", ["backups", "verify", BACKUPS[0], "--no-wait"]),
    ("job", ["backups", "restore", BACKUPS[0], "-c", "docs", "--as", "then", "--no-wait"]),
]


@pytest.mark.parametrize(("schema", "command"), JSON_COMMANDS)
def test_json_is_one_document_under_its_schema(
    filled: Run, schema: str, command: list[str]
) -> None:
    result = filled("--json", *command)
    assert result.stdout.count("\n") == 1
    check(schema, result.stdout)
    assert result.stderr == ""


def test_a_stream_as_json_is_one_event_per_line(filled: Run) -> None:
    lines = filled("query", "-c", "handbook", "q", "--json").stdout.splitlines()
    events = [check("event", line)["event"] for line in lines]
    assert events == ["started", "hits", "delta", "delta", "citation", "completed"]


def test_an_error_as_json_is_one_document_on_stderr(run: Run) -> None:
    result = run("query", "-c", "nowhere", "q", "--json", code=1)
    error = check("error", result.stderr)["error"]
    assert (error["code"], error["reason"]) == ("NOT_FOUND", "COLLECTION_NOT_FOUND")
    assert result.stdout == ""


def test_every_schema_is_valid_and_used() -> None:
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)
    used = {name for name, _ in JSON_COMMANDS} | {"event", "error", "ingest", "common"}
    assert {name.removesuffix(".json") for name in SCHEMAS} == used


def test_json_after_two_dashes_is_a_word_of_the_question(filled: Run, server: FakeServer) -> None:
    filled("retrieve", "-c", "handbook", "--", "--json")
    assert server.calls_of("Retrieve")[0].request.query == "--json"


def test_the_servers_words_come_with_what_to_do(run: Run, server: FakeServer) -> None:
    code = StatusCode.UNAUTHENTICATED
    fault = Fault(code, "the API key is revoked", (details(code, "INVALID_API_KEY"),))
    server.fail("GetServerInfo", fault)
    result = run("status", code=1)
    assert result.stderr == (
        "ragrpc: the API key is revoked; give a valid key with --api-key or RAGRPC_API_KEY\n"
    )


def test_the_key_is_sent_and_never_shown(run: Run, server: FakeServer) -> None:
    result = run("--api-key", "secret-key", "status")
    assert server.seen[0].metadata["x-api-key"] == "secret-key"
    assert "secret-key" not in result.output
    result = run("--api-key", "secret-key", "-a", "rag.example.com:1", "status", code=2)
    assert "secret-key" not in result.output
    assert "plaintext" in result.stderr


def test_the_timeout_is_the_deadline_of_every_call(
    run: Run, docs: Path, server: FakeServer
) -> None:
    run("--timeout", "7", "ingest", docs, "-c", "handbook")
    calls = [each for each in server.seen if each.method != "StreamIngest"]
    assert all(0 < (each.time_remaining or 0) < 8 for each in calls)


def every_command() -> list[list[str]]:
    group = typer.main.get_command(build_app())
    found: list[list[str]] = []
    for name, command in group.commands.items():  # type: ignore[attr-defined]  # a group
        inner = getattr(command, "commands", None)
        found.extend([[name, each] for each in inner] if inner else [[name]])
    return found


@pytest.mark.parametrize("command", every_command(), ids=" ".join)
def test_every_command_explains_itself_with_an_example(run: Run, command: list[str]) -> None:
    shown = run(*command, "--help").stdout
    assert "Example: ragrpc " in shown
