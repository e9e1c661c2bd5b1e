"""`ragrpc-server backup`, `restore` and `backups`, in directories and in buckets."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rag_client import Document, RagClient
from rag_server.__main__ import main
from rag_server.stores.catalog.catalog import open_catalog
from tests.integration.s3 import BUCKET, KEY, SECRET, s3_server
from tests.serving import ServerProcess, serving

TEXT = "Staff get 25 days of vacation a year."


def quickly_serving(data_dir: Path) -> AbstractContextManager[ServerProcess]:
    """A server whose model need not be loaded."""
    return serving(data_dir, command=[sys.executable, "-m", "tests.chaos.server"])


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Finished]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command as the program does, without the second that a process takes to start."""

    def run(
        *arguments: str, data_dir: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Finished:
        where = ["--data-dir", str(data_dir)] if data_dir else []
        capsys.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["ragrpc-server", *arguments, *where])
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main()
        printed = capsys.readouterr()
        return Finished(int(ended.value.code or 0), printed.out, printed.err)

    return run


def printed(finished: Finished) -> Any:
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


@pytest.fixture(scope="module")
def bucket() -> Iterator[Mapping[str, str]]:
    """Settings of a target at a real server of S3's protocol."""
    with s3_server() as endpoint:
        yield {
            "RAGRPC_BACKUP__URL": f"s3://{BUCKET}/servers/one",
            "RAGRPC_BACKUP__S3_ENDPOINT_URL": endpoint,
            "RAGRPC_BACKUP__S3_REGION": "eu-west-1",
            "RAGRPC_BACKUP__S3_ACCESS_KEY_ID": KEY,
            "RAGRPC_BACKUP__S3_SECRET_ACCESS_KEY": SECRET,
        }


@pytest.fixture(params=["directory", "bucket"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Mapping[str, str]:
    if request.param == "directory":
        return {"RAGRPC_BACKUP__URL": str(tmp_path / "backups")}
    found: Mapping[str, str] = request.getfixturevalue("bucket")
    return found


def test_a_disaster_drill(tmp_path: Path, target: Mapping[str, str], run: Run) -> None:
    """Backed up while it serves, the data directory is lost, and everything comes back."""
    data_dir = tmp_path / "data"
    with quickly_serving(data_dir) as server, RagClient(server.address) as rag:
        rag.collections.create("handbook")
        rag.documents.upsert("handbook", [Document(id="vacation", text=TEXT)])
        full = printed(run("backup", "--json", data_dir=data_dir, env=target))
        rag.documents.upsert("handbook", [Document(id="lunch", text="Lunch is at noon.")])
        more = printed(run("backup", "--incremental", "--json", data_dir=data_dir, env=target))
        refused = run("restore", more["id"], data_dir=data_dir, env=target)
        assert (refused.returncode, "is in use by process" in refused.stderr) == (1, True)
    assert (full["kind"], more["kind"], more["parent"]) == ("FULL", "INCREMENTAL", full["id"])

    listed = printed(run("backups", "list", "--json", env=target))["backups"]
    assert [each["id"] for each in listed][-2:] == [full["id"], more["id"]]
    verdict = printed(run("backups", "verify", more["id"], "--json", env=target))
    assert (verdict["documents"], verdict["queries"]) == (2, 2)

    rebuilt = tmp_path / "rebuilt"
    restored = run("restore", more["id"], "--keys", data_dir=rebuilt, env=target)
    assert restored.stdout == "restored 1 collections, 0 keys\n"
    with quickly_serving(rebuilt) as server, RagClient(server.address) as rag:
        assert rag.documents.get("handbook", "vacation").text == TEXT
        (hit,) = rag.retrieve("handbook", TEXT, top_k=1).hits
        assert hit.document_id == "vacation"

    in_use = run("backups", "delete", full["id"], env=target)
    assert in_use.stderr == (
        f"ragrpc-server: backup {more['id']} builds on {full['id']}: delete it first\n"
    )
    for each in (more, full):
        assert run("backups", "delete", each["id"], env=target).returncode == 0
    assert printed(run("backups", "list", "--json", env=target)) == {"backups": []}


def test_one_collection_under_another_name(tmp_path: Path, run: Run) -> None:
    data_dir = tmp_path / "data"
    target = {"RAGRPC_BACKUP__URL": str(tmp_path / "backups")}
    with quickly_serving(data_dir) as server, RagClient(server.address) as rag:
        for name in ("handbook", "news"):
            rag.collections.create(name)
            rag.documents.upsert(name, [Document(id="one", text=f"{name} says: {TEXT}")])
    of_one = ("--tenant", "default", "--collection", "news")
    made = printed(run("backup", *of_one, "--json", data_dir=data_dir, env=target))
    assert (made["collection"], made["documents"]) == ("news", 1)
    taken = run("restore", made["id"], data_dir=data_dir, env=target)
    assert "there is a collection news already" in taken.stderr
    for more in (("--as", "old-news"), ("--to-tenant", "acme"), ("--replace",)):
        assert run("restore", made["id"], *more, data_dir=data_dir, env=target).returncode == 0
    with quickly_serving(data_dir) as server, RagClient(server.address) as rag:
        assert rag.documents.get("old-news", "one").text.startswith("news says")
        assert {each.name for each in rag.collections.list()} == {"handbook", "news", "old-news"}


def test_old_backups_expire(tmp_path: Path, run: Run) -> None:
    data_dir = tmp_path / "data"
    target = {"RAGRPC_BACKUP__URL": str(tmp_path / "backups"), "RAGRPC_BACKUP__KEEP_LAST": "1"}
    open_catalog(data_dir).close()
    made = [printed(run("backup", "--json", data_dir=data_dir, env=target)) for _ in range(2)]
    expired = run("backups", "expire", env=target)
    assert expired.stdout == f"backup {made[0]['id']} is removed\n"
    listed = printed(run("backups", "list", "--json", env=target))["backups"]
    assert [each["id"] for each in listed] == [made[1]["id"]]


def test_a_target_that_refuses_is_said_without_its_text(
    tmp_path: Path, bucket: Mapping[str, str], run: Run
) -> None:
    open_catalog(tmp_path).close()
    wrong = {**bucket, "RAGRPC_BACKUP__URL": "s3://nobody-has-this/backups"}
    refused = run("backup", data_dir=tmp_path, env=wrong)
    assert refused.returncode == 1
    assert refused.stderr == "ragrpc-server: the backup target cannot be used\n"
    missing = run("backups", "list")
    assert missing.returncode == 2
    assert "set backup.url" in missing.stderr


def test_what_is_not_there_is_not_backed_up(tmp_path: Path, run: Run) -> None:
    refused = run("backup", "--url", str(tmp_path / "backups"), data_dir=tmp_path / "typo")
    assert refused.returncode == 1
    assert "there is no catalog" in refused.stderr
    assert not (tmp_path / "typo").exists()


def test_credentials_are_not_for_urls(tmp_path: Path, run: Run) -> None:
    refused = run("backups", "list", env={"RAGRPC_BACKUP__URL": "s3://key:secret@bucket/x"})
    assert refused.returncode == 2
    assert "secret" not in refused.stderr
