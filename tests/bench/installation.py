"""A virtual environment with the built wheel and the base dependencies only."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.results import ROOT


class InstallationFailed(Exception):
    """The environment could not be made; the message says why in one line."""


def client_only() -> Path:
    """The interpreter of the environment, into which the present code is installed anew.

    It lies under build/ and keeps its dependencies between runs. Raises InstallationFailed.
    """
    home = ROOT / "build" / "bench" / "client"
    wheels = home / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), ".")
    (wheel,) = wheels.glob("*.whl")
    python = home / "venv" / "bin" / "python"
    if not python.is_file():
        _run(sys.executable, "-m", "venv", str(home / "venv"))
    install = (str(python), "-m", "pip", "install", "--quiet")
    _run(*install, str(wheel))
    _run(*install, "--no-deps", "--force-reinstall", str(wheel))
    return python


def _run(*command: str) -> None:
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if run.returncode:
        lines = (run.stderr or run.stdout).strip().splitlines() or ["no output"]
        raise InstallationFailed(f"{Path(command[2]).name} failed: {lines[-1]}")
