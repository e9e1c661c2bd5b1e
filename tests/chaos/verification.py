"""What `ragrpc-server verify` says of a directory that a kill has left."""

from pathlib import Path

from rag_server.verify_command import Verdict
from tests.chaos.process import CommandFailed, done
from tests.chaos.tally import Tally


def verify(data_dir: Path, tally: Tally) -> None:
    """Note every finding that no next start would mend."""
    try:
        said = done("verify", "--data-dir", str(data_dir), codes=list(Verdict))
    except CommandFailed as error:
        tally.verified(False, f"nothing could be verified: {error}")
        return
    still = [each for each in said["findings"] if each["open"]]
    told = [f"{each['count']} {each['kind']} in {each['where']}" for each in still]
    tally.verified(not still, ", ".join(told))
