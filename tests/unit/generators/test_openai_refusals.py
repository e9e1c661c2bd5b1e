from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from rag_server.core.call import Call, Deadline
from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.core.principal import ANONYMOUS
from rag_server.generators.openai import OpenAiGenerator, OpenAiOptions
from rag_server.prompts.rendering import Templates


@pytest.fixture(params=[400, 422])
def refusing(request: pytest.FixtureRequest) -> Iterator[str]:
    """Base URL of a language model that refuses all requests."""

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that http.server calls
            self.rfile.read(int(self.headers["Content-Length"]))
            body = b'{"error": {"message": "secret: the context is too long"}}'
            self.send_response(request.param)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


async def test_a_refused_request_is_a_wrong_setting_and_not_an_outage(refusing: str) -> None:
    options = OpenAiOptions(refusing, "k", "m", 0.0, 16, 4_096, 5.0)
    generator = OpenAiGenerator(options, Templates().render)
    with pytest.raises(PreconditionFailed) as caught:
        await generator.complete("a prompt", {"type": "object"}, Call(ANONYMOUS, Deadline(30.0)))
    await generator.close()
    assert caught.value.reason is Reason.GENERATOR_NOT_CONFIGURED
    assert caught.value.message == (
        "the language model refused the request: check openai.model and openai.context_tokens"
    )
