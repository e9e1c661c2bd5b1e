import json
import subprocess
import sys
from pathlib import Path

from rag_server.core.documents import GenerationSettings
from rag_server.stores.catalog.catalog import open_catalog
from rag_server.stores.catalog.location import PostgresOptions
from tests.contract.conftest import Sketch
from tests.postgres_server import PostgresServer


def test_catalog_on_postgresql_is_verified_and_its_index_filled(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    url = postgres_server.new_database()
    catalog = open_catalog(PostgresOptions(url))
    made = catalog.collections.create("acme", "docs", "", GenerationSettings("minilm"))
    catalog.documents.write(made, [Sketch("a", "alpha beta").drawn()])
    catalog.close()
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"catalog": {"url": url}, "data": {"directory": str(tmp_path)}}))

    def kinds(*arguments: str) -> tuple[int, list[tuple[str, bool]]]:
        command = [sys.executable, "-m", "rag_server", "verify", "--config", str(config), "--json"]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True)
        found = json.loads(done.stdout)["findings"]
        return done.returncode, [(each["kind"], each["repaired"]) for each in found]

    # The vector index and the lexical one.
    assert kinds() == (0, [("behind", False)] * 2)
    assert kinds("--repair") == (0, [("behind", True)] * 2)
    assert kinds() == (0, [])
