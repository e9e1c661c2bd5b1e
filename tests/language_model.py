"""An OpenAI-compatible server whose answers and faults are given."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

PROMPT_TOKENS, COMPLETION_TOKENS = 11, 7
_HANGING_SECONDS = 60.0


class ScriptedModel:
    """What the server does: `answer` makes the content of a prompt's completion; `status` other
    than 200 refuses; while `thinking` is cleared, requests are read and not answered. `prompts`:
    what it was asked."""

    def __init__(self) -> None:
        self.answer: Callable[[str], Any] = lambda prompt: {}
        self.status = 200
        self.prompts: list[str] = []
        self.thinking = Event()
        self.thinking.set()
        self.url = ""

    def environment(self, **more: str) -> dict[str, str]:
        """Settings of a server that asks it."""
        return {
            "RAGRPC_OPENAI__BASE_URL": self.url,
            "RAGRPC_OPENAI__API_KEY": "sk-test",
            "RAGRPC_OPENAI__MODEL": "scripted",
            **more,
        }

    def completion(self, prompt: str) -> bytes:
        """The body of a response; an answer that is no text is spelled as JSON."""
        self.prompts.append(prompt)
        self.thinking.wait(_HANGING_SECONDS)
        answer = self.answer(prompt)
        content = answer if isinstance(answer, str) else json.dumps(answer)
        message = {"role": "assistant", "content": content}
        usage = {
            "prompt_tokens": PROMPT_TOKENS,
            "completion_tokens": COMPLETION_TOKENS,
            "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
        }
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": "scripted",
            "choices": [choice],
            "usage": usage,
        }
        return json.dumps(body).encode()


class _Handler(BaseHTTPRequestHandler):
    model: ScriptedModel

    def do_POST(self) -> None:  # the name that http.server calls
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = self.model.completion(asked["messages"][-1]["content"])
        try:
            self.send_response(self.model.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            # Whoever asked has gone away meanwhile.
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def scripted_model() -> Iterator[ScriptedModel]:
    """Serving on a free port until the context is left."""
    model = ScriptedModel()
    handler = type("Handler", (_Handler,), {"model": model})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        model.url = f"http://127.0.0.1:{server.server_port}/v1"
        try:
            yield model
        finally:
            model.thinking.set()
            server.shutdown()
            thread.join()
