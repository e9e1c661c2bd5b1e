"""Commands that are killed on their way, and the same commands whole."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from typer.testing import CliRunner

from rag_server.__main__ import cli
from tests.chaos.death import Death


class CommandFailed(Exception):
    """What a command of `ragrpc-server` said instead of doing its work."""


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


def done(*arguments: str, codes: Sequence[int] = (0,)) -> Any:
    """What a command of `ragrpc-server` prints as JSON; raises CommandFailed where it ends
    with another code. In this process, since its start costs more than its work."""
    result = CliRunner().invoke(cli, [*arguments, "--json"])
    if result.exit_code not in codes:
        raise CommandFailed(f"{' '.join(arguments)}: {result.exception} {result.stderr}".strip())
    return json.loads(result.stdout)
