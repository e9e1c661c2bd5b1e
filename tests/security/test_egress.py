"""The server talks to nobody but its callers."""

import subprocess
import sys


def test_the_model_runtime_does_not_report_home() -> None:
    asked = "import os, rag_server; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "1"
