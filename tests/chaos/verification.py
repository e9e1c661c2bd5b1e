"""What `ragrpc-server verify` says of a directory that a kill has left."""

import json
import subprocess
import sys
from pathlib import Path

from tests.chaos.tally import Tally


def verify(data_dir: Path, tally: Tally) -> None:
    """Note every finding that no next start would mend."""
    command = [sys.executable, "-m", "rag_server", "verify", "--json", "--data-dir", str(data_dir)]
    done = subprocess.run(command, capture_output=True, text=True)
    if not done.stdout:
        tally.verified(False, f"nothing could be verified: {done.stderr.strip()}")
        return
    still = [each for each in json.loads(done.stdout)["findings"] if each["open"]]
    told = [f"{each['count']} {each['kind']} in {each['where']}" for each in still]
    tally.verified(not still, ", ".join(told))
