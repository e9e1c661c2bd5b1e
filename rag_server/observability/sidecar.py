"""The HTTP port for machines: `/metrics`, `/healthz` and `/readyz`."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a part works; `detail` says for a person why not."""

    ready: bool
    detail: str = ""


class Sidecar:
    """Serves on the current event loop.

    `render` gives body and content type for an Accept header, `readiness` the parts
    that must work; both are called on the loop at each request and must be quick.
    """

    def __init__(
        self,
        host: str,
        port: int,
        render: Callable[[str], tuple[bytes, str]],
        readiness: Callable[[], Mapping[str, Readiness]],
    ) -> None:
        self._host = host
        self._port = port
        self._render = render
        self._readiness = readiness
        app = web.Application()
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/readyz", self._ready)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)

    async def start(self) -> int:
        """Listen; the port, which differs from the one asked for when that is 0.
        Raises OSError when the address is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening and close connections; again is fine."""
        await self._runner.cleanup()

    async def _metrics(self, request: web.Request) -> web.Response:
        body, content_type = self._render(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _health(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _ready(self, _request: web.Request) -> web.Response:
        components = self._readiness()
        ready = all(component.ready for component in components.values())
        return web.json_response(
            {
                "ready": ready,
                "components": {name: asdict(part) for name, part in components.items()},
            },
            status=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
        )
