"""Start, restart, drain, health, reflection, sidecar, TLS."""

import json
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import grpc
import pytest
import trustme
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from rag_client import Document, RagClient, Tls, Unavailable
from tests.serving import ServerProcess, serving

SERVE = (sys.executable, "-m", "rag_server", "serve")


def fetch(server: ServerProcess, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.sidecar_port}{path}") as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_everything_is_there_after_a_restart(data_dir: Path) -> None:
    with serving(data_dir) as first, RagClient(first.address) as rag:
        rag.collections.create("kept")
        rag.documents.upsert("kept", [Document("a", "Cats purr.", metadata={"n": 1})])
        assert first.stop() == 0
    with serving(data_dir) as second, RagClient(second.address) as rag:
        assert rag.documents.get("kept", "a").text == "Cats purr."
        assert [hit.document_id for hit in rag.retrieve("kept", "cats").hits] == ["a"]


def test_a_lost_index_is_rebuilt_from_the_catalog(data_dir: Path) -> None:
    with serving(data_dir) as first, RagClient(first.address) as rag:
        rag.collections.create("kept")
        rag.documents.upsert("kept", [Document(f"d{i}", f"Cat number {i}.") for i in range(20)])
        first.stop()
    subprocess.run(["rm", "-r", str(data_dir / "chroma")], check=True)
    with serving(data_dir) as second, RagClient(second.address) as rag:
        assert len(rag.retrieve("kept", "cats", top_k=20).hits) == 20


