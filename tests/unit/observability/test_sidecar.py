from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest

from rag_server.observability.exposition import Exposition
from rag_server.observability.metrics import Metrics
from rag_server.observability.sidecar import Readiness, Sidecar


@pytest.fixture
def parts() -> dict[str, Readiness]:
    return {"catalog": Readiness(True)}


@pytest.fixture
async def http(parts: Mapping[str, Readiness]) -> AsyncIterator[aiohttp.ClientSession]:
    sidecar = Sidecar("127.0.0.1", 0, Exposition(Metrics().registry).render, lambda: parts)
    port = await sidecar.start()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session
    await sidecar.stop()


async def test_metrics_are_served_as_text(http: aiohttp.ClientSession) -> None:
    async with http.get("/metrics") as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert "ragrpc_build_info{" in await response.text()


async def test_metrics_are_served_as_openmetrics_to_who_asks(http: aiohttp.ClientSession) -> None:
    accept = {"Accept": "application/openmetrics-text; version=1.0.0,text/plain;q=0.5"}
    async with http.get("/metrics", headers=accept) as response:
        assert response.headers["Content-Type"].startswith("application/openmetrics-text")
        assert (await response.text()).endswith("# EOF\n")


async def test_a_living_server_is_healthy_even_when_not_ready(
    http: aiohttp.ClientSession, parts: dict[str, Readiness]
) -> None:
    parts["catalog"] = Readiness(False, "locked")
    async with http.get("/healthz") as response:
        assert (response.status, await response.text()) == (200, "ok\n")


async def test_a_server_is_ready_when_all_its_parts_are(http: aiohttp.ClientSession) -> None:
    async with http.get("/readyz") as response:
        assert response.status == 200
        assert await response.json() == {
            "ready": True,
            "components": {"catalog": {"ready": True, "detail": ""}},
        }


async def test_a_server_with_a_broken_part_is_not_ready_and_names_it(
    http: aiohttp.ClientSession, parts: dict[str, Readiness]
) -> None:
    parts["embedder"] = Readiness(False, "loading")
    async with http.get("/readyz") as response:
        assert response.status == 503
        assert await response.json() == {
            "ready": False,
            "components": {
                "catalog": {"ready": True, "detail": ""},
                "embedder": {"ready": False, "detail": "loading"},
            },
        }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/metrics/x", 404),
        ("POST", "/metrics", 405),
        ("HEAD", "/healthz", 200),
    ],
)
async def test_nothing_else_is_served(
    http: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    async with http.request(method, path) as response:
        assert response.status == status


async def test_stopping_frees_the_port_and_may_be_repeated() -> None:
    first = Sidecar("127.0.0.1", 0, lambda _: (b"", "text/plain"), dict)
    port = await first.start()
    taken = Sidecar("127.0.0.1", port, lambda _: (b"", "text/plain"), dict)
    with pytest.raises(OSError, match="in use"):
        await taken.start()
    await taken.stop()
    await first.stop()
    await first.stop()
    second = Sidecar("127.0.0.1", port, lambda _: (b"", "text/plain"), dict)
    assert await second.start() == port
    await second.stop()
