"""Commands that are killed on their way, and the same commands whole."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from tests.chaos.death import Death


def die(module: str, arguments: Sequence[str], death: Death) -> bool:
    """Run a module until death; whether that came by itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.DEVNULL
    )
    try:
        code = process.wait(death.seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    if code not in (0, -signal.SIGKILL):
        raise RuntimeError(f"{module} ended with {code}")
    return code != 0


def done(*arguments: str) -> Any:
    """What `ragrpc-server` prints as JSON; raises where it fails."""
    command = [sys.executable, "-m", "rag_server", *arguments, "--json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