def test_a_second_server_on_the_same_data_is_told_who_has_it(data_dir: Path) -> None:
    with serving(data_dir) as server:
        second = subprocess.run(
            [*SERVE, "--port", "0", "--sidecar-port", "0", "--data-dir", str(data_dir)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert second.returncode == 1
    assert f"in use by process {server.process.pid}" in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1


def test_sigterm_lets_running_calls_finish(data_dir: Path) -> None:
    with serving(data_dir) as server, RagClient(server.address) as rag:
        rag.collections.create("slow")
        text = "A sentence that takes its time to embed. " * 600
        finished: list[int] = []
        arrived = threading.Event()

        def upsert() -> None:
            arrived.set()
            result = rag.documents.upsert("slow", [Document("a", text)])
            finished.append(result.outcomes[0].chunk_count)

        writing = threading.Thread(target=upsert)
        writing.start()
        arrived.wait()
        wait_for_running_call(server)
        server.process.send_signal(signal.SIGTERM)
        writing.join()
        assert server.stop() == 0
    assert finished[0] > 5
    assert any('"draining"' in line for line in server.lines)


def wait_for_running_call(server: ServerProcess) -> None:
    method = 'grpc_method="UpsertDocuments"'
    while True:
        lines = fetch(server, "/metrics")[1].splitlines()
        started = [x for x in lines if x.startswith("grpc_server_started_total") and method in x]
        if started and float(started[0].rsplit(" ", 1)[1]) >= 1:
            return


def test_an_open_watch_sees_the_drain_and_does_not_hold_up_the_exit(data_dir: Path) -> None:
    with serving(data_dir) as server, grpc.insecure_channel(server.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        watches = [
            stub.Watch(health_pb2.HealthCheckRequest(service=name), timeout=60)
            for name in ("", "", "ragrpc.v1.RagService", "nobody")
        ]
        first = [next(watch).status for watch in watches]
        assert server.stop(timeout=15) == 0
        rest = [[response.status for response in watch] for watch in watches]
    kind = health_pb2.HealthCheckResponse
    assert first == [kind.SERVING] * 3 + [kind.SERVICE_UNKNOWN]
    assert rest == [[kind.NOT_SERVING]] * 3 + [[]]


def test_a_stopped_server_is_unavailable(data_dir: Path) -> None:
    with serving(data_dir) as server:
        address = server.address
        server.stop()
    with RagClient(address, timeout=20) as rag, pytest.raises(Unavailable):
        rag.server_info()


def test_health_is_known_for_the_server_and_each_service(channel: grpc.Channel) -> None:
    stub = health_pb2_grpc.HealthStub(channel)
    for service in ("", "ragrpc.v1.RagService", "ragrpc.v1.AdminService"):
        response = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
        assert response.status == health_pb2.HealthCheckResponse.SERVING
    with pytest.raises(grpc.RpcError) as caught:
        stub.Check(health_pb2.HealthCheckRequest(service="nobody"), timeout=10)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_a_generic_client_works_by_reflection_alone(
    rag: RagClient, channel: grpc.Channel, collection: str
) -> None:
    rag.documents.upsert(collection, [Document("a", "Cats purr.")])
    database = ProtoReflectionDescriptorDatabase(channel)
    assert "ragrpc.v1.RagService" in database.get_services()
    pool = DescriptorPool(database)
    method = pool.FindServiceByName("ragrpc.v1.RagService").FindMethodByName("Retrieve")
    request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
    call = channel.unary_unary(
        "/ragrpc.v1.RagService/Retrieve",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )
    asked = ParseDict({"collection": collection, "query": "cats", "topK": 1}, request())
    answered = MessageToDict(call(asked, timeout=10))
    assert [hit["documentId"] for hit in answered["hits"]] == ["a"]


def test_the_sidecar_serves_metrics_liveness_and_readiness(
    server: ServerProcess, rag: RagClient, collection: str
) -> None:
    rag.documents.upsert(collection, [Document("a", "Cats purr.")])
    rag.retrieve(collection, "cats")
    status, body = fetch(server, "/metrics")
    assert status == 200
    assert re.search(r'grpc_server_handled_total{[^}]*grpc_method="Retrieve"[^}]*} [1-9]', body)
    assert "ragrpc_stage_seconds_bucket" in body
    assert fetch(server, "/healthz")[0] == 200
    status, body = fetch(server, "/readyz")
    assert (status, json.loads(body)["ready"]) == (200, True)
    assert set(json.loads(body)["components"]) == {"catalog", "vector_index", "follower"}
    assert fetch(server, "/nothing")[0] == 404


def test_server_info_says_what_is_served_and_allowed(rag: RagClient) -> None:
    info = rag.server_info()
    assert [each.name for each in info.pipelines] == ["default", "fast", "precise"]
    assert info.embedder.dimension == 384
    assert info.generators == ("extractive",)
    assert info.limits.max_top_k == 1_000
    assert {each.name for each in info.components} == {"catalog", "vector_index", "follower"}


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    served = authority.issue_cert("localhost", "127.0.0.1")
    served.private_key_pem.write_to_path(tmp_path / "key.pem")
    for blob in served.cert_chain_pems:
        blob.write_to_path(tmp_path / "cert.pem", append=True)
    return authority


def tls_environment(tmp_path: Path, *, mutual: bool) -> dict[str, str]:
    environment = {
        "RAGRPC_TLS__CERTIFICATE": str(tmp_path / "cert.pem"),
        "RAGRPC_TLS__PRIVATE_KEY": str(tmp_path / "key.pem"),
    }
    return environment | ({"RAGRPC_TLS__CLIENT_CA": str(tmp_path / "ca.pem")} if mutual else {})


def test_tls_from_files(tmp_path: Path, authority: trustme.CA, data_dir: Path) -> None:
    with serving(data_dir, env=tls_environment(tmp_path, mutual=False)) as server:
        with RagClient(server.address, tls=Tls(ca=tmp_path / "ca.pem")) as rag:
            assert rag.server_info().version
        with RagClient(server.address, timeout=20) as plain, pytest.raises(Unavailable):
            plain.server_info()


def test_mutual_tls_wants_a_client_certificate(
    tmp_path: Path, authority: trustme.CA, data_dir: Path
) -> None:
    identity = authority.issue_cert("client")
    mine = Tls(
        ca=tmp_path / "ca.pem",
        cert=b"".join(blob.bytes() for blob in identity.cert_chain_pems),
        key=identity.private_key_pem.bytes(),
    )
    with serving(data_dir, env=tls_environment(tmp_path, mutual=True)) as server:
        with RagClient(server.address, tls=mine) as rag:
            assert rag.server_info().version
        stranger = Tls(ca=tmp_path / "ca.pem")
        with RagClient(server.address, tls=stranger, timeout=20) as rag, pytest.raises(Unavailable):
            rag.server_info()


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"RAGRPC_SERVER__PORT": "many"}, "server.port"),
        ({"RAGRPC_SERVER__PROT": "1"}, "RAGRPC_SERVER__PROT"),
        ({"RAGRPC_TLS__CERTIFICATE": "/nowhere.pem"}, "tls.private_key"),
        ({"RAGRPC_EMBEDDER__NAME": "word2vec"}, "embedder.name"),
        ({"RAGRPC_RETRIEVAL__DEFAULT_PIPELINE": "turbo"}, "retrieval.default_pipeline"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    data_dir: Path, environment: dict[str, str], named: str
) -> None:
    finished = subprocess.run(
        [*SERVE, "--data-dir", str(data_dir)],
        env={"PATH": "/usr/bin", "HOME": str(data_dir.parent), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 2
    assert named in finished.stderr
    assert len(finished.stderr.strip().splitlines()) == 1


def test_a_port_that_is_taken_is_said_in_one_line(server: ServerProcess, data_dir: Path) -> None:
    finished = subprocess.run(
        [*SERVE, "--data-dir", str(data_dir), "--port", str(server.port), "--sidecar-port", "0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 1
    assert finished.stderr.strip().splitlines() == [
        f"ragrpc-server: cannot listen on 127.0.0.1:{server.port}: is the port taken?"
    ]


def test_readiness_ends_when_the_drain_begins(data_dir: Path) -> None:
    with serving(data_dir, env={"RAGRPC_SERVER__DRAIN_DELAY_SECONDS": "3"}) as server:
        assert fetch(server, "/readyz")[0] == 200
        server.process.send_signal(signal.SIGTERM)
        while not any('"draining"' in line for line in server.lines):
            pass
        status, body = fetch(server, "/readyz")
        assert (status, json.loads(body)["components"]["server"]["ready"]) == (503, False)
        assert fetch(server, "/healthz")[0] == 200
        assert server.stop() == 0


def test_questions_and_documents_never_reach_the_log(data_dir: Path) -> None:
    marker = "zanzibarquokka"
    with serving(data_dir, env={"RAGRPC_LOGGING__LEVEL": "debug"}) as server:
        with RagClient(server.address) as rag:
            rag.collections.create("quiet")
            rag.documents.upsert("quiet", [Document("a", f"{marker} is here.")])
            rag.query("quiet", f"Where is {marker}?")
            with pytest.raises(Exception, match="PIPELINE_NOT_FOUND"):
                rag.retrieve("quiet", marker, pipeline="nope")
        server.stop()
    assert any('"Retrieve"' in line for line in server.lines)
    assert not [line for line in server.lines if marker in line]
