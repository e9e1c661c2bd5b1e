import subprocess
import sys
import threading
from pathlib import Path

import grpc
import pytest
import trustme

from rag_client import DeadlineExceeded, RagClient, RetryPolicy, Tls, Unavailable
from tests.integration.client.fake_server import FakeServer

FORK = """
import os, sys
from rag_client import RagClient

rag = RagClient(sys.argv[1])
print("parent", rag.server_info().version, flush=True)
child = os.fork()
if child == 0:
    print("child", rag.server_info(timeout=20).version, flush=True)
    rag.close()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
print("parent", rag.server_info().version, flush=True)
rag.close()
"""

ASYNC_FORK = """
import asyncio, os, sys
from rag_client import AsyncRagClient, RagError

rag = AsyncRagClient(sys.argv[1])

async def version():
    return (await rag.server_info()).version

print("parent", asyncio.run(version()), flush=True)
child = os.fork()
if child == 0:
    try:
        asyncio.run(version())
    except RagError as error:
        print("child", error.reason, flush=True)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print("parent", asyncio.run(version()), flush=True)
"""


def run(program: str, address: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, address],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_forked_child_gets_a_channel_of_its_own(server: FakeServer) -> None:
    assert run(FORK, server.address) == ["parent 0.1.0", "child 0.1.0", "parent 0.1.0"]


def test_an_asyncio_client_used_before_a_fork_refuses_the_child(server: FakeServer) -> None:
    lines = run(ASYNC_FORK, server.address)
    assert lines == ["parent 0.1.0", "child CLIENT_FORKED", "parent 0.1.0"]


def test_making_a_client_opens_no_connection() -> None:
    RagClient("localhost:1").close()


def test_threads_share_one_client(rag: RagClient, server: FakeServer) -> None:
    versions: list[str] = []
    threads = [
        threading.Thread(target=lambda: versions.append(rag.server_info().version))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert versions == ["0.1.0"] * 8


def test_calls_go_on_after_the_server_went_away_and_came_back(server: FakeServer) -> None:
    with RagClient(server.address) as rag:
        assert rag.server_info().version == "0.1.0"
        port = int(server.address.rpartition(":")[2])
        server.stop(grace=0)
        server.start(port)
        assert rag.server_info().version == "0.1.0"


def test_a_server_that_is_not_there_is_unavailable(server: FakeServer) -> None:
    server.stop()
    retry = RetryPolicy(max_attempts=2, initial_backoff=0.01)
    with RagClient(server.address, retry=retry) as rag, pytest.raises(Unavailable):
        rag.server_info()


def test_a_call_that_takes_too_long_ends_at_its_deadline(
    rag: RagClient, server: FakeServer
) -> None:
    rag.collections.create("handbook")
    server.hold_streams()
    with pytest.raises(DeadlineExceeded):
        rag.stream_query("handbook", "q", timeout=0.2).answer()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def test_mutual_tls_works_from_files_and_from_bytes(authority: trustme.CA, tmp_path: Path) -> None:
    served, client = authority.issue_cert("localhost"), authority.issue_cert("client")
    root = authority.cert_pem.bytes()
    chain = served.cert_chain_pems[0].bytes()
    credentials = grpc.ssl_server_credentials(
        [(served.private_key_pem.bytes(), chain)], root, require_client_auth=True
    )
    server = FakeServer()
    server.start(credentials=credentials)
    (tmp_path / "ca.pem").write_bytes(root)
    (tmp_path / "key.pem").write_bytes(client.private_key_pem.bytes())
    from_files = Tls(
        ca=tmp_path / "ca.pem",
        cert=client.cert_chain_pems[0].bytes(),
        key=str(tmp_path / "key.pem"),
    )
    try:
        with RagClient(server.address, tls=from_files, api_key="key") as rag:
            assert rag.server_info().version == "0.1.0"
        with (
            RagClient(server.address, tls=Tls(ca=root), retry=RetryPolicy(max_attempts=1)) as rag,
            pytest.raises(Unavailable),
        ):
            rag.server_info()
    finally:
        server.stop()
