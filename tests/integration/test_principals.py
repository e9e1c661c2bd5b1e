"""Keys, roles, tenants and mandatory filters, over the wire."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag_client import (
    Document,
    F,
    Modality,
    MultimodalRetriever,
    NotFound,
    PermissionDenied,
    PipelineSpec,
    RagClient,
    RagError,
    Unauthenticated,
    WeightedField,
)
from rag_server.__main__ import cli
from tests.serving import ServerProcess, serving

MakeClient = Callable[..., RagClient]


def keys(data_dir: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "rag_server", "keys", *arguments, "--data-dir", str(data_dir)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def quick_key(data_dir: Path, *options: str) -> str:
    """As `keys create` makes it, in this process: to start one takes longer than a test."""
    told = CliRunner().invoke(cli, ["keys", "create", "--data-dir", str(data_dir), *options])
    assert told.exit_code == 0, told.output
    return told.stdout.strip()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, Path]]:
    data_dir = tmp_path_factory.mktemp("guarded") / "data"
    with serving(data_dir, env={"RAGRPC_AUTH__MODE": "required"}) as server:
        yield server, data_dir


@pytest.fixture
def client(guarded: tuple[ServerProcess, Path]) -> Iterator[MakeClient]:
    """Makes clients with keys of a tenant and roles, while the server runs."""
    server, data_dir = guarded
    opened: list[RagClient] = []

    def make(tenant: str, *roles: str, filter: str = "") -> RagClient:
        options = [option for role in roles for option in ("--role", role)]
        options += ["--filter", filter] if filter else []
        key = quick_key(data_dir, "--tenant", tenant, *options)
        opened.append(RagClient(server.address, api_key=key))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.mark.parametrize("key", [None, "nonsense", "rk_00000000_" + "x" * 43])
def test_without_a_good_key_nothing_is_answered(
    guarded: tuple[ServerProcess, Path], key: str | None
) -> None:
    with (
        RagClient(guarded[0].address, api_key=key) as rag,
        pytest.raises(Unauthenticated) as caught,
    ):
        list(rag.collections.list())
    assert caught.value.reason == "INVALID_API_KEY"


def test_a_key_counts_where_none_is_required(data_dir: Path) -> None:
    with serving(data_dir) as server:
        key = keys(data_dir, "create", "--tenant", "acme")
        with RagClient(server.address, api_key=key) as rag:
            assert rag.server_info().caller.tenant == "acme"
        with RagClient(server.address) as rag:
            assert rag.server_info().caller.tenant == "default"
        with RagClient(server.address, api_key="nonsense") as rag, pytest.raises(Unauthenticated):
            rag.server_info()


def test_a_revoked_key_is_refused_at_the_next_call(
    guarded: tuple[ServerProcess, Path],
) -> None:
    server, data_dir = guarded
    made = json.loads(keys(data_dir, "create", "--role", "reader", "--json"))
    with RagClient(server.address, api_key=made["key"]) as rag:
        assert rag.server_info().caller.key_id == made["id"]
        keys(data_dir, "revoke", made["id"])
        with pytest.raises(Unauthenticated):
            rag.server_info()


def test_keys_are_stored_hashed_only(guarded: tuple[ServerProcess, Path]) -> None:
    _, data_dir = guarded
    secret = keys(data_dir, "create").rsplit("_", 1)[1].encode()
    stored = b"".join(path.read_bytes() for path in data_dir.rglob("*") if path.is_file())
    assert secret not in stored


def test_roles_open_what_they_say_and_no_more(client: MakeClient) -> None:
    reader, writer = client("roles", "reader"), client("roles", "writer")
    admin = client("roles", "admin")
    denied: list[tuple[Callable[[], object], str]] = [
        (lambda: reader.collections.create("x"), "writer"),
        (lambda: reader.documents.ingest("x", [Document("a", "Text.")]), "writer"),
        (lambda: writer.collections.get("x"), "reader"),
        (lambda: writer.rerank("q", ["text"]), "reader"),
        (lambda: writer.collections.delete("x"), "admin"),
        (lambda: admin.retrieve("x", "q"), "reader"),
    ]
    writer.collections.create("x")
    assert writer.documents.ingest("x", [Document("a", "Text.")]).created == 1
    for call, role in denied:
        with pytest.raises(PermissionDenied) as caught:
            call()
        assert caught.value.metadata["role"] == role
    writer.documents.upsert("x", [Document("a", "Cats purr.")])
    assert [hit.document_id for hit in reader.retrieve("x", "cats").hits] == ["a"]
    assert admin.collections.delete("x") == 1


def test_another_tenants_collection_does_not_exist(client: MakeClient) -> None:
    ours = client("ours", "reader", "writer", "admin")
    theirs = client("theirs", "reader", "writer", "admin")
    ours.collections.create("papers")
    ours.documents.upsert("papers", [Document("a", "Cats purr.")])
    attempts: list[Callable[[], object]] = [
        lambda: theirs.collections.get("papers"),
        lambda: theirs.collections.delete("papers"),
        lambda: theirs.retrieve("papers", "cats"),
        lambda: theirs.query("papers", "cats"),
        lambda: theirs.documents.get("papers", "a"),
        lambda: theirs.documents.delete("papers", ["a"]),
        lambda: theirs.documents.upsert("papers", [Document("a", "Dogs bark.")]),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound) as caught:
            attempt()
        assert caught.value.reason == "COLLECTION_NOT_FOUND"
    assert "papers" not in {each.name for each in theirs.collections.list()}
    assert ours.documents.get("papers", "a").text == "Cats purr."


def test_tenants_may_use_the_same_names(client: MakeClient) -> None:
    for tenant, text in (("red", "Cats purr."), ("blue", "Dogs bark.")):
        rag = client(tenant, "reader", "writer")
        rag.collections.create("notes")
        rag.documents.upsert("notes", [Document("a", text)])
        assert [hit.text for hit in rag.retrieve("notes", "animals").hits] == [text]


def test_a_mandatory_filter_narrows_every_read(client: MakeClient) -> None:
    owner = client("acl", "reader", "writer")
    owner.collections.create("files")
    owner.documents.upsert(
        "files",
        [
            Document("open", "The budget is public.", metadata={"team": "all"}),
            Document("secret", "The budget is secret.", metadata={"team": "board"}),
        ],
    )
    only = {"field": "team", "operator": "OPERATOR_EQUAL", "value": {"stringValue": "all"}}
    guest = client("acl", "reader", filter=json.dumps({"comparison": only}))
    assert [hit.document_id for hit in guest.retrieve("files", "budget").hits] == ["open"]
    widened = guest.retrieve("files", "budget", filter=F("team").is_in(["all", "board"]))
    assert [hit.document_id for hit in widened.hits] == ["open"]
    assert "secret" not in guest.query("files", "Is the budget secret?").text
    assert [each.id for each in guest.documents.list("files")] == ["open"]
    for attempt in (
        lambda: guest.documents.get("files", "secret"),
        lambda: list(guest.documents.chunks("files", "secret")),
    ):
        with pytest.raises(RagError) as caught:
            attempt()
        assert caught.value.reason == "DOCUMENT_NOT_FOUND"


def test_a_filter_goes_with_the_role_reader_only(guarded: tuple[ServerProcess, Path]) -> None:
    only = {"field": "team", "operator": "OPERATOR_EQUAL", "value": {"stringValue": "all"}}
    with pytest.raises(subprocess.CalledProcessError) as caught:
        keys(guarded[1], "create", "--role", "writer", "--filter", json.dumps({"comparison": only}))
    assert caught.value.stderr.strip() == "ragrpc-server: filter: goes with the role reader only"


def test_anonymous_on_the_network_is_refused_at_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rag_server", "serve", "--host", "0.0.0.0"]
    finished = subprocess.run(
        [*command, "--data-dir", str(tmp_path)],
        env={"RAGRPC_AUTH__MODE": "off", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 2
    assert len(finished.stderr.strip().splitlines()) == 1
    assert "auth.mode" in finished.stderr


def test_tables_are_those_of_the_tenant_that_the_filter_lets_through(client: MakeClient) -> None:
    spec = PipelineSpec(MultimodalRetriever([WeightedField(Modality.TABLE)]))
    table = "# Wages\n\n| Name | Wage |\n|---|---|\n| Ada | 70,000 |\n"
    acme, rival = (
        client("acme-tables", "admin", "writer", "reader"),
        client("rival", "writer", "reader"),
    )
    acme.collections.create("wages", fields=["table"])
    rival.collections.create("wages", fields=["table"])
    for level in ("secret", "open"):
        document = Document(
            level, f"{table}| {level} | 1 |\n", "markdown", metadata={"level": level}
        )
        acme.documents.upsert("wages", [document]).raise_for_failures()
    only = {"field": "level", "operator": "OPERATOR_EQUAL", "value": {"stringValue": "open"}}
    narrow = client("acme-tables", "reader", filter=json.dumps({"comparison": only}))

    def seen(rag: RagClient) -> set[str]:
        return {hit.document_id for hit in rag.retrieve("wages", "wage of Ada", spec=spec).hits}

    assert seen(acme) == {"secret", "open"}
    assert seen(narrow) == {"open"}
    assert seen(rival) == set()
